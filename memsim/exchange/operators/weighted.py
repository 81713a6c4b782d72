"""Products with trained weights: dense layers and convolutions, in NumPy and as crossbars take them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from memsim.arrays.patches import Patches
from memsim.errors import InputError
from memsim.exchange.operators.operator import Operator, Shape, checked_size

_GATHERED = 1 << 24
"""Numbers of patches that are gathered at once."""


@dataclass(frozen=True, eq=False)
class Weighted(Operator):
    """A layer with weights, which a crossbar can compute.

    Attributes
    ----------
    weight : ndarray
        (row, col) of a dense layer, (filter, channel of the group, ...) of a convolution.
    bias : (col,) or None
        Added to the outputs.
    """

    weight: np.ndarray
    bias: np.ndarray | None = None

    @property
    def cols(self) -> int:
        """Outputs of a product, all groups together."""
        raise NotImplementedError

    @property
    def matrices(self) -> np.ndarray:
        """The weights as (row, col), or (group, row, col), float64."""
        raise NotImplementedError

    @property
    def bias_matrix(self) -> np.ndarray | None:
        """The bias as (col,), or (group, col), float64; None without one."""
        if self.bias is None:
            return None
        matrices = self.matrices
        return self.bias.astype(float).reshape((*matrices.shape[:-2], matrices.shape[-1]))

    def patches(self, size: Shape) -> Patches | None:
        """How an input becomes rows, of a convolution."""
        return None

    def crossbar_inputs(self, x: np.ndarray) -> np.ndarray:
        """Inputs as a crossbar takes them: (read, row), or padded images (sample, channel, y, x)."""
        raise NotImplementedError

    def shaped(self, y: np.ndarray, x: np.ndarray) -> np.ndarray:
        """Outputs of a crossbar for inputs x with the axes of this layer."""
        raise NotImplementedError

    def reads(self, size: Shape) -> int:
        """Vectors that are multiplied for one sample, without those of patches."""
        return 1

    def beside(self, values: np.ndarray, axes: int) -> np.ndarray:
        """Numbers of outputs (col,) such that they broadcast against outputs with this number of axes."""
        raise NotImplementedError

    def scaled(self, factor: np.ndarray, shift: np.ndarray) -> Self:
        """The layer whose outputs are multiplied by a factor (col,), after which a shift (col,) is added."""
        dtype, bias = self.weight.dtype, 0.0 if self.bias is None else self.bias.astype(float)
        along = factor if self.weight.ndim == 2 else factor.reshape(-1, *[1] * (self.weight.ndim - 1))
        weight = (self.weight.astype(float) * along).astype(dtype)
        return replace(self, weight=weight, bias=(bias * factor + shift).astype(dtype))


@dataclass(frozen=True, eq=False)
class Dense(Weighted):
    """x W + bias of inputs (sample, ..., row), with the weights W (row, col)."""

    kind: ClassVar[str] = "Gemm"

    @property
    def cols(self) -> int:
        return self.weight.shape[1]

    @property
    def matrices(self) -> np.ndarray:
        return self.weight.astype(float)

    def shape(self, *shapes: Shape) -> Shape:
        rows, cols = self.weight.shape
        if not shapes[0] or shapes[0][-1] != rows:
            raise InputError(f"{self.kind}: a sample has the shape {list(shapes[0])}; allowed: [..., {rows}]")
        return (*shapes[0][:-1], cols)

    def outputs(self, *values: np.ndarray) -> np.ndarray:
        y: np.ndarray = values[0] @ self.weight.astype(values[0].dtype, copy=False)
        return y if self.bias is None else y + self.bias.astype(y.dtype)

    def reads(self, size: Shape) -> int:
        return math.prod(size[:-1])

    def crossbar_inputs(self, x: np.ndarray) -> np.ndarray:
        return x.reshape(-1, x.shape[-1])

    def shaped(self, y: np.ndarray, x: np.ndarray) -> np.ndarray:
        return y.reshape(*x.shape[:-1], -1)

    def beside(self, values: np.ndarray, axes: int) -> np.ndarray:
        return values


@dataclass(frozen=True, eq=False)
class Convolution(Weighted):
    """Convolution of images (sample, channel, y, x), or of signals (sample, channel, x).

    Attributes
    ----------
    stride, dilation : tuple of int
        Of each axis of the kernel.
    padding : tuple of (int, int)
        Zeros before and after the input, of each axis.
    groups : int
        Groups of channels, each with weights of its own.
    """

    kind: ClassVar[str] = "Conv"
    stride: tuple[int, ...] = (1, 1)
    padding: tuple[tuple[int, int], ...] = ((0, 0), (0, 0))
    dilation: tuple[int, ...] = (1, 1)
    groups: int = 1

    @property
    def axes(self) -> int:
        """Axes of the kernel."""
        return self.weight.ndim - 2

    @property
    def cols(self) -> int:
        return self.weight.shape[0]

    @property
    def matrices(self) -> np.ndarray:
        filters = len(self.weight)
        grouped = self.weight.astype(float).reshape(self.groups, filters // self.groups, -1).swapaxes(1, 2)
        return grouped if self.groups > 1 else grouped[0]

    def patches(self, size: Shape) -> Patches:
        channels, *kernel = self.weight.shape[1:]
        image = [size + before + after for size, (before, after) in zip(size[1:], self.padding, strict=True)]
        lines = [1] * (2 - self.axes)  # a signal is an image of one line
        return Patches(
            (channels, *lines, *image),
            (*lines, *kernel),
            (*lines, *self.stride),  # type: ignore[arg-type]
            (0, 0),
            (*lines, *self.dilation),  # type: ignore[arg-type]
        )

    def shape(self, *shapes: Shape) -> Shape:
        channels = self.weight.shape[1] * self.groups
        if len(shapes[0]) != self.axes + 1 or shapes[0][0] != channels:
            axes = ", ".join(("y", "x")[2 - self.axes :])
            raise InputError(
                f"{self.kind}: the input of a sample has the shape {list(shapes[0])}; allowed: [{channels}, {axes}]"
            )
        patches = self.patches(shapes[0])
        checked_size(f"{self.kind}, with padding", (self.groups, *patches.image))
        return (self.cols, *patches.grid[2 - self.axes :])

    def outputs(self, *values: np.ndarray) -> np.ndarray:
        x = values[0]
        images, patches = self.crossbar_inputs(x), self.patches(x.shape[1:])
        weight = self.weight.astype(x.dtype, copy=False).reshape(self.groups, self.cols // self.groups, -1)
        y = np.empty((len(x), self.cols, *patches.grid), x.dtype)
        at_once = max(1, _GATHERED // (patches.positions * patches.rows))
        grouped = images.reshape(len(x), self.groups, *patches.image)
        for first in range(0, len(x), at_once):
            part = slice(first, first + at_once)
            rows = np.empty((len(x[part]), patches.positions, patches.rows), x.dtype)
            for group, filters in enumerate(weight):
                patches.unfold(grouped[part, group], rows)
                sums = np.swapaxes(rows @ filters.T, 1, 2).reshape(len(rows), -1, *patches.grid)
                y[part, group * len(filters) : (group + 1) * len(filters)] = sums
        if self.bias is not None:
            y += self.bias.astype(x.dtype).reshape(-1, 1, 1)
        return y if self.axes == 2 else y[:, :, 0]

    def crossbar_inputs(self, x: np.ndarray) -> np.ndarray:
        if any(edge for pair in self.padding for edge in pair):
            x = np.pad(x, ((0, 0), (0, 0), *self.padding))
        return x if self.axes == 2 else x[:, :, None]

    def shaped(self, y: np.ndarray, x: np.ndarray) -> np.ndarray:
        return y if self.axes == 2 else y[:, :, 0]

    def beside(self, values: np.ndarray, axes: int) -> np.ndarray:
        return values.reshape(-1, *[1] * (axes - 2))
