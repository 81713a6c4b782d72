"""Power step: steps go as a power of what is left of the window, with an exponent for each direction.

Exponent 0 is the constant step, 1 the soft bounds. The window is the cell's own.

Source: "power step" of the simulator of Rasch et al., AICAS 2021, arXiv:2104.02184.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from memsim.cells.functions import power
from memsim.cells.model import CellModel, Surroundings
from memsim.cells.steps import SIZES, normalised_steps, own_ends, stated_size
from memsim.scalars import scalar


class Power(NamedTuple):
    """Parameters of one cell, dimensionless."""

    low: float  # own window, normalised state
    high: float
    c2c: float  # sigma of a pulse, of the nominal window or of its step
    step_set: float  # of the nominal window, far from the end
    step_reset: float
    exponent_set: float
    exponent_reset: float


@scalar
def step(state, direction, p):
    """Change of the normalised state by one pulse of a direction (1 or -1), before noise and bounds."""
    real = type(state)
    up = direction > 0
    left = (p.high - state) / (p.high - p.low)
    left = min(max(left if up else real(1.0) - left, real(0.0)), real(1.0))
    size = p.step_set if up else p.step_reset
    return direction * (size * power(left, p.exponent_set if up else p.exponent_reset))


def prepare(values: Mapping[str, Any], cell: Surroundings) -> dict[str, Any]:
    """The ends of each cell, steps and exponents."""
    up, down = normalised_steps(values)
    return {
        **own_ends(values, cell),
        "step_set": up,
        "step_reset": down,
        "exponent_set": values["exponent.set"],
        "exponent_reset": values["exponent.reset"],
    }


POWER = CellModel(
    "power",
    Power,
    prepare,
    "set: dw = s_set omega^gamma_set; reset: dw = -s_reset (1 - omega)^gamma_reset; "
    "omega = (w_max - w)/(w_max - w_min); " + SIZES,
    "Rasch et al., AICAS 2021, arXiv:2104.02184",
    step=step,
    size=stated_size,
)
