"""Runs an experiment: the one place that joins its options, its task and the result."""

from __future__ import annotations

import datetime
import importlib.metadata
import json
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from memsim.backends import Backend, resolve
from memsim.entries import Entry, Progress, swept
from memsim.experiment import Experiment
from memsim.philox import LAYOUT
from memsim.profiles import DeviceProfile
from memsim.results import NO_DEVICE, build_dataset

if TYPE_CHECKING:
    import xarray as xr

_LIBRARIES = ("numpy", "numba", "llvmlite", "xarray", "netCDF4", "pillow", "pydantic", "scipy")


def run(
    experiment: Experiment,
    *,
    device: DeviceProfile | None = None,
    data: str | Path | None = None,
    backend: str = "auto",
    images_sha256: str | None = None,
    notes: Sequence[str] = (),
    progress: Progress | None = None,
) -> xr.Dataset:
    """Results of an experiment as a labelled Dataset.

    Parameters
    ----------
    experiment : Experiment
        What to run.
    device : DeviceProfile, optional
        Used by every crossbar instead of its own.
    data : str or Path, optional
        A folder of images, an image, or an ``.npy``/``.npz`` file, instead of the experiment's data; for the task
        ``classify`` a folder of labelled images, see `memsim.data.labelled`.
    backend : {"auto", "cpu", "cuda"}
        Where to compute.
    images_sha256 : str, optional
        Hash that the images must have, to repeat an earlier run.
    notes : sequence of str
        What readers of the result must know besides what the run itself tells.
    progress : callable, optional
        Called as ``progress(learner, done, all)`` with numbers of images, or percent where these are no measure.

    Returns
    -------
    xarray.Dataset
        The variables of `memsim.variables` on the dimensions learner, image, noise_type and noise_level; of
        ``classify``, on learner and seed instead of image, and more; of ``select``, on array, scheme, lines and more. A
        sweep adds a coordinate on learner or array for every key that it changes.

    Raises
    ------
    MemsimError
        If a setting, device or image is not allowed; nothing is computed then.
    """
    if device is not None:
        experiment = experiment.replace({"array.device": device}, origin="--device")
    if data is not None:
        experiment = experiment.replace({"data.source": str(data)}, origin="--data")
    if experiment.spec.task == "classify":
        from memsim.classify import classify as compute
    elif experiment.spec.task == "select":
        from memsim.select import select as compute

        backend = "cpu" if backend == "auto" else backend
    else:
        from memsim.memorise import memorise as compute
    chosen = resolve(backend)
    found = compute(experiment, chosen.name, images_sha256, progress)
    compared = experiment.spec.COMPARED
    coordinates = {
        compared: [entry.label for entry in found.entries],
        "device": [entry.device.name if entry.device else NO_DEVICE for entry in found.entries],
        **found.coordinates,
    }
    provenance = _provenance(experiment, found.entries, chosen)
    if found.source is not None and found.sha256 is not None:
        provenance |= {"images_source": found.source, "images_sha256": found.sha256}
    if notes or found.notes:
        provenance["notes"] = "; ".join((*notes, *found.notes))
    return build_dataset(found.variables, coordinates, provenance, swept(found.entries), compared)


def _provenance(experiment: Experiment, entries: Sequence[Entry], backend: Backend) -> dict[str, str | int]:
    versions = {name: importlib.metadata.version(name) for name in _LIBRARIES} | backend.libraries
    devices = {entry.spec.array.device: entry.authored.to_yaml() for entry in entries if entry.authored}
    return {
        "title": experiment.spec.title,
        "memsim_version": importlib.metadata.version("memsim"),
        "random_addresses": LAYOUT,
        "experiment": experiment.to_yaml(),
        "changes": json.dumps(dict(experiment.changed)),
        "devices": json.dumps(devices),
        "seed": str(experiment.spec.seed),
        "backend": backend.name,
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "python_version": platform.python_version(),
        "machine": ", ".join(filter(None, (f"{platform.system()} {platform.machine()}", backend.machine))),
        "libraries": json.dumps(versions),
    }
