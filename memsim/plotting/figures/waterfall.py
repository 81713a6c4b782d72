"""Attribution: from the metric of ideal hardware to the real one, a step for each imperfection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.errors import OutputError
from memsim.plotting.page import ending, headline, only, page, panel, title
from memsim.plotting.style import INK, RC, WIDTH, fitted, plain, text_width
from memsim.results.dataset import require, source, stored

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

_TOP, _BETWEEN, _FOOT = 0.55, 0.75, 0.45  # inch
_ROW = 0.19
"""Height of the row of an imperfection [inch]."""
_NAMES = 1.7
"""Room for names of imperfections at most [inch]."""
_MOST_LEARNERS, _MOST_STEPS = 8, 24
_MARGIN = 0.4
"""Room beside the bars over the length of the axis that they take; longer whiskers are cut."""
_ENDS, _LOSS, _GAIN = "#0b2a4a", "#c48a1b", "#6f9f6a"
"""Colours of the metric at both ends, of losses, and of what makes it better: from dark to light."""


def waterfall(dataset: xr.Dataset) -> Figure:
    """Figure with a panel for each learner: bars from the ideal metric down to the real one, the largest loss first.

    Raises
    ------
    OutputError
        If the result is not whole.
    """
    from matplotlib import rc_context

    require(dataset, "learner", "imperfection", "loss_share_mean", "loss_share_interval", "ideal_metric", "real_metric")
    count = min(_MOST_LEARNERS, dataset.sizes["learner"])
    rooms = [room_of(dataset, place) for place in range(count)]
    left = max(0.62, max(width for width, _ in rooms))
    columns = 1 if count == 1 else 2
    wide = (WIDTH - columns * left - 0.15 * columns) / columns
    rows = [range(start, min(start + columns, count)) for start in range(0, count, columns)]
    heights = [max(rooms[place][1] for place in row) for row in rows]
    with rc_context(RC):
        figure = page(_TOP + sum(heights) + _BETWEEN * (len(rows) - 1) + _FOOT)
        bottom = figure.get_size_inches()[1] - _TOP + _BETWEEN
        for row, height in zip(rows, heights, strict=True):
            bottom -= height + _BETWEEN
            for column, place in enumerate(row):
                axes = panel(figure, left + column * (left + wide + 0.15), bottom, wide, height)
                waterfall_panel(axes, dataset, place)
                title(axes, fitted(str(dataset.learner.values[place]), wide + left - 0.4))
        below = "bars: shares of the loss (Shapley values), which add up to it"
        headline(figure, stored(dataset, "title"), below)
        ending(figure, *key(dataset), whiskers_note(dataset), only(count, dataset.sizes["learner"]))
    return figure


def key(dataset: xr.Dataset) -> tuple[list[Patch], list[str]]:
    """Handles and labels of the legend; gains are left out where there are none."""
    from matplotlib.patches import Patch

    line: dict[str, Any] = {"edgecolor": "black", "linewidth": 0.4}
    handles = [Patch(facecolor=_ENDS, **line), Patch(facecolor=_LOSS, **line)]
    labels = [plain(stored(dataset, "metric"), 40), "loss by an imperfection"]
    if (dataset.loss_share_mean.values < 0).any():
        handles.append(Patch(facecolor=_GAIN, hatch="///", **line))
        labels.append("gain by an imperfection")
    return handles, labels


def whiskers_note(dataset: xr.Dataset) -> str:
    """What the whiskers are, in words."""
    repeats = dataset.sizes["repeat"]
    intervals = f"95 % intervals of the shares over {repeats} repeats, cut at the edges of panels"
    return f"whiskers at the ends of bars: {intervals}" if repeats > 1 else "one repeat"


def room_of(dataset: xr.Dataset, place: int) -> tuple[float, float]:
    """Room for the names of the imperfections of a learner, and height of its panel [inch]."""
    labels, _, _ = _steps(dataset.isel(learner=place))
    return max(text_width(fitted(name, _NAMES)) for name in labels) + 0.2, _ROW * len(labels)


def waterfall_panel(axes: Axes, dataset: xr.Dataset, place: int) -> None:
    """Draw the steps of one learner into a panel, which needs the room of `room_of` at its left."""
    labels, values, whiskers = _steps(dataset.isel(learner=place))
    _draw(axes, [fitted(name, _NAMES) for name in labels], values, whiskers, dataset)


Steps = tuple[list[str], np.ndarray, np.ndarray]


def _steps(one: xr.Dataset) -> Steps:
    """Labels (row), means (row), and distances (row, 2) of interval ends; first the ideal metric, last the real one."""
    shares = one.loss_share_mean.values
    order = [int(place) for place in np.argsort(-shares, kind="stable") if not np.isnan(shares[place])]
    if not order:
        raise OutputError(f"{source(one)}: has no shares of '{one.learner.item()}'; it is not a whole result")
    few, rest = order[:_MOST_STEPS], order[_MOST_STEPS:]
    means = [*shares[few], *([shares[rest].sum()] if rest else [])]
    ends = [*one.loss_share_interval.values[few], *([np.full(2, np.nan)] if rest else [])]
    labels = [plain(str(one.imperfection.values[place]), 60) for place in few]
    labels += [f"{len(rest)} others"] if rest else []
    ideal, real = (float(one[key].mean()) for key in ("ideal_metric", "real_metric"))
    values = np.array([ideal, *means, real])
    whiskers = np.array([[np.nan, np.nan], *(end - mean for end, mean in zip(ends, means, strict=True)), [np.nan] * 2])
    return ["ideal", *labels, "real"], values, whiskers


def _draw(axes: Axes, labels: list[str], values: np.ndarray, whiskers: np.ndarray, dataset: xr.Dataset) -> None:
    """Bars from the top to the bottom, each of which begins where the one before it ends."""
    sign = 1.0 if stored(dataset, "better") == "lower" else -1.0
    ends = values[0] + sign * np.cumsum(values[1:-1])
    starts = np.concatenate([values[:1], ends[:-1]])
    count = len(labels)
    edge: dict[str, Any] = {"edgecolor": "black", "linewidth": 0.4, "height": 0.66}
    for row, (start, end, whisker) in enumerate(zip(starts, ends, whiskers[1:-1], strict=True), 1):
        better = (end - start) * sign < 0
        axes.barh(row, end - start, left=start, color=_GAIN if better else _LOSS, hatch="///" if better else "", **edge)
        axes.plot([start, start], [row - 1.33, row + 0.33], color=INK, linewidth=0.6)
        if not np.isnan(whisker).any():
            low, high = np.sort(end + sign * whisker)
            axes.plot([low, high], [row, row], color="black", linewidth=0.8)
            axes.plot([low, high], [row, row], color="black", linestyle="none", marker="|", markersize=4)

    for row, value in ((0, values[0]), (count - 1, values[-1])):
        axes.plot([value, value], [row - 0.42, row + 0.42], color=_ENDS, linewidth=2.6, solid_capstyle="butt")
    axes.plot([ends[-1]] * 2, [count - 2.33, count - 1], color=INK, linewidth=0.6)
    axes.set_ylim(count - 0.45, -0.55)
    axes.set_yticks(range(count), labels)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", visible=False)
    low, high = min(*ends, *values[[0, -1]]), max(*ends, *values[[0, -1]])
    margin = _MARGIN * (high - low or abs(low) or 1.0)
    axes.set_xlim(low - margin, high + margin)
    axes.set_xlabel(_label(dataset))


def _label(dataset: xr.Dataset) -> str:
    """Label of the axis of the metric."""
    name, unit = plain(stored(dataset, "metric"), 40), stored(dataset, "metric_units")
    return f"{name} [{unit}]" if unit != "1" else name
