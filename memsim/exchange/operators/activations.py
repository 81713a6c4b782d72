"""Functions of single numbers, and the softmax."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from memsim.exchange.operators.operator import Operator, Shape, normalised_axis


def _relu(x: np.ndarray) -> np.ndarray:
    return np.maximum(x, x.dtype.type(0))


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 0.5 * (1 + np.tanh(0.5 * x))


def _softplus(x: np.ndarray) -> np.ndarray:
    return np.logaddexp(x, x.dtype.type(0))


def _erf(x: np.ndarray) -> np.ndarray:
    from scipy.special import erf

    values: np.ndarray = erf(x)
    return values


FUNCTIONS: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "Relu": _relu,
    "Sigmoid": _sigmoid,
    "Tanh": np.tanh,
    "Softplus": _softplus,
    "Erf": _erf,
    "Exp": np.exp,
    "Sqrt": np.sqrt,
    "Abs": np.abs,
    "Neg": np.negative,
}
"""Functions of one number without settings, by the name of the operator in ONNX."""


@dataclass(frozen=True)
class _Elementwise(Operator):
    """A function of each number."""

    def shape(self, *shapes: Shape) -> Shape:
        return shapes[0]


@dataclass(frozen=True)
class Activation(_Elementwise):
    """One of `FUNCTIONS`."""

    kind: ClassVar[str] = "activation"
    function: str

    def outputs(self, *values: np.ndarray) -> np.ndarray:
        return FUNCTIONS[self.function](values[0]).astype(values[0].dtype, copy=False)


@dataclass(frozen=True)
class LeakyRelu(_Elementwise):
    """x where it is above 0, and slope * x elsewhere; with `exponential`, slope * (exp x - 1)."""

    kind: ClassVar[str] = "LeakyRelu"
    slope: float = 0.01
    exponential: bool = False

    def outputs(self, *values: np.ndarray) -> np.ndarray:
        x = values[0]
        low = np.expm1(np.minimum(x, x.dtype.type(0))) if self.exponential else x
        result: np.ndarray = np.where(x > 0, x, x.dtype.type(self.slope) * low)
        return result


@dataclass(frozen=True)
class Clip(_Elementwise):
    """factor * x + shift, cut off at two limits."""

    kind: ClassVar[str] = "Clip"
    low: float = -np.inf
    high: float = np.inf
    factor: float = 1.0
    shift: float = 0.0

    def outputs(self, *values: np.ndarray) -> np.ndarray:
        x = values[0]
        if (self.factor, self.shift) != (1.0, 0.0):
            x = x.dtype.type(self.factor) * x + x.dtype.type(self.shift)
        result: np.ndarray = np.minimum(np.maximum(x, x.dtype.type(self.low)), x.dtype.type(self.high))
        return result


@dataclass(frozen=True)
class Softmax(_Elementwise):
    """exp x over its sum along an axis of arrays (sample, ...), or the logarithm of this; `axes` of them are summed.

    Attributes
    ----------
    axis : int
        First axis of the sum.
    whole : bool
        Whether all later axes are part of the sum, as before version 13 of the operator.
    logarithm : bool
    """

    kind: ClassVar[str] = "Softmax"
    axis: int = -1
    whole: bool = False
    logarithm: bool = False

    def shape(self, *shapes: Shape) -> Shape:
        normalised_axis(self.kind, self.axis, len(shapes[0]) + 1)
        return shapes[0]

    def outputs(self, *values: np.ndarray) -> np.ndarray:
        x = values[0]
        first = normalised_axis(self.kind, self.axis, x.ndim)
        along = tuple(range(first, x.ndim)) if self.whole else (first,)
        shifted = x - x.max(along, keepdims=True)
        powers = np.exp(shifted)
        total = powers.sum(along, keepdims=True)
        result: np.ndarray = shifted - np.log(total) if self.logarithm else powers / total
        return result
