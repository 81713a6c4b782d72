"""Reads of passive arrays: margin and power against size, and the voltages that all cells see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.plotting.axis import power as power_label
from memsim.plotting.axis import setting_axis
from memsim.plotting.curves import MAX_LINES, named
from memsim.plotting.page import ending, grid, head, heading, only, page, title
from memsim.plotting.pictures import BAR, picture
from memsim.plotting.style import INK, RC, SMALL, WIDTH, fitted, line_style
from memsim.repeat import settings_of
from memsim.results import require
from memsim.tasks.select.schema import SelectSpec
from memsim.units import format_quantity

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

_LEAST = 1e-4
"""Margin below which a curve leaves the panel."""
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
    margin = dataset.worst_margin.values[:MAX_LINES]
    margin, power = np.where(margin >= _LEAST, 100 * margin, np.nan), dataset.worst_power.values[:MAX_LINES]
    with rc_context(RC):
        figure, panels = grid([1.6, 1.3], len(schemes), top=head(dataset), gap=0.14, rows=[0.16])
        heading(figure, dataset, settings.name)
        for k, scheme in enumerate(schemes):
            upper, lower = panels[:, k]
            for axes, values in ((upper, margin), (lower, power)):
                axes.set_yscale("log")
                for number, name in enumerate(dataset.array.values[:MAX_LINES]):
                    axes.plot(lines, values[number, k], label=named(name), **line_style(number))
                setting_axis(axes, [float(size) for size in lines])
                if len(lines) <= _TICKS:
                    axes.xaxis.set_major_locator(FixedLocator(lines))
                    axes.xaxis.set_major_formatter(FixedFormatter([f"{size}" for size in lines]))
                axes.tick_params(labelleft=k == 0)
            upper.axhline(100 * settings.threshold, color=INK, linewidth=0.9, linestyle=":")
            upper.tick_params(labelbottom=False)
            lower.set_xlabel("word and bit lines")
            title(upper, scheme[0].upper() + scheme[1:])
            upper.yaxis.set_major_formatter(FuncFormatter(lambda value, _: power_label(value)))
        _limits(panels[0], margin, 130.0)
        _limits(panels[1], power, np.inf)
        panels[0, 0].set_ylabel("worst read margin [%]")
        panels[1, 0].set_ylabel("static read power [W]")
        note = f"dotted: {format_quantity(settings.threshold, '%')}; {_lines_of(dataset)}"
        some = only(min(MAX_LINES, dataset.sizes["array"]), dataset.sizes["array"], "arrays")
        ending(figure, *panels[0, 0].get_legend_handles_labels(), some, note)
    return figure


def _lines_of(dataset: xr.Dataset) -> str:
    """Over what the worst case is taken."""
    counts = ", ".join(f"{dataset.sizes[name]} {name}s" for name in ("position", "background") if name in dataset.sizes)
    return f"worst of {counts}"


def _limits(panels: np.ndarray, values: np.ndarray, most: float) -> None:
    """The same limits for a row of logarithmic panels, a little beyond all values."""
    shown = values[np.isfinite(values) & (values > 0)]
    if len(shown):
        for axes in panels:
            axes.set_ylim(shown.min() / 1.5, min(1.5 * shown.max(), most))


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
    top = head(dataset) + 0.1
    with rc_context(RC):
        tall = top + count * (side + _TITLE) + 0.12
        figure = page(tall)
        heading(figure, dataset, settings.name)
        for row in range(count):
            maps = dataset.example_cell_voltage.values[row]
            bottom = tall - top - (row + 1) * (side + _TITLE) + _TITLE
            label = fitted(dataset.array.values[row], len(schemes) * side, SMALL)
            figure.text(left / WIDTH, (bottom + side + 0.06) / tall, label, fontsize=SMALL)
            for k, scheme in enumerate(schemes):
                look: dict[str, Any] = {"vmin": float(maps.min()), "vmax": float(maps.max()), "cmap": "cividis"}
                box = (left + k * (side + _GAP), bottom, side)
                picture(figure, box, maps[k], "", "V" if k == len(schemes) - 1 else None, look)
                if row == 0:
                    at = (box[0] + side) / WIDTH, (bottom + side + 0.06) / tall
                    figure.text(*at, scheme, ha="right", fontsize=SMALL, color=INK)
        size = f"{settings.map_lines} x {settings.map_lines}"
        note = f"word minus bit line; {size} cells, all on, the middle one is read; drivers at the left, sensing below"
        ending(figure, (), (), only(count, dataset.sizes["array"], "arrays"), note)
    return figure
