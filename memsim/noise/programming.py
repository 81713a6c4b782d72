"""Error of programming a state by write and verify: a Gaussian whose width depends on the conductance.

Sources: a polynomial in G: Joshi et al., Nat. Commun. 11, 2473 (2020), doi:10.1038/s41467-020-16108-9, and Wan et al.,
Nature 608, 504 (2022), doi:10.1038/s41586-022-04992-8; saturating with the current: Agrawal et al., IEDM 2022.
"""

from __future__ import annotations

from typing import NamedTuple

from numpy import float64

from memsim.cells.functions import exponential
from memsim.scalars import scalar


class Polynomial(NamedTuple):
    """sigma = max(sum c_k x^k, 0) with x = (w + g0)/scale; all conductances in units of the window."""

    g0: float
    scale: float
    c: tuple[float, float, float, float, float]


class Saturating(NamedTuple):
    """sigma = A (1 - exp(-I/B)), currents in units of V_read times the window."""

    g0: float
    a: float
    b: float


@scalar
def polynomial_error(w, z, t, p):
    """Normalised state of a cell that was programmed to w; z is an N(0, 1) number. No conductance is below 0."""
    x = (w + p.g0) / p.scale
    sigma = p.c[0] + x * (p.c[1] + x * (p.c[2] + x * (p.c[3] + x * p.c[4])))
    return max(w + max(sigma, float64(0.0)) * z, -p.g0)


@scalar
def saturating_error(w, z, t, p):
    """As `polynomial_error`, for sigma that saturates with the read current."""
    sigma = p.a * (float64(1.0) - exponential(-max(w + p.g0, float64(0.0)) / p.b))
    return max(w + sigma * z, -p.g0)
