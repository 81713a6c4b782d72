"""Accuracy against the energy of a training: the epochs of a learner, its look, and the legend of all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.experiments.devices import DEVICE
from memsim.experiments.schema import label
from memsim.metrics.intervals import seed_interval
from memsim.plotting.curves import curve, named
from memsim.plotting.members import Member
from memsim.plotting.style import learner_style
from memsim.results.dataset import NO_DEVICE
from memsim.tasks.classify.variables import VARIABLES

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

_DASHES: Sequence[Any] = ("-", (0, (5, 1.5)), (0, (1, 1)), (0, (6, 1, 1, 1)), (0, (3, 3)), (0, (1, 3)))
_LARGE = 7
"""Size of the marker at the energy until the accuracy [point]."""


class Course:
    """The training of a learner, with energies in a unit.

    Parameters
    ----------
    dataset : xarray.Dataset
        A result with costs.
    member : Member
        The learner.
    factor : float
        Energies are multiplied by it.
    look : dict
        Colour, marker and dashes.
    """

    def __init__(self, dataset: xr.Dataset, member: Member, factor: float, look: dict[str, Any]) -> None:
        learner = dataset.isel(learner=member.number)
        self.dataset, self.member, self.factor, self.look = dataset, member, factor, look
        energies = factor * _mean(learner.epoch_energy.values)
        accuracies = 100 * _shares(learner.epoch_validation_accuracy.values)
        known = np.isfinite(energies) & np.isfinite(accuracies[0])
        self.energies, self.accuracies = energies[known], accuracies[:, known]
        self.repeats = dataset.sizes["repeat"]
        self.range = factor * learner.energy_to_accuracy_range.values
        self.programmed = "programmed" in member.spec.sections

    @property
    def drawn(self) -> bool:
        """Whether it has epochs, or is a programmed network."""
        return self.programmed or len(self.energies) > 0

    @property
    def kind(self) -> str:
        """Its name and the values of the sweep, without its device; of a programmed network the name alone."""
        if self.programmed:
            return self.member.name_without(DEVICE)
        others = {key: value for key, value in self.member.values.items() if key != DEVICE}
        return label(self.member.name_without(DEVICE), others)

    def until(self) -> np.ndarray:
        """Energy until the accuracy in each repeat that reaches it, (repeat,)."""
        energies = self.factor * self.dataset.energy_to_accuracy.values[self.member.number]
        return energies[np.isfinite(energies)]

    def draw_epochs(self, axes: Axes, text: str) -> None:
        """Accuracy against energy, epoch by epoch, and a large marker on the line at the energy until the accuracy."""
        if not len(self.energies):
            return
        curve(axes, self.energies, self.accuracies, {**self.look, "markersize": 2.0}, named(text))
        reached = self.until()
        if len(reached):
            energy = reached.mean()
            height = np.interp(np.log(energy), np.log(self.energies), self.accuracies[0])
            rim: dict[str, Any] = {
                "markeredgecolor": "white",
                "markeredgewidth": 0.5,
                "markersize": _LARGE,
                "zorder": 3,
            }
            axes.plot(energy, height, self.look["marker"], color=self.look["color"], **rim)


def looks_of(shown: Sequence[Member], devices: Sequence[str]) -> list[dict[str, Any]]:
    """Colours and markers by device, dashes by name; what runs on no device is black."""
    known = [name for name in dict.fromkeys(devices[member.number] for member in shown) if name != NO_DEVICE]
    kinds: dict[bool, list[str]] = {True: [], False: []}
    looks = []
    for member in shown:
        device = devices[member.number]
        alike = kinds[device == NO_DEVICE]
        if member.template not in alike:
            alike.append(member.template)
        look = {"color": "black", "marker": "*"} if device == NO_DEVICE else learner_style(known.index(device))
        looks.append({**look, "linestyle": _DASHES[alike.index(member.template) % len(_DASHES)]})
    return looks


def draw_programmed(axes: Axes, course: Course, shown: Sequence[Member], text: str) -> None:
    """A programmed network at the energy of the training of its network and of its programming."""
    member, dataset, colour = course.member, course.dataset, course.look["color"]
    if not course.programmed or "processor_energy" not in dataset:
        return
    sources = [other for other in shown if other.spec.name == member.spec.programmed.learner]
    alike = [other for other in sources if all(member.values.get(key) == value for key, value in other.values.items())]
    if not alike:
        return
    trained = dataset.processor_energy.sel(phase="training").values[alike[0].number]
    energy = course.factor * _mean(trained + dataset.phase_energy.sel(phase="programming").values[member.number])
    accuracy = 100 * _shares(dataset.validation_accuracy.values[member.number])
    if np.isfinite(energy):
        point = {"color": colour, "marker": course.look["marker"], "markerfacecolor": "white"}
        axes.plot([energy], accuracy[:1], **point, markersize=5.5, linestyle="none", zorder=3, label=named(text))
        axes.vlines(energy, *accuracy[1:], color=colour, linewidth=0.8)


def legend_of(courses: Sequence[Course], devices: Sequence[str]) -> tuple[list[Any], list[str]]:
    """Handles and labels: a line for each kind of learner, and a marker for each device."""
    from matplotlib.lines import Line2D

    entries: dict[str, Any] = {}
    for course in courses:
        look = {"color": "black", "linewidth": 1.2, "linestyle": course.look["linestyle"], "marker": ""}
        if course.programmed:
            look |= {"linestyle": "none", "marker": "o", "markerfacecolor": "white", "markersize": 5.5}
        elif devices[course.member.number] == NO_DEVICE:
            look |= {"marker": "*"}
        entries.setdefault(course.kind, Line2D([], [], **look))
    for course in courses:
        device = devices[course.member.number]
        if device != NO_DEVICE:
            point = {"color": course.look["color"], "marker": course.look["marker"], "markersize": 6}
            entries.setdefault(device, Line2D([], [], linestyle="none", **point))
    return list(entries.values()), [named(text) for text in entries]


def _mean(values: np.ndarray) -> np.ndarray:
    """Mean over repeats (first axis) of those that are known; NaN where none is."""
    known = np.isfinite(values)
    count = known.sum(0)
    return np.where(count > 0, np.where(known, values, 0.0).sum(0) / np.maximum(count, 1), np.nan)


def _shares(values: np.ndarray) -> np.ndarray:
    """Mean and interval of accuracies over repeats (first axis), (mean-low-high, ...)."""
    return np.stack(seed_interval(values, axis=0, bounds=VARIABLES["validation_accuracy"].bounds))
