"""What a pydantic model says at a place of its data: the type, its constraints, the keys and choices it allows."""

from __future__ import annotations

import functools
import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple


class Spot(NamedTuple):
    """What the model says at a location: the type, its constraints, and the field."""

    annotation: Any
    metadata: tuple[Any, ...]
    field: Any


def spot_at(model: Any, loc: Sequence[str | int]) -> Spot:
    """Follow a pydantic error location through the model's annotations."""
    return _spot_at(model, tuple(loc))


@functools.lru_cache(4096)
def _spot_at(model: Any, loc: tuple[str | int, ...]) -> Spot:
    return _inside(_spot_at(model, loc[:-1]), loc[-1]) if loc else Spot(model, (), None)


def _inside(here: Spot, step: str | int) -> Spot:
    annotation, metadata = bare(here.annotation)
    fields = fields_of(annotation)
    if fields is not None:
        field = fields.get(step)  # type: ignore[arg-type]
        return Spot(field.annotation, tuple(field.metadata), field) if field else Spot(None, (), None)
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType):
        members = [member for member in arguments if _tagged(member, step)]
        inner = [_inside(Spot(member, (), None), step) for member in arguments if not members]
        reached = [spot for spot in inner if spot.annotation is not None]
        return Spot(members[0], (), here.field) if members else (reached or [here])[0]
    if origin is dict:
        return Spot(arguments[0] if step == "[key]" else arguments[1], (), None)
    if step == "[key]":
        return here
    if origin in (list, tuple) and isinstance(step, int):
        fixed = origin is tuple and Ellipsis not in arguments and step < len(arguments)
        return Spot(arguments[step if fixed else 0], (), None)
    return here if metadata or annotation is not None else Spot(None, (), None)


def bare(annotation: Any) -> tuple[Any, tuple[Any, ...]]:
    """The type without Annotated[...] and Optional, and what Annotated carried."""
    metadata: tuple[Any, ...] = ()
    while True:
        origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
        if origin is typing.Annotated:
            annotation, metadata = arguments[0], metadata + tuple(arguments[1:])
        elif origin in (typing.Union, types.UnionType) and type(None) in arguments and len(arguments) == 2:
            annotation = next(member for member in arguments if member is not type(None))
        else:
            return annotation, metadata


def fields_of(annotation: Any) -> dict[str, Any] | None:
    """Key -> field of a section, under the name that a document uses; None for what is no section."""
    fields = getattr(annotation, "model_fields", None)
    return None if fields is None else {field.alias or name: field for name, field in fields.items()}


def members_of(annotation: Any) -> tuple[Any, ...]:
    """Members of a union, and those of the unions inside it; any other type is the only one of its own."""
    annotation, _ = bare(annotation)
    if typing.get_origin(annotation) not in (typing.Union, types.UnionType):
        return (annotation,)
    return tuple(inner for member in typing.get_args(annotation) for inner in members_of(member))


def _tagged(member: Any, tag: str | int) -> bool:
    sections = members_of(member)
    return all(getattr(part, "__name__", None) == tag or telling_key(part, tag) is not None for part in sections)


def telling_key(section: Any, tag: Any) -> str | None:
    """Key of a section whose only values are literals, this one among them; None if there is none."""
    for key, field in (fields_of(section) or {}).items():
        literal = typing.get_origin(field.annotation) is typing.Literal
        if literal and tag in typing.get_args(field.annotation):
            return key
    return None


def keys_chosen(annotation: Any, tags: Mapping[str, Any]) -> list[str]:
    """Keys of the members of a union that values of keys choose; none if these keys do not tell the members apart."""
    members = [fields_of(member) or {} for member in members_of(annotation)]
    if not all(key in fields for fields in members for key in tags):
        return []
    chosen = [
        fields for fields in members if all(tag in choices_of(fields[key].annotation) for key, tag in tags.items())
    ]
    return list(dict.fromkeys(key for fields in chosen for key in fields)) if len(chosen) < len(members) else []


def keys_of(spot: Spot) -> list[str]:
    """Keys that the section allows; of a union, those of all its members."""
    return list(dict.fromkeys(key for member in members_of(spot.annotation) for key in fields_of(member) or ()))


def choices_of(annotation: Any) -> list[Any]:
    """Values of a Literal, also inside a union."""
    annotation, _ = bare(annotation)
    if typing.get_origin(annotation) is typing.Literal:
        return list(typing.get_args(annotation))
    return [choice for member in typing.get_args(annotation) for choice in choices_of(member)]


def tags_of(annotation: Any, key: str) -> list[Any]:
    """Values of a key that tells the members of a union apart."""
    fields = [(fields_of(member) or {}).get(key) for member in members_of(annotation)]
    return list(dict.fromkeys(tag for field in fields if field for tag in choices_of(field.annotation)))


def description_of(spot: Spot) -> str | None:
    """The `description` of a field, also when it is written inside Annotated[...]."""
    candidates = (spot.field, *spot.metadata, *bare(spot.annotation)[1])
    return next((item.description for item in candidates if getattr(item, "description", None)), None)
