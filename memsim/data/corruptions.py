"""Corruptions of images, addressed: the field of an image depends on seed, image and corruption only."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from memsim.kernels.fill import fill
from memsim.philox import Stream

# Counter word c2 of each corruption's random field; also its read index. Never renumbered.
CORRUPTIONS = {"gaussian": 0}


def corrupt(kind: str, images: np.ndarray, levels: Sequence[float], *, seed: int, first_image: int = 0) -> np.ndarray:
    """Corrupted copies of images, (image, level, pixel), float32 in [0, 1].

    ``gaussian``: clip(x + s N, 0, 1) with one field N of standard normal numbers an image, scaled by every level s.

    Parameters
    ----------
    kind : {"gaussian"}
        The corruption.
    images : (image, pixel)
        Grey levels in [0, 1].
    levels : sequence of float
        Severities s, dimensionless.
    seed : int
        Key of the field.
    first_image : int
        Address of the first image, for sets that are processed in parts.
    """
    images = np.asarray(images, np.float32)
    field = fill(
        "normal",
        (len(images), 1, images.shape[1]),
        seed=seed,
        stream=Stream.CORRUPTION,
        step=CORRUPTIONS[kind],
        first_array=first_image,
    )
    severity = np.asarray(levels, np.float32)[:, None]
    noisy = severity * field
    noisy += images[:, None, :]
    return np.clip(noisy, 0.0, 1.0, out=noisy)
