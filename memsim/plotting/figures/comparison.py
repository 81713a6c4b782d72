"""Two results side by side, learner by learner."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.metrics.two_columns import MARK, NO_EXPECTATION
from memsim.plotting.axis import ratio_axis
from memsim.plotting.changes import Comparison, Measured, Pair
from memsim.plotting.page import ending, entries, grid, headline, only, title
from memsim.plotting.pairs import compare, name_of
from memsim.plotting.rules.content import filled, left_out
from memsim.plotting.rules.limits import finite, fit_limits
from memsim.plotting.style import RC, fitted, text_width
from memsim.results.dataset import NO_DEVICE
from memsim.results.settings import kind_of, task_of
from memsim.tasks.base import Panel, load_object

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ROW = 0.3  # inch
_MOST = 40
_NAMED = 4
"""Learners that a note names."""
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
    """Figure with a panel for each metric of the task, of what two results share, with 95 % intervals.

    `memsim.plotting.pairs.compare` says what they share.

    Raises
    ------
    MemsimError
        If one is not a whole result, or their learners cannot be paired.
    """
    from matplotlib import rc_context

    comparison = compare(a, b)
    if (own := kind_of(a).comparison_figure) is not None:
        return load_object(own)(a, b)
    metrics = task_of(a).panels
    rows = [row for pair in comparison.pairs for row in _rows(pair, [metric.variable for metric in metrics])]
    shown = rows[:_MOST]
    files = [name_of(dataset, which) for dataset, which in ((a, "first result"), (b, "second result"))]
    labels = [fitted(f"{pair.name}, {part}" if part else pair.name, _NAMES) for pair, part in shown]
    both = {one: [_values(shown, one.variable, k) for k in range(2)] for one in metrics}
    contents, gone = filled({metric: [m.value for values in both[metric] for m in values] for metric in metrics})
    with rc_context(RC):
        left = max(map(text_width, labels)) + 0.2
        widths = [_FIRST, *[1.0] * (len(contents) - 1)][: len(contents)]
        figure, (panels,) = grid(
            [_ROW * len(shown) + 0.12], len(contents), top=0.5, left=left, foot=0.3, gap=0.24, widths=widths
        )
        headline(figure, f"{files[0]} against {files[1]}")
        places = [[pair.places[k] for pair, _ in shown] for k in range(2)]
        texts = [_entry(k, files[k], dataset, places[k]) for k, dataset in enumerate((a, b))]
        for axes, metric in zip(panels, contents, strict=True):
            axes.set_ylim(len(shown) - 0.45, -0.55)
            axes.set_yticks(range(len(shown)), labels if axes is panels[0] else [])
            axes.tick_params(axis="y", length=0)
            for k, values in enumerate(both[metric]):
                _points(axes, values, k, texts[k])
            title(axes, metric.title)
        _scale(panels, contents)
        reasons = dict(comparison.left_out)
        labelled = {metric.variable: metric.label for metric in task_of(a).metrics}
        note = left_out({one.title: reasons.get(labelled[one.variable], why) for one, why in gone.items()})
        notes = only(len(shown), len(rows), "pairs"), _marked(shown, contents), note, _of_both(comparison)
        ending(figure, *entries(panels), *notes)
    return figure


def _marked(rows: Sequence[tuple[Pair, str]], metrics: Sequence[Panel]) -> str:
    """Note on means without finite expectation in the rows of a figure; empty without such means."""
    drawn = {metric.variable for metric in metrics}
    changes = {pair.name: [one for one in pair.changes if one.variable in drawn] for pair, _ in rows}
    parts = []
    for k, letter in enumerate("AB"):
        names = [name for name, listed in changes.items() if any(one.marked[k] for one in listed)]
        if names:
            more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
            parts.append(f"in {letter}: {', '.join(names[:_NAMED])}{more}")
    return f"{MARK} {NO_EXPECTATION} ({'; '.join(parts)})" if parts else ""


def _entry(k: int, file: str, dataset: xr.Dataset, places: Sequence[int]) -> str:
    """The legend's text for a result: its letter, its file and the devices of the learners that are shown."""
    names = [str(dataset["device"].values[place]) for place in places if "device" in dataset]
    devices = [name for name in dict.fromkeys(names) if name != NO_DEVICE]
    return f"{'AB'[k]}: {file}{' on ' * bool(devices)}{', '.join(devices)}"


def _of_both(comparison: Comparison) -> str:
    """Note on the noise of both, where results have different severities."""
    words = dict(comparison.severities)
    return f"means over the noise of both: {words['both']}" if "both" in words else ""


def _rows(pair: Pair, variables: Sequence[str]) -> list[tuple[Pair, str]]:
    """The rows of a pair: one, or one for every label of a second dimension."""
    parts = dict.fromkeys(change.part for change in pair.changes if change.variable in variables)
    return [(pair, part) for part in parts]


def _values(rows: Sequence[tuple[Pair, str]], variable: str, k: int) -> list[Measured]:
    """What a variable is in the rows in A (0) or B (1)."""
    known = {
        (pair.places, change.part): (change.a, change.b)[k]
        for pair, _ in rows
        for change in pair.changes
        if change.variable == variable
    }
    blank = Measured(np.nan, np.nan, np.nan)
    return [known.get((pair.places, part), blank) for pair, part in rows]


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
