"""Oja's rule: Hebbian growth with a decay that keeps the weights bounded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from memsim.learning.rules.rule import Rate, Rated
from memsim.scalars import scalar


@scalar
def _change(pre, post, state, rate):
    return rate * post * (pre - post * state)


@dataclass(frozen=True)
class Oja(Rated):
    """Oja's rule with a teacher, dw* = rate t (x - t w): a column settles at the mean of the inputs of its class.

    Parameters
    ----------
    rate : float
        Learning rate, dimensionless.

    Notes
    -----
    Source: Oja, J. Math. Biol. 15, 267 (1982), doi:10.1007/BF00275687, eq. 3 with the target in place of the output.
    """

    rate: Rate = 0.01
    name: ClassVar[str] = "oja"
    reads: ClassVar[bool] = False
    change: ClassVar[Any] = staticmethod(_change)

    def post(self, outputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """The targets."""
        return targets
