"""Layers on crossbars from the end of their programming on: time passes, cells are refreshed, outputs corrected."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping

import numpy as np

from memsim.arrays import CrossbarLayer
from memsim.arrays.compensation import BATCH_NORM, READS, DriftReference
from memsim.errors import RetentionWarning
from memsim.experiments.aging import AgingSpec

_ROUNDS = 10
"""Rounds of pulses when cells that learned in place are programmed again. Assumed."""


def program_again(layer: CrossbarLayer, states: np.ndarray) -> None:
    """Program cells that learned in place to states w that they had, without corrections of the outputs.

    By rounds of pulses, or by the error model of a device that is only programmed.
    """
    layer.crossbar.program(states, cycles=1 if layer.crossbar.device.spec.update is None else _ROUNDS)
    layer.correction, layer.shift = 1.0, 0.0


class AgedLayers:
    """All layers of a learner, which are programmed and refreshed together.

    Parameters
    ----------
    layers : mapping of str to CrossbarLayer
        By a label for messages, fresh from their programming. They change with the time.
    aging : AgingSpec
        Temperature, compensation and refresh.
    program : callable
        Programs all cells once more, without corrections of the outputs.
    renormalise : callable, optional
        Called with the number of an evaluation time; computes the statistics of batch normalisations again. Only the
        compensation of this name needs it.

    Attributes
    ----------
    refreshes : int
        How often all cells were programmed again.
    compensation_reads : int
        Reads of each layer that the compensation took: at each time, and after each programming unless the reference is
        exact.
    """

    def __init__(
        self,
        layers: Mapping[str, CrossbarLayer],
        aging: AgingSpec,
        program: Callable[[], None],
        renormalise: Callable[[int], None] | None = None,
    ) -> None:
        self._layers, self._aging, self._program, self._renormalise = layers, aging, program, renormalise
        self._now = self._programmed = 0.0
        self._pulses_before = self._pulses()
        self.refreshes = self.compensation_reads = 0
        self._references = self._read_references()

    def advance(self, time: float, number: int) -> None:
        """Let time pass until an evaluation time [s] with its number, from 1 on, and correct the outputs.

        A refresh that is due at this very time follows the evaluation.
        """
        after = None if self._aging.refresh is None else self._aging.refresh.after
        while after is not None and self._programmed + after < time:
            self._wait(self._programmed + after)
            self.refresh()
        self._wait(time)
        if self._aging.compensation == BATCH_NORM and self._renormalise is not None:
            self._renormalise(number)
        if self._references:
            self.compensation_reads += READS[self._aging.compensation]
        for label, reference in self._references.items():
            layer = self._layers[label]
            layer.correction, layer.shift = reference.correction(layer, number - 1, label)

    def refresh(self) -> None:
        """Program all cells once more, now."""
        self._program()
        self._programmed, self.refreshes = self._now, self.refreshes + 1
        self._references = self._read_references()

    @property
    def refresh_pulses(self) -> float:
        """Set and reset pulses since the first programming, all cells together; NaN if the device has no pulses."""
        known = all(layer.crossbar.device.spec.update is not None for layer in self._layers.values())
        return float(self._pulses() - self._pulses_before) if known else math.nan

    def _wait(self, time: float) -> None:
        for layer in self._layers.values() if time > self._now else ():
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", RetentionWarning)  # a note of the result says it
                layer.crossbar.wait(time - self._now, self._aging.temperature)
        self._now = max(time, self._now)

    def _read_references(self) -> dict[str, DriftReference]:
        kind, reference = self._aging.compensation, self._aging.reference
        if kind in ("none", BATCH_NORM):
            return {}
        self.compensation_reads += READS[kind] if reference == "noisy" else 0
        layers = self._layers.items()
        return {label: DriftReference.of(layer, kind, reference, self.refreshes) for label, layer in layers}

    def _pulses(self) -> int:
        counts = [layer.crossbar.pulses for layer in self._layers.values()]
        return sum(int(count.set.sum()) + int(count.reset.sum()) for count in counts)
