"""From an ideal array to a real one, a layer at a time: what each layer of the hardware costs."""

from __future__ import annotations

import itertools
import textwrap
from typing import TYPE_CHECKING

import numpy as np

from memsim.plotting.axis import finite, ratio_axis
from memsim.plotting.members import lacks
from memsim.plotting.page import ending, grid, head, heading, lost, only, title
from memsim.plotting.style import INK, RC, SMALL, fitted, text_width
from memsim.repeat import settings_of
from memsim.results import NO_DEVICE, require
from memsim.tasks.memorise.schema import MemoriseSpec

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ROW = 0.27  # inch
_MOST = 40
"""Learners that are shown at most."""
_NAMES = 2.0
"""Room for names at most [inch]."""
_DARK, _WARM, _FILL = "#0b2a4a", "#b5432a", "#a9bfd0"


def layers(dataset: xr.Dataset) -> Figure:
    """Figure with a row for every learner, in order: SNR, its change from the row above, and the geometric margin.

    Bars are medians of the SNR's magnitude, and costs their changes; dots with lines are means with 95 %
    intervals over images, which a few control outputs near 0 may move far.

    Raises
    ------
    MemsimError
        If no array takes a part of its device as ideal, or the result is not whole.
    """
    from matplotlib import rc_context

    require(dataset, "learner", "device", "snr_mean", "snr_interval", "snr_magnitude_median")
    require(dataset, "geometric_margin_mean", "geometric_margin_interval")
    settings = settings_of(dataset, MemoriseSpec)
    if dataset.sizes["learner"] < 2 or not any(learner.array.ideal for learner in settings.learners):
        raise lacks(dataset, "layers", "learners with parts of a device ideal", "memsim run layers-01 makes them")
    count = min(_MOST, dataset.sizes["learner"])
    rows = np.arange(count)
    names = [fitted(name, _NAMES) for name in dataset.learner.values[:count]]
    devices = [name for name in dict.fromkeys(map(str, dataset.device.values)) if name != NO_DEVICE]
    with rc_context(RC):
        left = max(map(text_width, names)) + 0.2
        figure, panels = grid(
            [_ROW * count + 0.1], 2, top=head(dataset), left=left, right=0.5, foot=0.3, gap=0.75, widths=[2.2, 1]
        )
        heading(figure, dataset, settings.name)
        for axes in panels[0]:
            axes.set_ylim(count - 0.45, -0.55)
            axes.set_yticks(rows, names if axes is panels[0, 0] else [])
            axes.tick_params(axis="y", length=0)
            axes.grid(axis="y", visible=False)
        median = dataset.snr_magnitude_median.values[:count]
        mean = dataset.snr_mean.values[:count]
        interval = dataset.snr_interval.values[:count]
        handles = _steps(panels[0, 0], median)
        handles += _means(panels[0, 0], mean, interval, median)
        _costs(panels[0, 0], median)
        margin = dataset.geometric_margin_mean.values[:count]
        panels[0, 1].barh(rows, margin, height=0.56, color=_FILL, edgecolor=_DARK, linewidth=0.5)
        low, high = dataset.geometric_margin_interval.values[:count].T
        panels[0, 1].hlines(rows, low, high, color=_DARK, linewidth=1.4)
        panels[0, 1].set_xlim(min(0.0, *finite(margin, [0.0])), 1.04)
        _numbers(panels[0, 1], margin, "{:.3f}")
        title(panels[0, 0], f"SNR, target / control output, on {fitted(', '.join(devices), 2.6)}")
        title(panels[0, 1], "geometric margin")
        gone = [str(dataset.learner.values[row]) for row in np.flatnonzero(~np.isfinite(median))]
        notes = textwrap.wrap(str(dataset.attrs.get("notes", "")), 130)
        labels = [str(handle.get_label()) for handle in handles]
        ending(figure, handles, labels, *notes, only(count, dataset.sizes["learner"]), lost(gone))
    return figure


def _steps(axes: Axes, median: np.ndarray) -> list:
    """A bar a layer, and behind it what the layer above had."""
    rows = np.arange(len(median))
    known = np.where(np.isfinite(median), median, 0.0)
    before = np.concatenate([[known[0]], known[:-1]])
    lost_ = np.maximum(before - known, 0.0)
    handles = [axes.barh(rows, known, height=0.56, color=_FILL, edgecolor=_DARK, linewidth=0.5, label="median |SNR|")]
    handles.append(
        axes.barh(
            rows, lost_, left=known, height=0.56, facecolor="none", edgecolor=_WARM, hatch="////", linewidth=0.5,
            label="lost with this layer",
        )
    )  # fmt: skip
    return handles


def _means(axes: Axes, mean: np.ndarray, interval: np.ndarray, median: np.ndarray) -> list:
    """Means with their intervals, as far as they lie where the medians are."""
    rows = np.arange(len(mean))
    limit = 1.5 * max(finite(median), default=1.0)
    shown = np.where(np.isfinite(mean) & (np.abs(mean) <= limit), mean, np.nan)
    low, high = np.where(np.isfinite(shown)[:, None], np.clip(interval, -limit, limit), np.nan).T
    axes.hlines(rows, low, high, color="black", linewidth=1.2)
    handles = axes.plot(shown, rows, "o", color="black", markersize=3.5, label="mean with 95 % interval")
    ratio_axis(axes, finite(median, shown), finite(low, high), "x", spread=1e3)
    for row in np.flatnonzero(~np.isfinite(shown)).tolist():
        across = axes.get_yaxis_transform()
        axes.text(
            0.98, row, f"mean {mean[row]:.3g}", transform=across, ha="right", va="center", fontsize=SMALL, color=INK
        )
    return handles


def _costs(axes: Axes, median: np.ndarray) -> None:
    """The change from the row above, at the right end."""
    changes = ["", *(_change(before, after) for before, after in itertools.pairwise(median))]
    for row, text in enumerate(changes):
        axes.annotate(
            text, (1, row), (3, 0), xycoords=axes.get_yaxis_transform(), textcoords="offset points", va="center",
            fontsize=SMALL,
        )  # fmt: skip


def _change(before: float, after: float) -> str:
    """In percent, or as a factor where that is large; empty where there is none."""
    if not before > 0 or not np.isfinite(after / before):
        return ""
    ratio = after / before
    return f"× {ratio:.2g}" if ratio > 10 else f"{100 * (ratio - 1):+.1f} %".replace("-", "−")


def _numbers(axes: Axes, values: np.ndarray, form: str) -> None:
    for row in np.flatnonzero(np.isfinite(values)).tolist():
        axes.annotate(
            form.format(values[row]), (1, row), (3, 0), xycoords=axes.get_yaxis_transform(),
            textcoords="offset points", va="center", fontsize=SMALL,
        )  # fmt: skip
