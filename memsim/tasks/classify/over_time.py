"""What is measured of classifiers on cells at the times of an experiment."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from memsim.data.labelled import Labelled, Split
from memsim.experiments.aging import AgingSpec
from memsim.metrics.classes import predicted
from memsim.metrics.lifetime import lifetime
from memsim.metrics.weight_error import weight_error
from memsim.philox import Occasion, Purpose
from memsim.tasks.aged_layers import AgedLayers
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
        self._classifier, self._data = classifier, data
        self._budget = None if aging.refresh is None else aging.refresh.budget
        self._layers = AgedLayers(classifier.analog_layers, aging, classifier.program, self._renormalise)
        self._parts: list[Values] = []
        self._first_accuracy: float | None = None

    def advance(self, time: float, number: int) -> None:
        """Let time pass until an evaluation time [s] with its number, see `AgedLayers.advance`."""
        self._layers.advance(time, number)

    def measure(self, number: int) -> None:
        """Read test images and weights at an evaluation time; refresh the cells if their budget is exceeded."""
        weights = self._classifier.cell_weights()
        error, power = weight_error(weights.now, weights.exact), np.square(weights.exact).sum(1)
        self._parts.append(
            {
                "aged_accuracy": self._accuracy(self._data.test, Purpose.CLEAN, number),
                "aged_weight_error": error.whole,
                "aged_weight_drift": error.drift,
                "aged_weight_spread": error.spread,
                "aged_weight_noise": np.sqrt(np.square(weights.deviation).sum(1) / power),
            }
        )
        if self._budget is not None:
            accuracy = float(self._accuracy(self._data.validation, Purpose.HELD_OUT, number).mean())
            if self._first_accuracy is None:
                self._first_accuracy = accuracy
            elif self._first_accuracy - accuracy > self._budget:
                self._layers.refresh()

    def values(self, times: Sequence[float]) -> Values:
        """Registered variables of the learner, (seed, time), (seed,) or (), without its dimension."""
        parts = {name: np.stack([part[name] for part in self._parts], axis=-1) for name in self._parts[0]}
        return parts | {
            "lifetime": lifetime(np.array(times), parts["aged_accuracy"]),
            "refreshes": np.asarray(float(self._layers.refreshes)),
            "refresh_pulses": np.asarray(self._layers.refresh_pulses),
            "compensation_reads": np.asarray(float(self._layers.compensation_reads)),
        }

    def _accuracy(self, split: Split, purpose: Purpose, number: int) -> np.ndarray:
        """Share of images that are recognised, (seed,)."""
        outputs = self._classifier.outputs(split.pixels, occasion=Occasion(purpose, time=number))
        share: np.ndarray = (predicted(outputs) == split.labels).mean(-1)
        return share

    def _renormalise(self, number: int) -> None:
        self._classifier.renormalise(self._data.train.pixels, Occasion(Purpose.TRAINED, time=number))
