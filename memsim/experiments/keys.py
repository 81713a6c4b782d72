"""Keys of experiments: which values of a document a short or full key stands for, and how they are set.

The same keys hold for options, `Experiment.replace`, sweeps and tuning. ``learning.rate`` sets the rate of all that
have it, ``learners.NAME.learning.rate`` that of one; ``device`` stands for ``array.device``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from memsim.document import Document
from memsim.document.problems import dotted
from memsim.document.registry_sections import foreign_keys
from memsim.document.walk import Spot, bare, keys_of
from memsim.errors import InputError, nearest
from memsim.experiments.devices import DEVICE, value_key, whole_key
from memsim.experiments.schema import ExperimentSpec
from memsim.profiles.schema import SPREADING
from memsim.synonyms import synonyms

_SPREADS = ("variability.d2d", "variability.per_pulse")


def sections_of(spec: ExperimentSpec) -> dict[str, Any]:
    """Models of the data and of the sections of a learner, by name; as the first key of a change they reach all."""
    fields = type(spec).model_fields
    learner = bare(fields[listed(spec)].annotation)[0].__args__[0]
    names = dict.fromkeys(name for own in learner.KINDS for name in own)
    models = {name: bare(learner.model_fields[name].annotation)[0] for name in names}
    return {"data": fields["data"].annotation, **models} if "data" in fields else models


def listed(spec: ExperimentSpec) -> str:
    """Key of what an experiment compares, such as "learners"."""
    return f"{spec.COMPARED}s"


def names_device(key: str) -> bool:
    """Whether a key names the profile of a device, or the one that a device extends."""
    return f".{key}".endswith((f".{DEVICE}", f".{DEVICE}.extends"))


def sets_value(key: str) -> bool:
    """Whether a key sets a value of a device's profile."""
    return bool(value_key(key)) and not names_device(key)


def in_order(spec: ExperimentSpec, changes: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Changes: those that choose a device, a rule or a loss first, those of values of devices last."""

    def rank(change: tuple[str, Any]) -> int:
        key, value = change
        if names_device(key) or foreign_keys(*_choice(spec, key, value)):
            return 0
        return 2 if sets_value(key) else 1

    return sorted(((whole_key(key), value) for key, value in changes.items()), key=rank)


def targets(spec: ExperimentSpec, key: str, origin: str, values: Mapping[str, Any] | None = None) -> list[str]:
    """The dotted paths of the document that a key stands for.

    Parameters
    ----------
    spec : ExperimentSpec
        The settings.
    key : str
        The key, without shorthand for devices.
    origin : str
        How errors name what sets it, for example "--set".
    values : mapping, optional
        Values of the run of the sweep that sets it.

    Raises
    ------
    InputError
        If the key is unknown.
    """
    head, _, rest = key.partition(".")
    if head == listed(spec) and rest:
        matching, inside = spec.matching(rest)
        if not matching:
            names = list(dict.fromkeys(spec.label(one, {}) for one in spec.compared))
            unknown = next((n for n in names if f"{rest}.".lower().startswith(f"{n}.".lower())), rest.split(".")[0])
            raise InputError(f"{origin} {key}: unknown {spec.COMPARED} '{unknown}'{nearest(unknown, names)}")
        return [".".join(filter(None, (head, spec.address(one), inside))) for one in matching]
    fields, sections = type(spec).model_fields, sections_of(spec)
    if head in fields:
        return [key]
    if head in sections:
        if not spec.having(key):
            first = spec.compared[0]
            kind = next(name for name, own in zip(first.NAMES, first.KINDS, strict=True) if head in own)
            raise InputError(f"{origin} {key}: no learner of this experiment has '{head}' (none is a {kind})")
        return [f"{listed(spec)}.{spec.address(one)}.{key}" for one in spec.set_by(key, values)]
    nested = (f"{name}.{inner}" for name, model in sections.items() for inner in keys_of(Spot(model, (), None)))
    words, paths = (head, *synonyms(head)), list(nested)
    full_keys = [path for word in words for path in paths if path.endswith(f".{word}")]
    full = next(iter([*filter(spec.having, full_keys), *full_keys]), None)
    short = ("device",) if "array" in sections else ()
    hint = f"; did you mean '{full}'?" if full else nearest(head, (*fields, *sections, *short))
    raise InputError(f"{origin} {key}: unknown key '{head}'{hint}")


def refuse_swept(spec: ExperimentSpec, key: str, paths: Sequence[str], origin: str) -> None:
    """Refuse to set what every run of the sweep would set again, or replace as a whole."""
    for swept in spec.sweep:
        again = targets(spec, whole_key(swept), "sweep")
        if set(paths) & set(again):
            raise InputError(
                f"{origin} {key}: this experiment sweeps '{swept}'; change its values with {origin} sweep.{swept}"
            )
        if any(path.startswith(f"{whole}.") for path in paths for whole in again):
            raise InputError(
                f"{origin} {key}: this experiment sweeps '{swept}', which replaces it; sweep this key too, over one or "
                f"more values: {origin} sweep.{key}=[VALUE]"
            )


def assigned(spec: ExperimentSpec, document: Document, paths: Sequence[str], value: Any, origin: str | int) -> Document:
    """A document with a value at some paths, without the settings that only an earlier rule or loss has."""
    known: dict[str, Any] = {}
    for path in paths:
        head, _, rest = path.partition(".")
        if head == "sweep" and rest:
            known["sweep"] = (rest,)
        if value_key(path):
            device = path[: -len(value_key(path)) - 1]
            document = _opened(document, device, origin)
            place = dotted(document.data, document.find(device) or ())
            known |= {f"{place}.{section}": SPREADING for section in _SPREADS}
    document = document.replace(dict.fromkeys(paths, value), origin, known)
    gone = []
    for path in paths:
        section = (document.find(path) or ())[:-1]
        foreign = foreign_keys(*_choice(spec, path, value))
        gone += [(*section, key) for key in foreign if document.find(f"{path.rpartition('.')[0]}.{key}")]
    return document.without(gone) if gone else document


def _opened(document: Document, path: str, origin: str | int) -> Document:
    """A document whose device at a path is a section, so that its values can be set."""
    at = document.find(path)
    if at is None:
        return document.replace({path: {"extends": "ideal"}}, origin)
    device = document.get(path)
    return document.restate(at, {"extends": device}) if isinstance(device, str) else document


def _choice(spec: ExperimentSpec, path: str, value: Any) -> tuple[Any, str, Any]:
    """Model of the section that a dotted path leads into, the key of this section, and the value."""
    before, _, key = path.rpartition(".")
    return sections_of(spec).get(before.rpartition(".")[2]), key, value
