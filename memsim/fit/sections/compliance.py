"""Points of a sweep that say nothing of the cell: single glitches, and currents at a compliance limit."""

from __future__ import annotations

import numpy as np

from memsim.errors import DataError
from memsim.fit.reading.table import Table
from memsim.fit.sections.failed_reads import far_off
from memsim.units import format_quantity

_BEYOND = 5.0
"""Scatter within which currents are equal, and how many times it the current must have been about to rise; assumed."""
_EQUAL = 1e-3
"""The same of the current; assumed."""
_BEFORE = 2
"""Intervals below the limit that show how fast the current rises."""


def refuse_glitches(table: Table, name: str, at: np.ndarray, v: np.ndarray, i: np.ndarray) -> None:
    """Refuse single currents that lie far off those at the voltages before and after.

    Parameters
    ----------
    at : ndarray
        Rows of the device (point,).
    v, i : ndarray
        Voltages [V] and currents [A] of its points.

    Raises
    ------
    DataError
        There are such currents.
    """
    runs = [run for run in np.split(np.arange(len(v)), turns(v) + 1) if len(run) >= 3]
    if sum(map(len, runs)) < len(v) / 2:
        runs = [np.argsort(v, kind="stable")]
    far = far_off([i[run] for run in runs])
    if far:
        point = int(runs[far[0].series][far[0].read])
        others = f", one of {len(far)} such points" if len(far) > 1 else ""
        raise DataError(
            f"{table.place(int(at[point]))}: the current of device {name} at {format_quantity(v[point], 'V', 4)} is "
            f"{format_quantity(i[point], 'A', 4)} and lies far off those at the voltages beside it{others}; leave the "
            "row out if the measurement failed"
        )


def turns(v: np.ndarray) -> np.ndarray:
    """Points after which the voltage changes its direction (turn,)."""
    return np.flatnonzero(np.diff(np.sign(np.diff(v)))) + 1


def at_compliance(v: np.ndarray, i: np.ndarray) -> tuple[np.ndarray, float]:
    """Which points lie at a limit of the current (point,), and this limit [A].

    The currents at the highest voltages of one polarity are equal there, although the current rose just before.
    """
    cut, limit = np.zeros(len(v), bool), 0.0
    for polarity in (1.0, -1.0):
        side = np.flatnonzero(polarity * v > 0)
        x, place, count = np.unique(np.abs(v[side]), return_inverse=True, return_counts=True)
        y = np.bincount(place, polarity * i[side]) / count if len(side) else np.empty(0)
        first = _first_cut(x, y)
        if first < len(x):
            cut[side[place >= first]] = True
            limit = max(limit, float(y[-1]))
    return cut, limit


def _first_cut(x: np.ndarray, y: np.ndarray) -> int:
    """First of the points whose current is that at the highest voltage; their number where the current has no limit."""
    if len(x) < _BEFORE + 4:
        return len(x)
    absolute, relative = _noise(x, y)
    for first in range(_BEFORE + 1, len(x) - 1):
        level = y[first:]
        top = float(np.abs(level).max())
        equal = max(_BEYOND * max(absolute, relative * top), _EQUAL * top)
        width = float(x[first - 1] - x[first - 1 - _BEFORE])
        slope = float(y[first - 1] - y[first - 1 - _BEFORE]) / width
        # A slope of few points says nothing about voltages far away.
        rise = slope * min(float(x[-1] - x[first]), width)
        if rise > _BEYOND * equal and float(np.ptp(level)) <= equal and float(level.max()) > y[:first].max() - equal:
            return first
    return len(x)


def _noise(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Standard deviations of points, and of points over their size, beside parabolas: robust, by the median."""
    at = np.stack([x[k : len(x) - 3 + k] for k in range(4)])
    weights = np.stack([1 / np.prod([at[k] - at[j] for j in range(4) if j != k], axis=0) for k in range(4)])
    rest = np.abs((weights * np.stack([y[k : len(y) - 3 + k] for k in range(4)])).sum(0))
    rest /= np.sqrt((weights**2).sum(0))
    sizes = np.maximum(np.abs(y[1:-2]), 1e-12 * float(np.abs(y).max()) + 1e-300)
    return float(np.median(rest)) / 0.6745, float(np.median(rest / sizes)) / 0.6745
