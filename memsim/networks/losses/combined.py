"""Smoothed cross-entropy with half a hinge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from memsim.networks.losses.batch import Batch
from memsim.networks.losses.cross_entropy import cross_entropy, cross_entropy_slope
from memsim.networks.losses.hinge_margin import Margin, hinge, hinge_slope
from memsim.networks.losses.label_smoothing import Smoothing, check_smoothing, smoothed
from memsim.networks.losses.loss import Loss, check


@dataclass(frozen=True)
class Combined(Loss):
    """Loss of `LabelSmoothing` plus half that of `HingeMargin`.

    Parameters
    ----------
    smoothing : float
        Share of the target spread over all classes, from 0 to below 1.
    margin : float
        Margin from which on the hinge costs nothing.

    Raises
    ------
    InputError
        If a number is out of range.
    """

    smoothing: Smoothing = 0.1
    margin: Margin = 1.0
    name: ClassVar[str] = "combined"

    def __post_init__(self) -> None:
        check_smoothing(self.smoothing)
        check("margin", self.margin, True, "a finite number")

    def _value(self, batch: Batch) -> Any:
        return cross_entropy(smoothed(batch, self.smoothing)) + 0.5 * hinge(batch, self.margin)

    def _slope(self, batch: Batch) -> Any:
        return cross_entropy_slope(smoothed(batch, self.smoothing)) + 0.5 * hinge_slope(batch, self.margin)
