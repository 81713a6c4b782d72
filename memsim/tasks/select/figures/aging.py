"""Read margins of passive arrays over the time since their programming."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memsim.plotting.axis import time_axis
from memsim.plotting.curves import MAX_LINES, named
from memsim.plotting.members import lacks
from memsim.plotting.page import ending, entries, grid, head, heading, only, title
from memsim.plotting.rules.devices import device_names
from memsim.plotting.rules.limits import fit_limits
from memsim.plotting.style import INK, RC, line_style
from memsim.results.dataset import require
from memsim.results.settings import settings_of
from memsim.tasks.select.schema import SelectSpec

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure


def aging(dataset: xr.Dataset) -> Figure:
    """Figure with the worst read margin of the largest size against the time, for each scheme; a line for each array.

    Raises
    ------
    MemsimError
        If the result has no times, or is not whole.
    """
    from matplotlib import rc_context

    if "time" not in dataset.dims:
        raise lacks(dataset, "aging", "times after the programming", "add times: [0 s, 1 h, 1 day] to the experiment")
    require(dataset, "array", "scheme", "lines", "aged_worst_margin")
    settings = settings_of(dataset, SelectSpec)
    count, schemes = min(MAX_LINES, dataset.sizes["array"]), [str(scheme) for scheme in dataset.scheme.values]
    names, seconds = device_names(dataset, range(count)), dataset.time.values
    margins = 100 * dataset.aged_worst_margin.values[:count, :, -1]
    with rc_context(RC):
        figure, (panels,) = grid([1.7], len(schemes), top=head(dataset), gap=0.2)
        heading(figure, dataset, settings.name)
        for k, axes in enumerate(panels):
            for number in range(count):
                axes.plot(seconds, margins[number, k], label=named(names.label(number)), **line_style(number))
            axes.axhline(100 * settings.threshold, color=INK, linewidth=0.9, linestyle=":")
            axes.tick_params(labelleft=k == 0)
            time_axis(axes, seconds, "time since programming")
            title(axes, schemes[k][0].upper() + schemes[k][1:])
        size = int(dataset.lines.values[-1])
        panels[0].set_ylabel(f"worst margin of {size} x {size} [%]")
        fit_limits(list(panels), reach=[float(np.nanmin([0.0, margins.min()]))])
        ending(figure, *entries(panels), "dotted: threshold", only(count, dataset.sizes["array"], "arrays"))
    return figure
