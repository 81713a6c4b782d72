"""How geometric margin and confidence are distributed, learner by learner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.plotting.page import ending, grid, head, heading, only, title
from memsim.plotting.rules.content import NOT_FINITE, empty, left_out
from memsim.plotting.rules.devices import device_names
from memsim.plotting.rules.limits import finite, fit_limits
from memsim.plotting.style import INK, RC, SMALL, text_width
from memsim.results.dataset import require
from memsim.results.settings import settings_of
from memsim.tasks.memorise.schema import MemoriseSpec

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ROW = 0.27  # inch
_MOST = 40
_NAMES = 2.4
"""Room for names at most [inch]."""
_DOTS = 200  # images shown as dots at most
_RIGHT: dict[str, Any] = {"facecolor": "#a9bfd0", "edgecolor": "#0b2a4a", "linewidth": 0.7}
_WRONG: dict[str, Any] = {"facecolor": "white", "edgecolor": "#b5432a", "linewidth": 0.7, "hatch": "//////"}


def margins(dataset: xr.Dataset) -> Figure:
    """Figure with the geometric margin of every image and the confidence of every read, a box a learner.

    Boxes span the quartiles around the median, whiskers the 5th to the 95th percentile; dots are images. The confidence
    of wrong decisions has a box of its own.

    Raises
    ------
    MemsimError
        If the Dataset is not a whole result.
    """
    from matplotlib import rc_context
    from matplotlib.patches import Patch

    require(dataset, "learner", "geometric_margin", "confidence", "correct")
    settings = settings_of(dataset, MemoriseSpec)
    count = min(_MOST, dataset.sizes["learner"])
    names = device_names(dataset, range(count))
    labels = [names.row(row, _NAMES) for row in range(count)]
    with rc_context(RC):
        left = max(map(text_width, labels)) + 0.2
        figure, (panels,) = grid([_ROW * count + 0.1], 2, top=head(dataset), left=left, foot=0.3, gap=0.24)
        heading(figure, dataset, settings.name)
        margin, confidence = panels
        for axes in panels:
            axes.set_ylim(count - 0.4, -0.6)
            axes.set_yticks(range(count), labels if axes is margin else [])
            axes.tick_params(axis="y", length=0)
            axes.grid(axis="y", visible=False)
        wrong_at_all = False
        across = margin.get_yaxis_transform()
        for row in range(count):
            images = finite(dataset.geometric_margin.values[row])
            _box(margin, images, row, 0.5, _RIGHT)
            dots = images[:_DOTS]
            margin.plot(dots, _spread(len(dots), row), ".", color="0.2", alpha=0.6, markersize=1.8, zorder=3)
            certain, right = dataset.confidence.values[row], dataset.correct.values[row].astype(bool)
            both = right.any() and not right.all()
            for chosen, look, shift in ((right, _RIGHT, -0.17), (~right, _WRONG, 0.17)):
                _box(confidence, finite(certain[chosen]), row + shift * both, 0.28 if both else 0.5, look)
            wrong_at_all |= len(finite(certain[~right])) > 0
            if not len(images):
                margin.text(0.02, row, "not finite", transform=across, va="center", fontsize=SMALL, color=INK)
        fit_limits(margin, "x")
        low, high = margin.get_xlim()
        if low < 0 < high:
            margin.axvline(0, color="0.5", linewidth=0.6, zorder=1)
        fit_limits(confidence, "x", reach=[0.5, 1], room=0.02)
        title(margin, "geometric margin of the images")
        title(confidence, "confidence of the reads")
        handles = [Patch(**_RIGHT), Patch(**_WRONG)] if wrong_at_all else []
        decisions = ["correct decisions", "wrong decisions"][: len(handles)]
        gone = []
        if empty(dataset.geometric_margin.values[:count]):
            confidence.set_yticks(range(count), labels)
        for axes, name in ((margin, "geometric_margin"), (confidence, "confidence")):
            if empty(dataset[name].values[:count]):
                axes.remove()
                gone.append((name.replace("_", " "), NOT_FINITE))
        some = only(count, dataset.sizes["learner"])
        ending(figure, handles, decisions, some, left_out(gone), device=names.heading)
    return figure


def _box(axes: Axes, values: np.ndarray, row: float, height: float, look: dict[str, Any]) -> None:
    """Median, quartiles and 5th to 95th percentile of some values, lying at a height; nothing where there are none."""
    if not len(values):
        return
    start, low, middle, high, end = np.percentile(values, [5, 25, 50, 75, 95])
    axes.hlines(row, start, end, color=look["edgecolor"], linewidth=0.8, zorder=1.9)
    axes.barh(row, high - low, left=low, height=height, zorder=2, **look)
    dashes = (0, (1, 0.8)) if "hatch" in look else "-"
    ends = row - height / 2, row + height / 2
    axes.vlines(middle, *ends, color=look["edgecolor"], linewidth=1.8, linestyle=dashes, zorder=2.1)


def _spread(count: int, row: int) -> np.ndarray:
    """Heights that keep the dots of a row apart, the same on every drawing."""
    return row + 0.36 * ((np.arange(count) * 0.618034) % 1 - 0.5)
