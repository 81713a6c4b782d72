"""Accuracy against the energy of a training, and what the energy until an accuracy consists of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.metrics.intervals import seed_interval
from memsim.plotting.axis import logarithmic_axis
from memsim.plotting.curves import MAX_LINES, curve, named
from memsim.plotting.members import Member, lacks, members
from memsim.plotting.page import ending, entries, grid, head, heading, only, title
from memsim.plotting.rules.devices import device_names
from memsim.plotting.rules.limits import fit_limits
from memsim.plotting.style import INK, RC, SMALL, bar_style, line_style, text_width
from memsim.results.dataset import NO_DEVICE, require
from memsim.results.settings import settings_of
from memsim.tasks.classify.figures.energy_parts import draw_stack, rows_of, unit_for
from memsim.tasks.classify.schema import ClassifySpec
from memsim.tasks.classify.variables import VARIABLES
from memsim.tasks.variable import CORRECTED

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GROUPS: Mapping[str, tuple[str, ...]] = {
    "cells": ("cells", "half-selected cells"),
    "lines": ("word lines", "bit lines", "gate lines"),
    "converters": ("DAC", "integrator", "sample-hold", "ADC", "shift-add"),
    "registers, buffers, links": ("register", "buffer", "link"),
    "control and other": ("control", "other"),
    "digital processor": ("mac", "weights", "activations"),
}
"""Parts of hardware that a bar shows together."""
_STYLES: Mapping[str, dict[str, Any]] = {name: bar_style(number) for number, name in enumerate(GROUPS)}
_NAMES = 2.2
"""Room for names of learners at most [inch]."""
_VARIABLES = (
    "epoch_energy",
    "epoch_validation_accuracy",
    "validation_accuracy",
    "energy_to_accuracy",
    "energy_to_accuracy_part",
    "energy_to_accuracy_range",
)


def training(dataset: xr.Dataset) -> Figure:
    """Figure with validation accuracy against the energy of the training, and below it the energy until an accuracy.

    A line joins the epochs of a learner, by means over repeats; a large marker is the first epoch that reaches the
    accuracy of the experiment. Networks that are programmed are open markers, at the energy of their whole training and
    programming. Below, a row for each learner: the energy until the accuracy, and its parts in percent.

    Raises
    ------
    MemsimError
        If the result has no costs, or nothing in it was trained, or it is not whole.
    """
    from matplotlib import rc_context

    settings = settings_of(dataset, ClassifySpec)
    least = None if settings.energy is None else settings.energy.accuracy
    if "epoch_energy" not in dataset or least is None or not np.isfinite(dataset.epoch_energy.values).any():
        what = "energies of trainings, of experiments whose section 'energy' has an accuracy"
        raise lacks(dataset, "energy-training", what, "memsim run energy-training-01 makes them")
    require(dataset, "learner", "repeat", "epoch", "training_part", "device", *_VARIABLES)
    with_energy = [member for member in members(dataset, settings) if _has_energy(dataset, member)]
    shown = with_energy[:MAX_LINES]
    names = device_names(dataset, [member.number for member in shown])
    factor, unit = unit_for(np.nanmedian(dataset.epoch_energy.values))
    labels = [names.label(member.number) for member in shown]
    with rc_context(RC):
        wide = min(_NAMES, max(map(text_width, labels)) + 0.15)
        rows = 0.18 * len(shown) + 0.2
        figure, (upper, lower) = grid([2.5, rows], 2, top=head(dataset) - 0.12, left=wide, gap=0.25, rows=[0.72])
        heading(figure, dataset, settings.name)
        figure.delaxes(upper[1])
        course = upper[0]
        place, last = course.get_position(), lower[1].get_position()
        figure_width = figure.get_size_inches()[0]
        start = 0.55 / figure_width
        course.set_position((start, place.y0, last.x1 - start, place.height))
        styles = _line_styles(shown, names.devices)
        for member, style in zip(shown, styles, strict=True):
            _draw_course(course, dataset, member, factor, style, names.label(member.number))
        for member, style in zip(shown, styles, strict=True):
            _draw_programmed(course, dataset, member, shown, factor, style, names.label(member.number))
        course.axhline(100 * least, color=INK, linewidth=0.8, linestyle=":", zorder=1)
        logarithmic_axis(course, "x")
        fit_limits([course], "x")
        fit_limits([course])
        course.set_xlabel(f"energy since the start of the training [{unit}]")
        course.set_ylabel("validation accuracy [%]")
        _draw_totals(lower[0], dataset, shown, factor, unit, styles)
        _draw_shares(lower[1], dataset, shown)
        rows_of(lower[0], labels, wide - 0.1)
        rows_of(lower[1], [""] * len(shown), wide)
        title(lower[0], f"energy until {100 * least:g} %")
        title(lower[1], "its parts")
        seeds = dataset.sizes["repeat"]
        words = f"bands and thick bars: 95 % intervals over {seeds} seeds, {CORRECTED}; " if seeds > 1 else ""
        words += "thin bars: ranges by the uncertainty of the components"
        what = f"dotted: {100 * least:g} %; large markers: first epoch whose mean reaches it; open: programmed networks"
        parts = [entries([course]), entries([lower[1]])]
        handles, texts = ([*parts[0][place], *parts[1][place]] for place in range(2))
        ending(figure, handles, texts, what, words, only(len(shown), len(with_energy)), device=names.heading)
    return figure


def _has_energy(dataset: xr.Dataset, member: Member) -> bool:
    """Whether the energy of a learner's training, or of its programming, is known."""
    learner = dataset.isel(learner=member.number)
    return bool(np.isfinite(learner.epoch_energy.values).any()) or "programmed" in member.spec.sections


def _line_styles(shown: Sequence[Member], devices: Sequence[str]) -> list[dict[str, Any]]:
    """Colours and markers by device, dashes by name; what runs on no device is black."""
    known = [name for name in dict.fromkeys(devices[member.number] for member in shown) if name != NO_DEVICE]
    kinds = list(dict.fromkeys(member.spec.name for member in shown))
    styles = []
    for member in shown:
        device, dashes = devices[member.number], line_style(kinds.index(member.spec.name))["linestyle"]
        if device == NO_DEVICE:
            styles.append({"color": "black", "marker": "*", "linestyle": dashes})
        else:
            styles.append({**line_style(1 + known.index(device)), "linestyle": dashes})
    return styles


def _draw_course(
    axes: Axes, dataset: xr.Dataset, member: Member, factor: float, style: dict[str, Any], label: str
) -> None:
    """Accuracy against energy, epoch by epoch, and the first epoch that reaches the accuracy."""
    learner = dataset.isel(learner=member.number)
    energies = factor * _mean(learner.epoch_energy.values)
    mean, low, high = _shares(learner.epoch_validation_accuracy.values)
    known = np.isfinite(energies) & np.isfinite(mean)
    if not known.any():
        return
    least = settings_of(dataset, ClassifySpec).energy.accuracy  # type: ignore[union-attr]
    x, values = energies[known], 100 * np.stack([mean, low, high])[:, known]
    curve(axes, x, values, {**style, "markersize": 2.0}, named(label))
    reached = np.flatnonzero(values[0] >= 100 * (least or 0.0))
    if len(reached):
        first = reached[0]
        axes.plot(x[first], values[0, first], style["marker"], color=style["color"], markersize=7, zorder=3)


def _draw_programmed(
    axes: Axes,
    dataset: xr.Dataset,
    member: Member,
    shown: Sequence[Member],
    factor: float,
    style: dict[str, Any],
    label: str,
) -> None:
    """A programmed network at the energy of the training of its network and of its programming."""
    if "programmed" not in member.spec.sections or "processor_energy" not in dataset:
        return
    sources = [other for other in shown if other.spec.name == member.spec.programmed.learner]
    alike = [other for other in sources if all(member.values.get(key) == value for key, value in other.values.items())]
    if not alike:
        return
    trained = dataset.processor_energy.sel(phase="training").values[alike[0].number]
    energy = factor * _mean(trained + dataset.phase_energy.sel(phase="programming").values[member.number])
    accuracy = 100 * _shares(dataset.validation_accuracy.values[member.number])
    if np.isfinite(energy):
        point = {"color": style["color"], "marker": style["marker"], "markerfacecolor": "white"}
        axes.plot([energy], accuracy[:1], **point, markersize=5.5, linestyle="none", zorder=3, label=named(label))
        axes.vlines(energy, *accuracy[1:], color=style["color"], linewidth=0.8)


def _draw_totals(
    axes: Axes,
    dataset: xr.Dataset,
    shown: Sequence[Member],
    factor: float,
    unit: str,
    styles: Sequence[dict[str, Any]],
) -> None:
    """Energy until the accuracy with its interval and its range, or that the accuracy is not reached."""
    energies = dataset.energy_to_accuracy.values
    repeats = energies.shape[1]
    for row, (member, style) in enumerate(zip(shown, styles, strict=True)):
        known = np.isfinite(energies[member.number])
        if known.any():
            joules = factor * energies[member.number, known]
            mean, low, high = seed_interval(joules, axis=0, bounds=VARIABLES["energy_to_accuracy"].bounds)
            axes.plot([mean], [row], style["marker"], color=style["color"], markersize=5)
            axes.hlines([row], [low], [high], color=style["color"], linewidth=2.0)
            ends = factor * dataset.energy_to_accuracy_range.values[member.number]
            axes.plot(ends, [row, row], "|-", color=style["color"], linewidth=0.6, markersize=4, markeredgewidth=0.6)
        if not known.all():
            text = f"{known.sum()} of {repeats} reach it" if known.any() else "not reached"
            place = (0.98, row) if known.any() else (0.02, row)
            side = "right" if known.any() else "left"
            transform = axes.get_yaxis_transform()
            axes.text(*place, text, transform=transform, va="center", ha=side, fontsize=SMALL, color=INK)
    logarithmic_axis(axes, "x")
    fit_limits([axes], "x")
    axes.set_xlabel(f"energy [{unit}]")


def _draw_shares(axes: Axes, dataset: xr.Dataset, shown: Sequence[Member]) -> None:
    """Groups of parts in percent of the energy until the accuracy."""
    parts = dataset.energy_to_accuracy_part
    groups = np.stack(
        [parts.sel(training_part=list(names)).sum("training_part").values for names in GROUPS.values()], axis=-1
    )[[member.number for member in shown]]
    totals = groups.sum(axis=-1, keepdims=True)
    shares = 100 * np.divide(groups, totals, out=np.zeros_like(groups), where=totals > 0)
    draw_stack(axes, shares, list(GROUPS), _STYLES, 0.0)
    axes.set_xlim(0, 100.5)
    axes.set_xlabel("share [%]")


def _mean(values: np.ndarray) -> np.ndarray:
    """Mean over repeats (first axis) of those that are known; NaN where none is."""
    known = np.isfinite(values)
    count = known.sum(0)
    return np.where(count > 0, np.where(known, values, 0.0).sum(0) / np.maximum(count, 1), np.nan)


def _shares(values: np.ndarray) -> np.ndarray:
    """Mean and interval of accuracies over repeats (first axis), (mean-low-high, ...)."""
    return np.stack(seed_interval(values, axis=0, bounds=VARIABLES["validation_accuracy"].bounds))
