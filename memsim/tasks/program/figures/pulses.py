"""Pulses that programming took of each cell: their histogram, and its tail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memsim.plotting.curves import MAX_LINES, named
from memsim.plotting.members import lacks
from memsim.plotting.page import ending, entries, grid, head, heading, only, title
from memsim.plotting.pulse_counts import draw_shares, draw_tail, pulse_axis, tail_axis
from memsim.plotting.rules.content import filled, left_out
from memsim.plotting.rules.devices import device_names
from memsim.plotting.rules.limits import fit_limits
from memsim.plotting.style import RC, line_style
from memsim.results.dataset import require
from memsim.results.settings import settings_of
from memsim.tasks.program.schema import ProgramSpec
from memsim.tasks.programming_costs import BEYOND

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure


def pulses(dataset: xr.Dataset) -> Figure:
    """Figure with the share of cells by their pulses, and the share of cells that need more than some pulses.

    Both axes of pulses are logarithmic. The dotted line lies at 100 pulses.

    Raises
    ------
    MemsimError
        If no array was programmed by an algorithm of write and verify, or the result is not whole.
    """
    from matplotlib import rc_context

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
            style = {**line_style(place), "label": named(names.label(number))}
            draw_shares(bulk, least, most, counts[number], style)
            draw_tail(tail, most, counts[number], style)
        for axes in panels:
            pulse_axis(axes)
        fit_limits(bulk, foot=0)
        bulk.set_ylabel("share of cells in a bin [%]")
        tail_axis(tail)
        title(bulk, "Histogram")
        title(tail, "Tail")
        note = f"dotted: {BEYOND} pulses; bins have equal widths on the logarithmic axis from 10 pulses on"
        repeats = f"{settings.repeats} programmings of {settings.rows} x {settings.columns}"
        some = only(len(shown), len(known), "arrays")
        labels = {device_names(dataset).label(number): "no pulses counted" for number in gone}
        ending(figure, *entries(panels), some, f"{note}; {repeats}", left_out(labels), device=names.heading)
    return figure
