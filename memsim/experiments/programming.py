"""Schema of how states are programmed into cells: an algorithm of write and verify and its settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias

from pydantic import model_validator

from memsim.arrays.programming.algorithms import ALGORITHMS, Ramp, WriteVerify
from memsim.document.fields import Quantity, Section
from memsim.document.registry_sections import entries, entry_of
from memsim.experiments.circuits import made

Voltage = Annotated[float, Quantity("V", above=0.0, high=100.0)]
Rise = Annotated[float, Quantity("V", low=0.0, high=100.0)]


class RampSpec(Section):
    """Sizes of the voltages of pulses that rise from pulse to pulse."""

    start: Voltage | None = None
    step: Rise = 0.0
    end: Voltage | None = None

    @property
    def ramp(self) -> Ramp:
        """The ramp itself."""
        return Ramp(self.start, self.step, self.end)

    @model_validator(mode="after")
    def _possible(self) -> RampSpec:
        made(lambda: self.ramp)
        return self


class ProgrammingSpec(Section):
    """How cells get their states; `memsim.document.registry_sections` adds the keys of the algorithm."""

    algorithm: str
    set: RampSpec = RampSpec()
    reset: RampSpec = RampSpec()

    @property
    def verified(self) -> WriteVerify:
        """The algorithm itself."""
        return entry_of(ALGORITHMS, self.model_copy(update={"set": self.set.ramp, "reset": self.reset.ramp}))


if TYPE_CHECKING:
    Programming: TypeAlias = ProgrammingSpec
else:
    Programming = entries(ProgrammingSpec, ALGORITHMS, algorithm="radar")
