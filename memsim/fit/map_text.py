"""Conductance maps in text files: matrices, and tables with a row for each cell.

A map is recognised without doubt or refused. Its unit comes from the headings, from a comment or title above the
numbers, or from the caller; the sources may not contradict each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from memsim.errors import DataError
from memsim.fit.map_matrix import ABSENT, DELIMITERS, MAX_CELLS, ROW, Matrix, folded, matrix_in
from memsim.fit.map_units import Stated, factor_of, unit_in
from memsim.fit.table import Column, Table, table_of
from memsim.units import unit_of

COL = ("col", "column", "bitline", "bl")
_VALUE = ("conductance", "g")
_SEARCHED = 200
"""Lines among which the headings of a table of cells are looked for."""


class Map(NamedTuple):
    """Conductances (row, col) [S], NaN where there is no measurement, and the numbers of the first row and column."""

    siemens: np.ndarray
    first_row: int = 0
    first_col: int = 0


def map_in(text: str, name: str, unit: str | None = None, decimal: str | None = None) -> Map:
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
        Decimal sign of a matrix; what the numbers show if not given.

    Raises
    ------
    DataError
        The text is no map, its unit is unknown or unclear, or a number is not finite.
    InputError
        `unit` is no unit of conductance.
    """
    text, above = _without_title(text)
    above = [Stated(stated.unit, f"{name}:{stated.place}") for stated in above]
    if any(_heads_cells(line) for line in text.splitlines()[:_SEARCHED]):
        return _from_cells(table_of(text, name), unit, above)
    matrix = matrix_in(text, name, decimal)
    _check_no_cells(matrix, name)
    stated = _stated(matrix.headings, f"{name}:{matrix.heading_line}", bool(unit or above))
    return Map(matrix.numbers * factor_of(unit, [*stated, *above], name))


def _heads_cells(line: str) -> bool:
    """Whether a line has headings for the numbers of rows and of columns."""
    if line.startswith("#"):
        return False
    delimiter = next((sign for sign in DELIMITERS if sign in line), None)
    cells = {folded(cell.strip().strip('"')) for cell in line.split(delimiter)}
    return not cells.isdisjoint(ROW) and not cells.isdisjoint(COL)


def _without_title(text: str) -> tuple[str, list[Stated]]:
    """The text with a title made a comment, and the units in comments and title with their lines."""
    lines = text.splitlines()
    filled = [number for number, line in enumerate(lines) if line.strip()]
    units = []
    for number, following in pairwise([*filled, len(lines)]):
        line = lines[number].strip(" \ufeff")
        unit = unit_in(line)
        if not line.startswith("#"):
            if unit is None or following == len(lines) or not _is_title(line, lines[following]):
                break
            lines[number] = "#" + line
        if unit is not None:
            units.append(Stated(unit, str(number + 1)))
    return "\n".join(lines), units


def _is_title(line: str, following: str) -> bool:
    """Whether a line with a unit stands above a table, and is not its line of headings."""
    words = line.split()
    if any(sign in line for sign in DELIMITERS) or _heads_cells(line):
        return False
    cut = any(sign in following for sign in DELIMITERS)
    return cut or len(words) != len(following.split()) or words[-1][0] in "(["


def _stated(headings: Sequence[str], place: str, elsewhere: bool) -> list[Stated]:
    """The unit in the headings of a matrix.

    Parameters
    ----------
    headings : sequence of str
        Of the columns.
    place : str
        File and line.
    elsewhere : bool
        Whether the unit is also stated elsewhere, so that some headings may have none.

    Raises
    ------
    DataError
        Headings have different units, or only some have one.
    """
    by_unit = {unit_in(heading): heading for heading in reversed(headings)}
    units = [unit for unit in by_unit if unit is not None]
    if len(units) > 1 or (units and None in by_unit and not elsewhere):
        pairs = [(heading, f"'{unit}'" if unit else "none") for unit, heading in reversed(by_unit.items())]
        has = " and ".join(f"'{heading}' has {unit}" for heading, unit in pairs[:2])
        raise DataError(f"{place}: all headings of a map have one unit, but {has}; correct them")
    return [Stated(unit, place) for unit in units]


def _check_no_cells(matrix: Matrix, name: str) -> None:
    """Refuse three columns without headings of which two may be the numbers of rows and columns."""
    count, width = matrix.numbers.shape
    if matrix.headings or width != 3 or count < 4:
        return
    rows, cols = matrix.numbers[:, :2].T
    whole = all(np.array_equal(each, np.rint(each)) and (each >= 0).all() for each in (rows, cols))
    if whole and len(set(zip(rows, cols, strict=True))) == count == len(set(rows)) * len(set(cols)):
        raise DataError(
            f"{name}: the first two of three columns may be the numbers of rows and columns; headings decide: "
            "'row,col,conductance' in the first line"
        )


def _from_cells(table: Table, unit: str | None, above: Sequence[Stated]) -> Map:
    """The map of a table with a row for each cell.

    Raises
    ------
    DataError
        A column is missing, the number of a row or column is not whole, a cell occurs twice, or the map would be too
        large.
    """
    row, col, value = _column(table, "rows", ROW), _column(table, "columns", COL), _value(table)
    stated = [Stated(value.unit, f"{table.name}: heading '{value.heading}'")] if value.physical else []
    factor = factor_of(unit, [*stated, *above], table.name)
    values = _values(table, value)
    places = [_whole(table, column) for column in (row, col)]
    starts = [int(each.min()) for each in places]
    rows, cols = (int(each.max()) - start + 1 for each, start in zip(places, starts, strict=True))
    if rows * cols > MAX_CELLS:
        raise DataError(
            f"{table.name}: numbers of rows and columns span {rows:,} x {cols:,}; at most {MAX_CELLS:,} cells are read"
        )
    flat = (places[0] - starts[0]) * cols + places[1] - starts[1]
    order = np.argsort(flat, kind="stable")
    again = np.flatnonzero(np.diff(flat[order]) == 0)
    if len(again):
        one, other = (table.lines[order[again[0] + step]] for step in range(2))
        cell = ", ".join(str(int(each[order[again[0]]])) for each in places)
        raise DataError(
            f"{table.name}:{other}: cell ({cell}) occurs in line {one} too; a map has one conductance a cell"
        )
    siemens = np.full(rows * cols, np.nan)
    siemens[flat] = values * factor
    return Map(siemens.reshape(rows, cols), *starts)


def _column(table: Table, what: str, names: Sequence[str], others: Iterable[Column] = ()) -> Column:
    """The one column with one of these headings, else the only one of `others`.

    Raises
    ------
    DataError
        There is none, or there are several.
    """
    columns = [column for column in table.columns if folded(column.heading) in names] or list(others)
    if len(columns) == 1:
        return columns[0]
    headings = ", ".join(f"'{column.heading}'" for column in (columns or table.columns)[:12])
    few = f"no column of {what} among" if not columns else f"{len(columns)} columns of {what}:"
    raise DataError(f"{table.name}: {few} {headings}; one heading is to be '{names[0]}'")


def _value(table: Table) -> Column:
    """The conductances: the column with this heading, or the only one with such a unit."""
    units = [column for column in table.columns if (unit_of(column.unit) or ("",))[0] == "S"]
    return _column(table, "conductances", _VALUE, units)


def _values(table: Table, column: Column) -> np.ndarray:
    """The numbers of a column as they are written, NaN where there is none."""
    absent = np.array([cell.lower() in ABSENT for cell in column.cells])
    if absent.all():
        raise DataError(f"{table.name}: no cell has a number")
    filled = replace(column, cells=tuple("0" if cell.lower() in ABSENT else cell for cell in column.cells))
    columns = tuple(filled if each is column else each for each in table.columns)
    return np.where(absent, np.nan, replace(table, columns=columns).numbers(filled))


def _whole(table: Table, column: Column) -> np.ndarray:
    """The numbers of rows or columns."""
    numbers = table.numbers(column)
    wrong = (numbers != np.rint(numbers)) | (np.abs(numbers) > 2**31)
    if wrong.any():
        at = int(np.argmax(wrong))
        raise DataError(f"{table.name}:{table.lines[at]}: '{column.heading}' is {column.cells[at]}, no whole number")
    return numbers.astype(np.int64)
