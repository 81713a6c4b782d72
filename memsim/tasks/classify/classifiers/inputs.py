"""How an image becomes the inputs of a crossbar: rows and normalisation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from memsim.results.weights import Kept

_LEAST = 1e-12  # length or spread that is not divided by


@dataclass(frozen=True)
class Inputs:
    """Rows of a crossbar from images.

    =========  =====================================================================================================
    none       the grey levels
    length     the grey levels over the image's Euclidean length; a black image stays 0
    standard   (grey level - mean) / spread; mean of every pixel and one spread of all, over the training images
    =========  =====================================================================================================

    Parameters
    ----------
    normalise : {"none", "length", "standard"}
    mean : (row,)
        Of the training images; 0 where it is not used.
    spread : float
        Root mean square of what is left; 1 where it is not used.
    """

    normalise: str
    mean: np.ndarray
    spread: float

    @classmethod
    def fitted(cls, normalise: str, images: np.ndarray) -> Inputs:
        """Inputs with the mean and spread of training images (image, y, x)."""
        x = images.reshape(len(images), -1)
        if normalise != "standard":
            return cls(normalise, np.zeros(x.shape[1], np.float32), 1.0)
        mean = x.mean(0, dtype=float).astype(np.float32)
        return cls(normalise, mean, max(float(np.sqrt(np.mean((x - mean) ** 2, dtype=float))), _LEAST))

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """What was fitted, by name."""
        return {"mean": self.mean, "spread": np.asarray(self.spread)}

    @classmethod
    def of(cls, normalise: str, kept: Kept, rows: int) -> Inputs:
        """Inputs as they were fitted in an earlier training."""
        return cls(normalise, kept.array("mean", (rows,), np.float32), float(kept.array("spread", ())))

    def rows(self, images: np.ndarray) -> np.ndarray:
        """Rows (..., image, row) from images (..., image, y, x), in units of the read voltage; signed if standard."""
        x = images.reshape(*images.shape[:-2], -1)
        if self.normalise == "length":
            return x / np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), _LEAST).astype(x.dtype)
        return (x - self.mean) / np.float32(self.spread) if self.normalise == "standard" else x

    def slope(self, images: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Gradient by the pixels (seed, image, y, x), given that by the rows (seed, image, row).

        The images are (image, y, x), or (seed, image, y, x).
        """
        x = images.reshape(*images.shape[:-2], -1)
        if self.normalise == "length":
            length = np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), _LEAST)
            unit = x / length
            rows = (rows - unit * (rows * unit).sum(-1, keepdims=True)) / length
        return (rows / self.spread).reshape(*rows.shape[:2], *images.shape[-2:])
