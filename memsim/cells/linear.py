"""Linear step: a pulse moves the state by less the farther it has come.

s (1 - gamma w/w_max) for set and s (1 - gamma w/w_min) for reset, each direction with its own s and gamma; the steps do
not vanish within the window for gamma < 1. A step is an affine function of the state, so n of them have a closed form.

Source: "linear step" of Rasch et al., AICAS 2021, arXiv:2104.02184; Gokmen & Haensch, Front. Neurosci. 14, 103 (2020).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from memsim.cells.model import CellModel, Surroundings
from memsim.cells.steps import Approach, approach_change, approach_step, falling_steps


def prepare(values: Mapping[str, Any], cell: Surroundings) -> dict[str, Any]:
    """Start and decay of both directions."""
    return falling_steps(values, cell, values["slope.set"], values["slope.reset"])


LINEAR = CellModel(
    "linear",
    Approach,
    prepare,
    "set: dw = s (1 + beta) (1 - gamma_set w/w_max); reset: dw = -s (1 - beta) (1 - gamma_reset w/w_min)",
    "Rasch et al., AICAS 2021, arXiv:2104.02184",
    step=approach_step,
    change=approach_change,
)
