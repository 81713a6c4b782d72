"""Independent values of a metric of a task, such as the accuracy of each repeat."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memsim.metrics.severities import is_noise
from memsim.results.settings import any_settings_of, kind_of
from memsim.tasks.base import Metric, load_object
from memsim.tasks.coordinates import SEVERITY

if TYPE_CHECKING:
    import xarray as xr


def values_of(dataset: xr.Dataset, metric: Metric, place: int, part: str = "") -> np.ndarray | None:
    """Values (sample,) of a metric of one of the compared; one number () of a median; None if a result has none."""
    sampled = kind_of(dataset).sampled
    if metric.source not in dataset:
        return None
    if metric.values is not None:
        values = load_object(metric.values)(dataset)
    else:
        values = dataset[metric.source].astype(float)
        if "noise_level" in values.dims and is_noise(dataset["noise_level"].values).any():
            values = values.isel(noise_level=is_noise(dataset["noise_level"].values))
        values = values.mean([dimension for dimension in SEVERITY if dimension in values.dims], skipna=False)
    if "time" in values.dims:
        if not values.sizes["time"]:
            return None
        values = values.isel(time=-1)
    if part:
        dimension = str(dataset[metric.variable].dims[1])
        values = values.sel({dimension: part}) if dimension in values.dims else values
    values = values.isel({any_settings_of(dataset).COMPARED: place})
    return np.asarray(values.values, float) if values.dims in ((), (sampled,)) else None
