"""Fixed pulse programming: a full reset, then set pulses of one voltage; a cell that overshoots is erased again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from memsim.arrays.programming.algorithms.algorithm import WriteVerify
from memsim.kernels.verify_cell import ACCEPT, ERASE_AND_SET, SET, Memory, PulseVoltages
from memsim.scalars import scalar


@scalar
def _decide(reading, low, high, memory, knobs):
    if low <= reading <= high:
        return ACCEPT, 0.0, memory
    again = memory.direction > 0.0 and reading < low
    return SET if again else ERASE_AND_SET, memory.voltage, Memory(memory.voltage, 1.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Fppv(WriteVerify):
    """Each cell is erased and gets set pulses of the voltage that takes an erased nominal cell to its target.

    A cell that is still too low gets the pulse again, one that is too high is erased first.

    Source: RADAR, IEEE Trans. Electron Devices (2021), doi:10.1109/TED.2021.3097975, which compares it; what follows a
    pulse that falls short is taken from the counts of set and reset pulses in the authors' data.
    """

    name: ClassVar[str] = "fppv"
    chooses_voltage: ClassVar[bool] = True
    decide: ClassVar[Any] = staticmethod(_decide)

    def first_voltages(self, sizes: Any, voltages: PulseVoltages) -> Any:
        return voltages.set_voltage + voltages.set_scale * np.log(sizes)
