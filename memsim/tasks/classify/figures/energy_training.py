"""Accuracy against the energy of a training, and what the energy until an accuracy consists of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.metrics.intervals import seed_interval
from memsim.plotting.axis import logarithmic_axis, mark_break
from memsim.plotting.curves import MAX_LINES
from memsim.plotting.members import Member, lacks, members
from memsim.plotting.page import ending, entries, grid, head, heading, only, title
from memsim.plotting.rows import draw_parts, grouped, label_rows
from memsim.plotting.rules.devices import device_names
from memsim.plotting.rules.limits import drawn, fit_limits
from memsim.plotting.style import INK, RC, SMALL, text_width
from memsim.results.dataset import NO_DEVICE, require
from memsim.results.settings import settings_of
from memsim.tasks.classify.figures.energy_courses import Course, draw_programmed, legend_of, looks_of
from memsim.tasks.classify.figures.energy_parts import LEAST, unit_for
from memsim.tasks.classify.schema import ClassifySpec
from memsim.tasks.classify.variables import VARIABLES
from memsim.tasks.variable import CORRECTED

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

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

    A line joins the epochs of a learner, by means over repeats; a large marker is the mean of the energies that the
    repeats need until the accuracy of the experiment. Learners that never reach it have a panel of their own.
    Networks that are programmed are open markers, at the energy of their whole training and programming. Below, a row
    for each learner: the energy until the accuracy, and its parts in percent.

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
    names = device_names(dataset, [member.number for member in with_energy[:MAX_LINES]])
    shown = sorted(with_energy[:MAX_LINES], key=lambda member: names.devices[member.number] == NO_DEVICE)
    factor, unit = unit_for(np.nanmedian(dataset.epoch_energy.values))
    looks = looks_of(shown, names.devices)
    courses = [Course(dataset, member, factor, look) for member, look in zip(shown, looks, strict=True)]
    labels = [names.label(member.number) for member in shown]
    reaching = np.isfinite(dataset.energy_to_accuracy.values).any(axis=1)
    above = [
        [place for place, member in enumerate(shown) if reaching[member.number] == reach] for reach in (True, False)
    ]
    panels = [places for places in above if any(courses[place].drawn for place in places)]
    order, heights = grouped([names.devices[member.number] for member in shown])
    with rc_context(RC):
        wide = min(_NAMES, max(map(text_width, labels)) + 0.15)
        tall = [2.3, 1.0][: len(panels)]
        rows = [*tall, 0.18 * (heights[-1] + 1) + 0.1]
        figure, grid_axes = grid(rows, 2, top=head(dataset), left=wide, gap=0.25, rows=[*[0.3] * (len(tall) - 1), 0.72])
        heading(figure, dataset, settings.name)
        upper = [_whole_row(figure, row) for row in grid_axes[:-1]]
        for axes, places in zip(upper, panels, strict=True):
            for place in places:
                courses[place].draw_epochs(axes, labels[place])
                draw_programmed(axes, courses[place], shown, labels[place])
            if reaching[shown[places[0]].number]:
                axes.axhline(100 * least, color=INK, linewidth=0.8, linestyle=":", zorder=1)
                title(axes, f"learners that reach {100 * least:g} %")
            else:
                title(axes, f"learners that do not reach {100 * least:g} %")
            fit_limits([axes])
            mark_break(axes)
            axes.set_ylabel("validation\naccuracy [%]")
        _same_energies(upper)
        scale = "logarithmic" if upper[-1].get_xscale() == "log" else "linear"
        upper[-1].set_xlabel(f"energy since the start of the training [{unit}], {scale}")
        totals, shares = grid_axes[-1]
        _draw_totals(totals, [courses[place] for place in order], heights, unit)
        _draw_shares(shares, dataset, [shown[place].number for place in order], heights)
        label_rows(totals, heights, [labels[place] for place in order], wide - 0.1)
        label_rows(shares, heights, [""] * len(shown), wide)
        title(totals, f"energy until {100 * least:g} %")
        title(shares, "its parts")
        seeds = dataset.sizes["repeat"]
        over = f" over {seeds} seeds" if seeds > 1 else ""
        what = (
            f"large markers above, markers below: energy until {100 * least:g} %, mean of the energies of {seeds} seeds"
        )
        words = f"bands, upright and thick bars: 95 % intervals{over}, {CORRECTED}; " if seeds > 1 else ""
        words += "thin bars: ranges by the uncertainty of the components"
        programmed = "open markers: networks programmed after their whole training (above) or at the accuracy (below)"
        axis = "double strokes: the axis does not begin at 0" if any(a.get_ylim()[0] > 0 for a in upper) else ""
        keys = legend_of(courses, names.devices)
        parts = entries([shares])
        means = (what if seeds > 1 else "", programmed if any(course.programmed for course in courses) else "", axis)
        notes = ("; ".join(filter(None, means)), words, only(len(shown), len(with_energy)))
        ending(figure, [*keys[0], *parts[0]], [*keys[1], *parts[1]], *notes, device=names.heading)
    return figure


def _whole_row(figure: Figure, row: Sequence[Axes]) -> Axes:
    """The first panel of a row as wide as the page, without the second."""
    first, second = row
    box, last = first.get_position(), second.get_position()
    start = 0.66 / figure.get_size_inches()[0]
    figure.delaxes(second)
    first.set_position((start, box.y0, last.x1 - start, box.height))
    return first


def _same_energies(panels: Sequence[Axes]) -> None:
    """One horizontal axis for panels one above the other, with its labels under the last."""
    everything = drawn(panels, "x")
    if not len(everything):
        return
    low, high = everything.min(), everything.max()
    for axes in panels:
        axes.update_datalim([(low, axes.dataLim.y0), (high, axes.dataLim.y0)], updatey=False)
        logarithmic_axis(axes, "x")
    fit_limits(panels, "x")
    for axes in panels[:-1]:
        axes.tick_params(labelbottom=False)


def _has_energy(dataset: xr.Dataset, member: Member) -> bool:
    """Whether the energy of a learner's training, or of its programming, is known."""
    learner = dataset.isel(learner=member.number)
    return bool(np.isfinite(learner.epoch_energy.values).any()) or "programmed" in member.spec.sections


def _draw_totals(axes: Axes, courses: Sequence[Course], heights: np.ndarray, unit: str) -> None:
    """Energy until the accuracy with its interval and its range, or that the accuracy is not reached."""
    for height, course in zip(heights, courses, strict=True):
        reached, style = course.until(), course.look
        known, repeats = len(reached), course.repeats
        if known:
            mean, low, high = seed_interval(reached, axis=0, bounds=VARIABLES["energy_to_accuracy"].bounds)
            fill = "white" if course.programmed else style["color"]
            axes.plot([mean], [height], style["marker"], color=style["color"], markerfacecolor=fill, markersize=5)
            axes.hlines([height], [low], [high], color=style["color"], linewidth=2.0)
            axes.plot(
                course.range, [height] * 2, "|-", color=style["color"], linewidth=0.6, markersize=4, markeredgewidth=0.6
            )
        if known < repeats:
            text = f"{known} of {repeats} reach it" if known else "not reached"
            place, side = (0.98, "right") if known else (0.02, "left")
            options: dict[str, Any] = {"transform": axes.get_yaxis_transform(), "va": "center", "ha": side}
            axes.text(place, height, text, **options, fontsize=SMALL, color=INK)
    logarithmic_axis(axes, "x")
    fit_limits([axes], "x")
    scale = "logarithmic" if axes.get_xscale() == "log" else "linear"
    axes.set_xlabel(f"energy [{unit}], {scale}")


def _draw_shares(axes: Axes, dataset: xr.Dataset, numbers: Sequence[int], heights: np.ndarray) -> None:
    """Parts in percent of the energy until the accuracy."""
    parts = np.nan_to_num(dataset.energy_to_accuracy_part.values[list(numbers)])
    totals = parts.sum(axis=-1, keepdims=True)
    shares = 100 * np.divide(parts, totals, out=np.zeros_like(parts), where=totals > 0)
    draw_parts(axes, heights, shares, list(map(str, dataset.training_part.values)), LEAST)
    axes.set_xlim(0, 100.5)
    axes.set_xlabel("share [%]")
