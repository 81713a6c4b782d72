"""Delta rule with a gate: samples that are recognised safely give no pulse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from memsim.learning.rules.delta import Delta
from memsim.learning.rules.rule import columns


@dataclass(frozen=True)
class MarginDelta(Delta):
    """Delta rule that is silent on samples whose target leads all other outputs by `margin`.

    The local form of a margin loss: what is recognised safely gives no pulse.

    Parameters
    ----------
    rate : float
        Learning rate, dimensionless.
    margin : float
        Lead of the target's output from which on a sample asks for nothing, in units of the outputs.
    """

    margin: Annotated[float, Field(allow_inf_nan=False, ge=-1e6, le=1e6)] = 0.5
    name: ClassVar[str] = "margin-delta"

    def post(self, outputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """Errors (..., col) of outputs against targets of the same shape."""
        return (targets - outputs) * (lead(outputs, targets) < self.margin)[..., None]


def lead(outputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Output of the target's column minus the largest other output, (...)."""
    wanted = columns(outputs) == targets.argmax(-1)[..., None]
    return np.where(wanted, outputs, -np.inf).max(-1) - np.where(wanted, -np.inf, outputs).max(-1)
