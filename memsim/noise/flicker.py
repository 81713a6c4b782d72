"""Size of 1/f noise: sigma of a factor e in time, as it depends on the conductance.

The variance of a relaxation process stands for the factors e that it covers; the sum over all is sigma^2 ln(slowest/
fastest), and the one-sided spectrum is sigma^2/f between 1/(2 pi slowest) and 1/(2 pi fastest).

Source: Q_s = min(.0088/g^.65, .2) and sigma = G Q_s sqrt(ln((t + t_r)/(2 t_r))) for phase-change memory: Nandakumar et
al., ICECS 2019.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from numba import float64, njit

from memsim.cells.functions import power


class Size(NamedTuple):
    """What all cells share; conductances in units of the window."""

    g0: float  # conductance at w = 0
    g_max: float  # conductance at w = 1
    exponent: float
    limit: float  # largest sigma
    of_value: float  # 1 if sigma is relative to the conductance, 0 if to the window
    share: float  # square root of the factors e that one process stands for


@njit(forceinline=True, error_model="numpy")
def sigma_per_e(w, sigma, _, p):
    """Standard deviation for each factor e in time: min(sigma (G/G_max)^-exponent, limit)."""
    smaller = power(max((w + p.g0) / p.g_max, float64(0.0)), p.exponent)
    return min(sigma / max(smaller, float64(1e-30)), p.limit)


@njit(forceinline=True, error_model="numpy")
def swing(w, sigma, _, p):
    """Half the distance between the two levels of one process, in units of the window."""
    base = max(w + p.g0, float64(0.0)) if p.of_value > float64(0.0) else float64(1.0)
    return sigma_per_e(w, sigma, _, p) * base * p.share


def share(fastest: float, slowest: float, count: int) -> float:
    """Square root of the factors e between two times that each of `count` processes stands for."""
    return math.sqrt(math.log(slowest / fastest) / count)
