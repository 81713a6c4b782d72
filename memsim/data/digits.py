"""Handwritten digits: 1,797 grey images of 8 x 8 pixels in ten classes, carried in the package.

Every pixel counts the dark ones of a block of 4 x 4 in a bitmap of 32 x 32, so it is a whole number from 0 (paper) to
16 (ink). This is the test set of "Optical Recognition of Handwritten Digits", E. Alpaydin and C. Kaynak, UCI Machine
Learning Repository, 1998, doi:10.24432/C50P49, licensed under CC BY 4.0, as scikit-learn carries it; DIGITS-LICENSE.md,
beside this file, says what was changed.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from memsim.data.pictures import resize_all
from memsim.data.splits import Collection, Pool

INK = 16
"""Largest value of a pixel."""
SHAPE = (8, 8)
"""Rows and columns of an image [pixel]."""

_FILE = Path(__file__).with_name("digits.npz")
_SOURCE = "UCI Optical Recognition of Handwritten Digits, test set, CC BY 4.0, doi:10.24432/C50P49; ink is white"


def load_digits() -> Collection:
    """The digits: in their own shape values/16, in any other 8-bit pictures that are resized."""
    with np.load(_FILE, allow_pickle=False) as file:
        images, labels = file["images"], file["labels"].astype(np.int64)

    def read(numbers: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
        wanted = images[numbers].astype(np.float32) / np.float32(INK)
        if tuple(shape) == SHAPE:
            return wanted
        return resize_all(np.floor(wanted * 255 + np.float32(0.5)).astype(np.uint8), shape)

    return Collection("digits", _SOURCE, tuple("0123456789"), SHAPE, Pool(labels, read))
