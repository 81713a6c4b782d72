"""What write and verify takes of networks, how precise it is, and what accuracy it leaves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from memsim.plotting.axis import plain_log_axis, setting_axis
from memsim.plotting.curves import MAX_LINES, bars, curve, named
from memsim.plotting.members import Member, lacks, members
from memsim.plotting.page import ending, entries, grid, head, heading, only, title
from memsim.plotting.pulse_counts import draw_tail, pulse_axis, tail_axis
from memsim.plotting.rules.limits import fit_limits
from memsim.plotting.style import RC, fitted, line_style
from memsim.results.dataset import require
from memsim.results.settings import settings_of
from memsim.tasks.classify.figures.seeds import over_seeds
from memsim.tasks.classify.schema import ClassifySpec
from memsim.tasks.programming_costs import BEYOND
from memsim.tasks.variable import CORRECTED

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


class _Metric(NamedTuple):
    """A panel: the variable that it shows, the factor of its values, its title, and whether its axis is logarithmic."""

    variable: str
    factor: float
    text: str
    logarithmic: bool = False


_METRICS = (
    _Metric("network_state_error", 100.0, "error of the states [%]", True),
    _Metric("network_pulses_mean", 1.0, "mean pulses of a cell", True),
    _Metric("test_accuracy", 100.0, "test accuracy [%]"),
)
WINDOW = "array.programming.window"
_NAMES = 1.75
"""Room for names of learners [inch]."""


def programming(dataset: xr.Dataset) -> Figure:
    """Figure with the error of the states, the pulses and the accuracy, and below it the tail of the pulses.

    Against the acceptance window where this is swept, a line for each of the other settings; else a row for each
    learner. Means over seeds with 95 % intervals.

    Raises
    ------
    MemsimError
        If no network was programmed by write and verify, or the result is not whole.
    """
    from matplotlib import rc_context

    if "network_pulse_count" not in dataset:
        what = "networks that an algorithm of write and verify programs"
        raise lacks(dataset, "programming", what, "memsim run programming-01 makes them")
    require(dataset, "learner", "repeat", "pulses", "most_pulses", *(metric.variable for metric in _METRICS))
    settings = settings_of(dataset, ClassifySpec)
    counts = dataset.network_pulse_count.values
    verified = [member for member in members(dataset, settings) if np.isfinite(counts[member.number]).any()]
    shown = verified[:MAX_LINES]
    swept = len(shown) > 1 and all(WINDOW in member.values for member in shown)
    with rc_context(RC):
        rows = 0.2 * len(shown) + 0.3
        left = 0.55 if swept else _NAMES
        figure, (upper, lower) = grid(
            [1.6 if swept else rows, 1.5], 3, top=head(dataset), left=left, gap=0.55 if swept else 0.25, rows=[0.75]
        )
        heading(figure, dataset, settings.name)
        for axes, metric in zip(upper, _METRICS, strict=True):
            values = over_seeds(dataset[metric.variable], factor=metric.factor)
            (_against_window if swept else _in_rows)(axes, values, shown, metric)
            if not swept:
                axes.set_yticks(range(len(shown)), _labels(shown) if axes is upper[0] else [])
        for axes in lower[1:]:
            figure.delaxes(axes)
        _place_tail(lower[0], upper)
        for place, member in enumerate(shown):
            style = {**line_style(place), "label": named(member.label)}
            draw_tail(lower[0], dataset.most_pulses.values, counts[member.number], style)
        pulse_axis(lower[0])
        tail_axis(lower[0])
        seeds = dataset.sizes["repeat"]
        words = f"{'bands' if swept else 'bars'}: 95 % intervals over {seeds} seeds, {CORRECTED}" if seeds > 1 else ""
        note = f"dotted: {BEYOND} pulses; errors are relative to the window of the device"
        some = only(len(shown), len(verified))
        handles = entries([*upper, lower[0]]) if swept and _families(shown) > 1 else entries(lower[:1])
        ending(figure, *handles, words, note, some)
    return figure


def _families(shown: Sequence[Member]) -> int:
    return len({_without_window(member) for member in shown})


def _without_window(member: Member) -> str:
    """What a learner is besides its window."""
    others = {key: value for key, value in member.values.items() if key != WINDOW}
    return f"{member.name} {others}" if others else member.name


def _labels(shown: Sequence[Member]) -> list[str]:
    return [fitted(member.label, _NAMES - 0.15) for member in shown]


def _against_window(axes: Axes, values: np.ndarray, shown: Sequence[Member], metric: _Metric) -> None:
    """A line through the learners that differ in the window alone."""
    groups: dict[str, list[Member]] = {}
    for member in shown:
        groups.setdefault(_without_window(member), []).append(member)
    for k, (name, group) in enumerate(groups.items()):
        windows = np.array([100 * float(member.values[WINDOW]) for member in group])
        order = np.argsort(windows)
        numbers = np.array([member.number for member in group])[order]
        curve(axes, windows[order], values[:, numbers], line_style(k), named(name) if len(groups) > 1 else None)
    setting_axis(axes, sorted({100 * float(member.values[WINDOW]) for member in shown}))
    axes.set_xlabel("acceptance window, ± [%]")
    title(axes, metric.text)
    if metric.logarithmic:
        plain_log_axis(axes, "y")
    fit_limits([axes])


def _in_rows(axes: Axes, values: np.ndarray, shown: Sequence[Member], metric: _Metric) -> None:
    """A point for each learner with its interval."""
    numbers = [member.number for member in shown]
    for row, number in enumerate(numbers):
        style = line_style(row) | {"linestyle": "none"}
        axes.plot(values[0, number], row, **style)
        bars(axes, np.array([row]), values[:, [number]], str(style["color"]), across=True)
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    if metric.logarithmic:
        plain_log_axis(axes, "x")
    fit_limits([axes], "x")
    title(axes, metric.text)


def _place_tail(axes: Axes, upper: Sequence[Axes]) -> None:
    """Let the lower panel have the width of the upper ones."""
    own, first, last = axes.get_position(), upper[0].get_position(), upper[-1].get_position()
    axes.set_position((first.x0, own.y0, last.x1 - first.x0, own.height))
