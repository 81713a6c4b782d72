"""The figure that suits a result of the task `classify`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memsim.results.dataset import require
from memsim.results.settings import settings_of
from memsim.tasks.classify.figures.products import axis_of
from memsim.tasks.classify.schema import ClassifySpec

if TYPE_CHECKING:
    import xarray as xr


def default_figure(dataset: xr.Dataset) -> str:
    """Name of the figure of what an experiment is about: aging, programming, analog products, or all learners."""
    require(dataset, "learner")
    if "time" in dataset.dims:
        return "aging"
    swept = any(key.split(".")[0] == "array" for key in settings_of(dataset, ClassifySpec).sweep)
    if swept and axis_of(dataset):
        return "products"
    return "programming" if "network_pulse_count" in dataset else "classes"
