"""Checks of the settings of an algorithm by their annotations, which give the ranges of documents as well."""

from __future__ import annotations

import dataclasses
import functools
import math
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import numpy as np
from pydantic.fields import FieldInfo

from memsim.arrays.checks import choice, flag, number, whole
from memsim.document.fields import Count, Quantity
from memsim.errors import InputError, shown


def check_settings(algorithm: Any) -> None:
    """Check all fields of a frozen dataclass; numbers of NumPy become those of Python.

    Raises
    ------
    InputError
        If a field has another type, or lies outside the range of its annotation.
    """
    made: type = type(algorithm)
    for name, (kind, marks, optional) in _fields(made).items():
        value = getattr(algorithm, name)
        if isinstance(value, np.generic):
            value = value.item()
            object.__setattr__(algorithm, name, value)
        if not (optional and value is None):
            _check(name, value, kind, marks)


def _check(name: str, value: Any, kind: Any, marks: tuple[Any, ...]) -> None:
    """Check one value by its type and the marks of its annotation."""
    for mark in marks:
        if isinstance(mark, Count):
            whole(name, value, mark.low, mark.high)
        elif isinstance(mark, Quantity):
            low, above = (mark.low, False) if mark.above is None else (mark.above, True)
            number(name, value, low, mark.high, mark.unit, above=above)
        elif isinstance(mark, FieldInfo) and kind is float:
            ends = {end: value for part in mark.metadata for end, value in _ends(part)}
            low = ends.get("gt", ends.get("ge", -math.inf))
            number(name, value, low, ends.get("le", math.inf), above="gt" in ends)
    if get_origin(kind) is Literal:
        choice(name, value, get_args(kind))
    elif kind is bool:
        flag(name, value)
    elif kind not in (int, float) and not isinstance(value, kind):
        what = "a text" if kind is str else f"a {kind.__name__} of {kind.__module__.rpartition('.')[0]}"
        raise InputError(f"{name}: {shown(value)} is not allowed; {what}")


def _ends(part: Any) -> list[tuple[str, float]]:
    """The ends of a range that a part of a pydantic field states."""
    return [(end, getattr(part, end)) for end in ("gt", "ge", "le") if getattr(part, end, None) is not None]


@functools.cache
def _fields(algorithm: type) -> dict[str, tuple[Any, tuple[Any, ...], bool]]:
    """Of each field by name: its type, the marks of its annotation, and whether it may be None."""
    hints = get_type_hints(algorithm, include_extras=True)
    return {field.name: _parts(hints[field.name]) for field in dataclasses.fields(algorithm)}


def _parts(hint: Any) -> tuple[Any, tuple[Any, ...], bool]:
    """Type, marks and whether None is allowed, of one annotation."""
    if get_origin(hint) is Annotated:
        kind, *marks = get_args(hint)
        return kind, tuple(marks), False
    members = get_args(hint)
    if type(None) in members:
        (inner,) = (member for member in members if member is not type(None))
        kind, own, _ = _parts(inner)
        return kind, own, True
    return hint, (), False
