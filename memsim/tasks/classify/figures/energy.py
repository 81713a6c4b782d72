"""Accuracy against the energy of an inference, and the parts that take it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from memsim.plotting.axis import logarithmic_axis
from memsim.plotting.curves import MAX_LINES, named
from memsim.plotting.members import Member, lacks, members
from memsim.plotting.page import ending, entries, grid, head, heading, only, title
from memsim.plotting.rules.devices import DIGITAL
from memsim.plotting.rules.limits import fit_limits
from memsim.plotting.style import INK, RC, line_style, text_width
from memsim.results.dataset import require
from memsim.results.settings import settings_of
from memsim.tasks.classify.figures.energy_parts import (
    STYLES,
    draw_ranges,
    draw_stack,
    rows_of,
    short_labels,
    unit_for,
    value_words,
)
from memsim.tasks.classify.figures.seeds import over_seeds
from memsim.tasks.classify.schema import ClassifySpec
from memsim.tasks.variable import CORRECTED

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_DARK = "#0b2a4a"
_NAMES = 2.0
"""Room for names of learners at most [inch]."""
_VARIABLES = ("phase_energy", "phase_energy_part", "phase_energy_range", "inference_energy", "test_accuracy")


class _Point(NamedTuple):
    """A learner: its energy with the ends of its range, and its accuracy with those of its interval [%]."""

    energy: np.ndarray
    accuracy: np.ndarray

    def times(self, factor: float) -> _Point:
        """The same in another unit of energy."""
        return self._replace(energy=factor * self.energy)


def energy(dataset: xr.Dataset) -> Figure:
    """Figure with accuracy against energy on the left, and on the right the energy by part, a bar for each learner.

    On the left, upright bars are 95 % intervals over repeats, lying bars the ranges by the uncertainty of components;
    a line joins the learners of which no other is at least as accurate with less energy, by means. Networks in a
    digital processor are stars.

    Raises
    ------
    MemsimError
        If the result has no costs, or is not whole.
    """
    from matplotlib import rc_context

    if "phase_energy" not in dataset:
        what = "energies, of experiments with a section 'energy'"
        raise lacks(dataset, "energy", what, "memsim run energy-01 makes them, and memsim cost adds them to a result")
    require(dataset, "learner", "repeat", "phase", "part", *_VARIABLES)
    settings = settings_of(dataset, ClassifySpec)
    everyone = members(dataset, settings)
    known = np.isfinite(dataset.inference_energy.mean("repeat").values)
    costed = [member for member in everyone if known[member.number]]
    if not costed:
        what = "learners on crossbars whose energy of an inference is known"
        raise lacks(dataset, "energy", what, "memsim run energy-01 makes them")
    shown = costed[:MAX_LINES]
    inference = dataset.sel(phase="inference")
    numbers = [member.number for member in shown]
    crossbars = _points(dataset, inference.inference_energy, inference.phase_energy_range)
    processors = _processors(inference, everyone)
    factor, unit = unit_for(
        [crossbars[number].energy[0] for number in numbers] + [own.energy[0] for _, own in processors]
    )
    points = [crossbars[number].times(factor) for number in numbers]
    labels = short_labels(shown)
    with rc_context(RC):
        names = min(_NAMES, max(map(text_width, labels)) + 0.15)
        figure, (panels,) = grid(
            [max(2.5, 0.18 * len(shown) + 0.2)], 2, top=head(dataset), left=0.55, gap=0.3 + names, widths=[1.1, 1.0]
        )
        heading(figure, dataset, settings.name)
        left, right = panels
        _draw_front(left, points)
        _draw_points(left, points, shown)
        for member, point in processors:
            style = {"color": INK, "marker": "*", "markersize": 8, "linestyle": "none"}
            _draw_point(left, point.times(factor), style, f"{member.label}, {DIGITAL}")
        left.set_xlabel(f"energy of an inference [{unit}]")
        left.set_ylabel("test accuracy [%]")
        logarithmic_axis(left, "x")
        fit_limits([left], "x")
        fit_limits([left])
        draw_stack(right, factor * inference.phase_energy_part.values[numbers], list(dataset.part.values), STYLES)
        draw_ranges(right, factor * inference.phase_energy_range.values[numbers], np.arange(len(shown)))
        rows_of(right, labels, names - 0.1)
        fit_limits([right], "x", foot=0.0)
        right.set_xlabel(f"energy of an inference [{unit}]")
        title(left, "accuracy against energy")
        title(right, "energy by part")
        seeds = dataset.sizes["repeat"]
        words = f"upright: 95 % intervals over {seeds} seeds, {CORRECTED}" if seeds > 1 else ""
        ranges = "lying bars and whiskers: ranges by the uncertainty of the components"
        front = "dashed: Pareto front of the means" if len(shown) > 1 else ""
        processor = "star: a digital processor, a lower bound" if processors else ""
        notes = "; ".join(filter(None, (words, ranges, front, processor)))
        ending(figure, *entries(panels), notes, only(len(shown), len(costed)))
    return figure


def _points(dataset: xr.Dataset, energy: xr.DataArray, ranges: xr.DataArray) -> list[_Point]:
    """All learners, from energies (learner, repeat) and their ranges (learner, interval) [J]."""
    energies = np.column_stack([energy.mean("repeat").values, ranges.values])
    accuracy = over_seeds(dataset.test_accuracy, None, 100.0)
    return [_Point(own, accuracy[:, number]) for number, own in enumerate(energies)]


def _processors(inference: xr.Dataset, found: Sequence[Member]) -> list[tuple[Member, _Point]]:
    """Networks in a digital processor, from the part of a result about inferences."""
    if "processor_energy" not in inference:
        return []
    points = _points(inference, inference.processor_energy, inference.processor_energy_range)
    return [(member, points[member.number]) for member in found if np.isfinite(points[member.number].energy[0])]


def front_of(energies: np.ndarray, accuracies: np.ndarray) -> list[int]:
    """Places of the points of which no other is at least as accurate with less energy, by rising energy.

    Parameters
    ----------
    energies, accuracies : (point,)
        Means.
    """
    best, front = -np.inf, []
    for place in np.lexsort((-accuracies, energies)).tolist():
        if accuracies[place] > best:
            best = accuracies[place]
            front.append(place)
    return front


def _draw_front(axes: Axes, points: Sequence[_Point]) -> None:
    energies, accuracies = np.array([(point.energy[0], point.accuracy[0]) for point in points]).T
    front = front_of(energies, accuracies)
    axes.plot(energies[front], accuracies[front], color=INK, linewidth=0.9, linestyle="--", zorder=1.5)


def _draw_points(axes: Axes, points: Sequence[_Point], shown: Sequence[Member]) -> None:
    """Points whose marker tells the first swept setting, and whose lightness tells the others."""
    keys = list(dict.fromkeys(key for member in shown for key in member.values))
    texts = [[value_words(key, member.values[key]) for key in keys if key in member.values] for member in shown]
    swept = len(keys) > 1 and all(len(own) == len(keys) for own in texts) and len({m.name for m in shown}) == 1
    if not swept:
        for place, (point, member) in enumerate(zip(points, shown, strict=True)):
            _draw_point(axes, point, {**line_style(place), "linestyle": "none"}, member.label)
        return
    firsts = list(dict.fromkeys(own[0] for own in texts))
    others = list(dict.fromkeys(", ".join(own[1:]) for own in texts))
    for point, own in zip(points, texts, strict=True):
        marker = line_style(firsts.index(own[0]))["marker"]
        fill = _shade(others.index(", ".join(own[1:])), len(others))
        edge = {"markerfacecolor": fill, "markeredgecolor": _DARK, "markeredgewidth": 0.5, "markersize": 5}
        _draw_point(axes, point, {"color": _DARK, "marker": marker, "linestyle": "none", **edge}, "")
    for number, text in enumerate(firsts):
        marker = line_style(number)["marker"]
        axes.plot([], [], marker, color="none", markeredgecolor=_DARK, markersize=5, label=named(text))
    for number, text in enumerate(others):
        axes.fill_between([], [], [], facecolor=_shade(number, len(others)), edgecolor=_DARK, label=named(text))


def _shade(number: int, count: int) -> Any:
    """Colour of one of some values, from dark to light."""
    from matplotlib import colormaps

    return colormaps["cividis"](0.95 * number / max(1, count - 1))


def _draw_point(axes: Axes, point: _Point, style: dict[str, Any], label: str) -> None:
    """A point with its interval and its range."""
    (energy, *ends), (accuracy, *interval) = point
    axes.hlines(accuracy, *ends, color=style["color"], linewidth=0.5, alpha=0.6)
    axes.vlines(energy, *interval, color=style["color"], linewidth=0.8)
    options = {
        "markeredgecolor": "white",
        "markeredgewidth": 0.4,
        **style,
        **({"label": named(label)} if label else {}),
    }
    axes.plot([energy], [accuracy], **options)
