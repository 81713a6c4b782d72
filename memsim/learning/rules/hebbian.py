"""Hebbian learning with a teacher: cells that see input and target together grow by rate * input * target.

Source: Hebb, The Organization of Behavior (1949); dG = eta x y with y the teaching signal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from memsim.learning.rules.rule import Rate, Rated
from memsim.scalars import scalar


@scalar
def _change(pre, post, state, rate):
    return rate * pre * post


@dataclass(frozen=True)
class Hebbian(Rated):
    """Hebbian rule dw* = rate x t, for input x and target t.

    Parameters
    ----------
    rate : float
        Learning rate, dimensionless: the change of the normalised state asked for at x = t = 1.

    Raises
    ------
    InputError
        If the rate is not a finite number.
    """

    rate: Rate = 0.2
    name: ClassVar[str] = "hebbian"
    reads: ClassVar[bool] = False
    change: ClassVar[Any] = staticmethod(_change)

    def post(self, outputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """The targets: the rule does not look at outputs."""
        return targets
