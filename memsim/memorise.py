"""Computes the experiments of the task `memorise`: images, learners and metrics of every image."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from memsim.backends import resolve
from memsim.capacity import images_at_once, require_memory, taught
from memsim.data.corruptions import corrupt
from memsim.data.depth import Grey
from memsim.data.images import Images, load_data
from memsim.entries import Computed, Entry, Progress, check_images, device_notes, prepare
from memsim.errors import InputError
from memsim.experiment import Experiment
from memsim.learners import CrossbarLearner, Memory, NetworkLearners, Task
from memsim.memorise_schema import SCENES, DataSpec, MemoriseSpec, NetworkSpec
from memsim.summary import measure, stack, summarise


def memorise(experiment: Experiment, backend: str, images_sha256: str | None, progress: Progress | None) -> Computed:
    """Variables of a result on the dimensions learner, image, noise_type and noise_level; see `memsim.run`."""
    spec = _spec(experiment)
    entries = prepare(experiment)
    for data in {entry.data for entry in entries}:
        if data.source == SCENES:
            require_memory(spec, data, data.samples)
    sets = _load_all(experiment, entries)
    source, sha256 = _source(sets), _hash(sets)
    check_images(source, sha256, images_sha256)
    parts = _compute(experiment, entries, sets, backend, progress)
    variables = stack(parts)
    variables |= summarise(variables, spec)
    images = sets[entries[0].data]
    variables |= _examples(entries[0].experiment, images)
    coordinates: dict[str, Any] = {
        "image": np.arange(len(images)),
        "image_label": list(images.labels),
        "noise_type": list(spec.corruptions),
        "noise_level": np.array(spec.levels),
        "interval": ["low", "high"],
    }
    if "conductance" in variables:
        lines = variables["conductance"].shape[-1]
        coordinates["column"] = ["target", "control", "target, second", "control, second"][:lines]
    return Computed(entries, variables, coordinates, source, sha256, device_notes(entries))


def _spec(experiment: Experiment) -> MemoriseSpec:
    if not isinstance(experiment.spec, MemoriseSpec):
        raise TypeError("an experiment of another task")
    return experiment.spec


def load_images(experiment: Experiment) -> Images:
    """The images of an experiment."""
    data = _spec(experiment).data
    grey = Grey(cap=data.grey.cap, scale=data.grey.scale)
    return load_data(
        experiment.data_path() or SCENES, shape=data.shape, samples=data.samples, seed=data.seed, grey=grey
    )


def _load_all(experiment: Experiment, entries: list[Entry]) -> dict[DataSpec, Images]:
    """The images of every run of the sweep; they must be equally many."""
    sets: dict[DataSpec, Images] = {}
    for entry in entries:
        if entry.data not in sets:
            sets[entry.data] = load_images(entry.experiment)
            require_memory(_spec(experiment), entry.data, len(sets[entry.data]))
    counts = {len(images) for images in sets.values()}
    if len(counts) > 1:
        raise InputError(
            f"{experiment.document.name}: sweep: runs with {min(counts)} and with {max(counts)} images do not fit into "
            "one result; run them one by one"
        )
    if len({data.shape for data in sets}) > 1 and "conductance" in _spec(experiment).keep:
        raise InputError(
            f"{experiment.document.name}: keep: [conductance] needs images of one size; this sweep has several"
        )
    return sets


def _compute(
    experiment: Experiment,
    entries: list[Entry],
    sets: dict[DataSpec, Images],
    backend: str,
    progress: Progress | None,
) -> list[dict[str, np.ndarray]]:
    """Variables of every learner without the learner dimension.

    Learners that see the same images under the same seed share their corrupted copies. Images go in blocks that fit in
    memory; blocks do not change a bit of the result.
    """
    spec = _spec(experiment)
    parts: dict[str, list[Memory]] = {entry.label: [] for entry in entries}
    groups: dict[tuple[DataSpec, int], list[Entry]] = {}
    for entry in entries:
        groups.setdefault((entry.data, entry.seed), []).append(entry)
    card = resolve(backend).free_memory
    for (data, seed), members in groups.items():
        pixels = sets[data].pixels
        count = len(pixels)
        size = pixels[0].size
        block = images_at_once(size, len(spec.levels) * len(spec.corruptions), taught(spec, size), card)
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
    entries: list[Entry], backend: str, keep: Sequence[str]
) -> Iterator[tuple[list[str], CrossbarLearner | NetworkLearners]]:
    """What computes the learners: a crossbar learner each, and one for all networks with the same fresh weights."""
    networks: dict[NetworkSpec, list[Entry]] = {}
    for entry in entries:
        if entry.spec.network is not None:
            networks.setdefault(entry.spec.network, []).append(entry)
        elif entry.device is not None:
            yield [entry.label], CrossbarLearner(entry.spec, entry.device, backend, keep)
    for network, same in networks.items():
        yield [entry.label for entry in same], NetworkLearners([entry.spec for entry in same], network, backend)


def _examples(experiment: Experiment, images: Images) -> dict[str, np.ndarray]:
    """The first image, and its corrupted copies."""
    spec = _spec(experiment)
    copies = [
        corrupt(kind, images.pixels[:1], spec.levels, seed=spec.seed, fields=spec.noise_fields)[0]
        for kind in spec.corruptions
    ]
    return {"example_image": images.pixels[0], "example_noisy": np.stack(copies)}


def _source(sets: Mapping[DataSpec, Images]) -> str:
    return "; ".join(dict.fromkeys(images.source for images in sets.values()))


def _hash(sets: Mapping[DataSpec, Images]) -> str:
    """Hash of the images; of several sets, that of their hashes."""
    hashes = [images.sha256 for images in sets.values()]
    return hashes[0] if len(hashes) == 1 else hashlib.sha256("".join(hashes).encode()).hexdigest()
