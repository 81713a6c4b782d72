"""Accuracy against the energy of an inference, and the parts that take it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from memsim.plotting.axis import logarithmic_axis, mark_break
from memsim.plotting.curves import MAX_LINES
from memsim.plotting.members import Member, lacks, members
from memsim.plotting.page import ending, entries, grid, head, heading, only, panel, title
from memsim.plotting.rows import draw_parts, draw_ranges, grouped, label_rows
from memsim.plotting.rules.devices import DIGITAL
from memsim.plotting.rules.limits import fit_limits
from memsim.plotting.style import RC, text_width
from memsim.results.dataset import require
from memsim.results.settings import settings_of
from memsim.tasks.classify.figures.energy_parts import LEAST, short_labels, unit_for
from memsim.tasks.classify.figures.energy_points import Point, draw_front, draw_points, draw_processor, first_and_others
from memsim.tasks.classify.figures.seeds import over_seeds
from memsim.tasks.classify.schema import ClassifySpec
from memsim.tasks.variable import CORRECTED

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_NAMES = 2.0
"""Room for names of learners at most [inch]."""
_PROCESSORS, _APART = 1.35, 0.15
"""Width of the panel of digital processors, and its distance from that of crossbars [inch]."""
_VARIABLES = ("phase_energy", "phase_energy_part", "phase_energy_range", "inference_energy", "test_accuracy")


def energy(dataset: xr.Dataset) -> Figure:
    """Figure with accuracy against energy, and below it the energy by part, a bar for each learner.

    Above, upright bars are 95 % intervals over repeats. A dashed line joins the learners of which no other is at least
    as accurate with less energy, by means. Networks in a digital processor are stars, with the range of their energy.
    Below, whiskers are ranges by the uncertainty of components.

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
        order, heights = grouped(first_and_others(shown)[1] or numbers)
        figure, panels = grid([3.1, 0.18 * (heights[-1] + 1) + 0.2], 1, top=head(dataset), left=names, rows=[0.72])
        heading(figure, dataset, settings.name)
        upper, lower = panels[:, 0]
        beside = _divide(upper, 0.55, len(processors))
        draw_front(upper, points)
        meaning = draw_points(upper, points, shown)
        for member, point in processors:
            draw_processor(beside[0], point.times(factor), f"{member.label}, {DIGITAL}")
        fit_limits([upper, *beside])
        mark_break(upper)
        upper.set_ylabel("test accuracy [%]")
        for axes in (upper, *beside):
            logarithmic_axis(axes, "x")
            fit_limits([axes], "x")
            scale = "logarithmic" if axes.get_xscale() == "log" else "linear"
            axes.set_xlabel(f"energy [{unit}], {scale}")
        for axes in beside:
            axes.tick_params(labelleft=False)
            title(axes, "digital processor")
        rows = [numbers[place] for place in order]
        parts = factor * inference.phase_energy_part.values[rows]
        draw_parts(lower, heights, parts, list(map(str, dataset.part.values)), LEAST, whiskers=True)
        draw_ranges(lower, heights, factor * inference.phase_energy_range.values[rows], below=True)
        label_rows(lower, heights, [labels[place] for place in order], names - 0.1)
        fit_limits([lower], "x", foot=0.0)
        lower.set_xlabel(f"energy of an inference [{unit}], linear from 0")
        title(upper, "accuracy against the energy of an inference, crossbars")
        title(lower, "energy by part")
        seeds = dataset.sizes["repeat"]
        words = f"upright: 95 % intervals over {seeds} seeds, {CORRECTED}" if seeds > 1 else ""
        ranges = "whiskers below bars: ranges by the uncertainty of the components"
        front = "dashed: Pareto front of the means" if len(shown) > 1 else ""
        processor = "star: a digital processor, a lower bound, with its range" if processors else ""
        broken = f"the axis of the accuracy begins at {upper.get_ylim()[0]:.1f} %" if upper.get_ylim()[0] > 0 else ""
        notes = "; ".join(filter(None, (meaning, words, front, processor, ranges, broken)))
        ending(figure, *entries([upper, *beside, lower]), notes, only(len(shown), len(costed)))
    return figure


def _divide(axes: Axes, left: float, processors: int) -> list[Axes]:
    """Let a panel begin at a distance from the left edge of the page [inch], with a panel beside it for processors."""
    figure, box = axes.get_figure(root=True), axes.get_position()
    wide, tall = figure.get_size_inches()  # type: ignore[union-attr]
    right, bottom, height = wide * box.x1, tall * box.y0, tall * box.height
    first = right - (_PROCESSORS + _APART if processors else 0.0)
    axes.set_position((left / wide, box.y0, (first - left) / wide, box.height))
    return [panel(figure, first + _APART, bottom, _PROCESSORS, height)] if processors else []  # type: ignore[arg-type]


def _points(dataset: xr.Dataset, energy: xr.DataArray, ranges: xr.DataArray) -> list[Point]:
    """All learners, from energies (learner, repeat) and their ranges (learner, interval) [J]."""
    energies = np.column_stack([energy.mean("repeat").values, ranges.values])
    accuracy = over_seeds(dataset.test_accuracy, None, 100.0)
    return [Point(own, accuracy[:, number]) for number, own in enumerate(energies)]


def _processors(inference: xr.Dataset, found: Sequence[Member]) -> list[tuple[Member, Point]]:
    """Networks in a digital processor, from the part of a result about inferences."""
    if "processor_energy" not in inference:
        return []
    points = _points(inference, inference.processor_energy, inference.processor_energy_range)
    return [(member, points[member.number]) for member in found if np.isfinite(points[member.number].energy[0])]
