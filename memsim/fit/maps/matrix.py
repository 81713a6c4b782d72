"""Matrices of numbers in text files: how cells are separated, what the numbers are, and where labels place them."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from itertools import chain, pairwise
from typing import NamedTuple

import numpy as np

from memsim.errors import DataError
from memsim.fit.maps.labels import Labelled, Row, are_steps, is_word, places_of, without_labels, without_summaries
from memsim.fit.maps.numerals import has_number, notes_on, numerals_for
from memsim.fit.reading.lines import check_lengths, split
from memsim.fit.reading.numerals import PLAIN, Numerals, like_number

MAX_CELLS = 1 << 26
"""Most cells of a map."""
DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "bars", ",": "commas"}
_QUOTED = re.compile(r'"[^"]*"')
_SIGNS = frozenset("0123456789+-.eE")
_COMMAS = Numerals(",")


class Matrix(NamedTuple):
    """Numbers of a matrix in the order of the file.

    Attributes
    ----------
    numbers : ndarray
        (row, col), NaN without a measurement.
    lines : list of int
        Line of the file of each row.
    rows, cols : list of int or None
        Numbers of rows and columns, where labels state them.
    headings : tuple of str
        Labels of columns and the cell above the labels of rows, which may hold a unit.
    heading_line : int
        Their line; 0 without.
    notes : tuple of str
        What the user should know of how numbers were read.
    left : tuple of str
        Labels of rows as written; empty without.
    """

    numbers: np.ndarray
    lines: list[int]
    rows: list[int] | None = None
    cols: list[int] | None = None
    headings: tuple[str, ...] = ()
    heading_line: int = 0
    notes: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


def matrix_in(text: str, name: str, decimal: str | None) -> Matrix:
    """The matrix in a text; lines that begin with # are left out.

    Parameters
    ----------
    text : str
        Content of a file.
    name : str
        What errors call the file.
    decimal : {".", ","}, optional
        Decimal sign; what the numbers show if not given.

    Raises
    ------
    DataError
        The text is no matrix of finite numbers, or it is unclear how to read it.
    """
    lines = text.splitlines()
    filled = [(number, line.strip(" \ufeff")) for number, line in enumerate(lines, 1) if line.strip()]
    filled = [(number, line) for number, line in filled if not line.startswith("#")]
    if not filled:
        raise DataError(f"{name}: is empty")
    delimiter = delimiter_of([line for _, line in filled], decimal)
    rows = [Row(number, split(line, delimiter)) for number, line in filled]
    if len(rows) * max(len(row.cells) for row in rows) > MAX_CELLS:
        raise DataError(f"{name}: more than {MAX_CELLS:,} cells, which are the most that are read")
    check_lengths(rows, name)
    parts = without_labels(rows, name)
    _check_shape(parts, rows, name, DELIMITERS.get(delimiter or "", "blanks"), lines)
    parts, left_out = without_summaries(parts)
    numerals = _numerals(parts.rows, name, decimal, delimiter == ",")
    above = [] if parts.above is None else [parts.corner, *parts.above]
    return Matrix(
        _numbers(parts, numerals, name),
        [row.line for row in parts.rows],
        places_of(parts.left, "rows", f"{name}:{parts.rows[0].line}"),
        places_of(parts.above, "columns", f"{name}:{parts.line}"),
        tuple(above),
        parts.line,
        (*left_out, *notes_on(numerals)),
        tuple(parts.left or ()),
    )


def lines_above(text: str, decimal: str | None) -> list[int]:
    """Places of the lines of words above a matrix and its headings, such as a title or a date; empty where in doubt.

    They have another number of cells than the matrix, and none of them is a row of a table: all hold words, and at most
    one number behind them.
    """
    filled = [(place, line.strip(" \ufeff")) for place, line in enumerate(text.splitlines()) if line.strip()]
    filled = [(place, line) for place, line in filled if not line.startswith("#")]
    if not filled:
        return []
    delimiter = delimiter_of([line for _, line in filled], decimal)
    rows = [split(line, delimiter) for _, line in filled]
    start, width = len(rows), len(rows[-1])
    while start and len(rows[start - 1]) == width and all(map(_may_be_read, rows[start - 1][min(width - 1, 1) :])):
        start -= 1
    if not 0 < start < len(rows):
        return []
    separate = filled[start][0] - filled[start - 1][0] > 1
    left = [cells[0] for cells in rows[start:]]
    labelled = all(map(is_word, left)) or are_steps(left)
    head = rows[start - 1]
    if len(head) in (width, width - labelled) and all(is_word(cell) or not cell for cell in head):
        start, separate = start - 1, True
    above = rows[:start]
    numbers = [sum(map(like_number, cells)) for cells in above]
    if any(count > 1 for count in numbers) or not all(any(map(is_word, cells)) for cells in above):
        return []
    # Words directly above the rows may be headings, unless they are several in one cell.
    title = separate or not above or (len(above[-1]) == 1 and " " in above[-1][0])
    return [place for place, _ in filled[:start]] if title else []


def _may_be_read(cell: str) -> bool:
    return like_number(cell) or not has_number(cell)


def delimiter_of(lines: Sequence[str], decimal: str | None) -> str | None:
    """The sign that separates cells; None for blanks."""
    quoted = [line for line in lines if '"' in line]
    # A comma in quotes belongs to a number, so that one outside of quotes separates cells.
    separating = any("," in cell for line in quoted for cell in _QUOTED.findall(line))
    lines = [_QUOTED.sub('""', line) for line in lines] if quoted else lines
    for sign in DELIMITERS:
        if 2 * sum(sign in line for line in lines) <= len(lines):
            continue
        if sign == "," and not separating and (decimal == "," or _commas_are_decimal(lines)):
            continue
        return sign
    return None


def _commas_are_decimal(lines: Sequence[str]) -> bool:
    """Whether blanks cut lines into numbers with decimal commas, as in "0,51 0,52"."""
    words = [line.split() for line in lines[1:] or lines]
    return all(len(row) > 1 for row in words) and all(
        _COMMAS.value(word) is not None or not has_number(word) for row in words for word in row
    )


def _numerals(rows: Sequence[Row], name: str, decimal: str | None, commas: bool) -> Numerals:
    """How the cells of a matrix write numbers.

    Raises
    ------
    DataError
        Commas may be decimal signs or separate cells, or signs may be decimal ones or separate thousands.
    """
    if decimal is None and not commas and all(len(row.cells) == 1 for row in rows):
        numbers = [row for row in rows if "," in row.cells[0] and _COMMAS.value(row.cells[0]) is not None]
        if 0 < len(numbers) < len(rows) and not any(PLAIN.value(row.cells[0]) and "." in row.cells[0] for row in rows):
            line, (cell,) = numbers[0]
            raise DataError(
                f"{name}:{line}: '{cell}' may be a decimal number or two cells, as other lines have no comma; "
                "decimal=',' says that it is a decimal one; rows of a map have the same number of cells"
            )
    width = len(rows[0].cells)
    cells = list(chain.from_iterable(row.cells for row in rows))
    return numerals_for([cells], lambda place: rows[place // width].line, name, decimal, commas)


def _check_shape(parts: Labelled, rows: Sequence[Row], name: str, signs: str, lines: Sequence[str]) -> None:
    """Refuse rows of different length, rows that all end with a delimiter, and several matrices in one file."""
    if not parts.rows:
        raise DataError(f"{name}: has a header and no rows")
    body = rows[1:] if parts.above is not None else rows
    width = len(body[0].cells)
    for row in body:
        if len(row.cells) != width:
            raise DataError(
                f"{name}:{row.line}: {len(row.cells)} cells where line {body[0].line} has {width} (cut at {signs})"
            )
    headings = rows[0].cells if parts.above is not None else []
    # The corner above labels of rows may be left out.
    if parts.above is not None and len(headings) not in (width, width - 1):
        raise DataError(f"{name}:{parts.line}: {len(headings)} headings above {width} cells (cut at {signs})")
    named = len(headings) == width and headings[-1] != ""
    if width > 1 and not named and all(row.cells[-1] == "" for row in body):
        raise DataError(
            f"{name}:{body[0].line}: the last cell of every row is empty; leave the last of the {signs} out, or write "
            "nan for cells without a measurement"
        )
    gaps = [other.line - one.line - 1 for one, other in pairwise(body)]
    comments = any(line.startswith("#") for line in lines[body[0].line : body[-1].line])
    if any(gaps) and (comments or not all(gaps)):
        at = next(row.line for row, gap in zip(body, gaps, strict=False) if gap) + 1
        raise DataError(f"{name}:{at}: no row of the map; a file holds one map, without blank lines or comments in it")


def _numbers(parts: Labelled, numerals: Numerals, name: str) -> np.ndarray:
    """The numbers of a matrix (row, col).

    Raises
    ------
    DataError
        A cell is no finite number, or there is no number at all.
    """
    numbers = np.full((len(parts.rows), len(parts.rows[0].cells)), np.nan)
    shift = 1 if parts.left is None else 2
    for place, row in enumerate(parts.rows):
        plain = _plain(row.cells, numerals)
        if plain is not None:
            numbers[place] = plain
            continue
        for col, cell in enumerate(row.cells):
            if not has_number(cell):
                continue
            number = numerals.value(cell)
            if number is None:
                raise DataError(
                    f"{name}:{row.line}: cell {col + shift} of the row is no finite number: '{cell[:40]}'; write nan "
                    "for a cell without a measurement"
                )
            numbers[place, col] = number
    if np.isnan(numbers).all():
        raise DataError(f"{name}: no cell has a number")
    return numbers


def _plain(cells: Sequence[str], numerals: Numerals) -> list[float] | None:
    """The finite numbers of a row where all cells are such numbers, much faster than cell by cell; else None."""
    text = "\n".join(cells)
    if numerals.thousands and numerals.thousands in text:
        return None
    if numerals.decimal == ",":
        text = text.replace(".", "x").replace(",", ".")
    if not _SIGNS.issuperset(text.replace("\n", "")):
        return None
    try:
        numbers = list(map(float, text.split("\n")))
    except ValueError:
        return None
    return numbers if all(map(math.isfinite, numbers)) else None
