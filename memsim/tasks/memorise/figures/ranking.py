"""The table of all learners as a ranked chart: the order by SNR is not that by margin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memsim.plotting.axis import finite, ratio_axis
from memsim.plotting.members import lacks
from memsim.plotting.page import ending, grid, head, heading, only, title
from memsim.plotting.style import INK, RC, SMALL, fitted, text_width
from memsim.repeat import settings_of
from memsim.results import require
from memsim.tasks.memorise.schema import MemoriseSpec

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ROW = 0.235  # inch
_MOST = 40
"""Learners that are shown at most, the first of the ranking."""
_NAMES = 2.0
"""Room for names at most [inch]."""
_DARK, _WARM = "#0b2a4a", "#b5432a"


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
    names = [fitted(f"{row + 1}. {dataset.learner.values[i]}", _NAMES) for row, i in enumerate(order)]
    with rc_context(RC):
        left = max(map(text_width, names)) + 0.2
        figure, panels = grid(
            [_ROW * len(order) + 0.1], 3, top=head(dataset), left=left, foot=0.3, gap=0.24, widths=[2.2, 1.3, 1]
        )
        heading(figure, dataset, settings.name)
        snr, margin, accuracy = panels[0]
        for axes in panels[0]:
            axes.set_ylim(len(order) - 0.45, -0.55)
            axes.set_yticks(rows, names if axes is snr else [])
            axes.tick_params(axis="y", length=0)
            axes.grid(axis="y", visible=False)
            axes.hlines(rows, 0, 1, transform=axes.get_yaxis_transform(), color="0.93", linewidth=0.6, zorder=0)
        handles = _ratios(dataset, snr, order, settings.published.get("snr", {}))
        _bars(dataset, "geometric_margin", margin, order, 1)
        _ranks(dataset, margin, order)
        _bars(dataset, "correct", accuracy, order, 100)
        accuracy.set_xlim(-4, 104)
        title(snr, "SNR, target / control output")
        title(margin, "geometric margin, rank")
        title(accuracy, "correct [%]")
        labels = [str(handle.get_label()) for handle in handles]
        ending(figure, handles, labels, only(len(order), dataset.sizes["learner"]))
    return figure


def _ratios(dataset: xr.Dataset, axes: Axes, order: np.ndarray, claims: dict[str, float]) -> list:
    """Mean, median of the magnitude and published mean of the SNR; handles for the legend."""
    rows = np.arange(len(order))
    mean, interval = dataset.snr_mean.values[order], dataset.snr_interval.values[order]
    median = dataset.snr_magnitude_median.values[order]
    claimed = np.array([claims.get(str(name), np.nan) for name in dataset.learner.values[order]])
    low, high = np.where(np.isfinite(interval), interval, np.nan).T
    axes.hlines(rows, low, high, color=_DARK, linewidth=1.4)
    known = np.isfinite(claimed)
    handles = [
        *axes.plot(_shown(mean), rows, "o", color=_DARK, markersize=5, label="mean with 95 % interval"),
        *axes.plot(_shown(median), rows, "D", color=_WARM, markerfacecolor="white", label="median |SNR|"),
    ]
    if known.any():
        handles += axes.plot(
            claimed[known], rows[known], "x", color="black", markersize=5, markeredgewidth=1.2, label="published mean"
        )
    ratio_axis(axes, finite(mean, median, claimed), interval, "x")
    for row in np.flatnonzero(~np.isfinite(mean)).tolist():
        across = axes.get_yaxis_transform()
        axes.text(0.98, row, "mean not finite", transform=across, ha="right", va="center", fontsize=SMALL, color=INK)
    return handles


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
    low = min(0.0, *finite(margins[order], dataset.geometric_margin_interval.values[order], [0.0]))
    axes.set_xlim(1.05 * low, 1.28)
    axes.set_xticks([tick for tick in (-1.0, -0.5, 0.0, 0.5, 1.0) if tick >= 1.05 * low])
    if low < 0:
        axes.axvline(0, color="0.5", linewidth=0.6)
    for row, i in enumerate(order):
        rank = f"{1 + int((margins > margins[i]).sum())}" if np.isfinite(margins[i]) else "not finite"
        axes.text(1.26, row, rank, ha="right", va="center", fontsize=SMALL, color=INK)
