"""Tables of measurements: columns as text, with their headings and units, and the lines of the file they come from."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from memsim.errors import DataError, InputError, nearest
from memsim.fit.exports import Block, blocks_of, chosen
from memsim.fit.headings import DEVICE, PLAIN_UNITS, folded, split_unit, unit_in
from memsim.fit.numerals import NAMES, NOT_READ, PLAIN, Numerals, numerals_of
from memsim.fit.source import MAX_LINES, files_of, text_of
from memsim.units import parse_quantity

MOST_COLUMNS = 64

_LARGEST, _SMALLEST = 1e15, 1e-30
"""Largest and smallest magnitude of a number that is measured, in SI units."""


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    heading : str
        Without its unit; empty in a table without headings.
    unit : str
        As written; empty where there is none.
    cells : tuple of str
        As written.
    written : str
        Heading as the file has it.
    group : str
        What stands above the heading, where a line above the headings groups columns.
    """

    heading: str
    unit: str
    cells: tuple[str, ...]
    written: str = ""
    group: str = ""

    @property
    def physical(self) -> bool:
        """Whether there is a unit, other than one for plain numbers."""
        return self.unit.lower() not in PLAIN_UNITS


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
    numerals : Numerals
        How the numbers are written.
    heading_line : int
        Line of the headings; 0 without.
    starts : tuple of int
        Rows at which another table of the file begins, which has the same headings.
    files : tuple of (int, str)
        First row and name of each file of a folder.
    notes : tuple of str
        What was understood of the file that the user should know.
    """

    name: str
    columns: tuple[Column, ...]
    lines: tuple[int, ...]
    header: bool
    numerals: Numerals = PLAIN
    heading_line: int = 0
    starts: tuple[int, ...] = ()
    files: tuple[tuple[int, str], ...] = ()
    notes: tuple[str, ...] = ()

    def place(self, row: int | None = None) -> str:
        """File and line of a row, or of the headings."""
        at = row or 0
        name = next((file for first, file in reversed(self.files) if first <= at), self.name)
        return f"{name}:{(self.heading_line or self.lines[0]) if row is None else self.lines[row]}"

    def noted(self, *notes: str) -> Table:
        """The table with further notes."""
        return replace(self, notes=self.notes + notes)

    def label(self, column: Column) -> str:
        """What errors call a column: its heading, or its place."""
        return f"'{column.heading[:40]}'" if column.heading else f"column {self.columns.index(column) + 1}"

    def numbers(self, column: Column, dimension: str | None = None, rows: Sequence[int] | None = None) -> np.ndarray:
        """Cells of a column as numbers, in SI units if the heading has a unit of this dimension.

        Parameters
        ----------
        rows : sequence of int, optional
            Rows that are read; all by default.

        Raises
        ------
        DataError
            A cell is no finite number, at its line.
        """
        factor = self.factor(column, dimension) if dimension else 1.0
        at = range(len(column.cells)) if rows is None else rows
        values = np.empty(len(at))
        for place, row in enumerate(at):
            cell = column.cells[row]
            number = self.numerals.value(cell)
            if number is None:
                what = "is missing" if cell == "" else f"is not a finite number: '{cell[:40]}'"
                raise DataError(f"{self.place(row)}: {self.label(column)} {what}; correct the row or leave it out")
            values[place] = number
        values *= factor
        size = np.abs(values) if dimension else np.zeros(0)
        for place in np.flatnonzero((size > _LARGEST) | ((size > 0) & (size < _SMALLEST)))[:1]:
            row = at[int(place)]
            limits = f"{_SMALLEST:g} to {_LARGEST:g} in SI units"
            raise DataError(
                f"{self.place(row)}: {self.label(column)} is {column.cells[row][:40]}; allowed: 0, {limits}"
            )
        return values

    def numeric(self, column: Column) -> bool:
        """Whether all cells of a column that are read are numbers, and there are any."""
        cells = [cell for cell in column.cells if cell.lower() not in NOT_READ]
        return bool(cells) and all(self.numerals.value(cell) is not None for cell in cells)

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
            raise DataError(f"{self.place()}: unit of {self.label(column)}: {error}") from None


def read_table(path: str | os.PathLike[str], *, decimal: str | None = None, number: int | None = None) -> Table:
    """Table in a text file, or the tables of a folder with one file a device.

    Parameters
    ----------
    path : path
        File, pipe or folder.
    decimal : str, optional
        Decimal sign, "." or ","; by default what the numbers show.
    number : int, optional
        Which table of a file that has several, from 1; by default all, if they have the same headings.

    Raises
    ------
    DataError
        A file cannot be read, is too large, empty, not text, or its rows differ in length; the files of a folder
        have other headings; it is unclear which table is meant or which sign is the decimal one.
    """
    if not Path(path).is_dir():
        return table_of(text_of(path), str(path), decimal=decimal, number=number)
    tables = [
        (file.stem, table_of(text_of(file), str(file), decimal=decimal, number=number)) for file in files_of(Path(path))
    ]
    return _joined(str(path), tables)


def table_of(text: str, name: str = "table", *, decimal: str | None = None, number: int | None = None) -> Table:
    """Table in a text; the parameters are those of `read_table`."""
    if decimal not in (None, ".", ","):
        raise InputError(f"unknown decimal sign '{decimal}'; allowed: '.', ','")
    blocks, delimiter = blocks_of(text, name)
    block, starts = chosen(blocks, name, number)
    if len(block.lines) > MAX_LINES:
        raise DataError(f"{name}: {len(block.lines):,} lines; at most {MAX_LINES:,} are read")
    if not block.rows:
        raise DataError(f"{name}: has a header and no rows")
    width = len(block.rows[0])
    if width > MOST_COLUMNS:
        raise DataError(f"{name}:{block.lines[0]}: {width} columns; at most {MOST_COLUMNS} are read")
    cells = list(zip(*block.rows, strict=True))
    notes = []
    numerals = _numerals(cells, block, name, delimiter, decimal)
    if numerals.thousands in (",", "."):
        notes.append(f"{NAMES[numerals.thousands]} in numbers are read as separators of thousands")
    columns = tuple(_column(block, i, tuple(each)) for i, each in enumerate(cells))
    columns = tuple(column for column in columns if column.written or any(column.cells))
    if block.instrument:
        notes.append(f"the file is read as one of {block.instrument}: V... in volts, I... in amperes, Time in seconds")
    elif block.above:
        lines = f"{len(block.above)} lines" if len(block.above) > 1 else "1 line"
        notes.append(f"{lines} above the {'headings' if block.headings else 'first row'} not read")
    if block.repeated:
        notes.append(f"headings that repeat inside the table are left out ({block.repeated})")
    if starts:
        notes.append(f"{len(starts) + 1} tables with the same headings are read one after the other")
    return Table(
        name, columns, tuple(block.lines), bool(block.headings), numerals, block.heading_line, starts, (), tuple(notes)
    )


def _numerals(
    cells: Sequence[Sequence[str]], block: Block, name: str, delimiter: str | None, decimal: str | None
) -> Numerals:
    """How the numbers are written: as the user says, or as they show."""
    numerals, doubt = numerals_of(cells, delimiter == ",")
    if decimal is None and doubt is not None:
        signs = numerals.decimal, "." if numerals.decimal == "," else ","
        raise DataError(
            f"{name}:{block.lines[doubt.row]}: '{doubt.cell}' may be a decimal number or a whole number of thousands; "
            f"say which sign is the decimal one with --decimal {signs[0]} or --decimal {signs[1]}"
        )
    if decimal is None or decimal == numerals.decimal:
        return numerals
    other = "." if decimal == "," else ","
    if doubt is not None or numerals.thousands == decimal:
        return Numerals(decimal, other)
    return Numerals(decimal, numerals.thousands)


def _column(block: Block, place: int, cells: tuple[str, ...]) -> Column:
    if not block.headings:
        return Column("", "", cells)
    written = block.headings[place]
    heading, unit = split_unit(written)
    if block.units:
        heading, unit = (heading, unit) if unit else (written, unit_in(block.units[place]))
    # A group stands above the first of its columns.
    groups = [group for group in block.groups[: place + 1] if group]
    return Column(heading, unit, cells, written, groups[-1] if groups else "")


def _joined(name: str, tables: list[tuple[str, Table]]) -> Table:
    """Tables of one device each, one below the other, with a column that names the devices."""
    first = tables[0][1]
    heads = [(folded(column.heading), column.unit) for column in first.columns]
    cells: list[list[str]] = [[] for _ in first.columns]
    devices: list[str] = []
    lines: list[int] = []
    files: list[tuple[int, str]] = []
    starts: list[int] = []
    notes: list[str] = []
    for stem, table in tables:
        if [(folded(column.heading), column.unit) for column in table.columns] != heads:
            raise DataError(f"{table.place()}: other headings or units than {first.place()}; fit such files one by one")
        if table.numerals.decimal != first.numerals.decimal:
            raise DataError(f"{table.place()}: another decimal sign than {first.place()}; fit such files one by one")
        files.append((len(lines), table.name))
        starts += [len(lines) + row for row in table.starts]
        own = find_column(table, DEVICE)
        several = own is not None and len(set(own.cells)) > 1
        devices += (
            [f"{stem} {cell}" for cell in own.cells] if own is not None and several else [stem] * len(table.lines)
        )
        for column, more in zip(cells, table.columns, strict=True):
            column.extend(more.cells)
        lines += table.lines
        notes += [note for note in table.notes if note not in notes]
    columns = [
        replace(column, cells=tuple(more))
        for column, more in zip(first.columns, cells, strict=True)
        if folded(column.heading) not in map(folded, DEVICE)
    ]
    columns.append(Column("device", "", tuple(devices), "device"))
    notes.append(f"{len(tables)} files of the folder are read as one device each")
    thousands = max((table.numerals.thousands for _, table in tables), default="")
    numerals = Numerals(first.numerals.decimal, thousands)
    return Table(
        name, tuple(columns), tuple(lines), first.header, numerals, first.heading_line, tuple(starts), tuple(files),
        tuple(notes),
    )  # fmt: skip


def find_column(table: Table, names: Sequence[str]) -> Column | None:
    """The first column whose heading is one of these names, whatever its case, blanks and punctuation.

    Raises
    ------
    DataError
        Two columns have this heading.
    """
    for name in map(folded, names):
        places = [place for place, column in enumerate(table.columns) if folded(column.heading) == name]
        if len(places) > 1:
            heading = table.columns[places[0]].heading
            raise DataError(
                f"{table.place()}: columns {places[0] + 1} and {places[1] + 1} are both '{heading}'; say which is "
                f'meant with --columns "{heading} = #{places[0] + 1}"'
            )
        if places:
            return table.columns[places[0]]
    return None


def unknown_headings(table: Table, what: str, known: Sequence[str]) -> DataError:
    """Error that lists the headings of a table in which a column was not found."""
    present = ", ".join(f"'{column.heading[:40]}'" for column in table.columns[:12])
    hints = [nearest(column.heading[:40], known) for column in table.columns]
    hint = next((h for h in hints if "did you mean" in h), f"; wanted e.g. {', '.join(known[:4])}")
    return DataError(f"{table.place()}: no column of {what} among {present}{hint}; --columns says which it is")
