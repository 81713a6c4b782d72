"""Logarithm of the margin, the term that two losses add to another one, and what it pushes."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from memsim.networks.losses.batch import Batch, at_least, margin_of, masked, push
from memsim.networks.losses.loss import check

Weight = Annotated[float, Field(allow_inf_nan=False, ge=0, le=1e6, alias="lambda")]
"""Weight of the term, the study's lambda, which is its key in documents."""
Floor = Annotated[float, Field(allow_inf_nan=False, gt=0, le=1e6)]
"""Smallest margin that enters the logarithm."""


def check_log_margin(weight: float, floor: float) -> None:
    """Refuse a weight or a floor that is out of range."""
    check("weight", weight, weight >= 0, "a finite number of at least 0")
    check("floor", floor, floor > 0, "a finite number above 0")


def log_margin(batch: Batch, weight: float, floor: float) -> Any:
    """-weight log(max(m, floor)) of every sample, (...,)."""
    return -weight * batch.xp.log(at_least(batch.xp, margin_of(batch)[0], floor))[..., 0]


def log_margin_slope(batch: Batch, weight: float, floor: float) -> Any:
    """Push of weight/margin above the floor, none below it, where the value is constant; (..., class)."""
    margin, label, runner_up = margin_of(batch)
    size = masked(batch.xp, margin > floor, weight / at_least(batch.xp, margin, floor))
    return push(batch, size, label, runner_up)


def study_push(batch: Batch, weight: float, floor: float) -> Any:
    """Push of the study's script, (..., class): on the right output alone, and never switched off."""
    margin, label, _ = margin_of(batch)
    size = -weight / at_least(batch.xp, margin, floor)
    return batch.xp.where(label, size, batch.xp.zeros_like(batch.outputs))
