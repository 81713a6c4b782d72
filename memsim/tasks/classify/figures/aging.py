"""Accuracy of learners on cells over time, and the error of their weights split into drift, spread and noise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memsim.plotting.axis import time_axis
from memsim.plotting.curves import MAX_LINES, curve, named
from memsim.plotting.members import lacks
from memsim.plotting.page import FOOT, ending, entries, head, heading, only, page, panel, title
from memsim.plotting.rules.limits import fit_limits
from memsim.plotting.style import RC, WIDTH, line_style
from memsim.results.dataset import require
from memsim.results.settings import settings_of
from memsim.tasks.classify.figures.seeds import over_seeds
from memsim.tasks.classify.schema import ClassifySpec
from memsim.tasks.variable import CORRECTED

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

_ACCURACIES = (
    ("aged_accuracy", "test images"),
    ("aged_noise_accuracy", "corrupted test images"),
)
_WEIGHTS = (
    ("aged_weight_drift", "mean drift of the weights"),
    ("aged_weight_spread", "spread of the weights"),
    ("aged_weight_noise", "noise in reads"),
)
_UPPER, _LOWER, _BETWEEN = 1.9, 1.35, 0.82  # inch
_LEFT, _RIGHT, _GAP = 0.55, 0.12, 0.5  # inch


def aging(dataset: xr.Dataset) -> Figure:
    """Figure with the accuracy over time above, and three parts of the weight error below; a line for each learner.

    Means over seeds with 95 % intervals, against the logarithm of the time since the programming.

    Raises
    ------
    MemsimError
        If the result has no times, or is not whole.
    """
    from matplotlib import rc_context

    if "time" not in dataset.dims:
        raise lacks(dataset, "aging", "times after the programming", "memsim run retention-01 makes them")
    names = [name for name, _ in (*_ACCURACIES, *_WEIGHTS)]
    require(dataset, "learner", "repeat", *names)
    settings = settings_of(dataset, ClassifySpec)
    on_cells = np.flatnonzero(np.isfinite(dataset.aged_accuracy.values).any(axis=(1, 2)))
    shown, seconds = on_cells[:MAX_LINES], dataset.time.values
    with rc_context(RC):
        top = head(dataset)
        figure = page(top + _UPPER + _BETWEEN + _LOWER + FOOT)
        rows = []
        for parts, bottom, height in ((_ACCURACIES, FOOT + _LOWER + _BETWEEN, _UPPER), (_WEIGHTS, FOOT, _LOWER)):
            wide = (WIDTH - _LEFT - _RIGHT + _GAP) / len(parts) - _GAP
            row = [panel(figure, _LEFT + k * (wide + _GAP), bottom, wide, height) for k in range(len(parts))]
            for axes, (name, text) in zip(row, parts, strict=True):
                values = over_seeds(dataset[name], factor=100.0)
                for k, number in enumerate(shown):
                    curve(axes, seconds, values[:, number], line_style(k), named(dataset.learner.values[number]))
                time_axis(axes, seconds, "" if parts is _ACCURACIES else "time since programming")
                title(axes, text)
            rows.append(row)
        rows[0][0].set_ylabel("accuracy [%]")
        rows[1][0].set_ylabel("share of the weights [%]")
        fit_limits(rows[0])
        for axes in rows[1]:
            fit_limits([axes], reach=[0])
        heading(figure, dataset, settings.name)
        words = f"bands: 95 % intervals over {dataset.sizes['repeat']} seeds, {CORRECTED}"
        what = "drift: slope of the weights in cells by the programmed ones, minus 1; spread: what this line leaves"
        ending(figure, *entries(rows[0]), words * (dataset.sizes["repeat"] > 1), what, only(len(shown), len(on_cells)))
    return figure
