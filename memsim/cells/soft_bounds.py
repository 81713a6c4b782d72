"""Soft bounds: steps shrink in proportion to what is left of the window, so that the ends are never reached.

The linear step with gamma = 1 and the cell's own ends. With B = 1/(1 - e^(-1/A)) as the distance to the limit it is
also NeuroSim's model.

Source: Fusi & Abbott, Nat. Neurosci. 10, 485 (2007), doi:10.1038/nn1859; Rasch et al., AICAS 2021, arXiv:2104.02184.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from memsim.cells.model import CellModel, Surroundings
from memsim.cells.steps import SIZES, Falling, falling_change, falling_size, falling_step, falling_steps


def prepare(values: Mapping[str, Any], cell: Surroundings) -> dict[str, Any]:
    """Start and decay of both directions."""
    return falling_steps(values, cell, 1.0, 1.0)


SOFT_BOUNDS = CellModel(
    "soft-bounds",
    Falling,
    prepare,
    "set: dw = s_set (1 - w/w_max); reset: dw = -s_reset (1 - w/w_min); " + SIZES,
    "Fusi & Abbott, Nat. Neurosci. 10, 485 (2007), doi:10.1038/nn1859; Rasch et al., AICAS 2021, arXiv:2104.02184",
    step=falling_step,
    change=falling_change,
    size=falling_size,
)
