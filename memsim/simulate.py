"""Runs an experiment: the one place that joins data, learners, metrics and results."""

from __future__ import annotations

import datetime
import hashlib
import importlib.metadata
import json
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.arrays import check_bounds
from memsim.backends import resolve
from memsim.capacity import images_at_once, require_memory
from memsim.data.corruptions import corrupt
from memsim.data.depth import Grey
from memsim.data.images import Images, load_data
from memsim.errors import DataError, InputError
from memsim.experiment import SCENES, Experiment
from memsim.experiment_schema import DataSpec, LearnerSpec, NetworkSpec, show
from memsim.learners import CrossbarLearner, Memory, NetworkLearners, Task
from memsim.profiles import DeviceProfile
from memsim.results import NO_DEVICE, build_dataset
from memsim.summary import measure, stack, summarise

if TYPE_CHECKING:
    import xarray as xr

_LIBRARIES = ("numpy", "numba", "llvmlite", "xarray", "netCDF4", "pillow", "pydantic")

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class _Entry:
    """One learner of the result: a learner of the experiment at one run of its sweep."""

    label: str
    spec: LearnerSpec
    values: Mapping[str, Any]
    experiment: Experiment
    device: DeviceProfile | None

    @property
    def data(self) -> DataSpec:
        return self.experiment.spec.data

    @property
    def seed(self) -> int:
        return self.experiment.spec.seed


def run(
    experiment: Experiment,
    *,
    device: DeviceProfile | None = None,
    data: str | Path | None = None,
    backend: str = "auto",
    images_sha256: str | None = None,
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
        A folder of images, an image, or an ``.npy``/``.npz`` file, instead of the experiment's data.
    backend : {"auto", "cpu", "cuda"}
        Where to compute.
    images_sha256 : str, optional
        Hash that the images must have, to repeat an earlier run.
    progress : callable, optional
        Called as ``progress(learner, images_done, images)``.

    Returns
    -------
    xarray.Dataset
        The variables of `memsim.variables` on the dimensions learner, image, noise_type and noise_level. A sweep adds a
        coordinate on learner for every key that it changes.

    Raises
    ------
    MemsimError
        If a setting, device or image is not allowed; nothing is computed then.
    """
    if device is not None:
        experiment = experiment.replace({"array.device": device}, origin="--device")
    if data is not None:
        experiment = experiment.replace({"data.source": str(data)}, origin="--data")
    chosen = resolve(backend).name
    entries = prepare(experiment)
    sets = _load_all(experiment, entries)
    sha256 = _hash(sets)
    if images_sha256 is not None and sha256 != images_sha256:
        raise DataError(
            f"{_source(sets)}: these are not the images of the earlier run (hash {sha256[:12]}, then "
            f"{images_sha256[:12]}); give the same ones with --data, or run the experiment anew"
        )
    parts = _compute(experiment, entries, sets, chosen, progress)
    variables = stack(parts)
    variables |= summarise(variables, experiment.spec)
    images = sets[entries[0].data]
    variables |= _examples(entries[0].experiment, images)
    coordinates: dict[str, Any] = {
        "learner": [entry.label for entry in entries],
        "device": [entry.device.name if entry.device else NO_DEVICE for entry in entries],
        "image": np.arange(len(images)),
        "image_label": list(images.labels),
        "noise_type": list(experiment.spec.corruptions),
        "noise_level": np.array(experiment.spec.levels),
        "interval": ["low", "high"],
    }
    if "conductance" in variables:
        lines = variables["conductance"].shape[-1]
        coordinates["column"] = ["target", "control", "target, second", "control, second"][:lines]
    provenance = _provenance(experiment, entries, chosen) | {"images_source": _source(sets), "images_sha256": sha256}
    return build_dataset(variables, coordinates, provenance, _swept(entries))


def prepare(experiment: Experiment) -> list[_Entry]:
    """Every learner of every run of the sweep, with its device checked before anything is computed."""
    variants, entries = experiment.variants(), []
    for name, run in experiment.spec.runs.items():
        variant = variants[run.number]
        spec = variant.spec.learners[run.place]
        device = _device(variant, spec) if spec.network is None else None
        entries.append(_Entry(name, spec, run.values, variant, device))
    for data in {entry.data for entry in entries}:
        if data.source == SCENES:
            require_memory(experiment.spec, data, data.samples)
    return entries


def _device(experiment: Experiment, spec: LearnerSpec) -> DeviceProfile:
    profile = experiment.device(spec)
    try:
        check_bounds(spec.array.bounds, profile)
    except InputError as error:
        path = f"learners.{spec.name}.array"
        where = experiment.document.where(experiment.document.find(f"{path}.bounds") or ())
        raise InputError(f"{where}: {path}.{error}; for example --set array.bounds=[0,1]") from None
    return profile


def load_images(experiment: Experiment) -> Images:
    """The images of an experiment."""
    data = experiment.spec.data
    grey = Grey(cap=data.grey.cap, scale=data.grey.scale)
    return load_data(
        experiment.data_path() or SCENES, shape=data.shape, samples=data.samples, seed=data.seed, grey=grey
    )


def _load_all(experiment: Experiment, entries: list[_Entry]) -> dict[DataSpec, Images]:
    """The images of every run of the sweep; they must be equally many."""
    sets: dict[DataSpec, Images] = {}
    for entry in entries:
        if entry.data not in sets:
            sets[entry.data] = load_images(entry.experiment)
            require_memory(experiment.spec, entry.data, len(sets[entry.data]))
    counts = {len(images) for images in sets.values()}
    if len(counts) > 1:
        raise InputError(
            f"{experiment.document.name}: sweep: runs with {min(counts)} and with {max(counts)} images do not fit into "
            "one result; run them one by one"
        )
    if len({data.shape for data in sets}) > 1 and "conductance" in experiment.spec.keep:
        raise InputError(
            f"{experiment.document.name}: keep: [conductance] needs images of one size; this sweep has several"
        )
    return sets


def _compute(
    experiment: Experiment,
    entries: list[_Entry],
    sets: dict[DataSpec, Images],
    backend: str,
    progress: Progress | None,
) -> list[dict[str, np.ndarray]]:
    """Variables of every learner without the learner dimension.

    Learners that see the same images under the same seed share their corrupted copies. Images go in blocks that fit in
    memory; blocks do not change a bit of the result.
    """
    spec = experiment.spec
    parts: dict[str, list[Memory]] = {entry.label: [] for entry in entries}
    groups: dict[tuple[DataSpec, int], list[_Entry]] = {}
    for entry in entries:
        groups.setdefault((entry.data, entry.seed), []).append(entry)
    for (data, seed), members in groups.items():
        pixels = sets[data].pixels
        count = len(pixels)
        block = images_at_once(pixels[0].size, len(spec.levels) * len(spec.corruptions))
        runners = list(_runners(members, backend, spec.keep))
        for first in range(0, count, block):
            x = pixels[first : first + block]
            noisy = {
                kind: corrupt(kind, x, spec.levels, seed=seed, first_image=first, fields=spec.noise_fields).reshape(
                    len(x), len(spec.levels), -1
                )
                for kind in spec.corruptions
            }
            for labels, runner in runners:
                report = _reporter(progress, labels, first, count)
                report(0)
                memories = runner.memorise(Task(x.reshape(len(x), -1), noisy, first, seed, report))
                report(len(x))
                for name, memory in zip(labels, memories, strict=True):
                    parts[name].append(memory)
    return [measure(parts[entry.label], sets[entry.data].pixels, spec.unsafe_below) for entry in entries]


def _reporter(progress: Progress | None, labels: list[str], first: int, count: int) -> Callable[[float], None]:
    """Tells the caller how many images some learners have done, counted from the first of a block."""

    def report(done: float) -> None:
        for name in labels if progress is not None else ():
            progress(name, first + int(done), count)  # type: ignore[misc]

    return report


def _runners(
    entries: list[_Entry], backend: str, keep: Sequence[str]
) -> Iterator[tuple[list[str], CrossbarLearner | NetworkLearners]]:
    """What computes the learners: a crossbar learner each, and one for all networks with the same fresh weights."""
    networks: dict[NetworkSpec, list[_Entry]] = {}
    for entry in entries:
        if entry.spec.network is not None:
            networks.setdefault(entry.spec.network, []).append(entry)
        elif entry.device is not None:
            yield [entry.label], CrossbarLearner(entry.spec, entry.device, backend, keep)
    for network, same in networks.items():
        yield [entry.label for entry in same], NetworkLearners([entry.spec for entry in same], network, backend)


def _examples(experiment: Experiment, images: Images) -> dict[str, np.ndarray]:
    """The first image, and its corrupted copies."""
    spec = experiment.spec
    copies = [
        corrupt(kind, images.pixels[:1], spec.levels, seed=spec.seed, fields=spec.noise_fields)[0]
        for kind in spec.corruptions
    ]
    return {"example_image": images.pixels[0], "example_noisy": np.stack(copies)}


def _swept(entries: list[_Entry]) -> dict[str, list[Any]]:
    """Coordinates on learner that say what a sweep set: numbers where all values are, else text; blank if unset."""
    coordinates: dict[str, list[Any]] = {}
    for key in dict.fromkeys(key for entry in entries for key in entry.values):
        given = [entry.values[key] for entry in entries if key in entry.values]
        numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in given)
        blank: Any = float("nan") if numbers else ""
        as_label = float if numbers else show
        coordinates[key] = [as_label(entry.values[key]) if key in entry.values else blank for entry in entries]
    return coordinates


def _source(sets: Mapping[DataSpec, Images]) -> str:
    return "; ".join(dict.fromkeys(images.source for images in sets.values()))


def _hash(sets: Mapping[DataSpec, Images]) -> str:
    """Hash of the images; of several sets, that of their hashes."""
    hashes = [images.sha256 for images in sets.values()]
    return hashes[0] if len(hashes) == 1 else hashlib.sha256("".join(hashes).encode()).hexdigest()


def _provenance(experiment: Experiment, entries: list[_Entry], backend: str) -> dict[str, str | int]:
    versions = {name: importlib.metadata.version(name) for name in _LIBRARIES}
    devices = {entry.spec.array.device: entry.device.to_yaml() for entry in entries if entry.device}
    return {
        "title": experiment.spec.title,
        "memsim_version": importlib.metadata.version("memsim"),
        "experiment": experiment.to_yaml(),
        "changes": json.dumps(dict(experiment.changed)),
        "devices": json.dumps(devices),
        "seed": str(experiment.spec.seed),
        "backend": backend,
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "python_version": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "libraries": json.dumps(versions),
    }
