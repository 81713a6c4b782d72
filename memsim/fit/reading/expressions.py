"""Expressions of columns, such as Iread/Vread: a small parser and its arithmetic, with units.

An operand is a heading, a number or an expression in brackets; operators are + - * /. A heading may have blanks,
commas or operators of its own: where several headings fit, the longest is taken, and quotes settle it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from memsim.errors import InputError, nearest
from memsim.units import unit_of

_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]{1,3})?|\.[0-9]+(?:[eE][+-]?[0-9]{1,3})?")
_PLACE = re.compile(r"#([0-9]{1,4})(?![0-9])")
_LONGEST = 2000
_DEEPEST = 30
# Powers of volt, ampere and second; other units take part in sums and in products with plain numbers only.
_POWERS = {
    "1": (0, 0, 0), "V": (1, 0, 0), "A": (0, 1, 0), "s": (0, 0, 1), "S": (-1, 1, 0), "Ohm": (1, -1, 0),
    "W": (1, 1, 0), "J": (1, 1, 1), "C": (0, 1, 1), "F": (-1, 1, 1), "Hz": (0, 0, -1), "S/V": (-2, 1, 0),
    "S/V^2": (-3, 1, 0),
}  # fmt: skip
_NAMES = {powers: unit for unit, powers in _POWERS.items()}

Powers = tuple[int, int, int]


@dataclass(frozen=True)
class Quantity:
    """Numbers of all rows.

    Attributes
    ----------
    values : ndarray
        In SI units where there is a unit, (row,); nan where a cell is empty.
    powers : tuple of int, or None
        Powers of volt, ampere and second; None for numbers of headings without a unit.
    constant : bool
        Whether the numbers are those of the expression itself.
    scale : float
        What numbers as they are written are multiplied by to be in SI units; nan where parts of a sum differ.
    """

    values: np.ndarray
    powers: Powers | None
    constant: bool = False
    scale: float = 1.0

    @property
    def unit(self) -> str | None:
        """SI unit; empty for plain numbers, None where it is not known."""
        if self.powers is None:
            return None
        return _NAMES.get(self.powers, " ".join(f"{s}^{p}" for s, p in zip("VAs", self.powers, strict=True) if p))


Lookup = Callable[[int], tuple[np.ndarray, str]]
"""Numbers of a column, by its place, and its unit as written (empty without one)."""


def evaluate(text: str, headings: Sequence[tuple[str, int]], lookup: Lookup, rows: int) -> Quantity:
    """Value of an expression.

    Parameters
    ----------
    text : str
        The expression.
    headings : sequence of (str, int)
        What headings may be written as, with the places of their columns, from 0.
    lookup : callable
        Numbers and unit of a column.
    rows : int
        Number of rows.

    Raises
    ------
    InputError
        The expression cannot be read, names no column, or joins what does not fit.
    """
    if len(text) > _LONGEST:
        raise InputError(f"an expression of {len(text):,} characters; at most {_LONGEST:,} are read")
    parser = _Parser(text, headings, lookup, rows)
    result = parser.sum(0)
    if parser.at < len(text):
        raise InputError(
            f"cannot read '{text[parser.at :][:40]}' in '{text[:60]}'; expressions use + - * / and brackets"
        )
    return result


class _Parser:
    """Recursive descent over one expression."""

    def __init__(self, text: str, headings: Sequence[tuple[str, int]], lookup: Lookup, rows: int) -> None:
        self.text = text
        self.at = 0
        self.headings = sorted(headings, key=lambda pair: -len(pair[0]))
        self.lookup = lookup
        self.rows = rows
        self.skip()

    def skip(self) -> None:
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1

    def take(self, signs: str) -> str:
        """The next character if it is one of these; empty otherwise."""
        sign = self.text[self.at : self.at + 1]
        if not sign or sign not in signs:
            return ""
        self.at += 1
        self.skip()
        return sign

    def sum(self, depth: int) -> Quantity:
        left = self.product(depth)
        while sign := self.take("+-"):
            right = self.product(depth)
            powers = self.common(left, right)
            values = left.values + right.values if sign == "+" else left.values - right.values
            scale = left.scale if left.scale == right.scale else np.nan
            left = Quantity(values, powers, left.constant and right.constant, scale)
        return left

    def product(self, depth: int) -> Quantity:
        left = self.factor(depth)
        while sign := self.take("*/"):
            right = self.factor(depth)
            if left.constant or right.constant or (left.powers is None) == (right.powers is None):
                powers = self.joined(left, right, -1 if sign == "/" else 1)
            else:
                raise InputError(
                    f"only a part of the headings in '{self.text[:60]}' has units; write one behind each of the "
                    "others, as in 'I [uA] / (V [V])'"
                )
            with np.errstate(all="ignore"):
                values = left.values * right.values if sign == "*" else left.values / right.values
            # 0/0 is a result that is not finite, not a missing one.
            missing = np.isnan(left.values) | np.isnan(right.values)
            values = np.where(np.isnan(values) & ~missing, np.inf, values)
            scale = left.scale * right.scale if sign == "*" else left.scale / right.scale
            left = Quantity(values, powers, left.constant and right.constant, scale)
        return left

    def joined(self, left: Quantity, right: Quantity, sign: int) -> Powers | None:
        if left.powers is None and right.powers is None:
            return None
        if left.powers is None or right.powers is None:
            # A plain number beside a heading without a unit leaves it without one.
            plain = right if left.powers is None else left
            return None if plain.powers == (0, 0, 0) else plain.powers
        one, two, three = (a + sign * b for a, b in zip(left.powers, right.powers, strict=True))
        return one, two, three

    def common(self, left: Quantity, right: Quantity) -> Powers | None:
        if left.powers == right.powers:
            return left.powers
        for one, other in ((left, right), (right, left)):
            if one.powers is None and other.constant and other.powers == (0, 0, 0):
                return None
        units = [q.unit if q.unit else "no unit" for q in (left, right)]
        raise InputError(
            f"'{self.text[:60]}' adds {units[0]} and {units[1]}; write units in square brackets, as in 'G + (0.1 [uS])'"
        )

    def factor(self, depth: int) -> Quantity:
        if depth > _DEEPEST:
            raise InputError(f"brackets deeper than {_DEEPEST} in '{self.text[:60]}'")
        if self.at >= len(self.text):
            raise InputError(f"'{self.text[:60]}' ends where a heading or a number is expected")
        at = self.at
        place = self.heading()
        if place is not None:
            values, unit = self.lookup(place)
            name, stated = self.text[at : self.at].strip(), self.unit()
            agree(name, unit, stated)
            return self.measured(values, stated or unit)
        if self.take("-"):
            inner = self.factor(depth + 1)
            return replace(inner, values=-inner.values)
        if self.take("("):
            inner = self.sum(depth + 1)
            if not self.take(")"):
                raise InputError(f"'{self.text[:60]}' lacks a closing bracket")
            return inner
        number = _NUMBER.match(self.text, self.at)
        if number is None:
            rest = re.split(r"[-+*/()\[\]]", self.text[self.at :], maxsplit=1)[0].strip() or self.text[self.at :]
            raise InputError(f"no column '{rest[:40]}'{nearest(rest, [name for name, _ in self.headings])}")
        self.at = number.end()
        self.skip()
        quantity = self.measured(np.full(self.rows, float(number.group())), self.unit() or "1")
        return replace(quantity, constant=True)

    def heading(self) -> int | None:
        """Place of the column whose heading stands here."""
        quote = self.text[self.at]
        if quote in "\"'":
            end = self.text.find(quote, self.at + 1)
            if end < 0:
                raise InputError(f"'{self.text[:60]}' lacks a closing quote")
            name = self.text[self.at + 1 : end]
            place = place_of(name, self.headings)
            self.at = end + 1
        else:
            numbered = _PLACE.match(self.text, self.at)
            fits = next(((n, p) for n, p in self.headings if n and self.fits(n)), None)
            if fits is not None:
                name = fits[0]
                place = place_of(name, self.headings)
                self.at += len(name)
            elif numbered is not None:
                place = int(numbered.group(1)) - 1
                self.at = numbered.end()
            else:
                return None
        self.skip()
        return place

    def fits(self, name: str) -> bool:
        """Whether a heading stands here, and not only the beginning of a longer word."""
        end = self.at + len(name)
        after = self.text[end : end + 1]
        whole = not (name[-1].isalnum() and (after.isalnum() or after == "_"))
        return whole and self.text[self.at : end].lower() == name.lower()

    def unit(self) -> str:
        """Unit in square brackets that stands here; empty without one."""
        if self.text[self.at : self.at + 1] != "[":
            return ""
        end = self.text.find("]", self.at)
        if end < 0:
            raise InputError(f"'{self.text[:60]}' lacks a closing square bracket")
        unit = self.text[self.at + 1 : end].strip()
        self.at = end + 1
        self.skip()
        return unit

    def measured(self, values: np.ndarray, unit: str) -> Quantity:
        if not unit:
            return Quantity(values, None)
        if unit == "1":
            return Quantity(values, (0, 0, 0))
        known = unit_of(unit)
        if known is None or known[0] not in _POWERS:
            raise InputError(
                f"unknown unit '{unit}' in '{self.text[:60]}'; expressions join V, A, S, Ohm, s, W, J, C, F and Hz"
            )
        return Quantity(values * known[1], _POWERS[known[0]], scale=known[1])


def agree(name: str, unit: str, stated: str) -> None:
    """Refuse a unit that a user states of a column against the known unit that the table has.

    Raises
    ------
    InputError
        The units differ.
    """
    known = unit_of(unit) if unit and stated else None
    if known is not None and unit_of(stated) != known:
        raise InputError(f"in the table, '{name[:40]}' is in {unit}, not in {stated}; leave out [{stated}]")


def place_of(name: str, headings: Sequence[tuple[str, int]]) -> int:
    """Place of the column with this heading; case counts only where it distinguishes headings.

    Raises
    ------
    InputError
        No column has it, or several have.
    """
    for fits in (lambda text: text == name, lambda text: text.lower() == name.lower()):
        places = sorted({place for text, place in headings if fits(text)})
        if len(places) > 1:
            listed = " and ".join(f"#{place + 1}" for place in places[:4])
            raise InputError(f"several columns are called '{name[:40]}'; name one by its place: {listed}")
        if places:
            return places[0]
    raise InputError(f"no column '{name[:40]}'{nearest(name, [text for text, _ in headings])}")
