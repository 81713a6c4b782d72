"""A trained network on crossbars: its weights are programmed once, with the device's own physics, and read with noise.

===================  ==================================================================================================
dense                Rows are the features and a bias that is always on, columns the units.
convolution          Rows are the pixels under a kernel and a bias, columns the filters; one read an output pixel.
batch normalisation  Directly after one of these it is folded into weights and biases: w scale/sqrt(variance + epsilon).
anything else        Digital: ReLU, pooling, other normalisation, the sum in a residual block.
===================  ==================================================================================================

A weight is the difference of a pair of cells: |W|/s of the bounds' width above the lower bound on the line of its sign,
the lower bound on the other line; s is the scale of the layer. Activations are voltages in units of the read voltage;
reads are linear, so a factor common to a layer's inputs would change nothing. With DACs it would; `calibrate` sets it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from collections.abc import Mapping as Named
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar

import numpy as np
from threadpoolctl import threadpool_limits

from memsim.arrays import ADC, DAC, Crossbar, Mapping, Wires, check_bounds
from memsim.baselines.chain import Chain, Residual
from memsim.baselines.layers import Dropout, Layer
from memsim.baselines.network import Network
from memsim.errors import DataError, InputError
from memsim.philox import (
    MAX_ARRAYS,
    MAX_LAYERS,
    MAX_POSITIONS,
    MAX_READS,
    MAX_SAMPLES,
    Occasion,
    Purpose,
    Scope,
    whole,
)
from memsim.profiles import DeviceProfile, device_of
from memsim.tasks.classify.classifiers.classifier import BLOCK
from memsim.tasks.classify.classifiers.mapped import Matrix, Reading, drive_and_scale, products


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
    dtype : {"float32", "float64"}
        Precision of states and activations.
    backend : str
        Where to compute.
    dac, adc, wires, tile
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
        dtype: str = "float32",
        backend: str = "auto",
        dac: DAC | None = None,
        adc: ADC | None = None,
        wires: Wires | None = None,
        tile: tuple[int, int] | None = None,
    ) -> None:
        self.network = network
        self.device = device_of(device)
        whole("number", number, MAX_ARRAYS)
        if not 0 < clip <= 1:
            raise InputError(f"clip: {clip!r} is not a number above 0 and up to 1")
        low, high = check_bounds(bounds, self.device)
        if not math.isfinite(high - low):
            raise InputError("bounds: none are given; the weights of a network need two to span")
        architecture = network.architecture
        layers = list(products(architecture.layers, architecture.shape))
        if len(layers) > MAX_LAYERS:
            raise InputError(f"architecture: {len(layers)} layers have weights; at most {MAX_LAYERS} can be addressed")
        pixels = max(product.pixels for product in layers)
        if pixels > MAX_POSITIONS:
            raise InputError(f"architecture: a layer has {pixels} pixels; at most {MAX_POSITIONS} can be addressed")
        self._matrices: dict[str, Matrix] = {}
        for layer, product in enumerate(layers):
            wished = product.folded(network.parameters)
            drive, scale = drive_and_scale(wished, product.biased, clip)
            if product.biased:
                wished[-1] /= drive
            crossbar = Crossbar(
                self.device,
                *wished.shape,
                seed=seed,
                bounds=(low, high),
                initial=initial,
                column="pair",
                dtype=dtype,
                backend=backend,
                first_array=int(number),
                scope=Scope(layer=layer),
                dac=dac,
                adc=adc,
                wires=wires,
                tile=tile,
            )
            crossbar.program(low + Mapping(scale=scale).states(wished) * (high - low), cycles=cycles, error=error)
            self._matrices[product.name] = Matrix(
                product, wished, crossbar, drive, scale, scale / (high - low), dac, adc
            )

    @property
    def crossbars(self) -> dict[str, Crossbar]:
        """The crossbar of each layer, by the layer's name among the network's parameters."""
        return {name: matrix.crossbar for name, matrix in self._matrices.items()}

    @property
    def scales(self) -> dict[str, float]:
        """The weight that the whole width of the bounds stands for, of each layer."""
        return {name: matrix.scale for name, matrix in self._matrices.items()}

    @property
    def cells(self) -> int:
        """Number of cells, two for each weight and bias."""
        return 2 * sum(matrix.wished.size for matrix in self._matrices.values())

    @property
    def pulses(self) -> tuple[int, int]:
        """Set and reset pulses that programming took, all cells together."""
        counts = [matrix.crossbar.pulses for matrix in self._matrices.values()]
        return sum(int(count.set.sum()) for count in counts), sum(int(count.reset.sum()) for count in counts)

    @property
    def weight_error(self) -> float:
        """Root mean square of programmed minus wished weights, over that of the wished ones, dimensionless.

        Programmed weights are those that outputs see, through wires. Layers count in units of their scales, biases and
        clipped weights included.
        """
        pairs = [((m.weights - m.wished) / m.scale, m.wished / m.scale) for m in self._matrices.values()]
        wrong, wished = (sum(float(np.sum(np.square(part))) for part in parts) for parts in zip(*pairs, strict=True))
        return math.sqrt(wrong / wished) if wished else math.nan

    @property
    def effective(self) -> Network:
        """The network with the weights that the arrays really hold, for gradients; it has no read noise."""
        parameters = dict(self.network.parameters)
        for matrix in self._matrices.values():
            parameters |= matrix.product.unfolded(matrix.parameters, parameters)
        return self.network.replace(parameters)

    def outputs(self, x: Any, index: int | Occasion, *, first: int = 0, noise: bool = True) -> np.ndarray:
        """Outputs (sample, class) of reads with noise.

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
        return self._outputs(x, Reading(_occasion(index), first, noise))

    def calibrate(self, x: Any) -> Deployed:
        """Fit the converters to inputs x (sample, ...), layer by layer, and return self.

        The largest voltage of a layer is brought to the range of its DACs, and a range of ADCs that follows the outputs
        is set by the expected ones. Only as many samples are used as are read at once.
        """
        self._outputs(np.asarray(x)[: self._at_once], Reading(_occasion(0), 0, noise=False, calibrate=True))
        return self

    def product_snr(self, x: Any, index: int | Occasion) -> np.ndarray:
        """Signal-to-noise ratio of the products of each layer for inputs x (sample, ...), (layer,) [dB].

        10 log10 of the variance of the exact sums of a layer's inputs times wished weights over the mean square of what
        reads give minus them; both over all samples and outputs. Every layer gets the inputs that it really has.
        """
        sums = {name: np.zeros(4) for name in self._matrices}

        def watch(name: str, exact: np.ndarray, read: np.ndarray) -> None:
            error = read - exact
            sums[name] += exact.size, exact.sum(), np.square(exact).sum(), np.square(error).sum()

        self._outputs(x, Reading(_occasion(index), 0, noise=True, watch=watch))
        count, total, power, error = np.stack(list(sums.values()), axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            return 10 * np.log10((power - total**2 / count) / error)

    @property
    def _at_once(self) -> int:
        """Samples that are read at once."""
        return max(1, BLOCK // max(matrix.bytes for matrix in self._matrices.values()))

    def _outputs(self, x: Any, reading: Reading) -> np.ndarray:
        shape, first = self.network.architecture.shape, reading.first
        x = np.asarray(x)
        if x.shape[1:] != shape:
            raise DataError(f"inputs: the samples have shape {list(x.shape[1:])}, the network takes {list(shape)}")
        if not 0 <= first <= MAX_SAMPLES - len(x):
            raise InputError(f"first: samples {first} to {first + len(x) - 1} have no addresses; allowed: 2^24 of them")
        size = self._at_once
        found = np.empty((len(x), self.network.architecture.classes), next(iter(self.crossbars.values())).dtype)
        # Sums of BLAS move with its threads.
        with threadpool_limits(1, "blas"):
            for start in range(0, len(x), size):
                part = slice(start, min(start + size, len(x)))
                now = replace(reading, first=first + start)
                chain = self._read_by(self.network.architecture.layers, now)
                last = np.moveaxis(x[part].astype(found.dtype), 0, -1)
                found[part] = chain.outputs(self.network.parameters, last).T
        return found

    def _read_by(self, chain: Chain, reading: Reading, above: str = "") -> Chain:
        """The layers, with those on crossbars in their places, for one read."""
        layers: list[Layer] = []
        folded = {matrix.product.norm_name for matrix in self._matrices.values()}
        for place, layer in enumerate(chain.layers):
            name = f"{above}{place}.{layer.kind}"
            if name in self._matrices:
                layers.append(_Programmed(self._matrices[name], reading))
            elif name in folded:
                layers.append(Dropout(0.0))  # does nothing, in a place that keeps the names of the others
            elif isinstance(layer, Residual):
                layers.append(_Block(layer.channels, layer.stride, partial(self._paths, reading, name)))
            else:
                layers.append(layer)
        return Chain(tuple(layers))

    def _paths(self, reading: Reading, block: str, paths: Named[str, Chain]) -> dict[str, Chain]:
        """The paths of a residual block, for one read."""
        return {name: self._read_by(path, reading, f"{block}.{name}.") for name, path in paths.items()}


def _occasion(index: int | Occasion) -> Occasion:
    """The occasion of a read, also for a caller that gives its number only."""
    if isinstance(index, Occasion):
        return index
    return Occasion(Purpose.NETWORK, whole("index", index, MAX_READS))


@dataclass(frozen=True)
class _Programmed(Layer):
    """A layer that is read from its crossbar."""

    kind: ClassVar[str] = "crossbar"
    matrix: Matrix
    reading: Reading

    def forward(self, parameters: Named[str, Any], x: Any, train: Any) -> tuple[Any, Any]:
        return self.matrix.read(x, self.reading), None


@dataclass(frozen=True)
class _Block(Residual):
    """A residual block with other paths."""

    swap: Callable[[Named[str, Chain]], dict[str, Chain]] = dict

    def paths(self, channels: int) -> dict[str, Chain]:
        return self.swap(super().paths(channels))
