"""Runs an experiment: the one place that joins its options, its task and the result."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from memsim.backends import Backend, resolve
from memsim.errors import BackendError
from memsim.experiments.devices import DEVICE, base_of, set_values
from memsim.experiments.experiment import Experiment
from memsim.experiments.loading import load_experiment
from memsim.profiles import DeviceProfile, device_of
from memsim.results.dataset import NO_DEVICE, build_dataset
from memsim.results.provenance import LIBRARIES, provenance
from memsim.tasks.base import Metric, Task, load_object
from memsim.tasks.compared import Entry, prepare, swept, wire_notes
from memsim.tasks.images import check_images, hash_of, load_images, source_of
from memsim.tasks.job import Earlier, Job, Progress

if TYPE_CHECKING:
    import xarray as xr


def run(
    experiment: Experiment | str | Path,
    *,
    device: DeviceProfile | str | None = None,
    data: str | Path | None = None,
    backend: str = "auto",
    images_sha256: str | None = None,
    notes: Sequence[str] = (),
    progress: Progress | None = None,
) -> xr.Dataset:
    """Results of an experiment as a labelled Dataset.

    Parameters
    ----------
    experiment : Experiment, str or Path
        What to run: an experiment, the name of a shipped one, or the path of a YAML file.
    device : DeviceProfile or str, optional
        Used by every crossbar instead of its own; a name or path as for `Crossbar`.
    data : str or Path, optional
        A folder of images, an image, or an ``.npy``/``.npz`` file, instead of the experiment's data; for experiments
        with classes a folder of labelled images, see `memsim.data.labelled`.
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
        The variables of the task, on the dimension of what is compared, such as learner or array, and on others of the
        task. A sweep adds a coordinate on the first dimension for every key that it changes.

    Raises
    ------
    MemsimError
        If a setting, device or image is not allowed; nothing is computed then.
    """
    if not isinstance(experiment, Experiment):
        experiment = load_experiment(experiment)
    experiment = with_device_and_data(experiment, device, data)
    return compute(experiment, backend=backend, images_sha256=images_sha256, notes=notes, progress=progress)


def with_device_and_data(
    experiment: Experiment, device: DeviceProfile | str | None, data: str | Path | None
) -> Experiment:
    """An experiment whose crossbars are built from a device, and whose images lie at a place, where these are given."""
    if device is not None:
        experiment = experiment.replace({DEVICE: device_of(device)}, origin="device")
    if data is not None:
        experiment = experiment.replace({"data.source": str(data)}, origin="data")
    return experiment


def compute(
    experiment: Experiment,
    *,
    backend: str = "auto",
    images_sha256: str | None = None,
    notes: Sequence[str] = (),
    progress: Progress | None = None,
    earlier: Earlier | None = None,
    only: Metric | None = None,
) -> xr.Dataset:
    """Results of an experiment, see `run`.

    Parameters
    ----------
    experiment : Experiment
        What to run.
    backend, images_sha256, notes, progress
        See `run`.
    earlier : Earlier, optional
        The run whose learners are evaluated; they are trained if not given.
    only : Metric, optional
        What is needed of the result; if the task can, it computes nothing else.
    """
    task = experiment.task
    chosen = resolve(_backend(task, backend))
    entries = prepare(experiment)
    images = load_images(experiment, entries, task)
    provenance = _provenance(experiment, entries, chosen)
    if images:
        source, sha256 = source_of(images), hash_of(images)
        check_images(source, sha256, images_sha256)
        provenance |= {"images_source": source, "images_sha256": sha256}
    job = Job(experiment, entries, images, chosen.name, progress, earlier)
    computed = task.compute(job) if only is None or not only.alone else load_object(only.alone)(job, only.source)
    compared = experiment.spec.COMPARED
    coordinates = {
        compared: [entry.label for entry in entries],
        "device": [entry.device.name if entry.device else NO_DEVICE for entry in entries],
        "seed": [entry.seed for entry in entries],
        "repeat": 0,
        **computed.coordinates,
    }
    if computed.libraries:
        provenance["libraries"] = json.dumps(json.loads(str(provenance["libraries"])) | dict(computed.libraries))
    provenance |= computed.attributes
    all_notes = (*notes, *computed.notes, *wire_notes(entries))
    if all_notes:
        provenance["notes"] = "\n".join(all_notes)
    return build_dataset(computed.variables, coordinates, provenance, swept(entries), compared)


def _backend(task: Task, name: str) -> str:
    """The backend of a task, which may compute on the CPU only."""
    if "cuda" in task.backends:
        return name
    if name not in ("auto", "cpu"):
        raise BackendError(f"the task '{task.name}' computes on the CPU; '{name}' is not allowed, use 'cpu' or 'auto'")
    return "cpu"


def _provenance(experiment: Experiment, entries: Sequence[Entry], backend: Backend) -> dict[str, str | int]:
    devices: dict[str, str] = {}
    for entry in entries:
        if entry.authored and (name := base_of(entry.spec.array.device)) not in devices:
            devices[name] = entry.experiment.base(entry.spec).to_yaml()
    values = {e.label: set_values(e.spec.array.device, e.authored) for e in entries if e.authored}
    values = {name: changed for name, changed in values.items() if changed}
    return {
        "title": experiment.spec.title,
        "experiment": experiment.to_yaml(),
        "changes": json.dumps(dict(experiment.changed)),
        "devices": json.dumps(devices),
        **({"device_values": json.dumps(values)} if values else {}),
        "seed": str(experiment.spec.seed),
        **provenance(backend, (*LIBRARIES, "pillow")),
    }
