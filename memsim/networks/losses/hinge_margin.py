"""Hinge on the margin between the right output and its runner-up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import Field

from memsim.networks.losses.batch import Batch, at_least, margin_of, masked, push
from memsim.networks.losses.loss import Loss, check

Margin = Annotated[float, Field(allow_inf_nan=False, ge=-1e6, le=1e6)]


@dataclass(frozen=True)
class HingeMargin(Loss):
    """Hinge max(0, margin - m).

    Parameters
    ----------
    margin : float
        Margin from which on a sample costs nothing.

    Raises
    ------
    InputError
        If the margin is not finite.
    """

    margin: Margin = 1.0
    name: ClassVar[str] = "hinge-margin"

    def __post_init__(self) -> None:
        check("margin", self.margin, True, "a finite number")

    def _value(self, batch: Batch) -> Any:
        return hinge(batch, self.margin)

    def _slope(self, batch: Batch) -> Any:
        return hinge_slope(batch, self.margin)


def hinge(batch: Batch, margin: float) -> Any:
    """What every sample lacks of the margin, (...,)."""
    return at_least(batch.xp, margin - margin_of(batch)[0], 0.0)[..., 0]


def hinge_slope(batch: Batch, margin: float) -> Any:
    """Its gradient by the outputs, (..., class)."""
    lead, label, runner_up = margin_of(batch)
    size = masked(batch.xp, lead < margin, batch.xp.ones_like(lead))
    return push(batch, size, label, runner_up)
