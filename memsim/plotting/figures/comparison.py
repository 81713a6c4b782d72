"""Two results side by side, learner by learner."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.plotting.axis import ratio_axis
from memsim.plotting.page import ending, entries, grid, headline, only, title
from memsim.plotting.pairs import Measured, Pair, by_label, compare, measured, name_of
from memsim.plotting.rules.content import filled, left_out
from memsim.plotting.rules.limits import finite, fit_limits
from memsim.plotting.style import RC, fitted, text_width
from memsim.results.dataset import NO_DEVICE, require
from memsim.results.settings import kind_of, task_of
from memsim.tasks.base import Panel, load_object

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ROW = 0.3  # inch
_MOST = 40
_NAMES = 2.4
"""Room for names at most [inch]."""
_SHIFT = 0.15  # of a row
_PERCENT = 100.0  # factor of panels in percent
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
    if (own := kind_of(a).comparison_figure) is not None:
        return load_object(own)(a, b)
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
    both = {
        one: [[measured(d[k][0], one.variable, d[k][1], one.factor) for _, d in shown] for k in range(2)]
        for one in metrics
    }
    contents, gone = filled({metric: [m.value for values in both[metric] for m in values] for metric in metrics})
    with rc_context(RC):
        left = max(map(text_width, labels)) + 0.2
        widths = [_FIRST, *[1.0] * (len(contents) - 1)][: len(contents)]
        figure, (panels,) = grid(
            [_ROW * len(shown) + 0.12], len(contents), top=0.5, left=left, foot=0.3, gap=0.24, widths=widths
        )
        headline(figure, f"{files[0]} against {files[1]}")
        texts = [_entry(k, files[k], [d[k] for _, d in shown]) for k in range(2)]
        for axes, metric in zip(panels, contents, strict=True):
            axes.set_ylim(len(shown) - 0.45, -0.55)
            axes.set_yticks(range(len(shown)), labels if axes is panels[0] else [])
            axes.tick_params(axis="y", length=0)
            for k, values in enumerate(both[metric]):
                _points(axes, values, k, texts[k])
            title(axes, metric.title)
        _scale(panels, contents)
        note = left_out({metric.title: why for metric, why in gone.items()})
        ending(figure, *entries(panels), only(len(shown), len(rows), "pairs"), note)
    return figure


def _entry(k: int, file: str, sides: list[tuple[xr.Dataset, int]]) -> str:
    """The legend's text for a result: its letter, its file and the devices of the learners that are shown."""
    names = [str(dataset["device"].values[place]) for dataset, place in sides if "device" in dataset]
    devices = [name for name in dict.fromkeys(names) if name != NO_DEVICE]
    return f"{'AB'[k]}: {file}{' on ' * bool(devices)}{', '.join(devices)}"


def _rows(a: xr.Dataset, b: xr.Dataset, pair: Pair, name: str) -> list[tuple[str, list[tuple[xr.Dataset, int]]]]:
    """The rows of a pair, one for every label of a second dimension: name, and both results with its places there."""
    found = by_label(a, b, name, pair.name)
    return [(text, list(zip(sides, pair.places, strict=True))) for text, *sides in found]


def _points(axes: Axes, values: list[Measured], k: int, label: str) -> None:
    """The means of one result with their intervals, a little above or below the middle of their rows."""
    rows = np.arange(len(values)) + (2 * k - 1) * _SHIFT
    mean, low, high = np.array([(m.value, m.low, m.high) for m in values]).T
    known = np.isfinite(low) & np.isfinite(high)
    axes.hlines(rows[known], low[known], high[known], color=_LOOKS[k]["color"], linewidth=1.2)
    axes.plot(np.where(np.isfinite(mean), mean, np.nan), rows, linestyle="none", label=label, **_LOOKS[k])


def _scale(panels: Sequence[Axes], metrics: Sequence[Panel]) -> None:
    """Scale the horizontal axes for their kinds of numbers; panels of percentages share theirs."""
    shares = [metric.axis == "linear" and metric.factor == _PERCENT for metric in metrics]
    percentages = [axes for axes, share in zip(panels, shares, strict=True) if share]
    fit_limits(percentages, "x")
    for axes, metric in zip(panels, metrics, strict=True):
        if metric.axis == "ratio":
            values = [line.get_xdata() for line in axes.lines]
            ratio_axis(axes, finite(*map(np.asarray, values)), "x")
        elif metric.axis == "share":
            fit_limits(axes, "x", reach=[1], foot=0)
            if axes.get_xlim()[0] < 0:
                axes.axvline(0, color="0.5", linewidth=0.6, zorder=1)
        elif axes not in percentages:
            fit_limits(axes, "x")
