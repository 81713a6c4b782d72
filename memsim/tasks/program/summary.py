"""Means over repeats of the task `program`, with their intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memsim.metrics.intervals import Interval, seed_interval
from memsim.results.dataset import require
from memsim.tasks.program.variables import SUMMARISED, VARIABLES

if TYPE_CHECKING:
    import xarray as xr


def summaries(variables: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Means over repeats and their intervals, see `SUMMARISED`, of registered variables (array, ...)."""
    means = {}
    for name, variable in SUMMARISED.items():
        if variable.name not in variables:  # costs that were not asked for
            continue
        values = variables[variable.name]
        values = values[..., -1] if "time" in variable.dims else values
        mean, low, high = seed_interval(values, axis=1, bounds=variable.bounds)
        means[f"{name}_mean"], means[f"{name}_interval"] = mean, np.stack([low, high], axis=-1)
    return means


def over_repeats(dataset: xr.Dataset, name: str) -> Interval:
    """Mean over repeats of a variable (array, repeat, ...) of a result and its interval, (array, ...) each.

    Raises
    ------
    OutputError
        If the result lacks it.
    """
    require(dataset, name)
    return seed_interval(dataset[name].values, axis=1, bounds=VARIABLES[name].bounds)
