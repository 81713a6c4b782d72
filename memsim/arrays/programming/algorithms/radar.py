"""RADAR: pulses of both directions whose voltages rise from their starts; after the first turn in finer steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import Field

from memsim.arrays.programming.algorithms import bidirectional
from memsim.arrays.programming.algorithms.algorithm import WriteVerify
from memsim.errors import InputError


@dataclass(frozen=True)
class Radar(WriteVerify):
    """Coarse, then fine: a set pulse raises the bit line, a reset pulse the source line, each from its start.

    Parameters
    ----------
    fine : float
        Factor on the steps of both voltages after the first change of direction, above 0 and up to 1.

    Source: RADAR, IEEE Trans. Electron Devices (2021), doi:10.1109/TED.2021.3097975.
    """

    fine: Annotated[float, Field(allow_inf_nan=False, gt=0, le=1)] = 1.0

    name: ClassVar[str] = "radar"
    decide: ClassVar[Any] = staticmethod(bidirectional.decide)

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.fine, bool) or not isinstance(self.fine, int | float) or not 0 < self.fine <= 1:
            raise InputError(f"fine: {self.fine!r} is not allowed; a number above 0 and up to 1")

    @property
    def refinement(self) -> float:
        return float(self.fine)
