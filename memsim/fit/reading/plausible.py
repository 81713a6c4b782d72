"""What measured pulses cannot be: counts, negative conductances, wrong directions, single reads far off their curve."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from memsim.errors import DataError
from memsim.fit.maps.units import unit_in
from memsim.fit.pulses.axis import LOGARITHMIC_FROM
from memsim.fit.pulses.data import PulseData, Sweep
from memsim.fit.pulses.models import BRANCHES
from memsim.fit.reading.headings import folded
from memsim.fit.reading.table import Column, Table
from memsim.units import dimension_of, format_quantity

_LONG = 5  # reads of a sweep whose ends are compared
_SHARE = 0.2  # of the range of all reads that sweeps move the wrong way on average
_SURE = 4.0  # standard errors of the mean step of short sweeps
FAR = 15.0  # standard deviations between a read and its neighbours, beyond which it lies off the curve
FAR_SHARE = 0.2  # of the range of these reads: the same
_FEW = 0.01  # of the reads: more of them belong to the device
_LEAST_OHMS = 1000.0  # resistance without a unit from which on it is taken for one in Ohm; assumed
HIGHEST_READ = 0.5  # voltage [V] up to which it is that of a read, where the heading does not say; assumed
_SMALLEST_READ, _LARGEST_READ = 1e-15, 1.0  # conductances [S] that cells have; assumed
_SMALLEST_WEIGHT = 1e-3  # largest number of a column of normalised weights; assumed
_ENOUGH = 20  # reads that show how far reads scatter


def refuse_counts(table: Table, column: Column) -> None:
    """Refuse whole numbers without a unit that go up by the same step from row to row: they count something.

    Raises
    ------
    DataError
        The column counts.
    """
    if column.physical:
        return
    values = table.numbers(column)
    steps = np.diff(values)
    if len(steps) > 2 and (values == np.round(values)).all() and steps[0] > 0 and (steps == steps[0]).mean() > 0.9:
        raise DataError(
            f"{table.place()}: {table.label(column)} counts up in whole numbers, it holds no conductances; say with "
            "columns=... which column does"
        )


def refuse_without_unit(table: Table, column: Column, values: np.ndarray, name: str = "G") -> None:
    """Refuse conductances without a unit that are no normalised weights, or whose unit stands above the table.

    Parameters
    ----------
    values : ndarray
        Numbers of the column, (row,).
    name : str
        memsim's own name of the column, for the message.

    Raises
    ------
    DataError
        All numbers are tiny, or a line above the table has a unit of conductance.
    """
    if column.unit or folded(column.heading) in ("weight", "w"):
        return
    source = table.source(column)
    for line, text in table.above:
        unit = unit_in(text)
        if unit is not None and dimension_of(unit) == "S":
            raise DataError(
                f"{table.name}:{line}: a unit, {unit}, stands above the table, and {table.label(column)} has none; "
                f'say it with columns="{name} = {source} [{unit}]", or with [1] that they are normalised weights'
            )
    largest = float(np.abs(values).max(initial=0.0))
    if 0 < largest < _SMALLEST_WEIGHT:
        raise DataError(
            f"{table.place()}: {table.label(column)} has no unit, and {largest:.3g} at most is no normalised weight; "
            f'say the unit with columns="{name} = {source} [S]"'
        )


def refuse_negative(table: Table, column: Column, values: np.ndarray, name: str = "G") -> None:
    """Refuse conductances below 0.

    Parameters
    ----------
    values : ndarray
        Conductances [S] of the column, (row,); nan where none was read.
    name : str
        memsim's own name of the column, for the message.

    Raises
    ------
    DataError
        A conductance is negative, at its line.
    """
    for row in np.flatnonzero(values < 0)[:1]:
        raise DataError(
            f"{table.place(int(row))}: a conductance of {format_quantity(values[row], 'S', 4)}; conductances cannot be "
            f'negative: turn the sign with columns="{name} = -{table.source(column)}", or correct the zero of the '
            "ammeter"
        )


def ohms(table: Table, column: Column, values: np.ndarray) -> tuple[str, ...]:
    """Note that resistances without a unit are read in Ohm; empty where they have one.

    Raises
    ------
    DataError
        A resistance is smaller than that of a cell: the unit may be another one.
    """
    if column.physical:
        return ()
    row = int(np.argmin(values))
    if values[row] < _LEAST_OHMS:
        raise DataError(
            f"{table.place(row)}: {table.label(column)} has no unit, and {column.cells[row]} Ohm is less than a cell "
            f'has; say the unit with columns="R = {table.source(column)} [kOhm]"'
        )
    return (f"{table.label(column)} has no unit and is read in Ohm",)


def refuse_pulse_voltage(table: Table, voltage: Column, current: Column) -> None:
    """Refuse a voltage beside directions of pulses that may be that of the pulses or that of the reads.

    Raises
    ------
    DataError
        The heading does not say which, and the voltage is too high to be certainly that of a read.
    """
    if "read" in folded(voltage.heading):
        return
    values = np.abs(table.numbers(voltage, "V"))
    row = int(np.argmax(values))
    if values[row] > HIGHEST_READ:
        volts = format_quantity(values[row], "V", 3)
        unit = "" if current.physical else " [A]"
        raise DataError(
            f"{table.place(row)}: {table.label(voltage)} of {volts} may be the voltage of the pulses or of the reads; "
            f'say which with columns="read voltage = {table.source(voltage)}", or state that of the reads, e.g. '
            f'columns="G = {table.source(current)}{unit}/(0.1 [V])"'
        )


def check_size(data: PulseData) -> None:
    """Refuse conductances that no cell has, whose unit must be wrong.

    Raises
    ------
    DataError
        The largest read is above 1 S or below 1 fS.
    """
    largest = max(float(np.nanmax(s.value)) for s in data.sweeps)
    if data.unit == "S" and not _SMALLEST_READ <= largest <= _LARGEST_READ:
        top = format_quantity(largest, "S", 3)
        raise DataError(f"{data.name}: conductances up to {top}; cells have 1 fS to 1 S: check the unit")


def check_polarity(data: PulseData, remedy: str) -> None:
    """Refuse data in which set pulses lower the conductance or reset pulses raise it.

    Parameters
    ----------
    remedy : str
        What to do if both directions are the other way round, for the message.

    Raises
    ------
    DataError
        A direction moves the wrong way by more than its reads scatter.
    """
    wrong = [b for b in range(2) if _wrong_way(data, b)]
    if not wrong:
        return
    words = {0: "set pulses lower the conductance", 1: "reset pulses raise the conductance"}
    first = next(s for s in data.sweeps if s.branch == wrong[0])
    reads = first.value[np.isfinite(first.value)]
    unit = data.unit or "1"
    ends = f"{format_quantity(reads[0], unit, 3)} to {format_quantity(reads[-1], unit, 3)}"
    both = " and ".join(words[b] for b in wrong)
    if len(wrong) == 1:
        remedy = f"check the directions of the {BRANCHES[wrong[0]]} pulses"
    raise DataError(f"{data.name}: {both} (e.g. from {ends} in cycle {first.cycle}); {remedy}")


def check_outliers(data: PulseData) -> None:
    """Refuse single reads that lie far off both neighbours: no model of steps and Gaussian noise describes them.

    Where they are more than one in a hundred, they are a property of the device, as telegraph noise is.

    Raises
    ------
    DataError
        There are such reads; the message names the first.
    """
    axes: list[Callable[[np.ndarray], np.ndarray]] = [lambda y: y]
    if data.axis.first > 0 and data.axis.last >= LOGARITHMIC_FROM * data.axis.first:
        # Over decades, noise often goes with the conductance: reads must lie far off on both axes.
        axes.append(np.log)
    for device in data.devices:
        for branch in range(2):
            sweeps = [s for s in data.sweeps if s.device == device and s.branch == branch]
            places = [(s, int(k)) for s in sweeps for k in np.flatnonzero(np.isfinite(s.value))[1:-1]]
            if len(places) < _ENOUGH:
                continue
            far, times = zip(*(isolated([s.value for s in sweeps], axis) for axis in axes), strict=True)
            alone = np.flatnonzero(np.all(far, axis=0))
            if 0 < len(alone) <= max(1, _FEW * len(places)):
                first = int(alone[0])
                sweep, at = places[first]
                raise DataError(_far_off(data, sweep, at, len(alone), min(float(t[first]) for t in times)))


def isolated(sweeps: Sequence[np.ndarray], axis: Callable[[np.ndarray], np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Which reads lie far off two neighbours that agree, and how many times their scatter, without the ends.

    Parameters
    ----------
    sweeps : sequence of ndarray
        Successive reads, nan where none was made.
    axis : callable
        What is compared of them.

    Returns
    -------
    ndarray of bool, ndarray
        Of the reads between the first and the last of each sweep, (read,).
    """
    reads = [axis(s[np.isfinite(s)]) for s in sweeps]
    span = max(y.max() for y in reads) - min(y.min() for y in reads)
    off = np.concatenate([y[1:-1] - (y[:-2] + y[2:]) / 2 for y in reads])
    apart = np.concatenate([np.abs(y[2:] - y[:-2]) for y in reads])
    if not span:
        return np.zeros(len(off), bool), np.zeros(len(off))
    scale = 1.4826 * float(np.median(np.abs(off))) + 1e-12 * span
    far = (np.abs(off) > max(FAR * scale, FAR_SHARE * span)) & (apart < np.abs(off) / 2)
    return far, np.abs(off) / scale


def _far_off(data: PulseData, sweep: Sweep, at: int, count: int, times: float) -> str:
    value = format_quantity(sweep.value[at], data.unit or "1", 4)
    others = f", one of {count} such reads" if count > 1 else ""
    return (
        f"{data.name}: read {at + 1} of the {BRANCHES[sweep.branch]} pulses of device {sweep.device}, cycle "
        f"{sweep.cycle}, is {value} and lies {times:.0f} times their scatter off the reads beside it{others}; leave "
        "the row out if the read failed"
    )


def _wrong_way(data: PulseData, branch: int) -> bool:
    sign = 1 - 2 * branch
    spans = _spans(data)
    moves = []
    for sweep in data.sweeps:
        reads = sweep.value[np.isfinite(sweep.value)]
        if sweep.branch == branch and len(reads) >= _LONG:
            few = max(1, len(reads) // 10)
            moves.append(sign * (reads[-few:].mean() - reads[:few].mean()) / spans[sweep.device])
    if moves:
        return float(np.mean(moves)) < -_SHARE
    steps = []
    for before, sweep in zip((None, *data.sweeps), data.sweeps, strict=False):
        if sweep.branch == branch:
            start = before.value[-1:] if sweep.follows and before is not None else sweep.value[:0]
            steps += list(sign * np.diff(np.concatenate([start, sweep.value])))
    known = np.array([step for step in steps if np.isfinite(step)])
    return bool(len(known) > 10 and known.mean() < -_SURE * known.std() / np.sqrt(len(known)))


def _spans(data: PulseData) -> dict[str, float]:
    """Range of the reads of each device; 1 where all are the same."""
    ends: dict[str, tuple[float, float]] = {}
    for sweep in data.sweeps:
        low, high = ends.get(sweep.device, (np.inf, -np.inf))
        ends[sweep.device] = min(low, float(np.nanmin(sweep.value))), max(high, float(np.nanmax(sweep.value)))
    return {device: high - low or 1.0 for device, (low, high) in ends.items()}
