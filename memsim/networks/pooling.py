"""Layers that shrink images: the largest of every 2 x 2 pixels, and the mean of all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from memsim.errors import InputError
from memsim.networks.draws import Address
from memsim.networks.layers import Arrays, Layer, Shape, as_factor
from memsim.networks.losses import array_namespace


@dataclass(frozen=True)
class MaxPool(Layer):
    """Largest of every 2 x 2 pixels; an odd last row or column is left out. The first of equals takes the gradient."""

    kind: ClassVar[str] = "pool"
    apart: ClassVar[bool] = True

    def shape(self, given: Shape) -> Shape:
        channels, height, width = given
        if min(height, width) < 2:
            raise InputError(f"shape: an image of {height} x {width} pixels is left where 2 x 2 are pooled")
        return channels, height // 2, width // 2

    def forward(self, parameters: Mapping[str, Any], x: Any, train: Address | None) -> tuple[Any, Any]:
        xp = array_namespace(x)
        (a, b), (c, d) = ([x[place] for place in row] for row in _places(x.shape))
        top, bottom = xp.maximum(a, b), xp.maximum(c, d)
        # Masks, not indices: they are an eighth of the memory and need no gather.
        return xp.maximum(top, bottom), (x.shape, top >= bottom, a >= b, c >= d)

    def backward(self, cache: Any, dy: Any, inputs: bool = True) -> tuple[Any, Arrays]:
        xp = array_namespace(dy)
        shape, above, *left = cache
        odd = shape[1] % 2 or shape[2] % 2
        dx = (xp.zeros if odd else xp.empty)(shape, dtype=dy.dtype)
        top = dy * as_factor(above, dy)
        for half, first, (west, east) in zip((top, dy - top), left, _places(shape), strict=True):
            part = half * as_factor(first, dy)
            dx[west] = part
            dx[east] = half - part
        return dx, {}


def _places(shape: Shape) -> list[list[Any]]:
    """Slices (row, column) of the four pixels of every window."""
    height, width = (2 * (length // 2) for length in shape[1:3])
    whole = slice(None)
    return [[(whole, slice(i, height, 2), slice(j, width, 2), whole) for j in (0, 1)] for i in (0, 1)]


@dataclass(frozen=True)
class GlobalAveragePool(Layer):
    """Mean of each channel over all pixels."""

    kind: ClassVar[str] = "average"
    apart: ClassVar[bool] = True

    def shape(self, given: Shape) -> Shape:
        return given[:1]

    def forward(self, parameters: Mapping[str, Any], x: Any, train: Address | None) -> tuple[Any, Any]:
        return array_namespace(x).mean(x, axis=(1, 2)), x.shape

    def backward(self, cache: Any, dy: Any, inputs: bool = True) -> tuple[Any, Arrays]:
        share = dy / (cache[1] * cache[2])
        return array_namespace(dy).broadcast_to(share[:, None, None, :], cache), {}
