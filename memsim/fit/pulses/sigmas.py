"""The sigmas of a fit, freed of the bias that fitted means cause, by the adjusted profile likelihood.

A maximum of the likelihood attributes part of the noise to the means that it fits with it. With few trains for each
device, windows and steps absorb all of the write noise, and its maximum lies at 0. The adjusted profile likelihood,
l - log det(information of the means)/2, does for any model what n - p does for a regression.

Source: Cox & Reid, J. R. Stat. Soc. B 49, 1 (1987).
"""

from __future__ import annotations

from operator import attrgetter
from typing import NamedTuple

import numpy as np

from memsim.fit.criteria import DROP95, Z95
from memsim.fit.pulses.derivatives import information, outer_products, slopes
from memsim.fit.pulses.optimise import Maximum, maximise
from memsim.fit.pulses.problem import Problem, with_element

_ADJUSTMENTS = 3
_LARGEST_SHIFT = 0.4
"""Largest change of the logarithm of a sigma near a maximum, assumed; with five reads for each mean it is 0.11."""
_FARTHEST = 1.5
"""The same, in standard errors."""
_STRONG_SHIFT = 0.2
"""Change of the logarithm of write noise from which on the whole adjusted likelihood is computed."""
_LEAST_KNOWN = 1.0
"""Information that each mean has by itself: a standard error of a factor of e, or of the span of the reads."""
_AGREE = 4.0
"""Largest ratio of the curvature to the outer products of the scores in any direction that counts, assumed."""
_RATIO = float(np.log(1.5))
_FAR = 5.0
"""Fall of the adjusted likelihood at which the search for write noise ends."""
_NONE = 0.02
"""Change of the adjusted likelihood between two small write noises up to which both count as none."""
_STEPS = 25
_WRITES = 7
_READS = np.linspace(-3.0, 3.0, 5)
"""Points of the grid of adjusted likelihoods: number of write noises; sigmas of a read, in standard errors."""
_FINE = 201
_TRIED = 0.1
_FEWEST = 3.0
"""Least degrees of freedom of the write noise that are assumed for the intervals of means."""


class Sigmas(NamedTuple):
    """Sigmas at the maximum of the adjusted likelihood, and the means that belong to them.

    Attributes
    ----------
    problem : Problem
        The problem in which these sigmas are known.
    theta : ndarray
        Sigmas at the maximum of the adjusted likelihood, means at the maximum of the likelihood with these sigmas.
    value : float
        Adjusted log-likelihood there, which compares kinds of noise of one model.
    intervals : dict
        95 % interval of elements of theta, by index; the lower end is -inf where a sigma may be 0.
    wider : float
        How many times wider the intervals of means are because write noise is uncertain.
    """

    problem: Problem
    theta: np.ndarray
    value: float
    intervals: dict[int, tuple[float, float]]
    wider: float


def near_maximum(problem: Problem, theta: np.ndarray, spread: np.ndarray, inner: np.ndarray) -> np.ndarray:
    """Theta with sigmas of higher adjusted likelihood, where this is a parabola near the maximum of the likelihood.

    The means stay where they are: along a ridge of the likelihood they would move far, and out of their intervals.

    Parameters
    ----------
    spread, inner : ndarray
        Covariance of theta, and which elements it covers.
    """
    noise = np.array(problem.noise)
    noise = noise[inner[noise]]
    if not len(noise):
        return theta
    means = np.setdiff1d(np.flatnonzero(inner), noise)
    low, high = problem.limits
    moved = theta.copy()
    block = spread[np.ix_(noise, noise)]
    errors = np.sqrt(np.diag(block))
    for _ in range(_ADJUSTMENTS):
        pull = np.empty(len(noise))
        for i, index in enumerate(noise):
            logs = []
            for sign in (1.0, -1.0):
                trial = with_element(moved, index, moved[index] + sign * 0.02)
                values = np.linalg.eigvalsh(information(problem, trial)[np.ix_(means, means)])
                logs.append(np.log(np.maximum(values, 1e-4)).sum())
            pull[i] = -0.5 * (logs[0] - logs[1]) / 0.04
        # Near its maximum the likelihood is a parabola. Where a sigma is barely known, a step would be too long.
        target = theta[noise] + block @ pull
        most = np.minimum(errors, _LARGEST_SHIFT / _FARTHEST)
        target = np.clip(target, theta[noise] - 0.5 * most, theta[noise] + _FARTHEST * most)
        done = np.abs(target - moved[noise]).max() < 0.1 * errors.min()
        moved[noise] = target
        if done:
            break
    return np.where(inner, np.clip(moved, low, high), theta)


def well_known(problem: Problem, spread: np.ndarray, inner: np.ndarray) -> bool:
    """Whether the error of the write noise is so small that the means cannot absorb much of it."""
    write = problem.noise[0]
    return bool(inner[write] and _FARTHEST * np.sqrt(spread[write, write]) < _STRONG_SHIFT)


def absorbed(problem: Problem, theta: np.ndarray, moved: np.ndarray) -> bool:
    """Whether fitted means absorb so much of the write noise that the adjusted likelihood is no parabola near theta.

    `moved` is the result of `near_maximum`.
    """
    write = problem.noise[0]
    at_limit = theta[write] <= problem.limits[0][write] + 1e-3
    return bool(at_limit or moved[write] - theta[write] > _STRONG_SHIFT)


def sigmas(problem: Problem, theta: np.ndarray) -> Sigmas:
    """Sigmas at the maximum of the adjusted likelihood, beginning at a maximum of the likelihood.

    The adjusted likelihood is computed on a grid of the sigma of a pulse and that of a read, and interpolated. Of noise
    with a slow part, the grid has only the sigma of a pulse.
    """
    write, read, *slow = problem.noise
    known = (write,) if slow else (write, read)
    held = problem.holding(*known)
    ridge = _ridge(problem, theta)
    offsets = np.zeros(1) if slow else _offsets(problem, max(ridge, key=attrgetter("value")).theta)
    writes, starts = _equally_spaced(problem, ridge)
    reads = np.array([start[read] for start in starts])
    points = [[_point(held, with_element(start, read, start[read] + offset)) for offset in offsets] for start in starts]
    fine, across, surface = _interpolated(writes, offsets, np.array([[p.value for p in row] for row in points]))
    of_read = np.interp(fine, writes, reads)[:, None] + across
    i, k = np.unravel_index(int(np.argmax(surface)), surface.shape)
    near = points[int(np.argmin(np.abs(writes - fine[i])))][int(np.argmin(np.abs(offsets - across[k])))]
    best = near.theta.copy()
    best[write], best[read] = fine[i], best[read] if slow else of_read[i, k]
    inside = surface > surface[i, k] - DROP95
    intervals = {write: _extent(fine[inside.any(1)], fine)}
    if not slow:
        intervals[read] = float(of_read[inside].min()), float(of_read[inside].max())
    best = maximise(held, best).theta
    wider = _wider(max(intervals[write][1] - best[write], 1e-6) / Z95)
    if np.isinf(intervals[write][0]):
        # Write noise may be negligible: then its uncertainty matters as far as means are worse known with more of it.
        more = maximise(held, with_element(best, write, intervals[write][1])).theta
        change = _log_determinant(held, best) - _log_determinant(held, more)
        wider = min(wider, max(float(np.exp(0.5 * change / np.count_nonzero(held.free))), 1.0))
    return Sigmas(held, best, float(surface[i, k]), intervals, wider)


def _interpolated(
    writes: np.ndarray, offsets: np.ndarray, values: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Finely spaced write noises and offsets of the sigma of a read, and a function on a grid at each pair of them."""
    from scipy.interpolate import CubicSpline, RectBivariateSpline

    fine = np.linspace(writes[0], writes[-1], _FINE)
    if len(offsets) == 1:
        return fine, offsets, CubicSpline(writes, values)(fine)
    across = np.linspace(offsets[0], offsets[-1], _FINE)
    return fine, across, RectBivariateSpline(writes, offsets, values)(fine, across)


def highest(problem: Problem, theta: np.ndarray) -> float:
    """Highest adjusted likelihood over the sigma of a pulse, beginning at a maximum of the likelihood."""
    return max(point.value for point in _ridge(problem, theta))


def _wider(error: float) -> float:
    """How many times wider intervals of means are, for the standard error of the logarithm of a sigma."""
    from scipy.special import stdtrit

    # A sigma with n degrees of freedom has this standard error squared = 1/(2 n).
    return float(stdtrit(max(0.5 / error**2, _FEWEST), 0.975)) / Z95


def _extent(values: np.ndarray, searched: np.ndarray) -> tuple[float, float]:
    """Smallest and largest of some of the searched values; -inf where the first one is among them."""
    return (-np.inf if values[0] == searched[0] else float(values[0])), float(values[-1])


def _point(problem: Problem, theta: np.ndarray) -> Maximum:
    """Means at the maximum of the likelihood with the held sigmas, with the adjusted log-likelihood."""
    top = maximise(problem, theta, most=_STEPS)
    held = problem.holding(*problem.noise)
    return Maximum(top.theta, top.value - 0.5 * _log_determinant(held, top.theta))


def _log_determinant(held: Problem, theta: np.ndarray) -> float:
    """Logarithm of the determinant of the information of the means.

    At an edge of the likelihood the curvature is no information. There it counts as far as it agrees with the outer
    products of the scores, which are always positive.
    """
    from scipy.linalg import eigh

    means = np.ix_(np.flatnonzero(held.free), np.flatnonzero(held.free))
    outer = outer_products(held, slopes(held, theta)) + held.tie_slope(theta)[1]
    outer = outer[means] + _LEAST_KNOWN * np.eye(len(means[0]))
    ratios = eigh(information(held, theta)[means], outer, eigvals_only=True)
    return float(np.linalg.slogdet(outer)[1] + np.log(np.clip(ratios, 1 / _AGREE, _AGREE)).sum())


def _ridge(problem: Problem, theta: np.ndarray) -> list[Maximum]:
    """Points of the adjusted likelihood over write noise, the smallest first, all else at the maximum.

    The first point is one of negligible write noise, unless the adjusted likelihood is low there.
    """
    write = problem.noise[0]
    held = problem.holding(write)
    low, high = (limit[write] for limit in problem.limits)
    start = _point(held, theta)
    best = start.value

    def walk(stride: float) -> list[Maximum]:
        nonlocal best
        points = [start]
        while points[-1].value > best - _FAR:
            end = points[-1].theta
            place = float(np.clip(end[write] + stride, low, high))
            if place == end[write]:
                break
            points.append(_point(held, with_element(end, write, place)))
            best = max(best, points[-1].value)
            if abs(points[-1].value - points[-2].value) < _NONE:
                if stride < 0:
                    break
                stride *= 1.5
            else:
                stride = float(np.sign(stride)) * _RATIO
        return points[1:]

    above = walk(_RATIO)
    points = [*walk(-_RATIO)[::-1], start, *above]
    same = [abs(point.value - points[0].value) < _NONE for point in points]
    return points[max(same.index(False) - 1, 0) :] if False in same else points


def _equally_spaced(problem: Problem, ridge: list[Maximum]) -> tuple[np.ndarray, list[np.ndarray]]:
    """Write noises over the range in which the adjusted likelihood is high, and theta for each."""
    write = problem.noise[0]
    at = np.array([point.theta[write] for point in ridge])
    values = np.array([point.value for point in ridge])
    near = np.flatnonzero(values > values.max() - _FAR)
    first, last = max(near[0] - 1, 0), min(near[-1] + 1, len(at) - 1)
    writes = np.linspace(at[first], at[last], _WRITES)
    starts = []
    for place in writes:
        start = with_element(ridge[int(np.argmin(np.abs(at - place)))].theta, write, place)
        starts.append(maximise(problem.holding(write), start, most=_STEPS).theta)
    return writes, starts


def _offsets(problem: Problem, theta: np.ndarray) -> np.ndarray:
    """Distances of the logarithm of the sigma of a read from theta, around its maximum, at which a grid has points."""
    held, read = problem.holding(*problem.noise[:2]), problem.noise[1]
    distances = (-_TRIED, 0.0, _TRIED)
    values = [_point(held, with_element(theta, read, theta[read] + distance)).value for distance in distances]
    slope, curvature = (values[2] - values[0]) / (2 * _TRIED), -(values[2] - 2 * values[1] + values[0]) / _TRIED**2
    error = 1 / np.sqrt(max(curvature, 4.0))
    return float(np.clip(slope * error**2, -1.0, 1.0)) + error * _READS
