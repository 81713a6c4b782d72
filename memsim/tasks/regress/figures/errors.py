"""Error of the weights over the training and at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memsim.plotting.axis import logarithmic_axis
from memsim.plotting.page import ending, heading, only, page, panel, title
from memsim.plotting.style import RC, WIDTH, fitted, line_style, text_width
from memsim.results.dataset import require

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_TOP, _FOOT, _LEFT, _GAP = 0.62, 0.45, 0.62, 0.2  # inch
_ROW, _LEAST = 0.19, 2.2
"""Height of the row of a learner, and least height of the panels [inch]."""
_NAMES = 2.1
"""Room for names of learners at most [inch]."""
_MOST = 24
"""Learners that are drawn at most."""


def errors(dataset: xr.Dataset) -> Figure:
    """Figure of the error of the weights: curves over vectors, means over repeats; beside them the final errors.

    Raises
    ------
    OutputError
        If the result is not whole.
    """
    from matplotlib import rc_context

    require(dataset, "learner", "vector", "matrix_error", "final_matrix_error_mean", "final_matrix_error_interval")
    count = min(_MOST, dataset.sizes["learner"])
    shown = dataset.isel(learner=slice(count))
    names = [fitted(name, _NAMES) for name in shown.learner.values]
    room = max(text_width(name) for name in names) + 0.2
    height = max(_LEAST, _ROW * count)
    wide = (WIDTH - _LEFT - room - _GAP - 0.15) / 2
    with rc_context(RC):
        figure = page(_TOP + height + _FOOT)
        curves = panel(figure, _LEFT, _FOOT, wide, height)
        ends = panel(figure, _LEFT + wide + _GAP + room, _FOOT, wide, height)
        _curves(curves, shown)
        _ends(ends, shown, names)
        heading(figure, dataset, "Errors of weights")
        repeats = dataset.sizes["repeat"]
        note = f"means over {repeats} repeats" + ("; right: 95 % intervals of the means" if repeats > 1 else "")
        ending(figure, [], [], note, only(count, dataset.sizes["learner"]))
    return figure


def _curves(axes: Axes, dataset: xr.Dataset) -> None:
    """Error over the training, a line for each learner."""
    for place, mean in enumerate(dataset.matrix_error.mean("repeat").values):
        style = line_style(place)
        axes.plot(
            dataset.vector.values,
            mean,
            color=style["color"],
            linestyle=style["linestyle"],
            marker=style["marker"],
            markevery=(5 * place % 20, 20),
            markersize=3,
        )
    axes.set_xlabel("vectors")
    axes.set_ylabel("rms error of the weights")
    logarithmic_axis(axes, "y")
    axes.set_xlim(0, float(dataset.vector.values[-1]))
    title(axes, "Training")


def _ends(axes: Axes, dataset: xr.Dataset, names: list[str]) -> None:
    """Final error of each learner with its interval; the marks are those of the lines."""
    for place in range(len(names)):
        one, style = dataset.isel(learner=place), line_style(place)
        low, high = one.final_matrix_error_interval.values
        if np.isfinite([low, high]).all():
            axes.plot([max(low, 1e-12), high], [place, place], color=style["color"], linewidth=1.0)
        axes.plot([float(one.final_matrix_error_mean)], [place], style["marker"], color=style["color"], markersize=4)
    logarithmic_axis(axes, "x")
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", visible=False)
    axes.set_xlabel("rms error, last tenth")
    title(axes, "End")
