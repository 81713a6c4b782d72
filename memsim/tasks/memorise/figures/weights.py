"""How the weights of the first image's models are distributed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memsim.plotting.page import ending, grid, head, heading, only, title
from memsim.plotting.style import INK, RC, SMALL, fitted, size
from memsim.repeat import settings_of
from memsim.results import require
from memsim.tasks.memorise.schema import MemoriseSpec

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST = 12
_ACROSS = 4


def weights(dataset: xr.Dataset) -> Figure:
    """Figure with a histogram of all weights of the first image's model for each of the first twelve learners.

    The shares are logarithmic and on one axis; each learner has its own axis of weights, since these may differ by many
    decades.

    Raises
    ------
    MemsimError
        If the Dataset is not a whole result.
    """
    from matplotlib import rc_context
    from matplotlib.ticker import NullLocator

    require(dataset, "learner", "weight_share", "weight_edge")
    settings = settings_of(dataset, MemoriseSpec)
    count = min(_MOST, dataset.sizes["learner"])
    across = 3 if count in (5, 6, 9) else min(_ACROSS, count)
    down = -(-count // across)
    shares = dataset.weight_share.values[:count]
    least = shares[shares > 0].min() if (shares > 0).any() else 1e-3
    with rc_context(RC):
        figure, panels = grid([1.05] * down, across, top=head(dataset), left=0.58, gap=0.22, rows=[0.5] * (down - 1))
        heading(figure, dataset, settings.name)
        for number, axes in enumerate(panels.flat):
            if number >= count:
                axes.remove()
                continue
            axes.set_yscale("log")
            axes.set_ylim(0.6 * least, 2)
            axes.yaxis.set_minor_locator(NullLocator())
            _histogram(axes, shares[number], dataset.weight_edge.values[number])
            width = size(axes)[0]
            title(axes, fitted(dataset.learner.values[number], width + 0.15), fontsize=SMALL)
            if number % across:
                axes.tick_params(labelleft=False)
            else:
                axes.set_ylabel("share of weights")
            if number + across >= count:
                axes.set_xlabel("weight")
        ending(figure, (), (), only(count, dataset.sizes["learner"]))
    return figure


def _histogram(axes: Axes, shares: np.ndarray, edges: np.ndarray) -> None:
    """Bars without gaps; a word where the weights are not finite."""
    from matplotlib.ticker import MaxNLocator

    if not (np.isfinite(shares).all() and np.isfinite(edges).all()):
        axes.text(0.5, 0.5, "not finite", transform=axes.transAxes, ha="center", va="center", color=INK)
        axes.set_xticks([])
        return
    exponent = 0
    largest = np.abs(edges).max()
    if largest > 0 and not 0.1 <= largest < 1000:
        exponent = int(np.floor(np.log10(largest)))
    axes.stairs(shares, edges / 10.0**exponent, fill=True, color="#3b82a0", edgecolor="#0b2a4a", linewidth=0.5)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    if exponent:
        axes.text(
            1, 0.97, rf"$\times\,10^{{{exponent}}}$", transform=axes.transAxes, ha="right", va="top", fontsize=SMALL
        )
