"""A network whose products with weights are made by crossbars: converters are calibrated first, then cells programmed.

The random addresses are those of `memsim.torch`: layer n of the graph has the scope of place n, programming number r
that of repetition r, and a read of sample s at evaluation time t the occasion (purpose, t) and the sample s. A network
with its layers in the same order has the same cells and the same noise there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping as Named
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from memsim.arrays import ADC, DAC, Mapping, ProgrammedLayer, Wires
from memsim.arrays.compensation import SPAN
from memsim.arrays.programming.algorithms import Algorithm
from memsim.energy.report import LayerEvents
from memsim.errors import InputError, MemsimError
from memsim.exchange.converter_counts import ConverterCounts
from memsim.exchange.graph import Graph, Node, Product
from memsim.exchange.operators import Weighted
from memsim.metrics.products import signal_to_noise
from memsim.philox import MAX_LAYERS, MAX_SAMPLES, Occasion, Scope
from memsim.profiles import DeviceProfile
from memsim.profiles.idealised import idealised

_AT_ONCE = 1 << 26
"""Size of the voltages that are made at once [byte]."""
_CALIBRATED = 1 << 28
"""The same while converters are calibrated, which sees all samples at once [byte]."""
_EXACT = ("update", "c2c", "d2d", "read")
"""Parts of a device that are ideal while converters are calibrated."""


@dataclass(frozen=True, kw_only=True)
class Hardware:
    """What the layers of a network run on; see `ProgrammedLayer` and `Crossbar` for the settings.

    Attributes
    ----------
    device : DeviceProfile
        The cells.
    bias : {"digital", "row"}
        Biases are added as numbers, or are a further row of cells.
    count : bool
        Whether crossbars count their events, see `ProgrammedNetwork.event_counts`.
    """

    device: DeviceProfile
    seed: int = 0
    bounds: tuple[float, float] = (0.0, 1.0)
    initial: tuple[float, float] = (0.0, 0.01)
    mapping: Mapping = field(default_factory=Mapping)
    scales: str = "layer"
    bias: str = "digital"
    cycles: int = 1
    error: float = 0.0
    algorithm: Algorithm | None = None
    dtype: str = "float32"
    backend: str = "cpu"
    dac: DAC | None = None
    adc: ADC | None = None
    wires: Wires | None = None
    tile: tuple[int, int] | None = None
    prior_cycles: float = 0.0
    count: bool = False

    @property
    def exact(self) -> Hardware:
        """The same with cells that hold exactly what was programmed, without noise and wires."""
        device = idealised(self.device, _EXACT).device
        if device.spec.conduction is not None:
            device = device.replace({"conduction": None}, origin="ideal")
        return replace(
            self, device=device, wires=None, cycles=1, error=0.0, algorithm=None, prior_cycles=0.0, count=False
        )


@dataclass(frozen=True)
class Ranges:
    """What the calibration of the converters of a layer gives.

    Attributes
    ----------
    gain : float
        Voltage of an input of 1, in units of the read voltage.
    adc : ADC or None
        With the range of this layer.
    """

    gain: float
    adc: ADC | None


class ProgrammedNetwork:
    """A network on crossbars, programmed once.

    Parameters
    ----------
    graph : Graph
        The network.
    hardware : Hardware
        What its layers run on that are not digital.
    ranges : mapping of str to Ranges, optional
        Of the converters of each layer, by the name of its node; from `calibrated`. Needed with converters.
    repeat : int
        Number of the programming, each of which has random numbers of its own.

    Raises
    ------
    InputError
        If weights or settings are not allowed.
    """

    def __init__(
        self, graph: Graph, hardware: Hardware, *, ranges: Named[str, Ranges] | None = None, repeat: int = 0
    ) -> None:
        self.graph, self.hardware = graph, hardware
        self._layers = _programmed(graph, hardware, ranges or {}, repeat)
        self._at_once = samples_at_once(graph, hardware.dtype)

    @property
    def layers(self) -> dict[str, ProgrammedLayer]:
        """The layers on crossbars, by the names of their nodes."""
        return dict(self._layers)

    @property
    def cells(self) -> int:
        """Number of cells."""
        return sum(int(layer.crossbar.state.size) for layer in self._layers.values())

    def program(self) -> None:
        """Program all cells once more, from their present states."""
        for layer in self._layers.values():
            layer.program()

    @property
    def event_counts(self) -> dict[str, LayerEvents]:
        """What the crossbars of each layer consist of, and their events so far, by the name of its node.

        Raises
        ------
        InputError
            If the hardware does not count.
        """
        return {name: layer.crossbar.event_counts for name, layer in self._layers.items()}

    def outputs(
        self,
        x: np.ndarray,
        occasion: Occasion,
        *,
        noise: bool = True,
        counts: Named[str, ConverterCounts] | None = None,
    ) -> np.ndarray:
        """Outputs (sample, ...) of reads, which all take place within `SPAN`.

        Parameters
        ----------
        x : (sample, ...)
            As the network takes them; sample n has the address n.
        occasion : Occasion
            Purpose, number and evaluation time of the read.
        noise : bool
            Whether reads are noisy; else their expectation.
        counts : mapping of str to ConverterCounts, optional
            By the names of the nodes of all layers on crossbars: count what exceeds the range of their converters.
        """
        return self._computed(x, lambda first: self._reading(occasion, first, noise, counts))

    def layer_snr(self, x: np.ndarray, occasion: Occasion) -> np.ndarray:
        """Signal-to-noise ratio of the products of each layer for inputs x, (layer,) [dB].

        10 log10 of the variance of the exact products of a layer's inputs and weights over the mean square of what
        reads give minus them. Every layer gets the inputs that it really has.
        """
        sums = {name: np.zeros(4) for name in self._layers}

        def measured(first: int) -> Product:
            read = self._reading(occasion, first, True)

            def product(node: Node, inputs: np.ndarray) -> np.ndarray:
                outputs, operator = read(node, inputs), node.operator
                assert isinstance(operator, Weighted)
                exact = operator.outputs(inputs.astype(float))
                wrong = outputs - exact
                sums[node.name] += exact.size, exact.sum(), np.square(exact).sum(), np.square(wrong).sum()
                return outputs

            return product

        self._computed(x, measured)
        snr: np.ndarray = signal_to_noise(*np.stack(list(sums.values()), axis=1))
        return snr

    def weights(self) -> tuple[np.ndarray, np.ndarray]:
        """Weights that the cells hold, and the exact ones, both (weight,), each layer in units of its scale."""
        parts: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
        for layer in self._layers.values():
            scale = layer.scale if isinstance(layer.scale, float) else layer.scale[..., None, :]
            for part, values in zip(parts, (layer.cell_weights, layer.targets), strict=True):
                part.append((values / scale).ravel())
        held, exact = (np.concatenate(part) for part in parts)
        return held, exact

    def _reading(
        self, occasion: Occasion, first: int, noise: bool, counts: Named[str, ConverterCounts] | None = None
    ) -> Product:
        def product(node: Node, inputs: np.ndarray) -> np.ndarray:
            operator = node.operator
            assert isinstance(operator, Weighted)
            positions = operator.reads(inputs.shape[1:])
            at = replace(occasion, positions=positions)
            layer, driven = self._layers[node.name], operator.crossbar_inputs(inputs)
            saturated: list[np.ndarray] | None = None if counts is None or layer.crossbar.adc is None else []
            read = layer.read(driven, at, first_sample=first, noise=noise, saturated=saturated, within=SPAN)
            if counts is not None:
                counts[node.name].add_inputs(inputs, self.hardware.dac, layer.gain)
                counts[node.name].add_outputs(saturated or ())
            return _outputs(operator, self.hardware, read, inputs)

        return product

    def _computed(self, x: np.ndarray, product: Any) -> np.ndarray:
        """Outputs of the network for samples, a bounded number at a time."""
        if len(x) > MAX_SAMPLES:
            raise InputError(f"{len(x)} samples; at most {MAX_SAMPLES} can be addressed")
        with threadpool_limits(1, "blas"):  # sums of BLAS depend on the number of its threads
            parts = [
                self.graph.outputs(np.asarray(x[first : first + self._at_once], self.hardware.dtype), product(first))
                for first in range(0, len(x), self._at_once)
            ]
        return np.concatenate(parts)


def calibrated(graph: Graph, hardware: Hardware, x: np.ndarray) -> dict[str, Ranges]:
    """Ranges of the converters of each layer, from inputs of the network; empty without converters.

    The largest input of a layer, and the voltage of a row of biases, reach the range of its DACs. A range of ADCs that
    follows the outputs is set by what exact cells give. Later layers see what the converters of earlier ones give.

    Parameters
    ----------
    graph : Graph
    hardware : Hardware
    x : (sample, ...)
        Samples, of which as many are used as fit into a bounded memory.

    Raises
    ------
    InputError
        If a layer gets no inputs other than 0.
    """
    if hardware.dac is None and hardware.adc is None:
        return {}
    exact, ranges = hardware.exact, dict[str, Ranges]()
    layers = _programmed(graph, exact, {}, 0)

    def product(node: Node, inputs: np.ndarray) -> np.ndarray:
        layer, operator = layers[node.name], node.operator
        assert isinstance(operator, Weighted)
        driven = operator.crossbar_inputs(inputs)
        largest = max(float(np.abs(driven).max(initial=0.0)), layer.bias)
        if not 0 < largest < np.inf:
            raise InputError(f"{node.label}: gets no finite inputs other than 0, so that its input range is unknown")
        layer.gain = (1.0 if hardware.dac is None else hardware.dac.range) / largest
        layer.calibrate(driven, gain=False)
        most = layer.crossbar.adc_ranges
        ranges[node.name] = Ranges(
            layer.gain, None if hardware.adc is None or most is None else replace(hardware.adc, range=float(most.max()))
        )
        return _outputs(operator, hardware, layer.read(driven, noise=False), inputs)

    count = max(1, _CALIBRATED // max(_bytes(graph, hardware.dtype), 1))
    with threadpool_limits(1, "blas"):
        graph.outputs(np.asarray(x[:count], hardware.dtype), product)
    return ranges


def _programmed(
    graph: Graph, hardware: Hardware, ranges: Named[str, Ranges], repeat: int
) -> dict[str, ProgrammedLayer]:
    """The layers of a network on cells, by the names of their nodes."""
    weighted = list(graph.on_crossbars)
    if not weighted:
        which = "that is not digital" if graph.digital else "with weights"
        raise InputError(f"the network has no layer {which}; allowed: Gemm, MatMul with constant weights, Conv")
    if len(weighted) > MAX_LAYERS:
        raise InputError(f"{len(weighted)} layers have weights; at most {MAX_LAYERS} can be addressed")
    settings = {
        key: getattr(hardware, key)
        for key in (
            *("mapping", "scales", "bounds", "initial", "cycles", "error", "algorithm", "seed", "dtype", "backend"),
            *("dac", "wires", "tile", "prior_cycles", "count"),
        )
    }
    layers = {}
    for place, (node, operator) in enumerate(weighted):
        layer_ranges = ranges.get(node.name, Ranges(1.0, hardware.adc))
        try:
            layer = ProgrammedLayer(
                operator.matrices,
                operator.bias_matrix if hardware.bias == "row" else None,
                hardware.device,
                patches=operator.patches(graph.shapes[node.inputs[0]]),
                scope=Scope(layer=place, repetition=repeat),
                adc=layer_ranges.adc,
                **settings,
            )
        except MemsimError as error:
            raise type(error)(f"{node.label}: {error}") from None
        layer.gain = layer_ranges.gain
        layers[node.name] = layer
    return layers


def _outputs(operator: Weighted, hardware: Hardware, read: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Outputs of a layer from those of its crossbar for inputs x, in their precision, with a bias that is a number."""
    y = operator.shaped(read, x).astype(x.dtype, copy=False)
    if operator.bias is not None and hardware.bias == "digital":
        y = y + operator.beside(operator.bias, y.ndim).astype(y.dtype)
    return y


def _bytes(graph: Graph, dtype: str) -> int:
    """Size of the voltages of the largest layer for one sample [byte]."""
    shapes, most = graph.shapes, 0
    for node, operator in graph.weighted:
        shape = shapes[node.inputs[0]]
        patches = operator.patches(shape)
        groups = getattr(operator, "groups", 1)
        inputs = math.prod(shape) if patches is None else groups * patches.positions * patches.rows
        most = max(most, inputs)
    return np.dtype(dtype).itemsize * most


def samples_at_once(graph: Graph, dtype: str = "float32") -> int:
    """How many samples are computed at once, at least 1; the number depends on the network alone."""
    return max(1, _AT_ONCE // max(_bytes(graph, dtype), 1))
