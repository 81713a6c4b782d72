"""Inputs of a convolution as images, whose patches are gathered when they are read."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from memsim.arrays.patches import Patches
from memsim.errors import InputError
from memsim.philox import padded


@dataclass(frozen=True)
class PatchSignal:
    """Images whose patches are the samples of a signal, one after the other; see `matrix`.

    Attributes
    ----------
    images : (array, sample, channel, y, x)
        The images of each array, in units of the read voltage; of NumPy or of the backend's library.
    patches : Patches
        How they become samples.
    bias : float or None
        Voltage of a last row; None without one.
    """

    images: np.ndarray
    patches: Patches
    bias: float | None = None

    @property
    def rows(self) -> int:
        """Rows of a sample, that of the bias included."""
        return self.patches.rows + (self.bias is not None)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(array, sample, row) of the signal, without padding."""
        return len(self.images), self.images.shape[1] * self.patches.positions, self.rows

    @property
    def dtype(self) -> np.dtype:
        """Precision of the images."""
        return self.images.dtype

    def typed(self, dtype: np.dtype) -> PatchSignal:
        """The signal in some precision.

        Raises
        ------
        InputError
            If a value is not finite.
        """
        images = self.images.astype(dtype, copy=False)
        if not np.isfinite(images).all():
            raise InputError("x: contains NaN or infinity; only finite numbers are allowed")
        return dataclasses.replace(self, images=images)

    def converted(self, convert: Callable[[np.ndarray], np.ndarray]) -> PatchSignal:
        """The signal after a function of single elements that keeps 0; it takes and gives (array, sample, element)."""
        images = convert(self.images.reshape(*self.images.shape[:2], -1)).reshape(self.images.shape)
        bias = self.bias
        if bias is not None:
            bias = float(convert(np.full((1, 1, 1), bias, self.dtype))[0, 0, 0])
        return dataclasses.replace(self, images=images, bias=bias)

    def matrix(self) -> np.ndarray:
        """The signal (array, sample, row), padded to whole tiles."""
        arrays, samples, rows = self.shape
        signal = np.empty_like(self.images, order="C", shape=(arrays, samples, padded(rows)))
        signal[:, :, rows:] = 0
        if self.bias is not None:
            signal[:, :, rows - 1] = self.bias
        for images, patches in zip(self.images, signal, strict=True):
            self.patches.unfold(images, patches.reshape(len(images), self.patches.positions, -1))
        return signal

    def surrounded(self) -> np.ndarray:
        """The images with the zeros around them, (array, sample, pixel)."""
        (above, left), (*outer, height, width) = self.patches.padding, self.images.shape
        if not above and not left:
            return np.ascontiguousarray(self.images).reshape(*outer[:2], -1)
        wide = np.zeros((*outer, height + 2 * above, width + 2 * left), self.dtype)
        wide[..., above : above + height, left : left + width] = self.images
        return wide.reshape(*outer[:2], -1)

    def pixels(self) -> tuple[np.ndarray, np.ndarray]:
        """Where the first pixel of each patch lies in an image of `surrounded`, and how far each row is from it.

        Returns
        -------
        (patch,), (row,)
            Numbers of pixels; -1 for the row of the bias.
        """
        (channels, _, _), (tall, wide) = self.patches.image, self.patches.kernel
        height, width = (
            size + 2 * edge for size, edge in zip(self.patches.image[1:], self.patches.padding, strict=True)
        )
        (down, along), (below, beside), (grid_y, grid_x) = self.patches.stride, self.patches.dilation, self.patches.grid
        first = down * width * np.arange(grid_y)[:, None] + along * np.arange(grid_x)
        rows = (
            height * width * np.arange(channels)[:, None, None]
            + below * width * np.arange(tall)[:, None]
            + beside * np.arange(wide)
        ).ravel()
        return first.ravel(), rows if self.bias is None else np.append(rows, -1)
