"""Manhattan rule: steps of one size, in the direction of the delta rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from memsim.learning.rules.delta import Delta
from memsim.scalars import scalar


@scalar
def _signed(pre, post, state, rate):
    real = type(state)
    error = pre * post
    return rate if error > real(0.0) else (-rate if error < real(0.0) else real(0.0))


@dataclass(frozen=True)
class Manhattan(Delta):
    """Manhattan rule: every cell with an input moves by `rate`, in the direction of the delta rule.

    Source: Prezioso et al., Nature 521, 61 (2015), doi:10.1038/nature14441.
    """

    name: ClassVar[str] = "manhattan"
    change: ClassVar[Any] = staticmethod(_signed)
