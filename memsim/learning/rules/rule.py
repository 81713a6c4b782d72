"""What a local learning rule offers: what a column is told, and the change that this and an input ask of one cell."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Protocol

import numpy as np
from numpy import float32
from pydantic import Field

from memsim.errors import InputError
from memsim.scalars import scalar

Rate = Annotated[float, Field(allow_inf_nan=False, ge=-1e3, le=1e3)]
"""A learning rate, and the range that it has in documents."""


@scalar
def _idle(post):
    return post == float32(0.0)


@dataclass(frozen=True)
class Rated:
    """What all rules share: a learning rate that is a number, and columns without a signal that ask for nothing."""

    rate: Rate
    idle: ClassVar[Any] = staticmethod(_idle)

    def __post_init__(self) -> None:
        if not math.isfinite(self.rate):
            raise InputError(f"learning.rate: {self.rate!r} is not a finite number")


class LocalRule(Protocol):
    """A rule whose wish for one cell depends on that cell's own terminals only, so the update fits in a kernel.

    Attributes
    ----------
    name : str
        The name used in experiments (``learning.rule``).
    change : numba dispatcher
        ``change(pre, post, state, rate)``: the wished change dw* of the normalised state; scalar.
    idle : numba dispatcher
        ``idle(post)``: whether a column with this post-synaptic signal asks for no change at all.
    reads : bool
        Whether the column's signal depends on the outputs, so that the array is read before every change.
    rate : float
        Learning rate, dimensionless.
    """

    name: ClassVar[str]
    change: ClassVar[Any]
    idle: ClassVar[Any]

    reads: ClassVar[bool]

    @property
    def rate(self) -> float: ...

    def post(self, outputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """Post-synaptic signals (..., col) from outputs and targets of the same shape."""
        ...


def columns(outputs: Any) -> Any:
    """Numbers of the columns of outputs (..., col), in their library."""
    return np.arange(outputs.shape[-1], like=outputs)
