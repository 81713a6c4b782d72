"""The figure that suits a result of the task `memorise`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memsim.plotting.members import members
from memsim.results.dataset import require
from memsim.results.settings import settings_of
from memsim.tasks.memorise.figures import bounds, weighting
from memsim.tasks.memorise.schema import MemoriseSpec

if TYPE_CHECKING:
    import xarray as xr

_FEW = 3
"""Learners that an overview still shows well."""


def default_figure(dataset: xr.Dataset) -> str:
    """Name of the figure: layers of the hardware, a sweep, a ranking of many learners, or an overview of few."""
    require(dataset, "learner")
    settings = settings_of(dataset, MemoriseSpec)
    if any(learner.array.ideal for learner in settings.learners):
        return "layers"
    if any(member.values for member in members(dataset, settings)):
        only = list(settings.sweep) if len(settings.sweep) == 1 else []
        if only == ["array.bounds"] and bounds.groups_of(dataset):
            return "bounds"
        if only == ["training.lambda"] and weighting.groups_of(dataset):
            return "lambda"
        return "sweep"
    return "ranking" if dataset.sizes["learner"] > _FEW else "overview"
