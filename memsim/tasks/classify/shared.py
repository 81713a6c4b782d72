"""Metrics of a part of the severities, for results that share only these."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memsim.metrics.classes import mean_corruption_error
from memsim.results.settings import settings_of
from memsim.tasks.classify.schema import ClassifySpec

if TYPE_CHECKING:
    import xarray as xr


def corruption_errors(dataset: xr.Dataset) -> xr.DataArray:
    """Mean corruption error (learner, repeat) over the noise types and levels that a Dataset has."""
    noisy = dataset["noisy_accuracy"].transpose("learner", "repeat", "noise_type", "noise_level")
    labels = [str(label) for label in dataset["learner"].values]
    errors = 1.0 - noisy.values
    reference = errors[labels.index(settings_of(dataset, ClassifySpec).reference_label)]
    values = np.asarray(mean_corruption_error(errors, reference))
    return noisy.isel(noise_type=0, noise_level=0, drop=True).copy(data=values)
