"""What measured pulses cannot be: counts, negative conductances, set pulses that lower the conductance."""

from __future__ import annotations

import numpy as np

from memsim.errors import DataError
from memsim.fit.data import PulseData
from memsim.fit.models import BRANCHES
from memsim.fit.table import Column, Table
from memsim.units import format_quantity

_LONG = 5  # reads of a sweep whose ends are compared
_SHARE = 0.2  # of the range of all reads that sweeps move the wrong way on average
_SURE = 4.0  # standard errors of the mean step of short sweeps


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
            "--columns which column does"
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
            f'negative: turn the sign with --columns "{name} = -{column.written or "#1"}", or correct the zero of the '
            "ammeter"
        )


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
