"""The keys of a model as text for people: what may stand there, what holds otherwise, what it means."""

from __future__ import annotations

import types
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from memsim.document import parse_value
from memsim.document.fields import item_marker_of, marker_of
from memsim.document.walk import Spot, bare, choices_of, description_of
from memsim.profiles.provenance import PROVENANCE, Group

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
        if key == "model" or (key in PROVENANCE and issubclass(schema, Group)):
            continue
        spot = Spot(field.annotation, tuple(field.metadata), field)
        meaning, default = description_of(spot) or "", default_of(field)
        inner = section_of(field)
        if inner is not None:
            whole = given if field.is_required() else field.get_default(call_default_factory=True) or above + key
            yield from _parameters(inner, f"{above}{key}.", whole, meaning)
            continue
        rows = rows_of(field)
        if rows is not None:
            yield from _parameters(rows, f"{above}{key}[].", "each row", meaning)
            continue
        if default == REQUIRED and isinstance(given, str):
            default = f"{REQUIRED} in {given}"
        elif default == REQUIRED and given is not None:
            default = _shown(field, getattr(given, key))
        if meaning.startswith("of "):
            meaning = f"{said.removesuffix(' of each direction')} {meaning}"
        yield Parameter(above + key, allowed_of(field), default, meaning)


def example_of(schema: type[BaseModel], model: str = "", more: bool = True) -> dict[str, Any]:
    """A section as an author could write it, as plain data: required keys, and with `more` others with an example."""
    found: dict[str, Any] = {"model": model} if model else {}
    for key, field in schema.model_fields.items():
        inner = section_of(field)
        if key in ("model", *PROVENANCE) or not (field.is_required() or (more and field.examples)):
            continue
        if field.examples:
            found[key] = parse_value(field.examples[0])
        else:
            found[key] = example_of(inner) if inner is not None else next(iter(choices_of(field.annotation)))
    return found


def section_of(field: FieldInfo) -> type[BaseModel] | None:
    """The class of a field that is a section of its own."""
    annotation, _ = bare(field.annotation)
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None


def rows_of(field: FieldInfo) -> type[BaseModel] | None:
    """The class of the rows of a field that is a table."""
    annotation, _ = bare(field.annotation)
    member = (get_args(annotation) or (None,))[0]
    is_rows = get_origin(annotation) in (tuple, list) and isinstance(member, type) and issubclass(member, BaseModel)
    return member if is_rows else None


def allowed_of(field: FieldInfo) -> str:
    """What may stand in a field: an interval with its unit, or choices."""
    marker = marker_of(field)
    if marker is not None:
        return marker.interval()
    if choices := choices_of(field.annotation):
        return ", ".join(map(str, choices))
    if items := item_marker_of(field):
        return f"name: {items.interval()}"
    annotation, _ = bare(field.annotation)
    members = get_args(annotation) if get_origin(annotation) in (Union, types.UnionType) else (annotation,)
    return " or ".join(_NOUNS.get(member, "list" if get_origin(member) else "text") for member in members)


_NOUNS: dict[Any, str] = {bool: "true or false", str: "text", int: "whole number", float: "number"}


def default_of(field: FieldInfo) -> str:
    """What holds for a key that is not given; empty for nothing, `REQUIRED` for one that must be given."""
    return REQUIRED if field.is_required() else _shown(field, field.get_default(call_default_factory=True))


def _shown(field: FieldInfo, value: Any) -> str:
    marker = marker_of(field)
    if value is None or value == {}:
        return ""
    return marker.show(value) if marker is not None else str(value).lower() if isinstance(value, bool) else str(value)
