"""Schema of how states are programmed into cells: an algorithm and its settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar, TypeAlias

from pydantic import model_validator

from memsim.arrays.programming.algorithms import ALGORITHMS, Algorithm, Ramp, Selective
from memsim.document.fields import Quantity, Section, problem
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

    SECTIONS: ClassVar[Mapping[type, type[Section]]] = {Ramp: RampSpec}

    algorithm: str

    @property
    def chosen(self) -> Algorithm:
        """The algorithm itself."""
        ramps = {name: value.ramp for name, value in self if isinstance(value, RampSpec)}
        return entry_of(ALGORITHMS, self.model_copy(update=ramps))

    @property
    def reports(self) -> bool:
        """Whether it is known what it took of each cell."""
        return ALGORITHMS[self.algorithm].reports

    @model_validator(mode="after")
    def _possible(self) -> ProgrammingSpec:
        made(lambda: self.chosen)
        return self


def refuse_selection(programming: ProgrammingSpec | None, *path: str) -> None:
    """Refuse an algorithm that needs derivatives of the loss of a network, at a path of keys of an experiment."""
    if programming is not None and programming.algorithm == Selective.name:
        raise problem(
            "'selective' needs the second derivatives of the loss of a network; allowed in the task classify, in "
            "scripts and in memsim.torch",
            *path,
        )


if TYPE_CHECKING:
    Programming: TypeAlias = ProgrammingSpec
else:
    Programming = entries(ProgrammingSpec, ALGORITHMS, algorithm="radar")
