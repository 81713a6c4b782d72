"""Schema of an experiment of the task `macro`: macros, whose costs follow from numbers of events."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import AfterValidator, Field, model_validator

from memsim.document.fields import NONE_WORD, Count, Place, Quantity, Section, problem
from memsim.energy.cost import PARTS
from memsim.energy.phases import phases_of
from memsim.experiments.circuits import Node
from memsim.experiments.energy import Settle
from memsim.experiments.learners import ComparedBase
from memsim.experiments.schema import ExperimentSpec

MOST_CORES = 1_000_000
ACTIVITY = {"voltage": 1 / 3, "width": 0.5, "serial": 0.5}
"""Activity of inputs that are uniform from 0 to the largest, by coding."""

_EXAMPLE = (
    "[{name: A, read: {voltage: 0.2 V, duration: 10 ns, conductance: 10 uS}, "
    "energy: {components: generic, node: 22 nm}}]"
)

Lines = Annotated[int, Count(1, 65_536)]
Bits = Annotated[int, Count(1, 16)]
Share = Annotated[float, Quantity("%", low=0.0, high=1.0)]
Voltage = Annotated[float, Quantity("V", low=0.0, high=100.0)]
Duration = Annotated[float, Quantity("s", low=0.0, high=1.0)]
Conductance = Annotated[float, Quantity("S", low=0.0, high=1.0)]
PartName: TypeAlias = Literal[tuple(PARTS)]  # type: ignore[valid-type]


def _ageless(times: list[float]) -> list[float]:
    if times:
        raise problem("the task 'macro' counts events of reads; no time passes, leave it out")
    return times


class SizeSpec(Section):
    """Word lines and bit lines of an array, and how many arrays work at the same time."""

    rows: Lines = 256
    columns: Lines = 256
    cores: Annotated[int, Count(1, MOST_CORES)] = 1


class WeightsSpec(Section):
    """How weights lie on cells."""

    cell_bits: Annotated[int, Count(1, 16)] = 8
    slices: Annotated[int, Count(1, 32)] = 1
    pair: Literal["none", "rows", "columns"] = "none"

    @property
    def bits(self) -> int:
        """Bits of a weight; a pair of cells adds the sign."""
        return self.cell_bits * self.slices + (self.pair != "none")


class InputSpec(Section):
    """How inputs reach the word lines."""

    bits: Bits = 8
    signed: bool = False
    coding: Literal["voltage", "width", "serial"] = "voltage"
    accumulate: Literal["analog", "digital"] = "analog"
    one_phase: bool = False
    reads: Annotated[int, Count(1, 16)] = 1
    activity: Share | None = None

    @property
    def magnitude_bits(self) -> int:
        """Bits of an input without its sign."""
        return max(1, self.bits - self.signed)

    @property
    def phases(self) -> tuple[int, ...]:
        """Input bits of each phase, whose charges are weighted before one conversion."""
        return phases_of(self.magnitude_bits, self.one_phase)

    @property
    def share(self) -> float:
        """Mean squared level, mean width of pulses or share of bits that are 1, by coding."""
        return ACTIVITY[self.coding] if self.activity is None else self.activity

    @model_validator(mode="after")
    def _serial_alone(self) -> InputSpec:
        for key in ("accumulate", "one_phase"):
            if key in self.model_fields_set and self.coding != "serial":
                raise problem(f"inputs by {self.coding} have one pulse; it needs 'coding: serial'", key)
        if self.one_phase and self.accumulate == "digital":
            raise problem("each bit has a conversion of its own; it needs 'accumulate: analog'", "one_phase")
        return self


class OutputSpec(Section):
    """How outputs become numbers."""

    bits: Bits = 8
    share: Lines = 1
    overlap: bool = False


class ReadSpec(Section):
    """What a cell gets in a read: the energy of an input pulse is V^2 G t times the activity."""

    voltage: Annotated[Voltage, Field(examples=["0.2 V"])]
    duration: Annotated[Duration, Field(examples=["10 ns"])]
    conductance: Annotated[Conductance, Field(examples=["10 uS"])]


class MacroEnergySpec(Section):
    """The components of a macro."""

    components: Place = Field(default="generic", description="a shipped component table, or the path of a YAML file")
    node: Node | None = Field(default=None, description="technology node, for a table of several nodes")
    settle: Settle = Field(default=0.0, description="time until lines have settled before each input step")
    without: list[PartName] = Field(default=[], description="parts of the table that do not count")


class OperationsSpec(Section):
    """What counts as an operation."""

    of: Literal["weight", "cell"] = "weight"
    number: Annotated[int, Count(1, 100)] = 2


class MacroSpec(ComparedBase):
    """One macro that is compared."""

    KINDS: ClassVar[tuple[tuple[str, ...], ...]] = (
        ("size", "weights", "input", "output", "read", "energy", "operations"),
    )
    NAMES: ClassVar[tuple[str, ...]] = ("macro",)

    size: SizeSpec = SizeSpec()
    weights: WeightsSpec = WeightsSpec()
    input: InputSpec = InputSpec()
    output: OutputSpec = OutputSpec()
    read: Annotated[ReadSpec | None, NONE_WORD] = None
    energy: MacroEnergySpec = MacroEnergySpec()
    operations: OperationsSpec = OperationsSpec()

    @property
    def outputs(self) -> int:
        """Outputs of an array that are converted: columns, or pairs of them."""
        return self.size.columns // (2 if self.weights.pair == "columns" else 1)

    @property
    def operation_count(self) -> int:
        """Operations of one product of a vector and all arrays."""
        size = self.size
        weights = size.rows // (2 if self.weights.pair == "rows" else 1) * (self.outputs // self.weights.slices)
        each = weights if self.operations.of == "weight" else size.rows * size.columns
        return self.operations.number * each * size.cores

    @model_validator(mode="after")
    def _fits(self) -> MacroSpec:
        for pair in ("rows", "columns"):
            lines = getattr(self.size, pair)
            if self.weights.pair == pair and lines % 2:
                raise problem(f"{lines} {pair} make no pairs; allowed: an even number", "size", pair)
        for name, key, number in (
            ("weights", "slices", self.weights.slices),
            ("output", "share", self.output.share),
        ):
            if number > self.outputs:
                text = f"{number} exceeds the {self.outputs} outputs of the array; allowed: 1 to {self.outputs}"
                raise problem(text, name, key)
        if self.input.coding == "serial" and self.input.accumulate == "analog":
            before = sum(self.input.phases[:-1])
            if self.output.bits <= before:
                raise problem(
                    f"{self.output.bits} bits are none beyond the {before} of the phase before; allowed: at least "
                    f"{before + 1}, or 'one_phase: true' of the input",
                    *("output", "bits"),
                )
        return self


class MacroExperimentSpec(ExperimentSpec):
    """An experiment: macros whose costs are compared."""

    COMPARED: ClassVar[str] = "macro"
    INDEPENDENT: ClassVar[bool] = True

    task: Literal["macro"] = "macro"
    macros: Annotated[list[MacroSpec], Field(min_length=1, max_length=1000, examples=[_EXAMPLE])]
    times: Annotated[list[Any], AfterValidator(_ageless), Field(json_schema_extra={"maxItems": 0})] = Field(default=[])
