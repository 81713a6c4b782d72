"""Voltages of pulses that rise from pulse to pulse."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

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

    start: float | None = None
    step: float = 0.0
    end: float | None = None

    name: ClassVar[str] = "voltages"

    def __post_init__(self) -> None:
        for name, value in (("start", self.start), ("end", self.end), ("step", self.step)):
            if value is None:
                continue
            least = value >= 0 if name == "step" else value > 0
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or not least:
                allowed = "of at least 0" if name == "step" else "above 0"
                raise InputError(f"{name}: {value!r} is not allowed; a voltage {allowed} [V]")
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
