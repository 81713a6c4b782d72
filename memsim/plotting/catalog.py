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
    task : str
        Task of the results that it shows.
    """

    description: str
    home: str
    task: str = "memorise"

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
    "layers": Drawing("SNR from layer to layer of the hardware, and what each costs", "layers.layers"),
    "maps": Drawing("learned conductances, sensitivities of networks", "maps.maps"),
    "samples": Drawing("corrupted copies of the first image", "maps.samples"),
    "classes": Drawing("accuracy and calibration of all learners", "classes.classes", "classify"),
    "learning": Drawing("accuracy and lead after every epoch", "learning.learning", "classify"),
    "robustness": Drawing("accuracy and SNR against noise", "robustness.robustness", "classify"),
    "confusion": Drawing("which class is taken for which", "confusion.confusion", "classify"),
    "reliability": Drawing("accuracy by confidence", "reliability.reliability", "classify"),
    "devices": Drawing("accuracy against the device", "devices.devices", "classify"),
    "products": Drawing("accuracy and SNR of analog products", "products.products", "classify"),
    "wire-maps": Drawing("what wires do to the cells of a tile", "wire_maps.wire_maps", "classify"),
    "sneak": Drawing("read margin and power of passive arrays against size", "sneak.sneak", "select"),
    "voltages": Drawing("voltages of all cells while one is read", "sneak.voltages", "select"),
    "roofline": Drawing("speed of the kernels beside the machine's limits", "roofline.roofline", "bench"),
}
"""Name -> function(dataset) -> Figure, with a description in one line, task by task."""


def default_figure(dataset: xr.Dataset) -> str:
    """Name of the figure that suits a result: that of its task, products, layers, a sweep, a ranking, an overview."""
    from memsim.plotting.figures import bounds, products, weighting
    from memsim.plotting.members import members
    from memsim.repeat import class_settings_of, settings_of, task_of
    from memsim.results import require

    if task_of(dataset) in ("select", "bench"):
        return "sneak" if task_of(dataset) == "select" else "roofline"
    require(dataset, "learner")
    if task_of(dataset) == "classify":
        swept = any(key.split(".")[0] == "array" for key in class_settings_of(dataset).sweep)
        return "products" if swept and products.axis_of(dataset) else "classes"
    settings = settings_of(dataset)
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
    from memsim.plotting.members import lacks
    from memsim.repeat import task_of

    chosen = default_figure(dataset) if name is None else name
    if chosen not in FIGURES:
        raise InputError(f"unknown figure '{chosen}'{nearest(chosen, FIGURES)}")
    drawing, task = FIGURES[chosen], task_of(dataset)
    if task != drawing.task:
        fitting = ", ".join(other for other, one in FIGURES.items() if one.task == task)
        raise lacks(dataset, chosen, f"a result of the task '{drawing.task}'", f"of '{task}', draw one of: {fitting}")
    return drawing(dataset)
