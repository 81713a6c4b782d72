"""Maximum of a log-likelihood: a climb by damped scoring, then Newton's method, and a proof that it is a maximum.

The climb solves the outer product of the scores of single reads. At its end gradient and curvature are computed. A
maximum has a Newton step that promises no rise, and no direction in which the likelihood rises.

Source: Levenberg-Marquardt damping and Newton's method with modified eigenvalues, Nocedal & Wright, Numerical
Optimization (2006), chapters 3.4 and 10.3.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from memsim.fit.pulses.derivatives import gradient, information, outer_products, slopes
from memsim.fit.pulses.problem import Problem

_DAMPING = np.array([1e-2, 1e-1, 1.0, 10.0, 100.0])
_ENOUGH = 1e-3
"""Rise of the log-likelihood that ends the climb: far below its sampling noise of order 1."""
_LEFT = 1e-2
"""Rise that a maximum may still promise."""
_SHORT = 0.3
"""Rise that a short step promises."""
_FLAT = 1e-3
"""Eigenvalue of the information, scaled to a diagonal of 1, below which a direction counts as flat."""
_ROUNDS = 20
_FARTHEST = 1.0  # longest step of one parameter: a factor of e, or all of a window
_LENGTHS = (1.0, 0.5, 0.25, 0.1, 0.03)
_PROBES = (-5.0, -1.0, -0.2, -0.04, 0.04, 0.2, 1.0, 5.0)


class Maximum(NamedTuple):
    """Where a search ended.

    Attributes
    ----------
    theta : ndarray
        The parameters.
    value : float
        Log-likelihood with the penalty of `Problem.tie`.
    fault : str
        Why it is not a maximum, empty if it is one, or if this was not examined.
    """

    theta: np.ndarray
    value: float
    fault: str = ""


def maximise(problem: Problem, theta: np.ndarray, most: int = 60, enough: float = _ENOUGH) -> Maximum:
    """The end of a climb to the nearest maximum of the log-likelihood, within the problem's limits.

    Parameters
    ----------
    most : int
        Largest number of steps.
    enough : float
        Rise of the log-likelihood in one step that ends the climb.
    """
    low, high = problem.limits
    theta = problem.inside(theta)
    value = _value(problem, theta)
    damping = 1e-2
    for _ in range(most):
        score = slopes(problem, theta, central=False)
        pull, stiffness = problem.tie_slope(theta)
        slope = gradient(problem, score) + pull
        scoring = outer_products(problem, score) + stiffness
        active = problem.free & ~((theta <= low) & (slope < 0)) & ~((theta >= high) & (slope > 0))
        at = np.flatnonzero(active)
        if not len(at):  # the likelihood rises towards limits alone
            break
        matrix, rhs = scoring[np.ix_(at, at)], slope[at]
        diagonal = np.diag(matrix) + 1e-6 * np.trace(matrix) / max(len(at), 1) + 1e-9
        trials = np.repeat(theta[None], len(_DAMPING), axis=0)
        for i, factor in enumerate(damping * _DAMPING):
            move = np.linalg.solve(matrix + factor * np.diag(diagonal), rhs)
            move *= min(1.0, 2.0 / max(np.abs(move).max(), 1e-12))
            trials[i, at] = np.clip(theta[at] + move, low[at], high[at])
        values = problem.scores(trials).sum(1) + problem.tie(trials)
        best = int(np.nanargmax(values))
        gain = values[best] - value
        if not gain > 0:
            damping *= 1e4
            if damping > 1e8:
                return Maximum(theta, value)
            continue
        theta, value = trials[best], float(values[best])
        damping = float(np.clip(damping * _DAMPING[best] / 0.01, 1e-6, 1e6))
        if gain < enough:
            break
    return Maximum(theta, value)


class Newton(NamedTuple):
    """A step of Newton's method within the limits, and the directions of the curvature.

    Attributes
    ----------
    move : ndarray
        The step (parameter,).
    promised : float
        Rise of the log-likelihood by its second-order expansion.
    modes : ndarray
        Eigenvectors of the curvature (mode, parameter), one standard error long, at most `_FARTHEST`.
    flat : ndarray
        Those of them along which the log-likelihood is flat or curves upwards.
    """

    move: np.ndarray
    promised: float
    modes: np.ndarray
    flat: np.ndarray


def settled(problem: Problem, theta: np.ndarray) -> Maximum:
    """The maximum near theta, with gradient and curvature examined.

    Newton's method goes on from theta until it promises a rise below 0.01. Where the curvature is flat or that of a
    saddle, and where Newton's step promises a rise that it does not reach, the likelihood is computed on both sides
    along the directions of the curvature, and the search goes on from a higher point. The likelihood has edges, where a
    step reaches 0 or a parameter its limit. On an edge a maximum has a slope, but no higher point on any side.
    """
    theta = problem.inside(theta)
    value, curvature = _value(problem, theta), None
    for _ in range(_ROUNDS):
        curvature = information(problem, theta) if curvature is None else curvature
        newton = _newton(problem, theta, curvature)
        trials = [theta + length * newton.move for length in _LENGTHS] if newton.promised > _LEFT else []
        trials += [theta + length * along for along in newton.flat for length in _PROBES]
        if not trials:
            return Maximum(theta, value)
        higher, top = _highest(problem, trials)
        if top <= value + _LEFT and newton.promised > _LEFT:
            higher, top = _highest(problem, [theta + length * along for along in newton.modes for length in _PROBES])
        rise = top - value
        if rise <= _LEFT:
            return Maximum(theta, value)
        # After a short step, of less than a standard error, the curvature is still the same.
        near = newton.promised < _SHORT and np.array_equal(higher, problem.inside(theta + newton.move))
        theta, value, curvature = higher, top, curvature if near else None
        if rise > 1.0:
            climbed = maximise(problem, theta)
            theta, value, curvature = climbed.theta, climbed.value, None
    return Maximum(theta, value, f"the log-likelihood still rises after {_ROUNDS} steps of Newton's method")


def _highest(problem: Problem, trials: list[np.ndarray]) -> tuple[np.ndarray, float]:
    """The theta of the highest log-likelihood among some, moved inside the limits, and that log-likelihood."""
    rows = np.array([problem.inside(trial) for trial in trials])
    values = problem.scores(rows).sum(1) + problem.tie(rows)
    best = int(np.argmax(values))
    return rows[best], float(values[best])


def _value(problem: Problem, theta: np.ndarray) -> float:
    return problem.value(theta) + float(problem.tie(theta[None])[0])


def _newton(problem: Problem, theta: np.ndarray, curvature: np.ndarray) -> Newton:
    """Newton's step at theta from the observed information (parameter, parameter)."""
    low, high = problem.limits
    slope = gradient(problem, slopes(problem, theta)) + problem.tie_slope(theta)[0]
    inner = problem.free & ~((theta <= low) & (slope <= 0)) & ~((theta >= high) & (slope >= 0))
    at = np.flatnonzero(inner)
    matrix = curvature[np.ix_(at, at)]
    values, vectors, unit = _scaled_modes(matrix)
    modes = np.zeros((len(at), len(theta)))
    modes[:, at] = (vectors * unit[:, None] / np.sqrt(np.maximum(np.abs(values), _FLAT))).T
    modes /= np.maximum(np.abs(modes).max(1, keepdims=True) / _FARTHEST, 1.0)
    move = np.zeros(len(theta))
    move[at] = _bounded_step(matrix, slope[at], (low - theta)[at], (high - theta)[at])
    promised = float(slope @ move - 0.5 * move[at] @ matrix @ move[at])
    return Newton(move, promised, modes, modes[values < _FLAT])


def _scaled_modes(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Eigenvalues and eigenvectors of a matrix scaled to a diagonal of about 1, and the scale (parameter,)."""
    unit = 1.0 / np.sqrt(np.maximum(np.abs(np.diag(matrix)), 1e-3))
    return *np.linalg.eigh(matrix * unit * unit[:, None]), unit


def _bounded_step(matrix: np.ndarray, slope: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Step of Newton's method with modified eigenvalues; what would pass a limit stops there, and the rest follows."""
    move = np.zeros(len(slope))
    free = np.ones(len(slope), bool)
    while free.any():
        rest = np.flatnonzero(free)
        values, vectors, unit = _scaled_modes(matrix[np.ix_(rest, rest)])
        along = vectors.T @ (unit * (slope[rest] - matrix[rest][:, ~free] @ move[~free]))
        step = unit * (vectors @ (along / np.maximum(np.abs(values), _FLAT)))
        step *= min(1.0, _FARTHEST / max(float(np.abs(step).max()), 1e-12))
        move[rest] = np.clip(step, low[rest], high[rest])
        stopped = move[rest] != step
        if not stopped.any():
            break
        free[rest[stopped]] = False
    return move
