"""SNR and accuracy of crossbars over the time since their training."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memsim.plotting.axis import ratio_axis, time_axis
from memsim.plotting.curves import MAX_LINES, curve, named
from memsim.plotting.members import lacks
from memsim.plotting.page import ending, entries, grid, head, heading, only
from memsim.plotting.rules.limits import fit_limits
from memsim.plotting.style import RC, line_style
from memsim.results.dataset import require
from memsim.results.settings import settings_of
from memsim.tasks.memorise.ratio_means import figure_note
from memsim.tasks.memorise.schema import MemoriseSpec

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

_PANELS = (
    ("aged_clean_snr", "SNR, clean images", 1.0),
    ("aged_snr", "SNR, corrupted images", 1.0),
    ("aged_correct", "correct decisions [%]", 100.0),
)


def aging(dataset: xr.Dataset) -> Figure:
    """Figure with the SNR of clean and corrupted images and the accuracy against the time, a line for each learner.

    Means over images with 95 % intervals.

    Raises
    ------
    MemsimError
        If the result has no times, or is not whole.
    """
    from matplotlib import rc_context

    if "time" not in dataset.dims:
        raise lacks(dataset, "aging", "times after the training", "add times: [0 s, 1 h, 1 day] to the experiment")
    require(dataset, "learner", *(f"{name}_{part}" for name, _, _ in _PANELS for part in ("mean", "interval")))
    settings = settings_of(dataset, MemoriseSpec)
    on_cells = np.flatnonzero(np.isfinite(dataset.aged_correct_mean.values).any(axis=1))
    shown, seconds = on_cells[:MAX_LINES], dataset.time.values
    with rc_context(RC):
        figure, (panels,) = grid([1.9], len(_PANELS), top=head(dataset) - 0.1, left=0.55, gap=0.6)
        heading(figure, dataset, settings.name)
        for axes, (name, text, factor) in zip(panels, _PANELS, strict=True):
            mean, ends = dataset[f"{name}_mean"].values, np.moveaxis(dataset[f"{name}_interval"].values, -1, 0)
            values = factor * np.concatenate([mean[None], ends])
            for k, number in enumerate(shown):
                curve(axes, seconds, values[:, number], line_style(k), named(dataset.learner.values[number]))
            axes.set_ylabel(text)
            time_axis(axes, seconds, "time since the training")
            if factor == 1.0:
                ratio_axis(axes, values[0, shown].ravel())
            else:
                fit_limits([axes], reach=[100])
        words = "bands: 95 % intervals of means over images"
        marked = figure_note(dataset, shown, ("aged_snr", "aged_clean_snr"))
        ending(figure, *entries(panels[:1]), words, only(len(shown), len(on_cells)), marked)
    return figure
