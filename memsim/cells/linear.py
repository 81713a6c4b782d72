"""Linear step: a pulse moves the state by less the farther it has come.

s (1 - gamma w/w_max) for set and s (1 - gamma w/w_min) for reset, each direction with its own s and gamma; the steps do
not vanish within the window for gamma < 1. A step is an affine function of the state, so n of them have a closed form.
w_max and w_min are the cell's own ends, or the nominal ones (``slope_reference: nominal``): then the slope of a cell
does not depend on its ends. gamma is never negative: a drawn one enters with its magnitude.

Source: "linear step" of Rasch et al., AICAS 2021, arXiv:2104.02184; Gokmen & Haensch, Front. Neurosci. 14, 103 (2020);
the two references as in IBM aihwkit 1.2.0 (MIT licence).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from memsim.cells.model import CellModel, Surroundings
from memsim.cells.steps import SIZES, Falling, falling_change, falling_size, falling_step, falling_steps


def prepare(values: Mapping[str, Any], cell: Surroundings) -> dict[str, Any]:
    """Start and decay of both directions."""
    up, down = np.abs(values["slope.set"]), np.abs(values["slope.reset"])
    return falling_steps(values, cell, up, down, nominal=values["slope.reference"] == "nominal")


LINEAR = CellModel(
    "linear",
    Falling,
    prepare,
    "set: dw = s_set (1 - gamma_set w/w_max); reset: dw = -s_reset (1 - gamma_reset w/w_min); " + SIZES,
    "Rasch et al., AICAS 2021, arXiv:2104.02184",
    step=falling_step,
    change=falling_change,
    size=falling_size,
)
