"""Accelergy's regression of the energy and area of published converters."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from memsim.energy.components.adc.model import AdcModel, Conversion, Rate, needed, sndr


@dataclass(frozen=True)
class Regression(AdcModel):
    """The regression that the ADC plug-in of Accelergy fits to Murmann's survey of converters.

    Converters of published arrays need between 1.4 times and a quarter of its energy, hence the `factor`. Slow and
    small ones, such as those of NeuRRAM, need less.

    Source
    ------
    Andrulis et al., arXiv:2404.06553 (2024), and the plug-in's model.
    """

    name: ClassVar[str] = "regression"
    factor: ClassVar[float] = 4.0
    rate: Rate = 100e6

    def conversion(self, bits: int, node: float | None) -> Conversion:
        """Costs of one conversion at the rate f.

        With SNDR = 6.02 b + 1.76 [dB], the energy is E = 10^((SNDR - FOM)/10)/2 x exp(24.5794 + 1.8800 ln nm -
        2.8291 ln b) [pJ], FOM = min(213.78 - 2.8719 ln f, 128.31 + 3.2205 b). The area is exp(1.3462 + 0.9933 ln nm +
        0.1807 ln f + 0.2991 ln E) [um^2].
        """
        nanometres = math.log(needed(node, self.name))
        frequency = math.log(self.rate)
        merit = min(213.78 - 2.8719 * frequency, 128.31 + 3.2205 * bits)
        scale = math.exp(24.5794 + 1.8800 * nanometres - 2.8291 * math.log(bits))
        picojoules = 10 ** ((sndr(bits) - merit) / 10) / 2 * scale
        area = math.exp(1.3462 + 0.9933 * nanometres + 0.1807 * frequency + 0.2991 * math.log(picojoules))
        return Conversion(picojoules * 1e-12, 1 / self.rate, area * 1e-12)
