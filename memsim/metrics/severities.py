"""Which severities of a corruption are noise: those above 0. Severity 0 is the image itself, a clean value."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def is_noise(levels: Sequence[float] | np.ndarray) -> np.ndarray:
    """Whether a severity changes the image, (noise_level,)."""
    return np.asarray(levels, float) > 0


def under_noise(values: np.ndarray, levels: Sequence[float] | np.ndarray) -> np.ndarray:
    """The values (..., noise_level) at severities above 0, (..., severity above 0)."""
    return values[..., is_noise(levels)]


def mean_under_noise(values: np.ndarray, levels: Sequence[float] | np.ndarray) -> np.ndarray:
    """Mean of values (..., noise_type, noise_level) over types and severities above 0, (...); NaN without these."""
    noisy = under_noise(np.asarray(values, float), levels)
    return noisy.mean(axis=(-2, -1)) if noisy.shape[-1] else np.full(noisy.shape[:-2], np.nan)


def reads_under_noise(values: np.ndarray, levels: Sequence[float] | np.ndarray) -> np.ndarray:
    """The values (..., noise_level) at severities above 0; all of them where severity 0 is the only one."""
    return under_noise(values, levels) if is_noise(levels).any() else values
