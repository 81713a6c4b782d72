"""Fixed pulse programming: a full reset and one set pulse of a voltage for the level, again until it lands inside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from memsim.arrays.programming.algorithms.algorithm import WriteVerify
from memsim.kernels.verify_cell import ACCEPT, ERASE_AND_SET, PulseVoltages
from memsim.scalars import scalar


@scalar
def _decide(reading, low, high, memory, knobs):
    if low <= reading <= high:
        return ACCEPT, 0.0, memory
    return ERASE_AND_SET, memory.voltage, memory


@dataclass(frozen=True)
class Fppv(WriteVerify):
    """Each cell is erased and gets one set pulse, whose voltage is that which takes an erased cell to its target.

    Source: RADAR, IEEE Trans. Electron Devices (2021), doi:10.1109/TED.2021.3097975, which compares it.
    """

    name: ClassVar[str] = "fppv"
    chooses_voltage: ClassVar[bool] = True
    decide: ClassVar[Any] = staticmethod(_decide)

    def first_voltages(self, targets: Any, step: float, voltages: PulseVoltages) -> Any:
        change = np.maximum(targets, 1e-6)  # of a cell that is erased already; its voltage is of no use
        return voltages.set_voltage + voltages.set_scale * np.log(change / step)
