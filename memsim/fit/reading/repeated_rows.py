"""Rows that repeat a pulse: reads of one pulse, or rows of several devices or cycles that stand one below the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from memsim.errors import DataError, InputError
from memsim.fit.reading.directions import direction_column
from memsim.fit.reading.headings import CYCLE, DEVICE, PULSE, READ, folded
from memsim.fit.reading.places import names_in
from memsim.fit.reading.series import series_apart, series_of
from memsim.fit.reading.table import Column, Table, find_column

REPEATS = ("devices", "cycles", "reads")
"""What columns with the same heading, and rows of the same pulse, may belong to."""
_FEWEST = 10
"""Groups of equal rows that are no chance."""


def rows_apart(table: Table, repeats: str) -> Table:
    """Table in which rows of the same pulse belong to several devices or cycles, or of which the first reads are kept.

    Raises
    ------
    InputError
        No row repeats a pulse.
    DataError
        Devices or cycles have different numbers of rows.
    """
    groups, what = _groups(table)
    series = series_of(table) if not what else []
    if len(series) > 1:
        return series_apart(table, series, repeats)
    if not what:
        raise InputError(f"{table.name}: neither headings nor rows of a pulse repeat; leave out repeats='{repeats}'")
    if repeats == "reads":
        return first_reads(table, groups)
    sizes = {len(group) for group in groups}
    if len(sizes) > 1:
        row = next(group[0] for group in groups if len(group) != len(groups[0]))
        raise DataError(
            f"{table.place(row)}: {what}, but not as often as before; {repeats} have the same number of rows each"
        )
    role, names = ("device", DEVICE) if repeats == "devices" else ("cycle", CYCLE)
    own = find_column(table, names)
    before = [f"{name}." for name in names_in(table, own)] if own is not None else [""] * len(table.lines)
    place = {row: k for group in groups for k, row in enumerate(group, 1)}
    cells = tuple(f"{before[row]}{place[row]}" for row in range(len(table.lines)))
    note = f"rows of the same pulse are read as {sizes.pop()} {repeats}"
    columns = [column for column in table.columns if column is not own]
    return replace(table.noted(note), columns=(*columns, Column(role, "", cells)))


def one_read_a_pulse(table: Table) -> Table:
    """Table with one row for each pulse; of reads that a column numbers within their pulse, the first is kept.

    Raises
    ------
    DataError
        Rows repeat a pulse, and it is unclear what they are.
    """
    groups, what = _groups(table)
    if not what:
        return table
    read = find_column(table, READ)
    if _pulse_column(table) is not None and read is not None and _numbered(read, groups):
        return first_reads(table, groups)
    row = next(group[1] for group in groups if len(group) > 1)
    raise DataError(
        f"{table.place(row)}: {what}; say with repeats='reads' that a pulse was read several times (the first read of "
        "each is fitted), with repeats='devices' or repeats='cycles' what else the rows are, or leave out copies"
    )


def first_reads(table: Table, groups: Sequence[Sequence[int]]) -> Table:
    """The table with the first row of each group."""
    rows = [group[0] for group in groups]
    left = len(table.lines) - len(rows)
    after = {row: k for k, row in enumerate(rows)}
    columns = [replace(column, cells=tuple(column.cells[row] for row in rows)) for column in table.columns]
    starts = tuple(after[row] for row in table.starts if row in after)
    files = tuple((next((k for k, r in enumerate(rows) if r >= first), 0), name) for first, name in table.files)
    note = (
        f"of each pulse, the first read is used ({left} further reads are not); kind='read-noise' fits repeated reads"
    )
    return replace(
        table.noted(note), columns=tuple(columns), lines=tuple(table.lines[row] for row in rows), starts=starts,
        files=files,
    )  # fmt: skip


def _groups(table: Table) -> tuple[list[list[int]], str]:
    """Rows of each pulse, and how the table shows that there are several; empty where each pulse has one row."""
    keys = [column for column in (find_column(table, DEVICE), find_column(table, CYCLE)) if column is not None]
    direction = direction_column(table)
    if direction is not None:
        keys.append(direction)
    runs = _equal(table, keys)
    pulse, read = _pulse_column(table), find_column(table, READ)
    if pulse is not None:
        groups = [part for run in runs for part in _parts(run, pulse.cells)]
        first = next((group[0] for group in groups if len(group) > 1), None)
        if first is None:
            return groups, ""
        if len(set(pulse.cells)) == 1:
            raise DataError(
                f"{table.place(first)}: {table.label(pulse)} is {pulse.cells[first]} in all rows and numbers no "
                "pulses; leave the column out"
            )
        return groups, f"{table.label(pulse)} {pulse.cells[first]} stands in several rows of one direction"
    if read is not None and direction is not None:
        counts = [_counted(table, run, read) for run in runs]
        if any(len(parts) > 2 and len(parts[0]) > 1 for parts in counts):
            return [part for parts in counts for part in parts], f"{table.label(read)} starts again within a direction"
    groups = _equal(table, table.columns)
    sizes = {len(group) for group in groups}
    if table.header and len(groups) >= _FEWEST and len(sizes) == 1 and sizes != {1} and _scatters(table, groups):
        return groups, f"every row stands {sizes.pop()} times"
    return [[row] for row in range(len(table.lines))], ""


def _pulse_column(table: Table) -> Column | None:
    """The column of pulse numbers; None where there is none, or several of one heading."""
    names = {folded(name) for name in PULSE}
    columns = [column for column in table.columns if folded(column.heading) in names]
    return find_column(table, PULSE) if len({folded(c.heading) for c in columns}) == len(columns) else None


def _equal(table: Table, columns: Sequence[Column]) -> list[list[int]]:
    """Successive rows whose cells of these columns are equal."""
    cells = list(zip(*(column.cells for column in columns), strict=True)) or [()] * len(table.lines)
    return _parts(range(len(table.lines)), cells)


def _scatters(table: Table, groups: Sequence[Sequence[int]]) -> bool:
    """Whether numbers of a column go up and down by turns: rounded reads of a smooth curve repeat without a copy."""
    for column in table.columns:
        values = [table.numerals.value(column.cells[group[0]]) for group in groups]
        if None not in values:
            steps = np.sign(np.diff(np.array(values, float)))
            if (steps[1:] * steps[:-1] < 0).sum() > 0.1 * len(steps):
                return True
    return False


def _parts(rows: Sequence[int], cells: Sequence[object]) -> list[list[int]]:
    """Successive rows with equal cells."""
    parts = [[rows[0]]]
    for before, row in pairwise(rows):
        if cells[row] == cells[before]:
            parts[-1].append(row)
        else:
            parts.append([row])
    return parts


def _counted(table: Table, rows: Sequence[int], column: Column) -> list[list[int]]:
    """Parts of rows in which the numbers of a column go up."""
    numbers = table.numbers(column, rows=rows)
    parts = [[rows[0]]]
    for k in range(1, len(rows)):
        if numbers[k] > numbers[k - 1]:
            parts[-1].append(rows[k])
        else:
            parts.append([rows[k]])
    return parts


def _numbered(column: Column, groups: Sequence[Sequence[int]]) -> bool:
    """Whether a column numbers the rows of each group alike."""
    texts = [[column.cells[row] for row in group] for group in groups]
    longest = max(texts, key=len)
    return len(set(longest)) == len(longest) and all(text == longest[: len(text)] for text in texts)
