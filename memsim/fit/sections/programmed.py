"""Cells that were programmed once and read at several times: the content of a retention table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from memsim.errors import DataError
from memsim.fit.reading.headings import CYCLE, LEVEL, TIME
from memsim.fit.reading.places import names_in
from memsim.fit.reading.table import Column, Table, find_column
from memsim.fit.reading.values import VALUE
from memsim.fit.sections.changes import Cells
from memsim.fit.sections.failed_reads import refuse_failed_reads
from memsim.fit.sections.section import at_least, by_device, required_column

MOST_TIMES = 500
"""Times of one cell whose covariance a fit can handle."""
_MOST_PATTERNS, _APART = 200, 0.02
"""Sets of times that a fit can handle, and the logarithm within which times of different cells are taken for one."""
_FROM_A_DATE = 1e8
"""Time [s] after which no cell is read for the first time; time stamps of computers are about 1.7e9 s."""
_LEAST = 5  # reads of a cell, where there are few cells
_MANY = 5  # cells from which on two reads of each are enough


@dataclass(frozen=True)
class Programmed:
    """Reads of cells after their programming; a cell that is programmed again counts as another one.

    Attributes
    ----------
    names : tuple of str
        Names of the cells: "device a", or "device a, cycle 2".
    devices : tuple of str
        Name of the device of each cell.
    level : tuple of str
        What the table states of each cell's level; empty text where it states none.
    conductance : tuple of float
        Level of each cell [S]: the stated one where the column has a unit, else the mean of the cell's first reads.
    times, reads : tuple of ndarray
        Time since programming [s], ascending, and conductance of every read of each cell.
    physical : bool
        Whether conductances have a unit.
    """

    names: tuple[str, ...]
    devices: tuple[str, ...]
    level: tuple[str, ...]
    conductance: tuple[float, ...]
    times: tuple[np.ndarray, ...]
    reads: tuple[np.ndarray, ...]
    physical: bool

    @property
    def count(self) -> int:
        """Number of cells."""
        return len(self.names)

    @property
    def series(self) -> str:
        """What the cells are, in words: "devices", "cycles", or "cycles of 10 devices"."""
        devices = len(set(self.devices))
        if devices == self.count:
            return "devices" if devices > 1 else "device"
        return "cycles" if devices == 1 else f"cycles of {devices} devices"

    @property
    def between(self) -> str:
        """Between what cells differ: "devices", "cycles", or "devices and cycles"."""
        devices = len(set(self.devices))
        return "devices" if devices == self.count else "cycles" if devices == 1 else "devices and cycles"

    @property
    def changes(self) -> int:
        """Number of reads beyond the first of each cell."""
        return sum(len(y) - 1 for y in self.reads)

    @property
    def steps(self) -> int:
        """Number of times at which cells were read, beyond the first of each; repeated reads count once."""
        return sum(len(np.unique(t)) - 1 for t in self.times)

    @property
    def from_zero(self) -> bool:
        """Whether there are reads at t = 0."""
        return any(t[0] == 0 for t in self.times)

    @property
    def earliest(self) -> float:
        """Earliest time above 0 [s]."""
        return min(float(t[t > 0].min()) for t in self.times if (t > 0).any())

    @property
    def latest(self) -> float:
        """Latest time [s]."""
        return max(float(t[-1]) for t in self.times)

    @property
    def size(self) -> float:
        """Mean conductance of all reads, in the unit of the reads."""
        return float(np.concatenate(self.reads).mean())

    def only(self, places: list[int]) -> Programmed:
        """Some of the cells."""
        return Programmed(
            tuple(self.names[i] for i in places),
            tuple(self.devices[i] for i in places),
            tuple(self.level[i] for i in places),
            tuple(self.conductance[i] for i in places),
            tuple(self.times[i] for i in places),
            tuple(self.reads[i] for i in places),
            self.physical,
        )

    def groups(self, *, logarithmic: bool, relative: bool) -> list[Cells]:
        """Cells with the same times together.

        Parameters
        ----------
        logarithmic : bool
            Whether reads become ln G; else G over the mean of all reads.
        relative : bool
            Whether the read noise goes with the conductance of a cell; else it is the same for all.
        """
        together: dict[tuple[tuple[float, ...], tuple[int, ...]], list[int]] = {}
        for i, time in enumerate(self.times):
            distinct, counts = np.unique(time, return_counts=True)
            together.setdefault((tuple(distinct), tuple(counts)), []).append(i)
        groups = []
        for (at, count), places in together.items():
            raw = np.stack([self.reads[i] for i in places])
            y = np.log(raw) if logarithmic else raw / self.size
            own = raw.mean(1) / self.size
            first = np.concatenate([[0], np.cumsum(count)[:-1]])
            mean = np.add.reduceat(y, first, axis=1) / np.array(count)
            within = ((y - np.repeat(mean, count, axis=1)) ** 2).sum(1)
            scale = (1.0 if relative else 1.0 / own) if logarithmic else (own if relative else 1.0)
            groups.append(Cells(np.array(at), mean, np.array(count), within, np.broadcast_to(scale, own.shape)))
        return groups

    def density(self, *, logarithmic: bool) -> float:
        """What changes in the log-likelihood of differences when it is stated for conductances over their mean."""
        if not logarithmic:
            return 0.0
        logs = [np.log(y / self.size) for y in self.reads]
        return float(sum(log[time == time[0]].mean() - log.sum() for log, time in zip(logs, self.times, strict=True)))


def programmed_cells(table: Table) -> Programmed:
    """Cells in a table of time, conductance, and perhaps device, cycle and level.

    Raises
    ------
    DataError
        Columns are missing, a time or a conductance is below 0, a cell has too few reads or only one time, or a read
        failed.
    """
    clock = required_column(table, "times", TIME, 0)
    time = table.numbers(clock, "s")
    _no_time_stamps(table, clock, time)
    column = required_column(table, "conductance", VALUE, 1)
    value = table.numbers(column, "S")
    _not_below_zero(table, time, "a time since programming", "count times from the end of programming")
    _not_below_zero(table, value, "a conductance", "reverse the sign of the read voltage or current, or drop the row")
    rows, devices = _by_programming(table)
    _one_series_a_cell(table, time, rows)
    time = _common(table, time, rows)
    at_least(table, rows, _LEAST if len(rows) < _MANY else 2, "reads")
    rows = {name: at[np.argsort(time[at], kind="stable")] for name, at in rows.items()}
    refuse_failed_reads(table, rows, value, "S" if column.physical else "1", together=True)
    level = find_column(table, LEVEL) if table.header else None
    stated = table.numbers(level, "S") if level is not None and level.physical and level is not column else None
    names, levels, conductances, times, reads = [], [], [], [], []
    for name, at in rows.items():
        distinct = len(np.unique(time[at]))
        if distinct == 1:
            raise DataError(f"{table.name}:{table.lines[at[0]]}: all times of {name} are the same")
        if distinct > MOST_TIMES:
            where = f"{table.name}:{table.lines[at[-1]]}"
            raise DataError(f"{where}: {distinct:,} times of {name}; at most {MOST_TIMES} are fitted: thin them")
        names.append(name)
        levels.append(_one_level(table, level, name, at))
        first = value[at][time[at] == time[at[0]]]
        conductances.append(float(first.mean() if stated is None else stated[at[0]]))
        times.append(time[at])
        reads.append(value[at])
    if any(t[0] == 0 for t in times) and len(np.unique(np.concatenate(times))) < 3:
        raise DataError(
            f"{table.name}: one time after t = 0; at least two say how fast the conductance changes, and from when on"
        )
    for i, y in enumerate(reads):
        if not y.any():
            raise DataError(f"{table.name}: all reads of {names[i]} are 0 S, a dead cell; leave its rows out")
    if all(np.ptp(y) == 0 for y in reads):
        where = f"{table.name}:{table.lines[0]}"
        raise DataError(f"{where}: no device has two different reads; a fit needs reads with more digits")
    return Programmed(
        tuple(names), devices, tuple(levels), tuple(conductances), tuple(times), tuple(reads), column.physical
    )


def _common(table: Table, time: np.ndarray, rows: dict[str, np.ndarray]) -> np.ndarray:
    """Times of all rows; where many cells were read one after the other, times within 2 % are replaced by their mean.

    Changes go with the logarithm of time, which moves by at most 0.02.
    """

    def patterns(time: np.ndarray) -> int:
        return len({tuple(np.sort(time[at])) for at in rows.values()})

    if patterns(time) <= _MOST_PATTERNS:
        return time
    order = np.argsort(time, kind="stable")
    logs = np.log(np.maximum(time[order], 1e-300))
    place, first = np.zeros(len(time), int), 0
    for row in range(1, len(time)):
        if logs[row] - logs[first] > _APART:
            first = row
        place[row] = first
    merged = np.empty(len(time))
    means = np.bincount(place, logs) / np.maximum(np.bincount(place), 1)
    merged[order] = np.where(time[order] > 0, np.exp(means[place]), 0.0)
    count = patterns(merged)
    if count > _MOST_PATTERNS:
        raise DataError(
            f"{table.name}: cells were read at {count:,} different sets of times; at most {_MOST_PATTERNS} are fitted: "
            "round the times, or take fewer cells"
        )
    return merged


def _no_time_stamps(table: Table, column: Column, time: np.ndarray) -> None:
    """Refuse times that count from 1970 or another date and not from programming, by which changes go.

    Raises
    ------
    DataError
        No time is below three years.
    """
    row = int(np.argmin(time))
    if time[row] > _FROM_A_DATE:
        begin = f"({column.cells[row]} [{column.unit}])" if column.physical else column.cells[row]
        raise DataError(
            f"{table.place(row)}: {table.label(column)} of {column.cells[row]} counts from a date, as time stamps of "
            "computers do; times count from the end of programming: subtract its time stamp, e.g. with columns="
            f'"time = {table.source(column)} - {begin}"'
        )


def _not_below_zero(table: Table, values: np.ndarray, what: str, advice: str) -> None:
    if (values < 0).any():
        row = int(np.argmax(values < 0))
        raise DataError(f"{table.name}:{table.lines[row]}: {what} of {values[row]:g} is below 0; {advice}")


def _one_series_a_cell(table: Table, time: np.ndarray, rows: dict[str, np.ndarray]) -> None:
    """Refuse times that start again: the rows may be of several cells, or of one that was programmed again.

    Raises
    ------
    DataError
        The times of a device go back.
    """
    for name, at in rows.items():
        back = np.flatnonzero(np.diff(time[at]) < 0)
        if len(back):
            row = int(at[back[0] + 1])
            raise DataError(
                f"{table.place(row)}: times of {name} go back; say with repeats='devices' or repeats='cycles' "
                "that another cell or programming begins where they do, or with repeats='reads' that all are of one"
            )


def _by_programming(table: Table) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    """Rows of each device, or of each of its cycles, since a cell that is programmed again begins anew; and its device.

    Rows go with a name such as "device a, cycle 2".
    """
    rows = by_device(table)
    cycle = find_column(table, CYCLE) if table.header else None
    if cycle is None:
        return {f"device {name}": at for name, at in rows.items()}, tuple(rows)
    cycles = names_in(table, cycle)
    parts: dict[tuple[str, str], list[int]] = {}
    for name, at in rows.items():
        for row in at:
            key = f"device {name}, cycle {cycles[row]}" if len(rows) > 1 else f"cycle {cycles[row]}"
            parts.setdefault((key, name), []).append(int(row))
    return {key: np.array(at) for (key, _), at in parts.items()}, tuple(name for _, name in parts)


def _one_level(table: Table, level: Column | None, name: str, at: np.ndarray) -> str:
    if level is None:
        return ""
    texts = {level.cells[row] for row in at}
    if len(texts) > 1:
        where = f"{table.name}:{table.lines[at[0]]}"
        raise DataError(f"{where}: {name} has {len(texts)} values of '{level.heading}'; a cell has one level")
    return texts.pop()
