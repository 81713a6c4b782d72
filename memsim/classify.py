"""Computes the experiments of the task `classify`: images, trained learners, and metrics of many classes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from memsim.capacity import images_at_once, require_class_memory
from memsim.class_metrics import BINS
from memsim.class_summary import Values, compare, measure_clean, measure_noisy, measure_products, stack
from memsim.classifiers.classifier import Classifier
from memsim.classify_schema import ClassifySpec, LabelledSpec
from memsim.course import Course, class_spec, trials_of
from memsim.data.corruptions import corrupt
from memsim.data.depth import Grey
from memsim.data.labelled import Labelled, load_labelled
from memsim.entries import Computed, Entry, Progress, check_images, device_notes, prepare
from memsim.errors import InputError
from memsim.experiment import Experiment

_MEASURED = 0.9
"""Share of a learner's work that is done after its clean test images; assumed."""


def classify(experiment: Experiment, backend: str, images_sha256: str | None, progress: Progress | None) -> Computed:
    """Variables of a result on the dimensions learner, seed and others; see `memsim.run`."""
    spec = class_spec(experiment)
    entries = prepare(experiment)
    trials = {entry.label: trials_of(entry) for entry in entries}
    sets = _load_all(experiment, entries)
    source = "; ".join(dict.fromkeys(data.source for data in sets.values()))
    sha256 = _hash(sets)
    check_images(source, sha256, images_sha256)
    course = Course(experiment, entries, trials, sets, backend, progress)
    classifiers = {entry.label: course.classifier(entry) for entry in entries}
    parts: list[Values] = []
    for entry in entries:
        classifier, data = classifiers[entry.label], sets[entry.data]
        parts.append(measure_clean(classifier, data, spec.perturbations))
        course.report(entry, _MEASURED)
    noisy = _noisy(entries, classifiers, sets, lambda entry, share: course.report(entry, _MEASURED + 0.1 * share))
    for part, found in zip(parts, noisy, strict=True):
        part |= found
    for entry, part in zip(entries, parts, strict=True):  # last, as correlated noise goes on from read to read
        part |= measure_products(classifiers[entry.label], sets[entry.data].test)
    variables = stack(parts)
    reference = 0 if spec.reference is None else spec.labels.index(spec.reference)
    variables |= compare(variables, reference) | course.tuning()
    first = sets[entries[0].data]
    variables |= _examples(spec, first, entries[0].seed)
    coordinates: dict[str, Any] = {
        "seed": np.arange(spec.seeds),
        "true_class": list(first.classes),
        "predicted_class": list(first.classes),
        "noise_type": list(spec.corruptions),
        "noise_level": np.array(spec.levels),
        "epsilon": np.array(spec.perturbations),
        "interval": ["low", "high"],
        "epoch": np.arange(1, variables["epoch_loss"].shape[-1] + 1),
        "confidence_bin": (np.arange(BINS) + 0.5) / BINS,
        "trial": np.arange(spec.tuning.trials),
        "chosen": [json.dumps(course.chosen[entry.label], default=str) for entry in entries],
    }
    if "layer_snr" in variables:
        coordinates["layer"] = np.arange(1, variables["layer_snr"].shape[-1] + 1)
    if "example_tile_voltage" in variables:
        rows, lines = variables["example_tile_voltage"].shape[1:]
        coordinates |= {"word_line": np.arange(rows), "bit_line": np.arange(lines)}
    notes = device_notes(entries)
    notes += [f"{entry.label}, {note}" for entry in entries for note in classifiers[entry.label].notes]
    return Computed(entries, variables, coordinates, source, sha256, notes)


def _load_all(experiment: Experiment, entries: Sequence[Entry]) -> dict[LabelledSpec, Labelled]:
    """The images of every run of the sweep, which must have the same classes and as many test images."""
    sets: dict[LabelledSpec, Labelled] = {}
    for entry in entries:
        data: LabelledSpec = entry.data
        if data in sets:
            continue
        path = entry.experiment.data_path()
        sets[data] = load_labelled(
            data.source if path is None else path,
            shape=data.shape,
            samples=data.samples,
            seed=data.seed,
            grey=Grey(cap=data.grey.cap, scale=data.grey.scale),
            fractions=data.fractions,
        )
        require_class_memory(
            class_spec(experiment), sets[data].train.pixels.shape, len(sets[data].test), sets[data].classes
        )
    first, *others = sets.values()
    for other in others:
        if other.classes != first.classes:
            raise InputError(f"{experiment.document.name}: sweep: runs with other classes do not fit into one result")
    return sets


def _noisy(
    entries: Sequence[Entry],
    classifiers: Mapping[str, Classifier],
    sets: Mapping[LabelledSpec, Labelled],
    report: Callable[[Entry, float], None],
) -> list[Values]:
    """Variables on corrupted test images, of every learner; those that see the same images share the copies."""
    found: dict[str, Values] = {}
    groups: dict[tuple[LabelledSpec, int], list[Entry]] = {}
    for entry in entries:
        groups.setdefault((entry.data, entry.seed), []).append(entry)
    for (data, seed), members in groups.items():
        spec, test = class_spec(members[0].experiment), sets[data].test
        size = images_at_once(test.pixels[0].size, len(spec.levels))
        sums: dict[str, list[list[Values]]] = {entry.label: [] for entry in members}
        for number, kind in enumerate(spec.corruptions, 1):
            for entry in members:
                sums[entry.label].append([])
            for first in range(0, len(test), size):
                part = slice(first, first + size)
                copies = corrupt(
                    kind, test.pixels[part], spec.levels, seed=seed, first_image=first, fields=spec.noise_fields
                )
                for entry in members:
                    measured = measure_noisy(classifiers[entry.label], kind, copies, test.labels[part], first)
                    sums[entry.label][-1].append(measured)
                    report(entry, (number - 1 + min(1.0, part.stop / len(test))) / len(spec.corruptions))
        for name, kinds in sums.items():
            found[name] = {
                "noisy_accuracy": _joined(kinds, lambda parts: sum(part["right"] for part in parts)) / len(test),
                "noisy_lead": _joined(kinds, lambda parts: sum(part["lead"] for part in parts)) / len(test),
                "noisy_snr": _joined(kinds, _median_ratio),
            }
    return [found[entry.label] for entry in entries]


def _joined(kinds: Sequence[Sequence[Values]], over: Callable[[Sequence[Values]], Any]) -> np.ndarray:
    """(seed, noise_type, noise_level) from the parts of every kind."""
    return np.stack([over(parts) for parts in kinds], axis=1)


def _median_ratio(parts: Sequence[Values]) -> np.ndarray:
    return np.median(np.concatenate([part["ratio"] for part in parts], axis=-1), axis=-1)


def _examples(spec: ClassifySpec, data: Labelled, seed: int) -> Values:
    """The first test image of every class, and the corrupted copies of the first of all."""
    test = data.test
    places = [int(np.flatnonzero(test.labels == number)[0]) for number in range(len(data.classes))]
    copies = [
        corrupt(kind, test.pixels[:1], spec.levels, seed=seed, fields=spec.noise_fields)[0] for kind in spec.corruptions
    ]
    return {"example_class_image": test.pixels[places], "example_class_noisy": np.stack(copies)}


def _hash(sets: Mapping[LabelledSpec, Labelled]) -> str:
    """Hash of the images; of several sets, that of their hashes."""
    hashes = [data.sha256 for data in sets.values()]
    return hashes[0] if len(hashes) == 1 else hashlib.sha256("".join(hashes).encode()).hexdigest()
