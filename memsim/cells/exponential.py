"""Exponential step: a constant step plus one that changes exponentially with the state.

dw = +- s_d max(1 - A_d e^(+- gamma_d z), 0) with z = 2 a w/(w_max - w_min) + b, the window being the cell's own.

Source: "exponential step" of Rasch et al., AICAS 2021, arXiv:2104.02184, used there for the HfO2 device of Gong et al.,
Nat. Commun. 9, 2102 (2018), doi:10.1038/s41467-018-04485-1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from memsim.cells.functions import exponential
from memsim.cells.model import CellModel, Surroundings
from memsim.cells.steps import SIZES, normalised_steps, own_ends, stated_size
from memsim.scalars import scalar


class Exponential(NamedTuple):
    """Parameters of one cell, dimensionless; z = offset + slope x."""

    low: float  # own window, normalised state
    high: float
    c2c: float  # sigma of a pulse, of the nominal window or of its step
    step_set: float  # of the nominal window
    step_reset: float
    amplitude_set: float
    amplitude_reset: float
    gamma_set: float
    gamma_reset: float
    offset: float
    slope: float


@scalar
def step(state, direction, p):
    """Change of the normalised state by one pulse of a direction (1 or -1), before noise and bounds."""
    real = type(state)
    up = direction > 0
    size = p.step_set if up else p.step_reset
    amplitude = p.amplitude_set if up else p.amplitude_reset
    gamma = p.gamma_set if up else -p.gamma_reset
    z = p.offset + p.slope * state
    return direction * (size * max(real(1.0) - amplitude * exponential(gamma * z), real(0.0)))


def prepare(values: Mapping[str, Any], cell: Surroundings) -> dict[str, Any]:
    """The ends of each cell, steps, and z as an affine function of the normalised state."""
    up, down = normalised_steps(values)
    span, ends = values["weights.max"] - values["weights.min"], own_ends(values, cell)
    per_weight = 2 * values["a"] / (span * (ends["high"] - ends["low"]))
    return {
        **ends,
        "step_set": up,
        "step_reset": down,
        **{f"{name}_{way}": values[f"{name}.{way}"] for name in ("amplitude", "gamma") for way in ("set", "reset")},
        "offset": per_weight * values["weights.min"] + values["b"],
        "slope": per_weight * span,
    }


EXPONENTIAL = CellModel(
    "exponential",
    Exponential,
    prepare,
    "set: dw = s_set max(1 - A_set e^(gamma_set z), 0); reset: dw = -s_reset max(1 - A_reset e^(-gamma_reset z), 0); "
    "z = 2 a w/(w_max - w_min) + b; " + SIZES,
    "Rasch et al., AICAS 2021, arXiv:2104.02184",
    step=step,
    size=stated_size,
)
