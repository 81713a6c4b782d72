"""Conductance maps as lists of cells: a line for each cell, with the numbers of its row and column."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from memsim.errors import DataError
from memsim.fit.maps.labels import cell_in, folded
from memsim.fit.maps.matrix import DELIMITERS, Matrix
from memsim.fit.maps.numerals import has_number, notes_on, numerals_for
from memsim.fit.maps.units import unit_in as unit_in_heading
from memsim.fit.reading.exports import Block, blocks_of
from memsim.fit.reading.headings import COL, CONDUCTANCE, DEVICE, ROW, split_unit, unit_in
from memsim.fit.reading.lines import split
from memsim.fit.reading.numerals import Numerals
from memsim.units import dimension_of

_PAIRS = ((("r",), ("c",)), (("i",), ("j",)))
"""Headings that number rows and columns only together."""
_SUFFIXES = ("", "number", "index", "no", "id")
_VALUE = ("conductance", "g")
_READ = frozenset(map(folded, CONDUCTANCE))
_OF_CELLS = frozenset(map(folded, (*DEVICE, "label", "position")))
_FARTHEST = 2**31
_WIDEST = 6
"""Most columns of a list of cells without headings."""
_SPARSEST = 4
"""Cells that the numbers of rows and columns span, for each line of a list of whole numbers."""


class Cells(NamedTuple):
    """Cells of a map in the order of the file.

    Attributes
    ----------
    numbers : ndarray
        (cell,), NaN without a measurement.
    rows, cols : list of int
        Numbers of the row and column of each cell.
    lines : list of int
        Line of the file of each cell.
    unit, heading : str
        Unit in the heading of the conductances, empty where there is none, and this heading.
    notes : tuple of str
        What the user should know of how numbers were read.
    """

    numbers: np.ndarray
    rows: list[int]
    cols: list[int]
    lines: list[int]
    unit: str
    heading: str
    notes: tuple[str, ...]


class _Column(NamedTuple):
    """A column of a list: its heading with and without unit, its unit, and its cells."""

    written: str
    heading: str
    unit: str
    cells: tuple[str, ...]


def heads_cells(line: str) -> bool:
    """Whether a line has headings for the numbers of rows and of columns."""
    if line.startswith("#"):
        return False
    delimiter = next((sign for sign in DELIMITERS if sign in line), None)
    return _numbering(split(line, delimiter)) is not None


def _numbering(headings: Sequence[str]) -> tuple[list[int], list[int]] | None:
    """Places of the columns with the numbers of rows and of columns; None unless there are both."""
    names = [folded(heading) for heading in headings]
    pairs = [tuple([word + end for word in words for end in _SUFFIXES] for words in (ROW, COL)), *_PAIRS]
    for row, col in pairs:
        rows, cols = ([place for place, name in enumerate(names) if name in words] for words in (row, col))
        if rows and cols:
            return rows, cols
    return None


def cells_in(text: str, name: str, decimal: str | None, *, headed: bool = True) -> Cells:
    """The cells of a list in a text.

    Parameters
    ----------
    text : str
        Content of a file.
    name : str
        What errors call the file.
    decimal : {".", ","}, optional
        Decimal sign; what the numbers show if not given.
    headed : bool
        Whether headings say which columns are which; else there are three: row, column, conductance.

    Raises
    ------
    DataError
        There are several tables, a column is missing, or a cell is no number of its kind.
    """
    blocks, delimiter = blocks_of(text, name)
    block = _only([block for block in blocks if block.rows] or blocks, name)
    columns = _columns(block)
    if headed:
        row, col, value = _chosen(columns, name)
    elif len(columns) == 3:
        row, col, value = columns
    else:
        raise DataError(
            f"{name}: {len(columns)} columns; a list of cells without headings has row, col and conductance"
        )
    commas = delimiter == ","
    numerals = numerals_for([row.cells, col.cells, value.cells], block.lines.__getitem__, name, decimal, commas)
    if not any(map(has_number, value.cells)):
        raise DataError(f"{name}: no cell has a number")
    numbers = _numbers(value, block.lines, numerals, name, has_number)
    rows, cols = (_whole(column, block.lines, numerals, name) for column in (row, col))
    return Cells(numbers, rows, cols, block.lines, value.unit, value.written, notes_on(numerals))


def _only(blocks: Sequence[Block], name: str) -> Block:
    if not blocks or not blocks[0].rows:
        raise DataError(f"{name}: has a header and no rows" if blocks else f"{name}: holds no table")
    if len(blocks) > 1:
        line = blocks[1].heading_line or blocks[1].lines[0]
        raise DataError(f"{name}:{line}: another table begins here; a file holds one map")
    return blocks[0]


def _columns(block: Block) -> list[_Column]:
    columns = []
    for place, cells in enumerate(zip(*block.rows, strict=True)):
        written = block.headings[place] if block.headings else ""
        heading, unit = split_unit(written)
        if block.units and not unit:
            heading, unit = written, unit_in(block.units[place])
        if written or any(cells):
            columns.append(_Column(written, heading, unit, cells))
    return columns


def _chosen(columns: Sequence[_Column], name: str) -> tuple[_Column, _Column, _Column]:
    """The columns of rows, columns and conductances."""
    rows, cols = _numbering([column.heading for column in columns]) or ([], [])
    values = [column for column in columns if folded(column.heading) in _VALUE]
    values = values or [column for column in columns if folded(column.heading) in _READ]
    values = values or [column for column in columns if dimension_of(column.unit) == "S"]
    chosen_columns = []
    for what, heading, those in (
        ("rows", "row", [columns[place] for place in rows]),
        ("columns", "col", [columns[place] for place in cols]),
        ("conductances", "conductance", values),
    ):
        if len(those) != 1:
            headings = ", ".join(f"'{column.heading}'" for column in (those or columns)[:12])
            few = f"{len(those)} columns of {what}:" if those else f"no column of {what} among"
            raise DataError(f"{name}: {few} {headings}; one heading is to be '{heading}'")
        chosen_columns.append(those[0])
    return chosen_columns[0], chosen_columns[1], chosen_columns[2]


def _numbers(
    column: _Column, lines: Sequence[int], numerals: Numerals, name: str, is_read: Callable[[str], bool]
) -> np.ndarray:
    """Numbers of a column, NaN in cells that are not read."""
    numbers = np.full(len(column.cells), np.nan)
    for place, cell in enumerate(column.cells):
        if not is_read(cell):
            continue
        number = numerals.value(cell)
        if number is None:
            what = "is missing" if cell == "" else f"is not a finite number: '{cell[:40]}'"
            label = f"'{column.heading}'" if column.heading else "a number of a row, column or conductance"
            raise DataError(f"{name}:{lines[place]}: {label} {what}; correct the line or leave it out")
        numbers[place] = number
    return numbers


def _whole(column: _Column, lines: Sequence[int], numerals: Numerals, name: str) -> list[int]:
    """Numbers of rows or columns."""
    numbers = _numbers(column, lines, numerals, name, lambda cell: True)
    wrong = (numbers != np.rint(numbers)) | (np.abs(numbers) > _FARTHEST)
    if wrong.any():
        at = int(np.argmax(wrong))
        what = f"'{column.heading}' is {column.cells[at]}" if column.heading else f"'{column.cells[at]}' numbers a cell"
        raise DataError(f"{name}:{lines[at]}: {what}, no whole number")
    return [int(number) for number in numbers]


def cells_of_labels(matrix: Matrix, name: str) -> Cells | None:
    """The cells of a matrix of one column whose labels place cells, such as r0c3; None for any other matrix.

    Raises
    ------
    DataError
        The labels may name rows and columns, as A1 and B2 do.
    """
    if matrix.numbers.shape[1] != 1 or len(matrix.left) < 2:
        return None
    places = [cell_in(label) for label in matrix.left]
    unit = next(filter(None, map(unit_in_heading, matrix.headings)), "")
    if None not in places:
        rows, cols = (list(axis) for axis in zip(*filter(None, places), strict=True))
        note = f"labels such as '{matrix.left[0]}' place the cells in rows and columns"
        return Cells(
            matrix.numbers[:, 0],
            rows,
            cols,
            matrix.lines,
            unit,
            matrix.headings[-1] if matrix.headings else "",
            (*matrix.notes, note),
        )
    corner = folded(matrix.headings[0]) if len(matrix.headings) > 1 else ""
    if (matrix.rows is None and all(any(map(str.isdigit, label)) for label in matrix.left)) or corner in _OF_CELLS:
        raise DataError(
            f"{name}:{matrix.lines[0]}: labels such as '{matrix.left[0][:40]}' may name cells; write the numbers of "
            "their rows and columns in columns 'row' and 'col', or say layout='matrix' for a map of one column"
        )
    return None


def check_no_cells(matrix: Matrix, name: str) -> None:
    """Refuse a matrix that may be a list of cells: columns that number rows and columns, beside one of conductances.

    Raises
    ------
    DataError
        Some columns hold whole numbers of at least 0 and others do not, or all do and lie as close as numbers of cells.
    """
    count, width = matrix.numbers.shape
    if count < 2 or not 3 <= width <= _WIDEST or matrix.rows is not None or matrix.cols is not None:
        return
    numbers = matrix.numbers
    whole = [column for column in numbers.T if (column >= 0).all() and np.array_equal(column, np.rint(column))]
    varied = any(np.ptp(column) > 0 for column in whole)
    apart = varied and 2 <= len(whole) < width
    if apart or (len(whole) == width and any(_close(numbers[:, :k], numbers[:, k:]) for k in (2, 3) if k < width)):
        raise DataError(
            f"{name}:{matrix.lines[0]}: the lines may be cells with the numbers of their row and column, or rows of a "
            "matrix; layout='cells' or layout='matrix' decides, or headings: 'row,col,conductance' in the first line"
        )


def _close(places: np.ndarray, others: np.ndarray) -> bool:
    """Whether whole numbers (line, axis) are nearly all distinct and lie close together, as numbers of cells do."""
    span = np.prod(np.ptp(places, axis=0) + 1.0)
    return len(places) >= 4 and span <= _SPARSEST * len(places) and len(np.unique(places, axis=0)) >= 0.9 * len(places)
