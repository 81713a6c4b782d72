"""How SNR and accuracy fall with noise, for every noise type."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memsim.plotting.axis import ratio_axis
from memsim.plotting.curves import MAX_LINES, curve, named
from memsim.plotting.page import ending, grid, head, heading, lost, only, title
from memsim.plotting.style import RC, line_style
from memsim.repeat import settings_of
from memsim.results import require
from memsim.tasks.memorise.figures.means import means
from memsim.tasks.memorise.schema import MemoriseSpec

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

_ACROSS = 3  # noise types side by side


def noise(dataset: xr.Dataset) -> Figure:
    """Figure with SNR and the share of correct decisions against the noise level, a column for every noise type.

    Lines are means over images, bands their 95 % intervals. All panels of a metric share their axis.

    Raises
    ------
    MemsimError
        If the Dataset is not a whole result.
    """
    from matplotlib import rc_context

    require(dataset, "learner", "noise_type", "noise_level", "snr", "correct")
    settings = settings_of(dataset, MemoriseSpec)
    ratios = means("snr", dataset.snr.values[:MAX_LINES], settings)
    shares = 100 * means("correct", dataset.correct.values[:MAX_LINES], settings)
    kinds = [str(kind).replace("-", " ").capitalize() for kind in dataset.noise_type.values]
    levels = dataset.noise_level.values
    with rc_context(RC):
        if len(kinds) == 1:
            figure, panels = grid([2.1], 2, top=head(dataset) - 0.12)
            pairs = [(panels[0, 0], panels[0, 1])]
        else:
            across = min(_ACROSS, len(kinds))
            blocks = -(-len(kinds) // across)
            figure, panels = grid(
                [1.45, 0.75] * blocks, across, top=head(dataset), gap=0.24, rows=([0.14, 0.52] * blocks)[:-1]
            )
            pairs = [
                (panels[2 * (k // across), k % across], panels[2 * (k // across) + 1, k % across])
                for k in range(len(kinds))
            ]
            for column in range(len(kinds) % across or across, across):  # unused places of the last block
                panels[-1, column].remove()
                panels[-2, column].remove()
        heading(figure, dataset, settings.name)
        for k, (above, below) in enumerate(pairs):
            for axes, found in ((above, ratios), (below, shares)):
                for number, learner in enumerate(dataset.learner.values[:MAX_LINES]):
                    curve(axes, levels, found[:, number, k], line_style(number), named(learner))
            ratio_axis(above, ratios[0], ratios[1:])
            below.set_ylim(-4, 104)
            below.set_yticks([0, 50, 100])
            if len(kinds) == 1:
                above.set_ylabel("SNR, target / control output")
                below.set_ylabel("correct decisions [%]")
                for axes in (above, below):
                    axes.set_xlabel(f"{kinds[0]} noise level $s$")
                continue
            title(above, kinds[k])
            last = k + across >= len(kinds)
            above.tick_params(labelbottom=False)
            below.tick_params(labelbottom=True)
            if last:
                below.set_xlabel("noise level $s$")
            for axes, text in ((above, "SNR"), (below, "correct [%]")):
                if k % across == 0:
                    axes.set_ylabel(text)
                else:
                    axes.tick_params(labelleft=False)
        gone = [name for name, curves in zip(dataset.learner.values, ratios[0], strict=False) if np.isnan(curves).all()]
        some = only(MAX_LINES, dataset.sizes["learner"])
        ending(figure, *pairs[0][0].get_legend_handles_labels(), some, lost(gone))
    return figure
