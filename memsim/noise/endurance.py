"""Wear: resistance that changes as a power of the cycles that a cell has seen, beyond an onset.

Source: Lammie, Rahimi Azghadi & Ielmini, Semicond. Sci. Technol. (2021), doi:10.1088/1361-6641/abf29d (gradual
failure).
"""

from __future__ import annotations

from typing import NamedTuple

from memsim.cells.functions import exponential, logarithm
from memsim.scalars import scalar


class WearLaw(NamedTuple):
    """What all cells share."""

    g0: float  # conductance at w = 0, of the window
    onset: float  # cycles beyond which the resistance changes
    slope: float  # decades of resistance per decade of cycles


@scalar
def worn(w, cycles, _, p):
    """Normalised state of an end of the window that is at w in a fresh cell, after so many cycles."""
    return (w + p.g0) * exponential(-p.slope * logarithm(max(cycles, p.onset) / p.onset)) - p.g0
