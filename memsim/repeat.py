"""The experiment of a result file, run again on the same images."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from memsim.errors import OutputError
from memsim.experiments.experiment import Experiment
from memsim.experiments.loading import experiment_from_text
from memsim.experiments.schema import DataExperimentSpec
from memsim.philox import LAYOUT
from memsim.results.component_tables import TABLES
from memsim.results.dataset import load, source, stored
from memsim.results.evaluations import evaluations_of
from memsim.results.settings import NETWORK_HASHES, any_settings_of, changes_of, device_texts, texts_of
from memsim.simulate import run
from memsim.tasks.job import Progress

if TYPE_CHECKING:
    import xarray as xr

_OTHER_NUMBERS = (
    "the repeated result was made with another layout of random addresses, so noisy results have changed since"
)


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
        If the file is not a result of a run, or what it carries is not valid.
    """
    dataset = load(path)
    if evaluations_of(dataset):
        raise OutputError(
            f"{path}: is an evaluation of weights, which a run would train again with other settings; evaluate again: "
            f"memsim evaluate {path}"
        )
    return stored_in(dataset)


def stored_in(dataset: xr.Dataset) -> Stored:
    """The same of a result that is loaded, evaluations included."""
    any_settings_of(dataset)
    name = source(dataset)
    devices, damaged = device_texts(stored(dataset, "devices")), stored(dataset, "devices").strip() != "{}"
    if not devices and damaged:
        raise OutputError(f"{name}: its attribute 'devices' is damaged; it cannot be run again")
    experiment = experiment_from_text(stored(dataset, "experiment"), f"{name} (experiment)", devices)
    for device in devices:
        experiment.devices.named(device)  # refuses a text that is no profile
    images = stored(dataset, "images_sha256") if isinstance(experiment.spec, DataExperimentSpec) else None
    notes = () if np.array_equal(dataset.attrs.get("random_addresses", 1), LAYOUT) else (_OTHER_NUMBERS,)
    tables, networks = texts_of(dataset, TABLES), texts_of(dataset, NETWORK_HASHES)
    return Stored(replace(experiment, changed=changes_of(dataset), tables=tables, networks=networks), images, notes)


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
