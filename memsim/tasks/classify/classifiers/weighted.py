"""The layers of a network that have weights, as matrices and patches for crossbars, and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from memsim.arrays import Patches
from memsim.networks.chain import Chain, Residual
from memsim.networks.convolution import Convolution
from memsim.networks.layers import Dense, Shape
from memsim.networks.norm import BatchNorm

_NORM = ("scale", "shift", "mean", "variance")


@dataclass(frozen=True)
class Weighted:
    """A layer with weights, and the normalisation that follows it.

    Attributes
    ----------
    name, norm_name : str
        Their names among the parameters of the network; the second is empty where there is no normalisation.
    layer : Dense or Convolution
    norm : BatchNorm or None
    inputs : tuple of int
        Shape of the layer's inputs, of one sample.
    """

    name: str
    layer: Dense | Convolution
    norm_name: str
    norm: BatchNorm | None
    inputs: Shape

    @property
    def biased(self) -> bool:
        """Whether the outputs have a bias, of the layer or of the normalisation."""
        return isinstance(self.layer, Dense) or self.layer.bias or self.norm is not None

    @property
    def parameters(self) -> int:
        """Number of weights, and of biases and numbers of the normalisation."""
        if isinstance(self.layer, Dense):
            units, inputs = self.layer.units, self.inputs[0]
        else:
            units, inputs = self.layer.channels, self.inputs[0] * self.layer.kernel**2
        return units * (inputs + len(_NORM) * (self.norm is not None) + self.biased)

    @property
    def patches(self) -> Patches | None:
        """How images become inputs of a convolution; None for a dense layer."""
        if isinstance(self.layer, Dense):
            return None
        side, stride = self.layer.kernel, self.layer.stride
        channels, height, width = self.inputs
        edge = side // 2
        return Patches((channels, height, width), (side, side), (stride, stride), padding=(edge, edge))

    def folded(self, parameters: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray | None]:
        """Weights (row, col) and biases (col,) in float64, with the normalisation in them; None without biases."""
        weight = np.asarray(parameters[f"{self.name}.weight"], float)
        weight = weight.reshape(len(weight), -1)
        bias = np.asarray(parameters.get(f"{self.name}.bias", np.zeros(len(weight))), float)
        if self.norm is not None:
            own = {key: np.asarray(parameters[f"{self.norm_name}.{key}"], float) for key in _NORM}
            factor = own["scale"] / np.sqrt(own["variance"] + self.norm.epsilon)
            weight, bias = weight * factor[:, None], (bias - own["mean"]) * factor + own["shift"]
        return weight.T, bias if self.biased else None

    def unfolded(self, matrix: np.ndarray, parameters: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """Parameters of the layers that make what a matrix (row, col) makes, whose last row is the bias."""
        old = parameters[f"{self.name}.weight"]
        rows = matrix[:-1] if self.biased else matrix
        new = {f"{self.name}.weight": rows.T.reshape(old.shape)}
        if self.norm is not None:
            ones = np.ones(len(old))
            values = (ones, matrix[-1], 0 * ones, ones - self.norm.epsilon)
            new |= {f"{self.norm_name}.{key}": value for key, value in zip(_NORM, values, strict=True)}
        if f"{self.name}.bias" in parameters:
            new[f"{self.name}.bias"] = matrix[-1] if self.norm is None else 0 * matrix[-1]
        return {key: np.ascontiguousarray(value, old.dtype) for key, value in new.items()}


def weighted_layers(chain: Chain, inputs: Shape, above: str = "") -> Iterator[Weighted]:
    """The layers with weights, in order, those inside residual blocks in their place."""
    places = list(chain.shapes(inputs))
    for place, (name, layer, shape) in enumerate(places):
        if isinstance(layer, Residual):
            for path, inner in layer.paths(shape[0]).items():
                yield from weighted_layers(inner, shape, f"{above}{name}.{path}.")
        elif isinstance(layer, Dense | Convolution):
            behind = places[place + 1] if place + 1 < len(places) else ("", None, ())
            norm = behind[1] if isinstance(behind[1], BatchNorm) else None
            yield Weighted(above + name, layer, above + behind[0] if norm else "", norm, shape)
