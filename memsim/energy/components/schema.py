"""Schema of a component table: slots, keys, units and ranges; `components/README.md` explains them to authors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import Field, model_validator

from memsim.document.fields import ONE_LINE, Count, Quantity, Section, problem
from memsim.document.problems import Path
from memsim.document.registry_sections import entries, entry_of
from memsim.energy.components.adc import ADC_MODELS
from memsim.energy.components.adc.model import MOST_BITS, Area, Energy, Time
from memsim.energy.components.component import Cell, Component, Control, Dac, GateDriver, Mac, Memory, Powered, Wire
from memsim.energy.components.nodes import NODE, AtNodes, Curve, Multiple, node_range
from memsim.errors import InputError
from memsim.profiles.provenance import Key, Text
from memsim.profiles.schema import Name, Source

Status = Literal["measured", "published", "fitted", "computed", "default", "assumed", "recalled"]
Uncertainty = Annotated[float, Quantity("1", low=1.0, high=1e6)]
Capacitance = Annotated[Curve, AtNodes(Quantity("F", low=0.0, high=1.0))]
LineCapacitance = Annotated[Curve, AtNodes(Quantity("F/m", low=0.0, high=1.0))]
Voltage = Annotated[Curve, AtNodes(Quantity("V", low=0.0, high=100.0))]
Power = Annotated[Curve, AtNodes(Quantity("W", low=0.0, high=1e6))]
Length = Annotated[Curve, AtNodes(Quantity("m", above=0.0, high=1.0))]
Extent = Annotated[Curve | Multiple, AtNodes(Quantity("m", above=0.0, high=1.0), multiples=True)]
Bits = Annotated[int, Count(1, MOST_BITS)]
Node = Annotated[float, NODE]
Size = Annotated[int, Count(1, 1_000_000)]


class Entry(Section):
    """What all entries say of their values: where they come from, and how far they may be off."""

    makes: ClassVar[type[Component]] = Component
    source: Key | None = Field(default=None, description="key of `sources`")
    where: Text | None = Field(default=None, description="table, figure or page of the source")
    status: Status | None = Field(default=None, description="how the values were obtained")
    uncertainty: Uncertainty | None = Field(
        default=None, description="factor u: the true values lie between value/u and value*u"
    )
    note: Text | None = Field(default=None, description="anything to know about the values")


class PartEntry(Entry):
    """Energy, area and time of one event or component."""

    energy: Energy | None = Field(default=None, examples=["1.56 pJ"], description="energy of an event")
    area: Area | None = Field(default=None, examples=["1200 um^2"], description="area of one component")
    time: Time | None = Field(default=None, examples=["0.78 ns"], description="duration of an event")


class WireEntry(Entry):
    """Word and bit lines."""

    makes = Wire
    capacitance: LineCapacitance = Field(examples=["0.2 fF/um"], description="capacitance of a length")


class CellEntry(PartEntry):
    """A cell; its energy is that of one input step, for tables that stand without a device."""

    makes = Cell
    width: Extent | None = Field(default=None, examples=["12 F"], description="length along the word line")
    height: Extent | None = Field(default=None, examples=["4 F"], description="length along the bit line")
    feature: Length | None = Field(default=None, examples=["56 nm"], description="F, the width of a wire")
    access: Literal["none", "transistor"] = Field(default="none", description="whether a transistor selects the cell")
    word_capacitance: Capacitance | None = Field(default=None, description="what a cell adds to its word line")
    bit_capacitance: Capacitance | None = Field(default=None, description="what a cell adds to its bit line")
    gate_capacitance: Capacitance | None = Field(
        default=None, description="what a cell adds to its gate line, coupling included"
    )

    @model_validator(mode="after")
    def _sized(self) -> CellEntry:
        for key in ("width", "height"):
            if isinstance(getattr(self, key), Multiple) and self.feature is None:
                raise problem("is in units of the feature size; add e.g. 'feature: 56 nm'", key)
        if self.gate_capacitance is not None and self.access == "none":
            raise problem("needs 'access: transistor'", "gate_capacitance")
        return self


class GateDriverEntry(PartEntry):
    """Driver of the gate line of a row: energy of a pulse beyond C V^2, area of a driver."""

    makes = GateDriver
    capacitance: Capacitance | None = Field(default=None, description="what the driver adds to its gate line")
    voltage: Voltage | None = Field(default=None, examples=["1.8 V"], description="voltage of a selected gate line")


class DacEntry(PartEntry):
    """Digital-to-analog converter of a row: costs of one conversion."""

    makes = Dac
    bits: Bits | None = Field(default=None, description="largest resolution for which the values hold; any by default")


class PoweredEntry(PartEntry):
    """A part that may also draw power at all times."""

    makes = Powered
    power: Power | None = Field(default=None, description="power at all times, for each array")


Covered = Literal[
    "wire",
    "cell",
    "gate_driver",
    "word_driver",
    "bit_driver",
    "dac",
    "integrator",
    "sample_hold",
    "adc",
    "shift_add",
    "register",
    "buffer",
    "link",
    "other",
]
"""Slots whose costs those of a whole core may contain."""


class ControlEntry(PoweredEntry):
    """Control of an array, or a whole core whose parts are not told apart."""

    makes = Control
    covers: tuple[Covered, ...] = Field(default=(), description="slots whose costs the values contain")


class MemoryEntry(PoweredEntry):
    """A register or buffer: energy of a bit read or written, area of a bit."""

    makes = Memory
    array_area: Area | None = Field(default=None, description="area of everything that serves one array")


class MacEntry(PartEntry):
    """A digital multiplication and addition."""

    makes = Mac
    bits: Bits | None = Field(default=None, description="bits of each factor")


class DigitalEntry(Section):
    """A digital processor, with which arrays are compared."""

    mac: MacEntry | None = Field(default=None, description="one multiplication and addition")
    weight_memory: PartEntry | None = Field(default=None, description="one bit of a weight moved")
    activation_memory: PartEntry | None = Field(default=None, description="one bit of an activation moved")


class AnyAdcEntry(Entry):
    """An analog-to-digital converter: costs of one conversion, from a model."""

    @model_validator(mode="after")
    def _usable(self) -> AnyAdcEntry:
        try:
            entry_of(ADC_MODELS, self)
        except InputError as error:
            raise problem(str(error)) from None
        return self


if TYPE_CHECKING:
    AdcEntry: TypeAlias = AnyAdcEntry
else:
    AdcEntry = entries(AnyAdcEntry, ADC_MODELS, model="fixed")


class SlotEntries(Section):
    """The components of a table, by slot."""

    wire: WireEntry | None = Field(default=None, description="word and bit lines")
    cell: CellEntry | None = Field(default=None, description="a cell")
    gate_driver: GateDriverEntry | None = Field(default=None, description="driver of a gate line, one for each row")
    word_driver: PartEntry | None = Field(
        default=None, description="driver of a word line: energy of a toggle beyond C V^2, area for each line"
    )
    bit_driver: PartEntry | None = Field(
        default=None, description="driver of a bit line: energy of a toggle beyond C V^2, area for each line"
    )
    dac: DacEntry | None = Field(default=None, description="digital-to-analog converter, for each conversion")
    integrator: PartEntry | None = Field(default=None, description="integrator, for each unit pulse and column")
    sample_hold: PartEntry | None = Field(default=None, description="sample and hold, for each sample and column")
    adc: AdcEntry | None = Field(default=None, description="analog-to-digital converter, for each conversion")
    shift_add: PartEntry | None = Field(default=None, description="shift and add, for each operation")
    # Every class of pydantic has a `register`, so the field has another name.
    registers: MemoryEntry | None = Field(
        default=None, alias="register", description="register, for each bit read or written"
    )
    buffer: MemoryEntry | None = Field(default=None, description="buffer, for each bit read or written")
    link: PoweredEntry | None = Field(default=None, description="link between arrays or chips, for each bit")
    control: ControlEntry | None = Field(default=None, description="control, for each array and input step")
    other: PoweredEntry | None = Field(default=None, description="everything else that is on at all times, an array")
    digital: DigitalEntry | None = Field(default=None, description="a digital processor to compare with")

    def given(self) -> Iterator[tuple[Path, Any]]:
        """Path below `components`, and section, of every entry."""
        for name, field in type(self).model_fields.items():
            slot, entry = field.alias or name, getattr(self, name)
            if isinstance(entry, DigitalEntry):
                inner = ((key, getattr(entry, key)) for key in type(entry).model_fields)
                yield from (((slot, key), part) for key, part in inner if part is not None)
            elif entry is not None:
                yield (slot,), entry


class ArraySize(Section):
    """The size of array for which figures for each array hold."""

    rows: Size = Field(examples=["128"], description="rows")
    columns: Size = Field(examples=["128"], description="columns")


class TableSpec(Section):
    """A component table."""

    extends: str | None = Field(default=None, description="table whose entries hold where this one has none")
    name: Name
    title: Annotated[str, Field(min_length=1, max_length=200), ONE_LINE] = Field(description="one line for people")
    notes: Text | None = Field(default=None, description="anything a user should know")
    sources: dict[Key, Source] = Field(default_factory=dict, description="publications and tools, by key")
    source: Key | None = Field(default=None, description="key of `sources`; holds for all entries")
    where: Text | None = Field(default=None, description="table, figure or page of the source")
    status: Status | None = Field(default=None, description="how the values of the table were obtained")
    uncertainty: Uncertainty | None = Field(default=None, description="factor that holds for all entries")
    node: Node | None = Field(default=None, examples=["32 nm"], description="the node for which the table holds")
    nodes: Annotated[tuple[Node, ...], Field(min_length=1, max_length=64)] | None = Field(
        default=None, examples=["[130 nm, 65 nm]"], description="nodes between which the table holds"
    )
    array: ArraySize | None = Field(default=None, description="size of array for which figures for each array hold")
    components: SlotEntries = Field(examples=["{cell: ..., adc: ...}"], description="entries by slot")

    @model_validator(mode="after")
    def _noded(self) -> TableSpec:
        if self.nodes is not None and len(set(self.nodes)) < len(self.nodes):
            raise problem("a node stands twice", "nodes")
        if self.node is not None and self.nodes is not None:
            raise problem("a table has 'node' or 'nodes', not both", "nodes")
        control = self.components.control
        for slot in () if control is None else control.covers:
            if (slot,) in dict(self.components.given()):
                raise problem(f"'{slot}' has an entry of its own; its costs would count twice", "components", "control")
        for path, entry in self.components.given():
            for key in type(entry).model_fields:
                value = getattr(entry, key)
                if not isinstance(value, Curve) or not value.nodes:
                    continue
                if self.nodes is None:
                    raise problem("values by node need 'nodes' at the top of the table", "components", *path, key)
                if not value.spans(min(self.nodes), max(self.nodes)):
                    raise problem(
                        f"its values hold from {value.range()}, the table from {node_range(self.nodes)}",
                        *("components", *path, key),
                    )
        return self
