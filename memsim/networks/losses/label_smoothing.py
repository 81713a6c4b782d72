"""Cross-entropy of smoothed targets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import Field

from memsim.networks.losses.batch import Batch
from memsim.networks.losses.cross_entropy import cross_entropy, cross_entropy_slope
from memsim.networks.losses.loss import Loss, check

Smoothing = Annotated[float, Field(allow_inf_nan=False, ge=0, lt=1)]


@dataclass(frozen=True)
class LabelSmoothing(Loss):
    """Cross-entropy of the targets (1 - smoothing) t + smoothing/K.

    Parameters
    ----------
    smoothing : float
        Share of the target spread over all classes, from 0 to below 1.

    Raises
    ------
    InputError
        If the share is out of range.
    """

    smoothing: Smoothing = 0.1
    name: ClassVar[str] = "label-smoothing"

    def __post_init__(self) -> None:
        check_smoothing(self.smoothing)

    def _value(self, batch: Batch) -> Any:
        return cross_entropy(smoothed(batch, self.smoothing))

    def _slope(self, batch: Batch) -> Any:
        return cross_entropy_slope(smoothed(batch, self.smoothing))


def check_smoothing(smoothing: float) -> None:
    """Refuse a share that is out of range."""
    check("smoothing", smoothing, 0 <= smoothing < 1, "a number from 0 to below 1")


def smoothed(batch: Batch, smoothing: float) -> Batch:
    """The batch with a share of its targets spread over all classes."""
    targets = (1.0 - smoothing) * batch.targets + smoothing / batch.targets.shape[-1]
    return batch._replace(targets=targets)
