"""Pooling of images and signals: the largest or the mean of each window, or of a whole axis."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from memsim.errors import InputError
from memsim.exchange.operators.operator import Operator, Shape, checked_size, normalised_axis

MAX_WINDOW = 1 << 16
"""Numbers of a window at most."""


@dataclass(frozen=True)
class _Windows(Operator):
    """Windows over the last axes of a sample.

    Attributes
    ----------
    kernel, stride, dilation : tuple of int
        Size of a window, and pixels between windows and between its elements, of each axis.
    padding : tuple of (int, int)
        Pixels before and after the input, of each axis.
    ceil : bool
        Whether a window may begin within the input or its first padding and end behind its last one.
    """

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[tuple[int, int], ...]
    dilation: tuple[int, ...]
    ceil: bool = False

    def shape(self, *shapes: Shape) -> Shape:
        axes = len(self.kernel)
        if len(shapes[0]) != axes + 1:
            raise InputError(
                f"{self.kind}: the input of a sample has the shape {list(shapes[0])}; allowed: a channel and {axes} "
                "axes"
            )
        if math.prod(self.kernel) > MAX_WINDOW:
            raise InputError(f"{self.kind}: a window of {list(self.kernel)}; allowed: at most {MAX_WINDOW} numbers")
        padded = (size + sum(pair) for size, pair in zip(shapes[0][1:], self.padding, strict=True))
        checked_size(f"{self.kind}, with padding", (shapes[0][0], *padded))
        return (shapes[0][0], *(self._count(size, axis) for axis, size in enumerate(shapes[0][1:])))

    def _count(self, size: int, axis: int) -> int:
        """Windows along an axis."""
        step, (before, after) = self.stride[axis], self.padding[axis]
        reach = self.dilation[axis] * (self.kernel[axis] - 1) + 1
        if max(before, after) >= reach:
            raise InputError(f"{self.kind}: a padding of {max(before, after)} is not below the window of {reach}")
        room = size + before + after - reach
        if room < 0:
            raise InputError(f"{self.kind}: a window of {reach} does not fit into {size} numbers with their padding")
        count = (-(-room // step) if self.ceil else room // step) + 1
        return count - 1 if self.ceil and (count - 1) * step >= size + before else count

    def _windows(self, x: np.ndarray, fill: float, inside: float | None = None) -> Iterator[np.ndarray]:
        """The numbers under each element of the window, (sample, channel, ...) each.

        Parameters
        ----------
        x : (sample, channel, ...)
        fill : float
            What lies around the input.
        inside : float, optional
            What lies in the padding, where this differs from what the last windows reach behind it.
        """
        counts = self.shape(x.shape[1:])[1:]
        ends = [
            max(0, (count - 1) * step + dilation * (kernel - 1) + 1 - size - sum(pair))
            for count, step, dilation, kernel, size, pair in zip(
                counts, self.stride, self.dilation, self.kernel, x.shape[2:], self.padding, strict=True
            )
        ]
        around = ((0, 0), (0, 0), *self.padding)
        padded = np.pad(x, around, constant_values=fill if inside is None else inside) if np.any(around) else x
        if any(ends):
            padded = np.pad(padded, ((0, 0), (0, 0), *((0, end) for end in ends)), constant_values=fill)
        for offsets in itertools.product(*map(range, self.kernel)):
            spans = tuple(
                slice(dilation * offset, dilation * offset + step * (count - 1) + 1, step)
                for offset, dilation, step, count in zip(offsets, self.dilation, self.stride, counts, strict=True)
            )
            yield padded[(slice(None), slice(None), *spans)]


@dataclass(frozen=True)
class MaxPool(_Windows):
    """Largest number of each window."""

    kind: ClassVar[str] = "MaxPool"

    def outputs(self, *values: np.ndarray) -> np.ndarray:
        windows = self._windows(values[0], -np.inf)
        result = next(windows).copy()
        for other in windows:
            np.maximum(result, other, out=result)
        return result


@dataclass(frozen=True)
class AveragePool(_Windows):
    """Mean of each window; numbers of the padding count if `count_padding` is true."""

    kind: ClassVar[str] = "AveragePool"
    count_padding: bool = False

    def outputs(self, *values: np.ndarray) -> np.ndarray:
        x = values[0]
        total = sum(self._windows(x, 0.0))
        ones = np.ones((1, x.shape[1], *x.shape[2:]), x.dtype)
        counts = sum(self._windows(ones, 0.0, float(self.count_padding)))
        result: np.ndarray = np.asarray(total / counts)
        return result


@dataclass(frozen=True)
class Reduce(Operator):
    """Mean or largest number along axes of arrays (sample, ...).

    Attributes
    ----------
    function : {"mean", "max"}
    axes : tuple of int, optional
        All but the first two if not given: the pixels.
    keep : bool
        Whether these axes stay, with one number.
    """

    kind: ClassVar[str] = "Reduce"
    function: str = "mean"
    axes: tuple[int, ...] | None = None
    keep: bool = True

    def _along(self, axes: int) -> tuple[int, ...]:
        if self.axes is None:
            return tuple(range(2, axes))
        return tuple(sorted({normalised_axis(self.kind, axis, axes) for axis in self.axes}))

    def shape(self, *shapes: Shape) -> Shape:
        along = self._along(len(shapes[0]) + 1)
        sizes = ((size, place in along) for place, size in enumerate(shapes[0], 1))
        return tuple(1 if gone else size for size, gone in sizes if self.keep or not gone)

    def outputs(self, *values: np.ndarray) -> np.ndarray:
        x = values[0]
        reduce = np.mean if self.function == "mean" else np.max
        result: np.ndarray = np.asarray(reduce(x, axis=self._along(x.ndim), keepdims=self.keep), x.dtype)
        return result
