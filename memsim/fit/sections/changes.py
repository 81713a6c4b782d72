"""Likelihood of how the conductances of cells change with time, with the scatter of single reads beside it.

A cell's own level says nothing about its change, so the likelihood is that of the differences between its reads:

    z_i = B beta + K(theta) noise + (sigma w_i) noise of the mean of each time's reads,

with a mean that all cells share, a covariance K of the change, and read noise sigma in units of w_i: 1, or the cell's
own level. The scatter of reads at one time adds its own likelihood of sigma. Beta has a closed form.

Source: Patterson & Thompson, Biometrika 58, 545 (1971), for the likelihood of differences and for the adjustment of
variances for fitted means (`adjusted`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

Path = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]
"""(times (time,), theta) -> mean (time, coefficient) and covariance (time, time) of the change since programming."""


@dataclass(frozen=True)
class Cells:
    """Cells that were read at the same times.

    Attributes
    ----------
    time : ndarray
        Times since programming [s], ascending (time,).
    mean : ndarray
        Mean of each cell's reads at each time (cell, time).
    reads : ndarray
        Number of reads at each time (time,); the same for all cells.
    within : ndarray
        Sum of squares of reads around the mean of their time (cell,).
    scale : ndarray
        Unit of the read noise (cell,).
    """

    time: np.ndarray
    mean: np.ndarray
    reads: np.ndarray
    within: np.ndarray
    scale: np.ndarray

    @cached_property
    def whitening(self) -> np.ndarray:
        """Matrix (number, time) of differences between times in which read noise of variance 1 has the variance 1."""
        return np.linalg.solve(self._root, self._step)

    @cached_property
    def white(self) -> np.ndarray:
        """These differences of each cell (cell, number)."""
        return self.mean @ self.whitening.T

    @cached_property
    def density(self) -> float:
        """What the differences between times add to the log-likelihood of `white`, for one cell."""
        return -float(np.log(np.diag(self._root)).sum()) - 0.5 * float(np.log(self.reads).sum())

    @cached_property
    def _step(self) -> np.ndarray:
        return np.diff(np.eye(len(self.time)), axis=0)

    @cached_property
    def _root(self) -> np.ndarray:
        return np.linalg.cholesky((self._step / self.reads) @ self._step.T)

    @cached_property
    def repeats(self) -> int:
        """Reads of a cell beyond the first at each time."""
        return int(self.reads.sum()) - len(self.reads)


@dataclass(frozen=True)
class Moments:
    """What the likelihood says at one theta: its value, the coefficients of the mean, and their covariance."""

    log_likelihood: float
    coefficients: np.ndarray
    covariance: np.ndarray


def moments(groups: list[Cells], path: Path, theta: np.ndarray, sigma: float, *, adjusted: bool = False) -> Moments:
    """Log-likelihood of the changes of all cells, maximised over the coefficients of the mean.

    Parameters
    ----------
    groups : list of Cells
        All cells.
    path : callable
        Mean and covariance of the change.
    theta : ndarray
        Parameters of `path`.
    sigma : float
        Read noise, in units of each cell's scale.
    adjusted : bool
        Whether the variances are freed of the bias that the fitted mean causes; likelihoods of different means then no
        longer compare.
    """
    total, information, pull = 0.0, np.zeros((0, 0)), np.zeros(0)
    for n, cells in enumerate(groups):
        design, covariance = path(cells.time, theta)
        if n == 0:
            information, pull = np.zeros((design.shape[1], design.shape[1])), np.zeros(design.shape[1])
        variance = (sigma * cells.scale) ** 2
        total -= 0.5 * float((cells.repeats * np.log(2 * np.pi * variance) + cells.within / variance).sum())
        total += len(variance) * cells.density
        if len(cells.time) == 1:
            continue
        white = cells.whitening @ covariance @ cells.whitening.T
        own, vectors = np.linalg.eigh((white + white.T) / 2)
        own = np.maximum(own, 0.0)
        change, columns = cells.white @ vectors, vectors.T @ (cells.whitening @ design)
        spread = own + variance[:, None]
        total -= 0.5 * float((np.log(2 * np.pi * spread) + change**2 / spread).sum())
        information += np.einsum("ka,ik,kb->ab", columns, 1 / spread, columns)
        pull += np.einsum("ka,ik->a", columns, change / spread)
    if not len(pull):
        return Moments(total, pull, information)
    values, vectors = np.linalg.eigh(information)
    inverse = (vectors / np.maximum(values, 1e-12 * values.max())) @ vectors.T
    coefficients = inverse @ pull
    total += 0.5 * float(coefficients @ pull)
    if adjusted:
        total -= 0.5 * float(np.log(np.maximum(values, 1e-300)).sum())
    return Moments(total, coefficients, inverse)


def smoothed(cells: Cells, path: Path, theta: np.ndarray, sigma: float, coefficients: np.ndarray) -> np.ndarray:
    """Most probable conductance of each cell at each time without read noise (cell, time)."""
    design, covariance = path(cells.time, theta)
    mean = design @ coefficients
    best = np.empty_like(cells.mean)
    for i, (values, scale) in enumerate(zip(cells.mean, cells.scale, strict=True)):
        precision = np.linalg.inv(covariance + np.diag((sigma * scale) ** 2 / cells.reads))
        level = float((precision @ (values - mean)).sum() / precision.sum())
        best[i] = level + mean + covariance @ precision @ (values - mean - level)
    return best
