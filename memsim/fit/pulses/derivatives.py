"""Derivatives of the log-likelihood of pulses, by differences.

No read depends on the own parameters of another device, so the own parameters of all devices are moved together, and
every read says to which device its part of a derivative belongs.
"""

from __future__ import annotations

import numpy as np

from memsim.fit.pulses.problem import OWN, Problem

_WIDTH = 1e-4
_SHARE = 0.2  # of a standard error: width of second differences


def directions(problem: Problem) -> list[np.ndarray]:
    """Groups of elements of theta that may be moved together: each shared one, and each own one of all devices."""
    shared = len(problem.shared)
    size = shared + problem.devices * len(OWN)
    free = problem.free
    groups = [np.array([i]) for i in range(shared)]
    groups += [np.arange(shared + k, size, len(OWN)) for k in range(len(OWN))]
    return [group[free[group]] for group in groups]


def slopes(problem: Problem, theta: np.ndarray, width: float = _WIDTH, *, central: bool = True) -> np.ndarray:
    """Derivative of every read's log-likelihood along each group of `directions` (group, point), by differences."""
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


def gradient(problem: Problem, score: np.ndarray) -> np.ndarray:
    """Derivative of the log-likelihood by theta (parameter,) from the slopes of all reads (group, point)."""
    shared, device = len(problem.shared), problem.device_of
    total = np.zeros(len(problem.free))
    for i in range(problem.devices):
        mine = score[:, device == i].sum(1)
        total[:shared] += mine[:shared]
        total[shared + i * len(OWN) : shared + (i + 1) * len(OWN)] = mine[shared:]
    return total


def outer_products(problem: Problem, score: np.ndarray) -> np.ndarray:
    """Sum over reads of the outer products of their slopes (parameter, parameter), an estimate of the information."""
    device = problem.device_of
    blocks = [score[:, device == i] @ score[:, device == i].T for i in range(problem.devices)]
    return assemble(problem, np.array(blocks))


def information(problem: Problem, theta: np.ndarray) -> np.ndarray:
    """Observed information: minus the second derivatives of the log-likelihood by theta (parameter, parameter)."""
    score = slopes(problem, theta)
    device = problem.device_of
    groups = directions(problem)
    count = len(groups)
    rough = np.sqrt((score**2).sum(1))
    width = np.clip(_SHARE / np.maximum(rough, 1e-9), 1e-4, 0.1)
    moved = [i for i, group in enumerate(groups) if len(group)]
    pairs = [(i, j) for i in moved for j in moved if j >= i]
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
