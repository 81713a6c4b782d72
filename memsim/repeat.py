"""What a result file carries: its settings, and the experiment to run again on the same images."""

from __future__ import annotations

import functools
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from memsim.errors import OutputError
from memsim.experiment import Experiment, experiment_from_text
from memsim.memorise_schema import MemoriseSpec
from memsim.results import load, source, stored
from memsim.simulate import Progress, run

if TYPE_CHECKING:
    import xarray as xr

    from memsim.classify_schema import ClassifySpec


@functools.lru_cache(maxsize=4)
def _parsed(text: str, name: str) -> MemoriseSpec | ClassifySpec:
    return experiment_from_text(text, name).spec


def task_of(dataset: xr.Dataset) -> str:
    """The task of a result's experiment: "memorise" or "classify"."""
    return any_settings_of(dataset).task


def settings_of(dataset: xr.Dataset) -> MemoriseSpec:
    """The settings that a result of the task `memorise` was made with.

    Raises
    ------
    MemsimError
        If the result carries none, they are not valid, or it is of another task.
    """
    found = any_settings_of(dataset)
    if not isinstance(found, MemoriseSpec):
        raise OutputError(f"{source(dataset)}: is a result of the task '{found.task}'; this needs one of 'memorise'")
    return found


def class_settings_of(dataset: xr.Dataset) -> ClassifySpec:
    """The same for the task `classify`."""
    found = any_settings_of(dataset)
    if isinstance(found, MemoriseSpec):
        raise OutputError(f"{source(dataset)}: is a result of the task '{found.task}'; this needs one of 'classify'")
    return found


def any_settings_of(dataset: xr.Dataset) -> MemoriseSpec | ClassifySpec:
    """The same for any task; parsed once, as table, choice of figure and figure all ask for them."""
    return _parsed(stored(dataset, "experiment"), f"{source(dataset)} (experiment)")


def changes_of(dataset: xr.Dataset) -> dict[str, str]:
    """What was changed in the experiment of a result, and to what; empty if nothing, or if the result does not say."""
    try:
        changes = json.loads(dataset.attrs.get("changes", "{}"))
    except (TypeError, ValueError, RecursionError):
        return {}
    return {str(key): str(value) for key, value in changes.items()} if isinstance(changes, dict) else {}


def stored_experiment(path: str | Path) -> tuple[Experiment, str]:
    """The experiment inside a result file, and the hash of the images that it ran on.

    Raises
    ------
    MemsimError
        If the file is not a result, or what it carries is not valid.
    """
    dataset = load(path)
    try:
        devices = json.loads(stored(dataset, "devices"))
        if not isinstance(devices, dict) or not all(isinstance(text, str) for text in devices.values()):
            raise ValueError
    except (ValueError, RecursionError):
        raise OutputError(f"{path}: its attribute 'devices' is damaged; it cannot be run again") from None
    experiment = experiment_from_text(stored(dataset, "experiment"), f"{path} (experiment)", devices)
    return replace(experiment, changed=changes_of(dataset)), stored(dataset, "images_sha256")


def rerun(
    path: str | Path, *, data: str | Path | None = None, backend: str = "auto", progress: Progress | None = None
) -> xr.Dataset:
    """The result of running a stored experiment again; on the CPU, the same numbers.

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
    experiment, images_sha256 = stored_experiment(path)
    return run(experiment, data=data, backend=backend, images_sha256=images_sha256, progress=progress)
