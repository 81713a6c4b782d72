"""Two results side by side: paired learners, what their metrics changed by, and which settings differ."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from memsim.errors import OutputError
from memsim.experiments.learners import LABEL
from memsim.plotting.changes import Comparison, Pair
from memsim.plotting.members import Member, members
from memsim.plotting.metric_changes import metric_changes
from memsim.plotting.shared import reason_against, reasons_against_pairs, shared_severities
from memsim.results.dataset import require, source
from memsim.results.differences import WORDS, differing, flat
from memsim.results.settings import any_settings_of, kind_of, task_of
from memsim.tasks.base import Metric, load_object

if TYPE_CHECKING:
    import xarray as xr

_MOST = 4
"""Names that an error lists."""


def compare(a: xr.Dataset, b: xr.Dataset) -> Comparison:
    """What differs between two results, in what both share.

    Learners of the same name are compared, also where names differ by the name of their device alone, and the only
    ones of two results whatever their names. Means over noise are those over the noise types and levels that both have.
    Differences are paired where seeds, images and repeats are the same.

    Raises
    ------
    MemsimError
        If one is not a whole result, or they share nothing.
    """
    kinds = [kind_of(dataset).name for dataset in (a, b)]
    if kinds[0] != kinds[1]:
        raise OutputError(
            f"{source(a)} is a result of the task '{kinds[0]}' and {source(b)} one of '{kinds[1]}'; "
            "only results of one task can be compared"
        )
    kind = kind_of(a)
    if kind.comparison is not None:
        return load_object(kind.comparison)(a, b)
    of = any_settings_of(a).COMPARED
    for dataset in (a, b):
        require(dataset, of, task_of(a).metrics[0].variable)
    left, right = ([str(name) for name in dataset[of].values] for dataset in (a, b))
    places = _same_names(a, left, b, right)
    by_name = bool(places)
    if not by_name and (len(left), len(right)) != (1, 1):
        raise OutputError(
            f"{source(a)} and {source(b)} have no {of} of the same name ({_listed(left)}; {_listed(right)}); there is "
            "nothing to compare"
        )
    places = places or [(0, 0)]
    shared = shared_severities(a, b)
    reasons = {metric: reason_against(a, b, metric, shared) for metric in task_of(a).metrics}
    metrics = [metric for metric, reason in reasons.items() if not reason]
    pairs = []
    unpaired: dict[str, None] = {}
    for i, j in places:
        against = reasons_against_pairs(a, b, (i, j))
        unpaired |= dict.fromkeys(against)
        changes = metric_changes((a, b), shared, (i, j), metrics, paired=not against)
        pairs.append(Pair(left[i], right[j], (i, j), changes))
    if not any(pair.changes for pair in pairs):
        why = "; ".join(f"{metric.label}: {reason}" for metric, reason in reasons.items() if reason) or "no numbers"
        raise OutputError(f"{source(a)} and {source(b)} have no metric in common ({why}); there is nothing to compare")
    hashes = [dataset.attrs.get("images_sha256") for dataset in (a, b)]
    return Comparison(
        tuple(pairs),
        by_name,
        tuple(name for i, name in enumerate(left) if i not in {i for i, _ in places}),
        tuple(name for j, name in enumerate(right) if j not in {j for _, j in places}),
        tuple(_differing(a, b, pairs)),
        hashes[0] == hashes[1] if all(hashes) else None,
        tuple(unpaired),
        shared.words,
        tuple((metric.label, reason) for metric, reason in reasons.items() if reason and _has(a, b, metric)),
    )


def _listed(names: Sequence[str]) -> str:
    """The first names of a result, for an error."""
    return ", ".join(f"'{name}'" for name in names[:_MOST]) + (", ..." if len(names) > _MOST else "")


def _has(a: xr.Dataset, b: xr.Dataset, metric: Metric) -> bool:
    """Whether one of two results has a number for a metric."""
    return any(metric.variable in dataset and bool(dataset[metric.variable].notnull().any()) for dataset in (a, b))


def _same_names(a: xr.Dataset, left: Sequence[str], b: xr.Dataset, right: Sequence[str]) -> list[tuple[int, int]]:
    """Places of those with the same label, then of those whose names differ by the name of their device alone."""
    places = [(i, right.index(name)) for i, name in enumerate(left) if name in right]
    rest = []
    for dataset, taken in ((a, {i for i, _ in places}), (b, {j for _, j in places})):
        templates: dict[str, list[int]] = {}
        for member in members(dataset, any_settings_of(dataset)):
            if member.number not in taken and LABEL in member.spec.name:
                templates.setdefault(member.template, []).append(member.number)
        rest.append(templates)
    first, second = rest
    for template, numbers in first.items():
        if len(numbers) == len(second.get(template, [])):
            places += zip(numbers, second[template], strict=True)
    return sorted(places)


def name_of(dataset: xr.Dataset, fallback: str) -> str:
    """Short name of a result: that of its file."""
    path = dataset.encoding.get("source")
    return Path(str(path)).name if path else fallback


def _differing(a: xr.Dataset, b: xr.Dataset, pairs: Sequence[Pair]) -> list[tuple[str, str, str]]:
    """Settings, devices and versions that differ."""
    settings = any_settings_of(a), any_settings_of(b)
    first, second = (
        flat(spec.model_dump(mode="json", by_alias=True, exclude={*WORDS, f"{spec.COMPARED}s"})) for spec in settings
    )
    found = differing(first, second)
    found += _of_learners([(members(d, spec), d) for d, spec in zip((a, b), settings, strict=True)], pairs)
    devices = [_devices(dataset) for dataset in (a, b)]
    found += [
        (f"profile of {name}", "one", "another")
        for name, profile in devices[0].items()
        if devices[1].get(name, profile) != profile
    ]
    return found + differing(*({key: d.attrs.get(key) for key in ("memsim_version", "backend")} for d in (a, b)))


def _of_learners(found: Sequence[tuple[list[Member], xr.Dataset]], pairs: Sequence[Pair]) -> list[tuple[str, str, str]]:
    """What differs between the paired learners; once, without a name, where it is the same for all of them."""
    known = [{member.number: member.spec for member in listed} for listed, _ in found]
    specs: dict[tuple[int, int], tuple[Pair, Any, Any]] = {}
    for pair in pairs:
        first, second = (specs_.get(place) for specs_, place in zip(known, pair.places, strict=True))
        if first is not None and second is not None:
            specs.setdefault((id(first), id(second)), (pair, first, second))
    names = [_joined(first.name, second.name) for _, first, second in specs.values()]
    rows = {}
    for template, (pair, first, second) in zip(names, specs.values(), strict=True):
        name = template if names.count(template) == 1 else _joined(pair.a, pair.b)  # several may share a template
        if first.sections != second.sections:
            one, other = (spec.NAMES[spec.kind] for spec in (first, second))
            rows[name] = [("kind", one, other)]
        else:
            dumped = (s.model_dump(mode="json", by_alias=True, include=set(s.sections)) for s in (first, second))
            rows[name] = differing(*map(flat, dumped))
    everywhere = [row for row in next(iter(rows.values()), []) if all(row in listed for listed in rows.values())]
    own = [(f"{name}: {row[0]}", *row[1:]) for name, listed in rows.items() for row in listed if row not in everywhere]
    return everywhere + own


def _joined(first: str, second: str) -> str:
    """The names of a pair, once where they are the same."""
    return first if first == second else f"{first} / {second}"


def _devices(dataset: xr.Dataset) -> dict[str, Any]:
    try:
        found = json.loads(dataset.attrs.get("devices", "{}"))
    except (TypeError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
