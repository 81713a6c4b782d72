"""Schema of a device profile: keys, units and ranges; `devices/README.md` explains them to authors."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from memsim.document.fields import Section, problem
from memsim.profiles.provenance import Group, Key, Number, Status, Text
from memsim.profiles.updates import Encoding, NeurosimUpdate, Update

D2DField = Literal[
    "conductance.min",
    "conductance.max",
    "update.nonlinearity.set",
    "update.nonlinearity.reset",
    "variability.c2c.sigma",
]

Conductance = Annotated[float, Number("S", low=0.0, high=1.0)]
# Ten times the base is beyond any published spread; a bare 3.7 is refused as ambiguous.
Sigma = Annotated[float, Number("%", low=0.0, high=10.0)]
ReadVoltage = Annotated[float, Number("V", above=0.0, high=100.0)]
Duration = Annotated[float, Number("s", above=0.0, high=1e4)]
Name = Annotated[
    str,
    Field(
        pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$",
        max_length=64,
        description="lower-case letters and digits, joined by '-', at most 64",
    ),
]
Doi = Annotated[str, Field(pattern=r"^10\.[0-9]{4,9}/\S+$", max_length=200, description="a DOI such as 10.1021/x")]


class Source(Section):
    """A publication or data set: how to cite it, its DOI, and where in it the numbers are."""

    cite: Text = Field(examples=["'Jo et al., Nano Lett. 10, 1297 (2010)'"])
    doi: Doi | None = None
    where: Text | None = None


class Window(Group):
    """Conductances of the two ends of the window (S); `nominal` makes it a scale that states may leave."""

    min: Conductance = Field(examples=["1 uS"])
    max: Conductance = Field(examples=["10 uS"])
    nominal: bool = False

    @model_validator(mode="after")
    def _ordered(self) -> Window:
        if self.min >= self.max:
            raise problem("'max' must be larger than 'min'", "max")
        return self


class CycleToCycle(Group):
    """Spread of one pulse's effect (fraction): of the window, or of that pulse's own step."""

    sigma: Sigma = Field(examples=["3.7 %"])
    relative_to: Literal["range", "step"]


class DeviceToDevice(Group):
    """Spread of a parameter over cells (fraction): of the parameter's value, or of the window."""

    sigma: Sigma = Field(examples=["5 %"])
    relative_to: Literal["value", "range"]


class Variability(Group):
    """Cycle-to-cycle and device-to-device spreads."""

    c2c: CycleToCycle | None = None
    d2d: dict[D2DField, DeviceToDevice] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _unset(cls, data: object) -> object:
        if isinstance(data, dict) and data.get("d2d", {}) is None:
            return {key: value for key, value in data.items() if key != "d2d"}
        return data


class ReadNoise(Group):
    """Spread of a cell's conductance from read to read (fraction): of its present value, or of the window."""

    sigma: Sigma = Field(examples=["1 %"])
    relative_to: Literal["value", "range"]


class Read(Group):
    """Read voltage (V), duration (s), and how a column is read: alone, or minus a reference column at G_min."""

    voltage: ReadVoltage = Field(examples=["0.5 V"])
    duration: Duration = Field(examples=["5 ns"])
    column: Literal["single", "reference"] = "single"
    noise: ReadNoise | None = None


class DeviceSpec(Section):
    """A whole profile, in SI units and fractions."""

    name: Name = Field(examples=["my-device"])
    title: Text = Field(examples=["Analog TaOx/HfOx RRAM"])
    technology: Text = Field(examples=["oxide RRAM"])
    notes: Text | None = None
    sources: dict[Key, Source] = Field(default_factory=dict)
    source: Key | None = None
    where: Text | None = None
    status: Status | None = None
    conductance: Window = Field(examples=["{min: 1 uS, max: 10 uS}"])
    update: Update = Field(examples=["{model: constant, pulses: 128}"])
    variability: Variability | None = None
    read: Read = Field(examples=["{voltage: 0.5 V, duration: 5 ns}"])

    @property
    def encoding(self) -> Encoding:
        """How pulses deliver a wanted change: as given, else "exact" for a nominal window and "counted" otherwise."""
        return self.update.encoding or ("exact" if self.conductance.nominal else "counted")

    @model_validator(mode="after")
    def _consistent(self) -> DeviceSpec:
        if self.conductance.nominal and self.update.model != "constant":
            raise problem("a nominal window needs 'update.model: constant'; remove it", "conductance", "nominal")
        for field in self.variability.d2d if self.variability else ():
            self._varies(field)
        return self

    def _varies(self, field: D2DField) -> None:
        """Refuse a device-to-device spread that would have no effect or no meaning."""
        assert self.variability is not None
        spread = self.variability.d2d[field]
        at = ("variability", "d2d", field)
        base = self._base(field)
        if base is None:
            raise problem(f"this profile has no {field} that could vary", *at)
        if spread.relative_to == "range" and not field.startswith("conductance."):
            raise problem("'range' is the conductance window; write 'relative_to: value'", *at, "relative_to")
        if spread.relative_to == "value" and base == 0 and spread.sigma > 0:
            raise problem(f"has no effect relative to a value of 0 ({field})", *at, "relative_to")

    def _base(self, field: D2DField) -> float | None:
        if field.startswith("conductance."):
            return self.conductance.min if field.endswith("min") else self.conductance.max
        if field == "variability.c2c.sigma":
            return self.variability.c2c.sigma if self.variability and self.variability.c2c else None
        if not isinstance(self.update, NeurosimUpdate):
            return None
        labels = self.update.nonlinearity
        return labels.set if field.endswith(".set") else labels.reset
