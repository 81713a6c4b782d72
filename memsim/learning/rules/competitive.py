"""Competitive learning: a column moves towards the inputs that it answers to more than the others."""

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
class Competitive(Rated):
    """Competitive rule dw* = rate r (x - w), r the share of the input that the column answers for, in [0, 1].

    A column settles at the mean of the inputs, weighted by r. It has no teacher: the shares come in as targets.

    Parameters
    ----------
    rate : float
        Learning rate, dimensionless.

    Notes
    -----
    Source: Rumelhart & Zipser, Cognitive Science 9, 75 (1985), doi:10.1207/s15516709cog0901_5; with shares from a
    softmax, Nessler et al., PLoS Comput. Biol. 9, e1003037 (2013), doi:10.1371/journal.pcbi.1003037.
    """

    rate: float = 0.02
    name: ClassVar[str] = "competitive"
    reads: ClassVar[bool] = False
    change: ClassVar[Any] = staticmethod(_change)

    def post(self, outputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """The shares."""
        return targets
