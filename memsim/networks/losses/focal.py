"""Focal loss: samples that are recognised already count less."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import Field

from memsim.networks.losses.batch import Batch, first_largest, log_softmax, masked
from memsim.networks.losses.loss import Loss, check


@dataclass(frozen=True)
class Focal(Loss):
    """Focal loss -alpha (1 - p_y)^gamma log p_y.

    Parameters
    ----------
    alpha, gamma : float
        Weight, above 0 and up to 1, and exponent, at least 0.

    Raises
    ------
    InputError
        If a number is out of range.
    """

    alpha: Annotated[float, Field(allow_inf_nan=False, gt=0, le=1)] = 0.25
    gamma: Annotated[float, Field(allow_inf_nan=False, ge=0, le=100)] = 2.0
    name: ClassVar[str] = "focal"

    def __post_init__(self) -> None:
        check("alpha", self.alpha, 0 < self.alpha <= 1, "a number above 0 and up to 1")
        check("gamma", self.gamma, self.gamma >= 0, "a finite number of at least 0")

    def _value(self, batch: Batch) -> Any:
        _, _, log_py, rest = _parts(batch)
        return (-self.alpha * rest**self.gamma * log_py)[..., 0]

    def _slope(self, batch: Batch) -> Any:
        xp = batch.xp
        label, p, log_py, rest = _parts(batch)
        one = xp.ones_like(rest)
        # p_y log(p_y) / (1 - p_y), which tends to -1 for p_y -> 1.
        ratio = xp.where(rest > 0, xp.exp(log_py) * log_py / xp.where(rest > 0, rest, one), -one)
        return self.alpha * rest**self.gamma * (self.gamma * ratio - 1.0) * xp.where(label, rest, -p)


def _parts(batch: Batch) -> tuple[Any, Any, Any, Any]:
    """Mask of y, p (..., class), and log p_y and 1 - p_y (..., 1), the latter summed from the other classes."""
    xp = batch.xp
    label, log_p = first_largest(xp, batch.targets), log_softmax(batch)
    p = xp.exp(log_p)
    rest = xp.sum(xp.where(label, xp.zeros_like(p), p), axis=-1, keepdims=True)
    return label, p, xp.sum(masked(xp, label, log_p), axis=-1, keepdims=True), rest
