"""Reliability diagrams: how often a learner is right by how sure it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memsim.plotting.page import ending, grid, head, heading, only, title
from memsim.plotting.style import INK, RC, SMALL, fitted
from memsim.repeat import settings_of
from memsim.results import require
from memsim.tasks.classify.schema import ClassifySpec

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

_ACROSS = 4
_MOST = 8
"""Learners that are shown at most."""
_ENOUGH = 20
"""Images of all seeds from which on the marker of a bin is filled."""
_DARK, _FILL = "#0b2a4a", "#a9bfd0"


def reliability(dataset: xr.Dataset) -> Figure:
    """Figure with accuracy against confidence above the share of the images, a column for every learner.

    Outputs are scaled by the temperature that suits the validation images best; points are means over the images of all
    seeds. The numbers are the expected calibration error before and after that.

    Raises
    ------
    MemsimError
        If the Dataset is not a whole result of a classification.
    """
    from matplotlib import rc_context

    settings = settings_of(dataset, ClassifySpec)
    names = ("bin_share", "bin_confidence", "bin_accuracy", "calibration_error", "scaled_calibration_error")
    require(dataset, "learner", "repeat", "confidence_bin", "confusion", *names)
    count = min(_MOST, dataset.sizes["learner"])
    across = min(_ACROSS, max(count, 2))
    rows = -(-count // across)
    share = dataset.bin_share.values[:count]  # (learner, seed, bin)
    total = share.sum(1)
    confidence, accuracy = (
        np.divide(np.nansum(share * dataset[name].values[:count], axis=1), total, where=total > 0, out=total * np.nan)
        for name in ("bin_confidence", "bin_accuracy")
    )
    raw, scaled = (
        100 * dataset[name].mean("repeat").values[:count] for name in ("calibration_error", "scaled_calibration_error")
    )
    images = float(dataset.confusion[0, 0].sum())
    edges = np.linspace(0, 100, share.shape[-1] + 1)
    with rc_context(RC):
        figure, panels = grid(
            [1.3, 0.42] * rows, across, top=head(dataset), gap=0.22, left=0.6, rows=([0.08, 0.5] * rows)[:-1]
        )
        heading(figure, dataset, settings.name)
        for k in range(rows * across):
            above, below = panels[2 * (k // across), k % across], panels[2 * (k // across) + 1, k % across]
            if k >= count:
                above.remove()
                below.remove()
                continue
            above.plot([0, 100], [0, 100], color=INK, linewidth=0.8, linestyle=":")
            x, y = 100 * confidence[k], 100 * accuracy[k]
            above.plot(x, y, "o-", color=_DARK, markersize=3, markerfacecolor="white")
            many = total[k] * images >= _ENOUGH
            above.plot(x[many], y[many], "o", color=_DARK, markersize=3)
            below.bar(edges[:-1], 100 * total[k] / dataset.sizes["repeat"], edges[1], align="edge", color=_FILL)
            text = f"error {raw[k]:.1f} %\nscaled {scaled[k]:.1f} %"
            above.text(0.96, 0.05, text, transform=above.transAxes, ha="right", va="bottom", fontsize=SMALL)
            width = above.get_position().width * figure.get_size_inches()[0]
            title(above, fitted(dataset.learner.values[k], width, 8))
            above.tick_params(labelbottom=False)
            for axes in (above, below):
                axes.set_xlim(0, 100)
                if k % across:
                    axes.tick_params(labelleft=False)
            above.set_ylim(0, 103)
            below.set_ylim(0, 100)
            below.set_yticks([0, 100])
            if k % across == 0:
                above.set_ylabel("right [%]")
                below.set_ylabel("images\n[%]")
            if k + across >= count:
                below.set_xlabel("confidence [%]")
        scaling = "outputs over one temperature, fitted to the validation images"
        note = f"{scaling}; dotted: calibrated; open: under {_ENOUGH} images"
        ending(figure, (), (), note, only(count, dataset.sizes["learner"]))
    return figure
