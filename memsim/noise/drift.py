"""Conductance drift after programming: the power law G(t) = G (1 + t/t_ref)^-nu.

Sources: Ielmini et al., IEEE TED 54, 308 (2007), doi:10.1109/TED.2006.888752 (power law); Nandakumar et al., ICECS
2019, and Joshi et al., Nat. Commun. 11, 2473 (2020), doi:10.1038/s41467-020-16108-9 (nu of phase-change memory).
"""

from __future__ import annotations

from typing import NamedTuple

from memsim.cells.functions import exponential, logarithm_beside_one
from memsim.noise.level import Level, level_value
from memsim.scalars import scalar


class PowerLaw(NamedTuple):
    """What all cells share."""

    g0: float  # conductance at w = 0, of the window
    t_ref: float  # [s]


class Exponent(NamedTuple):
    """What all cells share where nu depends on the conductance that was aimed at; see `memsim.noise.level`."""

    g0: float  # conductance at w = 0, of the window
    mean: Level
    spread: Level


@scalar
def drifted(w, nu, t, p):
    """Normalised state at a time t [s] after it was programmed to w."""
    return (w + p.g0) * exponential(-nu * logarithm_beside_one(t / p.t_ref)) - p.g0


@scalar
def exponent(w, z, _, p):
    """Drift exponent nu of a cell whose target was w, never negative; z is the cell's own N(0, 1) number.

    A negative number enters with its magnitude, as in the models that the numbers were fitted with.
    """
    g = w + p.g0
    return abs(level_value(g, p.mean) + level_value(g, p.spread) * z)
