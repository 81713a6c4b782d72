"""Two results side by side: paired learners, what their metrics changed by, and which settings differ."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.errors import OutputError
from memsim.experiments.learners import LABEL
from memsim.plotting.members import Member, members
from memsim.results.dataset import require, source
from memsim.results.differences import WORDS, differing, flat
from memsim.results.settings import any_settings_of, kind_of, task_of
from memsim.tasks.base import load_object

if TYPE_CHECKING:
    import xarray as xr

FEWEST_PROGRAMMINGS = 5
"""Programmings of a network from which on intervals are printed. Those of fewer are often wider than all values."""


@dataclass(frozen=True)
class Measured:
    """A metric in one result.

    Attributes
    ----------
    value, low, high : float
        The metric and its 95 % interval, NaN where it has none.
    extremes : (float, float), optional
        Least and most of fewer than `FEWEST_PROGRAMMINGS` values, which are printed in place of the interval.
    """

    value: float
    low: float
    high: float
    extremes: tuple[float, float] | None = None

    def holds(self, value: float) -> bool:
        """Whether a value lies in the interval."""
        return self.low <= value <= self.high


@dataclass(frozen=True)
class Change:
    """A metric in two results.

    Attributes
    ----------
    label, unit, form : str
        What it is, the unit of its values, and the format in which they are printed.
    a, b : Measured
        The metric in both.
    paired : Measured, optional
        Mean and interval of the differences of pairs of values, if the values of both results belong together.
    """

    label: str
    unit: str
    form: str
    a: Measured
    b: Measured
    paired: Measured | None = None

    @property
    def difference(self) -> float:
        """The metric in B minus that in A."""
        return self.b.value - self.a.value

    @property
    def printed_as_zero(self) -> bool:
        """Whether the difference is 0 in the format in which it is printed."""
        return float(format(self.difference, self.form)) == 0

    @property
    def beyond(self) -> bool:
        """Whether the change exceeds what intervals allow, and is not printed as 0.

        The interval of paired differences leaves out 0; without pairs, each value lies outside the other's interval.
        """
        if self.printed_as_zero:
            return False
        if self.paired is not None:
            return bool(np.isfinite([self.paired.low, self.paired.high]).all()) and not self.paired.holds(0.0)
        known = np.isfinite([self.a.low, self.a.high, self.b.low, self.b.high]).all()
        return bool(known) and not self.a.holds(self.b.value) and not self.b.holds(self.a.value)


@dataclass(frozen=True)
class Pair:
    """A learner of A and the one of B that it is compared with, with their places there."""

    a: str
    b: str
    places: tuple[int, int]
    changes: tuple[Change, ...]

    @property
    def name(self) -> str:
        """The learner's name, or both."""
        return self.a if self.a == self.b else f"{self.a} / {self.b}"


@dataclass(frozen=True)
class Comparison:
    """Two results side by side.

    Attributes
    ----------
    pairs : tuple of Pair
        Learners, in the order of A.
    by_name : bool
        Whether learners of the same name were paired; else those at the same place.
    only_a, only_b : tuple of str
        Learners without a counterpart.
    settings : tuple of (key, in A, in B)
        What differs between the experiments, and between what they were run with.
    same_images : bool or None
        Whether both ran on the same images; None if a result does not say.
    most_changed : Pair, optional
        Of networks, the layers that changed most; its name is a heading.
    wide : bool
        Whether its tables may have more than 80 columns.
    """

    pairs: tuple[Pair, ...]
    by_name: bool
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]
    settings: tuple[tuple[str, str, str], ...]
    same_images: bool | None
    most_changed: Pair | None = None
    wide: bool = False

    @property
    def tables(self) -> tuple[Pair, ...]:
        """Everything that has a table of changes."""
        return (*self.pairs, *([self.most_changed] if self.most_changed else []))


def compare(a: xr.Dataset, b: xr.Dataset) -> Comparison:
    """What differs between two results.

    Raises
    ------
    MemsimError
        If one is not a whole result, or their learners cannot be paired.
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
    if not by_name and len(left) != len(right):
        raise OutputError(
            f"{source(a)} and {source(b)} have no {of} of the same name, and not equally many ({len(left)} and "
            f"{len(right)}); there is nothing to compare"
        )
    places = places or [(i, i) for i in range(len(left))]
    hashes = [dataset.attrs.get("images_sha256") for dataset in (a, b)]
    pairs = tuple(Pair(left[i], right[j], (i, j), _changes(a, i, b, j)) for i, j in places)
    return Comparison(
        pairs,
        by_name,
        tuple(name for i, name in enumerate(left) if i not in {i for i, _ in places}),
        tuple(name for j, name in enumerate(right) if j not in {j for _, j in places}),
        tuple(_differing(a, b, pairs)),
        hashes[0] == hashes[1] if all(hashes) else None,
    )


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


def measured(dataset: xr.Dataset, name: str, place: int, factor: float = 1.0) -> Measured:
    """A summary of one learner with its interval."""
    interval = f"{name.removesuffix('_mean')}_interval"
    low, high = dataset[interval].values[place] if name.endswith("_mean") and interval in dataset else (np.nan, np.nan)
    return Measured(factor * float(dataset[name].values[place]), factor * float(low), factor * float(high))


def _changes(a: xr.Dataset, i: int, b: xr.Dataset, j: int) -> tuple[Change, ...]:
    found = []
    for name, label, unit, factor, form in task_of(a).metrics:
        if name not in a or name not in b:
            continue
        for text, first, second in by_label(a, b, name, label):
            if not np.isnan([first[name].values[i], second[name].values[j]]).all():
                found.append(
                    Change(text, unit, form, measured(first, name, i, factor), measured(second, name, j, factor))
                )
    return tuple(found)


def by_label(a: xr.Dataset, b: xr.Dataset, name: str, label: str) -> Iterator[tuple[str, xr.Dataset, xr.Dataset]]:
    """A metric's label and both results; of one with a second dimension, for each of the labels that both have."""
    if a[name].ndim == 1:
        yield label, a, b
        return
    dimension = str(a[name].dims[1])
    for one in a[dimension].values:
        if one in b[dimension].values:
            yield f"{label}, {one}", *(d.sel({dimension: one}) for d in (a, b))  # type: ignore[misc]


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
    specs = {}
    for pair in pairs:
        first, second = (specs_.get(place) for specs_, place in zip(known, pair.places, strict=True))
        if first is not None and second is not None:
            name = first.name if first.name == second.name else f"{first.name} / {second.name}"
            specs[name] = first, second
    rows = {}
    for name, (first, second) in specs.items():
        if first.sections != second.sections:
            one, other = (spec.NAMES[spec.kind] for spec in (first, second))
            rows[name] = [("kind", one, other)]
        else:
            dumped = (s.model_dump(mode="json", by_alias=True, include=set(s.sections)) for s in (first, second))
            rows[name] = differing(*map(flat, dumped))
    everywhere = [row for row in next(iter(rows.values()), []) if all(row in listed for listed in rows.values())]
    own = [(f"{name}: {row[0]}", *row[1:]) for name, listed in rows.items() for row in listed if row not in everywhere]
    return everywhere + own


def _devices(dataset: xr.Dataset) -> dict[str, Any]:
    try:
        found = json.loads(dataset.attrs.get("devices", "{}"))
    except (TypeError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
