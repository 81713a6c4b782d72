"""Random relaxation after programming: mean and standard deviation of the change are lines in the logarithm of time.

mu(t) = shift ln(t/t_ref) and sigma(t) = spread + growth ln(t/t_ref). Before t_ref the mean is 0, and sigma, which falls
towards early times, ends at 0. Increments over successive times are independent; each has the variance that lacks.

Source: form and figures of Falcone et al., arXiv:2502.04524; independent increments are assumed.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from numba import float64, njit

from memsim.cells.functions import logarithm

_EARLY = 1e-30  # [s/s] of t_ref: nothing has happened before


class Increment(NamedTuple):
    """What all cells share between two times."""

    g0: float  # conductance at w = 0, of the window; no state falls below -g0
    t_ref: float  # [s]
    shift: float  # of the window, like the next two
    spread: float
    growth: float
    start: float  # times on the array's clock [s]
    end: float


@njit(forceinline=True, error_model="numpy")
def moments(t, p):
    """Mean and standard deviation of the change at a time t [s] after programming, of the window."""
    x = logarithm(max(t / p.t_ref, float64(_EARLY)))
    sigma = max(p.spread + p.growth * x, float64(0.0)) if t > float64(0.0) else float64(0.0)
    return p.shift * max(x, float64(0.0)), sigma


@njit(forceinline=True, error_model="numpy")
def relaxed(w, z, since, p):
    """Normalised state at the end of the increment; `since` is when the cell was programmed, z an N(0, 1) number."""
    mu1, sigma1 = moments(p.start - since, p)
    mu2, sigma2 = moments(p.end - since, p)
    spread = math.sqrt(max(sigma2 * sigma2 - sigma1 * sigma1, float64(0.0)))
    return max(w + (mu2 - mu1) + spread * z, -p.g0)
