"""Images of an experiment: loaded once for each setting of a sweep, hashed, corrupted, grouped with their learners."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from memsim.data.corruptions import corrupt
from memsim.errors import DataError
from memsim.experiments.experiment import Experiment
from memsim.experiments.schema import ImageExperimentSpec
from memsim.tasks.base import Task, load_object
from memsim.tasks.capacity import require_memory
from memsim.tasks.compared import Entry


def load_images(experiment: Experiment, entries: Sequence[Entry], task: Task) -> dict[Any, Any]:
    """The images of every run of the sweep, by the settings that describe them; empty for a task without images.

    Raises
    ------
    MemsimError
        If images cannot be loaded, or the run does not fit into this machine's memory.
    """
    memory = load_object(task.memory)
    if task.load_images is None:
        if memory is not None:
            require_memory(memory(experiment.spec, None, None))
        return {}
    load = load_object(task.load_images)
    if memory is not None:
        for data in dict.fromkeys(entry.data for entry in entries):
            require_memory(memory(experiment.spec, data, None))
    images: dict[Any, Any] = {}
    for entry in entries:
        if entry.data not in images:
            images[entry.data] = load(entry.experiment)
            if memory is not None:
                require_memory(memory(experiment.spec, entry.data, images[entry.data]))
    return images


def source_of(images: Mapping[Any, Any]) -> str:
    """Where the images come from."""
    return "; ".join(dict.fromkeys(each.source for each in images.values()))


def hash_of(images: Mapping[Any, Any]) -> str:
    """Hash of the images; of several sets, the hash of their hashes."""
    hashes = [each.sha256 for each in images.values()]
    return hashes[0] if len(hashes) == 1 else hashlib.sha256("".join(hashes).encode()).hexdigest()


def check_images(source: str, sha256: str, earlier: str | None) -> None:
    """Refuse images that are not those of the run that is repeated.

    Parameters
    ----------
    source : str
        Where the images come from.
    sha256 : str
        Their hash.
    earlier : str or None
        Hash of the images of the earlier run; None if no run is repeated.

    Raises
    ------
    DataError
        If the hashes differ.
    """
    if earlier is not None and sha256 != earlier:
        raise DataError(
            f"{source}: these are not the images of the earlier run (hash {sha256[:12]}, then {earlier[:12]}); give "
            "the same ones with data=..., or run the experiment anew"
        )


def by_images(entries: Sequence[Entry]) -> dict[tuple[Any, int], list[Entry]]:
    """Entries that see the same images under the same seed, by both, so that they share corrupted copies."""
    groups: dict[tuple[Any, int], list[Entry]] = {}
    for entry in entries:
        groups.setdefault((entry.data, entry.seed), []).append(entry)
    return groups


def corrupted(spec: ImageExperimentSpec, kind: str, pixels: np.ndarray, seed: int, first: int = 0) -> np.ndarray:
    """Copies of images with one kind of corruption at all levels of an experiment, (image, noise_level, y, x).

    Parameters
    ----------
    spec : ImageExperimentSpec
        The settings.
    kind : str
        The corruption.
    pixels : (image, y, x)
        The images.
    seed : int
        Key of the random numbers.
    first : int
        Number of the first of these images.
    """
    return corrupt(kind, pixels, spec.levels, seed=seed, first_image=first, fields=spec.noise_fields)


def corrupted_examples(spec: ImageExperimentSpec, pixels: np.ndarray, seed: int) -> np.ndarray:
    """The corrupted copies of the first image, (noise_type, noise_level, y, x)."""
    return np.stack([corrupted(spec, kind, pixels[:1], seed)[0] for kind in spec.corruptions])
