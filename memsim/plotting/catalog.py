"""All figures by name, and which one suits a result; each is loaded when it is drawn."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from memsim.errors import InputError, nearest

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

_FEW = 3
"""Learners that an overview still shows well."""


@dataclass(frozen=True)
class Drawing:
    """A kind of figure: call it with a Dataset.

    Attributes
    ----------
    description : str
        What it shows, in a line.
    home : str
        Module of `memsim.plotting.figures` and its function, as "module.function".
    """

    description: str
    home: str

    def __call__(self, dataset: xr.Dataset) -> Figure:
        """The figure of a result."""
        module, _, function = self.home.partition(".")
        return getattr(importlib.import_module(f"memsim.plotting.figures.{module}"), function)(dataset)


FIGURES: dict[str, Drawing] = {
    "overview": Drawing("images, what was learned, SNR and difference", "overview.overview"),
    "ranking": Drawing("learners ranked by SNR, beside margin and accuracy", "ranking.ranking"),
    "noise": Drawing("SNR and accuracy against noise, for every noise type", "noise.noise"),
    "sweep": Drawing("SNR, accuracy and margin against a swept setting", "sweep.sweep"),
    "bounds": Drawing("SNR, saturation and weight spread against the bound", "bounds.bounds"),
    "lambda": Drawing("SNR, output difference and margin against lambda", "weighting.weighting"),
    "stability": Drawing("accuracy and SNR against the step size rate |x|^2", "stability.stability"),
    "margins": Drawing("distributions of geometric margin and confidence", "margins.margins"),
    "weights": Drawing("histograms of the weights", "weights.weights"),
    "maps": Drawing("learned conductances, sensitivities of networks", "maps.maps"),
    "samples": Drawing("corrupted copies of the first image", "maps.samples"),
    "classes": Drawing("classification: accuracy and calibration of all learners", "classes.classes"),
    "learning": Drawing("classification: accuracy and lead after every epoch", "learning.learning"),
    "robustness": Drawing("classification: accuracy and SNR against noise", "robustness.robustness"),
    "confusion": Drawing("classification: which class is taken for which", "confusion.confusion"),
    "reliability": Drawing("classification: accuracy by confidence", "reliability.reliability"),
    "devices": Drawing("classification: accuracy against the device", "devices.devices"),
}
"""Name -> function(dataset) -> Figure, with a description in one line."""


def default_figure(dataset: xr.Dataset) -> str:
    """Name of the figure that suits a result: its classes, its sweep, a ranking of many learners, or an overview."""
    from memsim.plotting.figures import bounds, weighting
    from memsim.plotting.members import members
    from memsim.repeat import settings_of, task_of
    from memsim.results import require

    require(dataset, "learner")
    if task_of(dataset) == "classify":
        return "classes"
    settings = settings_of(dataset)
    if any(member.values for member in members(dataset, settings)):
        only = list(settings.sweep) if len(settings.sweep) == 1 else []
        if only == ["array.bounds"] and bounds.groups_of(dataset):
            return "bounds"
        if only == ["training.lambda"] and weighting.groups_of(dataset):
            return "lambda"
        return "sweep"
    return "ranking" if dataset.sizes["learner"] > _FEW else "overview"


def draw(dataset: xr.Dataset, name: str | None = None) -> Figure:
    """A figure of a result.

    Parameters
    ----------
    dataset : xarray.Dataset
        A result of memsim.
    name : str, optional
        One of `FIGURES`; the one that suits the result by default.

    Raises
    ------
    InputError
        If there is no figure of that name.
    OutputError
        If the result does not hold what the figure shows; names an experiment that makes it.
    """
    chosen = default_figure(dataset) if name is None else name
    if chosen not in FIGURES:
        raise InputError(f"unknown figure '{chosen}'{nearest(chosen, FIGURES)}")
    return FIGURES[chosen](dataset)
