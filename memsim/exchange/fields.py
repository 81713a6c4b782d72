"""Fields of a description of another tool: what was converted, and what has no equivalent here.

A description is read by the names of its classes and fields, so that the other tool need not be installed.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any

import numpy as np

from memsim.errors import InputError, nearest, shown


class Fields:
    """The fields of one part of a description, by name.

    Each field is either read, passed over as one without an effect, or left out with a reason. `close` adds the fields
    that were not mentioned at all, such as those of a newer version of the tool.

    Parameters
    ----------
    part : object
        A mapping, a dataclass, or an object with attributes.
    path : str
        Dotted name of the part, which errors show.
    not_converted : dict of str to str, optional
        Receives the dotted name of each field without an equivalent, with its value and the reason.

    Raises
    ------
    InputError
        If the part has no fields.
    """

    def __init__(self, part: Any, path: str, not_converted: dict[str, str] | None = None) -> None:
        self.path = path
        self.not_converted = {} if not_converted is None else not_converted
        self._values = _named(part, path)
        self._mentioned: set[str] = set()
        self._parts: dict[str, Fields] = {}
        self._defaults: dict[str, Any] = {}

    def read(self, name: str, default: Any) -> Any:
        """The value of a field, the name of an enumeration's member in its place; `default` where it is missing."""
        self._mentioned.add(name)
        self._defaults[name] = default
        return _plain(self._values.get(name, default))

    def number(self, name: str, default: float) -> float:
        """The value of a field that is a finite number.

        Raises
        ------
        InputError
            If it is none.
        """
        value = self.read(name, default)
        try:
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        if isinstance(value, bool | str) or not math.isfinite(number):
            raise InputError(f"{self._dotted(name)}: {shown(value)} is not a finite number")
        return number

    def numbers(self, name: str, default: Any = None) -> np.ndarray:
        """The value of a field that is a list of finite numbers, or of lists of them.

        Raises
        ------
        InputError
            If it is none.
        """
        value = self.read(name, default)
        try:
            numbers = np.asarray(value, dtype=float)
        except (TypeError, ValueError, OverflowError):
            numbers = np.array(math.nan)
        if not numbers.ndim or not np.isfinite(numbers).all():
            raise InputError(f"{self._dotted(name)}: {shown(value)} is not a list of finite numbers")
        return numbers

    def option(self, name: str, default: str, options: Mapping[int, str]) -> str:
        """The value of a field that is one of several words, which some files give by number.

        Raises
        ------
        InputError
            If it is none of them.
        """
        value = self.read(name, default)
        word = options.get(value, value) if isinstance(value, int) else value
        if word not in options.values():
            raise InputError(
                f"{self._dotted(name)}: {shown(value)} is not known{nearest(str(value), options.values())}"
            )
        return str(word)

    def part(self, name: str) -> Fields:
        """The fields inside a field; none where it is missing."""
        self._mentioned.add(name)
        if name not in self._parts:
            value = self._values.get(name)
            self._parts[name] = Fields({} if value is None else value, self._dotted(name), self.not_converted)
        return self._parts[name]

    def raw(self, name: str) -> Any:
        """The value of a field as it is; None where it is missing."""
        self._mentioned.add(name)
        return self._values.get(name)

    def has(self, name: str) -> bool:
        """Whether there is a field of this name."""
        return name in self._values

    def pass_over(self, *names: str) -> None:
        """Mention fields that have no effect on results."""
        self._mentioned.update(names)

    def leave_out(self, reason: str, **without_effect: Any) -> None:
        """List fields for a reason, each by its name, unless they have the value that has no effect."""
        for name, neutral in without_effect.items():
            if name in self._values and not _equal(self.read(name, neutral), neutral):
                self.report(name, reason)
            self._mentioned.add(name)

    def report(self, name: str, reason: str) -> None:
        """List a field, whatever its value is."""
        self._mentioned.add(name)
        self.not_converted[self._dotted(name)] = f"{_shown(self._values.get(name, self._defaults.get(name)))}: {reason}"

    def pass_over_rest(self) -> None:
        """Mention all fields, of a part that has no further effect."""
        self._mentioned.update(self._values)

    def close(self) -> None:
        """List all fields that were not mentioned, here and inside the parts that were read."""
        for name in self._values:
            if name not in self._mentioned and not name.startswith("_"):
                self.report(name, "this field is not known here")
        for part in self._parts.values():
            part.close()

    def _dotted(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name


def class_name(part: Any, known: Iterable[str], path: str, refused: Mapping[str, str] | None = None) -> str:
    """The first of the known names among the class of an object and the classes that it is derived from.

    Parameters
    ----------
    part : object
        Such as a device of another tool.
    known : iterable of str
        Names of classes that can be converted.
    path : str
        Where the object stands, which errors show.
    refused : mapping of str to str, optional
        Names of classes that cannot be converted although they are derived from known ones, with the reason.

    Raises
    ------
    InputError
        If there is none.
    """
    known, refused = tuple(known), refused or {}
    for kind in type(part).__mro__:
        if kind.__name__ in refused:
            raise InputError(f"{path}: {kind.__name__} cannot be converted; {refused[kind.__name__]}")
        if kind.__name__ in known:
            return kind.__name__
    name = type(part).__name__
    raise InputError(f"{path}: {name} cannot be converted{nearest(name, known) or _allowed(known)}")


def _allowed(known: tuple[str, ...]) -> str:
    return f"; allowed: {', '.join(known)}"


def _named(part: Any, path: str) -> dict[str, Any]:
    if isinstance(part, Mapping):
        return {str(name): value for name, value in part.items()}
    if dataclasses.is_dataclass(part) and not isinstance(part, type):
        return {
            field.name: getattr(part, field.name) for field in dataclasses.fields(part) if hasattr(part, field.name)
        }
    if isinstance(part, type) or not hasattr(part, "__dict__"):
        raise InputError(f"{path}: {shown(part)} has no fields; allowed: an object of the other tool, or a mapping")
    return dict(vars(part))


def _plain(value: Any) -> Any:
    """A value without classes of its own: the name of an enumeration's member, and lists for arrays."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    return value.name if isinstance(value, Enum) else value


def _equal(value: Any, neutral: Any) -> bool:
    try:
        return bool(value == neutral)
    except (TypeError, ValueError):  # an array
        return False


def _shown(value: Any) -> str:
    plain = _plain(value)
    if dataclasses.is_dataclass(plain) or hasattr(plain, "__dict__"):
        return type(plain).__name__
    return plain if isinstance(plain, str) else shown(plain)
