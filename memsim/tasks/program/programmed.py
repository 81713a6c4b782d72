"""One array from its programming on: it ages, is refreshed, and its outputs are corrected at each time."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from memsim.arrays import Crossbar, Mapping, ProgrammedLayer
from memsim.arrays.compensation import READS, DriftReference
from memsim.errors import RetentionWarning
from memsim.experiments.aging import AgingSpec
from memsim.profiles import DeviceProfile
from memsim.tasks.program.schema import SINGLE, ProgrammedArraySpec


def mapping_of(spec: ProgrammedArraySpec) -> Mapping:
    """How the numbers lie on cells: 1 spans the bounds, unless a scale or a percentile is stated."""
    mapping = spec.mapping.mapping
    return replace(mapping, scale=1.0) if mapping.scale is None and mapping.percentile == 100 else mapping


def weights_of(spec: ProgrammedArraySpec, numbers: np.ndarray) -> np.ndarray:
    """What numbers from -1 to 1 mean in an array: weights, or states of single cells as shares of the bounds."""
    return (1.0 + numbers) / 2.0 if spec.mapping.kind == SINGLE else numbers


@dataclass(frozen=True)
class Place:
    """Where and with which random numbers an array is programmed.

    Attributes
    ----------
    device : DeviceProfile
        Its cells.
    seed, repeat : int
        Key of the random numbers, and number of the repeat, each of which has numbers of its own.
    backend : str
        Where to compute.
    label : str
        Name for messages.
    """

    device: DeviceProfile
    seed: int
    repeat: int
    backend: str
    label: str


class AgingArray:
    """An array that is programmed at time 0.

    Parameters
    ----------
    place : Place
    spec : ProgrammedArraySpec
        The array and how it is programmed.
    aging : AgingSpec
        Temperature, compensation and refresh.
    weights : (row, col)
        What is programmed, see `weights_of`.
    inputs : (sample, row)
        Inputs to which converters are fitted, in units of the read voltage.

    Attributes
    ----------
    layer : ProgrammedLayer
        Reads of the array.
    targets : (row, line)
        State that each cell was to get, dimensionless.
    refreshes : int
        How often it was programmed again.

    Raises
    ------
    InputError
        If the device or an algorithm does not allow it.
    """

    def __init__(
        self, place: Place, spec: ProgrammedArraySpec, aging: AgingSpec, weights: np.ndarray, inputs: np.ndarray
    ) -> None:
        self._place, self._aging = place, aging
        low, high = spec.bounds
        self.layer = ProgrammedLayer(
            weights,
            None,
            place.device,
            mapping=mapping_of(spec),
            bounds=spec.bounds,
            cycles=spec.cycles,
            algorithm=None if spec.programming is None else spec.programming.verified,
            seed=place.seed,
            dtype=spec.dtype,
            backend=place.backend,
            first_array=place.repeat,
            **spec.circuit,
        )
        shares = self.layer.mapping.states(self.layer.targets / self.layer.scale)
        self.targets = low + shares * (high - low)
        if spec.dac is not None or spec.adc is not None:
            self.layer.calibrate(inputs)
        self._now = self._programmed = 0.0
        self.refreshes = 0
        self._reference = self._read_reference()

    @property
    def crossbar(self) -> Crossbar:
        """The cells."""
        return self.layer.crossbar

    @property
    def compensated(self) -> bool:
        """Whether outputs are corrected."""
        return self._reference is not None

    @property
    def compensation_reads(self) -> int:
        """Reads of the array that its compensation takes at each time."""
        return READS[self._aging.compensation]

    def advance(self, time: float) -> None:
        """Let time pass until `time` [s], with refreshes; one that is due at this very time has not taken place yet."""
        refresh = self._aging.refresh
        while refresh is not None and refresh.after is not None and self._programmed + refresh.after < time:
            self._wait(self._programmed + refresh.after)
            self.layer.program()
            self._programmed, self.refreshes = self._now, self.refreshes + 1
            self._reference = self._read_reference()
        self._wait(time)

    def correction(self, number: int) -> tuple[Any, Any]:
        """Factor and shift that undo the drift now, at the evaluation time with this number; 1 and 0 without any."""
        if self._reference is None:
            return 1.0, 0.0
        return self._reference.correction(self.layer, number, f"array '{self._place.label}'")

    def correct(self, factor: Any, shift: Any = 0.0) -> None:
        """Correct the outputs of reads from now on, see `CrossbarLayer.correction`."""
        self.layer.correction, self.layer.shift = factor, shift

    def _wait(self, time: float) -> None:
        if time > self._now:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", RetentionWarning)  # a note of the result says it
                self.crossbar.wait(time - self._now, self._aging.temperature)
            self._now = time

    def _read_reference(self) -> DriftReference | None:
        kind = self._aging.compensation
        return None if kind == "none" else DriftReference.of(self.layer, kind, self._aging.reference, self.refreshes)
