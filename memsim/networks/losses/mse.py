"""Squared error, and the direction that the study's script takes in place of its gradient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from memsim.errors import InputError, nearest
from memsim.networks.losses.batch import Batch
from memsim.networks.losses.loss import Loss

Gradient = Literal["exact", "study"]
GRADIENTS: tuple[str, ...] = ("exact", "study")


@dataclass(frozen=True)
class Mse(Loss):
    """Squared error sum (o - t)^2.

    Parameters
    ----------
    gradient : {"exact", "study"}
        ``exact``: `slope` is the gradient of `value`. ``study``: the direction of the study's script, o - t, without
        the factor 2 of the squared error. `value` is the same.

    Raises
    ------
    InputError
        If there is no such gradient.
    """

    gradient: Gradient = "exact"
    name: ClassVar[str] = "mse"

    def __post_init__(self) -> None:
        check_gradient(self.gradient)

    def _value(self, batch: Batch) -> Any:
        return squared_error(batch)

    def _slope(self, batch: Batch) -> Any:
        return study_error(batch) if self.gradient == "study" else squared_error_slope(batch)


def check_gradient(gradient: str) -> None:
    """Refuse a gradient that is none of `GRADIENTS`."""
    if gradient not in GRADIENTS:
        raise InputError(f"gradient: unknown gradient {gradient!r}{nearest(gradient, GRADIENTS)}")


def squared_error(batch: Batch) -> Any:
    """Sum of the squared errors, (...,)."""
    error = batch.outputs - batch.targets
    return batch.xp.sum(error * error, axis=-1)


def squared_error_slope(batch: Batch) -> Any:
    """Its gradient by the outputs, (..., class)."""
    return 2.0 * (batch.outputs - batch.targets)


def study_error(batch: Batch) -> Any:
    """The errors, (..., class), which the study's script takes in place of the gradient."""
    return batch.outputs - batch.targets
