"""Runs the experiment that a result file carries, with its own devices, on the same images."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from memsim.errors import OutputError
from memsim.experiment import Experiment, experiment_from_text
from memsim.results import load, stored
from memsim.simulate import Progress, run

if TYPE_CHECKING:
    import xarray as xr


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
    except ValueError:
        raise OutputError(f"{path}: its attribute 'devices' is damaged; it cannot be run again") from None
    experiment = experiment_from_text(stored(dataset, "experiment"), f"{path} (experiment)", devices)
    return experiment, stored(dataset, "images_sha256")


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

    Raises
    ------
    MemsimError
        If the file cannot be read or the images are not the same.
    """
    experiment, images_sha256 = stored_experiment(path)
    return run(experiment, data=data, backend=backend, images_sha256=images_sha256, progress=progress)
