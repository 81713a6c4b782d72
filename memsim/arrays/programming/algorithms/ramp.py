"""Voltages of pulses that rise from pulse to pulse."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar

from memsim.arrays.programming.algorithms.settings import check_settings
from memsim.document.fields import Quantity
from memsim.errors import InputError


@dataclass(frozen=True)
class Ramp:
    """Sizes of the voltages of pulses of one direction.

    Parameters
    ----------
    start : float, optional
        Of the first pulse [V]; that of the device's pulse if not given.
    step : float
        Rise from pulse to pulse [V].
    end : float, optional
        Largest voltage [V]; no limit if not given.
    """

    start: Annotated[float, Quantity("V", above=0.0, high=100.0)] | None = None
    step: Annotated[float, Quantity("V", low=0.0, high=100.0)] = 0.0
    end: Annotated[float, Quantity("V", above=0.0, high=100.0)] | None = None

    name: ClassVar[str] = "voltages"

    def __post_init__(self) -> None:
        check_settings(self)
        if self.start is not None and self.end is not None and self.start > self.end:
            raise InputError(f"start: {self.start:g} V is above the end of {self.end:g} V")

    @property
    def rises(self) -> bool:
        """Whether any voltage differs from that of the device's pulse."""
        return self.start is not None or self.step > 0 or self.end is not None

    def voltages(self, device: float) -> tuple[float, float, float]:
        """Start, step and end for a device whose pulses have this voltage [V]; the end may be infinite."""
        return (
            device if self.start is None else self.start,
            self.step,
            math.inf if self.end is None else self.end,
        )


DEVICE_VOLTAGE = Ramp()
"""Pulses of the device's own voltage."""
