"""95 % intervals of means over images and over seeds; docs/intervals.md says how often each holds the true mean.

- `seed_interval`: Student's t, corrected for skewness; a closed form.
- `student_interval`: Student's t without a correction, for differences of pairs.
- `welch_interval`: differences of the means of two independent groups.
- `bootstrap`: bootstrap-t; the same correction for fewer images than it needs.
- `interval_of_function`: the same for ratios, differences and other smooth functions of means.
- `share_interval`: shares of right or wrong reads, by the beta distribution.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from memsim.kernels.fill import fill
from memsim.metrics.quantiles import beta_quantile, student_quantile
from memsim.philox import Stream
from memsim.tasks.variable import Variable

Interval = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Mean, lower end and upper end."""

RESAMPLES = 2000
FEWEST = 10
"""Images from which on the bootstrap-t is used. Of fewer, resamples of nearly equal values decide its ends."""
_TAIL = 0.025
_NORMAL = 1.959963984540054  # quantile 0.975 of the normal distribution
_BLOCK = 1 << 22
_COVERAGE_OF_MEDIANS = ((50, 94), (5, 93), (4, 87), (3, 74), (2, 49))  # fewest images, percent
_NEARLY_EQUAL = 1e-2
"""Variance of a resample over that of all values under which it says nothing about the spread, assumed."""
_LARGEST_EFFECTIVE = 1e5


def seed_interval(values: np.ndarray, axis: int = -1, bounds: tuple[float, float] = (-np.inf, np.inf)) -> Interval:
    """Mean over an axis of independent values and its 95 % interval: (mean, low, high).

    Parameters
    ----------
    values : (..., seed, ...)
        One value a seed.
    axis : int
        The axis of the seeds.
    bounds : (float, float)
        Bounds of the quantity; the interval is cut to them.

    Returns
    -------
    tuple of ndarray
        The ends are NaN for one value, and where values are not finite. Equal values have an interval of no width.

    Notes
    -----
    With n values, skewness g and T = (mean - true mean) / standard error, the transformed
    T + g T^2 / (3 sqrt(n)) + g^2 T^3 / (27 n) + g / (6 sqrt(n)) is nearly free of skewness. It is set equal to the
    quantiles of Student's t, where the source has normal ones. Two values have no skewness: Student's interval.
    Source: Hall, On the removal of skewness by transformation, J. R. Statist. Soc. B 54 (1992) 221.
    """
    values = np.moveaxis(np.asarray(values, float), axis, 0)
    mean, low, high = _skewness_corrected(values)
    return mean, np.clip(low, *bounds), np.clip(high, *bounds)


def student_interval(values: np.ndarray, bounds: tuple[float, float] = (-np.inf, np.inf)) -> Interval:
    """Mean over the first axis of independent differences of pairs and its 95 % interval: (mean, low, high).

    Parameters
    ----------
    values : (seed, ...)
        One difference a seed.
    bounds : (float, float)
        Bounds of the differences; the interval is cut to them.

    Returns
    -------
    tuple of ndarray
        The ends are NaN for one value, and where values are not finite. Equal values have an interval of no width.

    Notes
    -----
    The interval of the paired t-test. Source: Student, The probable error of a mean, Biometrika 6 (1908) 1.
    """
    values = np.asarray(values, float)
    mean = values.mean(0)
    if len(values) < 2:
        return mean, np.full(mean.shape, np.nan), np.full(mean.shape, np.nan)
    deviations, scale = _deviations(values, mean)
    error = scale * np.sqrt((deviations**2).sum(0) / (len(values) * (len(values) - 1)))
    half = np.where(np.isfinite(values).all(0), student_quantile(len(values) - 1) * error, np.nan)
    return mean, np.clip(mean - half, *bounds), np.clip(mean + half, *bounds)


def welch_interval(first: np.ndarray, second: np.ndarray, bounds: tuple[float, float] = (-np.inf, np.inf)) -> Interval:
    """Difference of the means of two independent groups, second minus first, and its 95 % interval: (mean, low, high).

    Parameters
    ----------
    first, second : (seed, ...)
        One value a seed; the groups may differ in number and in variance.
    bounds : (float, float)
        Bounds of the difference; the interval is cut to them.

    Returns
    -------
    tuple of ndarray
        The ends are NaN where a group has one value, or one that is not finite. Where the values of each group are
        equal, the interval has no width.

    Notes
    -----
    Student's t with (v1 + v2)^2 / (v1^2 / (n1 - 1) + v2^2 / (n2 - 1)) degrees of freedom, where v is the squared
    standard error of a mean. Source: Welch, The generalization of 'Student's' problem when several different population
    variances are involved, Biometrika 34 (1947) 28, and Satterthwaite, Biometrics Bulletin 2 (1946) 110.
    """
    groups = [np.asarray(values, float) for values in (first, second)]
    difference = groups[1].mean(0) - groups[0].mean(0)
    if min(map(len, groups)) < 2:
        return difference, np.full(difference.shape, np.nan), np.full(difference.shape, np.nan)
    squares = np.stack([_squared_error(values) for values in groups])
    freedom = np.array([len(values) - 1.0 for values in groups]).reshape(2, *[1] * difference.ndim)
    total = squares.sum(0)
    shares = np.divide(squares, total, out=np.full(squares.shape, 0.5), where=total > 0)
    degrees = 1 / (shares**2 / freedom).sum(0)
    quantiles = np.reshape([student_quantile(float(one)) for one in np.ravel(degrees)], difference.shape)
    known = np.isfinite(groups[0]).all(0) & np.isfinite(groups[1]).all(0)
    half = np.where(known, quantiles * np.sqrt(total), np.nan)
    return difference, np.clip(difference - half, *bounds), np.clip(difference + half, *bounds)


def _squared_error(values: np.ndarray) -> np.ndarray:
    """Squared standard error of the mean over the first axis; 0 where values are not finite."""
    deviations, scale = _deviations(values, values.mean(0))
    return scale**2 * (deviations**2).sum(0) / (len(values) * (len(values) - 1))


def _skewness_corrected(values: np.ndarray) -> Interval:
    """The interval of `seed_interval` over the first axis, without bounds."""
    count = len(values)
    with np.errstate(over="ignore", invalid="ignore"):
        mean = values.mean(0)
    unknown = ~(np.isfinite(values).all(0) & np.isfinite(mean)) if count > 1 else np.ones(mean.shape, bool)
    deviations, scale = _deviations(values, mean)
    variance = (deviations**2).mean(0)
    cubes = (deviations**3).mean(0)
    skewness = np.divide(cubes, variance**1.5, out=np.zeros(mean.shape), where=variance > 0) / np.sqrt(count)
    error = scale * np.sqrt(variance / max(1, count - 1))
    quantile = student_quantile(max(1, count - 1))
    low, high = (np.where(unknown, np.nan, mean - error * _inverse(q, skewness)) for q in (quantile, -quantile))
    return mean, low, high


def _inverse(value: float, skewness: np.ndarray) -> np.ndarray:
    """T of the transformed T of Hall (1992), where skewness is g / sqrt(n)."""
    small = np.abs(skewness) < 1e-6
    a = np.where(small, 1.0, skewness)
    return np.where(small, value, 3 / a * (np.cbrt(1 + a * (value - a / 6)) - 1))


def _deviations(values: np.ndarray, mean: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Deviations from the mean over the largest of them, and that; 0 and 1 where values are equal or not finite."""
    with np.errstate(over="ignore", invalid="ignore"):
        deviations = values - mean
        scale = np.abs(deviations).max(0)
        # The mean of equal values may differ from them by its rounding.
        used = np.isfinite(scale) & (values != values[0]).any(0)
    return np.divide(deviations, scale, out=np.zeros(values.shape), where=used), np.where(used, scale, 1.0)


def share_interval(values: np.ndarray) -> Interval:
    """Mean over the first axis of shares of events and its 95 % interval within [0, 1]: (mean, low, high).

    Parameters
    ----------
    values : (image, ...)
        0 or 1 for every image, or the share of its reads with an event, in [0, 1].

    Returns
    -------
    tuple of ndarray
        The ends are NaN for one image, and where values are not finite.

    Notes
    -----
    Values of 0 and 1 have the interval of Clopper & Pearson, The use of confidence or fiducial limits illustrated in
    the case of the binomial, Biometrika 26 (1934) 404. Others have the same interval with another number of images:
    that for which values of 0 and 1 would have the same variance of the mean, times (1.96 / t)^2 because the variance
    is estimated. Source: Korn & Graubard, Confidence intervals for proportions with small expected number of positive
    counts estimated from survey data, Survey Methodology 24 (1998) 193.

    If all n values are the same c, at most a share q = 1 - 0.025^(1/n) of the images differs from it, by all that the
    bounds allow: (1 - q) c to (1 - q) c + q. For 0 and 1 this is the interval of Clopper and Pearson.
    """
    values = np.asarray(values, float)
    count, shape = len(values), values.shape[1:]
    flat = values.reshape(count, -1)
    mean = flat.mean(0)
    if count < 2:
        return mean.reshape(shape), np.full(shape, np.nan), np.full(shape, np.nan)
    share = np.clip(mean, 0.0, 1.0)
    unequal = (flat != flat[0]).any(0) & np.isfinite(mean)
    binary = ((flat == 0) | (flat == 1)).all(0)
    rare = 1 - _TAIL ** (1 / count)
    low, high = (1 - rare) * share, (1 - rare) * share + rare
    if unequal.any():
        variance = np.where(unequal, flat.var(0, ddof=1), 1.0)
        effective = count * share * (1 - share) / variance * (_NORMAL / student_quantile(count - 1)) ** 2
        effective = np.where(binary, float(count), np.minimum(effective, _LARGEST_EFFECTIVE))
        pairs, places = np.unique(np.stack([share, effective])[:, unequal], axis=1, return_inverse=True)
        events, others = pairs[0] * pairs[1], (1 - pairs[0]) * pairs[1]
        low[unequal] = beta_quantile(_TAIL, events, others + 1)[places.ravel()]
        high[unequal] = beta_quantile(1 - _TAIL, events + 1, others)[places.ravel()]
    return mean.reshape(shape), low.reshape(shape), high.reshape(shape)


def resampled_images(count: int, seed: int, resamples: int = RESAMPLES) -> Iterator[np.ndarray]:
    """Numbers of the images in every resample, in blocks (resample, image).

    Parameters
    ----------
    count : int
        Number of images.
    seed : int
        Key; resamples come from their own stream, so they are the same for all metrics and repeatable.
    resamples : int
        Number of resamples.
    """
    block = max(1, _BLOCK // count)
    for first in range(0, resamples, block):
        size = min(block, resamples - first)
        u = fill("uniform", (1, size, count), seed=seed, stream=Stream.BOOTSTRAP, first_column=first)[0]
        # u is a multiple k of 2^-24 with k from 1 to 2^24, so this integer division is exact and unbiased to 2^-24.
        yield ((u.astype(np.float64) * 2.0**24).astype(np.int64) - 1) * count >> 24


def resampled_counts(count: int, seed: int, resamples: int = RESAMPLES) -> Iterator[np.ndarray]:
    """How often each image is in every resample, in blocks (resample, image) of float64; as for `resampled_images`."""
    for drawn in resampled_images(count, seed, resamples):
        places = drawn + count * np.arange(len(drawn))[:, None]
        yield np.bincount(places.ravel(), minlength=drawn.size).reshape(drawn.shape).astype(float)


def bootstrap(values: np.ndarray, seed: int, resamples: int = RESAMPLES) -> Interval:
    """Mean over the first axis and its 95 % interval from resampled images: (mean, low, high).

    Parameters
    ----------
    values : (image, ...)
        One value an image.
    seed, resamples : int
        As for `resampled_images`.

    Returns
    -------
    tuple of ndarray
        The ends are NaN for one image, and where values are not finite. Equal values have an interval of no width.

    Notes
    -----
    Bootstrap-t: the quantiles of t = (mean of a resample - mean) / standard error of the resample take the place of
    those of Student's t. Source: Efron & Tibshirani, An Introduction to the Bootstrap (1993), section 12.5; compared
    with others by Hesterberg, What teachers should know about the bootstrap, Am. Stat. 69 (2015) 371.

    Resamples of nearly equal values, with a tenth of the standard error or less, have an infinite t. An end
    whose quantile is infinite, and both ends of fewer than 10 images, are those of `seed_interval`.
    """
    values = np.asarray(values, float)
    count, shape = len(values), values.shape[1:]
    flat = values.reshape(count, -1)
    mean, low, high = _skewness_corrected(flat)
    if count >= FEWEST:
        deviations, scale = _deviations(flat, mean)
        powers = np.concatenate([deviations, deviations**2], axis=1).T / count
        moments = [powers @ times.T for times in resampled_counts(count, seed, resamples)]
        differences, squares = np.split(moments[0] if len(moments) == 1 else np.concatenate(moments, axis=1), 2)
        variances = (squares - differences**2) / (count - 1)
        error = np.sqrt((deviations**2).mean(0) / (count - 1))
        below, above = studentised_ends(error, differences, variances, (low - mean) / scale, (high - mean) / scale)
        low, high = mean + scale * below, mean + scale * above
    return mean.reshape(shape), low.reshape(shape), high.reshape(shape)


def interval_of_function(
    columns: np.ndarray, function: Callable[[np.ndarray], np.ndarray], seed: int, resamples: int = RESAMPLES
) -> tuple[float, float, float] | None:
    """A smooth function of means over images and its 95 % interval: (value, low, high).

    For the mean itself it is that of `bootstrap`.

    Parameters
    ----------
    columns : (image, quantity)
        One value of every quantity an image.
    function : callable
        Of the means (quantity, ...); elementwise over the other axes.
    seed, resamples : int
        As for `resampled_images`.

    Returns
    -------
    tuple of float, or None
        None where the function does not move with the means, has no value, or there is one image.

    Notes
    -----
    Standard errors are those of the delta method, of all images and of every resample. Source: Efron & Tibshirani, An
    Introduction to the Bootstrap (1993), section 21.8.
    """
    count, means = len(columns), columns.mean(0)
    if count < 2 or not np.isfinite(columns).all():
        return None
    deviations = columns - means
    # A function may divide by 0.
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return _of_function(means, deviations, function, seed, resamples)


def _of_function(
    means: np.ndarray, deviations: np.ndarray, function: Callable[[np.ndarray], np.ndarray], seed: int, resamples: int
) -> tuple[float, float, float] | None:
    count = len(deviations)
    value, slope = float(function(means)), _slopes(function, means, deviations.std(0) / np.sqrt(count))
    # What each image adds to the value; its mean is 0.
    influence = deviations @ slope
    error = float(np.sqrt((influence**2).mean() / (count - 1)))
    if not (math.isfinite(value) and 0 < error < math.inf):
        return None
    _, low, high = _skewness_corrected(influence)
    if count >= FEWEST:
        parts = []
        for times in resampled_counts(count, seed, resamples):
            moved = deviations.T @ times.T / count
            products = (deviations[:, :, None] * deviations[:, None, :]).reshape(count, -1).T @ times.T / count
            covariance = products.reshape(*slope.shape, *moved.shape) - moved[:, None] * moved
            errors = np.sqrt(np.maximum(covariance[range(len(slope)), range(len(slope))], 0.0) / count)
            slopes = _slopes(function, means[:, None] + moved, errors)
            variance = np.einsum("ar,abr,br->r", slopes, covariance, slopes) / (count - 1)
            parts.append(np.stack([function(means[:, None] + moved) - value, variance]))
        differences, variances = np.concatenate(parts, axis=-1)
        low, high = studentised_ends(np.array(error), differences, variances, low, high)
    return value, value + float(low), value + float(high)


def _slopes(function: Callable[[np.ndarray], np.ndarray], means: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """Slopes of a function of means (quantity, ...), by differences over a fiftieth of their standard errors."""
    slopes = np.zeros(means.shape)
    for k, error in enumerate(errors):
        step = np.zeros(means.shape)
        step[k] = 0.01 * error
        high, low = means + step, means - step
        width = high[k] - low[k]
        change = function(high) - function(low)
        slopes[k] = np.divide(change, width, out=np.zeros(np.shape(width)), where=width > 0)
    return slopes


def studentised_ends(
    error: np.ndarray, differences: np.ndarray, variances: np.ndarray, low: np.ndarray, high: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Ends of bootstrap-t intervals, minus the numbers (...) that they belong to; these lie between the ends.

    Of the t of all resamples, the k-th smallest and largest are taken, k = 0.025 (resamples + 1) rounded down.

    Parameters
    ----------
    error : (...)
        Standard errors of the numbers.
    differences, variances : (..., resample)
        Of every resample, its number minus that of all images, and its squared standard error.
    low, high : (...)
        Ends in the place of those whose quantile is infinite, minus the numbers.
    """
    spread = variances > _NEARLY_EQUAL * (error**2)[..., None]
    t = np.where(spread, differences / np.sqrt(np.where(spread, variances, 1.0)), np.copysign(np.inf, differences))
    count = t.shape[-1]
    k = max(1, int(_TAIL * (count + 1)))
    t.partition((k - 1, count - k), axis=-1)
    below, above = (
        np.where(np.isfinite(quantile), -np.where(np.isfinite(quantile), quantile, 0.0) * error, otherwise)
        for quantile, otherwise in ((t[..., count - k], low), (t[..., k - 1], high))
    )
    return np.minimum(below, 0.0), np.maximum(above, 0.0)


def coverage_of_percentiles(count: int) -> int:
    """How many percent of medians the percentiles 2.5 and 97.5 of their resamples hold, from normal data; at least.

    Measured by benchmarks/interval_coverage.py; the table is in docs/intervals.md.
    """
    return next((percent for least, percent in _COVERAGE_OF_MEDIANS if count >= least), 0)


def over_images(values: np.ndarray, variables: Sequence[Variable], seed: int, resamples: int = RESAMPLES) -> Interval:
    """Means of registered variables over images and their 95 % intervals, (variable, ...) each: (mean, low, high).

    Parameters
    ----------
    values : (image, variable, ...)
        One value an image.
    variables : sequence of Variable
        What they are: yes and no (with flags) have the interval of a share, others that of a mean, cut to their bounds.
    seed, resamples : int
        As for `resampled_images`.
    """
    values = np.asarray(values, float)
    shares = np.array([bool(variable.flags) for variable in variables])
    mean, low, high = np.empty((3, *values.shape[1:]))
    mean[shares], low[shares], high[shares] = share_interval(values[:, shares])
    others = bootstrap(values[:, ~shares], seed, resamples)
    bounds = np.array([variable.bounds for variable in variables])[~shares].T
    least, most = bounds.reshape(2, -1, *[1] * (values.ndim - 2))
    mean[~shares], low[~shares], high[~shares] = others[0], *(np.clip(end, least, most) for end in others[1:])
    return mean, low, high
