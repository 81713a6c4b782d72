"""Squared error with the logarithm of the margin: the loss of the study."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from memsim.networks.losses.batch import Batch
from memsim.networks.losses.log_margin import (
    Floor,
    Weight,
    check_log_margin,
    log_margin,
    log_margin_slope,
    study_push,
)
from memsim.networks.losses.loss import Loss
from memsim.networks.losses.mse import Gradient, check_gradient, squared_error, squared_error_slope, study_error


@dataclass(frozen=True)
class LogMarginMse(Loss):
    """Squared error with a log margin, mse - weight log(max(m, floor)).

    Parameters
    ----------
    weight : float
        Weight of the log margin, the study's lambda.
    gradient : {"exact", "study"}
        ``exact``: `slope` is the gradient of `value`. ``study``: the direction of the study's script, e = o - t, then
        e_y -= weight/max(m, floor). That is not the gradient of the loss that the paper states: the factor 2 of the
        squared error is dropped, the runner-up gets no mirrored push, and the push on y stays on below the floor.
        `value` is that of the stated loss all the same.
    floor : float
        Smallest margin that enters the logarithm.

    Raises
    ------
    InputError
        If a number is out of range, or there is no such gradient.
    """

    weight: Weight = 1.0
    gradient: Gradient = "exact"
    floor: Floor = 0.1
    name: ClassVar[str] = "log-margin-mse"
    least: ClassVar[float] = -math.inf

    def __post_init__(self) -> None:
        check_log_margin(self.weight, self.floor)
        check_gradient(self.gradient)

    def _value(self, batch: Batch) -> Any:
        return squared_error(batch) + log_margin(batch, self.weight, self.floor)

    def _slope(self, batch: Batch) -> Any:
        if self.gradient == "study":
            return study_error(batch) + study_push(batch, self.weight, self.floor)
        return squared_error_slope(batch) + log_margin_slope(batch, self.weight, self.floor)
