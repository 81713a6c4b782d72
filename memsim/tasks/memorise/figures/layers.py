"""From an ideal array to a real one, a layer at a time: what each layer of the hardware costs."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

from memsim.plotting.axis import ratio_axis
from memsim.plotting.members import lacks
from memsim.plotting.page import ending, entries, grid, head, heading, only, title
from memsim.plotting.rules.content import NOT_FINITE, filled, left_out
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

_ROW = 0.27  # inch
_MOST = 40
"""Learners that are shown at most."""
_NAMES = 2.0
"""Room for names at most [inch]."""
_FAR = 3.0
"""Size of a mean or of an end of its interval, over the largest median, beyond which it is a number."""
_MARGIN, _MARGIN_NAME = "geometric margin", "geometric_margin"
_DARK, _WARM, _FILL = "#0b2a4a", "#b5432a", "#a9bfd0"


def layers(dataset: xr.Dataset) -> Figure:
    """Figure with a row for every learner, in order: SNR, its change from the row above, and the geometric margin.

    Bars are medians of the SNR's magnitude, and costs their changes; dots with lines are means with 95 %
    intervals over images. A few control outputs near 0 may move them far; then they are numbers.

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
    names = device_names(dataset, range(count))
    labels = [names.row(row, _NAMES) for row in range(count)]
    median = dataset.snr_magnitude_median.values[:count]
    contents, gone = filled(
        {"SNR, target / control output": median, _MARGIN: dataset[f"{_MARGIN_NAME}_mean"].values[:count]}
    )
    with rc_context(RC):
        left = max(map(text_width, labels)) + 0.2
        widths = [1.0 if text == _MARGIN else 2.2 for text in contents]
        figure, (panels,) = grid(
            [_ROW * count + 0.1],
            len(contents),
            top=head(dataset),
            left=left,
            right=0.5,
            foot=0.3,
            gap=0.75,
            widths=widths,
        )
        heading(figure, dataset, settings.name)
        for axes, text in zip(panels, contents, strict=True):
            axes.set_ylim(count - 0.45, -0.55)
            axes.set_yticks(rows, labels if axes is panels[0] else [])
            axes.tick_params(axis="y", length=0)
            axes.grid(axis="y", visible=False)
            title(axes, text)
            if text == _MARGIN:
                _margins(dataset, axes, count)
            else:
                _steps(axes, median)
                _means(axes, dataset.snr_mean.values[:count], dataset.snr_interval.values[:count], median)
                _costs(axes, median)
        lost = [(names.labels[row], NOT_FINITE) for row in np.flatnonzero(~np.isfinite(median))]
        notes = [*str(dataset.attrs.get("notes", "")).splitlines(), only(count, dataset.sizes["learner"])]
        notes.append(figure_note(dataset, rows))
        ending(figure, *entries(panels), *notes, left_out([*gone.items(), *lost]), device=names.heading)
    return figure


def _margins(dataset: xr.Dataset, axes: Axes, count: int) -> None:
    """A bar a learner from 0 to its margin, with the interval, and the margin as a number."""
    rows = np.arange(count)
    margin = dataset[f"{_MARGIN_NAME}_mean"].values[:count]
    axes.barh(rows, margin, height=0.56, color=_FILL, edgecolor=_DARK, linewidth=0.5)
    low, high = dataset[f"{_MARGIN_NAME}_interval"].values[:count].T
    axes.hlines(rows, low, high, color=_DARK, linewidth=1.4)
    fit_limits(axes, "x", reach=[1], foot=0)
    for row in np.flatnonzero(np.isfinite(margin)).tolist():
        _at_the_end(axes, row, f"{margin[row]:.3f}")


def _steps(axes: Axes, median: np.ndarray) -> None:
    """A bar a layer, and behind it what the layer above had."""
    rows = np.arange(len(median))
    known = np.where(np.isfinite(median), median, 0.0)
    before = np.concatenate([[known[0]], known[:-1]])
    lost_ = np.maximum(before - known, 0.0)
    axes.barh(rows, known, height=0.56, color=_FILL, edgecolor=_DARK, linewidth=0.5, label="median |SNR|")
    axes.barh(
        rows, lost_, left=known, height=0.56, facecolor="none", edgecolor=_WARM, hatch="////", linewidth=0.5,
        label="lost with this layer",
    )  # fmt: skip


def _means(axes: Axes, mean: np.ndarray, interval: np.ndarray, median: np.ndarray) -> None:
    """Means with their intervals; numbers for those that lie far from the medians."""
    rows = np.arange(len(mean))
    limit = _FAR * max(finite(median), default=1.0)
    near = np.isfinite(mean) & (np.abs(np.column_stack([mean, interval])) <= limit).all(axis=1)
    axes.hlines(rows[near], *interval[near].T, color="black", linewidth=1.2)
    axes.plot(mean[near], rows[near], "o", color="black", markersize=3.5, label="mean with 95 % interval")
    ratio_axis(axes, finite(median, mean[near]), "x", spread=1e3)
    for row in np.flatnonzero(~near).tolist():
        low, high = interval[row]
        text = f"mean {mean[row]:.3g}, {low:.3g} to {high:.3g}".replace("-", "−")
        across = axes.get_yaxis_transform()
        axes.text(0.98, row, text, transform=across, ha="right", va="center", fontsize=SMALL, color=INK)


def _costs(axes: Axes, median: np.ndarray) -> None:
    """The change from the row above, at the right end."""
    for row, (before, after) in enumerate(itertools.pairwise(median), 1):
        _at_the_end(axes, row, _change(before, after))


def _change(before: float, after: float) -> str:
    """In percent, or as a factor where that is large; empty where there is none."""
    if not before > 0 or not np.isfinite(after / before):
        return ""
    ratio = after / before
    return f"× {ratio:.2g}" if ratio > 10 else f"{100 * (ratio - 1):+.1f} %".replace("-", "−")


def _at_the_end(axes: Axes, row: int, text: str) -> None:
    """A text at the right of a row."""
    axes.annotate(
        text, (1, row), (3, 0), xycoords=axes.get_yaxis_transform(), textcoords="offset points", va="center",
        fontsize=SMALL,
    )  # fmt: skip
