"""Series of reads of resting cells that stand one below the other: where times or numbers of reads start again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from memsim.fit.reading.directions import direction_column
from memsim.fit.reading.headings import CYCLE, DEVICE, READ, SAMPLE, TIME
from memsim.fit.reading.places import names_in
from memsim.fit.reading.table import Column, Table, find_column


def series_of(table: Table) -> list[list[int]]:
    """Rows of each series, in the order of the file; none where pulses have directions or nothing numbers the reads.

    A series ends where another device or cycle begins, and where times or numbers of reads go back.
    """
    column = _order_column(table)
    if column is None or direction_column(table) is not None:
        return []
    numbers = table.numbers(column)
    keys = list(zip(_names(table, DEVICE), _names(table, CYCLE), strict=True))
    series: list[list[int]] = []
    for row in range(len(table.lines)):
        if row and keys[row] == keys[row - 1] and numbers[row] >= numbers[row - 1]:
            series[-1].append(row)
        else:
            series.append([row])
    return series


def series_apart(table: Table, series: Sequence[Sequence[int]], repeats: str) -> Table:
    """The table in which each series is of its own device or cycle, or, for "reads", those of a device are merged.

    Parameters
    ----------
    repeats : str
        "devices", "cycles" or "reads".
    """
    if repeats == "reads":
        return _merged(table)
    role, names = ("device", DEVICE) if repeats == "devices" else ("cycle", CYCLE)
    own = find_column(table, names)
    # Cycles are numbered within their device.
    groups = _names(table, DEVICE) if repeats == "cycles" else ("",) * len(table.lines)
    counts: dict[str, int] = {}
    place = {}
    for rows in series:
        counts[groups[rows[0]]] = counts.get(groups[rows[0]], 0) + 1
        place.update(dict.fromkeys(rows, str(counts[groups[rows[0]]])))
    made = Column(role, "", tuple(place[row] for row in range(len(table.lines))))
    columns = [column for column in table.columns if column is not own]
    of = f" of {len(counts)} devices" if len(counts) > 1 else ""
    return replace(table.noted(f"{len(series)} series of reads are read as {repeats}{of}"), columns=(*columns, made))


def _merged(table: Table) -> Table:
    """The table with the reads of each device in the order of their times."""
    column, devices = _order_column(table), _names(table, DEVICE)
    assert column is not None
    numbers, first = table.numbers(column), {name: k for k, name in reversed(list(enumerate(devices)))}
    order = sorted(range(len(table.lines)), key=lambda row: (first[devices[row]], numbers[row]))
    columns = tuple(replace(each, cells=tuple(each.cells[row] for row in order)) for each in table.columns)
    lines = tuple(table.lines[row] for row in order)
    note = f"reads are sorted by {table.label(column)}"
    return replace(table.noted(note), columns=columns, lines=lines, starts=(), files=())


def _order_column(table: Table) -> Column | None:
    return next((c for names in (TIME, READ, SAMPLE) if (c := find_column(table, names)) is not None), None)


def _names(table: Table, names: Sequence[str]) -> tuple[str, ...]:
    column = find_column(table, names)
    return names_in(table, column) if column is not None else ("",) * len(table.lines)
