"""A quantity that depends on the conductance level: a line in ln(G/scale) with limits, and a polynomial above it.

Source: the fits to phase-change memory of Nandakumar et al., IEEE ICECS (2019) (line with limits), and of the noise
model in IBM aihwkit for the chip of Le Gallo et al., Nat. Electron. 6, 680 (2023), doi:10.1038/s41928-023-01010-1 (line
with limits below a level, polynomial above it).
"""

from __future__ import annotations

from typing import NamedTuple

from numpy import float64

from memsim.cells.functions import logarithm
from memsim.scalars import scalar

_NOTHING = 1e-30  # a conductance without a logarithm counts as this one


class Level(NamedTuple):
    """min(max(slope ln x + offset, low), high) below x = start, the polynomial of x from there on."""

    scale: float  # conductance that x is relative to, in units of the window
    slope: float
    offset: float
    low: float
    high: float
    start: float  # infinite for no polynomial
    c: tuple[float, float, float, float]  # of x^0 to x^3


@scalar
def level_value(g, p):
    """Value at a conductance g, in units of the window."""
    x = max(g / p.scale, float64(_NOTHING))
    if x >= p.start:
        return p.c[0] + x * (p.c[1] + x * (p.c[2] + x * p.c[3]))
    return min(max(p.slope * logarithm(x) + p.offset, p.low), p.high)
