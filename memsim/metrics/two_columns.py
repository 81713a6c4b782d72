"""Metrics of a two-column recognizer.

The ratio is the published study's; the others do not divide by a number that may vanish.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from memsim.metrics.severities import under_noise

EPSILON = 1e-9
MARK = "†"
"""Sign of a mean of the ratio that has no finite expectation, in tables and figures."""
NO_EXPECTATION = (
    "a mean SNR without finite expectation: the control outputs, by which it divides, have both signs. "
    "Its interval says nothing; the median has an expectation"
)
"""What the sign means."""


def snr(target: np.ndarray, control: np.ndarray) -> np.ndarray:
    """Ratio target / (control + 1e-9), dimensionless, of the inputs' shape.

    Source: "A Systematic Decomposition of Neural Network Robustness" (Y. Akbay, preprint, 2025/2026).
    """
    return np.asarray(target, float) / (np.asarray(control, float) + EPSILON)


def negative_denominator(control: np.ndarray) -> np.ndarray:
    """Whether the ratio's denominator, control + 1e-9, is negative."""
    return np.asarray(control, float) + EPSILON < 0


def normalised_difference(target: np.ndarray, control: np.ndarray) -> np.ndarray:
    """(target - control) / (|target| + |control|) in [-1, 1]; 0 where both outputs are 0."""
    target, control = np.asarray(target, float), np.asarray(control, float)
    total = np.abs(target) + np.abs(control)
    return (target - control) / np.where(total > 0, total, 1.0)


def confidence(target: np.ndarray, control: np.ndarray) -> np.ndarray:
    """Largest softmax probability of the two outputs, in [0.5, 1]."""
    difference = np.abs(np.asarray(target, float) - np.asarray(control, float))
    return 1 / (1 + np.exp(-difference))


def geometric_margin(target: np.ndarray, control: np.ndarray, steepness: np.ndarray, length: np.ndarray) -> np.ndarray:
    """Distance to the decision boundary over the length of the input, dimensionless, at most 1 for a linear map.

    Exact for a linear map; for a network, that of its linearisation at the input.

    Parameters
    ----------
    target, control : (...)
        Outputs on the clean input.
    steepness : (...)
        Length of the gradient of target - control by the input.
    length : (...)
        Length of the input.

    Returns
    -------
    ndarray
        (target - control) / (steepness length); 0 where the denominator is 0.
    """
    scale = np.asarray(steepness, float) * np.asarray(length, float)
    difference = np.asarray(target, float) - np.asarray(control, float)
    return difference / np.where(scale == 0, 1.0, scale)


def degradation(clean: np.ndarray, noisy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How far a metric falls below its clean value: in its own unit (clean - noisy), and as a share of the clean value.

    Parameters
    ----------
    clean : (...)
        The metric on clean images.
    noisy : (..., noise_type, noise_level)
        The metric on corrupted ones.
    """
    start = np.asarray(clean, float)[..., None, None]
    fall = start - noisy
    return fall, np.divide(fall, start, out=np.full(fall.shape, np.nan), where=start != 0)


def area(clean: np.ndarray, noisy: np.ndarray, levels: Sequence[float]) -> np.ndarray:
    """Area under a metric against noise over the width of the curve, by trapezoids: its mean over the noise levels.

    Parameters
    ----------
    clean : (...)
        The metric on clean images, the curve's point at level 0.
    noisy : (..., noise_type, noise_level)
        The metric on corrupted images.
    levels : sequence of float
        Ascending severities; the point at severity 0 is the clean one.

    Returns
    -------
    ndarray
        (..., noise_type); 1 for an accuracy that never falls, the clean value where severity 0 is the only one.
    """
    start = np.broadcast_to(np.asarray(clean, float)[..., None, None], (*noisy.shape[:-1], 1))
    curve = np.concatenate([start, under_noise(noisy, levels)], axis=-1)
    x = np.array([0.0, *under_noise(np.asarray(levels), levels)])
    if len(x) == 1:
        return start[..., 0]
    return ((curve[..., 1:] + curve[..., :-1]) / 2 * np.diff(x)).sum(-1) / x[-1]
