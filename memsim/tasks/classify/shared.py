"""Metrics of a part of the severities, for results that share only these."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memsim.results.settings import settings_of
from memsim.tasks.classify.corruption import corruption_variables
from memsim.tasks.classify.schema import ClassifySpec

if TYPE_CHECKING:
    import xarray as xr


def corruption_errors(dataset: xr.Dataset) -> xr.DataArray:
    """Mean corruption error (learner, repeat) over the noise types and levels that a Dataset has."""
    return _errors(dataset, "mean_corruption_error")


def relative_corruption_errors(dataset: xr.Dataset) -> xr.DataArray:
    """The same of errors beyond those on clean images."""
    return _errors(dataset, "mean_relative_corruption_error")


def _errors(dataset: xr.Dataset, name: str) -> xr.DataArray:
    noisy = dataset["noisy_accuracy"].transpose("learner", "repeat", "noise_type", "noise_level")
    clean = dataset["test_accuracy"].transpose("learner", "repeat")
    labels = [str(label) for label in dataset["learner"].values]
    reference = labels.index(settings_of(dataset, ClassifySpec).reference_label)
    accuracies = {"noisy_accuracy": noisy.values, "test_accuracy": clean.values}
    return clean.copy(data=corruption_variables(accuracies, dataset["noise_level"].values.tolist(), reference)[name])
