"""Metrics of classifiers with many classes, from their outputs (..., image, class) and labels (image,).

Outputs may have any scale; those that are not finite, of a network that diverged, count as wrong and give NaN.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from memsim.metrics.binning import sums
from memsim.metrics.two_columns import EPSILON

BINS = 15
"""Bins of confidence; the number of Guo et al., ICML 2017 (arXiv:1706.04599)."""
CONDITION = 0.1
"""Share of the largest output's magnitude under which the second is too small to divide by, assumed."""
_ROUNDING = 1e-9  # sum of errors that is 0 but for rounding; one image among 100 million is more
_LOG_TEMPERATURE = 30.0  # search range, natural logarithm around the outputs' own scale
_STEPS = 60  # of the search; each leaves .618 of the range


def predicted(outputs: np.ndarray) -> np.ndarray:
    """Class of the largest output, (..., image); -1 where an output is not finite."""
    return np.where(np.isfinite(outputs).all(-1), outputs.argmax(-1), -1)


def margin(outputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Output of the right class minus the largest other one, (..., image); negative where that wins."""
    own, other = _own_and_other(outputs, labels)
    with np.errstate(invalid="ignore"):
        return own - other


def normalised_margin(outputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The margin over the sum of the magnitudes of both outputs, in [-1, 1]; 0 where both are 0."""
    own, other = _own_and_other(outputs, labels)
    with np.errstate(invalid="ignore", over="ignore"):
        total = np.abs(own) + np.abs(other)
        return (own - other) / np.where(total == 0, 1.0, total)


def lead(outputs: np.ndarray) -> np.ndarray:
    """Largest output minus the second, (..., image), whether right or wrong; robust-vision calls it SNR."""
    top, second = _two_largest(outputs)
    with np.errstate(invalid="ignore"):
        return top - second


def top_ratio(outputs: np.ndarray) -> np.ndarray:
    """Largest output over the second + 1e-9, (..., image): the study's SNR for many classes; see `ill_conditioned`."""
    top, second = _two_largest(outputs)
    with np.errstate(invalid="ignore", over="ignore"):
        return top / (second + EPSILON)


def ill_conditioned(outputs: np.ndarray, share: float = CONDITION) -> np.ndarray:
    """Whether `top_ratio` divides by a number that is negative or below a share of the largest output, (..., image)."""
    top, second = _two_largest(outputs)
    return ~(second > share * np.abs(top))


def confusion(guesses: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    """Number of images by true and predicted class, (..., true, predicted), int64; guesses of -1 are in no cell."""
    lead_shape = guesses.shape[:-1]
    flat = guesses.reshape(-1, guesses.shape[-1])
    counts = np.zeros((len(flat), classes * classes), np.int64)
    for row, guess in zip(counts, flat, strict=True):
        known = guess >= 0
        row += np.bincount(labels[known] * classes + guess[known], minlength=classes * classes)
    return counts.reshape(*lead_shape, classes, classes)


def recall(guesses: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    """Share of the images of every class that is recognised, (..., class); NaN for a class without images."""
    found = confusion(guesses, labels, classes).diagonal(axis1=-2, axis2=-1)
    there = np.bincount(labels, minlength=classes)
    return np.divide(found, there, out=np.full(found.shape, np.nan), where=there > 0)


def probabilities(outputs: np.ndarray, temperature: np.ndarray | float = 1.0) -> np.ndarray:
    """Softmax of outputs over a temperature, of the outputs' shape; temperature broadcasts over the leading axes."""
    with np.errstate(invalid="ignore", over="ignore", under="ignore"):
        scaled = outputs / np.asarray(temperature, float)[..., None, None]
        powers = np.exp(scaled - scaled.max(-1, keepdims=True))
        return powers / powers.sum(-1, keepdims=True)


def confidence(outputs: np.ndarray, temperature: np.ndarray | float = 1.0) -> np.ndarray:
    """Largest softmax output, (..., image), of outputs over a temperature; NaN where an output is not finite."""
    return np.where(np.isfinite(outputs).all(-1), probabilities(outputs, temperature).max(-1), np.nan)


def fit_temperature(outputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Temperature with the smallest mean cross-entropy of softmax(outputs / T), (...), to 1e-4 of itself.

    Golden-section search over log T; the loss is convex in 1/T, so it has one minimum in log T. Where all images are
    right with any small T, or no T helps, the end of the search range is given; NaN where outputs are not finite.

    Source: Guo et al., "On calibration of modern neural networks", ICML 2017 (arXiv:1706.04599).
    """
    with np.errstate(invalid="ignore", over="ignore"):
        scale = np.abs(outputs - outputs.mean(-1, keepdims=True)).mean((-2, -1), dtype=float)
    known = np.isfinite(scale)
    centre = np.log(np.where(known & (scale > 0), scale, 1.0))
    ratio = (np.sqrt(5.0) - 1) / 2
    low, high = centre - _LOG_TEMPERATURE / 2, centre + _LOG_TEMPERATURE / 2
    inner, outer = high - ratio * (high - low), low + ratio * (high - low)
    losses = [_cross_entropy(outputs, labels, np.exp(place)) for place in (inner, outer)]
    for _ in range(_STEPS):
        left = losses[0] < losses[1]
        low, high = np.where(left, low, inner), np.where(left, outer, high)
        new = np.where(left, high - ratio * (high - low), low + ratio * (high - low))
        loss = _cross_entropy(outputs, labels, np.exp(new))
        inner, outer, losses = (
            np.where(left, new, outer),
            np.where(left, inner, new),
            [np.where(left, loss, losses[1]), np.where(left, losses[0], loss)],
        )
    return np.where(known, np.exp((low + high) / 2), np.nan)


class Reliability(NamedTuple):
    """Share of the images, their mean confidence and accuracy, by equal bins of confidence, (..., bin) each."""

    share: np.ndarray
    confidence: np.ndarray
    accuracy: np.ndarray


def reliability(confidences: np.ndarray, right: np.ndarray, bins: int = BINS) -> Reliability:
    """How often images are right by how sure the learner is; means of empty bins are NaN.

    Parameters
    ----------
    confidences : (..., image)
        The `confidence` of each image; NaN counts as 0.
    right : (..., image)
        Whether it is recognised.
    bins : int
        Number of equal bins from 0 to 1.
    """
    known = np.where(np.isnan(confidences), 0.0, confidences)
    place = np.minimum((known * bins).astype(np.int64), bins - 1)
    count = sums(place, bins)

    def mean(values: np.ndarray) -> np.ndarray:
        return np.divide(sums(place, bins, values), count, out=np.full(count.shape, np.nan), where=count > 0)

    return Reliability(count / known.shape[-1], mean(known), mean(right))


def calibration_error(found: Reliability) -> np.ndarray:
    """Expected calibration error, (...): mean of |accuracy - confidence| over the images of all bins."""
    gap = np.abs(found.accuracy - found.confidence)
    return (found.share * np.where(found.share > 0, gap, 0.0)).sum(-1)


def corruption_error(error: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Errors summed over noise levels, over those of a reference, (..., type); NaN where that makes none.

    Severity 0 is no noise: it belongs neither to the errors nor to those of the reference.

    Source: Hendrycks & Dietterich, ICLR 2019 (arXiv:1903.12261), section 4.3, where it is a percentage.

    Parameters
    ----------
    error, reference : (..., type, level)
        Shares of wrong images.
    """
    total, base = error.sum(-1), np.broadcast_to(reference.sum(-1), error.shape[:-1])
    return np.divide(total, base, out=np.full(total.shape, np.nan), where=base > _ROUNDING)


def relative_corruption_error(
    error: np.ndarray, clean: np.ndarray, reference: np.ndarray, clean_reference: np.ndarray
) -> np.ndarray:
    """Rise of the error above that on clean images over that of a reference, summed over levels, (..., type).

    NaN where the error of the reference does not rise. Negative where the learner makes fewer errors than on clean
    images.

    Source: Hendrycks & Dietterich, ICLR 2019 (arXiv:1903.12261), section 4.3, where it is a percentage.

    Parameters
    ----------
    error, reference : (..., type, level)
        Shares of wrong images under noise.
    clean, clean_reference : (...)
        Shares of wrong images without noise.
    """
    rise, base = (
        own - np.asarray(start)[..., None, None] for own, start in ((error, clean), (reference, clean_reference))
    )
    return corruption_error(rise, base)


def _own_and_other(outputs: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    wanted = np.arange(outputs.shape[-1]) == labels[:, None]
    places = np.broadcast_to(labels[:, None], (*outputs.shape[:-1], 1))
    return np.take_along_axis(outputs, places, -1)[..., 0], np.where(wanted, -np.inf, outputs).max(-1)


def _two_largest(outputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The two largest outputs; NaN where one is not finite."""
    ordered = np.partition(outputs, -2, axis=-1)
    known = np.isfinite(outputs).all(-1)
    return np.where(known, ordered[..., -1], np.nan), np.where(known, ordered[..., -2], np.nan)


def _cross_entropy(outputs: np.ndarray, labels: np.ndarray, temperature: np.ndarray) -> np.ndarray:
    """Mean over images, (...)."""
    with np.errstate(invalid="ignore", over="ignore", under="ignore"):
        scaled = outputs / temperature[..., None, None]
        top = scaled.max(-1)
        places = np.broadcast_to(labels[:, None], (*outputs.shape[:-1], 1))
        own = np.take_along_axis(scaled, places, -1)[..., 0]
        return (top - own + np.log(np.exp(scaled - top[..., None]).sum(-1))).mean(-1, dtype=float)
