"""A trained network on crossbars: its weights are programmed once, with the device's own physics, and read with noise.

===================  ==================================================================================================
dense                Rows are the features and a bias that is always on, columns the units.
convolution          Rows are the pixels under a kernel and a bias, columns the filters; one read an output pixel.
batch normalisation  Directly after one of these it is folded into weights and biases: w scale/sqrt(variance + epsilon).
anything else        Digital: ReLU, pooling, other normalisation, the sum in a residual block.
===================  ==================================================================================================

`memsim.arrays.ProgrammedLayer` lays the weights on pairs of cells and reads them. Activations are voltages in units of
the read voltage; reads are linear, so a factor common to a layer's inputs would change nothing. With DACs it would;
`calibrate` sets it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from collections.abc import Mapping as Named
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import numpy as np
from threadpoolctl import threadpool_limits

from memsim.arrays import ADC, DAC, Crossbar, Mapping, ProgrammedLayer, Wires
from memsim.arrays.compensation import SPAN
from memsim.arrays.programming.algorithms import Algorithm, Selective
from memsim.errors import DataError, InputError
from memsim.metrics.products import signal_to_noise
from memsim.networks.chain import Chain, Residual
from memsim.networks.layers import Dropout, Layer
from memsim.networks.network import Network
from memsim.philox import MAX_ARRAYS, MAX_LAYERS, MAX_READS, MAX_SAMPLES, Occasion, Purpose, Scope, below
from memsim.profiles import DeviceProfile, device_of
from memsim.tasks.classify.classifiers.classifier import BLOCK
from memsim.tasks.classify.classifiers.curvature import Selection, selections
from memsim.tasks.classify.classifiers.weighted import weighted_layers

Read = Callable[[str, np.ndarray, int], np.ndarray]
"""Outputs (sample, ...) of a layer, by its name, for inputs (sample, ...), the first of which has that address."""


class Deployed:
    """A network whose products with weights are made by crossbars of one device.

    Parameters
    ----------
    network : Network
        Trained, with NumPy arrays.
    device : DeviceProfile or str
        The cells of all layers; see `Crossbar`.
    seed : int
        Key of every random number.
    number : int
        Number of the network, so that several have cells and noise of their own under one seed; below 2^24.
    bounds : (float, float)
        Bounds of w that the weights span.
    initial : (float, float)
        Fresh cells are uniform in this range of w.
    cycles : int
        Rounds of programming, see `Crossbar.program`.
    clip : float
        The scale of a layer is this quantile of its |W|, in (0, 1], and larger weights are clipped to it; 1 is the
        largest. A bias is never clipped: where biases exceed the scale, their row is driven with more voltage.
    error : float
        Sigma of a further Gaussian error of every cell, in w.
    algorithm : Algorithm, optional
        See `ProgrammedLayer`.
    dtype : {"float32", "float64"}
        Precision of states and activations.
    backend : str
        Where to compute.
    training : (x, labels), optional
        Samples from which `Selective` computes second derivatives of the loss.
    dac, adc, wires, tile, prior_cycles, count
        Of the crossbars of all layers, see `Crossbar`; with converters, call `calibrate` before reads.

    Raises
    ------
    InputError
        If a setting is not allowed.
    """

    def __init__(
        self,
        network: Network,
        device: DeviceProfile | str,
        *,
        seed: int,
        number: int = 0,
        bounds: tuple[float, float] | None = (0.0, 1.0),
        initial: tuple[float, float] = (0.0, 0.01),
        cycles: int = 1,
        clip: float = 1.0,
        error: float = 0.0,
        algorithm: Algorithm | None = None,
        dtype: str = "float32",
        backend: str = "auto",
        dac: DAC | None = None,
        adc: ADC | None = None,
        wires: Wires | None = None,
        tile: tuple[int, int] | None = None,
        prior_cycles: float = 0.0,
        count: bool = False,
        training: tuple[np.ndarray, np.ndarray] | None = None,
    ) -> None:
        self.network = network
        self.device = device_of(device)
        below("number", number, MAX_ARRAYS)
        if not 0 < clip <= 1:
            raise InputError(f"clip: {clip!r} is not a number above 0 and up to 1")
        architecture = network.architecture
        weighted = list(weighted_layers(architecture.layers, architecture.shape))
        if len(weighted) > MAX_LAYERS:
            raise InputError(
                f"architecture: {len(weighted)} layers have weights; at most {MAX_LAYERS} can be addressed"
            )
        self._weighted = {own.name: own for own in weighted}
        mapping = Mapping(percentile=100 * clip)
        chosen: dict[str, Selection] = {}
        if isinstance(algorithm, Selective):
            if training is None:
                raise InputError("training: algorithm 'selective' needs training samples and their labels")
            chosen = selections(network, weighted, algorithm, mapping, *training)
        self._layers = {
            own.name: ProgrammedLayer(
                *own.folded(network.parameters),
                self.device,
                patches=own.patches,
                mapping=mapping,
                bounds=bounds,
                cycles=cycles,
                error=error,
                algorithm=chosen[own.name].algorithm if chosen else algorithm,
                sensitivities=chosen[own.name].sensitivities if chosen else None,
                seed=seed,
                initial=initial,
                dtype=dtype,
                backend=backend,
                first_array=int(number),
                scope=Scope(layer=place),
                dac=dac,
                adc=adc,
                wires=wires,
                tile=tile,
                prior_cycles=prior_cycles,
                count=count,
                count_cell_pulses=True,
            )
            for place, own in enumerate(weighted)
        }

    @property
    def layers(self) -> dict[str, ProgrammedLayer]:
        """The layers on crossbars, by their names among the network's parameters."""
        return dict(self._layers)

    @property
    def crossbars(self) -> dict[str, Crossbar]:
        """The crossbar of each layer, by the layer's name among the network's parameters."""
        return {name: layer.crossbar for name, layer in self._layers.items()}

    @property
    def scales(self) -> dict[str, float]:
        """The weight that the whole width of the bounds stands for, of each layer."""
        return {name: layer.scale for name, layer in self._layers.items()}

    @property
    def cells(self) -> int:
        """Number of cells, two for each weight and bias."""
        return 2 * sum(layer.targets.size for layer in self._layers.values())

    @property
    def pulses(self) -> tuple[int, int]:
        """Set and reset pulses that programming took, all cells together."""
        counts = [crossbar.pulses for crossbar in self.crossbars.values()]
        return sum(int(count.set.sum()) for count in counts), sum(int(count.reset.sum()) for count in counts)

    @property
    def weight_error(self) -> float:
        """Root mean square of programmed minus trained weights, over that of the trained ones, dimensionless.

        Programmed weights are those that outputs see, through wires. Layers count in units of their scales, biases and
        clipped weights included.
        """
        pairs = [
            ((layer.cell_weights - layer.targets) / layer.scale, layer.targets / layer.scale)
            for layer in self._layers.values()
        ]
        wrong, trained = (sum(float(np.sum(np.square(part))) for part in parts) for parts in zip(*pairs, strict=True))
        return math.sqrt(wrong / trained) if trained else math.nan

    @property
    def effective(self) -> Network:
        """The network with the weights that the arrays really hold, for gradients; it has no read noise."""
        parameters = dict(self.network.parameters)
        for name, layer in self._layers.items():
            parameters |= self._weighted[name].unfolded(layer.weights, parameters)
        return self.network.replace(parameters)

    def outputs(self, x: Any, index: int | Occasion, *, first: int = 0, noise: bool = True) -> np.ndarray:
        """Outputs (sample, class) of reads with noise, which all take place within `SPAN`.

        The noise of a read has the address (seed, number, layer, index, sample, pixel). Samples that are read in parts
        give the same bits, unless a layer has more than 8 outputs (BLAS sums them, to 1e-5 of sum |V||G|) or averages
        over pixels (to rounding).

        Parameters
        ----------
        x : array (sample, ...)
            As the network takes them.
        index : int or Occasion
            Address of the read: a number below 2^20, or what the network is read for.
        first : int
            Address of the first sample, for sets that are read in parts.
        noise : bool
            Whether reads are noisy; else their expectation.

        Raises
        ------
        DataError
            If the samples do not have the network's shape.
        InputError
            If the index is not such a number, or a sample is beyond the 2^24 that have addresses.
        """
        occasion = _occasion(index)

        def read(name: str, inputs: np.ndarray, start: int) -> np.ndarray:
            return self._layers[name].read(inputs, occasion, first_sample=start, noise=noise, within=SPAN)

        return self._outputs(x, first, read)

    def calibrate(self, x: Any) -> Deployed:
        """Fit the converters to inputs x (sample, ...), layer by layer, and return self.

        The largest voltage of a layer is brought to the range of its DACs, and a range of ADCs that follows the outputs
        is set by the expected ones. Only as many samples are used as are read at once.
        """

        def read(name: str, inputs: np.ndarray, start: int) -> np.ndarray:
            return self._layers[name].calibrate(inputs).read(inputs, noise=False)

        self._outputs(np.asarray(x)[: self._at_once], 0, read)
        return self

    def renormalise(self, x: Any, index: int | Occasion) -> None:
        """Compute the mean and variance of each batch normalisation again, for inputs x (sample, ...).

        Normalisations are folded into weights and biases, so that outputs z of such a layer have the mean `shift` and
        the standard deviation `scale` of its normalisation. At present, they are corrected to this mean and deviation:
        z' = (z - mean z) |scale| / sqrt(var z + epsilon scale^2 / (variance + epsilon)) + shift. Layers follow each
        other, as each changes the inputs of the next ones. Only as many samples are used as are read at once.
        """
        occasion = _occasion(index)

        def read(name: str, inputs: np.ndarray, start: int) -> np.ndarray:
            layer, own = self._layers[name], self._weighted[name]
            layer.correction, layer.shift = 1.0, 0.0
            outputs = layer.read(inputs, occasion, first_sample=start, within=SPAN)
            if own.norm is None:
                return outputs
            scale, shift, variance = (
                np.asarray(self.network.parameters[f"{own.norm_name}.{key}"], float)
                for key in ("scale", "shift", "variance")
            )
            others = tuple(axis for axis in range(outputs.ndim) if axis != 1)
            mean, spread = outputs.mean(others, dtype=float), outputs.var(others, dtype=float)
            epsilon = own.norm.epsilon * np.square(scale) / (variance + own.norm.epsilon)
            below = np.sqrt(spread + epsilon)
            factor = np.divide(np.abs(scale), below, out=np.ones_like(below), where=below > 0)
            added = shift - factor * mean
            layer.correction, layer.shift = factor, added * layer.gain / layer.unit
            wide = (slice(None), *[None] * (outputs.ndim - 2))
            return (factor[wide] * outputs + added[wide]).astype(outputs.dtype)

        self._outputs(np.asarray(x)[: self._at_once], 0, read)

    def product_snr(self, x: Any, index: int | Occasion) -> np.ndarray:
        """Signal-to-noise ratio of the products of each layer for inputs x (sample, ...), (layer,) [dB].

        10 log10 of the variance of the exact sums of a layer's inputs times trained weights over the mean square of
        what reads give minus them; both over all samples and outputs. Every layer gets the inputs that it really has.
        """
        occasion, sums = _occasion(index), {name: np.zeros(4) for name in self._layers}

        def read(name: str, inputs: np.ndarray, start: int) -> np.ndarray:
            layer = self._layers[name]
            outputs = layer.read(inputs, occasion, first_sample=start, within=SPAN)
            exact = layer.exact(inputs)
            sums[name] += exact.size, exact.sum(), np.square(exact).sum(), np.square(outputs - exact).sum()
            return outputs

        self._outputs(x, 0, read)
        snr: np.ndarray = signal_to_noise(*np.stack(list(sums.values()), axis=1))
        return snr

    @property
    def _at_once(self) -> int:
        """Samples that are read at once."""
        return max(1, BLOCK // max(layer.bytes for layer in self._layers.values()))

    def _outputs(self, x: Any, first: int, read: Read) -> np.ndarray:
        """Outputs (sample, class) of the network whose layers with weights are read in this way."""
        shape, x = self.network.architecture.shape, np.asarray(x)
        if x.shape[1:] != shape:
            raise DataError(f"inputs: the samples have shape {list(x.shape[1:])}, the network takes {list(shape)}")
        if not 0 <= first <= MAX_SAMPLES - len(x):
            raise InputError(f"first: samples {first} to {first + len(x) - 1} have no addresses; allowed: 2^24 of them")
        size = self._at_once
        outputs = np.empty((len(x), self.network.architecture.classes), next(iter(self.crossbars.values())).dtype)
        # Sums of BLAS move with its threads.
        with threadpool_limits(1, "blas"):
            for start in range(0, len(x), size):
                part = slice(start, min(start + size, len(x)))
                chain = self._on_crossbars(self.network.architecture.layers, read, first + start)
                last = np.moveaxis(x[part].astype(outputs.dtype), 0, -1)
                outputs[part] = chain.outputs(self.network.parameters, last).T
        return outputs

    def _on_crossbars(self, chain: Chain, read: Read, first: int, above: str = "") -> Chain:
        """The layers, with those on crossbars in their places, for samples of which the first has that address."""
        layers: list[Layer] = []
        folded = {own.norm_name for own in self._weighted.values()}
        for place, layer in enumerate(chain.layers):
            name = f"{above}{place}.{layer.kind}"
            if name in self._layers:
                layers.append(_OnCrossbar(partial(read, name), first))
            elif name in folded:
                layers.append(Dropout(0.0))  # does nothing, in a place that keeps the names of the others
            elif isinstance(layer, Residual):
                layers.append(_Block(layer.channels, layer.stride, partial(self._paths, read, first, name)))
            else:
                layers.append(layer)
        return Chain(tuple(layers))

    def _paths(self, read: Read, first: int, block: str, paths: Named[str, Chain]) -> dict[str, Chain]:
        """The paths of a residual block, as `_on_crossbars` has them."""
        return {name: self._on_crossbars(path, read, first, f"{block}.{name}.") for name, path in paths.items()}


def _occasion(index: int | Occasion) -> Occasion:
    """The occasion of a read, also for a caller that states its number only."""
    if isinstance(index, Occasion):
        return index
    return Occasion(Purpose.NETWORK, below("index", index, MAX_READS))


@dataclass(frozen=True)
class _OnCrossbar(Layer):
    """A layer that is read from its crossbar, where the sample is the first axis."""

    kind: ClassVar[str] = "crossbar"
    read: Callable[[np.ndarray, int], np.ndarray]
    first: int

    def forward(self, parameters: Named[str, Any], x: Any, train: Any) -> tuple[Any, Any]:
        outputs = self.read(np.moveaxis(x, -1, 0), self.first)
        return np.ascontiguousarray(np.moveaxis(outputs, 0, -1), x.dtype), None


@dataclass(frozen=True)
class _Block(Residual):
    """A residual block with other paths."""

    swap: Callable[[Named[str, Chain]], dict[str, Chain]] = dict

    def paths(self, channels: int) -> dict[str, Chain]:
        return self.swap(super().paths(channels))
