"""Phase-change memory that is programmed once: error, drift and 1/f noise of a read.

Conductances are in uS, times in s. Time is counted from the end of programming (`elapsed`); the equations take
t = t_c + elapsed.

Sources: Nandakumar et al., ICECS (2019); Joshi et al., Nat. Commun. 11, 2473 (2020), doi:10.1038/s41467-020-16108-9;
for HERMES Le Gallo et al., Nat. Electron. 6, 680 (2023), doi:10.1038/s41928-023-01010-1, with the coefficients of IBM
aihwkit 1.2 (MIT licence) for one device a cell.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Curve = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Pcm:
    """Numbers of one technology; the functions take g = G/G_max."""

    g_max: float
    t_c: float
    t_r: float
    programming: Curve  # sigma in uS, of the target
    drift_mean: Curve  # of nu, of the target
    drift_spread: Curve
    flicker: Curve  # Q_s, of the programmed value

    def program(self, target: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Programmed conductances; those below 0 are cut off."""
        sigma = self.programming(target / self.g_max)
        return np.maximum(target + sigma * rng.standard_normal(target.shape), 0.0)

    def exponents(self, target: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Drift exponents of cells; aihwkit takes the absolute value."""
        g = target / self.g_max
        return np.abs(self.drift_mean(g) + self.drift_spread(g) * rng.standard_normal(target.shape))

    def drifted(self, programmed: np.ndarray, exponents: np.ndarray, elapsed: float) -> np.ndarray:
        """G_prog (t/t_c)^-nu."""
        return programmed * ((self.t_c + elapsed) / self.t_c) ** -exponents

    def growth(self, elapsed: float) -> float:
        """sqrt(ln((t + t_r)/(2 t_r))): how 1/f noise has grown since programming."""
        return float(np.sqrt(np.log((self.t_c + elapsed + self.t_r) / (2 * self.t_r))))

    def read_sigma(self, programmed: np.ndarray, drifted: np.ndarray, elapsed: float) -> np.ndarray:
        """Standard deviation of a read: G_drift Q_s(G_prog) times the growth."""
        return drifted * self.flicker(programmed / self.g_max) * self.growth(elapsed)

    def read(self, programmed: np.ndarray, drifted: np.ndarray, elapsed: float, rng: np.random.Generator) -> np.ndarray:
        """One read of every cell."""
        return drifted + self.read_sigma(programmed, drifted, elapsed) * rng.standard_normal(drifted.shape)


def _log(g: np.ndarray) -> np.ndarray:
    return np.log(np.maximum(np.abs(g), 1e-7))


JOSHI = Pcm(
    g_max=25.0,
    t_c=20.0,
    t_r=250e-9,
    programming=lambda g: np.maximum(-1.1731 * g**2 + 1.9650 * g + 0.2635, 0.0),
    drift_mean=lambda g: np.clip(-0.0155 * _log(g) + 0.0244, 0.049, 0.1),
    drift_spread=lambda g: np.clip(-0.0125 * _log(g) - 0.0059, 0.008, 0.045),
    flicker=lambda g: np.minimum(0.0088 / np.maximum(np.abs(g), 1e-7) ** 0.65, 0.2),
)
"""Joshi 2020."""

HERMES = Pcm(
    g_max=10.35,
    t_c=200.0,
    t_r=512e-9,
    programming=lambda g: 0.15781817 + 2.32443916 * g - 2.16310839 * g**2 + 0.68841818 * g**3,
    drift_mean=lambda g: np.where(
        g < 0.0945, np.clip(-0.0387 * _log(g) - 0.0182, 0.072, 0.13), 0.0736 - 0.0126 * g - 0.0436 * g**2
    ),
    drift_spread=lambda g: np.where(
        g < 0.3039, np.clip(-0.0120 * _log(g) - 0.0023, 0.0124, 0.04), 0.0104 + 0.0116 * g - 0.0165 * g**2
    ),
    flicker=lambda g: np.where(
        g < 0.1591,
        np.clip(-0.0078 * _log(g) + 0.0038, 0.0179, 0.04),
        0.0088 + 0.0768 * g - 0.1352 * g**2 + 0.0664 * g**3,
    ),
)
"""Le Gallo 2023, one device a cell."""


@dataclass(frozen=True)
class Row:
    """What 10^6 differential pairs of JOSHI give, with G_min = 0, w ~ U(-1, 1) and aihwkit's equations."""

    elapsed: float
    ratio: float  # of mean abs(w) to that at 0
    raw: float  # relative L2 error
    compensated: float  # multiplied by one factor for all weights
    without_flicker: float  # compensated, no 1/f noise


PAIRS = (
    Row(0.0, 1.0, 0.080, 0.080, 0.063),
    Row(3600.0, 0.776, 0.240, 0.094, 0.076),
    Row(86400.0, 0.665, 0.346, 0.110, 0.093),
    Row(30 * 86400.0, 0.565, 0.445, 0.132, 0.115),
    Row(365 * 86400.0, 0.501, 0.507, 0.149, 0.133),
)


def compensated_error(estimate: np.ndarray, weights: np.ndarray, factor: float = 1.0) -> float:
    """Relative L2 error of weights after all of them are multiplied by a factor."""
    return float(np.linalg.norm(factor * estimate - weights) / np.linalg.norm(weights))
