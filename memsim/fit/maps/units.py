"""Units of conductance maps: what a file says, what the caller says, and that both say the same."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from memsim.errors import DataError, InputError
from memsim.units import dimension_of, parse_quantity, unit_of

DIMENSIONS = ("S", "Ohm", "A")
"""SI units of a conductance, and of a resistance and a current, which a map may not hold but a file may state."""
_SETTING = re.compile(r"[)\]]\s{0,3}[:=,;]?\s{0,3}[0-9]")
_OTHERS = {"Ohm": "resistance; a map has conductances, G = 1/R", "A": "current; a map has conductances, G = I/V"}


class Stated(NamedTuple):
    """A unit as a file writes it, and where."""

    unit: str
    place: str


def factor_of(unit: str | None, stated: Sequence[Stated], name: str) -> float:
    """What the numbers of a map are multiplied by to be in siemens.

    Parameters
    ----------
    unit : str or None
        What the caller says.
    stated : sequence of Stated
        What the file says.
    name : str
        What errors call the file.

    Raises
    ------
    DataError
        Nobody says the unit, or the file says several units or another one than the caller.
    InputError
        `unit` is no unit of conductance.
    """
    factors: dict[float, Stated] = {}
    for each in stated:
        known = unit_of(each.unit)
        if known is None or known[0] not in DIMENSIONS:
            raise DataError(f"{each.place}: '{each.unit}' is no unit of conductance; allowed: S, mS, uS, nS, pS")
        if known[0] == "S":
            factors.setdefault(known[1], each)
    if unit is not None:
        try:
            factor = parse_quantity(f"1 {unit}", "S")
        except InputError as error:
            raise InputError(f"unit: {error}") from None
        if stated and factor not in factors:
            other = next(iter(factors.values()), stated[0])
            raise DataError(f"{other.place}: the unit is '{other.unit}' here, unit= says '{unit}'; correct one of them")
        return factor
    if len(factors) == 1:
        return next(iter(factors))
    if factors:
        units = " and ".join(f"'{each.unit}' ({each.place})" for each in list(factors.values())[:2])
        raise DataError(f"{name}: two units, {units}; unit= decides")
    if stated:
        each = stated[0]
        raise DataError(f"{each.place}: '{each.unit}' is a unit of {_OTHERS[(unit_of(each.unit) or ('Ohm', 1.0))[0]]}")
    raise DataError(
        f"{name}: the numbers have no unit; unit= decides, e.g. unit='uS'; a text may begin with '# conductance (uS)'"
    )


def unit_in(line: str) -> str | None:
    """The unit of conductance, resistance or current in a line: "# G (uS)", "# units: uS", "# conductance in uS"."""
    inside = [line.rpartition(opening)[2].partition(closing)[0] for opening, closing in ("()", "[]")]
    # "compliance (uA): 100" states a setting of the instrument.
    inside = [unit for unit in inside if not (_of_current(unit) and _SETTING.search(line))]
    named = [word for before, word in pairwise(_words(line)) if before.lower() in ("in", "unit", "units")]
    return next((unit.strip() for unit in (*inside, *named) if _is_unit(unit.strip())), None)


def units_in(line: str) -> list[str]:
    """The unit of `unit_in`, and every other unit with a prefix that a comment names and that follows no number."""
    first = unit_in(line)
    words = _words(line)
    others = [word for before, word in pairwise(["", *words]) if len(word) > 1 and not before[-1:].isdigit()]
    units = [unit for unit in (first, *others) if unit is not None and _is_unit(unit)]
    # A current is that of the numbers only where it is written as their unit; others are those of instruments.
    units = [unit for unit in units if unit == first or not _of_current(unit)]
    return list(dict.fromkeys(units))


def _of_current(unit: str) -> bool:
    return dimension_of(unit.strip()) == "A"


def _words(line: str) -> list[str]:
    return re.sub(r"[:=,;#()\[\]]", " ", line).split()


def _is_unit(text: str) -> bool:
    known = unit_of(text)
    return known is not None and known[0] in DIMENSIONS
