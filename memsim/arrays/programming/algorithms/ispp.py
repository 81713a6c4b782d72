"""Incremental step pulse programming: set pulses of rising voltage; where a cell overshoots, it is erased."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from memsim.arrays.programming.algorithms.algorithm import WriteVerify
from memsim.kernels.verify_cell import ACCEPT, ERASE, SET, Memory
from memsim.scalars import scalar


@scalar
def _decide(reading, low, high, memory, knobs):
    if reading > high:
        return ERASE, 0.0, Memory(0.0, 0.0, 0.0, 0.0, 0.0)
    if reading >= low:
        return ACCEPT, 0.0, memory
    rising = memory.direction > 0.0
    voltage = min(memory.voltage + knobs.set_step, knobs.set_end) if rising else knobs.set_start
    return SET, voltage, Memory(voltage, 1.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Ispp(WriteVerify):
    """ISPP.

    Source: RADAR, IEEE Trans. Electron Devices (2021), doi:10.1109/TED.2021.3097975, which compares it.
    """

    name: ClassVar[str] = "ispp"
    decide: ClassVar[Any] = staticmethod(_decide)
