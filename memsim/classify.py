"""Computes the experiments of the task `classify`: tuning, training with several seeds, and metrics of many classes."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from memsim.capacity import images_at_once, require_class_memory
from memsim.class_metrics import BINS, predicted
from memsim.class_summary import Values, compare, measure_clean, measure_noisy, stack
from memsim.classifiers.classifier import Classifier, Lesson, Read
from memsim.classifiers.gradient import Gradient, architecture_of
from memsim.classifiers.in_place import InPlace
from memsim.classifiers.on_crossbars import OnCrossbars
from memsim.classify_schema import ClassifierSpec, ClassifySpec, LabelledSpec
from memsim.data.corruptions import corrupt
from memsim.data.depth import Grey
from memsim.data.labelled import Labelled, load_labelled
from memsim.entries import Computed, Entry, Progress, check_images, prepare
from memsim.errors import InputError
from memsim.experiment import Experiment
from memsim.experiment_schema import label
from memsim.kernels.fill import fill
from memsim.philox import Stream

_PERCENT = 100
"""Steps in which the progress of a learner is told."""
_TRAINED, _MEASURED = 0.8, 0.9
"""Share of a learner's work that is done after its training, and after its clean test images; assumed."""


def classify(experiment: Experiment, backend: str, images_sha256: str | None, progress: Progress | None) -> Computed:
    """Variables of a result on the dimensions learner, seed and others; see `memsim.run`."""
    spec = _spec(experiment)
    entries = prepare(experiment)
    tried = [_trials(entry) for entry in entries]
    sets = _load_all(experiment, entries)
    _check_networks(entries, tried, sets)
    source = "; ".join(dict.fromkeys(data.source for data in sets.values()))
    sha256 = _hash(sets)
    check_images(source, sha256, images_sha256)
    course = _Course(experiment, entries, tried, sets, backend, progress)
    classifiers = {entry.label: course.classifier(entry) for entry in entries}
    parts: list[Values] = []
    for entry in entries:
        classifier, data = classifiers[entry.label], sets[entry.data]
        parts.append(measure_clean(classifier, data, spec.perturbations))
        course.report(entry, _MEASURED)
    noisy = _noisy(entries, classifiers, sets, lambda entry, share: course.report(entry, _MEASURED + 0.1 * share))
    for part, found in zip(parts, noisy, strict=True):
        part |= found
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
    notes = [f"{entry.label}, {note}" for entry in entries for note in classifiers[entry.label].notes]
    return Computed(entries, variables, coordinates, source, sha256, notes)


def _spec(experiment: Experiment) -> ClassifySpec:
    if not isinstance(experiment.spec, ClassifySpec):
        raise TypeError("an experiment of another task")
    return experiment.spec


class _Course:
    """Trains every learner once, tuned first if the experiment says so."""

    def __init__(
        self,
        experiment: Experiment,
        entries: Sequence[Entry],
        tried: Sequence[Sequence[tuple[Mapping[str, Any], ClassifierSpec]]],
        sets: Mapping[LabelledSpec, Labelled],
        backend: str,
        progress: Progress | None,
    ) -> None:
        self.spec = _spec(experiment)
        self.entries = {entry.label: entry for entry in entries}
        self.chosen: dict[str, Mapping[str, Any]] = {}
        self._tried = {entry.label: found for entry, found in zip(entries, tried, strict=True)}
        self._scores: dict[str, np.ndarray] = {}
        self._sets = sets
        self._backend = backend
        self._progress = progress
        self._trained: dict[str, Classifier] = {}

    def classifier(self, entry: Entry) -> Classifier:
        """The trained classifier of a learner."""
        if entry.label not in self._trained:
            self._trained[entry.label] = self._train(entry)
        return self._trained[entry.label]

    def report(self, entry: Entry, done: float) -> None:
        """Tell the caller which share of a learner's work is done."""
        if self._progress is not None:
            self._progress(entry.label, round(_PERCENT * done), _PERCENT)

    def tuning(self) -> Values:
        """Scores of all trials and the chosen ones; nothing where nothing was tuned."""
        if self.spec.tuning.trials == 1:
            return {}
        blank = np.full(self.spec.tuning.trials, np.nan)
        scores = np.stack([self._scores.get(name, blank) for name in self.entries])
        best = [float(self._scores[name].argmax()) if name in self._scores else np.nan for name in self.entries]
        return {"tuning_accuracy": scores, "chosen_trial": np.array(best)}

    def _train(self, entry: Entry) -> Classifier:
        trials, tuning, seeds = self._tried[entry.label], self.spec.tuning, self.spec.seeds
        if len(trials) == 1:
            self.chosen[entry.label] = {}
            return self._made(entry, trials[0][1], seeds, 0.0, 1.0)
        tuning_seeds = min(tuning.seeds, seeds)
        whole = len(trials) * tuning_seeds + seeds
        scores = np.empty(len(trials))
        for number, (_, spec) in enumerate(trials):
            share = number * tuning_seeds / whole
            found = self._made(entry, spec, tuning_seeds, share, share + tuning_seeds / whole)
            validation = self._sets[entry.data].validation
            outputs = found.outputs(validation.pixels, index=Read.CALIBRATION)
            scores[number] = (predicted(outputs) == validation.labels).mean()
        best = int(scores.argmax())
        self._scores[entry.label], self.chosen[entry.label] = scores, trials[best][0]
        return self._made(entry, trials[best][1], seeds, len(trials) * tuning_seeds / whole, 1.0)

    def _made(self, entry: Entry, spec: ClassifierSpec, seeds: int, start: float, end: float) -> Classifier:
        """A learner trained with some settings; `start` and `end` are where its progress begins and ends."""
        data = self._sets[entry.data]

        def report(done: float) -> None:
            self.report(entry, _TRAINED * (start + (end - start) * done))

        report(0.0)
        lesson = Lesson(data.train, data.validation, len(data.classes), entry.seed, seeds, report)
        if spec.network is not None:
            return Gradient(spec, lesson)
        if entry.device is None:
            raise TypeError("a crossbar without a device")
        if spec.programmed is None:
            return InPlace(spec, entry.device, lesson, self._backend)
        trained = self.classifier(self._source(entry, spec.programmed.learner))
        if not isinstance(trained, Gradient):
            raise TypeError("a programmed learner that is no network")
        return OnCrossbars(spec, entry.device, trained, lesson, self._backend)

    def _source(self, entry: Entry, name: str) -> Entry:
        """The learner that trains what another one programs, of the same run of the sweep."""
        combination = self.spec.runs[entry.label].combination
        learner = next(learner for learner in self.spec.learners if learner.name == name)
        return self.entries[label(name, self.spec.reaching(learner, combination))]


def _trials(entry: Entry) -> list[tuple[Mapping[str, Any], ClassifierSpec]]:
    """Settings to try for a learner: its own, then others from its `tune`, in an addressed random order.

    All learners get equally many; programmed networks are tuned where they are trained.
    """
    spec, wanted = entry.spec, _spec(entry.experiment).tuning.trials - 1
    own: list[tuple[Mapping[str, Any], ClassifierSpec]] = [({}, spec)]
    if spec.programmed is not None or not spec.tune:
        return own
    combinations = [dict(zip(spec.tune, values, strict=True)) for values in itertools.product(*spec.tune.values())]
    # Every combination is checked, even if the budget does not reach it.
    specs = [entry.experiment.tuned(spec.name, values) for values in combinations]
    ranks = fill("uniform", (1, 1, len(combinations)), seed=entry.seed, stream=Stream.TUNING)[0, 0]
    others = [(combinations[i], specs[i]) for i in np.argsort(ranks, kind="stable") if specs[i] != spec]
    if len(others) < wanted:
        document = entry.experiment.document
        where = document.where(document.find(f"learners.{spec.name}.tune") or ())
        raise InputError(
            f"{where}: learners.{spec.name}.tune: {len(others)} combinations besides the learner's own settings, but "
            f"every learner gets tuning.trials - 1 = {wanted} of them; add values"
        )
    return own + others[:wanted]


def _check_networks(
    entries: Sequence[Entry],
    tried: Sequence[Sequence[tuple[Mapping[str, Any], ClassifierSpec]]],
    sets: Mapping[LabelledSpec, Labelled],
) -> None:
    """Refuse architectures that do not fit the images, before anything is trained."""
    for entry, trials in zip(entries, tried, strict=True):
        data, document = sets[entry.data], entry.experiment.document
        for _, spec in trials:
            if spec.network is None:
                continue
            try:
                architecture_of(spec.network, data.train.pixels.shape[1:], len(data.classes))
            except InputError as error:
                at = f"learners.{spec.name}.network"
                path = document.find(f"{at}.{str(error).partition(':')[0]}") or document.find(at) or ()
                raise InputError(f"{document.where(path)}: {at}: {error}") from None


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
        require_class_memory(_spec(experiment), sets[data].train.pixels.shape, len(sets[data].test), sets[data].classes)
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
        spec, test = _spec(members[0].experiment), sets[data].test
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
