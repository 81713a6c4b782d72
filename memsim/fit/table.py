"""Tables of numbers as laboratories save them: any usual delimiter, decimal commas, a header or none, units in it."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from memsim.errors import DataError, InputError, nearest
from memsim.fit.source import text_of
from memsim.units import parse_quantity

MAX_LINES = 2_000_000
_MOST_COLUMNS = 64
_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eEdD][+-]?[0-9]{1,4})?")
_UNIT = re.compile(r"^(.*?)\s*(?:[(\[]\s*([^)\]]*?)\s*[)\]]|(?:\s|_)in\s+(\S+)|/\s*([^\s/]+))\s*$")
_PLAIN_UNITS = {"": "", "1": "", "-": "", "a.u.": "", "arb. units": "", "norm.": "", "normalised": "", "normalized": ""}


@dataclass(frozen=True)
class Column:
    """A column: its heading without the unit (empty without a header), its unit as written, its cells as text."""

    heading: str
    unit: str
    cells: tuple[str, ...]

    @property
    def physical(self) -> bool:
        """Whether the heading has a unit, other than one for plain numbers."""
        return self.unit.lower() not in _PLAIN_UNITS


@dataclass(frozen=True)
class Table:
    """A table as text.

    Attributes
    ----------
    name : str
        What errors call it.
    columns : tuple of Column
        All equally long.
    lines : tuple of int
        Line of the file of every row.
    header : bool
        Whether the columns have headings.
    decimal : str
        "." or ",".
    """

    name: str
    columns: tuple[Column, ...]
    lines: tuple[int, ...]
    header: bool
    decimal: str

    def numbers(self, column: Column, dimension: str | None = None) -> np.ndarray:
        """Cells of a column as numbers, in SI units if the heading has a unit of this dimension.

        Raises
        ------
        DataError
            A cell is no finite number, at its line.
        """
        factor = self.factor(column, dimension) if dimension else 1.0
        values = np.empty(len(column.cells))
        for row, cell in enumerate(column.cells):
            number = self._number(cell)
            if number is None:
                what = "is missing" if cell == "" else f"is not a finite number: '{cell[:40]}'"
                label = f"'{column.heading}'" if column.heading else f"column {self.columns.index(column) + 1}"
                raise DataError(f"{self.name}:{self.lines[row]}: {label} {what}; correct the row or leave it out")
            values[row] = number
        return values * factor

    def numeric(self, column: Column) -> bool:
        """Whether the first cells of a column are numbers."""
        return all(self._number(cell, finite=False) is not None for cell in column.cells[:20])

    def factor(self, column: Column, dimension: str) -> float:
        """What a number in this column is multiplied by to be in the SI unit of this dimension; 1 without a unit.

        Raises
        ------
        DataError
            The unit is unknown or of another dimension.
        """
        if not column.physical:
            return 1.0
        try:
            return parse_quantity(f"1 {column.unit}", dimension)
        except InputError as error:
            at = f"{self.name}:{self.lines[0] - 1 if self.lines else 1}"
            raise DataError(f"{at}: unit of '{column.heading}': {error}") from None

    def _number(self, cell: str, finite: bool = True) -> float | None:
        text = cell.replace("\u2212", "-")
        if self.decimal == ",":
            text = text.replace(",", ".")
        if not _NUMBER.fullmatch(text):
            return math.nan if not finite and text.lower() in ("nan", "inf", "-inf", "") else None
        value = float(text.lower().replace("d", "e"))
        return value if math.isfinite(value) else None


def read_table(path: str | os.PathLike[str]) -> Table:
    """Table in a UTF-8 text file.

    Raises
    ------
    DataError
        The file cannot be read, is too large, empty, not text, or its rows differ in length.
    """
    return table_of(text_of(path), str(path))


def table_of(text: str, name: str = "table") -> Table:
    """Table in a text; blank lines and lines that begin with # are left out."""
    rows = text.splitlines()
    if len(rows) > MAX_LINES:
        raise DataError(f"{name}: {len(rows):,} lines; at most {MAX_LINES:,} are read")
    kept = [(number, row.strip(" \r\ufeff")) for number, row in enumerate(rows, 1)]
    kept = [(number, row) for number, row in kept if row.strip() and not row.startswith("#")]
    if not kept:
        raise DataError(f"{name}: is empty")
    delimiter, decimal = _delimiter([row for _, row in kept[:200]])
    cells = [[cell.strip().strip('"').strip() for cell in _split(row, delimiter)] for _, row in kept]
    lines = [number for number, _ in kept]
    header = _is_header(cells, decimal)
    width = len(cells[0])
    if width > _MOST_COLUMNS:
        raise DataError(f"{name}:{lines[0]}: {width} columns; at most {_MOST_COLUMNS} are read")
    for number, row in zip(lines, cells, strict=True):
        if len(row) != width:
            how = _DELIMITERS.get(delimiter or "", "blank")
            raise DataError(
                f"{name}:{number}: {len(row)} cells where line {lines[0]} has {width} (separated by {how}s)"
            )
    if header and len(cells) == 1:
        raise DataError(f"{name}: has a header and no rows")
    headings = [_heading(cell) for cell in cells[0]] if header else [("", "")] * width
    body = cells[1:] if header else cells
    columns = tuple(Column(heading, unit, tuple(row[i] for row in body)) for i, (heading, unit) in enumerate(headings))
    return Table(name, columns, tuple(lines[1:] if header else lines), header, decimal)


def _split(row: str, delimiter: str | None) -> list[str]:
    return row.split() if delimiter is None else row.split(delimiter)


def _delimiter(rows: Sequence[str]) -> tuple[str | None, str]:
    """Delimiter (None for blanks) and decimal sign that cut the rows into the same number of cells."""
    body = rows[1:] or rows
    counts = {d: {row.count(d) for row in body} for d in _DELIMITERS}
    for d in (";", "\t", "|"):
        if len(counts[d]) == 1 and counts[d] != {0}:
            commas = any(re.search(r"[0-9],[0-9]", row) for row in body) and not any("." in row for row in body)
            return d, "," if commas else "."
    if sum(row.count(",") > 0 for row in body) > len(body) / 2:
        # "0,51 0,52": commas inside every word of several are decimal signs.
        words = [row.split() for row in body]
        if all(len(w) > 1 and all(re.fullmatch(r"[+-]?[0-9]+,[0-9]+([eE][+-]?[0-9]+)?", x) for x in w) for w in words):
            return None, ","
        return ",", "."
    for d in (";", "\t", "|"):
        if sum(d in row for row in body) > len(body) / 2:
            return d, "."
    return None, "."


def _is_header(cells: list[list[str]], decimal: str) -> bool:
    first = [c.replace(",", ".") if decimal == "," else c for c in cells[0]]
    if any(_NUMBER.fullmatch(c.replace("\u2212", "-")) for c in first):
        return False
    return any(re.search(r"[A-Za-zΩµμ]", c) and c.lower() not in ("nan", "inf", "na", "n/a") for c in first)


def _heading(cell: str) -> tuple[str, str]:
    """Heading and unit of "G (uS)", "conductance [nS]", "time in s", "V/V"."""
    match = _UNIT.match(cell)
    if match is None or not match.group(1):
        return cell, ""
    unit = next(group for group in match.groups()[1:] if group is not None)
    return match.group(1).strip(), unit


def find_column(table: Table, names: Sequence[str]) -> Column | None:
    """The first column whose heading is one of these names, whatever its case, blanks and punctuation."""
    wanted = [_folded(name) for name in names]
    for name in wanted:
        for column in table.columns:
            if _folded(column.heading) == name:
                return column
    return None


def _folded(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def unknown_headings(table: Table, what: str, known: Sequence[str]) -> DataError:
    """Error that lists the headings of a table in which a column was not found."""
    given = ", ".join(f"'{column.heading}'" for column in table.columns[:12])
    hints = [nearest(column.heading, known) for column in table.columns]
    hint = next((h for h in hints if "did you mean" in h), f"; wanted e.g. {', '.join(known[:4])}")
    return DataError(f"{table.name}:{table.lines[0] - 1}: no column of {what} among {given}{hint}")
