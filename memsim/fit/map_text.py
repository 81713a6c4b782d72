"""Conductance maps in text files: matrices with or without labels, and tables with a row for each cell.

A map is recognised without doubt or refused. Its unit comes from the headings, from a comment or title above the
numbers, or from the caller; the sources may not contradict each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from memsim.errors import DataError
from memsim.fit.map_units import Stated, factor_of, unit_in
from memsim.fit.table import Column, Table, table_of
from memsim.units import unit_of

MAX_CELLS = 1 << 26
"""Most cells of a map."""
_MOST_COLUMNS = 1 << 14
_ROW = ("row", "wordline", "wl")
_COL = ("col", "column", "bitline", "bl")
_VALUE = ("conductance", "g")
_ABSENT = ("", "nan", "na", "n/a", "null", "none", "-", "--")
"""Cells of a table, in lower case, of memristors that were not measured."""
_DELIMITERS = ",;\t|"


class Map(NamedTuple):
    """Conductances (row, col) [S], NaN where there is no measurement, and the numbers of the first row and column."""

    siemens: np.ndarray
    first_row: int = 0
    first_col: int = 0


def map_in(text: str, name: str, unit: str | None) -> Map:
    """The map in a text, of which errors call the file `name`.

    Raises
    ------
    DataError
        The text is no map, its unit is unknown or unclear, or a number is not finite.
    InputError
        `unit` is no unit of conductance.
    """
    text, above = _without_title(text)
    table = table_of(text, name, most_columns=_MOST_COLUMNS)
    row, col = _column(table, _ROW), _column(table, _COL)
    if row is not None and col is not None:
        value = _value(table, row, col)
        factor = factor_of(unit, _stated((value,), table, above, unit), name)
        return _from_cells(table, row, col, value, factor)
    table = _without_labels(table)
    _check_one_matrix(table, text)
    _check_no_cells(table)
    factor = factor_of(unit, _stated(table.columns, table, above, unit), name)
    return Map(np.column_stack(_numbers(table, table.columns)) * factor)


def _stated(
    columns: Sequence[Column], table: Table, above: Sequence[tuple[int, str]], unit: str | None
) -> list[Stated]:
    """Units in the headings of columns, and above the table.

    Raises
    ------
    DataError
        The unit in a heading is not one of conductance, headings have different ones, or some have none and nothing
        else says it.
    """
    stated = [Stated(each, f"{table.name}:{line}") for line, each in above]
    by_unit = {column.unit if column.physical else "": column for column in columns}
    factors = {table.factor(column, "S") for column in columns if column.physical}
    if len(factors) > 1 or (factors and "" in by_unit and unit is None and not stated):
        pairs = [(column.heading, f"'{each}'" if each else "none") for each, column in by_unit.items()]
        has = " and ".join(f"'{heading}' has {each}" for heading, each in pairs[:2])
        raise DataError(f"{table.name}: all headings of a map have one unit, but {has}; correct them")
    return [Stated(each, f"{table.name}: headings") for each in by_unit if each][:1] + stated


def _without_title(text: str) -> tuple[str, list[tuple[int, str]]]:
    """The text with a title made a comment, and the units in comments and title: (line, unit)."""
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
            units.append((number + 1, unit))
    return "\n".join(lines), units


def _is_title(line: str, following: str) -> bool:
    """Whether a line with a unit stands above a table, and is not its line of headings."""
    words = line.split()
    if any(sign in line for sign in _DELIMITERS) or any(_folded(word) in (*_ROW, *_COL) for word in words):
        return False
    cut = any(sign in following for sign in _DELIMITERS)
    return cut or len(words) != len(following.split()) or words[-1][0] in "(["


def _folded(text: str) -> str:
    return "".join(sign for sign in text.lower() if sign.isalnum())


def _column(table: Table, names: Sequence[str]) -> Column | None:
    """The column with one of these headings.

    Raises
    ------
    DataError
        There are several.
    """
    columns = [column for column in table.columns if _folded(column.heading) in names]
    if len(columns) > 1:
        headings = " and ".join(f"'{column.heading}'" for column in columns[:2])
        raise DataError(f"{table.name}: the columns {headings} mean the same; leave one of them out")
    return columns[0] if columns else None


def _value(table: Table, row: Column, col: Column) -> Column:
    """The conductances of a table with a row for each cell: the column with this heading, or with such a unit."""
    value = _column(table, _VALUE)
    if value is not None:
        return value
    others = [c for c in table.columns if c is not row and c is not col and (unit_of(c.unit) or ("",))[0] == "S"]
    if len(others) == 1:
        return others[0]
    headings = ", ".join(f"'{column.heading}'" for column in table.columns[:12])
    raise DataError(
        f"{table.name}: no column of conductances among {headings}; one heading must be 'conductance' or 'G'"
    )


def _numbers(table: Table, columns: Sequence[Column]) -> list[np.ndarray]:
    """The numbers of columns as they are written, NaN where there is none.

    Raises
    ------
    DataError
        There are too many, there is none at all, or a cell is no finite number.
    """
    cells = len(columns) * len(table.lines)
    if cells > MAX_CELLS:
        raise DataError(f"{table.name}: {cells:,} cells; at most {MAX_CELLS:,} are read")
    absent = [np.array([cell.lower() in _ABSENT for cell in column.cells]) for column in columns]
    if all(each.all() for each in absent):
        raise DataError(f"{table.name}: no cell has a number")
    filled = replace(table, columns=tuple(replace(c, cells=_filled(c.cells)) for c in columns))
    return [
        np.where(empty, np.nan, filled.numbers(column)) for empty, column in zip(absent, filled.columns, strict=True)
    ]


def _filled(cells: Sequence[str]) -> tuple[str, ...]:
    return tuple("0" if cell.lower() in _ABSENT else cell for cell in cells)


def _without_labels(table: Table) -> Table:
    """The matrix alone: without labels of rows, numbers of rows and columns, and the end of lines after a delimiter."""
    first, *rest = table.columns
    corner = bool(rest) and not table.header and first.cells[0] == ""
    if corner and _counts(first.cells[1:]) and _counts([column.cells[0] for column in rest]):
        body = tuple(replace(column, cells=column.cells[1:]) for column in rest)
        return replace(table, columns=body, lines=table.lines[1:])
    labelled = table.header and _folded(first.heading) in ("", *_ROW)
    if rest and (labelled or not any(_is_number(table, cell) or cell.lower() in _ABSENT for cell in first.cells)):
        table = replace(table, columns=tuple(rest))
    last = table.columns[-1]
    if len(table.columns) > 1 and not last.heading and not any(last.cells):
        table = replace(table, columns=table.columns[:-1])
    return table


def _is_number(table: Table, cell: str) -> bool:
    return table.numeric(Column("", "", (cell,)))


def _counts(cells: Sequence[str]) -> bool:
    """Whether cells are 0, 1, 2, ... or 1, 2, 3, ..."""
    return bool(cells) and any(
        list(cells) == [str(start + number) for number in range(len(cells))] for start in range(2)
    )


def _check_one_matrix(table: Table, text: str) -> None:
    """Refuse rows that are separated by blank lines here and there: they may be several maps."""
    lines = text.splitlines()
    blank = [any(not line.strip() for line in lines[one : other - 1]) for one, other in pairwise(table.lines)]
    if any(blank) and not all(blank):
        at = table.lines[blank.index(True)] + 1
        raise DataError(
            f"{table.name}:{at}: a blank line between rows; a file holds one map, without blank lines in it"
        )


def _check_no_cells(table: Table) -> None:
    """Refuse three columns without headings of which two may be the numbers of rows and columns."""
    if table.header or len(table.columns) != 3:
        return
    rows, cols = (column.cells for column in table.columns[:2])
    pairs = set(zip(rows, cols, strict=True))
    whole = all(cell.isdecimal() for cell in (*rows, *cols))
    if whole and len(rows) > 3 and len(pairs) == len(rows) == len(set(rows)) * len(set(cols)):
        raise DataError(
            f"{table.name}:{table.lines[0]}: the first two of three columns may be the numbers of rows and columns; "
            "headings decide: 'row,col,conductance' in the first line"
        )


def _from_cells(table: Table, row: Column, col: Column, value: Column, factor: float) -> Map:
    """The map of a table with a row for each cell.

    Raises
    ------
    DataError
        The number of a row or column is not whole, a cell occurs twice, or the map would be too large.
    """
    (values,), places = _numbers(table, (value,)), []
    for column in (row, col):
        numbers = table.numbers(column)
        wrong = (numbers != np.rint(numbers)) | (np.abs(numbers) > 2**31)
        if wrong.any():
            at = int(np.argmax(wrong))
            raise DataError(
                f"{table.name}:{table.lines[at]}: '{column.heading}' is {column.cells[at]}, no whole number"
            )
        places.append(numbers.astype(np.int64))
    starts = [int(each.min()) for each in places]
    rows, cols = (int(each.max()) - start + 1 for each, start in zip(places, starts, strict=True))
    if rows * cols > MAX_CELLS:
        raise DataError(
            f"{table.name}: rows and columns up to {rows:,} x {cols:,}; at most {MAX_CELLS:,} cells are read"
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
