"""The table of all learners as a ranked chart: the order by SNR is not that by margin."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from memsim.plotting.axis import ratio_axis
from memsim.plotting.members import lacks
from memsim.plotting.page import ending, entries, grid, head, heading, only, title
from memsim.plotting.rules.content import filled, left_out
from memsim.plotting.rules.devices import device_names
from memsim.plotting.rules.limits import finite, fit_limits
from memsim.plotting.style import INK, RC, SMALL, text_width
from memsim.results.dataset import require
from memsim.results.settings import settings_of
from memsim.tasks.memorise.ratio_means import figure_note
from memsim.tasks.memorise.schema import MemoriseSpec

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ROW = 0.235  # inch
_MOST = 40
"""Learners that are shown at most, the first of the ranking."""
_NAMES = 2.4
"""Room for names at most [inch]."""
_RANK = 0.18
"""Room for the rank of a margin beside its bar, over the length of the axis."""
_DARK, _WARM = "#0b2a4a", "#b5432a"


class _Panel(NamedTuple):
    """A panel: the variable that it shows, its title and its relative width."""

    variable: str
    title: str
    width: float


_PANELS = (
    _Panel("snr_mean", "SNR, target / control output", 2.7),
    _Panel("geometric_margin_mean", "geometric margin, rank", 1.3),
    _Panel("correct_mean", "correct [%]", 1.0),
)


def ranking(dataset: xr.Dataset) -> Figure:
    """Figure with the learners ranked by their mean SNR, beside geometric margin and accuracy in the same order.

    Bars are 95 % intervals over images. The number beside a margin is its own rank.

    Raises
    ------
    MemsimError
        If the result has one learner, or is not whole.
    """
    from matplotlib import rc_context

    require(
        dataset, "learner", *(f"{n}_{w}" for n in ("snr", "geometric_margin", "correct") for w in ("mean", "interval"))
    )
    require(dataset, "snr_magnitude_median")
    settings = settings_of(dataset, MemoriseSpec)
    if dataset.sizes["learner"] < 2:
        raise lacks(dataset, "ranking", "more than one learner", "memsim run decomposition-01 makes them")
    mean = dataset.snr_mean.values
    order = np.argsort(-np.where(np.isfinite(mean), mean, -np.inf), kind="stable")[:_MOST]
    rows = np.arange(len(order))
    names = device_names(dataset, order)
    labels = [names.row(int(i), _NAMES, before=f"{row + 1}. ") for row, i in enumerate(order)]
    contents, gone = filled({panel: dataset[panel.variable].values[order] for panel in _PANELS})
    with rc_context(RC):
        left = max(map(text_width, labels)) + 0.2
        widths = [panel.width for panel in contents]
        figure, (panels,) = grid(
            [_ROW * len(order) + 0.1],
            len(contents),
            top=head(dataset),
            left=left,
            foot=0.3,
            gap=0.24,
            widths=widths,
        )
        heading(figure, dataset, settings.name)
        by_name = dict(zip((panel.variable for panel in contents), panels, strict=True))
        for axes, panel in zip(panels, contents, strict=True):
            axes.set_ylim(len(order) - 0.45, -0.55)
            axes.set_yticks(rows, labels if axes is panels[0] else [])
            axes.tick_params(axis="y", length=0)
            axes.grid(axis="y", visible=False)
            axes.hlines(rows, 0, 1, transform=axes.get_yaxis_transform(), color="0.93", linewidth=0.6, zorder=0)
            title(axes, panel.title)
        if "snr_mean" in by_name:
            _ratios(dataset, by_name["snr_mean"], order, settings.published.get("snr", {}))
        if "geometric_margin_mean" in by_name:
            _bars(dataset, "geometric_margin", by_name["geometric_margin_mean"], order, 1)
            _ranks(dataset, by_name["geometric_margin_mean"], order)
        if "correct_mean" in by_name:
            _bars(dataset, "correct", by_name["correct_mean"], order, 100)
            fit_limits(by_name["correct_mean"], "x", reach=[0, 100])
        some, note = only(len(order), dataset.sizes["learner"]), left_out({p.title: why for p, why in gone.items()})
        marked = figure_note(dataset, order) if "snr_mean" in by_name else ""
        ending(figure, *entries(panels), some, marked, note, device=names.heading)
    return figure


def _ratios(dataset: xr.Dataset, axes: Axes, order: np.ndarray, claims: dict[str, float]) -> None:
    """Mean, median of the magnitude and published mean of the SNR."""
    rows = np.arange(len(order))
    mean, interval = dataset.snr_mean.values[order], dataset.snr_interval.values[order]
    median = dataset.snr_magnitude_median.values[order]
    claimed = np.array([claims.get(str(name), np.nan) for name in dataset.learner.values[order]])
    low, high = np.where(np.isfinite(interval), interval, np.nan).T
    axes.hlines(rows, low, high, color=_DARK, linewidth=1.4)
    known = np.isfinite(claimed)
    axes.plot(_shown(mean), rows, "o", color=_DARK, markersize=5, label="mean with 95 % interval")
    axes.plot(_shown(median), rows, "D", color=_WARM, markerfacecolor="white", label="median |SNR|")
    if known.any():
        axes.plot(
            claimed[known], rows[known], "x", color="black", markersize=5, markeredgewidth=1.2, label="published mean"
        )
    ratio_axis(axes, finite(mean, median, claimed), "x")
    for row in np.flatnonzero(~np.isfinite(mean)).tolist():
        across = axes.get_yaxis_transform()
        axes.text(0.98, row, "mean not finite", transform=across, ha="right", va="center", fontsize=SMALL, color=INK)


def _shown(values: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(values), values, np.nan)


def _bars(dataset: xr.Dataset, name: str, axes: Axes, order: np.ndarray, factor: float) -> None:
    """A bar a learner from 0 to its mean, with the interval."""
    rows = np.arange(len(order))
    mean = factor * _shown(dataset[f"{name}_mean"].values[order])
    low, high = factor * _shown(dataset[f"{name}_interval"].values[order]).T
    axes.barh(rows, mean, height=0.52, color="#a9bfd0", edgecolor=_DARK, linewidth=0.5)
    axes.hlines(rows, low, high, color=_DARK, linewidth=1.4)


def _ranks(dataset: xr.Dataset, axes: Axes, order: np.ndarray) -> None:
    """The rank of every margin at the right end of its row."""
    margins = dataset.geometric_margin_mean.values
    margins = np.where(np.isfinite(margins), margins, -np.inf)
    fit_limits(axes, "x", reach=[1], foot=0)
    low, high = axes.get_xlim()
    axes.set_xticks([tick for tick in (-1.0, -0.5, 0.0, 0.5, 1.0) if low <= tick <= high])
    axes.set_xlim(low, high + _RANK * (high - low))
    if low < 0:
        axes.axvline(0, color="0.5", linewidth=0.6)
    for row, i in enumerate(order):
        rank = f"{1 + int((margins > margins[i]).sum())}" if np.isfinite(margins[i]) else "not finite"
        across = axes.get_yaxis_transform()
        axes.text(0.98, row, rank, transform=across, ha="right", va="center", fontsize=SMALL, color=INK)
