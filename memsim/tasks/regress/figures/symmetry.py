"""References of fast cells against their symmetry points."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memsim.errors import OutputError
from memsim.plotting.page import ending, grid, heading, only, title
from memsim.plotting.style import INK, RC, fitted
from memsim.results.dataset import require, source

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

_MOST, _COLUMNS = 9, 3


def symmetry(dataset: xr.Dataset) -> Figure:
    """Figure with a panel for each learner that has references: a point for each fast cell of the first repeat.

    Raises
    ------
    OutputError
        If the result has no references.
    """
    from matplotlib import rc_context

    require(dataset, "learner", "symmetry_point", "reference_value")
    places = [n for n, values in enumerate(dataset.reference_value.values) if np.isfinite(values).any()]
    if not places:
        raise OutputError(f"{source(dataset)}: none of its schemes needs references")
    shown = places[:_MOST]
    rows = -(-len(shown) // _COLUMNS)
    with rc_context(RC):
        figure, panels = grid([1.7] * rows, _COLUMNS, top=0.62, rows=[0.62] * (rows - 1))
        for axes in panels.ravel()[len(shown) :]:
            axes.remove()
        for axes, place in zip(panels.ravel(), shown, strict=False):
            one = dataset.isel(learner=place)
            points, values = one.symmetry_point.values.ravel(), one.reference_value.values.ravel()
            ends = [min(points.min(), values.min()), max(points.max(), values.max())]
            axes.plot(ends, ends, color=INK, linewidth=0.7)
            axes.plot(points, values, ".", color="#0b2a4a", markersize=3, alpha=0.6)
            axes.set_xlabel("symmetry point [weight]")
            axes.set_ylabel("reference [weight]")
            title(axes, fitted(str(dataset.learner.values[place]), 2.0))
        heading(figure, dataset, "References and symmetry points")
        ending(figure, [], [], "points: fast cells of the first repeat; line: equal", only(len(shown), len(places)))
    return figure
