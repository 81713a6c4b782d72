"""Operators that arrange numbers and change none: new shapes, axes in another order, values beside each other."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from memsim.errors import InputError
from memsim.exchange.operators.operator import Operator, Shape, normalised_axis


@dataclass(frozen=True)
class Reshape(Operator):
    """The numbers of each sample in another shape."""

    kind: ClassVar[str] = "Reshape"
    to: Shape

    def shape(self, *shapes: Shape) -> Shape:
        if math.prod(shapes[0]) != math.prod(self.to):
            raise InputError(f"{self.kind}: samples of shape {list(shapes[0])} have no shape {list(self.to)}")
        return self.to

    def outputs(self, *values: np.ndarray) -> np.ndarray:
        return values[0].reshape(len(values[0]), *self.to)


@dataclass(frozen=True)
class Transpose(Operator):
    """Axes in another order; the numbers are those of arrays (sample, ...), of which the first stays."""

    kind: ClassVar[str] = "Transpose"
    order: tuple[int, ...]

    def shape(self, *shapes: Shape) -> Shape:
        axes = len(shapes[0]) + 1
        if sorted(self.order) != list(range(axes)) or self.order[0] != 0:
            text = f"the order {list(self.order)} of {axes} axes is not allowed; the first axis counts samples"
            raise InputError(f"{self.kind}: {text}")
        return tuple(shapes[0][axis - 1] for axis in self.order[1:])

    def outputs(self, *values: np.ndarray) -> np.ndarray:
        return np.transpose(values[0], self.order)


@dataclass(frozen=True)
class Concat(Operator):
    """Values one after the other along an axis of arrays (sample, ...)."""

    kind: ClassVar[str] = "Concat"
    axis: int

    def shape(self, *shapes: Shape) -> Shape:
        axis = normalised_axis(self.kind, self.axis, len(shapes[0]) + 1) - 1
        first = shapes[0]
        for other in shapes[1:]:
            if len(other) != len(first) or any(
                a != b for place, (a, b) in enumerate(zip(first, other, strict=True)) if place != axis
            ):
                raise InputError(f"{self.kind}: the shapes {list(first)} and {list(other)} do not fit to each other")
        return (*first[:axis], sum(one[axis] for one in shapes), *first[axis + 1 :])

    def outputs(self, *values: np.ndarray) -> np.ndarray:
        return np.concatenate(values, normalised_axis(self.kind, self.axis, values[0].ndim))


@dataclass(frozen=True)
class Pad(Operator):
    """A number before and after a sample, along each of its axes."""

    kind: ClassVar[str] = "Pad"
    around: tuple[tuple[int, int], ...]
    value: float = 0.0

    def shape(self, *shapes: Shape) -> Shape:
        if len(self.around) != len(shapes[0]) or min(min(pair) for pair in self.around) < 0:
            samples = f"samples of shape {list(shapes[0])}"
            raise InputError(f"{self.kind}: {list(self.around)} around {samples} is not allowed; numbers of at least 0")
        return tuple(size + sum(pair) for size, pair in zip(shapes[0], self.around, strict=True))

    def outputs(self, *values: np.ndarray) -> np.ndarray:
        return np.pad(values[0], ((0, 0), *self.around), constant_values=self.value)
