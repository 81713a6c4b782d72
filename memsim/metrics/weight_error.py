"""Error of weights in cells, split into what all of them share and what is left."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class WeightError(NamedTuple):
    """Parts of an error relative to the root mean square of the exact weights; its square is drift^2 + spread^2.

    Attributes
    ----------
    whole : (...)
        Root mean square of the deviations.
    drift : (...)
        Slope of the weights in cells by the exact ones (least squares), minus 1.
    spread : (...)
        Root mean square of what this line leaves.
    """

    whole: np.ndarray
    drift: np.ndarray
    spread: np.ndarray


def weight_error(in_cells: np.ndarray, exact: np.ndarray) -> WeightError:
    """The parts of the error of weights in cells, both (..., weight)."""
    power = np.square(exact).sum(-1)
    slope = (in_cells * exact).sum(-1) / power
    rest = in_cells - slope[..., None] * exact
    whole, spread = (np.sqrt(np.square(part).sum(-1) / power) for part in (in_cells - exact, rest))
    return WeightError(whole, slope - 1.0, spread)
