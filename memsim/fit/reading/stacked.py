"""Trains of one direction that stand one below the other without numbers: where reads jump back to their beginning."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from memsim.errors import DataError
from memsim.fit.pulses.data import FEWEST
from memsim.fit.pulses.models import BRANCHES
from memsim.fit.reading.table import Table

_SHORTEST = 5  # reads of a train
_BACK = 0.4  # of the range, by which reads jump back where a train begins; assumed
_LASTING = 0.2  # of the range, by which the reads beside the jump differ, too: one failed read is no train
_SURE = 6.0  # standard errors of the mean jump, from which on equal distances of jumps are no chance
_CLEAR = 6.0  # scatter of the steps, from which on a single jump is one
_BEYOND = 1.5  # of the steps forwards: reads that jump both ways scatter


def trains_below(
    table: Table, rows: Sequence[Sequence[int]], values: Sequence[np.ndarray]
) -> tuple[list[list[list[int]]], tuple[str, ...]]:
    """Rows of each train of a set part and of a reset part of a table, (2, train), and a note where there are several.

    Where all jumps back of a direction have the same distance, trains begin there. A direction as long as the other one
    has the same trains.

    Parameters
    ----------
    rows : sequence of (sequence of int)
        Rows of set and of reset reads, (2, read).
    values : sequence of ndarray
        These reads, in any unit.

    Raises
    ------
    DataError
        Reads jump back at other distances: several trains may stand one below the other.
    """
    reads = [sign * y for sign, y in zip((1, -1), values, strict=True)]
    jumps, periods = [_jumps(y) for y in reads], [_period(y) for y in reads]
    if len(reads[0]) == len(reads[1]):
        if not any(periods) and all(map(np.ptp, reads)):
            # Both directions together scatter less.
            periods = [_period(sum(y / np.ptp(y) for y in reads))] * 2
        # A first pulse that crosses the whole window hides where its train begins.
        periods = [period or (0 if len(at) else max(periods)) for period, at in zip(periods, jumps, strict=True)]
    sizes = [period or max(1, len(y)) for period, y in zip(periods, reads, strict=True)]
    trains = [
        [list(own[at : at + size]) for at in range(0, len(own), size)] for own, size in zip(rows, sizes, strict=True)
    ]
    doubtful = [b for b in range(2) if not periods[b] and len(jumps[b])]
    if len(trains[0]) != len(trains[1]) and any(periods):
        doubtful.append(int(np.argmax([len(own) for own in trains])))
    names = "" if table.header else "up = #1, down = #2, "
    whole = f'columns="{names}cycle = {len(table.lines)} rows"'
    if doubtful:
        branch = doubtful[0]
        at = int(jumps[branch][0]) if len(jumps[branch]) else periods[branch] - 1
        raise DataError(
            f"{table.place(rows[branch][at + 1])}: reads of {BRANCHES[branch]} pulses jump back from "
            f"{values[branch][at]:.4g} to {values[branch][at + 1]:.4g}: several trains may stand one below the other; "
            f"number the pulses or the cycles in a further column, or say with {whole} that it is one train"
        )
    if not any(periods):
        return trains, ()
    length = f"{sizes[0]}" if sizes[0] == sizes[1] else f"{sizes[0]} and {sizes[1]}"
    return trains, (
        f"reads jump back every {length} rows: {len(trains[0])} trains of each direction stand one below the other and "
        f"are read as cycles; {whole} reads one train",
    )


def _period(y: np.ndarray) -> int:
    """Reads of each of several trains of equal length, all of which rise; 0 where nothing shows any."""
    span = float(np.ptp(y)) if len(y) else 0.0
    if len(y) < FEWEST or not span:
        return 0
    steps = np.diff(y) / span
    for period in np.flatnonzero(-steps > _BACK / 2) + 1:
        if not _SHORTEST <= period <= len(y) - _SHORTEST:
            continue
        at = np.arange(period - 1, len(steps), period)
        if len(y) % period and (len(at) < 2 or len(y) % period < 2):
            continue
        if -np.median(steps[at]) < _BACK or not _lasts(y / span, at):
            continue
        within = np.delete(steps, at)
        if within.mean() - steps[at].mean() > _SURE * within.std() / np.sqrt(len(at)):
            return int(period)
    return 0


def _lasts(y: np.ndarray, at: np.ndarray) -> bool:
    """Whether the read before each jump and the one after it also differ, on average."""
    at = at[at + 2 < len(y)]
    return bool(len(at)) and min(float((y[at - 1] - y[at + 1]).mean()), float((y[at] - y[at + 2]).mean())) > _LASTING


def _jumps(y: np.ndarray) -> np.ndarray:
    """Reads after which the next ones lie lower by a good part of the range and by far more than steps scatter."""
    span = float(np.ptp(y)) if len(y) else 0.0
    if len(y) < FEWEST or not span:
        return np.empty(0, int)
    steps = np.diff(y) / span
    scatter = 1.4826 * float(np.median(np.abs(steps - np.median(steps))))
    forwards = float(np.sort(steps)[-2])  # the largest one may come from a failed read
    at = np.flatnonzero(-steps > max(_BACK, _CLEAR * scatter, _BEYOND * forwards))
    at = at[(at >= _SHORTEST - 1) & (at < len(y) - 2)]
    return np.array([k for k in at if _lasts(y / span, np.array([k]))], int)
