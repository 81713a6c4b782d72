"""Power law in the pulse number: the resistance falls as R = R_0 + R_1 n^a, with a < 0.

The state holds the pulse number, n = ((R - R_0)/R_1)^(1/a), so k more pulses need no counter:
R' - R_0 = (R - R_0) (1 + k/n)^a, and G' - G = (R - R')/(R R'). Only set pulses are published: a reset pulse is assumed
to be the mirror image of a set pulse in the cell's window.

Source: Tiotto et al., Front. Neurosci. 14, 627276 (2021), doi:10.3389/fnins.2020.627276 (Nb-doped SrTiO3).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from memsim.cells.functions import exponential_ratio, logarithm_beside_one, power
from memsim.cells.model import CellModel, Surroundings
from memsim.scalars import scalar

# Between them, 1/n and a resistance stay normal float32 numbers whatever the spreads.
_LEAST_CONDUCTANCE = 1e-6
_MOST_INVERSE = 1e25


class PowerLaw(NamedTuple):
    """Parameters of one cell; resistances r = R (G_max - G_min), so that r = 1/(x + offset)."""

    low: float  # own window, normalised state
    high: float
    c2c: float  # sigma of a pulse, of the nominal window or of its step
    offset: float  # G_min/(G_max - G_min)
    limit: float  # R_0
    amplitude: float  # R_1
    exponent: float  # -a
    inverse: float  # -1/a


@scalar
def change(state, pulses, p):
    """Change of the normalised state by `pulses` pulses (signed), before noise and bounds."""
    real = type(state)
    up = pulses > real(0.0)
    here = state if up else p.low + p.high - state
    r = real(1.0) / max(here + p.offset, real(_LEAST_CONDUCTANCE))
    above = max(r - p.limit, real(0.0))
    inverse = min(power(above / p.amplitude, p.inverse), real(_MOST_INVERSE))
    y = p.exponent * logarithm_beside_one(abs(pulses) * inverse)
    fall = above * (y * exponential_ratio(y))
    moved = fall / (r * (r - fall))
    return moved if up else -moved


def across(p: Any) -> float:
    """Set pulses from the state 0 to 1."""
    resistances = 1 / (np.array([0.0, 1.0]) + p.offset)
    first, last = ((resistances - p.limit) / p.amplitude) ** -p.inverse
    return float(last - first)


def prepare(values: Mapping[str, Any], cell: Surroundings) -> dict[str, Any]:
    """Resistances in units of the window, and the exponent with its inverse."""
    window = cell.g_max - cell.g_min
    # A spread must not turn the fall into a rise.
    exponent = np.maximum(-values["exponent"], 1e-2)
    return {
        "offset": cell.g_min / window,
        "limit": np.maximum(values["limit"], 0.0) * window,
        "amplitude": np.maximum(values["amplitude"], 1e-3) * window,
        "exponent": exponent,
        "inverse": 1 / exponent,
    }


POWER_LAW = CellModel(
    "power-law",
    PowerLaw,
    prepare,
    "set: R(n) = R_0 + R_1 n^a; reset: its mirror image in the window (assumed)",
    "Tiotto et al., Front. Neurosci. 14, 627276 (2021), doi:10.3389/fnins.2020.627276",
    change=change,
    across=across,
)
