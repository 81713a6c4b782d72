"""Maximum of a log-likelihood by damped scoring: the steps solve the outer product of the scores of single reads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from memsim.fit.problem import OWN, Problem

_DAMPING = np.array([1e-2, 1e-1, 1.0, 10.0, 100.0])
_ENOUGH = 1e-3
"""Rise of the log-likelihood that ends the search: far below its sampling noise of order 1."""
_STEP = 1e-4


@dataclass(frozen=True)
class Maximum:
    """Where the search ended."""

    theta: np.ndarray
    value: float
    steps: int
    converged: bool


def directions(problem: Problem) -> list[np.ndarray]:
    """Groups of elements of theta that may be moved together: each shared one, and each own one of all devices."""
    shared = len(problem.shared)
    size = shared + problem.devices * len(OWN)
    free = problem.free
    groups = [np.array([i]) for i in range(shared)]
    groups += [np.arange(shared + k, size, len(OWN)) for k in range(len(OWN))]
    return [group[free[group]] for group in groups]


def slopes(problem: Problem, theta: np.ndarray, width: float = _STEP, *, central: bool = True) -> np.ndarray:
    """Derivative of every read's log-likelihood along each group of `directions` (group, point), by differences.

    Own parameters of different devices move together: no read depends on another device's.
    """
    groups = directions(problem)
    count = len(groups)
    trials = np.repeat(theta[None], 2 * count if central else count + 1, axis=0)
    for i, group in enumerate(groups):
        trials[i, group] += width
        if central:
            trials[count + i, group] -= width
    scores = problem.scores(trials)
    return (scores[:count] - scores[count:]) / (2 * width if central else width)


def assemble(problem: Problem, blocks: np.ndarray) -> np.ndarray:
    """Matrix over theta from each device's matrix over the groups (device, group, group)."""
    shared, size = len(problem.shared), len(problem.free)
    whole = np.zeros((size, size))
    for i, block in enumerate(blocks):
        own = shared + i * len(OWN) + np.arange(len(OWN))
        at = np.concatenate([np.arange(shared), own])
        whole[np.ix_(at, at)] += block
    return whole


def maximise(problem: Problem, theta: np.ndarray, most: int = 60, tick: Callable[[], None] | None = None) -> Maximum:
    """The nearest maximum of the log-likelihood, within the problem's limits."""
    low, high = problem.limits
    theta = np.clip(theta, np.where(problem.free, low, -np.inf), np.where(problem.free, high, np.inf))
    value = problem.value(theta) + float(problem.tie(theta[None])[0])
    device = problem.device_of
    damping = 1e-2
    for turn in range(most):
        if tick is not None:
            tick()
        score = slopes(problem, theta, central=False)
        gradient = np.zeros(len(theta))
        blocks = np.empty((problem.devices, len(score), len(score)))
        shared = len(problem.shared)
        for i in range(problem.devices):
            mine = score[:, device == i]
            blocks[i] = mine @ mine.T
            total = mine.sum(1)
            gradient[:shared] += total[:shared]
            gradient[shared + i * len(OWN) : shared + (i + 1) * len(OWN)] = total[shared:]
        pull, stiffness = problem.tie_slope(theta)
        gradient += pull
        information = assemble(problem, blocks) + stiffness
        active = problem.free & ~((theta <= low) & (gradient < 0)) & ~((theta >= high) & (gradient > 0))
        at = np.flatnonzero(active)
        matrix, rhs = information[np.ix_(at, at)], gradient[at]
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
                return Maximum(theta, value, turn + 1, True)
            continue
        theta, value = trials[best], float(values[best])
        damping = float(np.clip(damping * _DAMPING[best] / 0.01, 1e-6, 1e6))
        if gain < _ENOUGH:
            return Maximum(theta, value, turn + 1, True)
    return Maximum(theta, value, most, False)
