"""Numbers of conductance maps: which cells have none, how the others are written, and how large they may be."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from memsim.errors import DataError
from memsim.fit.reading.numerals import LARGEST, NAMES, SMALLEST, Numerals, in_doubt, numerals_of

ABSENT = ("", "nan", "na", "n/a", "null", "none", "-", "--")
"""Cells, in lower case, of memristors that were not measured."""


def has_number(cell: str) -> bool:
    """Whether a cell is not one of those that stand for an absent measurement."""
    return cell.lower() not in ABSENT


def numerals_for(
    columns: Sequence[Sequence[str]], line_of: Callable[[int], int], name: str, decimal: str | None, commas: bool
) -> Numerals:
    """How the cells of a map write numbers: as the caller says, or as the cells show.

    Parameters
    ----------
    columns : sequence of sequences of str
        Cells that are read as numbers; all others decide nothing.
    line_of : callable
        Line of the file of a cell, from its place in its column.
    name : str
        What errors call the file.
    decimal : {".", ","}, optional
        Decimal sign that the caller states.
    commas : bool
        Whether commas separate the cells.

    Raises
    ------
    DataError
        Numbers such as 1.500 may be decimal ones or whole numbers of thousands, and nothing decides.
    """
    numerals, certain = numerals_of([list(filter(has_number, column)) for column in columns], commas)
    if decimal is None and not certain:
        row, cell = next((i, cell) for column in columns for i, cell in enumerate(column) if in_doubt(cell))
        raise DataError(
            f"{name}:{line_of(row)}: '{cell}' may be a decimal number or a whole number of thousands; decimal=',' or "
            "decimal='.' says which sign is the decimal one"
        )
    if decimal is None or decimal == numerals.decimal:
        return numerals
    in_question = not certain or numerals.thousands == decimal
    return Numerals(decimal, numerals.decimal if in_question else numerals.thousands)


def notes_on(numerals: Numerals) -> tuple[str, ...]:
    """What the user should know of how numbers were read."""
    if numerals.thousands not in (",", "."):
        return ()
    return (f"{NAMES[numerals.thousands]} in numbers are read as separators of thousands",)


def beyond(siemens: np.ndarray) -> tuple[int, ...] | None:
    """Place of the first conductance that no instrument measures; None where there is none."""
    size = np.abs(siemens)
    places = np.argwhere((size > LARGEST) | ((size > 0) & (size < SMALLEST)))
    return tuple(map(int, places[0])) if len(places) else None


def beyond_in_words(siemens: float) -> str:
    """Why such a conductance is refused, and what to do."""
    return (
        f"{siemens:.3g} S is no conductance (instruments write such numbers where a reading overflows); allowed: 0, "
        f"{SMALLEST:g} to {LARGEST:g} S, and nan for a cell without a measurement"
    )
