"""Counts of cells by their pulses, as figures show them: shares by bin, and the tail of cells with more pulses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.plotting.axis import power
from memsim.plotting.rules.limits import fit_limits
from memsim.plotting.style import INK
from memsim.tasks.programming_costs import BEYOND

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ZERO = 0.5
"""Place of cells without a pulse on the logarithmic axis."""


def draw_shares(axes: Axes, least: np.ndarray, most: np.ndarray, counts: np.ndarray, style: dict[str, Any]) -> None:
    """Shares of cells as points at the geometric middles of the bins, joined by a line; from the first cell on."""
    middle = np.sqrt(np.maximum(least, _ZERO) * np.maximum(most, _ZERO))
    places = np.flatnonzero(counts)
    part = slice(places[0], places[-1] + 1)
    axes.plot(middle[part], 100 * counts[part] / counts.sum(), **{**style, "markersize": 3})


def draw_tail(axes: Axes, most: np.ndarray, counts: np.ndarray, style: dict[str, Any]) -> None:
    """Share of cells that got more pulses, as far as there is a cell."""
    beyond = 1.0 - np.cumsum(counts) / counts.sum()
    occupied = beyond > 0.5 / counts.sum()
    axes.plot(np.maximum(most, _ZERO)[occupied], beyond[occupied], **{**style, "markersize": 3})


def pulse_axis(axes: Axes) -> None:
    """Logarithmic axis of pulses with a place for 0; a dotted line at those beyond which a cell counts as slow."""
    from matplotlib.ticker import FixedFormatter, FixedLocator

    axes.set_xscale("log")
    axes.set_xlabel("set and reset pulses of a cell")
    axes.axvline(BEYOND, color=INK, linewidth=0.9, linestyle=":")
    fit_limits(axes, "x", reach=[_ZERO, BEYOND])
    low, high = axes.get_xlim()
    decades = [10**k for k in range(8) if low <= 10**k <= high]
    axes.xaxis.set_major_locator(FixedLocator([_ZERO, *decades]))
    axes.xaxis.set_major_formatter(FixedFormatter(["0", *(f"{tick}" for tick in decades)]))
    axes.xaxis.set_minor_locator(FixedLocator([step * tick for tick in decades for step in range(2, 10)]))


def tail_axis(axes: Axes) -> None:
    """Logarithmic axis of the share of cells with more pulses."""
    from matplotlib.ticker import FuncFormatter

    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: power(value)))
    fit_limits(axes)
    axes.set_ylabel("share of cells with more pulses")
