"""Cells whose resistance is linear in their internal variable: R = R_start + (R_end - R_start) x.

Resistances are in units of 1/(G_max - G_min), so that the normalised state s has r = 1/(s + offset).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from memsim.cells.model import Surroundings
from memsim.scalars import scalar

# Smallest difference of the two resistances, as a fraction of the lower one, whatever their spreads.
_SMALLEST = 1e-2


@scalar
def inside(state, p):
    """The internal variable of a normalised state, in [0, 1]."""
    real = type(state)
    r = real(1.0) / (state + p.offset)
    return min(max((r - p.start) / p.change, real(0.0)), real(1.0))


@scalar
def state_change(state, moved, p):
    """Change of the normalised state for a displacement of the internal variable."""
    r = type(state)(1.0) / (state + p.offset)
    rise = p.change * moved
    return -rise / (r * (r + rise))


@scalar
def ohmic(x, v, p):
    """Current [A] at the voltage v [V]."""
    return v * p.unit / (p.start + p.change * x)


def resistance_fields(on: Any, off: Any, cell: Surroundings, start_on: bool) -> dict[str, Any]:
    """Fields `offset`, `start`, `change` (of r over x) and `unit` [S], and the window that the cell can reach.

    Parameters
    ----------
    on, off : float or ndarray
        Lowest and highest resistance [Ohm].
    start_on : bool
        Whether x = 0 is the lowest resistance.
    """
    unit = cell.g_max - cell.g_min
    on = np.maximum(on, _SMALLEST / cell.g_max)
    off = np.maximum(off, on * (1 + _SMALLEST))
    start, end = (on, off) if start_on else (off, on)
    return {
        "offset": cell.g_min / unit,
        "start": start * unit,
        "change": (end - start) * unit,
        "unit": unit,
        "low": np.maximum(cell.low, (1 / off - cell.g_min) / unit),
        "high": np.minimum(cell.high, (1 / on - cell.g_min) / unit),
    }
