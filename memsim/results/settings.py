"""The settings that a result carries: its experiment, what was changed in it, and its task."""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING, TypeVar

from memsim.errors import OutputError
from memsim.experiments.loading import experiment_from_text
from memsim.experiments.schema import ExperimentSpec
from memsim.results.dataset import source, stored
from memsim.tasks.base import ResultKind, Task
from memsim.tasks.registry import RESULT_KINDS, TASKS, without_experiment

if TYPE_CHECKING:
    import xarray as xr

Spec = TypeVar("Spec", bound=ExperimentSpec)


@functools.lru_cache(maxsize=4)
def _parsed(text: str, devices: str, name: str) -> ExperimentSpec:
    return experiment_from_text(text, name, device_texts(devices)).spec


def device_texts(devices: str) -> dict[str, str]:
    """YAML texts of the devices of a result by name; empty if the attribute is damaged."""
    try:
        texts = json.loads(devices)
    except (ValueError, RecursionError):
        return {}
    valid = isinstance(texts, dict) and all(isinstance(text, str) for text in texts.values())
    return texts if valid else {}


NETWORKS, NETWORK_HASHES = "networks", "network_hashes"
"""Attributes of a result with the name and the hash of the file of each network, by label."""


def texts_of(dataset: xr.Dataset, attribute: str) -> dict[str, str]:
    """Texts by name in an attribute of a result; empty if it has none, or the attribute is damaged."""
    return device_texts(str(dataset.attrs.get(attribute, "{}")))


def kind_of(dataset: xr.Dataset) -> ResultKind:
    """The task of a result's experiment, or the kind of a result that comes from none, such as a benchmark.

    Raises
    ------
    MemsimError
        If the result carries no valid settings.
    """
    name = str(dataset.attrs.get("task", ""))
    return RESULT_KINDS[name] if without_experiment(name) else TASKS[any_settings_of(dataset).task]


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
        If the result carries none, such as a benchmark, or they are not valid.
    """
    if without_experiment(dataset.attrs.get("task")):
        raise OutputError(f"{source(dataset)}: is {RESULT_KINDS[dataset.attrs['task']].origin}")
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
