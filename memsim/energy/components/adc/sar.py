"""NeuroSim's converter by successive approximation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from memsim.energy.components.adc.model import AdcModel, Area, Conversion, at, needed
from memsim.energy.components.nodes import Curve

_NODES = (7e-9, 10e-9, 14e-9, 22e-9, 32e-9, 45e-9, 65e-9, 90e-9, 130e-9)
PER_BIT = Curve((0.1061, 0.1823, 0.3132, 0.538, 1.1294, 2.1691, 3.7506, 5.9869, 8.4483), _NODES)
"""a: power for each bit [uW], low-standby-power transistors; SarADC.cpp of DNN+NeuroSim 1.4."""
FIXED = Curve((0.8847, 1.5073, 2.5681, 4.3753, 8.8998, 16.693, 25.844, 37.462, 65.243), _NODES)
"""c: power whatever the bits [uW]; from the same file."""
CLOCK = 1e-9
"""Time of one step [s]; from the same file."""


@dataclass(frozen=True)
class Sar(AdcModel):
    """The converter of DNN+NeuroSim for transistors of low standby power (LSTP).

    NeuroSim adds V_e^2/R_column, the power of the column of cells. It is left out here, because the energy of the cells
    is counted with the array. What remains is about a tenth of the regression's energy, hence the `factor`. NeuroSim
    derives the area from its layouts; here a table gives it.

    Source
    ------
    DNN+NeuroSim 1.4, SarADC.cpp; circuit simulations by its authors.
    """

    name: ClassVar[str] = "sar"
    factor: ClassVar[float] = 10.0
    area: Area | None = None

    def conversion(self, bits: int, node: float | None) -> Conversion:
        """Costs of one conversion: E = (a b + c) t, t = (b + 1) ns; a and c interpolated between nodes."""
        needed(node, self.name)
        time = (bits + 1) * CLOCK
        power = (PER_BIT.at(node) * bits + FIXED.at(node)) * 1e-6
        return Conversion(power * time, time, at(self.area, node))
