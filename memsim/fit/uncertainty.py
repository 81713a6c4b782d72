"""Intervals of fitted numbers: from the curvature of the log-likelihood, or along its ridge where it is no parabola."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from memsim.fit.optimise import assemble, directions, maximise, slopes
from memsim.fit.problem import Problem

Z95 = 1.959963984540054
_DROP = Z95**2 / 2
"""Fall of the log-likelihood at the ends of a 95 % interval of one number."""
_SHARE = 0.2  # of a standard error: width of second differences


def information(problem: Problem, theta: np.ndarray) -> np.ndarray:
    """Observed information: minus the second derivatives of the log-likelihood by theta (parameter, parameter)."""
    score = slopes(problem, theta)
    device = problem.device_of
    groups = directions(problem)
    count = len(groups)
    rough = np.sqrt((score**2).sum(1))
    width = np.clip(_SHARE / np.maximum(rough, 1e-9), 1e-4, 0.1)
    pairs = [(i, j) for i in range(count) for j in range(i, count)]
    trials = np.repeat(theta[None], 1 + 2 * count + 2 * len(pairs), axis=0)
    for i, group in enumerate(groups):
        trials[1 + 2 * i, group] += width[i]
        trials[2 + 2 * i, group] -= width[i]
    offset = 1 + 2 * count
    for n, (i, j) in enumerate(pairs):
        for at, sign in ((offset + 2 * n, 1.0), (offset + 2 * n + 1, -1.0)):
            trials[at, groups[i]] += sign * width[i]
            trials[at, groups[j]] += sign * width[j]
    blocks = np.zeros((problem.devices, count, count))
    scores = problem.scores(trials)
    for d in range(problem.devices):
        f = scores[:, device == d].sum(1)
        for n, (i, j) in enumerate(pairs):
            both = f[offset + 2 * n] + f[offset + 2 * n + 1]
            single = f[1 + 2 * i] + f[2 + 2 * i] + f[1 + 2 * j] + f[2 + 2 * j]
            blocks[d, i, j] = blocks[d, j, i] = -(both - single + 2 * f[0]) / (2 * width[i] * width[j])
    return assemble(problem, blocks) + problem.tie_slope(theta)[1]


def covariance(problem: Problem, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Covariance of theta (parameter, parameter), and which elements it covers: the free ones away from their limits.

    Where the curvature is not that of a maximum, directions without curvature get none of the information: their
    variance is large.
    """
    low, high = problem.limits
    margin = 1e-3
    inner = problem.free & (theta > low + margin) & (theta < high - margin)
    at = np.flatnonzero(inner)
    values, vectors = np.linalg.eigh(information(problem, theta)[np.ix_(at, at)])
    values = np.maximum(values, 1e-4)
    whole = np.zeros((len(theta), len(theta)))
    whole[np.ix_(at, at)] = (vectors / values) @ vectors.T
    return whole, inner


def ridge_interval(
    problem: Problem, theta: np.ndarray, index: int, quantity: Callable[[np.ndarray], float] | None = None
) -> tuple[float, float]:
    """Ends between which the likelihood, maximised over all else, stays within 95 % of its maximum.

    Returns
    -------
    tuple of float
        Values of ``theta[index]``, or of `quantity` at the maximum there; a limit of the search is minus or plus infinity.
    """
    low, high = problem.limits
    top = problem.value(theta)
    ends = []
    for sign, limit in ((-1.0, low[index]), (1.0, high[index])):
        inside, at, width = theta[index], theta.copy(), 0.3
        outside = None
        for _ in range(40):
            target = inside + sign * width if outside is None else (inside + outside) / 2
            stop = outside is None and (limit - target) * sign <= 0
            target = limit if stop else target
            start = at.copy()
            start[index] = target
            found = maximise(_held(problem, index), start, most=25)
            if top - found.value < _DROP:
                inside, at = target, found.theta
                if stop:
                    break
                width *= 1.7
            else:
                outside = target
            if outside is not None and abs(outside - inside) < 0.01:
                break
        reached = outside is not None
        end = quantity(at) if quantity is not None else inside
        ends.append(end if reached else sign * np.inf)
    return ends[0], ends[1]


class _Held(Problem):
    """A problem with one more element of theta held where it is."""

    held: int

    @property
    def free(self) -> np.ndarray:
        free = super().free
        free[self.held] = False
        return free


def _held(problem: Problem, index: int) -> Problem:
    held = _Held(**{name: getattr(problem, name) for name in problem.__dataclass_fields__})
    object.__setattr__(held, "held", index)
    return held


def interval(value: float, error: float, positive: bool) -> tuple[float, float]:
    """95 % interval of a natural value from the standard error on its search scale."""
    if positive:
        with np.errstate(over="ignore"):
            return float(value * np.exp(-Z95 * error)), float(value * np.exp(Z95 * error))
    return value - Z95 * error, value + Z95 * error


