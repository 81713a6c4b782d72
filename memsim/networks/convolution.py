"""Convolution of images with a few learned kernels, as products of matrices."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any, ClassVar

from memsim.errors import InputError
from memsim.networks import draws
from memsim.networks.draws import Address
from memsim.networks.layers import Arrays, Layer, Shape, he_bound
from memsim.networks.losses import array_namespace
from memsim.networks.parts import BLOCK, each, split

_SAMPLES = 64  # in a part; a part is what a core works on


@dataclass(frozen=True)
class Convolution(Layer):
    """Square kernels over images with zeros around them: the outputs of stride 1 have the size of the inputs.

    The pixels under every kernel position are gathered, offset by offset and for a few rows of pixels at a time, so
    that they stay in the cache; one product with the kernels (channel out, channel in * offset) gives the outputs.

    Parameters
    ----------
    channels : int
        Channels of the outputs.
    kernel : int
        Side of the kernels in pixels, odd.
    stride : {1, 2}
        Pixels between neighbouring outputs.
    bias : bool
        Whether a number is added per channel; batch normalisation behind it makes that useless.
    gain : float
        See `he_bound`.

    Raises
    ------
    InputError
        If the kernel is even or the stride neither 1 nor 2.
    """

    kind: ClassVar[str] = "convolution"
    channels: int
    kernel: int = 3
    stride: int = 1
    bias: bool = True
    gain: float = 2.0

    def __post_init__(self) -> None:
        if self.kernel < 1 or self.kernel % 2 == 0:
            raise InputError(f"kernel: {self.kernel!r} is not an odd number of pixels")
        if self.stride not in (1, 2):
            raise InputError(f"stride: {self.stride!r} is neither 1 nor 2")

    def shape(self, given: Shape) -> Shape:
        return self.channels, -(-given[1] // self.stride), -(-given[2] // self.stride)

    def operations(self, given: Shape) -> int:
        channels, height, width = self.shape(given)
        return channels * height * width * given[0] * self.kernel**2

    def init(self, given: Shape, address: Address, dtype: str) -> Arrays:
        import numpy as np

        inputs = given[0] * self.kernel**2
        weight = draws.weights(self.channels, inputs, he_bound(inputs, self.gain), address, dtype)
        parameters = {"weight": weight.reshape(self.channels, given[0], self.kernel, self.kernel)}
        return parameters | ({"bias": np.zeros(self.channels, dtype)} if self.bias else {})

    def forward(self, parameters: Mapping[str, Any], x: Any, train: Address | None) -> tuple[Any, Any]:
        xp = array_namespace(x)
        weight = xp.reshape(parameters["weight"], (self.channels, -1))
        padded = self.pad(xp, x)
        y = xp.empty((*self.shape(x.shape), x.shape[3]), dtype=x.dtype)

        def fill(part: slice) -> None:
            for rows, windows in self.blocks(xp, padded[:, :, :, part], y.shape):
                product = xp.matmul(weight, windows)
                if self.bias:
                    product += parameters["bias"][:, None]
                y[:, rows, :, part] = xp.reshape(product, (self.channels, rows.stop - rows.start, y.shape[2], -1))

        each(fill, split(x.shape[3], _SAMPLES), xp)
        return y, (padded, weight)

    def backward(self, cache: Any, dy: Any, inputs: bool = True) -> tuple[Any, Arrays]:
        padded, weight = cache
        xp = array_namespace(dy)
        channels, offsets = padded.shape[0], self.kernel**2
        dx = xp.zeros_like(padded) if inputs else padded

        def collect(part: slice) -> Any:
            slope = xp.zeros_like(weight.T)
            for rows, windows in self.blocks(xp, padded[:, :, :, part], dy.shape):
                own = xp.reshape(dy[:, rows, :, part], (self.channels, -1))
                slope += xp.matmul(windows, own.T)  # with OpenBLAS a third faster than the transposed product
                if inputs:
                    back = xp.matmul(weight.T, own)
                    back = xp.reshape(back, (channels, offsets, rows.stop - rows.start, dy.shape[2], -1))
                    for i, place in enumerate(self._places(rows, dy.shape[2])):
                        dx[(*place, part)] += back[:, i, :, :, :]
            return slope

        slope = reduce(operator.add, each(collect, split(dy.shape[3], _SAMPLES), xp))
        gradients = {"weight": xp.reshape(slope.T, (self.channels, channels, self.kernel, self.kernel))}
        if self.bias:
            gradients["bias"] = xp.sum(dy, axis=(1, 2, 3))
        return self._crop(dx) if inputs else None, gradients

    def pad(self, xp: Any, x: Any) -> Any:
        """The images with half a kernel of zeros around them."""
        edge = self.kernel // 2
        if edge == 0:
            return x
        channels, height, width, samples = x.shape
        padded = xp.zeros((channels, height + 2 * edge, width + 2 * edge, samples), dtype=x.dtype)
        padded[:, edge:-edge, edge:-edge, :] = x
        return padded

    def _crop(self, padded: Any) -> Any:
        edge = self.kernel // 2
        return padded[:, edge:-edge, edge:-edge, :] if edge else padded

    def _places(self, rows: slice, width: int) -> list[Any]:
        """Slices of the padded images that lie under each offset of the kernel, for some rows of outputs."""
        step, whole = self.stride, slice(None)
        down, along = step * (rows.stop - rows.start - 1) + 1, step * (width - 1) + 1
        return [
            (whole, slice(step * rows.start + i, step * rows.start + i + down, step), slice(j, j + along, step))
            for i in range(self.kernel)
            for j in range(self.kernel)
        ]

    def blocks(self, xp: Any, padded: Any, shape: Shape) -> Iterator[tuple[slice, Any]]:
        """Rows of outputs, and the pixels under their kernels, (channel * offset, pixel * sample)."""
        channels, samples, offsets = padded.shape[0], padded.shape[3], self.kernel**2
        _, height, width, _ = shape
        for rows in split(height, max(1, BLOCK // (channels * offsets * width * samples))):
            windows = xp.empty((channels, offsets, rows.stop - rows.start, width, samples), dtype=padded.dtype)
            for i, place in enumerate(self._places(rows, width)):
                windows[:, i, :, :, :] = padded[(*place, slice(None))]
            yield rows, xp.reshape(windows, (channels * offsets, -1))
