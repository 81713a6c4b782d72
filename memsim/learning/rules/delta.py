"""Delta rule: gradient descent on the squared error of a column.

The array is read before it is changed. What a column is told (its post-synaptic signal) is an error e, and the change
of a cell is rate x e: local to the cell's two terminals. Rules with another error derive from this one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from memsim.learning.rules.hebbian import Hebbian
from memsim.learning.rules.rule import Rate, Rated


@dataclass(frozen=True)
class Delta(Rated):
    """Delta rule e = t - y: gradient descent on the squared error, stable where rate |x|^2 < 2.

    Parameters
    ----------
    rate : float
        Learning rate, dimensionless.

    Notes
    -----
    Source: Widrow & Hoff, "Adaptive switching circuits", IRE WESCON Convention Record 4, 96 (1960).
    """

    rate: Rate = 0.01
    name: ClassVar[str] = "delta"
    reads: ClassVar[bool] = True
    change: ClassVar[Any] = staticmethod(Hebbian.change)

    def post(self, outputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """Errors (..., col) of outputs against targets of the same shape."""
        return targets - outputs
