"""Energy, time and area of the learners of an experiment, from events of their crossbars."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from memsim.energy.architecture import Architecture
from memsim.energy.cost import PARTS, Prices
from memsim.energy.report import Costs, LayerEvents
from memsim.errors import InputError
from memsim.experiments.experiment import Experiment
from memsim.tasks.classify.classifiers.classifier import Classifier
from memsim.tasks.classify.classifiers.in_place import InPlace
from memsim.tasks.classify.classifiers.on_crossbars import OnCrossbars
from memsim.tasks.classify.schema import ClassifySpec
from memsim.tasks.compared import Entry
from memsim.tasks.energy_costs import LearnerEvents, cost_variables, event_variables, since
from memsim.tasks.job import spec_of

Values = dict[str, np.ndarray]


class EnergyOfLearners:
    """Events of all learners, and what they cost.

    Parameters
    ----------
    experiment : Experiment
        With its section `energy`, if costs are asked for.
    entries : sequence of Entry
        The learners.

    Raises
    ------
    InputError
        If the component table cannot be read, or does not hold at the node.
    """

    def __init__(self, experiment: Experiment, entries: Sequence[Entry]) -> None:
        spec = spec_of(experiment, ClassifySpec)
        self._settings, self._repeats, self._entries = spec.energy, spec.seeds, entries
        self._events: dict[str, LearnerEvents] = {}
        self.attributes: dict[str, str] = {}
        self._prices: Prices | None = None
        if spec.energy is not None:
            table = experiment.component_table(spec.energy.components)
            path = experiment.document.find("energy.node") or experiment.document.find("energy") or ()
            try:
                self._prices = Prices(table.at(spec.energy.node), Architecture(**spec.energy.settings))
            except InputError as error:
                raise InputError(f"{experiment.document.where(path)}: energy: {error}") from None
            self.attributes = {"components": table.to_yaml()}

    def events(self, classifier: Classifier) -> list[dict[str, LayerEvents]] | None:
        """Events of a classifier so far, of each repeat; None for one without cells."""
        return classifier.event_counts if isinstance(classifier, InPlace | OnCrossbars) else None

    def note(self, entry: Entry, classifier: Classifier, before: Any, images: int) -> None:
        """Take note of what a classifier did for some images since `before`, what `events` gave."""
        now = self.events(classifier)
        if now is not None:
            self._events[entry.label] = LearnerEvents(since(now, before), images)

    def values(self, entry: Entry, classifier: Classifier, measured: Mapping[str, np.ndarray]) -> Values:
        """Variables of one learner that are known by epoch, without the dimension learner."""
        if self._prices is None:
            return {}
        epochs = measured["epoch_validation_accuracy"]
        energy = np.full(epochs.shape, np.nan)
        for epoch, seeds in enumerate(classifier.epoch_events if isinstance(classifier, InPlace) else ()):
            for seed, layers in enumerate(seeds):
                if np.isfinite(epochs[seed, epoch]):
                    energy[seed, epoch] = Costs(layers, self._prices).energy("training")
        return {"epoch_energy": energy, "energy_to_accuracy": self._until(epochs, energy)}

    def variables(self) -> tuple[Values, dict[str, Any]]:
        """Variables of all learners on the dimension learner, and their labels."""
        learners = [self._events.get(entry.label) for entry in self._entries]
        variables, labels = event_variables(learners, self._repeats)
        if self._prices is not None:
            variables |= cost_variables(learners, self._repeats, self._prices)
            labels |= {"part": list(PARTS)}
        return variables, labels

    def _until(self, accuracy: np.ndarray, energy: np.ndarray) -> np.ndarray:
        """Energy of the first epoch that reaches the accuracy, (seed,), from (seed, epoch)."""
        until = np.full(len(accuracy), math.nan)
        least = None if self._settings is None else self._settings.accuracy
        for seed, reached in enumerate(accuracy >= math.inf if least is None else accuracy >= least):
            if reached.any():
                until[seed] = energy[seed, int(reached.argmax())]
        return until
