"""The figure that suits a result of the task `classify`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memsim.results.dataset import NO_DEVICE, require
from memsim.results.settings import settings_of
from memsim.tasks.classify.figures.products import axis_of
from memsim.tasks.classify.figures.two_settings import swept_settings
from memsim.tasks.classify.schema import ClassifySpec

if TYPE_CHECKING:
    import xarray as xr


def default_figure(dataset: xr.Dataset) -> str:
    """Name of the figure of what an experiment is about.

    Aging, energy where costs are asked for and something is swept, errors of cells beside another setting, analog
    products, devices where they are swept, programming, or all learners.
    """
    require(dataset, "learner")
    settings = settings_of(dataset, ClassifySpec)
    if "time" in dataset.dims:
        return "aging"
    if settings.energy is not None and settings.sweep and "phase_energy" in dataset:
        if settings.energy.accuracy is not None and np.isfinite(dataset["epoch_energy"].values).any():
            return "energy-training"
        if np.isfinite(dataset["inference_energy"].mean("repeat").values).any():
            return "energy"
    if (keys := swept_settings(dataset)) is not None and keys.axis == "programmed.error":
        return "two-settings"
    swept = any(key.split(".")[0] == "array" for key in settings.sweep)
    if swept and axis_of(dataset):
        return "products"
    if "array.device" in settings.sweep and len(set(dataset["device"].values) - {NO_DEVICE}) > 1:
        return "devices"
    return "programming" if "network_pulse_count" in dataset else "classes"
