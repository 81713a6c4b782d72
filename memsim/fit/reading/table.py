"""Tables of measurements: columns as text, with their headings and units, and the lines of the file they come from."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np

from memsim.errors import DataError, InputError
from memsim.fit.reading.exports import Block, blocks_of, chosen
from memsim.fit.reading.headings import (
    KNOWN,
    OTHERS,
    PLAIN_UNITS,
    TEMPERATURE,
    folded,
    holds_numbers,
    is_temperature,
    split_unit,
    unit_in,
)
from memsim.fit.reading.numerals import LARGEST, NAMES, PLAIN, SMALLEST, Numerals, in_doubt, numerals_of
from memsim.fit.reading.source import MAX_LINES
from memsim.units import dimension_of, parse_quantity, unit_of

MOST_COLUMNS = 64
MAX_CELLS = 6_000_000
"""Most cells of a table, which is read within about 10 s."""
_DELIMITERS = (",", ";", "\t", "|")
_CLOCK = re.compile(
    r"(?:.{0,12}[ T])?[0-9]{1,4}:[0-9]{2}(?![0-9])|[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{1,2}[./][0-9]{1,2}[./][0-9]{2,4}$"
)
"""The beginning of the time of a clock, or a date."""
_ALIKE = 0.8
"""Share of letters that a misspelt heading has in common with a known one, as in `difflib`."""
_OVERFLOW = (1e20, 1e45)
"""Magnitudes [SI] around 9.9e37, 9.91e37 and 1e38, which instruments write for an overflow in whatever unit."""


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
    decided : bool
        Whether that is certain: no number in doubt is read otherwise.
    heading_line : int
        Line of the headings; 0 without.
    starts : tuple of int
        Rows at which another table of the file begins, which has the same headings.
    files : tuple of (int, str)
        First row and name of each file of a folder.
    notes : tuple of str
        What was understood of the file that the user should know.
    above : tuple of (int, str)
        Lines above the table that are not part of it, comments among them, with their numbers.
    stated : tuple of (str, str)
        memsim's own names of columns and what they are, as the user stated them.
    """

    name: str
    columns: tuple[Column, ...]
    lines: tuple[int, ...]
    header: bool
    numerals: Numerals = PLAIN
    decided: bool = True
    heading_line: int = 0
    starts: tuple[int, ...] = ()
    files: tuple[tuple[int, str], ...] = ()
    notes: tuple[str, ...] = ()
    above: tuple[tuple[int, str], ...] = ()
    stated: tuple[tuple[str, str], ...] = ()

    def place(self, row: int | None = None) -> str:
        """File and line of a row, or of the headings."""
        at = row or 0
        name = next((file for first, file in reversed(self.files) if first <= at), self.name)
        return f"{name}:{(self.heading_line or self.lines[0]) if row is None else self.lines[row]}"

    def noted(self, *notes: str) -> Table:
        """The table with further notes."""
        return replace(self, notes=self.notes + notes)

    def label(self, column: Column) -> str:
        """What errors call a column: its heading in the file without the unit, or its place."""
        heading = split_unit(column.written)[0]
        # A quotient such as "I / (V [mV])" has no unit behind it.
        heading = column.written if heading[-1:] in ("+", "-", "*", "/") else heading
        heading = heading or column.heading
        return f"'{heading[:40]}'" if heading else f"column {self.columns.index(column) + 1}"

    def source(self, column: Column) -> str:
        """How an equation names a column: as its user did, by its heading, in quotes where needed, or by its place."""
        stated = dict(self.stated).get(column.heading)
        if stated is not None:
            return stated if column.physical else re.sub(r"\[[^\[\]]*+\]$", "", stated).rstrip()
        if not column.written:
            return f"#{self.columns.index(column) + 1}"
        plain = not set(column.written) & set("+-*/,;#=[]'") and not column.written[0].isdigit()
        return column.written if plain else f"'{column.written}'"

    def numbers(self, column: Column, dimension: str | None = None, rows: Sequence[int] | None = None) -> np.ndarray:
        """Cells of a column as numbers, in SI units if the heading has a unit of this dimension.

        Parameters
        ----------
        rows : sequence of int, optional
            Rows that are read; all by default.

        Raises
        ------
        DataError
            A cell is no finite number, at its line, or it is unclear which sign is the decimal one.
        """
        self.check_decimal(column)
        factor = self.factor(column, dimension) if dimension else 1.0
        at = range(len(column.cells)) if rows is None else rows
        values = np.empty(len(at))
        for place, row in enumerate(at):
            cell = column.cells[row]
            number = self.numerals.value(cell)
            if number is None:
                what = "is missing" if cell == "" else f"is not a finite number: '{cell[:40]}'"
                clock = _CLOCK.match(cell) is not None
                remedy = "write seconds, not the time of a clock" if clock else "correct the row or leave it out"
                raise DataError(f"{self.place(row)}: {self.label(column)} {what}; {remedy}")
            values[place] = number
        values *= factor
        size = np.abs(values) if dimension else np.zeros(0)
        for place in np.flatnonzero((size > LARGEST) | ((size > 0) & (size < SMALLEST)))[:1]:
            row = at[int(place)]
            rule = f"allowed: 0, {SMALLEST:g} to {LARGEST:g} in SI units"
            if _OVERFLOW[0] < size[place] < _OVERFLOW[1]:
                rule = "instruments write such numbers where a reading overflows: leave the row out"
            raise DataError(f"{self.place(row)}: {self.label(column)} is {column.cells[row][:40]}; {rule}")
        return values

    def check_decimal(self, column: Column) -> None:
        """Refuse to read a column in which a number may have a decimal sign or one of thousands.

        Raises
        ------
        DataError
            Nothing decides.
        """
        row = self._in_doubt(column)
        if row is not None:
            raise DataError(f"{self.place(row)}: '{column.cells[row]}' {self._question()}")

    @contextmanager
    def questions_together(self) -> Iterator[None]:
        """Adds the question about the decimal sign to one about the table, so that both are asked at once."""
        try:
            yield
        except DataError as error:
            if self.decided or "decimal=" in str(error):
                raise
            for column in self.columns:
                row = self._in_doubt(column)
                if row is not None and (column.physical or not self.header or holds_numbers(column.heading)):
                    cell = f"'{column.cells[row]}' in line {self.lines[row]}"
                    raise DataError(f"{error}. Also, {cell} {self._question()}") from None
            raise

    def _in_doubt(self, column: Column) -> int | None:
        """First row of a column that may be read in two ways; None where there is none."""
        return None if self.decided else next((i for i, cell in enumerate(column.cells) if in_doubt(cell)), None)

    def _question(self) -> str:
        signs = self.numerals.decimal, "." if self.numerals.decimal == "," else ","
        return (
            "may be a decimal number or a whole number of thousands; say which sign is the decimal one with "
            f"decimal='{signs[0]}' or decimal='{signs[1]}'"
        )

    def factor(self, column: Column, dimension: str) -> float:
        """What a number in this column is multiplied by to be in the SI unit of this dimension; 1 without a unit.

        Raises
        ------
        DataError
            The unit is unknown or of another dimension.
        """
        if not column.physical:
            return 1.0
        if column.unit == "%" and dimension == "S":
            role = column.heading if folded(column.heading) in ("up", "down") else "weight"
            raise DataError(
                f"{self.place()}: {self.label(column)} is in %: a share, no conductance; say with columns="
                f'"{role} = {self.source(column)}" that it is a normalised weight'
            )
        try:
            return parse_quantity(f"1 {column.unit}", dimension)
        except InputError as error:
            raise DataError(f"{self.place()}: unit of {self.label(column)}: {error}") from None


def table_of(
    text: str,
    name: str = "table",
    *,
    decimal: str | None = None,
    number: int | None = None,
    named: Sequence[str] = (),
) -> Table:
    """Table in a text; the parameters are those of `memsim.fit.reading.folder.read_table`."""
    if decimal not in (None, ".", ","):
        raise InputError(f"unknown decimal sign '{decimal}'; allowed: '.', ','")
    cells = text.count("\n") + max(map(text.count, _DELIMITERS))
    if cells > MAX_CELLS:
        raise DataError(f"{name}: about {cells:,} cells; at most {MAX_CELLS:,} are read")
    blocks, delimiter = blocks_of(text, name)
    block, starts = chosen(blocks, name, number)
    if len(block.lines) > MAX_LINES:
        raise DataError(f"{name}: {len(block.lines):,} lines; at most {MAX_LINES:,} are read")
    if not block.rows:
        raise DataError(f"{name}: has a header and no rows")
    width = len(block.rows[0])
    if width > MOST_COLUMNS:
        raise DataError(f"{name}:{block.lines[0]}: {width} columns; at most {MOST_COLUMNS} are read")
    columns = tuple(_column(block, i, tuple(each)) for i, each in enumerate(zip(*block.rows, strict=True)))
    numbers = [column for place, column in enumerate(columns) if _of_numbers(column, place, named)]
    numerals, decided = numerals_of([column.cells for column in numbers or columns], delimiter == ",")
    if decimal is not None:
        numerals, decided = _stated(numerals, decided, decimal), True
    notes = []
    if decided and numerals.thousands in (",", "."):
        notes.append(f"{NAMES[numerals.thousands]} in numbers are read as separators of thousands")
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
    above = [(line, row) for line, row in enumerate(text.splitlines(), 1) if line < block.lines[0] and row[:1] == "#"]
    above += [(line, " ".join(cells)) for line, cells in block.above]
    return Table(
        name, columns, tuple(block.lines), bool(block.headings), numerals, decided, block.heading_line, starts, (),
        tuple(notes), tuple(row for row in above if row[0] != block.heading_line),
    )  # fmt: skip


def _of_numbers(column: Column, place: int, named: Sequence[str]) -> bool:
    """Whether a column holds numbers that are used: by its heading or unit, or because its user names it.

    Names of devices, dates and whatever else stands in the other columns do not say how numbers are written.
    """
    for text in filter(None, (f"#{place + 1}", column.written, column.heading)):
        if any(re.search(rf"(?<!\w){re.escape(text)}(?!\w)", source, re.IGNORECASE) for source in named):
            return True
    return column.physical or holds_numbers(column.heading) or not (column.written or named)


def _stated(numerals: Numerals, decided: bool, decimal: str) -> Numerals:
    """How numbers are written where the user says which sign is the decimal one."""
    if decimal == numerals.decimal:
        return numerals
    other = "." if decimal == "," else ","
    return Numerals(decimal, numerals.thousands if decided and numerals.thousands != decimal else other)


def _column(block: Block, place: int, cells: tuple[str, ...]) -> Column:
    if not block.headings:
        return Column("", "", cells)
    written = block.headings[place]
    heading, unit = split_unit(written)
    if block.units:
        heading, unit = (heading, unit) if unit else (written, unit_in(block.units[place]))
    if is_temperature(heading, unit):
        heading = TEMPERATURE[0]
    if folded(heading) == "pulse" and unit_of(unit) is not None:
        # A pulse in volts is no number of a pulse.
        heading = "pulse width" if dimension_of(unit) == "s" else "pulse voltage"
    # A group stands above the first of its columns.
    groups = [group for group in block.groups[: place + 1] if group]
    return Column(heading, unit, cells, written, groups[-1] if groups else "")


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
                f'meant with columns="{heading} = #{places[0] + 1}"'
            )
        if places:
            return table.columns[places[0]]
    return None


def first_column(table: Table, names: Sequence[str]) -> Column | None:
    """The first column with one of these names, also where further ones have the same."""
    known = {folded(name) for name in names}
    return next((column for column in table.columns if folded(column.heading) in known), None)


_LACKING = {
    "directions": ("direction", ""),
    "times": ("time", "s"),
    "voltage": ("V", "V"),
    "current": ("I", "A"),
    "conductance": ("G", "S"),
}
"""memsim's own name and the dimension of a column that a table may lack."""


def unknown_headings(table: Table, what: str, known: Sequence[str]) -> DataError:
    """Error that lists the headings of a table without a column of some kind, and which one of them may be it.

    Parameters
    ----------
    what : str
        "directions", "times", "voltage", "current", "conductance" or "conductance or current".
    known : sequence of str
        Headings of such a column.
    """
    present = ", ".join(table.label(column) for column in [column for column in table.columns if column.written][:12])
    error = f"{table.place()}: no column of {what} among {present}; columns=... says which it is"
    role, dimension = _LACKING.get(what, ("", ""))
    likely = _likely(table, known, dimension) if role else None
    if likely is None:
        return DataError(error)
    return DataError(f'{error}: columns="{role} = {table.source(likely)}" if it is {table.label(likely)}')


def _likely(table: Table, known: Sequence[str], dimension: str) -> Column | None:
    """A column whose heading is a known one with a number or a misspelling, else the only one with such a unit."""
    names = {folded(name) for name in known}
    alike, measured = [], []
    for column in table.columns:
        heading = folded(column.heading)
        unit = dimension_of(column.unit) if column.physical else ""
        if not column.written or heading in KNOWN | OTHERS or (unit and unit != dimension):
            continue
        if heading.rstrip("0123456789") in names or difflib.get_close_matches(heading, names, n=1, cutoff=_ALIKE):
            alike.append(column)
        elif unit:
            measured.append(column)
    return alike[0] if alike else measured[0] if len(measured) == 1 else None
