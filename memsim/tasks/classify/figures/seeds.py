"""Means over seeds with their intervals, as the figures show them, and what older results lack."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memsim.metrics.intervals import seed_interval
from memsim.plotting.members import lacks
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


def require_by_severity(dataset: xr.Dataset, figure: str, variable: str) -> None:
    """Refuse a result of a version that did not store a variable about confidence by severity.

    Raises
    ------
    LacksError
        Names the figure, and what makes such a result.
    """
    if variable not in dataset:
        what = "confidence by severity, which the version that made this result did not store"
        raise lacks(dataset, figure, what, "run its experiment again")


def spread_note(dataset: xr.Dataset, marks: str) -> str:
    """What shows the spread over seeds, for the foot of a figure; empty with one seed."""
    seeds = dataset.sizes["repeat"]
    return f"means over {seeds} seeds, {marks}: 95 % intervals" if seeds > 1 else ""
