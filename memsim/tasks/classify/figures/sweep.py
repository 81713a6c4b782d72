"""Any sweep of a classification: how accuracy and SNR depend on the setting that it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memsim.plotting.sweep import SweptMetric, sweep_figure
from memsim.results.settings import settings_of
from memsim.tasks.classify.schema import ClassifySpec

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

_METRICS = (
    SweptMetric("test_accuracy_mean", "test_accuracy_interval", 100.0, "accuracy, test images [%]", "percent"),
    SweptMetric(
        "noise_mean_accuracy_mean", "noise_mean_accuracy_interval", 100.0, "accuracy with noise [%]", "percent"
    ),
    SweptMetric("test_lead_mean", "test_lead_interval", 1.0, "lead, top - runner-up output", "ratio"),
    SweptMetric("test_snr_mean", "test_snr_interval", 1.0, "SNR, top / runner-up output", "ratio"),
)


def sweep(dataset: xr.Dataset) -> Figure:
    """Figure with accuracy, lead and SNR against a swept setting such as lambda, a line a learner.

    Lines are means over seeds, bands their 95 % intervals.

    Raises
    ------
    MemsimError
        If the result is of no sweep, or is not whole.
    """
    settings = settings_of(dataset, ClassifySpec)
    remedy = "for example, sweep={training.lambda: [0.1, 1, 10, 20]} makes one of networks with a margin loss"
    note = "lead and SNR of test images; lead: the SNR of the study's framework; bands: 95 % intervals over seeds"
    return sweep_figure(dataset, settings, _METRICS, remedy, note)
