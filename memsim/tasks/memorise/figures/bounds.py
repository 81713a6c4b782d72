"""What conductance bounds cost: SNR, saturation and weight spread against the upper bound."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.plotting.curves import MAX_LINES, named, point
from memsim.plotting.members import Member, families, lacks, members
from memsim.plotting.page import ending, entries, grid, head, heading
from memsim.plotting.rules.content import filled, left_out
from memsim.plotting.rules.devices import device_names
from memsim.plotting.rules.limits import finite, fit_limits
from memsim.plotting.style import INK, RC, line_style
from memsim.results.dataset import require
from memsim.results.settings import settings_of
from memsim.tasks.memorise.ratio_means import figure_note
from memsim.tasks.memorise.schema import MemoriseSpec

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_KEY = "array.bounds"
_METRICS = (
    ("snr", 1.0, "SNR, target / control output"),
    ("saturated_share", 100.0, "saturated cells [%]"),
    ("weight_std", 1.0, "weight spread (std of w)"),
)


def bounds(dataset: xr.Dataset) -> Figure:
    """Figure with mean SNR, saturated share and weight spread against the upper bound of w.

    Learners that differ in their bounds only share a line; the one without bounds stands apart at the right. Bars are
    95 % intervals over images, crosses published values.

    Raises
    ------
    MemsimError
        If no two crossbars differ in their bounds, or the result is not whole.
    """
    from matplotlib import rc_context

    require(dataset, "learner")
    settings = settings_of(dataset, MemoriseSpec)
    groups = groups_of(dataset)
    if not groups:
        raise lacks(dataset, "bounds", f"crossbars that differ in {_KEY}", "memsim run bounds-01 makes them")
    require(dataset, *(f"{name}_{what}" for name, _, _ in _METRICS for what in ("mean", "interval")))
    groups = dict(list(groups.items())[:MAX_LINES])
    tops = finite(np.array([_upper(member) for group in groups.values() for member in group]))
    apart = float(tops.max() + max(0.2 * np.ptp(tops), 0.16 * abs(tops.max()), 0.1))
    rows = [member.number for group in groups.values() for member in group]
    names = device_names(dataset, rows)
    contents, gone = filled({metric: dataset[f"{metric[0]}_mean"].values[rows] for metric in _METRICS})
    with rc_context(RC):
        figure, (panels,) = grid([1.9], len(contents), top=head(dataset) - 0.15, left=0.56, gap=0.6)
        heading(figure, dataset, settings.name)
        for (name, factor, text), axes in zip(contents, panels, strict=True):
            for number, (family, group) in enumerate(groups.items()):
                family = names.of([member.number for member in group], family)
                _line(dataset, axes, name, factor, group, apart, line_style(number), family)
            axes.set_ylabel(text)
            _scale(axes, tops, apart, groups.values())
            if name == "snr":
                _published(axes, groups, settings.published.get("snr", {}), apart)
            # Cells without bounds do not saturate: their marker at 0 needs room below.
            fit_limits(axes, reach=[0], foot=None if name == "saturated_share" else 0)
        note = left_out({text: why for (_, _, text), why in gone.items()})
        ending(figure, *entries(panels), figure_note(dataset, rows), note, device=names.heading)
    return figure


def groups_of(dataset: xr.Dataset) -> dict[str, list[Member]]:
    """Crossbars that differ in their upper bound only, by name."""
    found = members(dataset, settings_of(dataset, MemoriseSpec))
    crossbars = [member for member in found if member.spec.network is None]
    groups = families(crossbars, _KEY)
    return {name: group for name, group in groups.items() if len({_upper(member) for member in group}) > 1}


def _upper(member: Member) -> float:
    """Upper bound of w; infinite without bounds."""
    given = member.setting(_KEY)
    return float(given[1]) if isinstance(given, Sequence) and not isinstance(given, str) else np.inf


def _line(
    dataset: xr.Dataset,
    axes: Axes,
    name: str,
    factor: float,
    group: Sequence[Member],
    apart: float,
    style: dict[str, Any],
    label: str,
) -> None:
    """Means with intervals of learners that differ in their bounds, joined where they have any."""
    ordered = sorted(group, key=_upper)
    rows = [member.number for member in ordered]
    x = np.array([_upper(member) for member in ordered])
    mean = factor * dataset[f"{name}_mean"].values[rows]
    low, high = factor * dataset[f"{name}_interval"].values[rows].T
    bounded = np.isfinite(x)
    axes.plot(x[bounded], mean[bounded], label=named(label), **style)
    axes.plot(np.full((~bounded).sum(), apart), mean[~bounded], **point(style, markerfacecolor="white"))
    axes.vlines(np.where(bounded, x, apart), low, high, color=style["color"], linewidth=1.2)


def _scale(axes: Axes, tops: np.ndarray, apart: float, groups: Any) -> None:
    """Ticks at the bounds, and one for none at the right of a gap in the axis."""
    low, high = float(tops.min()), float(tops.max())
    start = 0.0 if low >= 0 and low < 0.5 * high else low - 0.1 * (apart - low)
    none = any(np.isinf(_upper(member)) for group in groups for member in group)
    axes.set_xlim(start, apart + 0.07 * (apart - start) if none else high + 0.06 * (apart - start))
    step = next((s for s in (0.1, 0.2, 0.25, 0.5, 1, 2, 5, 10, 50, 100, 1e3, 1e4, 1e5) if (high - start) / s <= 5), 1e6)
    ticks = list(np.arange(np.ceil(start / step), np.floor(high / step + 1e-9) + 1) * step)
    words = [f"{tick:g}" for tick in ticks]
    if none:
        axes.axvline((high + apart) / 2, color=INK, linewidth=0.7, linestyle=(0, (4, 3)))
        ticks, words = [*ticks, apart], [*words, "none"]
    axes.set_xticks(ticks, words)
    axes.set_xlabel("upper bound of w")


def _published(axes: Axes, groups: dict[str, list[Member]], claims: dict[str, float], apart: float) -> None:
    """A cross at the published mean of every learner that has one."""
    known = [member for group in groups.values() for member in group if member.label in claims]
    if known:
        x = [_upper(member) if np.isfinite(_upper(member)) else apart for member in known]
        y = [claims[member.label] for member in known]
        axes.plot(x, y, "x", color="black", markersize=5, markeredgewidth=1.2, label="published", zorder=3)
