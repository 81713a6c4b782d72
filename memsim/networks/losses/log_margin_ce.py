"""Cross-entropy with the logarithm of the margin."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from memsim.networks.losses.batch import Batch
from memsim.networks.losses.cross_entropy import cross_entropy, cross_entropy_slope
from memsim.networks.losses.log_margin import Floor, Weight, check_log_margin, log_margin, log_margin_slope
from memsim.networks.losses.loss import Loss


@dataclass(frozen=True)
class LogMarginCe(Loss):
    """Cross-entropy with a log margin, cross-entropy - weight log(max(m, floor)).

    Parameters
    ----------
    weight : float
        Weight of the log margin, the study's lambda.
    floor : float
        Smallest margin that enters the logarithm.

    Raises
    ------
    InputError
        If a number is out of range.
    """

    weight: Weight = 1.0
    floor: Floor = 0.1
    name: ClassVar[str] = "log-margin-ce"
    least: ClassVar[float] = -math.inf

    def __post_init__(self) -> None:
        check_log_margin(self.weight, self.floor)

    def _value(self, batch: Batch) -> Any:
        return cross_entropy(batch) + log_margin(batch, self.weight, self.floor)

    def _slope(self, batch: Batch) -> Any:
        return cross_entropy_slope(batch) + log_margin_slope(batch, self.weight, self.floor)
