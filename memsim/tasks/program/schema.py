"""Schema of an experiment of the task `program`: matrices are programmed into arrays, which then age."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import BeforeValidator, Field, model_validator

from memsim.arrays.compensation import BATCH_NORM, COMPENSATIONS
from memsim.document.fields import NONE_WORD, Count, Section, problem
from memsim.experiments.aging import AgingSpec
from memsim.experiments.circuits import (
    ADCSpec,
    DACSpec,
    MappingKeys,
    MappingSpec,
    PriorCycles,
    Tile,
    WiresSpec,
    circuit,
)
from memsim.experiments.devices import Choice
from memsim.experiments.energy import EnergySpec
from memsim.experiments.learners import ComparedBase, Pair, Side
from memsim.experiments.programming import Programming, refuse_selection
from memsim.experiments.schema import ExperimentSpec
from memsim.tasks.program.targets import LeveledTargets, ProgrammedTargets, Targets, TargetsSpec

MAX_CELLS = 10**9
"""Cells of all arrays and repeats: two hours, at up to 7 us each as measured."""
ENDS = ("first", "last")
"""Names of the two times whose conductances are counted by level."""
SINGLE: Literal["single"] = "single"
"""Mapping of arrays whose cells hold states; all others hold weights of both signs."""

if TYPE_CHECKING:
    AnyTargets: TypeAlias = TargetsSpec
else:
    AnyTargets = ProgrammedTargets


def _nothing(value: Any) -> Any:
    if value != []:
        raise problem("the task 'program' trains nothing, so there is nothing to keep; leave it out")
    return value


class ProgrammedArraySpec(Section):
    """Cells of an array, what surrounds them, and how they are programmed."""

    device: Annotated[Choice, Field(examples=["pcm-joshi2020"])]
    bounds: Pair = (0.0, 1.0)
    mapping: MappingSpec = MappingKeys(kind=SINGLE)
    dtype: Literal["float32", "float64"] = "float32"
    dac: Annotated[DACSpec | None, NONE_WORD] = None
    adc: Annotated[ADCSpec | None, NONE_WORD] = None
    wires: Annotated[WiresSpec | None, NONE_WORD] = None
    tile: Tile = None
    programming: Annotated[Programming | None, NONE_WORD] = None
    prior_cycles: PriorCycles = 0.0
    cycles: Annotated[int, Count(1, 1000)] = 1

    @property
    def circuit(self) -> dict[str, Any]:
        """Keywords of `memsim.Crossbar` for converters, wires and tiles."""
        return circuit(self)

    @model_validator(mode="after")
    def _one_method(self) -> ProgrammedArraySpec:
        if self.programming is not None and self.cycles != 1:
            raise problem(
                f"algorithm '{self.programming.algorithm}' has no rounds of this kind; leave it out", "cycles"
            )
        refuse_selection(self.programming, "programming", "algorithm")
        return self


class ProgramSpecOfArray(ComparedBase):
    """One array that is compared."""

    KINDS: ClassVar[tuple[tuple[str, ...], ...]] = (("array", "aging"),)
    NAMES: ClassVar[tuple[str, ...]] = ("programmed array",)

    array: Annotated[ProgrammedArraySpec, Field(examples=["{device: pcm-joshi2020}"])]
    aging: AgingSpec = AgingSpec()

    @model_validator(mode="after")
    def _possible(self) -> ProgramSpecOfArray:
        if self.aging.compensation == BATCH_NORM:
            allowed = ", ".join(kind for kind in COMPENSATIONS if kind != BATCH_NORM)
            text = f"'{BATCH_NORM}' needs a network with batch normalisation, and this is an array; allowed: {allowed}"
            raise problem(text, "aging", "compensation")
        if self.aging.refresh is not None and self.aging.refresh.budget is not None:
            text = "a loss of accuracy needs a network, and this is an array; allowed: 'after', a time"
            raise problem(text, "aging", "refresh", "budget")
        return self


class ProgramSpec(ExperimentSpec):
    """An experiment: arrays, the numbers that are programmed into them, inputs of products, and times."""

    COMPARED: ClassVar[str] = "array"
    INDEPENDENT: ClassVar[bool] = True

    task: Literal["program"] = "program"
    arrays: Annotated[
        list[ProgramSpecOfArray],
        Field(min_length=1, max_length=1000, examples=["[{name: A, array: {device: pcm-joshi2020}}]"]),
    ]
    rows: Side = 64
    columns: Side = 64
    targets: AnyTargets = Field(default={}, validate_default=True, examples=["{kind: uniform}"])
    inputs: Annotated[int, Count(1, 100_000)] = 100
    repeats: Annotated[int, Count(1, 1000)] = 5
    energy: EnergySpec | None = None
    keep: Annotated[list[str], BeforeValidator(_nothing), Field(json_schema_extra={"maxItems": 0})] = Field(default=[])

    @property
    def known_labels(self) -> dict[str, Sequence[Any]]:
        """Those of arrays, times and levels; of those of a device only the ends of the times; see `ExperimentSpec`."""
        count, levels = self.distribution.level_count, dict[str, Sequence[Any]]()
        if count != 0:
            levels["end"] = list(ENDS)
        if count:
            levels["level"] = list(range(count))
        return {**super().known_labels, "time": self.moments, **levels}

    @property
    def moments(self) -> list[float]:
        """Times at which the arrays are read [s]; right after programming if the experiment has none."""
        return self.times or [0.0]

    @property
    def distribution(self) -> Targets | LeveledTargets:
        """What the numbers are drawn from."""
        distribution: Targets | LeveledTargets = self.targets.distribution
        return distribution

    @model_validator(mode="after")
    def _bounded(self) -> ProgramSpec:
        cells = len(self.labels) * self.repeats * self.rows * self.columns
        if cells > MAX_CELLS:
            raise problem(
                f"{len(self.labels)} arrays of {self.rows} x {self.columns}, {self.repeats} times, have {cells:.3g} "
                f"cells; allowed: at most {MAX_CELLS:.3g}",
                "repeats",
            )
        count = self.distribution.level_count
        if count and count > self.rows * self.columns:
            text = f"{count} levels do not fit into {self.rows} x {self.columns} cells"
            raise problem(text, "targets", "count")
        for number, spec in enumerate(self.arrays):
            kind = spec.array.mapping.kind
            if count != 0 and (kind != SINGLE or spec.array.mapping.slices > 1):
                text = f"'{kind}' holds weights in several cells, and levels are those of single cells; leave it out"
                raise problem(text, "arrays", number, "array", "mapping")
        return self
