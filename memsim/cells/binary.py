"""Stochastic binary switching: a pulse flips a two-state cell with a probability, or leaves it alone.

Pulses are independent, so that n of them towards the other state succeed with probability 1 - (1 - p)^n. Pulses towards
the present state change nothing.

Source: Vincent et al., ISCAS 2014, doi:10.1109/ISCAS.2014.6865325 (spin-transfer
torque magnetic tunnel junctions as stochastic binary synapses).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from memsim.cells.functions import exponential_ratio
from memsim.cells.model import CellModel, Surroundings
from memsim.scalars import scalar

# -ln(1 - p) of certain switching: e^-80 is nothing beside the smallest draw.
_CERTAIN = 80.0


class Binary(NamedTuple):
    """Parameters of one cell, dimensionless."""

    low: float  # the two states, normalised
    high: float
    c2c: float  # not used: what is random is whether a pulse succeeds
    rate_set: float  # -ln(1 - p) of a pulse
    rate_reset: float


@scalar
def change(state, pulses, draw, p):
    """Change of the normalised state by `pulses` pulses (signed); `draw` in (0, 1] decides whether they succeed."""
    real = type(state)
    up = pulses > real(0.0)
    y = (p.rate_set if up else p.rate_reset) * abs(pulses)
    moved = (p.high if up else p.low) - state
    return moved if draw <= y * exponential_ratio(y) else real(0.0)


def prepare(values: Mapping[str, Any], _: Surroundings) -> dict[str, Any]:
    """Rates of both directions."""
    fields = {}
    for direction in ("set", "reset"):
        probability = np.clip(values[f"probability.{direction}"], 0.0, 1.0)
        with np.errstate(divide="ignore"):
            fields["rate_" + direction] = np.minimum(-np.log1p(-probability), _CERTAIN)
    return fields


BINARY = CellModel(
    "binary",
    Binary,
    prepare,
    "n pulses towards the other state switch the cell with probability 1 - (1 - p_d)^n",
    "Vincent et al., ISCAS 2014, doi:10.1109/ISCAS.2014.6865325",
    change=change,
    draws="uniform",
)
