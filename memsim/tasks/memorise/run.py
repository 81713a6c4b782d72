"""Computes the experiments of the task `memorise`: images, learners and metrics of every image."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from memsim.backends import resolve
from memsim.data.images import Images, load_data
from memsim.errors import InputError
from memsim.experiments.experiment import Experiment
from memsim.results.dataset import stored
from memsim.results.weights import Kept, packed
from memsim.tasks.capacity import images_at_once
from memsim.tasks.compared import Entry, device_notes, time_notes
from memsim.tasks.energy_costs import LearnerEvents, ResultCosts
from memsim.tasks.energy_variables import IMAGES
from memsim.tasks.images import by_images, check_images, corrupted, corrupted_examples, hash_of, source_of
from memsim.tasks.job import Computed, Job, Progress, spec_of
from memsim.tasks.kept import WEIGHTS
from memsim.tasks.memorise.learners import Block, CrossbarLearner, Memory, NetworkLearners
from memsim.tasks.memorise.learners.block import events_of, joined
from memsim.tasks.memorise.memory_estimate import training_memory
from memsim.tasks.memorise.schema import SCENES, MemoriseSpec, NetworkSpec
from memsim.tasks.memorise.summary import measure, stack, summarise


def memorise(job: Job) -> Computed:
    """Variables of a result on the dimensions learner, image, noise_type and noise_level."""
    spec = spec_of(job.experiment, MemoriseSpec)
    _check(job)
    costs = ResultCosts(job.experiment, IMAGES, job.earlier)
    parts = _compute(job)
    pixels = {entry.label: job.images[entry.data].pixels for entry in job.entries}
    variables = stack([measure(parts[label], pixels[label], spec.unsafe_below) for label in parts])
    images = job.images[job.entries[0].data]
    counted, labels = _costs(costs, parts, len(images))
    variables |= counted
    variables |= summarise(variables, spec)
    seed = job.entries[0].seed
    variables |= {
        "example_image": images.pixels[0],
        "example_noisy": corrupted_examples(spec_of(job.entries[0].experiment, MemoriseSpec), images.pixels, seed),
    }
    coordinates: dict[str, Any] = {
        "image": np.arange(len(images)),
        "image_label": list(images.labels),
        "noise_type": list(spec.corruptions),
        "noise_level": np.array(spec.levels),
        "interval": ["low", "high"],
        **labels,
    }
    if spec.times:
        coordinates["time"] = np.array(spec.times)
    if "conductance" in variables:
        lines = variables["conductance"].shape[-1]
        coordinates["column"] = ["target", "control", "target, second", "control, second"][:lines]
    if WEIGHTS in spec.keep:
        own = packed({label: Kept(joined([part.kept for part in own])) for label, own in parts.items()}, list(parts))
        variables, coordinates = variables | own[0], coordinates | own[1]
    notes = device_notes(job.entries) + time_notes(job.entries)
    return Computed(variables, coordinates, notes, attributes=costs.attributes)


def _costs(
    costs: ResultCosts, parts: Mapping[str, Sequence[Memory]], images: int
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Variables and labels of events and costs; none where all learners are networks."""
    events = {label: events_of(own) for label, own in parts.items()}
    if not any(events.values()):
        return {}, {}
    return costs.variables({label: LearnerEvents(own, 1) if own else None for label, own in events.items()}, images)


def load_images(experiment: Experiment) -> Images:
    """The images of an experiment."""
    data = spec_of(experiment, MemoriseSpec).data
    place = experiment.data_path() or SCENES
    return load_data(place, shape=data.shape, samples=data.samples, seed=data.seed, grey=data.grey.conversion)


def _check(job: Job) -> None:
    """Refuse images of the runs of a sweep that do not fit into one result, or others than those that were learned."""
    name = job.experiment.document.name
    counts = {len(images) for images in job.images.values()}
    if len(counts) > 1:
        raise InputError(
            f"{name}: sweep: runs with {min(counts)} and with {max(counts)} images do not fit into one result; "
            "run them one by one"
        )
    if len({data.shape for data in job.images}) > 1 and "conductance" in spec_of(job.experiment, MemoriseSpec).keep:
        raise InputError(f"{name}: keep: [conductance] needs images of one size; this sweep has several")
    if job.earlier is not None:
        check_images(source_of(job.images), hash_of(job.images), stored(job.earlier.result, "images_sha256"))


def _compute(job: Job) -> dict[str, list[Memory]]:
    """What every learner gives for the blocks of images, by its label.

    Learners that see the same images under the same seed share their corrupted copies. Images go in blocks that fit in
    memory; blocks do not change a bit of the result.
    """
    spec = spec_of(job.experiment, MemoriseSpec)
    parts: dict[str, list[Memory]] = {entry.label: [] for entry in job.entries}
    card = resolve(job.backend).free_memory
    for (data, seed), members in by_images(job.entries).items():
        pixels = job.images[data].pixels
        count = len(pixels)
        size = pixels[0].size
        block = images_at_once(size, len(spec.levels) * len(spec.corruptions), training_memory(spec, size), card)
        runners = list(_runners(members, job, spec.keep))
        for first in range(0, count, block):
            x = pixels[first : first + block]
            shape = (len(x), len(spec.levels), -1)
            noisy = {kind: corrupted(spec, kind, x, seed, first).reshape(shape) for kind in spec.corruptions}
            for labels, runner in runners:
                report = _reporter(job.progress, labels, first, count)
                report(0)
                memories = runner.memorise(
                    Block(x.reshape(len(x), -1), noisy, first, seed, report, spec.levels, spec.times)
                )
                report(len(x))
                for name, memory in zip(labels, memories, strict=True):
                    parts[name].append(memory)
    return parts


def _reporter(progress: Progress | None, labels: list[str], first: int, count: int) -> Callable[[float], None]:
    """Tells the caller how many images some learners have done, counted from the first of a block."""

    def report(done: float) -> None:
        for name in labels if progress is not None else ():
            progress(name, first + int(done), count)  # type: ignore[misc]

    return report


def _runners(
    entries: list[Entry], job: Job, keep: Sequence[str]
) -> Iterator[tuple[list[str], CrossbarLearner | NetworkLearners]]:
    """What computes the learners: a crossbar learner each, and one for all networks with the same fresh weights."""
    earlier = None if job.earlier is None else job.earlier.kept
    networks: dict[NetworkSpec, list[Entry]] = {}
    for entry in entries:
        if entry.spec.network is not None:
            networks.setdefault(entry.spec.network, []).append(entry)
        elif entry.device is not None:
            kept = None if earlier is None else earlier[entry.label]
            yield [entry.label], CrossbarLearner(entry.spec, entry.device, job.backend, keep, kept)
    for network, same in networks.items():
        labels = [entry.label for entry in same]
        own = None if earlier is None else [earlier[label] for label in labels]
        yield labels, NetworkLearners([entry.spec for entry in same], network, job.backend, keep, own)
