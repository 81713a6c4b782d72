"""Conductance maps in text files: matrices, and lists with a line for each cell.

A map is recognised without doubt or refused. Its unit comes from the headings, from a comment or title above the
numbers, or from the caller; the sources may not contradict each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from memsim.errors import DataError
from memsim.fit.maps.cells import Cells, cells_in, cells_of_labels, check_no_cells, heads_cells
from memsim.fit.maps.matrix import DELIMITERS, MAX_CELLS, lines_above, matrix_in
from memsim.fit.maps.numerals import beyond, beyond_in_words
from memsim.fit.maps.units import Stated, factor_of, unit_in, units_in
from memsim.fit.reading.headings import PLAIN_UNITS

_SEARCHED = 200
"""Lines among which the headings of a list of cells are looked for."""


class Map(NamedTuple):
    """Conductances (row, col) [S], NaN where there is no measurement, and the numbers of the first row and column.

    `notes` says what the user should know of how numbers were read.
    """

    siemens: np.ndarray
    first_row: int = 0
    first_col: int = 0
    notes: tuple[str, ...] = ()


def map_in(text: str, name: str, unit: str | None = None, decimal: str | None = None, layout: str | None = None) -> Map:
    """The map in a text.

    Parameters
    ----------
    text : str
        Content of a file.
    name : str
        What errors call the file.
    unit : str, optional
        Unit of the numbers, if the file does not say it.
    decimal : {".", ","}, optional
        Decimal sign; what the numbers show if not given.
    layout : {"matrix", "cells"}, optional
        Whether lines are rows of a matrix, or cells; what headings and numbers show if not given.

    Raises
    ------
    DataError
        The text is no map, its unit is unknown or unclear, or a number is not finite.
    InputError
        `unit` is no unit of conductance.
    """
    text, notes = _without_words(text, decimal)
    text, above = _without_title(text)
    above = [Stated(stated.unit, f"{name}:{stated.place}") for stated in above]
    headed = any(heads_cells(line) for line in text.splitlines()[:_SEARCHED])
    if layout == "cells" or (headed and layout is None):
        return _from_cells(cells_in(text, name, decimal, headed=headed), unit, above, name, notes)
    matrix = matrix_in(text, name, decimal)
    if layout is None:
        labelled = cells_of_labels(matrix, name)
        if labelled is not None:
            return _from_cells(labelled, unit, above, name, notes)
        check_no_cells(matrix, name)
    stated = _stated(matrix.headings, f"{name}:{matrix.heading_line}")
    siemens = matrix.numbers * factor_of(unit, [*stated, *above], name)
    wrong = beyond(siemens)
    if wrong is not None:
        raise DataError(f"{name}:{matrix.lines[wrong[0]]}: {beyond_in_words(siemens[wrong])}")
    rows, cols = (
        range(size) if places is None else places
        for places, size in zip((matrix.rows, matrix.cols), siemens.shape, strict=True)
    )
    return Map(*_placed(siemens, rows, cols, name), (*notes, *matrix.notes))


def _without_words(text: str, decimal: str | None) -> tuple[str, tuple[str, ...]]:
    """The text with lines of words above a table made comments, and a note on those that are not read."""
    lines = text.splitlines()
    unread = [place for place in lines_above(text, decimal) if unit_in(lines[place]) is None]
    if not unread:
        return text, ()
    for place in unread:
        lines[place] = "# " + lines[place].strip(" \ufeff")
    count = f"{len(unread)} lines" if len(unread) > 1 else "1 line"
    return "\n".join(lines), (f"{count} above the map not read",)


def _without_title(text: str) -> tuple[str, list[Stated]]:
    """The text with a title made a comment, and the units in comments and title with their lines."""
    lines = text.splitlines()
    filled = [number for number, line in enumerate(lines) if line.strip()]
    units = []
    for number, following in pairwise([*filled, len(lines)]):
        line = lines[number].strip(" \ufeff")
        if not line.startswith("#"):
            if unit_in(line) is None or following == len(lines) or not _is_title(line, lines[following]):
                break
            lines[number] = "#" + line
        units += [Stated(unit, str(number + 1)) for unit in units_in(line)]
    return "\n".join(lines), units


def _is_title(line: str, following: str) -> bool:
    """Whether a line with a unit stands above a table, and is not its line of headings."""
    words = line.split()
    if any(sign in line for sign in DELIMITERS) or heads_cells(line):
        return False
    cut = any(sign in following for sign in DELIMITERS)
    return cut or len(words) != len(following.split()) or words[-1][0] in "(["


def _stated(headings: Sequence[str], place: str) -> list[Stated]:
    """The unit in the headings of a matrix, the first of which stands above the labels of rows.

    Raises
    ------
    DataError
        Headings have different units, or only some have one.
    """
    corner, above = headings[:1], headings[1:]
    by_unit = {unit_in(heading): heading for heading in reversed(above)}
    units = [unit for unit in by_unit if unit is not None]
    if len(units) > 1 or (units and None in by_unit):
        pairs = [(heading, f"'{unit}'" if unit else "none") for unit, heading in reversed(by_unit.items())]
        has = " and ".join(f"'{heading}' has {unit}" for heading, unit in pairs[:2])
        raise DataError(
            f"{place}: all headings of a map have one unit, but {has}; correct them; a list of cells has the headings "
            "'row', 'col' and 'conductance'"
        )
    return [Stated(unit, place) for unit in (*units, *map(unit_in, corner)) if unit is not None]


def _placed(numbers: np.ndarray, rows: Sequence[int], cols: Sequence[int], name: str) -> tuple[np.ndarray, int, int]:
    """A map (row, col) with numbers at their rows and columns, NaN elsewhere, and the numbers of its first ones.

    Parameters
    ----------
    numbers : ndarray
        Of cells (cell,), or of a matrix whose rows and columns have these numbers.
    rows, cols : sequence of int
        Numbers of rows and columns.

    Raises
    ------
    DataError
        The map would be too large.
    """
    first = min(rows), min(cols)
    shape = max(rows) - first[0] + 1, max(cols) - first[1] + 1
    if shape[0] * shape[1] > MAX_CELLS:
        raise DataError(
            f"{name}: numbers of rows and columns span {shape[0]:,} x {shape[1]:,}; at most {MAX_CELLS:,} cells are "
            "read"
        )
    placed = np.full(shape, np.nan)
    at = np.array(rows) - first[0], np.array(cols) - first[1]
    placed[at if numbers.ndim == 1 else np.ix_(*at)] = numbers
    return placed, *first


def _from_cells(cells: Cells, unit: str | None, above: Sequence[Stated], name: str, notes: tuple[str, ...] = ()) -> Map:
    """The map of a list of cells.

    Raises
    ------
    DataError
        A cell occurs twice, a conductance is beyond all that is measured, or the map would be too large.
    """
    physical = cells.unit.lower() not in PLAIN_UNITS
    stated = [Stated(cells.unit, f"{name}: heading '{cells.heading}'")] if physical else []
    siemens = cells.numbers * factor_of(unit, [*stated, *above], name)
    wrong = beyond(siemens)
    if wrong is not None:
        raise DataError(f"{name}:{cells.lines[wrong[0]]}: {beyond_in_words(siemens[wrong])}")
    placed, *first = _placed(siemens, cells.rows, cells.cols, name)
    flat = (np.array(cells.rows) - first[0]) * placed.shape[1] + np.array(cells.cols) - first[1]
    order = np.argsort(flat, kind="stable")
    again = np.flatnonzero(np.diff(flat[order]) == 0)
    if len(again):
        one, other = (int(order[again[0] + step]) for step in range(2))
        raise DataError(
            f"{name}:{cells.lines[other]}: cell ({cells.rows[one]}, {cells.cols[one]}) occurs in line "
            f"{cells.lines[one]} too; a map has one conductance a cell"
        )
    return Map(placed, first[0], first[1], (*notes, *cells.notes))
