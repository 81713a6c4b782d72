"""Two results side by side, learner by learner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.plotting.axis import finite, ratio_axis
from memsim.plotting.page import ending, grid, only, title
from memsim.plotting.pairs import Measured, Pair, by_label, compare, measured, name_of
from memsim.plotting.style import RC, fitted, plain, text_width
from memsim.repeat import task_of
from memsim.results import require
from memsim.tasks.base import Panel

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ROW = 0.3  # inch
_MOST = 40
_NAMES = 2.4
"""Room for names at most [inch]."""
_SHIFT = 0.15  # of a row
_FIRST = 1.4  # width of the first panel, over that of the others
_LOOKS: tuple[dict[str, Any], ...] = (
    {"color": "#0b2a4a", "marker": "o", "markersize": 4.5},
    {"color": "#b5432a", "marker": "s", "markersize": 4.5, "markerfacecolor": "white"},
)


def compare_figure(a: xr.Dataset, b: xr.Dataset) -> Figure:
    """Figure with a panel for each metric of the task, of paired learners in two results, with 95 % intervals.

    Learners are paired as `memsim.plotting.pairs.compare` says.

    Raises
    ------
    MemsimError
        If one is not a whole result, or their learners cannot be paired.
    """
    from matplotlib import rc_context

    pairs = compare(a, b).pairs
    metrics = task_of(a).panels
    names = tuple(metric.variable for metric in metrics)
    for dataset in (a, b):
        require(
            dataset, *names, *(f"{name.removesuffix('_mean')}_interval" for name in names if name.endswith("_mean"))
        )
    rows = [row for pair in pairs for row in _rows(a, b, pair, names[0])]
    shown = rows[:_MOST]
    files = [name_of(dataset, which) for dataset, which in ((a, "first result"), (b, "second result"))]
    labels = [fitted(name, _NAMES) for name, _ in shown]
    with rc_context(RC):
        left = max(map(text_width, labels)) + 0.2
        widths = [_FIRST, *[1.0] * (len(metrics) - 1)]
        figure, (panels,) = grid(
            [_ROW * len(shown) + 0.12], len(metrics), top=0.5, left=left, foot=0.3, gap=0.24, widths=widths
        )
        tall = figure.get_size_inches()[1]
        heading = fitted(f"{files[0]} against {files[1]}", 6.9, 9)
        figure.text(0.5, 1 - 0.14 / tall, heading, ha="center", va="center", fontsize=9)
        for axes in panels:
            axes.set_ylim(len(shown) - 0.45, -0.55)
            axes.set_yticks(range(len(shown)), labels if axes is panels[0] else [])
            axes.tick_params(axis="y", length=0)
        both = {
            one.variable: [[measured(d[k][0], one.variable, d[k][1], one.factor) for _, d in shown] for k in range(2)]
            for one in metrics
        }
        handles = [
            _points(axes, values, k, label=f"{'AB'[k]}: {plain(files[k])}")
            for name, axes in zip(names, panels, strict=True)
            for k, values in enumerate(both[name])
        ]
        for axes, metric in zip(panels, metrics, strict=True):
            _scale(axes, metric, [m for values in both[metric.variable] for m in values])
            title(axes, metric.title)
        labels = [str(handle.get_label()) for handle in handles[:2]]
        ending(figure, handles[:2], labels, only(len(shown), len(rows), "pairs"))
    return figure


def _rows(a: xr.Dataset, b: xr.Dataset, pair: Pair, name: str) -> list[tuple[str, list[tuple[xr.Dataset, int]]]]:
    """The rows of a pair, one for every label of a second dimension: name, and both results with its places there."""
    found = by_label(a, b, name, pair.name)
    return [(text, list(zip(sides, pair.places, strict=True))) for text, *sides in found]


def _points(axes: Axes, values: list[Measured], k: int, label: str) -> Any:
    """The means of one result with their intervals, a little above or below the middle of their rows."""
    rows = np.arange(len(values)) + (2 * k - 1) * _SHIFT
    mean, low, high = np.array([(m.value, m.low, m.high) for m in values]).T
    known = np.isfinite(low) & np.isfinite(high)
    axes.hlines(rows[known], low[known], high[known], color=_LOOKS[k]["color"], linewidth=1.2)
    (line,) = axes.plot(np.where(np.isfinite(mean), mean, np.nan), rows, linestyle="none", label=label, **_LOOKS[k])
    return line


def _scale(axes: Axes, metric: Panel, values: list[Measured]) -> None:
    """Scale the horizontal axis of a panel for its kind of numbers."""
    if metric.axis == "ratio":
        ends = np.array([(m.low, m.high) for m in values])
        ratio_axis(axes, np.array([m.value for m in values]), ends, "x")
    elif metric.axis == "share":
        low = min([0.0, *finite(np.array([(m.value, m.low, m.high) for m in values]))])
        axes.set_xlim(1.06 * low, 1.05)
        if low < 0:
            axes.axvline(0, color="0.5", linewidth=0.6, zorder=1)
