"""A small task of another package: the ratio of both ends of a device's window, and numbers drawn for each cell."""

from __future__ import annotations

import dataclasses
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from memsim.document.fields import Count, Place, Section
from memsim.experiments.learners import ComparedBase
from memsim.experiments.schema import ExperimentSpec
from memsim.kernels.fill import fill
from memsim.philox import Stream
from memsim.tasks.base import Coordinate, Drawing, Metric, Panel, Task
from memsim.tasks.job import Computed, Job
from memsim.tasks.variable import Variable


class CellArraySpec(Section):
    """The device of a cell."""

    device: Place


class CellSpec(ComparedBase):
    """One cell."""

    KINDS: ClassVar[tuple[tuple[str, ...], ...]] = (("array",),)
    NAMES: ClassVar[tuple[str, ...]] = ("cell",)

    array: CellArraySpec


class WindowsSpec(ExperimentSpec):
    """Cells, and how many numbers are drawn for each."""

    COMPARED: ClassVar[str] = "cell"

    task: Literal["windows"] = "windows"
    cells: Annotated[list[CellSpec], Field(min_length=1, max_length=1000)]
    draws: Annotated[int, Count(1, 100)] = 1


def run(job: Job) -> Computed:
    """The variables of all cells."""
    spec = job.experiment.spec
    windows = [entry.device.spec.conductance for entry in job.entries]
    drawn = fill("uniform", (1, len(windows), spec.draws), seed=spec.seed, stream=Stream.BACKGROUND)[0]
    ratios = np.array([window.max / window.min for window in windows])
    return Computed({"on_off_ratio": ratios, "drawn": drawn}, {"draw": np.arange(spec.draws)})


def print_overview(dataset):
    """Print the ratio of every cell."""
    for name, ratio in zip(dataset.cell.values, dataset.on_off_ratio.values, strict=True):
        print(f"{name} {ratio:.1f}")


def print_metrics(dataset):
    """Print the same in words."""
    for name, ratio in zip(dataset.cell.values, dataset.on_off_ratio.values, strict=True):
        print(f"ratio of {name}: {ratio:.1f}")


def print_notes(dataset):
    """Print how many numbers were drawn."""
    print(f"Draws    {dataset.sizes['draw']} of each cell")


def ratios(dataset):
    """Figure with a bar for every cell."""
    from matplotlib.figure import Figure

    figure = Figure()
    figure.add_subplot().bar(dataset.cell.values, dataset.on_off_ratio.values)
    return figure


TASK = Task(
    name="windows",
    schema=WindowsSpec,
    run=run,
    variables={
        "on_off_ratio": Variable("on_off_ratio", ("cell",), "1", "on/off ratio", "largest over smallest conductance"),
        "drawn": Variable("drawn", ("cell", "draw"), "1", "drawn number", "uniform in (0, 1]"),
    },
    coordinates={
        "cell": Coordinate("cell", "name of the cell"),
        "draw": Coordinate("draw", "number of the draw", "1"),
    },
    figures={"ratios": Drawing("on/off ratio of every cell", ratios)},
    default_figure=lambda dataset: "ratios",
    print_overview=print_overview,
    print_metrics=print_metrics,
    print_notes=print_notes,
    metrics=(Metric("on_off_ratio", "on/off ratio"),),
    panels=(Panel("on_off_ratio", "on/off ratio", axis="ratio"),),
)
OTHER = dataclasses.replace(TASK, name="other")
SAME = dataclasses.replace(TASK, variables={"snr": Variable("snr", ("cell",), "dB", "ratio", "of another kind")})
