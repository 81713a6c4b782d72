"""The wish behind programming: what a cell still lacks of its target. No learning rule: nothing is learned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from memsim.learning.rules.rule import Rated
from memsim.scalars import scalar


@scalar
def _change(pre, post, state, rate):
    return rate * post * (pre - state)


@dataclass(frozen=True)
class Write(Rated):
    """dw* = target - w for the cells of a selected line: the rows carry its targets, it alone the signal 1.

    Parameters
    ----------
    rate : float
        Share of what is lacking that one round asks for, dimensionless.
    """

    rate: float = 1.0
    name: ClassVar[str] = "write"
    reads: ClassVar[bool] = False
    change: ClassVar[Any] = staticmethod(_change)

    def post(self, outputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """The targets."""
        return targets
