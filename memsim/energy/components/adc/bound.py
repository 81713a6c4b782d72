"""A lower bound of the energy of a conversion, from the best figure of merit published so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field

from memsim.document.fields import Quantity
from memsim.energy.components.adc.model import AdcModel, Area, Conversion, Rate, at, sndr
from memsim.errors import InputError
from memsim.units import format_quantity

SLOWEST = 1e7
"""Rate from which on the best figures are known [1/s]."""
BEST = ((1e8, 182.3), (1e9, 181.5), (1e10, 173.3))
"""Rate up to which it holds [1/s], and best Schreier figure of merit since 2015 [dB]; survey of 2025-06."""
Merit = Annotated[float, Quantity("1", low=100.0, high=250.0), Field(description="Schreier figure of merit in dB")]


@dataclass(frozen=True)
class Bound(AdcModel):
    """The energy of a converter as good as the best one published at its rate; a lower bound, not an estimate.

    Source
    ------
    B. Murmann, "ADC performance survey 1997-2025", edition of 2025-06: FOM_S = SNDR + 10 log10((f/2)/P).
    """

    name: ClassVar[str] = "bound"
    lower_bound: ClassVar[bool] = True
    rate: Rate = 100e6
    merit: Merit | None = None
    area: Area | None = None

    def __post_init__(self) -> None:
        if self.merit is None and not SLOWEST <= self.rate <= BEST[-1][0]:
            raise InputError(
                f"rate: {format_quantity(self.rate, 'Hz')} is beyond the rates with a best figure of merit; allowed: "
                f"{format_quantity(SLOWEST, 'Hz')} to {format_quantity(BEST[-1][0], 'Hz')}, or any with a 'merit' in dB"
            )

    def conversion(self, bits: int, node: float | None) -> Conversion:
        """Costs of one conversion: E = 10^((SNDR - FOM_S)/10)/2 [J], SNDR = 6.02 b + 1.76 [dB]."""
        best = next((merit for fastest, merit in BEST if self.rate <= fastest), 0.0)
        merit = best if self.merit is None else self.merit
        return Conversion(10 ** ((sndr(bits) - merit) / 10) / 2, 1 / self.rate, at(self.area, node))
