"""8-bit images from depth maps: the one path that synthetic scenes and measured LiDAR frames share."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from memsim.errors import DataError, InputError

KITTI_METRE = 256
"""Value of one metre in a 16-bit KITTI depth PNG, in which 0 means no return."""


@dataclass(frozen=True)
class Grey:
    """How depth becomes grey: min(depth, cap)/scale, so far is bright and what gives no return is black.

    The default cap and scale were fitted to the four published Hebbian rows of the study that memsim rebuilds; those
    rows are a calibration of them, not evidence.

    Raises
    ------
    InputError
        Unless 0 < cap <= scale.
    """

    cap: float = 30.0
    """Depth from which on everything is equally bright [m]."""
    scale: float = 65.0
    """Depth that would be white [m]."""

    def __post_init__(self) -> None:
        if not (0 < self.cap <= self.scale and math.isfinite(self.scale)):
            raise InputError(f"grey: cap {self.cap!r} m and scale {self.scale!r} m are not 0 < cap <= scale")

    def __str__(self) -> str:
        return f"grey = min(depth, {self.cap:g} m)/{self.scale:g} m"

    def to_8bit(self, depth: np.ndarray) -> np.ndarray:
        """Grey values 0..255 (uint8) of depths [m], rounded to the nearest; depth 0 (no return) gives 0."""
        grey = np.minimum(np.asarray(depth, np.float32), np.float32(self.cap))
        grey /= np.float32(self.scale)  # in place, as a depth map may have many pixels
        grey *= np.float32(255)
        grey += np.float32(0.5)
        return np.floor(grey, out=grey).astype(np.uint8)


def crop(depth: np.ndarray) -> np.ndarray:
    """The rows of a depth map from the first one that has a return.

    Raises
    ------
    DataError
        If no row has one.
    """
    rows = (depth > 0).any(axis=1)
    if not rows.any():
        raise DataError("no pixel has a return (every depth is 0), so no image can be cut out")
    return depth[rows.argmax() :]


def resize(pixels: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """An 8-bit grey image resampled to `shape` (y, x), bicubic; the aspect ratio is not kept."""
    from PIL import Image  # here, so that programs without images start without Pillow

    return np.asarray(Image.fromarray(pixels).resize((shape[1], shape[0]), Image.Resampling.BICUBIC))


def depth_image(depth: np.ndarray, shape: tuple[int, int], grey: Grey) -> np.ndarray:
    """The 8-bit image (y, x) of a depth map [m]: cropped from the first row with returns, made grey, resized.

    Raises
    ------
    DataError
        If the map has no return at all.
    """
    return resize(grey.to_8bit(crop(depth)), shape)
