"""Pulses that programming took of each cell: their histogram, and its tail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.plotting.axis import power
from memsim.plotting.curves import MAX_LINES, named
from memsim.plotting.members import lacks
from memsim.plotting.page import ending, entries, grid, head, heading, only, title
from memsim.plotting.rules.content import filled, left_out
from memsim.plotting.rules.devices import device_names
from memsim.plotting.rules.limits import fit_limits
from memsim.plotting.style import INK, RC, line_style
from memsim.results.dataset import require
from memsim.results.settings import settings_of
from memsim.tasks.program.schema import ProgramSpec
from memsim.tasks.programming_costs import BEYOND

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ZERO = 0.5
"""Place of cells without a pulse on the logarithmic axis."""


def pulses(dataset: xr.Dataset) -> Figure:
    """Figure with the share of cells by their pulses, and the share of cells that need more than some pulses.

    Both axes of pulses are logarithmic. The dotted line lies at 100 pulses.

    Raises
    ------
    MemsimError
        If no array was programmed by an algorithm of write and verify, or the result is not whole.
    """
    from matplotlib import rc_context
    from matplotlib.ticker import FuncFormatter

    settings = settings_of(dataset, ProgramSpec)
    require(dataset, "array", "pulses", "most_pulses", "pulse_count")
    counts = dataset.pulse_count.values
    known, gone = filled({number: counts[number] for number in range(len(counts))})
    if not known:
        raise lacks(dataset, "pulses", "arrays that an algorithm of write and verify programs", "levels-01 has some")
    shown = known[:MAX_LINES]
    names = device_names(dataset, shown)
    least, most = dataset.pulses.values, dataset.most_pulses.values
    with rc_context(RC):
        figure, (panels,) = grid([2.3], 2, top=head(dataset), gap=0.62)
        heading(figure, dataset, settings.name)
        bulk, tail = panels
        for place, number in enumerate(shown):
            shares = counts[number] / counts[number].sum()
            style = {**line_style(place), "label": named(names.label(number))}
            _draw_shares(bulk, least, most, shares, style)
            beyond = 1.0 - np.cumsum(shares)
            drawn = beyond > 0.5 / counts[number].sum()
            tail.plot(np.maximum(most, _ZERO)[drawn], beyond[drawn], **{**style, "markersize": 3})
        for axes in panels:
            axes.set_xscale("log")
            axes.set_xlabel("set and reset pulses of a cell")
            axes.axvline(BEYOND, color=INK, linewidth=0.9, linestyle=":")
            fit_limits(axes, "x", reach=[_ZERO, BEYOND])
            _pulse_ticks(axes)
        tail.set_yscale("log")
        fit_limits(bulk, foot=0)
        tail.yaxis.set_major_formatter(FuncFormatter(lambda value, _: power(value)))
        fit_limits(tail)
        bulk.set_ylabel("share of cells in a bin [%]")
        tail.set_ylabel("share of cells")
        title(bulk, "Histogram")
        title(tail, "Cells with more pulses")
        note = f"dotted: {BEYOND} pulses; bins have equal widths on the logarithmic axis from 10 pulses on"
        repeats = f"{settings.repeats} programmings of {settings.rows} x {settings.columns}"
        some = only(len(shown), len(known), "arrays")
        labels = {device_names(dataset).label(number): "no pulses counted" for number in gone}
        ending(figure, *entries(panels), some, f"{note}; {repeats}", left_out(labels), device=names.heading)
    return figure


def _draw_shares(axes: Axes, least: np.ndarray, most: np.ndarray, shares: np.ndarray, style: dict[str, Any]) -> None:
    """Shares of cells as points at the geometric middles of the bins, joined by a line; from the first cell on."""
    middle = np.sqrt(np.maximum(least, _ZERO) * np.maximum(most, _ZERO))
    places = np.flatnonzero(shares)
    part = slice(places[0], places[-1] + 1)
    axes.plot(middle[part], 100 * shares[part], **{**style, "markersize": 3})


def _pulse_ticks(axes: Axes) -> None:
    """Ticks at 0, which has a place of its own, and at powers of ten."""
    from matplotlib.ticker import FixedFormatter, FixedLocator

    low, high = axes.get_xlim()
    decades = [10**k for k in range(8) if low <= 10**k <= high]
    axes.xaxis.set_major_locator(FixedLocator([_ZERO, *decades]))
    axes.xaxis.set_major_formatter(FixedFormatter(["0", *(f"{tick}" for tick in decades)]))
    axes.xaxis.set_minor_locator(FixedLocator([step * tick for tick in decades for step in range(2, 10)]))
