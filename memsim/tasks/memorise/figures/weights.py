"""How the weights of the first image's models are distributed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memsim.plotting.page import ending, grid, head, heading, only, title
from memsim.plotting.rules.content import NOT_FINITE, left_out
from memsim.plotting.rules.devices import device_names
from memsim.plotting.rules.limits import comparable, fit_limits
from memsim.plotting.style import RC, SMALL, WIDTH
from memsim.results.dataset import require
from memsim.results.settings import settings_of
from memsim.tasks.memorise.schema import MemoriseSpec

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST = 12
_ACROSS = 4
_LEFT, _RIGHT, _GAP = 0.58, 0.12, 0.22  # inch


def weights(dataset: xr.Dataset) -> Figure:
    """Figure with a histogram of all weights of the first image's model for each of the first twelve learners.

    The shares are logarithmic and on one axis. Learners share an axis of weights, too, unless their weights differ more
    than tenfold.

    Raises
    ------
    MemsimError
        If the Dataset is not a whole result.
    """
    from matplotlib import rc_context
    from matplotlib.ticker import NullLocator

    require(dataset, "learner", "weight_share", "weight_edge")
    settings = settings_of(dataset, MemoriseSpec)
    shares, edges = dataset.weight_share.values, dataset.weight_edge.values
    whole = np.isfinite(shares).all(axis=1) & np.isfinite(edges).all(axis=1)
    able = np.flatnonzero(whole).tolist()
    shown = able[:_MOST]
    count = len(shown)
    names = device_names(dataset, shown)
    across = 3 if count in (5, 6, 9) else max(1, min(_ACROSS, count))
    down = -(-count // across)
    shared = comparable([float(np.abs(edges[learner]).max()) for learner in shown])
    positive = shares[shown][shares[shown] > 0]
    width = (WIDTH - _LEFT - _RIGHT - _GAP * (across - 1)) / across
    titles = [names.title(learner, width + 0.1) for learner in shown]
    two = 0.12 * any("\n" in text for text in titles)
    with rc_context(RC):
        figure, panels = grid(
            [1.05] * down,
            across,
            top=head(dataset) + two,
            left=_LEFT,
            right=_RIGHT,
            gap=_GAP,
            rows=[0.5 + two] * (down - 1),
        )
        heading(figure, dataset, settings.name)
        flat = panels.ravel()
        for place, axes in enumerate(flat):
            if place >= count:
                axes.remove()
                continue
            axes.set_yscale("log")
            axes.yaxis.set_minor_locator(NullLocator())
            learner = shown[place]
            everywhere = np.abs(edges[shown if shared else learner]).max()
            _histogram(axes, shares[learner], edges[learner], float(everywhere))
            title(axes, titles[place], fontsize=SMALL)
            if place % across:
                axes.tick_params(labelleft=False)
            else:
                axes.set_ylabel("share of weights")
            if place + across >= count:
                axes.set_xlabel("weight")
        for axes in flat[:count]:
            axes.set_ylim(0.6 * positive.min() if len(positive) else 1e-3, 2)
            fit_limits(flat[:count] if shared else axes, "x")
        gone = [(names.labels[learner], NOT_FINITE) for learner in np.flatnonzero(~whole)]
        own = "" if shared else "the axes of the weights differ, since the weights differ more than tenfold"
        ending(figure, (), (), only(count, len(able)), own, left_out(gone), device=names.heading)
    return figure


def _histogram(axes: Axes, shares: np.ndarray, edges: np.ndarray, largest: float) -> None:
    """Bars without gaps on an axis for weights up to a magnitude."""
    from matplotlib.ticker import MaxNLocator

    exponent = 0
    if largest > 0 and not 0.1 <= largest < 1000:
        exponent = int(np.floor(np.log10(largest)))
    axes.stairs(shares, edges / 10.0**exponent, fill=True, color="#3b82a0", edgecolor="#0b2a4a", linewidth=0.5)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    if exponent:
        axes.text(
            1, 0.97, rf"$\times\,10^{{{exponent}}}$", transform=axes.transAxes, ha="right", va="top", fontsize=SMALL
        )
