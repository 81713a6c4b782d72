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

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ROW = 0.3  # inch
_MOST = 40
_NAMES = 2.4
"""Room for names at most [inch]."""
_SHIFT = 0.15  # of a row
_LOOKS: tuple[dict[str, Any], ...] = (
    {"color": "#0b2a4a", "marker": "o", "markersize": 4.5},
    {"color": "#b5432a", "marker": "s", "markersize": 4.5, "markerfacecolor": "white"},
)

_SHOWN = {
    "memorise": (
        ("snr_mean", "SNR, target / control output", 1.0),
        ("geometric_margin_mean", "geometric margin", 1.0),
    ),
    "classify": (
        ("test_accuracy_mean", "accuracy, test images [%]", 100.0),
        ("noise_mean_accuracy_mean", "with noise [%]", 100.0),
    ),
    "select": (
        ("least_margin", "margin of the largest size [%]", 100.0),
        ("most_power", "its read power [µW]", 1e6),
    ),
}
"""The two metrics of a task, with the titles of their panels and a factor."""


def compare_figure(a: xr.Dataset, b: xr.Dataset) -> Figure:
    """Figure with two metrics of paired learners in two results, with 95 % intervals.

    SNR and geometric margin; of a classification accuracy on test images and under noise; of passive arrays read margin
    and power, scheme by scheme.

    Learners are paired as `memsim.plotting.pairs.compare` says.

    Raises
    ------
    MemsimError
        If one is not a whole result, or their learners cannot be paired.
    """
    from matplotlib import rc_context

    pairs = compare(a, b).pairs
    task = task_of(a)
    names = tuple(name for name, _, _ in _SHOWN[task])
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
        figure, (panels,) = grid([_ROW * len(shown) + 0.12], 2, top=0.5, left=left, foot=0.3, gap=0.24, widths=[1.4, 1])
        tall = figure.get_size_inches()[1]
        heading = fitted(f"{files[0]} against {files[1]}", 6.9, 9)
        figure.text(0.5, 1 - 0.14 / tall, heading, ha="center", va="center", fontsize=9)
        for axes in panels:
            axes.set_ylim(len(shown) - 0.45, -0.55)
            axes.set_yticks(range(len(shown)), labels if axes is panels[0] else [])
            axes.tick_params(axis="y", length=0)
        both = {
            name: [[measured(sides[k][0], name, sides[k][1], factor) for _, sides in shown] for k in range(2)]
            for name, _, factor in _SHOWN[task]
        }
        handles = [
            _points(axes, values, k, label=f"{'AB'[k]}: {plain(files[k])}")
            for name, axes in zip(names, panels, strict=True)
            for k, values in enumerate(both[name])
        ]
        if task == "memorise":
            _scales(panels, both)
        for axes, (_, text, _) in zip(panels, _SHOWN[task], strict=True):
            title(axes, text)
        if task == "select":
            ratio_axis(panels[1], np.array([m.value for values in both["most_power"] for m in values]), None, "x")
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


def _scales(panels: np.ndarray, both: dict[str, list[list[Measured]]]) -> None:
    """A scale for ratios, and one for margins that begins at 0 or below."""
    ratios, margins = ([m for values in both[name] for m in values] for name in ("snr_mean", "geometric_margin_mean"))
    ends = np.array([(m.low, m.high) for m in ratios])
    ratio_axis(panels[0], np.array([m.value for m in ratios]), ends, "x")
    low = min([0.0, *finite(np.array([(m.value, m.low, m.high) for m in margins]))])
    panels[1].set_xlim(1.06 * low, 1.05)
    if low < 0:
        panels[1].axvline(0, color="0.5", linewidth=0.6, zorder=1)
