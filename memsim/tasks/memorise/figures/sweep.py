"""Any sweep: how SNR, accuracy and margin depend on the setting that it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memsim.plotting.sweep import SweptMetric, sweep_figure
from memsim.results.settings import settings_of
from memsim.tasks.memorise.schema import MemoriseSpec

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

_METRICS = (
    SweptMetric("snr_magnitude_median", None, 1.0, "median |SNR|", "ratio"),
    SweptMetric("correct_mean", "correct_interval", 100.0, "correct decisions [%]", "percent"),
    SweptMetric("geometric_margin_mean", "geometric_margin_interval", 1.0, "geometric margin", "share"),
)


def sweep(dataset: xr.Dataset) -> Figure:
    """Figure with the median |SNR|, the accuracy and the geometric margin against a swept setting, a line a learner.

    Raises
    ------
    MemsimError
        If the result is of no sweep, or is not whole.
    """
    settings = settings_of(dataset, MemoriseSpec)
    return sweep_figure(dataset, settings, _METRICS, "for example, memsim run steps-01 makes one")
