"""How a table writes its numbers: which sign separates decimals, which one thousands, and whether that is certain."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

_EXPONENT = r"(?:[eEdD][+-]?[0-9]{1,4})?"
_NUMBER = re.compile(rf"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+){_EXPONENT}")
_ONE_SIGN = re.compile(rf"[+-]?([0-9]*)([.,])([0-9]*)({_EXPONENT})")
_GROUPED = {
    sign: re.compile(rf"[+-]?[0-9]{{1,3}}(?:{re.escape(sign)}[0-9]{{3}})+(?:[{rest}][0-9]*)?{_EXPONENT}")
    for sign, rest in ((",", "."), (".", ","), ("'", ".,"), (" ", ".,"))
}
_ANY = re.compile(rf"[+-]?(?:[0-9]+(?:[.,'][0-9]*)*|[.,][0-9]+|[0-9]{{1,3}}(?: [0-9]{{3}})+(?:[.,][0-9]*)?){_EXPONENT}")
_SIGN = re.compile("[.,' \u2019\u00a0\u202f]")
_DOUBT = re.compile(r"[+\-\u2212]?[1-9][0-9]{0,2}([.,])[0-9]{3}")
_LONGEST = 60
_SAMPLE = 1000
_BLANKS = str.maketrans({"\u2212": "-", "\u00a0": " ", "\u202f": " ", "\u2019": "'"})
NOT_READ = ("", "nan", "inf", "-inf", "+inf", "na", "n/a")
"""Cells, in lower case, that stand where a number could."""
LARGEST, SMALLEST = 1e15, 1e-30
"""Largest and smallest number above 0, in SI units, that an instrument measures; it writes 9.9e37 for an overflow."""
NAMES = {".": "points", ",": "commas", "'": "apostrophes", " ": "blanks"}
"""What errors and notes call the signs."""


@dataclass(frozen=True)
class Numerals:
    """How numbers are written.

    Attributes
    ----------
    decimal : str
        "." or ",".
    thousands : str
        Sign between groups of three digits: one of `, . '` or a blank; empty where there is none.
    """

    decimal: str = "."
    thousands: str = ""

    def value(self, cell: str) -> float | None:
        """Finite number in a cell; None where there is none."""
        if len(cell) > _LONGEST:
            return None
        plain = self.decimal == "." and _NUMBER.fullmatch(cell)
        text = cell if plain else cell.translate(_BLANKS)
        if self.thousands and self.thousands in text and not plain:
            if not _GROUPED[self.thousands].fullmatch(text):
                return None
            text = text.replace(self.thousands, "")
        if self.decimal == ",":
            if "." in text:
                return None
            text = text.replace(",", ".")
        if not plain and not _NUMBER.fullmatch(text):
            return None
        number = float(text.lower().replace("d", "e"))
        return number if math.isfinite(number) else None

    def text(self, number: float) -> str:
        """Cell that `value` reads back to the same number."""
        return repr(float(number)).replace(".", self.decimal)


PLAIN = Numerals()
"""Decimal points and nothing else."""


def in_doubt(cell: str) -> bool:
    """Whether a cell may be a decimal number or a whole number with thousands, as 2.154 and 2,154 are."""
    return _DOUBT.fullmatch(cell) is not None


def like_number(cell: str) -> bool:
    """Whether a cell is a number in any of the usual ways to write one."""
    return len(cell) <= _LONGEST and _ANY.fullmatch(cell.translate(_BLANKS)) is not None


def numerals_of(columns: Sequence[Sequence[str]], points_are_decimal: bool) -> tuple[Numerals, bool]:
    """How the cells of columns of numbers write them, and whether that is certain.

    A sign is the decimal one where a number has other than three digits after it, or a lone 0 before it. It separates
    thousands where it stands twice in a number or before the other sign, or where three digits always follow it and the
    other numbers of such a column are whole and three digits long, as in 990 and 1,000. That a decimal comma stands in
    another column says nothing of the points of a column, and the other way round: they may be decimal, too.

    Parameters
    ----------
    columns : sequence of sequences of str
        Cells of each column that holds numbers; names of devices and dates decide nothing.
    points_are_decimal : bool
        Whether commas already separate the cells, so that points cannot separate thousands.

    Returns
    -------
    Numerals, bool
        False where some cells may be read in two ways, and no other cell decides.
    """
    decimals: dict[str, set[int]] = {}  # sign -> columns
    thousands: set[str] = set()
    doubts: dict[str, set[int]] = {}  # sign -> columns
    for number, column in enumerate(columns):
        for row, cell in enumerate(column):
            if len(cell) > _LONGEST or not _SIGN.search(cell):
                continue
            doubt = _DOUBT.fullmatch(cell)
            if doubt is not None:
                doubts.setdefault(doubt.group(1), set()).add(number)
                continue
            kind, sign = _evidence(cell.translate(_BLANKS))
            if kind == "decimal":
                decimals.setdefault(sign, set()).add(number)
                if row > _SAMPLE:
                    break
            elif kind == "thousands":
                thousands.add(sign)
    spaced = next((sign for sign in ("'", " ") if sign in thousands), "")
    if decimals or thousands & {",", "."}:
        # A device may be called 1.2 in a table with decimal commas; the other way round does not occur.
        decimal = "," if "," in decimals or (not decimals and "." in thousands) else "."
        other = "." if decimal == "," else ","
        certain = other in thousands or all(
            number in decimals.get(decimal, ()) or _three_digits(columns[number], other)
            for number in doubts.get(other, ())
        )
        return Numerals(decimal, other if other in doubts or other in thousands else spaced), certain
    if "." in doubts and points_are_decimal:
        return Numerals(".", "," if "," in doubts else spaced), True
    for sign, places in doubts.items():
        if any(_three_digits(columns[number], sign) for number in places):
            return Numerals("." if sign == "," else ",", sign), True
        return Numerals(sign, spaced), False
    return Numerals(".", spaced), True


def _evidence(text: str) -> tuple[str, str]:
    """What a cell says of a sign in it: that it is "decimal", that it separates "thousands", or nothing."""
    one = _ONE_SIGN.fullmatch(text)
    if one is not None:
        whole, sign, rest, _ = one.groups()
        return ("decimal", sign) if whole or rest else ("", "")
    for sign, pattern in _GROUPED.items():
        if sign in text and pattern.fullmatch(text):
            return "thousands", sign
    return "", ""


def _three_digits(column: Sequence[str], sign: str) -> bool:
    """Whether the numbers of a column without this sign are whole and have three digits, and there are any."""
    plain = [cell for cell in column if sign not in cell and cell.lower() not in NOT_READ]
    return bool(plain) and all(len(cell.lstrip("+-")) == 3 and cell.lstrip("+-").isdigit() for cell in plain)
