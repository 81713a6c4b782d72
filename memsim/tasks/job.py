"""What the run of a task receives, and what it returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np

from memsim.experiments.experiment import Experiment
from memsim.experiments.schema import ExperimentSpec
from memsim.results.weights import Kept
from memsim.tasks.compared import Entry

if TYPE_CHECKING:
    import xarray as xr

Progress = Callable[[str, int, int], None]
"""Receives the name of what is computed, how much of it is done, and the whole."""


Spec = TypeVar("Spec", bound=ExperimentSpec)


def spec_of(experiment: Experiment, schema: type[Spec]) -> Spec:
    """The settings of an experiment of the task that has this schema."""
    if not isinstance(experiment.spec, schema):
        raise TypeError(f"an experiment of the task '{experiment.spec.task}', not of {schema.__name__}")
    return experiment.spec


class Earlier(NamedTuple):
    """The result of an earlier run, whose learners are evaluated instead of trained.

    Attributes
    ----------
    kept : mapping of str to Kept
        What was trained, by the labels of the new result.
    result : xarray.Dataset
        The earlier result.
    labels : mapping of str to str
        What each label of the new result is called in the earlier one.
    """

    kept: Mapping[str, Kept]
    result: xr.Dataset
    labels: Mapping[str, str] = {}


class Job(NamedTuple):
    """A checked experiment that is about to run.

    Attributes
    ----------
    experiment : Experiment
        What to run.
    entries : sequence of Entry
        What the result compares, with its devices.
    images : mapping
        Settings of images -> these images, of all runs of the sweep; empty for a task without images.
    backend : str
        Where to compute, "cpu" or "cuda".
    progress : callable or None
        Is called with the progress of the run.
    earlier : Earlier or None
        What to evaluate; None trains.
    """

    experiment: Experiment
    entries: Sequence[Entry]
    images: Mapping[Any, Any]
    backend: str
    progress: Progress | None
    earlier: Earlier | None = None


class Computed(NamedTuple):
    """What the run of a task returns.

    Attributes
    ----------
    variables : dict of str to array
        Registered variables.
    coordinates : dict
        Labels without the names of what is compared.
    notes : sequence of str
        For readers.
    libraries : mapping of str to str
        Versions of libraries that computed, beside those of all runs.
    attributes : mapping of str to str
        What else the result must say to be understood or repeated.
    """

    variables: dict[str, np.ndarray]
    coordinates: dict[str, Any]
    notes: Sequence[str] = ()
    libraries: Mapping[str, str] = {}
    attributes: Mapping[str, str] = {}
