"""Energy, time and area of the learners of an experiment, from events of their crossbars."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from memsim.energy.cost import PARTS, Prices
from memsim.energy.counts import PHASES
from memsim.energy.digital import DIGITAL_PARTS
from memsim.energy.report import Costs, LayerEvents, ratio
from memsim.energy.uncertainty import range_of_sum
from memsim.errors import InputError
from memsim.experiments.experiment import Experiment
from memsim.tasks.classify.classifiers.classifier import Classifier
from memsim.tasks.classify.classifiers.gradient import Gradient
from memsim.tasks.classify.classifiers.in_place import InPlace
from memsim.tasks.classify.classifiers.on_crossbars import OnCrossbars
from memsim.tasks.classify.digital import DigitalCosts
from memsim.tasks.classify.schema import ClassifySpec
from memsim.tasks.compared import Entry
from memsim.tasks.energy_costs import LearnerEvents, ResultCosts, since
from memsim.tasks.job import Earlier, spec_of

Values = dict[str, np.ndarray]
Parts = dict[str, float]
"""Energy by part [J]."""
TRAINING_PARTS = (*PARTS, *DIGITAL_PARTS)
"""Parts of crossbars and of a digital processor."""


class EnergyOfLearners:
    """Events of all learners, and what they cost.

    Parameters
    ----------
    experiment : Experiment
        With its section `energy`, if costs are asked for.
    entries : sequence of Entry
        The learners.
    earlier : Earlier, optional
        The run whose learners are evaluated.

    Raises
    ------
    InputError
        If the component table cannot be read, or does not hold at the node.
    """

    def __init__(self, experiment: Experiment, entries: Sequence[Entry], earlier: Earlier | None = None) -> None:
        spec = spec_of(experiment, ClassifySpec)
        self._settings, self._repeats, self._entries = spec.energy, spec.seeds, entries
        self._events: dict[str, LearnerEvents] = {}
        self.notes: list[str] = []
        self._costs = ResultCosts(experiment, earlier=earlier)
        self.attributes, self._prices = self._costs.attributes, self._costs.prices
        self._digital: DigitalCosts | None = None
        networks = any(entry.spec.network is not None for entry in entries)
        if spec.energy is not None and self._prices is not None and networks:
            self._start_processor(self._prices, spec.energy.bits)

    def events(self, classifier: Classifier) -> list[dict[str, LayerEvents]] | None:
        """Events of a classifier so far, of each repeat; None for one without cells."""
        return classifier.event_counts if isinstance(classifier, InPlace | OnCrossbars) else None

    def note(self, entry: Entry, classifier: Classifier, before: Any, images: int) -> None:
        """Take note of what a classifier did for some images since `before`, what `events` gave."""
        now = self.events(classifier)
        if now is not None:
            self._events[entry.label] = LearnerEvents(since(now, before), images)

    def values(self, entry: Entry, classifier: Classifier, measured: Mapping[str, np.ndarray]) -> Values:
        """Variables of one learner that follow from its training, without the dimension learner."""
        if self._prices is None:
            return {}
        course = self._course(classifier)
        accuracy = measured["epoch_validation_accuracy"]
        energy = np.full(accuracy.shape, np.nan)
        for seed, epoch in zip(*np.nonzero(np.isfinite(accuracy)), strict=True):
            if epoch < len(course[seed]):
                energy[seed, epoch] = math.fsum(course[seed][epoch].values())
        if isinstance(classifier, OnCrossbars):
            reached = measured["validation_accuracy"] >= self._least
            until = self._until(classifier.trained.history.validation_accuracy, course, self._programming(entry))
            until = [parts if ok else None for parts, ok in zip(until, reached, strict=True)]
        else:
            until = self._until(accuracy, course)
        values = {
            "epoch_energy": energy,
            "energy_to_accuracy": np.array([math.nan if own is None else math.fsum(own.values()) for own in until]),
        }
        mean = _mean_of([own for own in until if own is not None])
        values["energy_to_accuracy_part"] = np.array([mean.get(part, math.nan) for part in TRAINING_PARTS])
        values["energy_to_accuracy_range"] = np.array(self._ends(mean) if mean else (math.nan, math.nan))
        if isinstance(classifier, Gradient) and self._digital is not None:
            values |= self._in_processor(classifier, course, self._digital)
        return values

    def variables(self) -> tuple[Values, dict[str, Any]]:
        """Variables of all learners on the dimension learner, and their labels."""
        learners = {entry.label: self._events.get(entry.label) for entry in self._entries}
        variables, labels = self._costs.variables(learners, self._repeats)
        if self._prices is not None:
            labels |= {"training_part": list(TRAINING_PARTS)}
        return variables, labels

    @property
    def _least(self) -> float:
        """Accuracy up to which the energy of a training is reported; infinite without one."""
        least = None if self._settings is None else self._settings.accuracy
        return math.inf if least is None else least

    def _start_processor(self, prices: Prices, bits: int) -> None:
        """Compute costs of networks in a digital processor, if the table has one; else say why not."""
        try:
            self._digital = DigitalCosts(prices.components, bits)
        except InputError as error:
            self.notes.append(f"the energy of networks in a digital processor is not known: {error}")

    def _course(self, classifier: Classifier) -> list[list[Parts]]:
        """Energy of the training by part, of each repeat, until the end of each epoch; empty where it is not known."""
        prices, repeats = self._prices, range(self._repeats)
        if prices is not None and isinstance(classifier, InPlace):
            return [
                [Costs(epoch[seed], prices).energies("training") for epoch in classifier.epoch_events]
                for seed in repeats
            ]
        network = classifier.trained if isinstance(classifier, OnCrossbars) else classifier
        if self._digital is not None and isinstance(network, Gradient):
            epochs = self._digital.epochs(network)
            return [epochs for _ in repeats]
        return [[] for _ in repeats]

    def _programming(self, entry: Entry) -> list[Parts]:
        """Energy of the programming by part, of each repeat."""
        assert self._prices is not None
        return [Costs(layers, self._prices).energies("programming") for layers in self._events[entry.label].layers]

    def _until(
        self, accuracy: np.ndarray, course: Sequence[Sequence[Parts]], more: Sequence[Parts] | None = None
    ) -> list[Parts | None]:
        """Energy by part until the first epoch that reaches the accuracy, and of what follows, of each repeat.

        None where the accuracy is not reached, or the energy not known.

        Parameters
        ----------
        accuracy : (seed, epoch)
            Of validation images.
        course : sequence of sequence of Parts
            Energy until the end of each epoch, of each repeat.
        more : sequence of Parts, optional
            Energy of what follows the training, of each repeat.
        """
        until: list[Parts | None] = []
        for seed, reached in enumerate(accuracy >= self._least):
            epoch = int(reached.argmax()) if reached.any() else len(course[seed])
            after = {} if more is None else more[seed]
            known = epoch < len(course[seed]) and not any(math.isnan(energy) for energy in after.values())
            until.append({**course[seed][epoch], **after} if known else None)
        return until

    def _ends(self, energies: Parts) -> tuple[float, float]:
        """Ends of the sum of energies of crossbars and of a digital processor, whose deviations are independent [J]."""
        assert self._prices is not None
        crossbars = {part: energy for part, energy in energies.items() if part in PARTS}
        processor = {part: energy for part, energy in energies.items() if part in DIGITAL_PARTS}
        uncertain = self._prices.uncertain(crossbars)
        if self._digital is not None:
            uncertain += self._digital.prices.uncertain(processor)
        total = math.fsum(energies.values())
        return range_of_sum(uncertain, total - math.fsum(value for value, _ in uncertain))

    def _in_processor(self, classifier: Gradient, course: Sequence[Sequence[Parts]], digital: DigitalCosts) -> Values:
        """Variables of a network in a digital processor."""
        energy, ends = np.full((self._repeats, len(PHASES)), np.nan), np.full((len(PHASES), 2), np.nan)
        inference = digital.inference(classifier.networks[0])
        last = np.maximum(classifier.account().epochs.astype(int), 1) - 1
        whole = [own[epoch] for own, epoch in zip(course, last, strict=True)]
        for phase, parts in (("inference", [inference] * self._repeats), ("training", whole)):
            place = PHASES.index(phase)
            energy[:, place] = [math.fsum(own.values()) for own in parts]
            ends[place] = digital.prices.interval(_mean_of(parts))
        network = classifier.networks[0]
        seconds = np.full(len(PHASES), np.nan)
        seconds[PHASES.index("inference")] = digital.inference_seconds(network)
        seconds[PHASES.index("training")] = digital.epoch_seconds(classifier) * float(np.mean(last + 1))
        return {
            "processor_energy": energy,
            "processor_energy_range": ends,
            "processor_time": seconds,
            "processor_area": np.array(digital.area(network)),
            "processor_efficiency": ratio(digital.operations(network), energy[:, PHASES.index("inference")]),
        }


def _mean_of(several: Sequence[Parts]) -> Parts:
    """Mean energy of each part that any of several has; without any, empty."""
    names = dict.fromkeys(part for own in several for part in own)
    return {part: math.fsum(own.get(part, 0.0) for own in several) / len(several) for part in names}
