"""A converter whose costs are known for one resolution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from memsim.document.fields import Count
from memsim.energy.components.adc.model import MOST_BITS, AdcModel, Area, Conversion, Energy, Rate, Time, at
from memsim.errors import InputError


@dataclass(frozen=True)
class Fixed(AdcModel):
    """A converter of `bits` bits with costs of its own; a conversion to fewer bits costs as much.

    Its `time` may be stated as a `rate` of conversions.
    """

    name: ClassVar[str] = "fixed"
    bits: Annotated[int, Count(1, MOST_BITS)] | None = None
    energy: Energy | None = None
    area: Area | None = None
    time: Time | None = None
    rate: Rate | None = None

    def __post_init__(self) -> None:
        if self.bits is None:
            raise InputError("the model 'fixed' needs the resolution of the converter; write e.g. 'bits: 8'")
        if self.time is not None and self.rate is not None:
            raise InputError("'time' and 'rate' state the same; write one of them")

    def conversion(self, bits: int, node: float | None) -> Conversion:
        """Costs of one conversion, as the table states them.

        Raises
        ------
        InputError
            The converter does not have this many bits.
        """
        if self.bits is None or bits > self.bits:
            raise InputError(f"its values hold for up to {self.bits} bits, not for {bits}")
        time = at(self.time, node) if self.rate is None else 1 / self.rate
        return Conversion(at(self.energy, node), time, at(self.area, node))
