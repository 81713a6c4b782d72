"""Intervals of fitted numbers: from the curvature of the log-likelihood, or along its ridge where it is no parabola."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from memsim.fit.criteria import DROP95, Z95
from memsim.fit.pulses.derivatives import information
from memsim.fit.pulses.optimise import maximise
from memsim.fit.pulses.problem import Problem

_FARTHEST = 1.0  # first step of the search for an end: a factor of e, or all of a window
_NARROW = 1e-3  # share of an interval's half to which an end is found where the likelihood falls as off a cliff
_TRIES = 20


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
    problem: Problem,
    theta: np.ndarray,
    index: int,
    spread: np.ndarray,
    quantity: Callable[[np.ndarray], float],
    behind: float = 0.0,
) -> tuple[float, float]:
    """Ends between which the likelihood, maximised over all else, stays within 95 % of its maximum.

    Parameters
    ----------
    theta : ndarray
        The maximum.
    index : int
        The element of theta that is moved away from it.
    spread : ndarray
        Covariance of theta, which says where to look first.
    quantity : callable
        What to report of the theta found at an end.
    behind : float
        How far the log-likelihood of this maximum is below that of the highest one.

    Returns
    -------
    tuple of float
        An end is infinite where a limit of the search is reached, or where another parameter is at the limit that
        leaves this one open.
    """
    held = problem.holding(index)
    error = float(np.sqrt(spread[index, index]))
    along = spread[:, index] / spread[index, index] if error > 0 else np.zeros(len(theta))
    first = min(Z95 * error, _FARTHEST) if error > 0 else 0.5
    lower, upper = (_end(held, theta, index, sign * first, along, behind) for sign in (-1.0, 1.0))
    if upper is not None and _is_open(problem, upper, index):
        upper = None
    return -np.inf if lower is None else quantity(lower), np.inf if upper is None else quantity(upper)


def _is_open(problem: Problem, theta: np.ndarray, index: int) -> bool:
    names = [parameter.name for parameter in problem.shared]
    other = problem.shared[index].open_with if index < len(names) else ""
    return bool(other) and theta[names.index(other)] <= problem.limits[0][names.index(other)] + 1e-6


def _end(
    held: Problem, theta: np.ndarray, index: int, away: float, along: np.ndarray, behind: float
) -> np.ndarray | None:
    """Theta of the maximum where one element is held so far away that the likelihood has fallen as far as wanted.

    The ridge is followed outwards from points on it that were found before: a search that begins far off it fails and
    would take a point for outside that is not. None where the ridge reaches a limit of the search before it falls.
    """
    low, high = held.limits
    limit = high[index] if away > 0 else low[index]
    top, wanted = held.value(theta) + behind, np.sqrt(DROP95)
    before, inside, fell = None, theta, float(np.sqrt(behind))
    outside, fell_outside = None, np.inf
    target = theta[index] + away
    for _ in range(_TRIES):
        stop = outside is None and (limit - target) * away <= 0
        target = limit if stop else target
        step = target - inside[index]
        starts = [inside, inside + along * step]
        if before is not None:
            starts.append(inside + (inside - before) * step / (inside[index] - before[index]))
        if outside is not None:
            starts.append(inside + (outside - inside) * step / (outside[index] - inside[index]))
        trials = np.array([np.where(held.free, np.clip(start, low, high), theta) for start in starts])
        trials[:, index] = target
        end = maximise(held, trials[int(np.argmax(held.scores(trials).sum(1)))], most=30)
        drop = float(np.sqrt(max(top - end.value, 0.0)))
        if abs(drop - wanted) < 0.02:
            return end.theta
        if drop < wanted:
            if stop:
                return None
            before, inside, fell = inside, end.theta, drop
        else:
            outside, fell_outside = end.theta, drop
        if outside is None:
            away = inside[index] - theta[index]
            target = theta[index] + away * float(np.clip(wanted / max(drop, 0.05), 1.1, 3.0))
        else:
            if abs(outside[index] - inside[index]) < _NARROW * abs(outside[index] - theta[index]):
                break
            # The root of the fall is nearly linear, unless it is a cliff.
            share = (wanted - fell) / (fell_outside - fell) if fell_outside < 3 * wanted else 0.5
            target = inside[index] + float(np.clip(share, 0.1, 0.9)) * (outside[index] - inside[index])
    return outside
