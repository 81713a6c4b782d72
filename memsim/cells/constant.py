"""Constant step: every pulse moves the state by the same amount, wherever it stands.

Source: the "constant step" device of Gokmen & Vlasov, Front. Neurosci. 10, 333 (2016), doi:10.3389/fnins.2016.00333.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from memsim.cells.model import CellModel, Surroundings
from memsim.cells.steps import SIZES, normalised_steps, own_ends, stated_size
from memsim.scalars import scalar


class Constant(NamedTuple):
    """Parameters of one cell, dimensionless."""

    low: float  # own window, normalised state
    high: float
    c2c: float  # sigma of a pulse, of the nominal window or of its step
    step_set: float  # of the nominal window
    step_reset: float


@scalar
def change(state, pulses, p):
    """Change of the normalised state by `pulses` pulses (signed), before noise and bounds."""
    return pulses * (p.step_set if pulses > 0 else p.step_reset)


def prepare(values: Mapping[str, Any], cell: Surroundings) -> dict[str, Any]:
    """The cell's own ends, and the steps of both directions."""
    up, down = normalised_steps(values)
    return {**own_ends(values, cell), "step_set": up, "step_reset": down}


CONSTANT = CellModel(
    "constant",
    Constant,
    prepare,
    "set: dw = s_set; reset: dw = -s_reset; " + SIZES,
    "Gokmen & Vlasov, Front. Neurosci. 10, 333 (2016), doi:10.3389/fnins.2016.00333",
    change=change,
    size=stated_size,
)
