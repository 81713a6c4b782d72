"""Counts of cells by conductance for each level."""

from __future__ import annotations

import numpy as np

CONDUCTANCE_BINS = 120


class LevelSums:
    """Means and standard deviations of the conductances of each level at each time, over all repeats.

    Parameters
    ----------
    levels, times : int
        How many there are.
    targets : (level,)
        Conductances that were aimed at [S]; sums are of deviations from them, which keeps rounding small.
    """

    def __init__(self, levels: int, times: int, targets: np.ndarray) -> None:
        self._targets = targets
        self._count = np.zeros(levels)
        self._sums = np.zeros((2, levels, times))

    def add(self, conductance: np.ndarray, level: np.ndarray, time: int) -> None:
        """Add the conductances (cell,) [S] of cells with these levels at the time with this number."""
        deviation = conductance - self._targets[level]
        levels = len(self._targets)
        if time == 0:
            self._count += np.bincount(level, minlength=levels)
        for power in (1, 2):
            self._sums[power - 1, :, time] += np.bincount(level, deviation**power, minlength=levels)

    @property
    def mean(self) -> np.ndarray:
        """Mean conductance, (level, time) [S]."""
        mean: np.ndarray = self._targets[:, None] + self._sums[0] / self._count[:, None]
        return mean

    @property
    def spread(self) -> np.ndarray:
        """Standard deviation, (level, time) [S]."""
        mean, square = self._sums / self._count[:, None]
        spread: np.ndarray = np.sqrt(np.maximum(square - mean**2, 0.0))
        return spread


def level_counts(ends: np.ndarray, level: np.ndarray, levels: int) -> tuple[np.ndarray, np.ndarray]:
    """Cells by level and conductance at the first and the last time, and the middles of the bins [S].

    Parameters
    ----------
    ends : (end, cell)
        Conductances at both times [S].
    level : (cell,)
        Their levels.
    levels : int
        How many there are.

    Returns
    -------
    (level, end, conductance_bin), (conductance_bin,)
    """
    low, high = float(ends.min()), float(ends.max())
    room = 0.01 * (high - low) or abs(high) or 1e-12
    edges = np.linspace(max(low - room, 0.0) if low >= 0 else low - room, high + room, CONDUCTANCE_BINS + 1)
    counts = [[np.histogram(end[level == one], edges)[0] for end in ends] for one in range(levels)]
    return np.array(counts, float), (edges[:-1] + edges[1:]) / 2
