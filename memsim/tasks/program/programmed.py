"""One array from its programming on: it ages, is refreshed, and its outputs are corrected at each time."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from memsim.arrays import Crossbar, Mapping, ProgrammedLayer
from memsim.energy.report import LayerEvents
from memsim.experiments.aging import AgingSpec
from memsim.profiles import DeviceProfile
from memsim.tasks.aged_layers import AgedLayers
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
    events : LayerEvents
        Events of the programming, and after `count_products` also of these.

    Raises
    ------
    InputError
        If the device or an algorithm does not allow it.
    """

    def __init__(
        self, place: Place, spec: ProgrammedArraySpec, aging: AgingSpec, weights: np.ndarray, inputs: np.ndarray
    ) -> None:
        low, high = spec.bounds
        self.layer = ProgrammedLayer(
            weights,
            None,
            place.device,
            mapping=mapping_of(spec),
            bounds=spec.bounds,
            cycles=spec.cycles,
            algorithm=None if spec.programming is None else spec.programming.chosen,
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
        self.events = self.crossbar.event_counts
        self._layers = AgedLayers({f"array '{place.label}'": self.layer}, aging, self.layer.program)

    @property
    def crossbar(self) -> Crossbar:
        """The cells."""
        return self.layer.crossbar

    @property
    def refreshes(self) -> int:
        """How often it was programmed again."""
        return self._layers.refreshes

    @property
    def compensation_reads(self) -> int:
        """Reads that its compensation took so far, see `AgedLayers`."""
        return self._layers.compensation_reads

    def count_products(self, inputs: np.ndarray) -> None:
        """Count one read of each of some inputs (sample, row), as the cells are now."""
        before = self.crossbar.event_counts
        after = self.layer.count_reads(inputs).crossbar.event_counts
        reads = after.since(before, "inference").counts["inference"]
        self.events = LayerEvents(self.events.circuit, {**self.events.counts, "inference": reads})

    def advance(self, time: float, number: int) -> None:
        """Let time pass until an evaluation time [s] with its number, and correct the outputs; see `AgedLayers`."""
        self._layers.advance(time, number)
