"""Metrics of a part of the severities, for results that share only these, and intervals over images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memsim.metrics.intervals import Interval, over_images
from memsim.results.settings import settings_of
from memsim.tasks.memorise.schema import MemoriseSpec
from memsim.tasks.variable import Variable

if TYPE_CHECKING:
    import xarray as xr


def median_ratio(dataset: xr.Dataset) -> xr.DataArray:
    """Median SNR (learner,) over images and the noise types and levels that a Dataset has."""
    return dataset["snr"].median(("image", "noise_type", "noise_level"), skipna=False)


def interval(values: np.ndarray, variable: Variable, dataset: xr.Dataset) -> Interval:
    """Mean over images of values (image,) of a variable and its 95 % interval, by the settings of a result."""
    settings = settings_of(dataset, MemoriseSpec)
    mean, low, high = over_images(values[:, None], [variable], settings.seed, settings.resamples)
    return mean[0], low[0], high[0]
