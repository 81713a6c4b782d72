"""What a result file carries: its settings, and the experiment to run again on the same images."""

from __future__ import annotations

import functools
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np

from memsim.errors import OutputError
from memsim.experiment import Experiment, experiment_from_text
from memsim.experiment_schema import ExperimentSpec, ImageExperimentSpec
from memsim.philox import LAYOUT
from memsim.results import BENCH, load, source, stored
from memsim.simulate import run
from memsim.tasks.base import ResultKind, Task
from memsim.tasks.job import Progress
from memsim.tasks.registry import RESULT_KINDS, TASKS

if TYPE_CHECKING:
    import xarray as xr

Spec = TypeVar("Spec", bound=ExperimentSpec)

_OTHER_NUMBERS = (
    "the repeated result was made with another layout of random addresses, so noisy results have changed since"
)


@functools.lru_cache(maxsize=4)
def _parsed(text: str, devices: str, name: str) -> ExperimentSpec:
    return experiment_from_text(text, name, _texts(devices)).spec


def _texts(devices: str) -> dict[str, str]:
    """YAML texts of the devices of a result by name; empty if the attribute is damaged."""
    try:
        texts = json.loads(devices)
    except (ValueError, RecursionError):
        return {}
    valid = isinstance(texts, dict) and all(isinstance(text, str) for text in texts.values())
    return texts if valid else {}


def kind_of(dataset: xr.Dataset) -> ResultKind:
    """The task of a result's experiment, or the kind of a benchmark.

    Raises
    ------
    MemsimError
        If the result carries no valid settings.
    """
    return RESULT_KINDS[BENCH] if dataset.attrs.get("task") == BENCH else TASKS[any_settings_of(dataset).task]


def task_of(dataset: xr.Dataset) -> Task:
    """The task of a result's experiment, which a benchmark does not have; see `any_settings_of`."""
    return TASKS[any_settings_of(dataset).task]


def settings_of(dataset: xr.Dataset, schema: type[Spec]) -> Spec:
    """The settings that a result was made with.

    Parameters
    ----------
    dataset : xarray.Dataset
        The result.
    schema : type
        The schema of its task.

    Raises
    ------
    MemsimError
        If the result carries none, they are not valid, or it is of another task.
    """
    settings = any_settings_of(dataset)
    if not isinstance(settings, schema):
        task = schema.model_fields["task"].default
        raise OutputError(f"{source(dataset)}: is a result of the task '{settings.task}'; this needs one of '{task}'")
    return settings


def any_settings_of(dataset: xr.Dataset) -> ExperimentSpec:
    """The settings that a result of any task was made with; parsed once for its table and its figures.

    Raises
    ------
    MemsimError
        If the result carries none, as a benchmark, or they are not valid.
    """
    if dataset.attrs.get("task") == BENCH:
        raise OutputError(
            f"{source(dataset)}: is a benchmark, not the result of an experiment; measure again with: memsim bench"
        )
    devices = str(dataset.attrs.get("devices", "{}"))
    return _parsed(stored(dataset, "experiment"), devices, f"{source(dataset)} (experiment)")


def changes_of(dataset: xr.Dataset) -> dict[str, str]:
    """What was changed in the experiment of a result, and to what; empty if nothing, or if the result does not say."""
    try:
        changes = json.loads(dataset.attrs.get("changes", "{}"))
    except (TypeError, ValueError, RecursionError):
        return {}
    return {str(key): str(value) for key, value in changes.items()} if isinstance(changes, dict) else {}


def device_values_of(dataset: xr.Dataset) -> dict[str, str]:
    """What a result sets of the profiles of its devices, in words, by the name of the learner; empty if nothing."""
    try:
        stored_values = json.loads(dataset.attrs.get("device_values", "{}"))
        return {str(name): ", ".join(map(_told, values.items())) for name, values in stored_values.items()}
    except (TypeError, ValueError, AttributeError, KeyError, RecursionError):
        return {}


def _told(item: tuple[str, dict[str, str]]) -> str:
    key, value = item
    return f"{key}={value['value']}" + (f" ({value['status']})" if "status" in value else "")


class Stored(NamedTuple):
    """The experiment inside a result file, the hash of the images that it ran on, if any, and notes for readers."""

    experiment: Experiment
    images_sha256: str | None
    notes: tuple[str, ...]


def stored_experiment(path: str | Path) -> Stored:
    """What a result file tells of how to run its experiment again.

    Raises
    ------
    MemsimError
        If the file is not a result, or what it carries is not valid.
    """
    dataset = load(path)
    any_settings_of(dataset)
    devices, damaged = _texts(stored(dataset, "devices")), stored(dataset, "devices").strip() != "{}"
    if not devices and damaged:
        raise OutputError(f"{path}: its attribute 'devices' is damaged; it cannot be run again")
    experiment = experiment_from_text(stored(dataset, "experiment"), f"{path} (experiment)", devices)
    for name in devices:
        experiment.devices.named(name)  # refuses a text that is no profile
    images = stored(dataset, "images_sha256") if isinstance(experiment.spec, ImageExperimentSpec) else None
    notes = () if np.array_equal(dataset.attrs.get("random_addresses", 1), LAYOUT) else (_OTHER_NUMBERS,)
    return Stored(replace(experiment, changed=changes_of(dataset)), images, notes)


def rerun(
    path: str | Path, *, data: str | Path | None = None, backend: str = "auto", progress: Progress | None = None
) -> xr.Dataset:
    """The result of running a stored experiment again; on the CPU, the same numbers.

    A result of a version with another layout of random addresses gets other random numbers; its notes say so.

    Parameters
    ----------
    path : str or Path
        A result file.
    data : str or Path, optional
        The images, if the first run used local ones; they must have the same hash.
    backend : {"auto", "cpu", "cuda"}
        Where to compute.
    progress : callable, optional
        As for `memsim.run`.

    Raises
    ------
    MemsimError
        If the file cannot be read or the images are not the same.
    """
    experiment, images_sha256, notes = stored_experiment(path)
    how: dict[str, Any] = {"images_sha256": images_sha256, "notes": notes, "progress": progress}
    return run(experiment, data=data, backend=backend, **how)
