"""Devices of a table: named by a column, or by the columns that say where cells lie, such as row and col."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from memsim.errors import DataError
from memsim.fit.reading.directions import direction_column
from memsim.fit.reading.headings import (
    AXES,
    COORDINATES,
    DEVICE,
    KNOWN,
    OTHERS,
    PLACE,
    PULSE,
    READ,
    READ_VOLTAGE,
    SAMPLE,
    TIME,
    UP,
    folded,
)
from memsim.fit.reading.numerals import NOT_READ, like_number
from memsim.fit.reading.table import Column, Table, find_column

_NO_NAME = ("", "nan", "n/a", "#n/a")
_PAIRS = (AXES, COORDINATES)
_SHORT = {folded(name): short for names, short in zip(AXES, ("r", "c"), strict=True) for name in names}
_SHORT |= {"wl": "WL", "bl": "BL", "wordline": "WL", "bitline": "BL", "x": "x", "y": "y"}
"""What stands before the number of a row or column in the name of a device."""
_LINES = 4
"""Numbered lines, such as BL0 to BL3, or places with one read each, from which on a table is a map; assumed."""
_GROUP = 20  # rows of a value, on average, from which on a column divides the rows in groups
_FEWEST = 2  # rows of a place, on average: fewer are those of a column that counts rows


def with_devices(table: Table) -> Table:
    """The table with one column `device`: the columns that say where cells lie, joined, where nothing else names them.

    Raises
    ------
    DataError
        One name of a device stands at several places, or a column alone may number cells or something else.
    """
    sample = find_column(table, SAMPLE)
    if sample is not None and find_column(table, DEVICE) is None and _are_names(sample):
        table = replace(table, columns=tuple(replace(c, heading="device") if c is sample else c for c in table.columns))
    named, parts = device_column(table), _parts(table)
    others = [column for column in parts if column is not named]
    if named is not None:
        splitting = [column for column in others if _splits(table, named, column)]
        if splitting:
            raise _several_places(table, named, splitting)
        return table
    if not others:
        return table
    alone = others[0] if len(others) == 1 else None
    if alone is not None and _needs_partner(table, alone):
        raise DataError(
            f"{table.place()}: {table.label(alone)} alone may say where cells lie or number pulses; say which with "
            f'columns="device = {table.source(alone)}" or columns="pulse = {table.source(alone)}", or leave it out'
        )
    return joined(table, others)


def unread(table: Table, *read: Column | None) -> tuple[str, ...]:
    """Notes on columns that are not read although they divide the rows in few groups, as "condition" may do.

    Parameters
    ----------
    read : Column or None
        Columns that are read whatever their headings.
    """
    notes = []
    for column in table.columns if table.header else ():
        values = dict.fromkeys(column.cells)
        known = folded(column.heading) in KNOWN | OTHERS | {""} or column in read
        if not known and 1 < len(values) <= len(table.lines) / _GROUP:
            shown = ", ".join(value[:20] or "empty" for value in list(values)[:3])
            more = ", ..." if len(values) > 3 else ""
            notes.append(f"{table.label(column)} ({shown}{more}) is not read: all its rows are fitted together")
    return tuple(notes)


def device_column(table: Table) -> Column | None:
    """The column that names devices; "sample" does where something else numbers the reads."""
    column = find_column(table, DEVICE)
    return find_column(table, SAMPLE) if column is None and _samples_are_devices(table) else column


def names_in(table: Table, column: Column) -> tuple[str, ...]:
    """Names of devices or cycles in a column, of every row; "1" in a column without any.

    Raises
    ------
    DataError
        Some rows have no name, as below a merged cell of a spreadsheet.
    """
    missing = [cell.lower() in _NO_NAME for cell in column.cells]
    if all(missing):
        return ("1",) * len(column.cells)
    if any(missing):
        row = missing.index(True)
        raise DataError(
            f"{table.place(row)}: {table.label(column)} is missing in line {table.lines[row]} (in {sum(missing)} of "
            f"{len(missing)} rows); write it in every row, also where cells of a sheet were merged"
        )
    return column.cells


def device_labels(table: Table) -> tuple[str, ...]:
    """Name of the device of every row, from all columns that name devices or say where cells lie; "" without any."""
    return _labels(table, _parts(table))


def joined(table: Table, parts: Sequence[Column]) -> Table:
    """The table in which a column `device` stands in the place of several columns that say where cells lie."""
    labels = _labels(table, parts)
    columns = [column for column in table.columns if column not in parts]
    words = " and ".join(table.label(column) for column in parts)
    count = len(set(labels))
    note = (
        f"{words} {'are' if len(parts) > 1 else 'is'} read as the name of the device: {count} devices, e.g. {labels[0]}"
    )
    return replace(table.noted(note), columns=(*columns, Column("device", "", labels)))


def _parts(table: Table) -> list[Column]:
    """Columns that name devices or say where cells lie and that have several values; each pair of axes is whole."""
    names = {folded(name) for name in (*DEVICE, *PLACE)}
    if not _samples_are_devices(table):
        names -= {folded(name) for name in SAMPLE}
    candidates = [column for column in table.columns if folded(column.heading) in names]
    varied = [column for column in candidates if len(set(column.cells)) > 1]
    if not varied or len(set(zip(*(column.cells for column in varied), strict=True))) * _FEWEST > len(table.lines):
        varied = [column for column in varied if not _counts_rows(table, column)]
    heads = {folded(column.heading) for column in varied}
    whole = [folded(name) for pair in _PAIRS if heads & _names_of(pair) for names in pair for name in names]
    single = [c for c in candidates if folded(c.heading) in whole and len(set(c.cells)) == 1]
    return [column for column in candidates if column in varied or column in single]


def _names_of(pair: Sequence[Sequence[str]]) -> set[str]:
    return {folded(name) for names in pair for name in names}


def _samples_are_devices(table: Table) -> bool:
    if find_column(table, SAMPLE) is None:
        return False
    others = (*DEVICE, *TIME, *READ, *PULSE, *UP, *READ_VOLTAGE)
    return direction_column(table) is not None or find_column(table, others) is not None


def _are_names(column: Column) -> bool:
    """Whether cells such as s1 and s2 are no numbers."""
    return any(cell.lower() not in NOT_READ and not like_number(cell) for cell in column.cells)


def _counts_rows(table: Table, column: Column) -> bool:
    """Whether a column has another value in nearly every row."""
    return len(set(column.cells)) * _FEWEST > len(table.lines)


def _needs_partner(table: Table, column: Column) -> bool:
    """Whether a column is one of a pair, such as row and col, of which the table lacks the other."""
    return any(folded(column.heading) in _names_of(pair) for pair in _PAIRS)


def _splits(table: Table, named: Column, other: Column) -> bool:
    """Whether rows of one device stand at several places, more than one row at each."""
    names, places = set(named.cells), set(zip(named.cells, other.cells, strict=True))
    return len(places) > len(names) and len(places) * _FEWEST <= len(table.lines)


def _several_places(table: Table, named: Column, others: Sequence[Column]) -> DataError:
    other = others[0]
    first: dict[str, str] = {}
    row = next(
        row for row, (name, place) in enumerate(zip(named.cells, other.cells, strict=True))
        if first.setdefault(name, place) != place
    )  # fmt: skip
    name = named.cells[row]
    both = " + ".join(map(table.source, (*others, named)))
    return DataError(
        f"{table.place(row)}: {table.label(named)} {name[:40]} stands beside several values of {table.label(other)}, "
        f'{first[name][:40]} and {other.cells[row][:40]}; say with columns="device = {both}" that these are several '
        f'devices, or with columns="device = {table.source(named)}" that they are one'
    )


def _labels(table: Table, parts: Sequence[Column]) -> tuple[str, ...]:
    """One name of the device of every row, such as "r0 c3" or "wafer 2 A7"."""
    texts = []
    for column in parts:
        short = _SHORT.get(folded(column.heading))
        before = short if short is not None else "" if folded(column.heading) in map(folded, DEVICE) else None
        cells = names_in(table, column)
        if before is None:
            before = f"{column.heading} "
        texts.append([cell if before and any(map(str.isalpha, cell)) else before + cell for cell in cells])
    return tuple(map(" ".join, zip(*texts, strict=True)))


def refuse_map(table: Table) -> None:
    """Refuse a map of cells: numbered lines as headings, or one conductance for each place.

    Raises
    ------
    DataError
        It is one; the message names the function that reads maps.
    """
    numbered = [
        column for column in table.columns if re.fullmatch(r"[A-Za-z_ ]{0,9}[0-9]{1,5}", column.heading.strip())
    ]
    device = device_column(table)
    single = device is not None and len(set(device.cells)) == len(device.cells) >= _LINES
    if len(numbered) >= _LINES or single:
        raise DataError(
            f"{table.name}: one conductance for each cell is a map: memsim.read_conductance_map reads it, and "
            "Crossbar.from_conductance makes an array of it; a fit needs several reads of each cell"
        )
