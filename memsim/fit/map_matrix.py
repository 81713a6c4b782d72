"""Matrices of numbers in text files: how cells are separated, which are labels, and which have no number."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from memsim.errors import DataError

ABSENT = ("", "nan", "na", "n/a", "null", "none", "-", "--")
"""Cells, in lower case, of memristors that were not measured."""
MAX_CELLS = 1 << 26
"""Most cells of a map."""
ROW = ("row", "wordline", "wl")
DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "bars", ",": "commas"}
_SIGNS = frozenset("0123456789+-.eE")
_MINUS = str.maketrans("\u2212dD", "-ee")


class Matrix(NamedTuple):
    """Numbers (row, col) as a file has them, NaN without a measurement; the headings of the columns and their line."""

    numbers: np.ndarray
    headings: tuple[str, ...] = ()
    heading_line: int = 0


class _Row(NamedTuple):
    """Cells of a line, and its number in the file."""

    line: int
    cells: list[str]


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
    delimiter = _delimiter([line for _, line in filled], decimal)
    rows = [_Row(number, _cells(line, delimiter)) for number, line in filled]
    if len(rows) * max(len(row.cells) for row in rows) > MAX_CELLS:
        raise DataError(f"{name}: more than {MAX_CELLS:,} cells, which are the most that are read")
    sign = "." if delimiter == "," else decimal or _decimal(rows, name)
    headings, rows = _headings(rows, sign)
    _check_shape(headings, rows, name, DELIMITERS.get(delimiter or "", "blanks"), lines)
    return _numbers(*_without_labels(headings, rows, sign), sign, name)


def number_of(cell: str, decimal: str = ".") -> float | None:
    """The finite number in a cell; None where there is another text."""
    text = cell.translate(_MINUS)
    if decimal == ",":
        text = text.replace(".", "x").replace(",", ".")
    if not text or not _SIGNS.issuperset(text):
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _cells(line: str, delimiter: str | None) -> list[str]:
    cells = line.split(delimiter)
    return [cell.strip().strip('"').strip() for cell in cells] if '"' in line else list(map(str.strip, cells))


def _delimiter(lines: Sequence[str], decimal: str | None) -> str | None:
    """The sign that separates cells; None for blanks."""
    for sign in DELIMITERS:
        if 2 * sum(sign in line for line in lines) <= len(lines):
            continue
        if sign == "," and (decimal == "," or _commas_are_decimal(lines)):
            continue
        return sign
    return None


def _commas_are_decimal(lines: Sequence[str]) -> bool:
    """Whether blanks cut lines into numbers with decimal commas, as in "0,51 0,52"."""
    words = [line.split() for line in lines[1:] or lines]
    return all(len(row) > 1 for row in words) and all(
        number_of(word, ",") is not None or word.lower() in ABSENT for row in words for word in row
    )


def _decimal(rows: Sequence[_Row], name: str) -> str:
    """The decimal sign of numbers that commas do not separate.

    Raises
    ------
    DataError
        Commas may be decimal signs or separate thousands.
    """
    commas = [
        (row.line, cell) for row in rows for cell in row.cells if "," in cell and number_of(cell, ",") is not None
    ]
    if not commas or any("." in cell and number_of(cell) is not None for row in rows for cell in row.cells):
        return "."
    if all(len(row.cells) == 1 for row in rows) and len(commas) < len(rows):
        line, cell = commas[0]
        raise DataError(
            f"{name}:{line}: '{cell}' may be a decimal number or two cells, as other lines have no comma; decimal=',' "
            "says that it is a decimal one; rows of a map have the same number of cells"
        )
    if all(_thousands(cell) for _, cell in commas):
        line, cell = commas[0]
        raise DataError(
            f"{name}:{line}: '{cell}' may be a decimal number or a whole number of thousands; decimal=',' says that it "
            "is a decimal one; write whole numbers without commas"
        )
    return ","


def _thousands(cell: str) -> bool:
    whole, _, rest = cell.lstrip("+-").partition(",")
    return whole.isdecimal() and len(whole) <= 3 and whole[0] != "0" and rest.isdecimal() and len(rest) == 3


def _headings(rows: list[_Row], decimal: str) -> tuple[_Row | None, list[_Row]]:
    """The line of headings, if there is one, and the rows below it."""
    first, body = rows[0], rows[1:]
    corner, rest = first.cells[0], first.cells[1:]
    numbered = _counts(rest) and (folded(corner) in ROW or (corner == "" and _counts([row.cells[0] for row in body])))
    words = [cell for cell in first.cells if cell.lower() not in ABSENT]
    if numbered or (words and all(_is_word(cell, decimal) for cell in words)):
        return first, body
    return None, rows


def _check_shape(headings: _Row | None, rows: Sequence[_Row], name: str, signs: str, lines: Sequence[str]) -> None:
    """Refuse rows of different length, rows that all end with a delimiter, and several matrices in one file."""
    if not rows:
        raise DataError(f"{name}: has a header and no rows")
    width = len(rows[0].cells)
    for row in rows:
        if len(row.cells) != width:
            raise DataError(
                f"{name}:{row.line}: {len(row.cells)} cells where line {rows[0].line} has {width} (cut at {signs})"
            )
    # The corner above labels of rows may be left out.
    if headings is not None and len(headings.cells) not in (width, width - 1):
        raise DataError(f"{name}:{headings.line}: {len(headings.cells)} headings above {width} cells (cut at {signs})")
    named = headings is not None and headings.cells[-1] != "" and len(headings.cells) == width
    if width > 1 and not named and all(row.cells[-1] == "" for row in rows):
        raise DataError(
            f"{name}:{rows[0].line}: the last cell of every row is empty; leave the last of the {signs} out, or write "
            "nan for cells without a measurement"
        )
    gaps = [other.line - one.line - 1 for one, other in pairwise(rows)]
    comments = any(line.startswith("#") for line in lines[rows[0].line : rows[-1].line])
    if any(gaps) and (comments or not all(gaps)):
        at = next(row.line for row, gap in zip(rows, gaps, strict=False) if gap) + 1
        raise DataError(f"{name}:{at}: no row of the map; a file holds one map, without blank lines or comments in it")


def _without_labels(headings: _Row | None, rows: list[_Row], decimal: str) -> tuple[_Row | None, list[_Row]]:
    """The matrix without a column of labels or numbers of rows."""
    width = len(rows[0].cells)
    names = [] if headings is None else headings.cells
    corner = names[0] if len(names) == width else ""
    words = all(_is_word(row.cells[0], decimal) for row in rows)
    labelled = words or (headings is not None and folded(corner) in ("", *ROW))
    if width == 1 or not labelled:
        return headings, rows
    body = [_Row(row.line, row.cells[1:]) for row in rows]
    return None if headings is None else _Row(headings.line, names[1 - width :]), body


def _numbers(headings: _Row | None, rows: Sequence[_Row], decimal: str, name: str) -> Matrix:
    """The numbers of a matrix.

    Raises
    ------
    DataError
        A cell is no finite number, or there is no number at all.
    """
    numbers = np.full((len(rows), len(rows[0].cells)), np.nan)
    for place, row in enumerate(rows):
        plain = _plain(row.cells, decimal)
        if plain is not None:
            numbers[place] = plain
            continue
        for col, cell in enumerate(row.cells):
            if cell.lower() in ABSENT:
                continue
            number = number_of(cell, decimal)
            if number is None:
                raise DataError(
                    f"{name}:{row.line}: cell {col + 1} of the row is no finite number: '{cell[:40]}'; write nan for a "
                    "cell without a measurement"
                )
            numbers[place, col] = number
    if np.isnan(numbers).all():
        raise DataError(f"{name}: no cell has a number")
    return Matrix(numbers) if headings is None else Matrix(numbers, tuple(headings.cells), headings.line)


def _plain(cells: Sequence[str], decimal: str) -> list[float] | None:
    """The finite numbers of a row where all cells are such numbers, much faster than cell by cell; else None."""
    text = "\n".join(cells)
    if decimal == ",":
        text = text.replace(".", "x").replace(",", ".")
    if not _SIGNS.issuperset(text.replace("\n", "")):
        return None
    try:
        numbers = list(map(float, text.split("\n")))
    except ValueError:
        return None
    return numbers if all(map(math.isfinite, numbers)) else None


def folded(text: str) -> str:
    """A heading without its unit in brackets, its case, blanks and punctuation."""
    return "".join(sign for sign in text.partition("(")[0].partition("[")[0].lower() if sign.isalnum())


def _is_word(cell: str, decimal: str) -> bool:
    """Whether a cell is a label or heading, neither a number nor the sign of an absent one."""
    letters = any(sign.isalpha() for sign in cell)
    return letters and cell.lower() not in ABSENT and number_of(cell, decimal) is None


def _counts(cells: Sequence[str]) -> bool:
    """Whether cells are 0, 1, 2, ... or 1, 2, 3, ..."""
    return bool(cells) and any(
        all(cell == str(number) for number, cell in enumerate(cells, start)) for start in range(2)
    )
