"""The median of published converters, from a regression of the ADC survey."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field

from memsim.document.fields import Count
from memsim.energy.components.adc.model import AdcModel, Area, Conversion, Rate, at, needed

SIGMA = 1.32
"""Standard deviation of the natural logarithm of the energy about the median."""
Year = Annotated[int, Count(1990, 2100), Field(description="year of publication")]


@dataclass(frozen=True)
class Survey(AdcModel):
    """The median energy of converters in the ADC survey of 2025-06, by bits, node, rate and year.

    The `factor` spans 95 % of the converters: exp(1.96 SIGMA) = 13.3. The bits are effective ones (ENOB). The survey
    gives no area; a table may.

    Source
    ------
    Least squares over the 725 converters of B. Murmann's "ADC performance survey 1997-2025", edition of 2025-06.
    """

    name: ClassVar[str] = "survey"
    factor: ClassVar[float] = math.exp(1.96 * SIGMA)
    rate: Rate = 100e6
    year: Year = 2020
    area: Area | None = None

    def conversion(self, bits: int, node: float | None) -> Conversion:
        """Costs of one conversion: ln(E/pJ) = -8.93 + 0.674 ENOB + 0.470 ln nm + 0.208 ln f - 0.200 (year - 2020)."""
        logarithm = (
            -8.93
            + 0.674 * bits
            + 0.470 * math.log(needed(node, self.name))
            + 0.208 * math.log(self.rate)
            - 0.200 * (self.year - 2020)
        )
        return Conversion(math.exp(logarithm) * 1e-12, 1 / self.rate, at(self.area, node))
