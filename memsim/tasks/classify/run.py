"""Computes the experiments of the task `classify`: images, trained learners, and metrics of many classes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from textwrap import shorten
from typing import Any

import numpy as np

from memsim.data.cifar import luminance_of
from memsim.data.labelled import Labelled
from memsim.errors import InputError
from memsim.experiments.experiment import Experiment
from memsim.experiments.labelled import LabelledSpec, labelled_images
from memsim.metrics.classes import BINS, predicted
from memsim.metrics.monitor import COVERAGES
from memsim.metrics.pulse_bins import pulse_bins, pulse_counts
from memsim.metrics.severities import mean_under_noise
from memsim.results.dataset import require
from memsim.results.weights import packed
from memsim.tasks.capacity import images_at_once
from memsim.tasks.classify.attacks import ATTACKS, measure_attacked, measure_perturbed
from memsim.tasks.classify.classifiers.classifier import Classifier
from memsim.tasks.classify.classifiers.gradient import uses_torch
from memsim.tasks.classify.classifiers.on_crossbars import OnCrossbars
from memsim.tasks.classify.corruption import corruption_notes
from memsim.tasks.classify.course import Course
from memsim.tasks.classify.decisions import MARGIN_EDGES, SCORES, Decisions, joined, measure_decisions
from memsim.tasks.classify.energy import EnergyOfLearners
from memsim.tasks.classify.over_time import CellsOverTime
from memsim.tasks.classify.schema import ClassifySpec
from memsim.tasks.classify.summary import (
    Values,
    clean_outputs,
    compare,
    measure_clean,
    measure_products,
    measure_programming,
    measure_wear,
    noisy_decisions,
    stack,
)
from memsim.tasks.compared import Entry, device_notes, time_notes
from memsim.tasks.images import by_images, corrupted, corrupted_examples
from memsim.tasks.job import Computed, Job, spec_of
from memsim.tasks.kept import WEIGHTS

_MEASURED = 0.9
"""Share of a learner's work that is done after its clean test images; assumed."""
_AT_ONCE = 0.95
"""The same before the evaluation times, if there are any."""


def classify(job: Job) -> Computed:
    """Variables of a result on the dimensions learner, seed and others."""
    spec, entries = spec_of(job.experiment, ClassifySpec), job.entries
    check_classes(job)
    energy = EnergyOfLearners(job.experiment, entries, job.earlier)
    course = Course(job)
    classifiers = {entry.label: course.classifier(entry) for entry in entries}
    kept = course.kept() if WEIGHTS in spec.keep else None
    parts: list[Values] = []
    for entry in entries:
        classifier, data = classifiers[entry.label], job.images[entry.data]
        before = energy.events(classifier)
        outputs = clean_outputs(classifier, data)
        energy.note(entry, classifier, before, len(data.test))
        right = predicted(outputs) == data.test.labels
        parts.append(
            measure_clean(classifier, data, outputs, spec.unsafe_below.by_score)
            | measure_perturbed(classifier, data.test, right, spec.perturbations)
            | measure_attacked(
                classifier, data.test, spec.seeds, spec.perturbations, spec.attack.steps, spec.attack.images
            )
        )
        course.report(entry, _MEASURED)
    temperatures = {entry.label: part["temperature"] for entry, part in zip(entries, parts, strict=True)}
    noisy = _noisy(
        entries,
        classifiers,
        job.images,
        temperatures,
        lambda entry, share: course.report(entry, _MEASURED + 0.05 * share),
    )
    for part, found in zip(parts, noisy, strict=True):
        part |= found
    for entry, part in zip(entries, parts, strict=True):
        part |= measure_products(classifiers[entry.label], job.images[entry.data].test)
    pulses = _measure_programming(entries, classifiers, parts)
    if spec.times:
        aged = _over_time(spec, entries, classifiers, job.images, temperatures, course)
        for part, found in zip(parts, aged, strict=True):
            part |= found
    for entry, part in zip(entries, parts, strict=True):
        if entry.device is not None and entry.device.spec.update is not None:
            part |= measure_wear(classifiers[entry.label])  # type: ignore[arg-type]
    for entry, part in zip(entries, parts, strict=True):
        part |= energy.values(entry, classifiers[entry.label], part)
    variables = stack(parts)
    counted, labels = energy.variables()
    variables |= counted
    reference = spec.labels.index(spec.reference_label)
    variables |= compare(variables, spec.levels, reference, spec.times) | course.tuning()
    first = job.images[entries[0].data]
    variables |= {
        "example_class_image": _first_of_each_class(first),
        "example_class_noisy": _grey(corrupted_examples(spec, first.test.pixels, entries[0].seed), first),
    }
    coordinates: dict[str, Any] = {
        "repeat": np.arange(spec.seeds),
        "true_class": list(first.classes),
        "predicted_class": list(first.classes),
        "noise_type": list(spec.corruptions),
        "noise_level": np.array(spec.levels),
        "epsilon": np.array(spec.perturbations),
        "attack": list(ATTACKS),
        "interval": ["low", "high"],
        "epoch": np.arange(1, variables["epoch_loss"].shape[-1] + 1),
        "confidence_bin": (np.arange(BINS) + 0.5) / BINS,
        "score": list(SCORES),
        "unsafe_below": np.array([spec.unsafe_below.by_score[score] for score in SCORES]),
        "coverage": COVERAGES,
        "margin_bin": MARGIN_EDGES[:-1],
        "margin_bin_end": MARGIN_EDGES[1:],
        "trial": np.arange(spec.tuning.trials),
        "chosen": [json.dumps(course.chosen[entry.label], default=str) for entry in entries],
    }
    coordinates |= labels
    if pulses:
        bins = pulse_bins(max(int(own.max()) for own in pulses.values()))
        counts = [pulse_counts([pulses.get(entry.label)], bins) for entry in entries]
        variables["network_pulse_count"] = np.stack(counts)
        coordinates |= {"pulses": bins.least, "most_pulses": bins.most}
    if spec.times:
        coordinates["time"] = np.array(spec.times)
    if "layer_snr" in variables:
        coordinates["layer"] = np.arange(1, variables["layer_snr"].shape[-1] + 1)
    if "example_tile_voltage" in variables:
        rows, lines = variables["example_tile_voltage"].shape[1:]
        coordinates |= {"word_line": np.arange(rows), "bit_line": np.arange(lines)}
    if kept is not None:
        own = packed(kept, list(kept))
        variables, coordinates = variables | own[0], coordinates | own[1]
    notes = device_notes(entries) + time_notes(entries) + energy.notes
    notes += corruption_notes(variables, spec.levels, entries[reference].label, list(spec.corruptions))
    notes += [f"{entry.label}, {note}" for entry in entries for note in classifiers[entry.label].notes]
    torch = any(entry.spec.network is not None and uses_torch(entry.spec.training.engine) for entry in entries)
    libraries = {"torch": version("torch")} if torch else {}
    return Computed(variables, coordinates, notes, libraries, energy.attributes)


def load_images(experiment: Experiment) -> Labelled:
    """The images of an experiment."""
    return labelled_images(spec_of(experiment, ClassifySpec).data, experiment.data_path())


def check_classes(job: Job) -> None:
    """Refuse images of the runs of a sweep that have other classes, or of an evaluation than those of the training."""
    first, *others = job.images.values()
    for other in others:
        if other.classes != first.classes:
            name = job.experiment.document.name
            raise InputError(f"{name}: sweep: runs with other classes do not fit into one result")
    if job.earlier is not None:
        require(job.earlier.result, "true_class")
        trained = [str(label) for label in job.earlier.result["true_class"].values]
        if list(first.classes) != trained:
            shown, learned = (shorten(", ".join(names), 60) for names in (first.classes, trained))
            raise InputError(f"{first.source}: has the classes {shown}; the weights were trained on {learned}")


def _noisy(
    entries: Sequence[Entry],
    classifiers: Mapping[str, Classifier],
    sets: Mapping[LabelledSpec, Labelled],
    temperatures: Mapping[str, np.ndarray],
    report: Callable[[Entry, float], None],
    time: int = 0,
) -> list[Values]:
    """Variables on corrupted test images, of every learner; those that see the same images share the copies.

    `temperatures` (seed,) are those of the clean validation images, by label; `time` is the number of the evaluation
    time, from 1 on; 0 is before them.
    """
    found: dict[str, Values] = {}
    for (data, seed), members in by_images(entries).items():
        spec, test = spec_of(members[0].experiment, ClassifySpec), sets[data].test
        size = images_at_once(test.pixels[0].size, len(spec.levels))
        kinds: dict[str, list[Values]] = {entry.label: [] for entry in members}
        for number, kind in enumerate(spec.corruptions, 1):
            decided: dict[str, list[Decisions]] = {entry.label: [] for entry in members}
            for first in range(0, len(test), size):
                part = slice(first, first + size)
                copies = corrupted(spec, kind, test.pixels[part], seed, first)
                for entry in members:
                    name, labels = entry.label, test.labels[part]
                    one = noisy_decisions(classifiers[name], kind, copies, labels, temperatures[name], first, time)
                    decided[name].append(one)
                    report(entry, (number - 1 + min(1.0, part.stop / len(test))) / len(spec.corruptions))
            for name, blocks in decided.items():
                kinds[name].append(measure_decisions(joined(blocks), spec.unsafe_below.by_score))
        for name, values in kinds.items():
            found[name] = {f"noisy_{key}": np.stack([own[key] for own in values], axis=1) for key in values[0]}
    return [found[entry.label] for entry in entries]


def _measure_programming(
    entries: Sequence[Entry], classifiers: Mapping[str, Classifier], parts: Sequence[Values]
) -> dict[str, np.ndarray]:
    """Add what write and verify took to the variables of networks; the pulses of all their cells, by label."""
    pulses: dict[str, np.ndarray] = {}
    for entry, part in zip(entries, parts, strict=True):
        classifier = classifiers[entry.label]
        how = entry.spec.array.programming
        if isinstance(classifier, OnCrossbars) and how is not None and how.reports:
            values, pulses[entry.label] = measure_programming(classifier)
            part |= values
    return pulses


def _over_time(
    spec: ClassifySpec,
    entries: Sequence[Entry],
    classifiers: Mapping[str, Classifier],
    sets: Mapping[LabelledSpec, Labelled],
    temperatures: Mapping[str, np.ndarray],
    course: Course,
) -> list[Values]:
    """Variables at the times of an experiment, of each learner; none of networks, which have no cells."""
    on_cells = [entry for entry in entries if entry.device is not None]
    cells = {
        entry.label: CellsOverTime(classifiers[entry.label], entry.spec.aging, sets[entry.data])  # type: ignore[arg-type]
        for entry in on_cells
    }
    shares: dict[str, list[np.ndarray]] = {entry.label: [] for entry in on_cells}
    for number, time in enumerate(spec.times, 1):
        for entry in on_cells:
            cells[entry.label].advance(time, number)
        noisy = _noisy(on_cells, classifiers, sets, temperatures, lambda entry, share: None, number)
        for entry, found in zip(on_cells, noisy, strict=True):
            shares[entry.label].append(mean_under_noise(found["noisy_accuracy"], spec.levels))
            cells[entry.label].measure(number)
            course.report(entry, _AT_ONCE + (1 - _AT_ONCE) * number / len(spec.times))
    values: dict[str, Values] = {
        label: own.values(spec.times) | {"aged_noise_accuracy": np.stack(shares[label], axis=-1)}
        for label, own in cells.items()
    }
    return [values.get(entry.label, {}) for entry in entries]


def _first_of_each_class(data: Labelled) -> np.ndarray:
    """The first test image of every class, (true_class, y, x), of colours the luminance."""
    places = [int(np.flatnonzero(data.test.labels == number)[0]) for number in range(len(data.classes))]
    return _grey(data.test.pixels[places], data)


def _grey(images: np.ndarray, data: Labelled) -> np.ndarray:
    """Copies (..., y, x) of images of a data set, which may have an axis of channels before y."""
    return images if data.test.pixels.ndim == 3 else luminance_of(images)
