"""Schema of what surrounds the cells of a crossbar: converters at both ends, wires, the size of a tile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, model_validator
from pydantic_core import core_schema

from memsim.arrays.wear import LONGEST
from memsim.document.fields import NONE_WORD, Count, Quantity, Section, problem
from memsim.errors import InputError
from memsim.units import format_quantity

if TYPE_CHECKING:
    from memsim.arrays import ADC, DAC, Mapping, Wires

_CONVERTER = ("dac", "adc")


Bits = Annotated[int, Count(1, 16)]
Range = Annotated[float, Field(allow_inf_nan=False, gt=0, le=1e6)]
Spread = Annotated[float, Field(allow_inf_nan=False, ge=0, le=1e3)]
Noise = Annotated[float, Field(allow_inf_nan=False, ge=0, le=1e6)]
Bow = Annotated[float, Field(allow_inf_nan=False, ge=-1e3, le=1e3)]
Resistance = Annotated[float, Quantity("Ohm", low=0.0, high=1e9)]


def _with_unit(value: Any) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise problem(f"{value:g} has no unit; write '{value:g} nm'")
    return value


Node = Annotated[float, Quantity("m", above=0.0, high=1e-6), BeforeValidator(_with_unit)]
Temperature = Annotated[float, Quantity("K", above=0.0, high=2000.0)]
Ends = Literal["one end", "both ends"]
Lines = Annotated[int, Count(1, 1_000_000)]
Tile = Annotated[tuple[Lines, Lines] | None, NONE_WORD]


class _Errors(Section):
    """Errors of converters, in relative units and codes."""

    gain: Spread = 0.0
    offset: Spread = 0.0
    dnl: Spread = 0.0
    inl: Bow = 0.0


class DACSpec(_Errors):
    """How inputs reach the word lines, see `memsim.DAC`."""

    bits: Annotated[Bits | None, NONE_WORD] = 8
    range: Range = 1.0
    polarity: Literal["unsigned", "bipolar", "phases", "offset"] = "bipolar"
    coding: Literal["voltage", "width", "serial"] = "voltage"

    @property
    def converter(self) -> DAC:
        """The converter itself."""
        from memsim.arrays import DAC

        return DAC(**dict(self))

    @model_validator(mode="after")
    def _possible(self) -> DACSpec:
        made(lambda: self.converter)
        return self


class ADCSpec(_Errors):
    """How outputs become numbers, see `memsim.ADC`."""

    bits: Bits = 8
    range: Literal["max", "rms"] | Range = "max"
    percentile: Annotated[float, Field(allow_inf_nan=False, gt=0, le=100)] = 100.0
    above_rms: Annotated[float, Field(allow_inf_nan=False, ge=-16, le=16)] = 2.0
    signed: bool | None = None
    noise: Noise = 0.0
    share: Annotated[int, Count(1, 65_536)] = 1

    @property
    def converter(self) -> ADC:
        """The converter itself."""
        from memsim.arrays import ADC

        return ADC(**dict(self))

    @property
    def calibrated(self) -> bool:
        """Whether its range is set from outputs."""
        return isinstance(self.range, str)

    @model_validator(mode="after")
    def _possible(self) -> ADCSpec:
        made(lambda: self.converter)
        return self


class WiresSpec(Section):
    """Wires of a technology node, or of given resistances, see `memsim.Wires`."""

    node: Node | None = None
    cell: Literal["cross-point", "1T1R"] = "cross-point"
    temperature: Temperature = 300.0
    word_resistance: Resistance = 0.0
    bit_resistance: Resistance = 0.0
    driver_resistance: Resistance = 0.0
    sense_resistance: Resistance = 0.0
    series_resistance: Resistance = 0.0
    drive: Ends = "one end"
    sense: Ends = "one end"

    @property
    def wires(self) -> Wires:
        """The wires themselves."""
        from memsim.arrays import Wires

        given = dict(self)
        of_node = {key: given.pop(key) for key in ("node", "cell", "temperature")}
        if self.node is None:
            return Wires(**given)
        del given["word_resistance"], given["bit_resistance"]
        return Wires.of_node(**{**of_node, "node": _whole(1e9 * self.node)}, **given)

    @model_validator(mode="after")
    def _possible(self) -> WiresSpec:
        segment, of_node = ("word_resistance", "bit_resistance"), ("cell", "temperature")
        for key in of_node if self.node is None else segment:
            if key in self.model_fields_set:
                which = "needs a node" if self.node is None else "follows from the node; leave one of them out"
                raise problem(which, key)
        made(lambda: self.wires)
        return self


def unstated_lines(wires: Section) -> str:
    """What lines have whose resistance is not stated while other resistances are, in words; empty if none are so.

    Parameters
    ----------
    wires : Section
        With the keys of `WiresSpec`, or some of them.
    """
    lines = {"word_resistance": "word lines", "bit_resistance": "bit lines"}
    stated, fields = wires.model_fields_set, type(wires).model_fields
    unstated = [key for key in lines if key not in stated]
    if not unstated or not stated or "node" in stated:
        return ""
    default = float(fields[unstated[0]].default)
    if len(unstated) == len(lines) and default:
        return ""  # the documented default of both
    have = f"{format_quantity(default, 'Ohm')}, which is the default" if default else "no resistance"
    which = ", ".join(key for key in fields if key in stated)
    keys = " and ".join(f"{key}: 0 Ohm" for key in unstated)
    meant = f"{keys} {'says' if len(unstated) == 1 else 'say'} that no resistance is meant"
    unknown = " and ".join(lines[key] for key in unstated)
    return f"of the wires, only {which} is given, so {unknown} have {have}; {meant}"


def _named(value: Any) -> Any:
    return {"kind": value} if isinstance(value, str) else value


class MappingKeys(Section):
    """How weights lie on cells, see `memsim.Mapping`."""

    kind: Literal["single", "pair", "reference", "offset"] = "pair"
    scale: Annotated[Range | None, NONE_WORD] = None
    percentile: Annotated[float, Field(allow_inf_nan=False, gt=0, le=100)] = 100.0
    slices: Annotated[int, Count(1, 16)] = 1
    slice_bits: Annotated[Annotated[int, Count(1, 8)] | None, NONE_WORD] = None

    @property
    def mapping(self) -> Mapping:
        """The mapping itself."""
        from memsim.arrays import Mapping

        return Mapping(**dict(self))

    @model_validator(mode="after")
    def _possible(self) -> MappingKeys:
        made(lambda: self.mapping)
        return self


@dataclass(frozen=True)
class _KindAlone:
    """Marks a mapping that may be stated as its kind alone."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_before_validator_function(_named, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        kinds = get_args(MappingKeys.model_fields["kind"].annotation)
        return {"anyOf": [handler(schema), {"type": "string", "enum": list(kinds)}]}


MappingSpec = Annotated[MappingKeys, _KindAlone()]
"""A name stands for the kind alone."""


def _whole(nanometres: float) -> Any:
    """A node as the table has it; one between whole numbers stays as it is, and is in no table."""
    return round(nanometres) if abs(nanometres - round(nanometres)) < 1e-6 else nanometres


def made(make: Any) -> None:
    """Make something; what it refuses is a problem at that key."""
    try:
        make()
    except InputError as error:
        key, _, text = str(error).partition(": ")
        raise problem(text, key.rpartition(".")[2]) from None


PriorCycles = Annotated[float, Field(allow_inf_nan=False, ge=0, le=LONGEST)]
"""Cycles that cells have seen before."""


def circuit(array: Any) -> dict[str, Any]:
    """Keywords of `memsim.Crossbar` for what surrounds the cells of an array, and what they have seen before.

    Experiments count events.
    """
    return {
        "dac": array.dac.converter if array.dac else None,
        "adc": array.adc.converter if array.adc else None,
        "wires": array.wires.wires if array.wires else None,
        "tile": array.tile,
        "prior_cycles": array.prior_cycles,
        "count": True,
    }
