"""Single reads that failed: they lie far off the reads before and after them, which agree.

A read is far off if its distance from the mean of both neighbours is more than a fifth of the range of its cell, and
more than 15 times the scatter of such distances, in siemens and relative to the neighbours. For a read that is 0 or
differs by a factor of 3 from both neighbours, which no small noise does, 6 times are enough. Reads that rise or
fall all the way are never far off, however steep they are, and neither is a cell that stays where it went.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from memsim.errors import DataError
from memsim.fit.reading.plausible import FAR, FAR_SHARE
from memsim.fit.reading.table import Table
from memsim.fit.rounding import step_of
from memsim.units import format_quantity

_FEW, _FEW_LOST = 0.01, 0.05
"""Shares of the reads up to which those far off failed, and those that lost the signal; more belong to the cell."""
_LOST, _FAR_LOST = 3.0, 6.0
"""Ratio to both neighbours from which a read has lost the signal, and how many times the scatter is far then."""
_OWN, _ENOUGH, _SURELY = 2, 3, 200
"""Other distances of a cell, and of all cells, that show their scatter; and those of which single ones say nothing."""
_STEPS = 3.0  # steps of rounding, within which a read is not far off


class FarOff(NamedTuple):
    """A read that lies far off both neighbours."""

    series: int
    read: int
    times: float  # its distance, over the scatter
    lost: bool  # whether it is 0 or differs by a factor of 3


def far_off(series: Sequence[np.ndarray], *, ends: bool = False) -> list[FarOff]:
    """Reads that lie far off both neighbours and are few enough to have failed.

    Parameters
    ----------
    series : sequence of ndarray
        Reads of each cell in the order of time, or currents in the order of the voltage.
    ends : bool
        Whether the first and the last read are compared with their only neighbour; else they are not judged.
    """
    reads = [np.concatenate([y[1:2], y, y[-2:-1]]) if ends and len(y) > 1 else y for y in series]
    middle = [(y[:-2] + y[2:]) / 2 for y in reads]
    off = [np.abs(y[1:-1] - m) for y, m in zip(reads, middle, strict=True)]
    level = [float(np.median(np.abs(y))) or float(np.abs(y).mean()) or 1.0 for y in reads]
    shares = (
        [o / one for o, one in zip(off, level, strict=True)],
        [_over(o, m) for o, m in zip(off, middle, strict=True)],
    )
    # Over many reads, single ones change no median.
    scales = [1.4826 * float(np.median(np.concatenate(each))) for each in shares] if any(map(len, off)) else [0.0, 0.0]
    far: list[FarOff] = []
    for n, y in enumerate(reads):
        step = step_of(y)
        apart = np.abs(y[2:] - y[:-2])
        for k in np.flatnonzero((off[n] > max(FAR_SHARE * float(np.ptp(y)), _STEPS * step)) & (apart < off[n] / 2)):
            before, read, after = y[k : k + 3]
            lost = _lost(float(read), float(before), float(after))
            times = [_times(each, n, int(k), scale, lost) for each, scale in zip(shares, scales, strict=True)]
            if min(times) > (_FAR_LOST if lost else FAR):
                far.append(FarOff(n, int(k) + (0 if ends else 1), min(times), lost))
    count = sum(len(y) for y in series)
    if len(far) <= max(1, _FEW * count):
        return far
    without_signal = [each for each in far if each.lost]
    return without_signal if len(without_signal) <= max(1, _FEW_LOST * count) else []


def refuse_failed_reads(
    table: Table, rows: dict[str, np.ndarray], value: np.ndarray, unit: str, *, together: bool = False
) -> None:
    """Refuse single reads that lie far off those before and after them.

    Parameters
    ----------
    rows : dict
        Rows of each series, in the order of time, by what messages call it: "device a".
    value : ndarray
        Reads, (row,).
    unit : str
        That of the reads.
    together : bool
        Whether each device has few reads, of which those at the ends may change fast; all show the scatter.

    Raises
    ------
    DataError
        There are such reads.
    """
    names, places = list(rows), list(rows.values())
    groups = [list(range(len(places)))] if together else [[n] for n in range(len(places))]
    for group in groups:
        far = far_off([value[places[n]] for n in group], ends=not together)
        if far:
            n, first = group[far[0].series], far[0]
            row = int(places[n][first.read])
            others = f", one of {len(far)} such reads" if len(far) > 1 else ""
            times = f"{first.times:.0f} times their scatter" if np.isfinite(first.times) else "far"
            raise DataError(
                f"{table.place(row)}: a read of {names[n]} is {format_quantity(value[row], unit, 4)} and lies "
                f"{times} off the reads beside it{others}; leave the row out if the read failed"
            )


def _over(off: np.ndarray, middle: np.ndarray) -> np.ndarray:
    return off / np.maximum(np.abs(middle), 1e-12 * max(float(np.abs(middle).max(initial=0.0)), 1e-300))


def _times(shares: Sequence[np.ndarray], n: int, k: int, scale: float, lost: bool) -> float:
    """Distance of read k of cell n, over the scatter of those distances to which this read does not belong."""
    rest = shares[n][np.abs(np.arange(len(shares[n])) - k) > 1]
    if sum(map(len, shares)) <= _SURELY:
        others = np.concatenate([rest, *(each for m, each in enumerate(shares) if m != n)])
        # Few reads show no scatter: then a read has failed if it lost the signal.
        if len(others) < _ENOUGH:
            return np.inf if lost else 0.0
        scale = 1.4826 * float(np.median(others))
    if len(rest) >= _OWN:
        scale = max(scale, 1.4826 * float(np.median(rest)))
    elif not lost:
        return 0.0
    return float(shares[n][k] / scale) if scale > 0 else np.inf


def _lost(read: float, before: float, after: float) -> bool:
    sizes = abs(before), abs(after)
    return read * before <= 0 or abs(read) < min(sizes) / _LOST or abs(read) > _LOST * max(sizes)
