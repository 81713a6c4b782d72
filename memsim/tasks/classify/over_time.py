"""Cells of classifiers over time: they age, are refreshed, and their outputs are corrected at each evaluation time."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np

from memsim.arrays.compensation import BATCH_NORM, READS, DriftReference
from memsim.data.labelled import Labelled, Split
from memsim.errors import RetentionWarning
from memsim.experiments.aging import AgingSpec
from memsim.metrics.classes import predicted
from memsim.metrics.lifetime import lifetime
from memsim.philox import Occasion, Purpose
from memsim.tasks.classify.classifiers.classifier import CellClassifier
from memsim.tasks.classify.summary import Values


class CellsOverTime:
    """The cells of one learner from the end of the programming on; its repeats are refreshed together.

    Parameters
    ----------
    classifier : CellClassifier
        Fresh from its programming. It changes with the time.
    aging : AgingSpec
        Temperature, compensation and refresh.
    data : Labelled
        Its images. Those for training compute new statistics of batch normalisations. Those for validation decide about
        a refresh with a budget.
    """

    def __init__(self, classifier: CellClassifier, aging: AgingSpec, data: Labelled) -> None:
        self.classifier, self._aging, self._data = classifier, aging, data
        self._now = self._programmed = 0.0
        self._pulses_before = self._pulses()
        self.refreshes = 0
        self._parts: list[Values] = []
        self._references = self._read_references()
        self._first_accuracy: float | None = None

    def advance(self, time: float, number: int) -> None:
        """Let time pass until an evaluation time [s] with its number, from 1 on, and correct the outputs.

        A refresh that is due at this very time follows the evaluation.
        """
        refresh = self._aging.refresh
        while refresh is not None and refresh.after is not None and self._programmed + refresh.after < time:
            self._wait(self._programmed + refresh.after)
            self._refresh()
        self._wait(time)
        self._correct(number)

    def measure(self, number: int) -> None:
        """Read test images and weights at an evaluation time; refresh the cells if their budget is exceeded."""
        weights = self.classifier.cell_weights()
        wished = np.square(weights.wished).sum(1)
        slope = (weights.now * weights.wished).sum(1) / wished
        rest = weights.now - slope[:, None] * weights.wished
        self._parts.append(
            {
                "aged_accuracy": self._accuracy(self._data.test, Purpose.CLEAN, number),
                "aged_weight_error": np.sqrt(np.square(weights.now - weights.wished).sum(1) / wished),
                "aged_weight_drift": slope - 1.0,
                "aged_weight_spread": np.sqrt(np.square(rest).sum(1) / wished),
                "aged_weight_noise": np.sqrt(np.square(weights.deviation).sum(1) / wished),
            }
        )
        if self._aging.refresh is not None and self._aging.refresh.budget is not None:
            accuracy = float(self._accuracy(self._data.validation, Purpose.HELD_OUT, number).mean())
            if self._first_accuracy is None:
                self._first_accuracy = accuracy
            elif self._first_accuracy - accuracy > self._aging.refresh.budget:
                self._refresh()

    def values(self, times: Sequence[float]) -> Values:
        """Registered variables of the learner, (seed, time) or (seed,), without its dimension."""
        found = {name: np.stack([part[name] for part in self._parts], axis=-1) for name in self._parts[0]}
        layers = len(self.classifier.analog_layers) // len(found["aged_accuracy"])
        return found | {
            "lifetime": lifetime(np.array(times), found["aged_accuracy"]),
            "refreshes": np.asarray(float(self.refreshes)),
            "refresh_pulses": np.asarray(float(self._pulses() - self._pulses_before)),
            "compensation_reads": np.asarray(float(READS.get(self._aging.compensation, 0) * max(1, layers))),
        }

    def _accuracy(self, split: Split, purpose: Purpose, number: int) -> np.ndarray:
        """Share of images that are recognised, (seed,)."""
        occasion = Occasion(purpose, time=number)
        outputs = self.classifier.outputs(split.pixels, occasion=occasion)
        share: np.ndarray = (predicted(outputs) == split.labels).mean(-1)
        return share

    def _wait(self, time: float) -> None:
        for layer in self.classifier.analog_layers.values() if time > self._now else ():
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", RetentionWarning)  # a note of the result says it
                layer.crossbar.wait(time - self._now, self._aging.temperature)
        self._now = max(time, self._now)

    def _correct(self, number: int) -> None:
        """Correct the outputs of all layers at an evaluation time."""
        if self._aging.compensation == BATCH_NORM:
            occasion = Occasion(Purpose.TRAINED, time=number)
            self.classifier.renormalise(self._data.train.pixels, occasion)
        for label, layer in self.classifier.analog_layers.items() if self._references else ():
            layer.correction, layer.shift = self._references[label].correction(layer, number - 1, label)

    def _refresh(self) -> None:
        self.classifier.program()
        self._programmed, self.refreshes = self._now, self.refreshes + 1
        self._references = self._read_references()

    def _read_references(self) -> dict[str, DriftReference]:
        kind, reference = self._aging.compensation, self._aging.reference
        if kind in ("none", BATCH_NORM):
            return {}
        layers = self.classifier.analog_layers.items()
        return {label: DriftReference.of(layer, kind, reference) for label, layer in layers}

    def _pulses(self) -> int:
        counts = [layer.crossbar.pulses for layer in self.classifier.analog_layers.values()]
        return sum(int(count.set.sum()) + int(count.reset.sum()) for count in counts)
