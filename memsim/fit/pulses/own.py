"""What the reads say of each device's own window and step size, where a likelihood may have several maxima.

A window's end has one maximum of the likelihood where pulses reach it and another where they do not, and the curvature
at one of them says nothing of the other. The likelihood of each device, given the numbers that all devices share, is
therefore summed over a grid of its two ends and its factor. The uncertainty of the shared numbers is added from the
curvature.
"""

from __future__ import annotations

import itertools

import numpy as np

from memsim.fit.pulses.problem import OWN, Problem

_ENDS = np.array([0.0, 0.004, 0.009, 0.015, 0.023, 0.034, 0.05, 0.075, 0.11, 0.16])
"""Distances of an end from its maximum, of the device's window."""
_FACTORS = np.array([0.0, 0.8, 1.6, 2.6])
"""Distances of the logarithm of the factor, in standard errors."""
_MOST = 2e7
"""Likelihoods of single reads that are computed; with more reads the curvature is used."""
_CHUNK = 128


def own_moments(problem: Problem, theta: np.ndarray, spread: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means (device, 3) and covariances (device, 3, 3) of the ends of each window and the logarithm of its factor.

    Parameters
    ----------
    theta : ndarray
        The maximum.
    spread : ndarray
        Covariance of theta from the curvature there (parameter, parameter).
    """
    own, first = problem.own(theta), len(problem.shared) + np.arange(problem.devices) * len(OWN)
    blocks = np.stack([spread[i : i + len(OWN), i : i + len(OWN)] for i in first])
    ends, factors = (np.concatenate([-grid[:0:-1], grid]) for grid in (_ENDS, _FACTORS))
    offsets = np.array(list(itertools.product(ends, ends, factors)))
    if len(offsets) * len(problem.series.value) > _MOST:
        return own, blocks
    width = own[:, 1] - own[:, 0]
    error = np.clip(np.sqrt(np.maximum(blocks[:, 2, 2], 0.0)), 0.01, 0.5)
    free = problem.free[len(problem.shared) :].reshape(own.shape)
    scale = np.stack([width, width, error], axis=1) * free
    places = own + offsets[:, None] * scale  # (trial, device, 3)
    rows = np.repeat(theta[None], len(offsets), axis=0)
    rows[:, len(problem.shared) :] = places.reshape(len(offsets), -1)
    device = problem.device_of
    total = np.empty((len(offsets), problem.devices))
    for at in range(0, len(rows), _CHUNK):
        scores = problem.scores(rows[at : at + _CHUNK])
        for d in range(problem.devices):
            total[at : at + _CHUNK, d] = scores[:, device == d].sum(1)
    weight = np.exp(total - total.max(0)) * _cells(ends, ends, factors)[:, None]
    weight /= weight.sum(0)
    mean = (weight[..., None] * places).sum(0)
    away = places - mean
    within = np.einsum("td,tdi,tdj->dij", weight, away, away)
    return mean, within + _shared(spread, blocks, first)


def _cells(*axes: np.ndarray) -> np.ndarray:
    """Volume of the cell around each point of a grid (trial,)."""
    return np.array([np.prod(sizes) for sizes in itertools.product(*(np.gradient(axis) for axis in axes))])


def _shared(spread: np.ndarray, blocks: np.ndarray, first: np.ndarray) -> np.ndarray:
    """What the uncertainty of the shared numbers adds to the covariance of each device's own (device, 3, 3)."""
    inner = np.flatnonzero(np.diag(spread) > 0)
    whole = np.zeros_like(spread)
    whole[np.ix_(inner, inner)] = np.linalg.pinv(spread[np.ix_(inner, inner)])
    alone = np.stack([np.linalg.pinv(whole[i : i + len(OWN), i : i + len(OWN)]) for i in first])
    more = blocks - alone
    # Rounding must not make a variance negative.
    values, vectors = np.linalg.eigh((more + more.transpose(0, 2, 1)) / 2)
    return np.einsum("dij,dj,dkj->dik", vectors, np.maximum(values, 0.0), vectors)
