"""Layers of a network: what each makes of its inputs, and the exact gradients by them and by what it learns.

Inside a network the sample is the last axis: (channel, y, x, sample) or (feature, sample). So the innermost loops of
every layer run over whole batches, and a convolution is one product of matrices. `Network` takes and gives the
sample first. Only functions are used that NumPy 2.0, CuPy 13.4 and the array API standard share; no layer changes an
array that it was given.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from memsim.errors import InputError
from memsim.networks import draws
from memsim.networks.draws import Address
from memsim.networks.losses import array_namespace

Shape = tuple[int, ...]
Arrays = dict[str, Any]


class Layer:
    """What all layers share; one that learns nothing inherits most of it."""

    kind: ClassVar[str]
    apart: ClassVar[bool] = False
    """Whether each channel of the outputs depends on the same channel of the inputs and parameters only."""

    @property
    def count(self) -> int:
        """Numbers that it takes among the layers of a network, see `memsim.networks.draws.Address`."""
        return 1

    def shape(self, given: Shape) -> Shape:
        """Shape of the outputs of one sample, for inputs of the given shape."""
        return given

    def operations(self, given: Shape) -> int:
        """Multiply-accumulate operations for one sample in products with learned weights."""
        return 0

    def init(self, given: Shape, address: Address, dtype: str) -> Arrays:
        """Fresh parameters by name, NumPy arrays."""
        return {}

    def forward(self, parameters: Mapping[str, Any], x: Any, train: Address | None) -> tuple[Any, Any]:
        """Outputs, and what `backward` needs.

        Parameters
        ----------
        parameters : mapping
            As from `init`, in the library of x.
        x : array (..., sample)
            Inputs.
        train : Address or None
            Address of the random numbers of a training step; None evaluates.
        """
        raise NotImplementedError

    def backward(self, cache: Any, dy: Any, inputs: bool = True) -> tuple[Any, Arrays]:
        """Gradients by the inputs, shape of x, and by the parameters; `inputs` False may leave the former None."""
        raise NotImplementedError

    def statistics(self, cache: Any) -> Arrays:
        """New values of the parameters that follow the data instead of a gradient, by name."""
        return {}


def he_bound(inputs: int, gain: float) -> float:
    """Bound of uniform weights whose variance is gain/inputs: gain 2 before a ReLU, 1 otherwise.

    Source: He et al., "Delving deep into rectifiers", ICCV 2015, eq. 10 (doi:10.1109/ICCV.2015.123); they draw normal
    numbers, a uniform one within +-b has the variance b^2/3.
    """
    return math.sqrt(3.0 * gain / inputs)


def zero(xp: Any, like: Any) -> Any:
    """A zero without axes, in the dtype of an array."""
    return xp.zeros((), dtype=like.dtype)


def as_factor(mask: Any, like: Any) -> Any:
    """A mask as ones and zeros of a dtype; NumPy multiplies by them five times as fast as it selects by a mask."""
    return array_namespace(like).asarray(mask, dtype=like.dtype)


@dataclass(frozen=True)
class Dense(Layer):
    """Every unit sums all features: y = W x + b, with `weight` (unit, feature) and `bias` (unit,).

    Parameters
    ----------
    units : int
        Number of outputs.
    gain : float
        See `he_bound`.
    """

    kind: ClassVar[str] = "dense"
    units: int
    gain: float = 2.0

    def shape(self, given: Shape) -> Shape:
        return (self.units,)

    def operations(self, given: Shape) -> int:
        return self.units * given[0]

    def init(self, given: Shape, address: Address, dtype: str) -> Arrays:
        import numpy as np

        weight = draws.weights(self.units, given[0], he_bound(given[0], self.gain), address, dtype)
        return {"weight": weight, "bias": np.zeros(self.units, dtype)}

    def forward(self, parameters: Mapping[str, Any], x: Any, train: Address | None) -> tuple[Any, Any]:
        weight = parameters["weight"]
        return array_namespace(x).matmul(weight, x) + parameters["bias"][:, None], (weight, x)

    def backward(self, cache: Any, dy: Any, inputs: bool = True) -> tuple[Any, Arrays]:
        weight, x = cache
        xp = array_namespace(x)
        gradients = {"weight": xp.matmul(dy, x.T), "bias": xp.sum(dy, axis=1)}
        return xp.matmul(weight.T, dy) if inputs else None, gradients


@dataclass(frozen=True)
class ReLU(Layer):
    """max(x, 0); its slope at 0 is 0."""

    kind: ClassVar[str] = "relu"
    apart: ClassVar[bool] = True

    def forward(self, parameters: Mapping[str, Any], x: Any, train: Address | None) -> tuple[Any, Any]:
        xp = array_namespace(x)
        y = xp.maximum(x, zero(xp, x))
        return y, y

    def backward(self, cache: Any, dy: Any, inputs: bool = True) -> tuple[Any, Arrays]:
        return dy * as_factor(cache > 0, dy), {}


@dataclass(frozen=True)
class Flatten(Layer):
    """All features of a sample in one axis."""

    kind: ClassVar[str] = "flatten"

    def shape(self, given: Shape) -> Shape:
        return (math.prod(given),)

    def forward(self, parameters: Mapping[str, Any], x: Any, train: Address | None) -> tuple[Any, Any]:
        return array_namespace(x).reshape(x, (-1, x.shape[-1])), x.shape

    def backward(self, cache: Any, dy: Any, inputs: bool = True) -> tuple[Any, Arrays]:
        return array_namespace(dy).reshape(dy, cache), {}


@dataclass(frozen=True)
class Dropout(Layer):
    """In training, features are zero with the chance `share`, the others divided by 1 - share.

    Source: Srivastava et al., JMLR 15, 1929 (2014), section 10, in the form that leaves evaluation unscaled.

    Raises
    ------
    InputError
        If the share is not in [0, 1).
    """

    kind: ClassVar[str] = "dropout"
    share: float

    def __post_init__(self) -> None:
        if not 0 <= self.share < 1:
            raise InputError(f"dropout: {self.share!r} is not a number from 0 to below 1")

    def forward(self, parameters: Mapping[str, Any], x: Any, train: Address | None) -> tuple[Any, Any]:
        if train is None or self.share == 0:
            return x, None
        xp = array_namespace(x)
        keep = draws.kept(1.0 - self.share, math.prod(x.shape[:-1]), x.shape[-1], train)
        factor = xp.asarray(keep / (1.0 - self.share), dtype=x.dtype)
        factor = xp.reshape(factor, x.shape)
        return x * factor, factor

    def backward(self, cache: Any, dy: Any, inputs: bool = True) -> tuple[Any, Arrays]:
        return dy if cache is None else dy * cache, {}
