"""Any sweep: how metrics depend on the setting that it changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from memsim.document.writer import show
from memsim.experiments.schema import ExperimentSpec, label
from memsim.plotting.axis import ratio_axis, setting_axis
from memsim.plotting.curves import MAX_LINES, named, point
from memsim.plotting.members import Member, lacks, members
from memsim.plotting.page import FOOT, ending, entries, grid, head, heading, only
from memsim.plotting.rules.content import NOT_FINITE, filled, left_out
from memsim.plotting.rules.devices import DeviceNames, device_names
from memsim.plotting.rules.limits import fit_limits
from memsim.plotting.style import RC, line_style, text_width
from memsim.plotting.swept import NAMES, axis_name, places_of
from memsim.results.dataset import require

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_REFERENCE = "0.25"
_ACROSS = 3
"""Panels side by side at most."""


class SweptMetric(NamedTuple):
    """A metric on the vertical axis: its variable and its interval, a factor, a label, and the kind of axis.

    A "percent" axis reaches from 0 to 100, a "ratio" axis may be logarithmic, and a "share" axis ends at 1.
    """

    variable: str
    interval: str | None
    factor: float
    text: str
    axis: Literal["percent", "ratio", "share"]


@dataclass(frozen=True)
class _Line:
    """Learners that differ in the setting on the horizontal axis only."""

    name: str
    members: list[Member]


def sweep_figure(
    dataset: xr.Dataset, settings: ExperimentSpec, metrics: Sequence[SweptMetric], remedy: str, note: str = ""
) -> Figure:
    """Figure with metrics against a swept setting, a line a learner, with their 95 % intervals.

    A numeric setting has an axis, others have a place for each value. Of several swept settings, the first numeric one
    is on the axis and the others make lines. Learners that the sweep does not reach are lines across.

    Parameters
    ----------
    dataset : xarray.Dataset
        A result.
    settings : ExperimentSpec
        Its settings.
    metrics : sequence of SweptMetric
        What each panel shows.
    remedy : str
        How to make a result of a sweep.
    note : str
        What a reader must know of the metrics.

    Raises
    ------
    MemsimError
        If the result is of no sweep, or is not whole.
    """
    from matplotlib import rc_context

    require(dataset, settings.COMPARED, *(name for metric in metrics for name in metric[:2] if name))
    compared = members(dataset, settings)
    key = _axis_key(compared)
    if key is None:
        raise lacks(dataset, "sweep", "a result of a sweep", remedy)
    lines = _lines(compared, key)
    references = [member for member in compared if key not in member.values][:MAX_LINES]
    values = [member.values[key] for line in lines for member in line.members]
    places, ticks, unit = places_of(values)
    ordered = ticks is None or all(show(value).startswith("[") for value in values)
    slanted = ticks is not None and _crowded(ticks)
    drawn = [member.number for line in lines for member in line.members] + [member.number for member in references]
    names = device_names(dataset, drawn)
    contents, gone = filled({metric: dataset[metric.variable].values[drawn] for metric in metrics})
    across = len(contents) if len(contents) <= _ACROSS else 2
    rows = -(-max(1, len(contents)) // max(1, across))
    with rc_context(RC):
        foot = FOOT if not slanted else 0.34 + 0.64 * max(text_width(t) for t in ticks or [""])
        figure, grid_ = grid(
            [1.9] * rows,
            across,
            top=head(dataset) - 0.15,
            foot=foot,
            left=0.58,
            gap=0.64,
            rows=[foot + 0.12] * (rows - 1),
        )
        heading(figure, dataset, settings.name)
        panels = grid_.ravel()
        for axes in panels[len(contents) :]:
            axes.remove()
        for metric, axes in zip(contents, panels, strict=False):
            middle = metric.factor * dataset[metric.variable].values
            ends = metric.factor * dataset[metric.interval].values if metric.interval else None
            _draw(axes, lines, references, names, key, places, ordered, middle, ends)
            axes.set_ylabel(metric.text)
            _horizontal(axes, axis_name(key, unit), ticks, slanted, list(places.values()))
            _vertical(axes, metric, middle[drawn])
        reasons = [(metric.text, why) for metric, why in gone.items()]
        for line in lines:
            lost = [m for m in line.members if not np.isfinite(dataset[metrics[0].variable].values[m.number])]
            reasons += [(member.label, NOT_FINITE) for member in lost]
        some = only(len(lines), len(_lines(compared, key, None)), "lines")
        ending(figure, *entries(panels[: len(contents)]), note, some, left_out(reasons), device=names.heading)
    return figure


def _axis_key(compared: Sequence[Member]) -> str | None:
    """The swept setting for the horizontal axis: the first numeric one, else the first."""
    keys = list(dict.fromkeys(key for member in compared for key in member.values))
    for key in keys:
        if places_of([member.values[key] for member in compared if key in member.values])[1] is None:
            return key
    return keys[0] if keys else None


def _lines(compared: Sequence[Member], key: str, most: int | None = MAX_LINES) -> list[_Line]:
    groups: dict[str, list[Member]] = {}
    for member in compared:
        if key in member.values:
            others = {other: value for other, value in member.values.items() if other != key}
            groups.setdefault(label(member.name_without(key), others), []).append(member)
    return [_Line(name, group) for name, group in groups.items()][:most]


def _crowded(ticks: Sequence[str]) -> bool:
    return sum(text_width(tick) + 0.08 for tick in ticks) > 1.8


def _draw(
    axes: Axes,
    lines: Sequence[_Line],
    references: Sequence[Member],
    names: DeviceNames,
    key: str,
    places: Mapping[str, float],
    ordered: bool,
    middle: np.ndarray,
    ends: np.ndarray | None,
) -> None:
    """One metric: a line for each learner, with bars for its intervals, and lines across."""
    for number, line in enumerate(lines):
        style = line_style(number)
        x = np.array([places[show(member.values[key])] for member in line.members])
        rows = np.array([member.number for member in line.members])
        order = np.argsort(x, kind="stable")
        x, rows = x[order], rows[order]
        if not ordered:  # side by side: values without an order make no line
            x += (number - (len(lines) - 1) / 2) * min(0.16, 0.7 / len(lines))
            style = point(style)
        y = np.where(np.isfinite(middle[rows]), middle[rows], np.nan)
        axes.plot(x, y, label=named(names.of(rows.tolist(), line.name)), **style)
        if ends is not None:
            low, high = np.where(np.isfinite(ends[rows]), ends[rows], np.nan).T
            if ordered and len(x) > 1:
                axes.fill_between(x, low, high, color=style["color"], alpha=0.16, linewidth=0)
            else:
                axes.vlines(x, low, high, color=style["color"], linewidth=1)
    for number, member in enumerate(references):
        style = point(line_style(number + 1), color=_REFERENCE, marker="", linewidth=0.9)
        if np.isfinite(middle[member.number]):
            axes.axhline(
                middle[member.number],
                label=named(names.label(member.number)),
                **{**style, "linestyle": line_style(number + 1)["linestyle"]},
            )
            if ends is not None and np.isfinite(ends[member.number]).all():
                axes.axhspan(*ends[member.number], color=_REFERENCE, alpha=0.08, linewidth=0)


def _horizontal(axes: Axes, name: str, ticks: Sequence[str] | None, slanted: bool, values: Sequence[float]) -> None:
    """Scale, ticks and label of the setting."""
    square = ticks is None or all("[" not in tick for tick in ticks)
    axes.set_xlabel(name if square or name != NAMES["data.shape"] else "rows and columns of pixels")
    if ticks is None:
        setting_axis(axes, values)
        return
    axes.set_xlim(-0.4, len(ticks) - 0.6)
    slant: dict[str, Any] = {"rotation": 40, "ha": "right", "rotation_mode": "anchor"} if slanted else {}
    axes.set_xticks(range(len(ticks)), list(ticks), **slant)


def _vertical(axes: Axes, metric: SweptMetric, middle: np.ndarray) -> None:
    """Scale of the metric."""
    if metric.axis == "percent":
        fit_limits(axes, reach=[0, 100])
    elif metric.axis == "ratio":
        ratio_axis(axes, middle)
    else:
        fit_limits(axes, reach=[1], foot=0)
        if axes.get_ylim()[0] < 0:
            axes.axhline(0, color="0.5", linewidth=0.6, zorder=1)
