"""Means over images with their 95 % intervals."""

from __future__ import annotations

import numpy as np

from memsim.metrics.intervals import over_images
from memsim.tasks.memorise.schema import MemoriseSpec
from memsim.tasks.memorise.variables import VARIABLES


def means(name: str, values: np.ndarray, settings: MemoriseSpec) -> np.ndarray:
    """Mean and 95 % interval over the second axis, (mean-low-high, learner, ...); NaN where the mean is not finite.

    Parameters
    ----------
    name : str
        A variable of a result.
    values : (learner, image, ...)
        Its values.
    settings : MemoriseSpec
        Seed and number of resamples, so that the intervals are those of the result.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        columns = np.moveaxis(np.asarray(values, float), 1, 0)[:, None]
        intervals = np.stack(over_images(columns, [VARIABLES[name]], settings.seed, settings.resamples))[:, 0]
    return np.where(np.isfinite(intervals), intervals, np.nan)
