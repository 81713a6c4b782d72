"""A converter that resolves one bit after another, each at the same cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from memsim.energy.components.adc.model import AdcModel, Area, Conversion, Energy, Time, at


@dataclass(frozen=True)
class Step(AdcModel):
    """A converter whose `energy` and `time` are those of one resolved bit, as in NeuRRAM's neurons.

    `start` is the time of a conversion before its first bit.
    """

    name: ClassVar[str] = "step"
    energy: Energy | None = None
    area: Area | None = None
    time: Time | None = None
    start: Time | None = None

    def conversion(self, bits: int, node: float | None) -> Conversion:
        """Costs of one conversion: those of one bit times the number of bits, and the time before the first bit."""
        energy, time, start = at(self.energy, node), at(self.time, node), at(self.start, node)
        return Conversion(
            None if energy is None else bits * energy,
            None if time is None else bits * time + (start or 0.0),
            at(self.area, node),
        )
