"""A layer of weights on a crossbar: which matrix it is, at what scale, and how inputs become voltages."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from memsim.arrays import ADC, DAC, Crossbar
from memsim.baselines.chain import Chain, Residual
from memsim.baselines.convolution import Convolution
from memsim.baselines.layers import Dense, Shape
from memsim.baselines.norm import BatchNorm
from memsim.philox import Occasion, padded

_NORM = ("scale", "shift", "mean", "variance")


@dataclass(frozen=True)
class Reading:
    """Address of a read, whether it is noisy, and what else happens with it.

    Attributes
    ----------
    occasion, first : Occasion, int
        Address of the read, and of its first sample.
    noise : bool
        Whether it is noisy.
    calibrate : bool
        Whether every layer first fits its converters to its inputs.
    watch : callable, optional
        Called with the name of every layer, its exact products (read, output) and those that were read.
    """

    occasion: Occasion
    first: int
    noise: bool
    calibrate: bool = False
    watch: Callable[[str, np.ndarray, np.ndarray], None] | None = None


@dataclass(frozen=True)
class Product:
    """A layer with weights, and the normalisation that follows it.

    Attributes
    ----------
    name, norm_name : str
        Their names among the parameters of the network; the second is empty where there is no normalisation.
    layer : Dense or Convolution
    norm : BatchNorm or None
    given : tuple of int
        Shape of the layer's inputs, of one sample.
    """

    name: str
    layer: Dense | Convolution
    norm_name: str
    norm: BatchNorm | None
    given: Shape

    @property
    def biased(self) -> bool:
        """Whether the last row is a bias."""
        return isinstance(self.layer, Dense) or self.layer.bias or self.norm is not None

    @property
    def pixels(self) -> int:
        """Reads for one sample."""
        return math.prod(self.layer.shape(self.given)[1:])

    def folded(self, parameters: Mapping[str, Any]) -> np.ndarray:
        """Weights (row, output) in float64, the last row the bias, with the normalisation in them."""
        weight = np.asarray(parameters[f"{self.name}.weight"], float)
        weight = weight.reshape(len(weight), -1)
        bias = np.asarray(parameters.get(f"{self.name}.bias", np.zeros(len(weight))), float)
        if self.norm is not None:
            own = {key: np.asarray(parameters[f"{self.norm_name}.{key}"], float) for key in _NORM}
            factor = own["scale"] / np.sqrt(own["variance"] + self.norm.epsilon)
            weight, bias = weight * factor[:, None], (bias - own["mean"]) * factor + own["shift"]
        return np.concatenate([weight.T, bias[None]]) if self.biased else weight.T

    def unfolded(self, matrix: np.ndarray, parameters: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """Parameters of the layers that make what the weights (row, output) make."""
        old = parameters[f"{self.name}.weight"]
        rows = matrix[:-1] if self.biased else matrix
        found = {f"{self.name}.weight": rows.T.reshape(old.shape)}
        if self.norm is not None:
            ones = np.ones(len(old))
            values = (ones, matrix[-1], 0 * ones, ones - self.norm.epsilon)
            found |= {f"{self.norm_name}.{key}": value for key, value in zip(_NORM, values, strict=True)}
        if f"{self.name}.bias" in parameters:
            found[f"{self.name}.bias"] = matrix[-1] if self.norm is None else 0 * matrix[-1]
        return {key: np.ascontiguousarray(value, old.dtype) for key, value in found.items()}

    def signal(self, x: np.ndarray, drive: float) -> np.ndarray:
        """Voltages (sample * pixel, row) of inputs (..., sample), the bias row at `drive`."""
        samples, pixels = x.shape[-1], self.pixels
        rows = math.prod(self.given) if isinstance(self.layer, Dense) else self.given[0] * self.layer.kernel**2
        signal = np.full((samples, pixels, rows + self.biased), drive, x.dtype)
        if isinstance(self.layer, Dense):
            signal[:, 0, :rows] = x.T
        else:
            padding, shape = self.layer.pad(np, x), (*self.layer.shape(self.given), samples)
            for lines, windows in self.layer.blocks(np, padding, shape):
                part = slice(lines.start * shape[2], lines.stop * shape[2])
                signal[:, part, :rows] = windows.reshape(rows, -1, samples).transpose(2, 1, 0)
        return signal.reshape(samples * pixels, -1)


@dataclass
class Matrix:
    """The weights of a layer on their crossbar.

    Attributes
    ----------
    product : Product
    wished : (row, output)
        Weights before they were clipped; biases over `drive`.
    crossbar : Crossbar
    drive : float
        Voltage of the bias row, in units of the read voltage.
    scale : float
        Weight that spans the bounds.
    unit : float
        Weight for w = 1.
    dac, adc : DAC or ADC, optional
        The converters of the crossbar.
    gain : float
        Factor on all voltages, divided out of the outputs; calibration brings the largest to the range of the DAC.
    """

    product: Product
    wished: np.ndarray
    crossbar: Crossbar
    drive: float
    scale: float
    unit: float
    dac: DAC | None = None
    adc: ADC | None = None
    gain: float = 1.0

    @property
    def weights(self) -> np.ndarray:
        """Weights (row, output) that the cells hold, as outputs see them through wires, float64."""
        return self.crossbar.weights.values.astype(float) * self.unit

    @property
    def parameters(self) -> np.ndarray:
        """The same as the layer has them: biases times `drive`."""
        weights = self.weights
        if self.product.biased:
            weights[-1] *= self.drive
        return weights

    @property
    def bytes(self) -> int:
        """Size of the voltages of one sample."""
        return self.product.pixels * padded(len(self.wished)) * self.crossbar.dtype.itemsize

    def read(self, x: np.ndarray, reading: Reading) -> np.ndarray:
        """Outputs (..., sample) of inputs (..., sample)."""
        product = self.product
        occasion = replace(reading.occasion, positions=product.pixels)
        signal = product.signal(x, self.drive)
        if reading.calibrate:
            self._calibrate(signal)
        driven = signal if self.gain == 1 else signal * signal.dtype.type(self.gain)
        made = self.crossbar.output(driven, first_sample=reading.first, index=occasion, noise=reading.noise)
        sums = made * (self.unit / self.gain)
        if reading.watch is not None:
            reading.watch(product.name, signal.astype(float) @ self.wished, sums)
        found = sums.reshape(x.shape[-1], product.pixels, -1).T
        return np.ascontiguousarray(found, x.dtype).reshape(*product.layer.shape(product.given), x.shape[-1])

    def _calibrate(self, signal: np.ndarray) -> None:
        """Fit the converters to voltages (read, row) before the gain."""
        largest = float(np.abs(signal).max(initial=0.0))
        if self.dac is not None and largest > 0:
            self.gain = self.dac.range / largest
        if self.adc is not None and isinstance(self.adc.range, str):
            self.crossbar.calibrate(signal * signal.dtype.type(self.gain))


def products(chain: Chain, given: Shape, above: str = "") -> Iterator[Product]:
    """The layers with weights, in order, those inside residual blocks in their place."""
    places = list(chain.shapes(given))
    for place, (name, layer, shape) in enumerate(places):
        if isinstance(layer, Residual):
            for path, inner in layer.paths(shape[0]).items():
                yield from products(inner, shape, f"{above}{name}.{path}.")
        elif isinstance(layer, Dense | Convolution):
            behind = places[place + 1] if place + 1 < len(places) else ("", None, ())
            norm = behind[1] if isinstance(behind[1], BatchNorm) else None
            yield Product(above + name, layer, above + behind[0] if norm else "", norm, shape)


def drive_and_scale(matrix: np.ndarray, biased: bool, clip: float) -> tuple[float, float]:
    """Voltage of the bias row, at least 1, and the weight that spans the bounds, of weights (row, output).

    Biases that exceed the weights would leave these a small part of the window; a larger voltage on their row does not.
    """
    size = np.abs(matrix)
    weights, bias = (size[:-1], size[-1]) if biased else (size, size[:0])
    scale, largest = float(np.quantile(weights, clip)), float(bias.max(initial=0.0))
    if scale == 0:
        return 1.0, largest or 1.0
    return max(1.0, largest / scale), scale
