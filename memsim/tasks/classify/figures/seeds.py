"""Means over seeds with their intervals, as the figures show them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memsim.metrics.intervals import seed_interval
from memsim.tasks.classify.variables import VARIABLES

if TYPE_CHECKING:
    import xarray as xr


def over_seeds(variable: xr.DataArray, most: int | None = None, factor: float = 1.0) -> np.ndarray:
    """Mean and 95 % interval over seeds of the first learners, (mean-low-high, learner, ...), times a factor."""
    values = np.asarray(variable.transpose("learner", "repeat", ...).values[:most], float)
    bounds = VARIABLES[str(variable.name)].bounds
    # Times the factor after the mean, as in tables: 64.35 % is rounded alike in both.
    return factor * np.stack(seed_interval(values, axis=1, bounds=bounds))


def from_clean(clean: np.ndarray, curve: np.ndarray) -> np.ndarray:
    """A curve (..., level) with its value at level 0 in front."""
    return np.concatenate([clean[..., None], curve], axis=-1)


def carried(values: np.ndarray) -> np.ndarray:
    """Curves over epochs (last axis) whose end is filled with the last value of each, where one ends early."""
    filled = np.array(values, float)
    for epoch in range(1, filled.shape[-1]):
        ended = np.isnan(filled[..., epoch])
        filled[..., epoch][ended] = filled[..., epoch - 1][ended]
    return filled
