"""Conductances of cells by level, of experiments whose targets are levels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from memsim.tasks.program.histograms import LevelSums, level_counts
from memsim.tasks.program.measures import Values
from memsim.tasks.program.programmed import AgingArray


class CellsByLevel:
    """Conductances of the cells of one array by level at each time, over all repeats.

    Parameters
    ----------
    shares : (level,)
        States of the levels as shares of the bounds; empty where targets are no levels.
    bounds : (float, float)
        States w that the shares 0 and 1 are.
    window : Window
        Conductance window of the device.
    times : int
        How many times there are.
    """

    def __init__(self, shares: np.ndarray, bounds: tuple[float, float], window: Any, times: int) -> None:
        self.shares, self.count = shares, len(shares)
        self._times = times
        self._ends: list[list[np.ndarray]] = [[], []]
        self._of_cells: list[np.ndarray] = []
        low, high = bounds
        self._targets = window.min + (low + shares * (high - low)) * window.width
        self._sums = LevelSums(self.count, times, self._targets)

    def add(self, array: AgingArray, level: np.ndarray, time: int) -> None:
        """Add the cells of a repeat with these levels (cell,) at the time with this number."""
        conductance = array.crossbar.conductance.values.astype(float).ravel()
        self._sums.add(conductance, level, time)
        if time == 0:
            self._ends[0].append(conductance.astype(np.float32))
            self._of_cells.append(level)
        if time == self._times - 1:
            self._ends[1].append(conductance.astype(np.float32))

    def values(self) -> Values:
        """Registered variables (level, ...); none of targets that are no levels."""
        if not self.count:
            return {}
        ends = np.stack([np.concatenate(end) for end in self._ends])
        counts, middles = level_counts(ends, np.concatenate(self._of_cells), self.count)
        return {
            "level_target": self._targets,
            "level_mean": self._sums.mean,
            "level_spread": self._sums.spread,
            "level_count": counts,
            "conductance_bin_middle": middles,
        }


def common_levels(arrays: Sequence[Values]) -> Values:
    """Variables by level of all arrays, (array, level, ...): those with fewer levels have NaN beyond their own."""
    most = max((len(values["level_target"]) for values in arrays if values), default=0)

    def whole(values: np.ndarray) -> np.ndarray:
        missing = most - len(values)
        return np.concatenate([values, np.full((missing, *values.shape[1:]), np.nan)]) if missing else values

    bins = "conductance_bin_middle"  # the one without a dimension of levels
    return {
        name: np.stack([values[name] if name == bins else whole(values[name]) for values in arrays])
        for name in arrays[0]
    }
