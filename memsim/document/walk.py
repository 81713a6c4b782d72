"""What a pydantic model says at a place of its data: the type, its constraints, the keys and choices it allows."""

from __future__ import annotations

import functools
import types
import typing
from collections.abc import Sequence
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


def _tagged(member: Any, tag: str | int) -> bool:
    member, _ = bare(member)
    if getattr(member, "__name__", None) == tag:
        return True
    fields = getattr(member, "model_fields", {})
    return any(
        typing.get_origin(field.annotation) is typing.Literal and tag in typing.get_args(field.annotation)
        for field in fields.values()
    )


def keys_of(spot: Spot) -> list[str]:
    """Keys that the section allows; of a union, those of all its members."""
    annotation, _ = bare(spot.annotation)
    members = typing.get_args(annotation) or (annotation,)
    return [key for member in members for key in fields_of(bare(member)[0]) or ()]


def choices_of(annotation: Any) -> list[Any]:
    """Values of a Literal, also inside a union."""
    annotation, _ = bare(annotation)
    if typing.get_origin(annotation) is typing.Literal:
        return list(typing.get_args(annotation))
    return [choice for member in typing.get_args(annotation) for choice in choices_of(member)]


def tags_of(annotation: Any, key: str) -> list[Any]:
    """Values of the key that tells the members of a union apart."""
    members = typing.get_args(bare(annotation)[0])
    fields = [getattr(bare(member)[0], "model_fields", {}).get(key) for member in members]
    return [choice for field in fields if field is not None for choice in choices_of(field.annotation)]


def description_of(spot: Spot) -> str | None:
    """The `description` of a field, also when it is written inside Annotated[...]."""
    candidates = (spot.field, *spot.metadata, *bare(spot.annotation)[1])
    return next((item.description for item in candidates if getattr(item, "description", None)), None)
