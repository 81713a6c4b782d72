"""Arithmetic of two values, or of a value and a constant, and batch normalisation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from memsim.errors import InputError
from memsim.exchange.operators.operator import Operator, Shape

ARITHMETIC: Mapping[str, Callable[[Any, Any], Any]] = {
    "Add": np.add,
    "Sub": np.subtract,
    "Mul": np.multiply,
    "Div": np.divide,
    "Max": np.maximum,
    "Min": np.minimum,
    "Pow": np.power,
}
"""Arithmetic by the name of the operator in ONNX."""


def _broadcast(kind: str, first: Shape, second: Shape) -> Shape:
    try:
        return np.broadcast_shapes(first, second)
    except ValueError:
        raise InputError(f"{kind}: the shapes {list(first)} and {list(second)} do not fit to each other") from None


@dataclass(frozen=True)
class Binary(Operator):
    """Arithmetic of two values of the network."""

    kind: ClassVar[str] = "arithmetic"
    function: str

    def shape(self, *shapes: Shape) -> Shape:
        if len(shapes[0]) != len(shapes[1]):
            text = " and ".join(str(list(one)) for one in shapes)
            raise InputError(f"{self.function}: samples have the shapes {text}; allowed: as many axes in both")
        return _broadcast(self.function, shapes[0], shapes[1])

    def outputs(self, *values: np.ndarray) -> np.ndarray:
        result: np.ndarray = ARITHMETIC[self.function](values[0], values[1])
        return result


@dataclass(frozen=True, eq=False)
class WithConstant(Operator):
    """Arithmetic of a value and a constant, which is the first of both if `first` is true.

    Attributes
    ----------
    constant : ndarray
        Broadcasts against one sample.
    """

    kind: ClassVar[str] = "arithmetic"
    function: str
    constant: np.ndarray
    first: bool = False

    def shape(self, *shapes: Shape) -> Shape:
        if self.constant.ndim > len(shapes[0]):
            raise InputError(
                f"{self.function}: a constant of shape {list(self.constant.shape)} does not fit to samples of shape "
                f"{list(shapes[0])}"
            )
        return _broadcast(self.function, shapes[0], self.constant.shape)

    def outputs(self, *values: np.ndarray) -> np.ndarray:
        pair = values[0], self.constant.astype(values[0].dtype)
        result: np.ndarray = ARITHMETIC[self.function](*(reversed(pair) if self.first else pair))
        return result


@dataclass(frozen=True, eq=False)
class BatchNorm(Operator):
    """scale (x - mean)/sqrt(variance + epsilon) + shift of each channel, the first axis of a sample.

    Attributes
    ----------
    scale, shift, mean, variance : (channel,)
    epsilon : float
    """

    kind: ClassVar[str] = "BatchNormalization"
    scale: np.ndarray
    shift: np.ndarray
    mean: np.ndarray
    variance: np.ndarray
    epsilon: float = 1e-5

    @property
    def factor(self) -> np.ndarray:
        """Factor of each channel, float64."""
        factor: np.ndarray = self.scale / np.sqrt(self.variance.astype(float) + self.epsilon)
        return factor

    @property
    def offset(self) -> np.ndarray:
        """What is added to each channel after the factor, float64."""
        return self.shift - self.factor * self.mean

    def shape(self, *shapes: Shape) -> Shape:
        if not shapes[0] or shapes[0][0] != len(self.scale):
            raise InputError(
                f"{self.kind}: the input of a sample has the shape {list(shapes[0])}; allowed: [{len(self.scale)}, ...]"
            )
        return shapes[0]

    def outputs(self, *values: np.ndarray) -> np.ndarray:
        x = values[0]
        wide = (slice(None), *[None] * (x.ndim - 2))
        result: np.ndarray = x * self.factor[wide].astype(x.dtype) + self.offset[wide].astype(x.dtype)
        return result
