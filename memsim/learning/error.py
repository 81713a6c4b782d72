"""Rules that compare the output of a column with its target: delta, margin-gated delta, perceptron, Manhattan.

The array is read before it is changed. What a column is told (its post-synaptic signal) is an error e, and the change
of a cell is rate x e: local to the cell's two terminals.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numba import njit

from memsim.learning.hebbian import Hebbian
from memsim.learning.rule import Rated


@njit(forceinline=True, error_model="numpy")
def _signed(pre, post, state, rate):
    real = type(state)
    error = pre * post
    return rate if error > real(0.0) else (-rate if error < real(0.0) else real(0.0))


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

    rate: float = 0.01
    name: ClassVar[str] = "delta"
    reads: ClassVar[bool] = True
    change: ClassVar[Any] = staticmethod(Hebbian.change)

    def post(self, outputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """Errors (..., col) of outputs against targets of the same shape."""
        return targets - outputs


@dataclass(frozen=True)
class MarginDelta(Delta):
    """Delta rule that is silent on samples whose target leads all other outputs by `margin`.

    The local form of a margin loss: what is recognised safely gives no pulse.
    """

    margin: float = 0.5
    name: ClassVar[str] = "margin-delta"

    def post(self, outputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """Errors (..., col) of outputs against targets of the same shape."""
        return (targets - outputs) * (lead(outputs, targets) < self.margin)[..., None]


@dataclass(frozen=True)
class Perceptron(Delta):
    """Perceptron rule: where another output wins, the error of the target is 1 and the winner's -1.

    Source: Rosenblatt, Psychological Review 65, 386 (1958), doi:10.1037/h0042519; for several classes Crammer & Singer,
    J. Mach. Learn. Res. 3, 951 (2003).
    """

    name: ClassVar[str] = "perceptron"

    def post(self, outputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """Errors (..., col) of outputs against targets of the same shape."""
        columns = _columns(outputs)
        wanted = columns == targets.argmax(-1)[..., None]
        return wanted.astype(float) - (columns == outputs.argmax(-1)[..., None])


@dataclass(frozen=True)
class Manhattan(Delta):
    """Manhattan rule: every cell with an input moves by `rate`, in the direction of the delta rule.

    Source: Prezioso et al., Nature 521, 61 (2015), doi:10.1038/nature14441.
    """

    name: ClassVar[str] = "manhattan"
    change: ClassVar[Any] = staticmethod(_signed)


def lead(outputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Output of the target's column minus the largest other output, (...)."""
    wanted = _columns(outputs) == targets.argmax(-1)[..., None]
    return np.where(wanted, outputs, -np.inf).max(-1) - np.where(wanted, -np.inf, outputs).max(-1)


def _columns(outputs: Any) -> Any:
    """Numbers of the columns, in the library of the outputs."""
    return np.arange(outputs.shape[-1], like=outputs)
