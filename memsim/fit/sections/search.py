"""Maximum of a log-likelihood of few parameters: several starts, and a check of slope and curvature at the end.

Parameters are scaled so that a change by 1 is large: logarithms of positive numbers, shares of a scale. Intervals
follow the profile likelihood: the other parameters are fitted again at each value of one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from memsim.fit.criteria import DROP95

Negative = Callable[[np.ndarray], float]
"""Minus a log-likelihood, as a function of the parameters."""

Point = Sequence[float] | np.ndarray

_GAIN = 1e-5
"""Expected rise of the log-likelihood below which a search ends; its sampling noise is of order 1."""
_COARSE, _END = 2e-3, 0.02
"""The same along a profile, and how near to a fall of 1.92 its end is."""
_FLAT = 1e-4
"""Curvature below which the data set no limit: the likelihood falls by less than 1e-4 within a unit."""
_ROUGH, _NEAR, _BESIDE = 4, 10.0, 0.3
"""Steps of a first search from each start, for each parameter; how far above the lowest of its ends another is followed
further, and how far from ends that were followed."""
_WIDTH = 1e-5  # of differences in a first search
_TURNS = 60
_STEPS = 40


@dataclass(frozen=True)
class Peak:
    """Where a search ended.

    Attributes
    ----------
    at : ndarray
        Parameters.
    value : float
        Log-likelihood.
    covariance : ndarray
        Inverse of the curvature (parameter, parameter); infinite variances where the data set no limit.
    trouble : str
        Why this is no maximum; empty for a maximum.
    """

    at: np.ndarray
    value: float
    covariance: np.ndarray
    trouble: str = ""


@dataclass(frozen=True)
class _Shape:
    """Slope and curvature of a function at a point, and the widths of the differences."""

    slope: np.ndarray
    curvature: np.ndarray
    held: np.ndarray

    def step(self, damping: float) -> tuple[np.ndarray, float]:
        """Damped Newton step of the free parameters, and the fall that it promises."""
        move = np.zeros(len(self.slope))
        free = np.flatnonzero(~self.held)
        curvature = self.curvature[np.ix_(free, free)]
        # Each parameter in units of its own standard error, so that damping treats all alike.
        unit = 1.0 / np.sqrt(np.maximum(np.abs(np.diag(curvature)), _FLAT))
        values, vectors = np.linalg.eigh(curvature * np.outer(unit, unit))
        along = vectors.T @ (self.slope[free] * unit)
        stiff = np.maximum(np.abs(values), _FLAT)
        move[free] = -unit * (vectors @ (along / (stiff + damping)))
        return move, float(0.5 * (along**2 / stiff).sum())


def highest_peak(negative: Negative, starts: Iterable[Point], low: np.ndarray, high: np.ndarray) -> Peak:
    """The highest maximum that searches from several starts reach.

    Parameters
    ----------
    negative : callable
        Minus the log-likelihood; finite a little beyond the limits too.
    starts : iterable of sequence of float
        Where searches begin.
    low, high : ndarray
        Limits of the parameters (parameter,).
    """
    with threadpool_limits(1):  # threads of BLAS cost more than they save on matrices of a few rows
        return _highest_peak(negative, starts, low, high)


def _highest_peak(negative: Negative, starts: Iterable[Point], low: np.ndarray, high: np.ndarray) -> Peak:
    from scipy.optimize import minimize

    ends: list[tuple[float, int, np.ndarray]] = []
    for start in starts:
        at = np.clip(np.asarray(start, float), low, high)
        limits = list(zip(low, high, strict=True))
        result = minimize(
            negative, at, jac=_slope(negative), method="L-BFGS-B", bounds=limits, options={"maxiter": _ROUGH * len(at)}
        )
        ends.append((float(result.fun), len(ends), np.clip(result.x, low, high)))
    ends = [end for end in sorted(ends) if np.isfinite(end[0])]
    if not ends:
        return Peak(np.zeros(len(low)), -np.inf, np.zeros((len(low), len(low))), "the likelihood is not finite")
    best, least = ends[0][2], ends[0][0]
    followed: list[np.ndarray] = []
    for rough, _, at in ends:
        # An end far above the lowest is no rival, and one beside another leads to the same maximum.
        if rough > ends[0][0] + _NEAR or any(np.abs(at - other).max() < _BESIDE for other in followed):
            continue
        there, value, _ = _descend(negative, at, low, high)
        followed += [at, there]
        if value < least:
            best, least = there, value
    shape = _shape(negative, best, low, high, np.zeros(len(best), bool))
    free = np.flatnonzero(~shape.held)
    values, vectors = np.linalg.eigh(shape.curvature[np.ix_(free, free)])
    # In the parameters' own scale: a slope along a direction without curvature promises much.
    gain = 0.5 * float(((vectors.T @ shape.slope[free]) ** 2 / np.maximum(np.abs(values), _FLAT)).sum())
    trouble = ""
    if gain > 0.05:
        trouble = f"the search stopped where the log-likelihood still rises, by about {gain:.2g}"
    elif (values < -0.05).any():
        trouble = "the search stopped at a saddle of the log-likelihood"
    return Peak(best, -least, _covariance(shape), trouble)


def profile_interval(
    negative: Negative, peak: Peak, index: int, low: np.ndarray, high: np.ndarray
) -> tuple[float, float]:
    """Ends between which the likelihood, maximised over the other parameters, is within 95 % of its maximum.

    An end is infinite where a limit of the search is reached before.
    """
    with threadpool_limits(1):
        lower, upper = (_end(negative, peak, index, sign, low, high) for sign in (-1.0, 1.0))
    return lower, upper


def _end(negative: Negative, peak: Peak, index: int, sign: float, low: np.ndarray, high: np.ndarray) -> float:
    limit = high[index] if sign > 0 else low[index]
    held = np.zeros(len(peak.at), bool)
    held[index] = True

    def fall(start: np.ndarray) -> tuple[np.ndarray, float]:
        """The other parameters fitted from there, and how far the likelihood is below the end of the interval."""
        at, least, _ = _descend(negative, np.clip(start, low, high), low, high, held, _COARSE)
        return at, least + peak.value - DROP95

    error = float(np.sqrt(peak.covariance[index, index]))
    width = min(2.0 * error, 1.0) if error > 0 else 0.5
    inside, below = peak.at, -DROP95
    for _ in range(_STEPS):
        start = inside.copy()
        start[index] += sign * width
        if (start[index] - limit) * sign > 0:
            start[index] = limit
        outside, above = fall(start)
        if above > 0:
            break
        if outside[index] == limit:
            return sign * np.inf
        inside, below, width = outside, above, 1.6 * width
    else:
        return sign * np.inf
    for _ in range(_STEPS):
        share = float(np.clip(-below / (above - below), 0.1, 0.9))
        middle, value = fall(inside + share * (outside - inside))
        if abs(value) < _END or abs(outside[index] - inside[index]) < 1e-6 * width:
            return float(middle[index])
        if value > 0:
            outside, above = middle, value
        else:
            inside, below = middle, value
    return float(outside[index])


def _descend(
    negative: Negative,
    at: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    held: np.ndarray | None = None,
    enough: float = _GAIN,
) -> tuple[np.ndarray, float, bool]:
    """Damped Newton steps to the next minimum: where, the value there, and whether the steps ended."""
    held = np.zeros(len(at), bool) if held is None else held
    value = negative(at)
    damping = 1e-6
    for _ in range(_TURNS):
        shape = _shape(negative, at, low, high, held)
        for _ in range(12):
            move, gain = shape.step(damping)
            if gain < enough:
                return at, value, True
            move *= min(1.0, 2.0 / max(float(np.abs(move).max()), 1e-300))
            trial = np.clip(at + move, low, high)
            trial_value = negative(trial)
            if trial_value < value:
                break
            damping *= 10.0
        else:
            return at, value, False
        at, value = trial, trial_value
        damping = max(damping / 30.0, 1e-9)
    return at, value, False


def _shape(negative: Negative, at: np.ndarray, low: np.ndarray, high: np.ndarray, held: np.ndarray) -> _Shape:
    """Slope and curvature by central differences; parameters at a limit that pushes back are held."""
    count = len(at)
    middle = negative(at)
    width = np.full(count, 1e-3)
    above, below = np.empty(count), np.empty(count)
    for i in range(count):
        for _ in range(3):
            above[i], below[i] = (negative(_moved(at, (i, sign * width[i]))) for sign in (1.0, -1.0))
            second = (above[i] - 2 * middle + below[i]) / width[i] ** 2
            # Differences over a fifth of a standard error are far above rounding and far below the next term.
            better = float(np.clip(0.2 / np.sqrt(max(abs(second), 1e-6)), 1e-9, 0.05))
            if 0.5 < better / width[i] < 2.0:
                break
            width[i] = better
    slope = (above - below) / (2 * width)
    held = held | ((at <= low) & (slope > 0)) | ((at >= high) & (slope < 0))
    curvature = np.zeros((count, count))
    for i in map(int, np.flatnonzero(~held)):
        above[i], below[i] = (negative(_moved(at, (i, sign * width[i]))) for sign in (1.0, -1.0))
        slope[i] = (above[i] - below[i]) / (2 * width[i])
        curvature[i, i] = (above[i] - 2 * middle + below[i]) / width[i] ** 2
    free = [int(i) for i in np.flatnonzero(~held)]
    for n, i in enumerate(free):
        for j in free[:n]:
            both = sum(negative(_moved(at, (i, s * width[i]), (j, s * width[j]))) for s in (1.0, -1.0))
            cross = (both - above[i] - below[i] - above[j] - below[j] + 2 * middle) / (2 * width[i] * width[j])
            curvature[i, j] = curvature[j, i] = cross
    return _Shape(slope, curvature, held)


def _slope(negative: Negative) -> Callable[[np.ndarray], np.ndarray]:
    def slope(at: np.ndarray) -> np.ndarray:
        ends = [[negative(_moved(at, (i, sign * _WIDTH))) for sign in (1.0, -1.0)] for i in range(len(at))]
        return np.array([above - below for above, below in ends]) / (2 * _WIDTH)

    return slope


def _moved(at: np.ndarray, *moves: tuple[int, float]) -> np.ndarray:
    point = at.copy()
    for index, width in moves:
        point[index] += width
    return point


def _covariance(shape: _Shape) -> np.ndarray:
    """Inverse of the curvature of free parameters; 0 for held ones, infinite variances along flat directions."""
    count = len(shape.slope)
    free = np.flatnonzero(~shape.held)
    values, vectors = np.linalg.eigh(shape.curvature[np.ix_(free, free)])
    flat = values < _FLAT
    inverse = np.where(flat, 0.0, 1.0 / np.where(flat, 1.0, values))
    covariance = np.zeros((count, count))
    covariance[np.ix_(free, free)] = (vectors * inverse) @ vectors.T
    open_ended = free[(vectors[:, flat] ** 2 > 1e-4).any(1)]
    covariance[open_ended, open_ended] = np.inf
    return covariance
