"""Two evaluations of networks in one figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memsim.plotting.curves import curve, named
from memsim.plotting.figures.network import spread, time_axis
from memsim.plotting.network_pairs import compare_networks, shared_score
from memsim.plotting.page import ending, entries, grid, headline
from memsim.plotting.pairs import name_of
from memsim.plotting.rules.limits import fit_limits
from memsim.plotting.style import RC, line_style

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure


def compare_networks_figure(a: xr.Dataset, b: xr.Dataset) -> Figure:
    """Figure with the accuracy or metric of two evaluations over time, with bands of one standard deviation.

    Raises
    ------
    OutputError
        If one is not a whole result, or they have no time or no metric in common.
    """
    from matplotlib import rc_context

    score = shared_score(a, b)
    compare_networks(a, b)
    with rc_context(RC):
        figure, ((axes,),) = grid([2.2], 1, top=0.4)
        files = [name_of(dataset, which) for dataset, which in ((a, "first result"), (b, "second result"))]
        headline(figure, f"{files[0]} against {files[1]}")
        for number, (dataset, file) in enumerate(zip((a, b), files, strict=True)):
            devices = ", ".join(dict.fromkeys(map(str, dataset.device.values)))
            label = named(f"{'AB'[number]}: {file} on {devices}")
            curve(axes, dataset.time.values, spread(dataset, score), line_style(number), label)
        seconds = np.unique(np.concatenate([dataset.time.values for dataset in (a, b)]))
        time_axis(axes, seconds)
        axes.set_ylabel(f"{score.label} [{score.unit}]" if score.unit else score.label)
        fit_limits(axes)
        counts = " and ".join(str(dataset.sizes["repeat"]) for dataset in (a, b))
        ending(figure, *entries([axes]), f"bands: ± one standard deviation over {counts} programmings")
    return figure
