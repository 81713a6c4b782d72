"""Perceptron rule: only wrong answers change the array."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from memsim.learning.rules.delta import Delta
from memsim.learning.rules.rule import columns


@dataclass(frozen=True)
class Perceptron(Delta):
    """Perceptron rule: where another output wins, the error of the target is 1 and the winner's -1.

    Source: Rosenblatt, Psychological Review 65, 386 (1958), doi:10.1037/h0042519; for several classes Crammer & Singer,
    J. Mach. Learn. Res. 3, 951 (2003).
    """

    name: ClassVar[str] = "perceptron"

    def post(self, outputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """Errors (..., col) of outputs against targets of the same shape."""
        numbers = columns(outputs)
        wanted = numbers == targets.argmax(-1)[..., None]
        return wanted.astype(float) - (numbers == outputs.argmax(-1)[..., None])
