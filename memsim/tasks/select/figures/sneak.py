"""Reads of passive arrays: margin and power against size, and the voltages that all cells see."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memsim.plotting.axis import power as power_label
from memsim.plotting.axis import setting_axis
from memsim.plotting.curves import MAX_LINES, named
from memsim.plotting.page import ending, entries, grid, head, heading, only, page, title
from memsim.plotting.pictures import BAR, picture
from memsim.plotting.rules.colours import colour_range
from memsim.plotting.rules.content import filled, left_out
from memsim.plotting.rules.devices import device_names
from memsim.plotting.rules.limits import fit_limits
from memsim.plotting.style import INK, RC, SMALL, WIDTH, line_style
from memsim.results.dataset import require
from memsim.results.settings import settings_of
from memsim.tasks.select.schema import SelectSpec
from memsim.units import format_quantity

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

_LEAST = 1e-4
"""Smallest margin that is drawn."""
_TICKS = 7
"""Sizes that have a tick each at most."""
_MAPS = 6
"""Arrays whose cell voltages are shown at most."""
_GAP = 0.1
_TITLE = 0.24  # inch


def sneak(dataset: xr.Dataset) -> Figure:
    """Figure with the worst read margin above the static read power against the size of the array, for every scheme.

    A line an array; the dotted line is the experiment's threshold.

    Raises
    ------
    MemsimError
        If the Dataset is not a whole result of passive arrays.
    """
    from matplotlib import rc_context
    from matplotlib.ticker import FixedFormatter, FixedLocator, FuncFormatter

    settings = settings_of(dataset, SelectSpec)
    require(dataset, "array", "scheme", "lines", "worst_margin", "worst_power")
    lines, schemes = dataset.lines.values, [str(scheme) for scheme in dataset.scheme.values]
    count = min(MAX_LINES, dataset.sizes["array"])
    names = device_names(dataset, range(count))
    margin, power = dataset.worst_margin.values[:count], dataset.worst_power.values[:count]
    low = margin < _LEAST
    margin = np.where(low, np.nan, 100 * margin)
    contents, gone = filled({k: np.concatenate([margin[:, k], power[:, k]]) for k in range(len(schemes))})
    with rc_context(RC):
        figure, panels = grid([1.6, 1.3], len(contents), top=head(dataset), gap=0.14, rows=[0.16])
        heading(figure, dataset, settings.name)
        for column, k in enumerate(contents):
            upper, lower = panels[:, column]
            for axes, values in ((upper, margin), (lower, power)):
                axes.set_yscale("log")
                for number in range(count):
                    axes.plot(lines, values[number, k], label=named(names.label(number)), **line_style(number))
                setting_axis(axes, [float(size) for size in lines])
                if len(lines) <= _TICKS:
                    axes.xaxis.set_major_locator(FixedLocator(lines))
                    axes.xaxis.set_major_formatter(FixedFormatter([f"{size}" for size in lines]))
                axes.tick_params(labelleft=column == 0)
            upper.axhline(100 * settings.threshold, color=INK, linewidth=0.9, linestyle=":")
            upper.tick_params(labelbottom=False)
            lower.set_xlabel("word and bit lines")
            title(upper, schemes[k][0].upper() + schemes[k][1:])
            upper.yaxis.set_major_formatter(FuncFormatter(lambda value, _: power_label(value)))
        for row, text in zip(panels, ("worst read margin [%]", "static read power [W]"), strict=True):
            fit_limits(row)
            for axes in row[:1]:
                axes.set_ylabel(text)
        note = f"dotted: {format_quantity(settings.threshold, '%')}; {_lines_of(dataset)}"
        few = (
            f"{low.sum()} of {low.size} margins are below {format_quantity(_LEAST, '%')} and not drawn"
            if low.any()
            else ""
        )
        some = only(count, dataset.sizes["array"], "arrays")
        reasons = left_out({schemes[k]: why for k, why in gone.items()})
        ending(figure, *entries(panels[0]), some, note, few, reasons, device=names.heading)
    return figure


def _lines_of(dataset: xr.Dataset) -> str:
    """Over what the worst case is taken."""
    counts = ", ".join(f"{dataset.sizes[name]} {name}s" for name in ("position", "background") if name in dataset.sizes)
    return f"worst of {counts}"


def voltages(dataset: xr.Dataset) -> Figure:
    """Figure with the voltage across every cell while the middle one is read: a row an array, a column a scheme.

    Raises
    ------
    MemsimError
        If the Dataset is not a whole result of passive arrays.
    """
    from matplotlib import rc_context

    settings = settings_of(dataset, SelectSpec)
    require(dataset, "array", "scheme", "example_cell_voltage")
    schemes = [str(scheme) for scheme in dataset.scheme.values]
    count = min(_MAPS, dataset.sizes["array"])
    side = min(1.5, (WIDTH - 0.5 - BAR - _GAP * (len(schemes) - 1)) / len(schemes))
    left = (WIDTH - BAR - len(schemes) * side - (len(schemes) - 1) * _GAP) / 2
    top = head(dataset) + 0.24
    with rc_context(RC):
        tall = top + count * (side + _TITLE) + 0.12
        figure = page(tall)
        heading(figure, dataset, settings.name)
        names = device_names(dataset, range(count))
        colours = colour_range(dataset.example_cell_voltage.values[:count])
        for row in range(count):
            maps = dataset.example_cell_voltage.values[row]
            bottom = tall - top - (row + 1) * (side + _TITLE) + _TITLE
            label = names.row(row, len(schemes) * side)
            figure.text(left / WIDTH, (bottom + side + 0.06) / tall, label, fontsize=SMALL)
            for k, scheme in enumerate(schemes):
                box = (left + k * (side + _GAP), bottom, side)
                picture(figure, box, maps[k], "", colours, "V" if k == len(schemes) - 1 else None, None)
                if row == 0:
                    at = (box[0] + side / 2) / WIDTH, (bottom + side + 0.2) / tall
                    figure.text(*at, scheme, ha="center", fontsize=SMALL, color=INK)
        size = f"{settings.map_lines} x {settings.map_lines}"
        note = f"word minus bit line; {size} cells, all on, the middle one is read; drivers at the left, sensing below"
        ending(figure, (), (), only(count, dataset.sizes["array"], "arrays"), note, device=names.heading)
    return figure
