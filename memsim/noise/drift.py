"""Conductance drift after programming: the power law G(t) = G (1 + t/t_ref)^-nu.

Sources: Ielmini et al., IEEE TED 54, 308 (2007), doi:10.1109/TED.2006.888752 (power law); Nandakumar et al., ICECS
2019, and Joshi et al., Nat. Commun. 11, 2473 (2020), doi:10.1038/s41467-020-16108-9 (nu of phase-change memory).
"""

from __future__ import annotations

from typing import NamedTuple

from numba import float64, njit

from memsim.cells.functions import exponential, logarithm, logarithm_beside_one

_NOTHING = 1e-30  # a conductance without a logarithm counts as this one


class PowerLaw(NamedTuple):
    """What all cells share."""

    g0: float  # conductance at w = 0, of the window
    t_ref: float  # [s]


class StatePowerLaw(NamedTuple):
    """What all cells share where nu depends on the state: its mean and its spread are lines in ln(G/G_max)."""

    g0: float  # conductance at w = 0, of the window
    g_max: float  # conductance at w = 1, of the window
    t_ref: float  # [s]
    mu: tuple[float, float, float, float]  # slope, offset, min, max
    sigma: tuple[float, float, float, float]


@njit(forceinline=True, error_model="numpy")
def drifted(w, nu, t, p):
    """Normalised state at a time t [s] after it was programmed to w."""
    return (w + p.g0) * exponential(-nu * logarithm_beside_one(t / p.t_ref)) - p.g0


@njit(forceinline=True, error_model="numpy")
def exponent(w, z, t, p):
    """Drift exponent nu of a cell that was programmed to w; z is the cell's own N(0, 1) number. It may be negative."""
    x = logarithm(max((w + p.g0) / p.g_max, float64(_NOTHING)))
    mu = min(max(p.mu[0] * x + p.mu[1], p.mu[2]), p.mu[3])
    sigma = min(max(p.sigma[0] * x + p.sigma[1], p.sigma[2]), p.sigma[3])
    return mu + sigma * z


@njit(forceinline=True, error_model="numpy")
def state_drifted(w, z, t, p):
    """Normalised state at a time t [s] after it was programmed to w, with the exponent that belongs to w."""
    return (w + p.g0) * exponential(-exponent(w, z, t, p) * logarithm_beside_one(t / p.t_ref)) - p.g0
