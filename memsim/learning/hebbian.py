"""Hebbian learning with a teacher: cells that see input and target together grow by rate * input * target.

Source: Hebb, The Organization of Behavior (1949); dG = eta x y with y the teaching signal.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numba import float32, njit

from memsim.errors import InputError


@njit(forceinline=True, error_model="numpy")
def _change(pre, post, state, rate):
    return rate * pre * post


@njit(forceinline=True, error_model="numpy")
def _idle(post):
    return post == float32(0.0)


@dataclass(frozen=True)
class Hebbian:
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

    rate: float = 0.2
    name: ClassVar[str] = "hebbian"
    reads: ClassVar[bool] = False
    change: ClassVar[Any] = staticmethod(_change)
    idle: ClassVar[Any] = staticmethod(_idle)

    def __post_init__(self) -> None:
        if not math.isfinite(self.rate):
            raise InputError(f"learning.rate: {self.rate!r} is not a finite number")

    def post(self, outputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """The targets: the rule does not look at outputs."""
        return targets
