"""Tunes and trains the learners of a classification, each with several seeds and the same number of trials."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from memsim.arrays.compensation import BATCH_NORM
from memsim.errors import InputError
from memsim.metrics.classes import predicted
from memsim.philox import Occasion, Purpose
from memsim.results.weights import Kept
from memsim.tasks.classify.classifiers.classifier import Classifier, Lesson
from memsim.tasks.classify.classifiers.gradient import Gradient, architecture_of, engine_of
from memsim.tasks.classify.classifiers.in_place import InPlace
from memsim.tasks.classify.classifiers.on_crossbars import OnCrossbars
from memsim.tasks.classify.classifiers.weighted import weighted_layers
from memsim.tasks.classify.schema import ClassifierSpec, ClassifySpec
from memsim.tasks.classify.summary import Values
from memsim.tasks.classify.trials import trials_of
from memsim.tasks.compared import Entry
from memsim.tasks.job import Job, spec_of

_PERCENT = 100
"""Steps in which the progress of a learner is told."""
_SCORES = "tuning.accuracy"
"""Name of the scores of trials among what is kept."""
_TRAINED = 0.8
"""Share of a learner's work that is done after its training; assumed."""


class Course:
    """Trains every learner once, tuned first if the experiment says so; or takes what an earlier course kept."""

    def __init__(self, job: Job) -> None:
        self.spec = spec_of(job.experiment, ClassifySpec)
        self.entries = {entry.label: entry for entry in job.entries}
        self.chosen: dict[str, Mapping[str, Any]] = {}
        self._trials = {entry.label: trials_of(entry) for entry in job.entries}
        self._scores: dict[str, np.ndarray] = {}
        self._sets = job.images
        self._backend = job.backend
        self._progress = job.progress
        self._earlier = None if job.earlier is None else job.earlier.kept
        self._trained: dict[str, Classifier] = {}
        for entry in job.entries:
            self._check(entry)

    def classifier(self, entry: Entry) -> Classifier:
        """The trained classifier of a learner."""
        if entry.label not in self._trained:
            self._trained[entry.label] = self._train(entry)
        return self._trained[entry.label]

    def kept(self) -> dict[str, Kept]:
        """What the trainings left of every learner, by its label, for a later course."""
        kept = {}
        for name, entry in self.entries.items():
            own = self.classifier(entry).kept()
            scores = {_SCORES: self._scores[name]} if name in self._scores else {}
            kept[name] = replace(own, arrays={**own.arrays, **scores})
        return kept

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

    def _check(self, entry: Entry) -> None:
        """Refuse architectures, engines and colours that do not fit, before anything is trained."""
        data, document = self._sets[entry.data], entry.experiment.document
        at, shape = entry.experiment.key(entry.spec), data.train.pixels.shape[1:]
        if len(shape) == 3 and entry.spec.network is None and entry.spec.programmed is None:
            path = document.find("data.colour") or ()
            raise InputError(
                f"{document.where(path)}: data.colour: '{entry.label}' learns on a crossbar, which takes grey images "
                "only; allowed: grey, or rgb with networks alone"
            )
        if entry.spec.aging.compensation == BATCH_NORM:
            self._check_batch_norm(entry, shape, len(data.classes))
        self._check_share(entry, shape, len(data.classes))
        for _, spec in self._trials[entry.label]:
            if spec.network is None:
                continue
            try:
                architecture_of(spec.network, shape, len(data.classes))
            except InputError as error:
                network = f"{at}.network"
                path = document.find(f"{network}.{str(error).partition(':')[0]}") or document.find(network) or ()
                raise InputError(f"{document.where(path)}: {network}: {error}") from None
            try:
                engine_of(spec.training.engine, self._backend)
            except InputError as error:
                engine = f"{at}.training.engine"
                raise InputError(f"{document.where(document.find(engine) or ())}: {engine}: {error}") from None

    def _check_batch_norm(self, entry: Entry, shape: tuple[int, ...], classes: int) -> None:
        """Refuse to compute statistics of batch normalisations again where there are none."""
        source = None if entry.spec.programmed is None else self._source(entry, entry.spec.programmed.learner)
        architecture = None if source is None else architecture_of(source.spec.network, shape, classes)
        weighted = () if architecture is None else weighted_layers(architecture.layers, architecture.shape)
        if all(layer.norm is None for layer in weighted):
            key, document = f"{entry.experiment.key(entry.spec)}.aging.compensation", entry.experiment.document
            raise InputError(
                f"{document.where(document.find(key) or ())}: {key}: '{BATCH_NORM}' computes the statistics of batch "
                f"normalisations again, and '{entry.label}' has none; allowed: none, global, column, affine"
            )

    def _check_share(self, entry: Entry, shape: tuple[int, ...], classes: int) -> None:
        """Refuse converters that more outputs share than the smallest layer has."""
        adc, programmed = entry.spec.array.adc, entry.spec.programmed
        if entry.spec.network is not None or adc is None:
            return
        outputs = classes if entry.spec.features is None else min(classes, entry.spec.features.units)
        if programmed is not None:
            architecture = architecture_of(self._source(entry, programmed.learner).spec.network, shape, classes)
            layers = weighted_layers(architecture.layers, architecture.shape)
            outputs = min(own.layer.shape(own.inputs)[0] for own in layers)
        if adc.share > outputs:
            key, document = f"{entry.experiment.key(entry.spec)}.array.adc.share", entry.experiment.document
            raise InputError(
                f"{document.where(document.find(key) or ())}: {key}: {adc.share} outputs share a converter, and the "
                f"smallest layer of '{entry.label}' has {outputs}; allowed: 1 to {outputs}"
            )

    def _train(self, entry: Entry) -> Classifier:
        trials, tuning, seeds = self._trials[entry.label], self.spec.tuning, self.spec.seeds
        if self._earlier is not None:
            return self._restored(entry, self._earlier[entry.label])
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
            outputs = found.outputs(validation.pixels, occasion=Occasion(Purpose.HELD_OUT))
            scores[number] = (predicted(outputs) == validation.labels).mean()
        best = int(scores.argmax())
        self._scores[entry.label], self.chosen[entry.label] = scores, trials[best][0]
        return self._made(entry, trials[best][1], seeds, len(trials) * tuning_seeds / whole, 1.0)

    def _restored(self, entry: Entry, kept: Kept) -> Classifier:
        """A learner as an earlier course left it, with the settings that its tuning chose."""
        trials, best = self._trials[entry.label], 0
        if len(trials) > 1:
            scores = kept.array(_SCORES, (len(trials),))
            best, self._scores[entry.label] = int(scores.argmax()), scores
        self.chosen[entry.label] = trials[best][0]
        return self._made(entry, trials[best][1], self.spec.seeds, 0.0, 1.0, kept)

    def _made(
        self, entry: Entry, spec: ClassifierSpec, seeds: int, start: float, end: float, kept: Kept | None = None
    ) -> Classifier:
        """A learner with some settings, trained, or as it was kept.

        `start` and `end` are where its progress begins and ends.
        """
        data = self._sets[entry.data]

        def report(done: float) -> None:
            self.report(entry, _TRAINED * (start + (end - start) * done))

        report(0.0)
        lesson = Lesson(data.train, data.validation, len(data.classes), entry.seed, seeds, report)
        if spec.network is not None:
            return Gradient(spec, lesson, self._backend, kept)
        if entry.device is None:
            raise TypeError("a crossbar without a device")
        if spec.programmed is None:
            return InPlace(spec, entry.device, lesson, self._backend, kept)
        trained = self.classifier(self._source(entry, spec.programmed.learner))
        if not isinstance(trained, Gradient):
            raise TypeError("a programmed learner that is no network")
        return OnCrossbars(spec, entry.device, trained, lesson, self._backend)

    def _source(self, entry: Entry, name: str) -> Entry:
        """The learner that trains what another one programs, of the same run of the sweep."""
        combination = self.spec.runs[entry.label].combination
        place = next(place for place, learner in enumerate(self.spec.learners) if learner.name == name)
        values = self.spec.reaching(self.spec.learners[place], combination)
        runs = self.spec.runs.items()
        return self.entries[next(text for text, run in runs if run.place == place and run.values == values)]
