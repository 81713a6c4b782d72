"""Convolutions as products: the pixels under a kernel, at every position of it, are the inputs of one read."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from memsim.errors import InputError
from memsim.philox import MAX_POSITIONS

_BLOCK = 1 << 18
"""Numbers that are gathered at once: 1 MiB in float32, about the cache of a core."""


@dataclass(frozen=True)
class Patches:
    """The patches of images under the positions of a kernel, in the order (y, x); rows are (channel, y, x) in a patch.

    Attributes
    ----------
    image : (int, int, int)
        Channels, height and width of an image.
    kernel : (int, int)
        Height and width of the kernel.
    stride : (int, int)
        Pixels between neighbouring positions, down and along.
    padding : (int, int)
        Zeros that surround the image: above and below it, and on its left and right.
    dilation : (int, int)
        Pixels between neighbouring elements of the kernel, down and along.

    Raises
    ------
    InputError
        If a number is not allowed, the kernel does not fit into the padded image, or it has more positions than random
        addresses.
    """

    image: tuple[int, int, int]
    kernel: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int] = (0, 0)
    dilation: tuple[int, int] = (1, 1)

    def __post_init__(self) -> None:
        for name, axes, least in (
            ("image", 3, 1),
            ("kernel", 2, 1),
            ("stride", 2, 1),
            ("padding", 2, 0),
            ("dilation", 2, 1),
        ):
            value = getattr(self, name)
            if len(value) != axes or any(int(size) != size or size < least for size in value):
                raise InputError(f"{name}: {value!r} is not allowed; {axes} whole numbers of at least {least}")
        if min(self.grid) < 1:
            raise InputError(f"kernel: {self.kernel} does not fit into the image {self.image[1:]} with its padding")
        if self.positions > MAX_POSITIONS:
            raise InputError(
                f"image: the kernel has {self.positions} positions; at most {MAX_POSITIONS} can be addressed"
            )

    @property
    def grid(self) -> tuple[int, int]:
        """Positions of the kernel, down and along."""
        down, along = (
            (size + 2 * edge - step * (side - 1) - 1) // stride + 1
            for size, side, stride, edge, step in zip(
                self.image[1:], self.kernel, self.stride, self.padding, self.dilation, strict=True
            )
        )
        return down, along

    @property
    def positions(self) -> int:
        """Number of patches of an image."""
        return math.prod(self.grid)

    @property
    def rows(self) -> int:
        """Pixels of a patch, all channels together."""
        return self.image[0] * math.prod(self.kernel)

    def unfold(self, images: np.ndarray, patches: np.ndarray) -> None:
        """Write the patches of images into the first rows of an array.

        Parameters
        ----------
        images : (sample, channel, y, x)
            The images.
        patches : (sample, patch, row)
            Receives them.
        """
        padded, samples = self._padded(images), len(images)
        gathered = padded[:0, 0, 0, 0]  # of the library of the images
        (height, width), offsets = self.grid, math.prod(self.kernel)
        lines = max(1, _BLOCK // max(1, self.rows * width * samples))
        for first in range(0, height, lines):
            last = min(first + lines, height)
            windows = np.empty_like(gathered, shape=(self.image[0], offsets, last - first, width, samples))
            for offset in range(offsets):
                windows[:, offset] = padded[:, *self._under(offset, first, last)]
            part = slice(first * width, last * width)
            patches[:, part, : self.rows] = windows.reshape(self.rows, -1, samples).transpose(2, 1, 0)

    def _padded(self, images: np.ndarray) -> np.ndarray:
        """The images, (channel, y, x, sample), with zeros around them."""
        inner, (above, left) = np.moveaxis(images, 0, -1), self.padding
        if not above and not left:
            return inner
        channels, height, width = self.image
        padded = np.zeros_like(images, order="C", shape=(channels, height + 2 * above, width + 2 * left, len(images)))
        padded[:, above : above + height, left : left + width] = inner
        return padded

    def _under(self, offset: int, first: int, last: int) -> tuple[slice, slice]:
        """The pixels of a padded image under an element of the kernel, for the lines `first` to `last` of positions."""
        down, along = (step * place for step, place in zip(self.dilation, divmod(offset, self.kernel[1]), strict=True))
        (high, wide), width = self.stride, self.grid[1]
        lines = slice(down + high * first, down + high * (last - 1) + 1, high)
        return lines, slice(along, along + wide * (width - 1) + 1, wide)
