"""RADAR: pulses of both directions whose voltages rise from their starts; after the first turn in finer steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import Field

from memsim.arrays.programming.algorithms import bidirectional
from memsim.arrays.programming.algorithms.algorithm import WriteVerify
from memsim.document.fields import Quantity


@dataclass(frozen=True)
class Radar(WriteVerify):
    """Coarse, then fine: a set pulse raises the bit line, a reset pulse the source line, each from its start.

    Parameters
    ----------
    fine : float
        Factor on the steps of both voltages after the first change of direction, above 0 and up to 1.
    coarse_start, coarse_step : float, optional
        Voltage of the first set pulse, and rise from pulse to pulse, before the first change of direction [V]; those of
        `set` if not stated.

    Source: RADAR, IEEE Trans. Electron Devices (2021), doi:10.1109/TED.2021.3097975.
    """

    fine: Annotated[float, Field(allow_inf_nan=False, gt=0, le=1)] = 1.0
    coarse_start: Annotated[float, Quantity("V", above=0.0, high=100.0)] | None = None
    coarse_step: Annotated[float, Quantity("V", low=0.0, high=100.0)] | None = None

    name: ClassVar[str] = "radar"
    decide: ClassVar[Any] = staticmethod(bidirectional.decide)

    @property
    def coarse(self) -> tuple[float | None, float | None]:
        return self.coarse_start, self.coarse_step

    @property
    def refinement(self) -> float:
        return float(self.fine)
