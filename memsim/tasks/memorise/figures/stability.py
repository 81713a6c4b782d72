"""Where gradient descent on the squared error diverges: the step size rate |x|^2 against its limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memsim.metrics.severities import reads_under_noise
from memsim.plotting.axis import ratio_axis, setting_axis
from memsim.plotting.curves import MAX_LINES, named, point
from memsim.plotting.members import lacks, members
from memsim.plotting.page import ending, entries, grid, head, heading, only
from memsim.plotting.rules.content import NOT_FINITE, empty, left_out
from memsim.plotting.rules.devices import device_names
from memsim.plotting.rules.limits import drawn, finite, fit_limits
from memsim.plotting.style import INK, RC, SMALL, line_style
from memsim.results.dataset import require
from memsim.results.settings import settings_of
from memsim.tasks.memorise.ratio_means import figure_note
from memsim.tasks.memorise.schema import MemoriseSpec

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LIMIT = 2.0
"""Largest stable step size of gradient descent on a quadratic, over the inverse of its curvature."""


def stability(dataset: xr.Dataset) -> Figure:
    """Figure with accuracy and SNR of every image against its step size, and SNR against the rate.

    Shows the learners that have a step size: linear networks on the squared error. The dashed line is the stability
    limit; bars are 95 % intervals over images.

    Raises
    ------
    MemsimError
        If no learner has a step size, or the result is not whole.
    """
    from matplotlib import rc_context

    require(dataset, "learner")
    settings = settings_of(dataset, MemoriseSpec)
    sizes = dataset.step_size.values if "step_size" in dataset else np.full((dataset.sizes["learner"], 1), np.nan)
    able = [int(i) for i in np.flatnonzero((np.isfinite(sizes) & (sizes > 0)).any(axis=1))]
    if not able:
        what = "a linear network on the squared error, which has a step size"
        raise lacks(dataset, "stability", what, "memsim run rule-01 has it")
    require(dataset, "correct", "noise_level", "snr", "snr_mean", "snr_interval", "snr_median")
    shown = able[:MAX_LINES]
    found = ((member.number, member.setting("training.rate")) for member in members(dataset, settings))
    rates = {number: float(rate) for number, rate in found if rate is not None}
    names = device_names(dataset, shown)
    levels = dataset.noise_level.values
    accuracy = 100 * reads_under_noise(dataset.correct.values, levels).mean(axis=(2, 3))
    with np.errstate(invalid="ignore"):
        middle = np.median(reads_under_noise(dataset.snr.values, levels), axis=(2, 3))
    with rc_context(RC):
        figure, (panels,) = grid([1.9], 3, top=head(dataset), left=0.58, gap=0.62)
        heading(figure, dataset, settings.name)
        share, ratio, rate = panels
        for number, i in enumerate(shown):
            style = point(line_style(number), markersize=3.5, markerfacecolor="none", markeredgewidth=0.8)
            share.plot(sizes[i], accuracy[i], label=named(names.label(i)), **style)
            ratio.plot(sizes[i], _finite(middle[i]), **style)
        for axes in (share, ratio):
            axes.set_xlabel(r"step size $\eta\,|x|^2$ of an image")
            _limit(axes, sizes[shown])
        fit_limits(share, reach=[0, 100])
        share.set_ylabel("correct decisions [%]")
        ratio_axis(ratio, middle[shown])
        ratio.set_ylabel("median SNR of an image")
        _summaries(dataset, rate, shown, rates)
        gone = [(names.labels[i], NOT_FINITE) for i in shown if empty(middle[i])]
        for axes, text in ((ratio, "median SNR of an image"), (rate, "SNR: mean, median")):
            if not len(drawn(axes)):
                axes.remove()
                gone.append((text, NOT_FINITE))
        some = only(len(shown), len(able), "learners with a step size")
        ending(figure, *entries([share]), some, figure_note(dataset, shown), left_out(gone), device=names.heading)
    return figure


def _limit(axes: Axes, sizes: np.ndarray) -> None:
    """The limit as a line, on an axis that reaches it."""
    axes.axvline(_LIMIT, color=INK, linewidth=0.9, linestyle=(0, (4, 2)), zorder=1)
    axes.autoscale_view()
    setting_axis(axes, [*finite(sizes[sizes > 0]), _LIMIT])
    top = axes.get_xaxis_transform()
    axes.text(_LIMIT, 1.01, "limit 2", transform=top, ha="center", va="bottom", fontsize=SMALL, color=INK)


def _summaries(dataset: xr.Dataset, axes: Axes, shown: list[int], rates: dict[int, float]) -> None:
    """Mean with interval and median of the SNR against the rate; against the mean step size if all rates are equal."""
    places = {i: rates[i] for i in shown if i in rates}
    axes.set_xlabel(r"learning rate $\eta$")
    if len(set(places.values())) < 2:
        places = {i: float(finite(dataset.step_size.values[i]).mean()) for i in shown}
        axes.set_xlabel(r"mean step size $\eta\,|x|^2$")
    rows = list(places)
    mean, median = (_finite(dataset[name].values[rows]) for name in ("snr_mean", "snr_median"))
    low, high = _finite(dataset.snr_interval.values[rows]).T
    for number, x in enumerate(places.values()):
        style = point(line_style(shown.index(rows[number])), markersize=4.5)
        axes.plot(x, mean[number], **style)
        axes.plot(x, median[number], **{**style, "markerfacecolor": "white"})
        axes.vlines(x, low[number], high[number], color=style["color"], linewidth=1)
    axes.margins(x=0.08)
    setting_axis(axes, list(places.values()))
    ratio_axis(axes, finite(mean, median))
    axes.set_ylabel("SNR: mean (filled), median")


def _finite(values: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(values), values, np.nan)
