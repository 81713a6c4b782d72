"""What reads see of cells, with or without wires."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class EffectiveCells(NamedTuple):
    """What reads see of the cells of a bank: w + offset in units of the window, and how much of a cell's noise.

    Attributes
    ----------
    state : (array, line, row)
        Conductance less the offset.
    offset : float
        Conductance at state 0.
    share : (array, line, row) or None
        Of a deviation of the cell's own conductance that reaches its output; None for all.
    """

    state: np.ndarray
    offset: float
    share: np.ndarray | None = None
