"""A voltage sweep as it was measured: signed currents, and whether it is one curve or a hysteresis loop."""

from __future__ import annotations

import numpy as np

from memsim.errors import DataError
from memsim.fit.reading.headings import folded
from memsim.fit.reading.places import device_column
from memsim.fit.reading.sweep_columns import CURRENT, VOLTAGE, required_iv_columns
from memsim.fit.reading.table import Table
from memsim.fit.sections.compliance import at_compliance, refuse_glitches, turns
from memsim.fit.sections.section import at_least, by_device
from memsim.units import format_quantity

_LEAST = 8
_MOST_SWEEPS, _MOST_POINTS = 100, 20_000
"""Devices, and points of one device, for which a fit ends within minutes."""
_LOOP, _BEYOND = 0.02, 5.0
"""Distance of two branches that makes a loop: of the current, and of its scatter; assumed."""

_RUN, _OTHER = 6, 0.2
"""Points of a sweep, and distance of two sweeps, of the current, from which on they are of different cells; assumed."""
_NEAR, _OFFSET = 0.03, 0.3
"""Share of the largest voltage that is near 0 V, and of the largest current that a cell cannot have there."""


def signed_sweeps(table: Table) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray, list[str]]:
    """Rows of each device, voltages [V], currents [A] with their signs, and notes.

    Magnitudes of currents beside voltages of both signs get the sign of the voltage: a cell is passive.

    Raises
    ------
    DataError
        Columns are missing, a device has too few points, there are too few voltages, currents flow against the voltage,
        a single current lies far off those beside it, or the sweep of a device is a hysteresis loop.
    """
    volts, column = required_iv_columns(table)
    voltage, current = table.numbers(volts, "V"), table.numbers(column, "A")
    rows = by_device(table)
    at_least(table, rows, _LEAST, "points")
    if len(rows) > _MOST_SWEEPS:
        raise DataError(f"{table.name}: sweeps of {len(rows):,} devices; at most {_MOST_SWEEPS} are fitted")
    for name, at in rows.items():
        if len(at) > _MOST_POINTS:
            where = f"{table.name}:{table.lines[at[_MOST_POINTS]]}"
            raise DataError(
                f"{where}: {len(at):,} points of device {name}; at most {_MOST_POINTS:,} are fitted: thin them"
            )
    if len(np.unique(np.abs(voltage))) < 3:
        raise DataError(
            f"{table.name}: fewer than three different voltages; the form of the current needs more. For reads of "
            "one voltage, say kind='read-noise' or kind='pulses'"
        )
    names = {folded(name) for name in (*VOLTAGE, *CURRENT)}
    guessed = [each for each in (volts, column) if table.header and folded(each.heading) not in names]
    notes = [f"{table.label(each)} is read as the {'voltage' if each is volts else 'current'}" for each in guessed]
    if (voltage < 0).any() and (voltage > 0).any() and (current >= 0).all():
        current = np.copysign(current, voltage)
        label = table.label(column) if table.header else "the current"
        notes.append(f"{label} has no negative value: each current gets the sign of its voltage")
    for name, at in rows.items():
        v, i = voltage[at], current[at]
        if not np.abs(i).max() > 0:
            raise DataError(f"{table.name}:{table.lines[at[0]]}: all currents are 0")
        refuse_glitches(table, name, at, v, i)
        if float(v @ i) < 0:
            raise DataError(
                f"{table.name}:{table.lines[at[0]]}: the current of device {name} flows against the voltage; reverse "
                "the sign of one column"
            )
        near = np.flatnonzero((np.abs(v) < _NEAR * np.abs(v).max()) & (np.abs(i) > _OFFSET * np.abs(i).max()))
        if len(near):
            raise DataError(
                f"{table.name}:{table.lines[at[near[0]]]}: a current of {_amperes(i[near[0]])} at "
                f"{_volts(v[near[0]])}; the current of a cell vanishes at 0 V: subtract the offset, or leave "
                "out what a compliance limit cut"
            )
        _no_loop(table, name, at, v, i)
        notes += _one_curve(table, name, at, v, i)
        cut, limit = at_compliance(v, i)
        if cut.any():
            rows[name] = at[~cut]
            begin = format_quantity(float(np.abs(v[cut]).min()), "V", 3)
            notes.append(
                f"{cut.sum()} points of device {name} are left out: at all voltages from {begin} on, their currents "
                f"are {format_quantity(limit, 'A', 3)}, a compliance limit"
            )
    at_least(table, rows, _LEAST, "points below the compliance limit")
    return rows, voltage, current, notes


def _no_loop(table: Table, name: str, at: np.ndarray, v: np.ndarray, i: np.ndarray) -> None:
    """Refuse a sweep whose current at one voltage differs between a rising and a falling magnitude of the voltage."""
    gap = _largest_gap(v, i)
    if gap is None:
        return
    row, rising, falling = gap
    raise DataError(
        f"{table.name}:{table.lines[at[row]]}: at {_volts(v[row])} the current of device {name} is {_amperes(rising)} "
        f"while the magnitude of the voltage grows and {_amperes(falling)} while it falls: a hysteresis loop, in which "
        "the state changes, so the current is no function of the voltage; keep the rows of one branch below the "
        "switching voltage"
    )


def _one_curve(table: Table, name: str, at: np.ndarray, v: np.ndarray, i: np.ndarray) -> list[str]:
    """Note that the sweeps of a device differ.

    Raises
    ------
    DataError
        They differ by far: they are those of several cells or states.
    """
    runs = [run for run in np.split(np.arange(len(v)), turns(v) + 1) if len(run) >= _RUN]
    first, worst = runs[0] if runs else np.arange(0), (0.0, 0, 0)
    for run in runs[1:]:
        x, y = _curve(v[first], i[first])
        points = run[(v[run] >= x[0]) & (v[run] <= x[-1])]
        if len(points) < _RUN:
            continue
        distance = i[points] - np.interp(v[points], x, y)
        beside = np.hypot(_scatter(x, y), _scatter(*_curve(v[run], i[run])))
        if float(np.sqrt((distance**2).mean())) > _BEYOND * beside:
            place = int(np.argmax(np.abs(distance)))
            share = float(np.sqrt((distance**2).sum() / np.maximum(i[points] ** 2, (i[points] - distance) ** 2).sum()))
            worst = max(worst, (share, int(points[place]), int(run[0])))
    share, point, begin = worst
    if share < _LOOP:
        return []
    differ = f"sweeps of device {name} differ by {format_quantity(share, '%', 2)} of the current"
    if share < _OTHER:
        return [f"{differ}: one curve stands for all of them, and its intervals are too narrow"]
    own, count = device_column(table), len(table.lines)
    groups = [table.source(c) for c in table.columns if c is not own and 1 < len(set(c.cells)) <= count // _RUN]
    whole = [table.source(own), *groups[:1]] if own is not None else groups[:1]
    names = f'columns="device = {" + ".join(whole)}"' if groups and all(whole) else "a column 'device'"
    raise DataError(
        f"{table.place(int(at[begin]))}: {differ} (here another begins; {_amperes(i[point])} at {_volts(v[point])}): "
        f"name several cells or states with {names}, or keep the rows of one"
    )


def _volts(value: float) -> str:
    return format_quantity(value, "V", 4)


def _amperes(value: float) -> str:
    return format_quantity(value, "A", 3)


def _largest_gap(v: np.ndarray, i: np.ndarray) -> tuple[int, float, float] | None:
    """Point at which a rising and a falling branch differ most, of their current; None for a single curve.

    Branches are compared by polarity. They form a loop if the root mean square of their distance is more than 2 % of
    the current and more than 5 times the scatter of neighbouring points around straight lines.
    """
    away = np.empty(len(v), bool)
    step = np.diff(np.abs(v))
    away[1:], away[0] = step > 0, step[0] > 0
    best: tuple[float, int, float, float] | None = None
    for polarity in (1.0, -1.0):
        side = polarity * v > 0
        grows, returns = np.flatnonzero(side & away), np.flatnonzero(side & ~away)
        if len(grows) < 4 or len(returns) < 4:
            continue
        x, y = _curve(np.abs(v[returns]), i[returns])
        points = grows[(np.abs(v[grows]) >= x[0]) & (np.abs(v[grows]) <= x[-1])]
        if len(points) < 4:
            continue
        other = np.interp(np.abs(v[points]), x, y)
        distance = i[points] - other
        size = np.maximum(np.abs(i[points]), np.abs(other))
        beside = np.hypot(_scatter(*_curve(np.abs(v[grows]), i[grows])), _scatter(x, y))
        share = float(np.sqrt((distance**2).sum() / (size**2).sum()))
        if share < _LOOP or float(np.sqrt((distance**2).mean())) < _BEYOND * beside:
            continue
        place = int(np.argmax(np.abs(distance)))
        if best is None or share > best[0]:
            best = share, int(points[place]), float(i[points[place]]), float(other[place])
    return None if best is None else best[1:]


def _curve(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points in ascending order, the mean of those at one voltage."""
    at, place, count = np.unique(x, return_inverse=True, return_counts=True)
    return at, np.bincount(place, y) / count


def _scatter(x: np.ndarray, y: np.ndarray) -> float:
    """Standard deviation of points beside straight lines between their neighbours: robust, by the median."""
    if len(x) < 4:
        return 0.0
    share = (x[1:-1] - x[:-2]) / (x[2:] - x[:-2])
    rest = y[1:-1] - (1 - share) * y[:-2] - share * y[2:]
    return float(np.median(np.abs(rest) / np.sqrt(1 + share**2 + (1 - share) ** 2)) / 0.6745)
