"""The keys of a model as text for people: what may stand there, what holds otherwise, what it means."""

from __future__ import annotations

import types
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from memsim.document.fields import marker_of
from memsim.document.walk import bare, choices_of
from memsim.profiles.provenance import PROVENANCE

REQUIRED = "required"


class Parameter(NamedTuple):
    """One key of a model, as text.

    Attributes
    ----------
    key : str
        Dotted path below the model's section.
    allowed : str
        Interval with unit, or the choices.
    default : str
        "required", what holds if the key is not given, or empty.
    meaning : str
        What it is.
    """

    key: str
    allowed: str
    default: str
    meaning: str


def parameters(schema: type[BaseModel]) -> list[Parameter]:
    """Every key of a model, those inside its sections too, except where numbers come from; required ones first."""
    found = list(_parameters(schema, "", None, ""))
    shared = Counter(key for base in schema.__mro__ for key in getattr(base, "model_fields", ()))
    return sorted(found, key=lambda one: (one.default != REQUIRED, shared[one.key.partition(".")[0]]))


def _parameters(schema: type[BaseModel], above: str, given: Any, said: str) -> Iterator[Parameter]:
    """The same below a key; `given` is what holds for the section as a whole, `said` what it is."""
    for key, field in schema.model_fields.items():
        if key in ("model", *PROVENANCE):
            continue
        meaning, default = field.description or "", default_of(field)
        inner = section_of(field)
        if inner is not None:
            whole = given if field.is_required() else field.get_default(call_default_factory=True) or above + key
            yield from _parameters(inner, f"{above}{key}.", whole, meaning)
            continue
        if default == REQUIRED and isinstance(given, str):
            default = f"{REQUIRED} in {given}"
        elif default == REQUIRED and given is not None:
            default = _shown(field, getattr(given, key))
        if meaning.startswith("of "):
            meaning = f"{said.removesuffix(' of each direction')} {meaning}"
        yield Parameter(above + key, allowed_of(field), default, meaning)


def section_of(field: FieldInfo) -> type[BaseModel] | None:
    """The class of a field that is a section of its own."""
    annotation, _ = bare(field.annotation)
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None


def allowed_of(field: FieldInfo) -> str:
    """What may stand in a field: an interval with its unit, or choices."""
    marker = marker_of(field)
    if marker is not None:
        return marker.interval()
    if choices := choices_of(field.annotation):
        return ", ".join(map(str, choices))
    annotation, _ = bare(field.annotation)
    members = get_args(annotation) if get_origin(annotation) in (Union, types.UnionType) else (annotation,)
    return " or ".join(_NOUNS.get(member, "list" if get_origin(member) else "text") for member in members)


_NOUNS: dict[Any, str] = {bool: "true or false", str: "text", int: "whole number", float: "number"}


def default_of(field: FieldInfo) -> str:
    """What holds for a key that is not given; empty for nothing, `REQUIRED` for one that must be given."""
    return REQUIRED if field.is_required() else _shown(field, field.get_default(call_default_factory=True))


def _shown(field: FieldInfo, value: Any) -> str:
    marker = marker_of(field)
    if value is None:
        return ""
    return marker.show(value) if marker is not None else str(value).lower() if isinstance(value, bool) else str(value)
