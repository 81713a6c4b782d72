"""Schema of a device profile: keys, units and ranges; `devices/README.md` explains them to authors."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, WrapValidator, model_validator

from memsim.document.fields import Section, marker_of, problem
from memsim.profiles.endurance import Endurance
from memsim.profiles.physics import (
    Conductance,
    Conduction,
    Faults,
    Programming,
    Read,
    Retention,
    Share,
    Sigma,
    WideSigma,
)
from memsim.profiles.provenance import Group, Key, Number, Status, Text, number_paths
from memsim.profiles.pulses import Encoding, Pulse, Resistance
from memsim.profiles.updates import UPDATES, NeurosimUpdate, StepUpdate, Update

Name = Annotated[
    str,
    Field(
        pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$",
        max_length=64,
        description="lower-case letters and digits, joined by '-', at most 64",
    ),
]
Doi = Annotated[str, Field(pattern=r"^10\.[0-9]{4,9}/\S+$", max_length=200, description="a DOI such as 10.1021/x")]


NO_RETENTION = "this device specifies no retention"
"""What tables and figures say of a device that does: that its states stay with time is no result."""


class Source(Section):
    """A publication or data set: how to cite it, its DOI, and where in it the numbers are."""

    cite: Text = Field(examples=["'Jo et al., Nano Lett. 10, 1297 (2010)'"], description="reference in words")
    doi: Doi | None = None
    where: Text | None = Field(default=None, description="where in it the numbers are")


class Window(Group):
    """Conductances of the two ends of the window (S); `nominal` makes it a scale that states may leave."""

    min: Conductance = Field(examples=["1 uS"], description="G_min, of weight 0")
    max: Conductance = Field(examples=["10 uS"], description="G_max, of weight 1")
    nominal: bool = Field(default=False, description="whether the window is only a scale that states may leave")

    @property
    def width(self) -> float:
        """G_max - G_min [S]."""
        return self.max - self.min

    @property
    def offset(self) -> float:
        """Conductance at w = 0 in units of the window, dimensionless."""
        return self.min / self.width

    @model_validator(mode="after")
    def _ordered(self) -> Window:
        if self.min >= self.max:
            raise problem("'max' must be larger than 'min'", "max")
        return self


class LevelWindow(Group):
    """The resistances that count as one level; a limit that is not given is none."""

    min: Resistance | None = Field(default=None, examples=["5.77 kOhm"], description="lower limit")
    max: Resistance | None = Field(default=None, examples=["6.01 kOhm"], description="upper limit")


class Levels(Group):
    """Levels of a cell that stores a number, by their write windows; level 0 has the lowest resistances."""

    windows: Annotated[tuple[LevelWindow, ...], Field(min_length=1, max_length=256)] = Field(
        examples=["[{max: 5 kOhm}, {min: 80 kOhm}]"], description="a row for each level, in rising resistance"
    )

    @model_validator(mode="after")
    def _rising(self) -> Levels:
        for number, (one, following) in enumerate(pairwise(self.windows)):
            if one.max is None or following.min is None or not one.max <= following.min:
                raise problem("must not lie below the upper limit of the level before", "windows", number + 1, "min")
        for number, one in enumerate(self.windows):
            if one.min is not None and one.max is not None and not one.min < one.max:
                raise problem("must lie above the lower limit", "windows", number, "max")
        return self


class CycleToCycle(Group):
    """Spread of one pulse's effect: of the window, of that pulse's own mean step, or of a step that is told."""

    sigma: Sigma = Field(examples=["3.7 %"], description="standard deviation of a pulse's effect")
    relative_to: Literal["range", "step", "own-step", "nominal-step"] = Field(
        description="the window, the mean step of that very pulse, the full step of that very cell and direction "
        "wherever the cell stands, or the model's nominal step"
    )
    distribution: Literal["normal", "lognormal", "uniform"] = Field(
        default="normal", description="shape of the distribution of one pulse's effect"
    )
    floor: Share = Field(default=0.0, description="share of the window that is added to the step that sigma is of")
    slope: Share = Field(default=0.0, description="share of the state w that is added to the step that sigma is of")

    @model_validator(mode="after")
    def _raised(self) -> CycleToCycle:
        for key in ("floor", "slope"):
            if getattr(self, key) > 0 and self.relative_to != "step":
                raise problem(f"'{key}' needs 'relative_to: step'", key)
            if getattr(self, key) > 0 and self.distribution == "lognormal":
                raise problem(f"'{key}' is not for 'lognormal', whose sigma goes with the step alone", key)
        return self

    @model_validator(mode="after")
    def _lognormal(self) -> CycleToCycle:
        if self.distribution == "lognormal" and self.relative_to != "step":
            raise problem("'lognormal' needs 'relative_to: step'", "relative_to")
        return self


class WriteNoise(Group):
    """Noise that every write adds to what is read, over a hidden state that goes on without it."""

    sigma: WideSigma = Field(examples=["2 %"], description="standard deviation of what is read after a write")
    relative_to: Literal["range", "nominal-step"] = Field(description="the window, or the model's nominal step")


class DeviceToDevice(Group):
    """Spread of a parameter, over cells or over pulses: of its value, of the window, or as it stands."""

    sigma: Sigma = Field(examples=["5 %"], description="standard deviation")
    relative_to: Literal["value", "range", "absolute"] = Field(
        description="the parameter's value, the conductance window, or 1 (for dimensionless parameters)"
    )
    distribution: Literal["normal", "lognormal", "uniform"] = Field(
        default="normal", description="shape of the distribution; mean and standard deviation are the same for all"
    )

    @model_validator(mode="after")
    def _lognormal(self) -> DeviceToDevice:
        if self.distribution == "lognormal" and self.relative_to != "value":
            raise problem("'lognormal' needs 'relative_to: value'", "relative_to")
        return self


_TOLD = {"nominal-step": "nominal step", "own-step": "step that a profile tells"}


def _spreading() -> tuple[str, ...]:
    """Every parameter that may spread over cells: the window, the numbers of all models, the noise of a pulse."""
    names = ["conductance.min", "conductance.max"]
    names += [f"update.{path}" for model in UPDATES for path in number_paths(model, skip=(Pulse,))]
    names += ["variability.c2c.sigma", "variability.write.sigma", "retention.lifetime"]
    names += ["read.noise.sigma", "read.telegraph.amplitude", "read.flicker.sigma"]
    fixed = ("update.substeps", "update.weights.", "update.table.")
    return tuple(dict.fromkeys(name for name in names if not name.startswith(fixed)))


class _Spreading(tuple):
    """The parameters that may spread over cells; those of custom steps have names of their own."""

    __slots__ = ()

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or bool(isinstance(name, str) and _CUSTOM.fullmatch(name))


_CUSTOM = re.compile(r"update\.parameters\.[a-z][a-z0-9_]*")
SPREADING = _Spreading(_spreading())
PULSED = tuple(name for name in SPREADING if name.startswith(("conductance.", "update.")))

if TYPE_CHECKING:
    D2DField = str
else:
    D2DField = Annotated[
        Literal[tuple(SPREADING)],
        WrapValidator(lambda name, listed: name if name in SPREADING else listed(name)),
    ]


class Variability(Group):
    """Cycle-to-cycle and device-to-device spreads."""

    c2c: CycleToCycle | None = Field(default=None, description="cycle to cycle: random part of every pulse")
    write: WriteNoise | None = Field(default=None, description="write noise over a hidden state")
    d2d: dict[D2DField, DeviceToDevice] = Field(
        default_factory=dict,
        description="device to device: parameter: {sigma, relative_to}, drawn once a cell",
        json_schema_extra={"propertyNames": {"anyOf": [{"enum": [*SPREADING]}, {"pattern": f"^{_CUSTOM.pattern}$"}]}},
    )

    per_pulse: dict[D2DField, DeviceToDevice] = Field(
        default_factory=dict,
        description="cycle to cycle of single parameters of the update: parameter: {sigma, relative_to}, drawn anew at "
        "every pulse of every cell",
        json_schema_extra={"propertyNames": {"anyOf": [{"enum": [*PULSED]}, {"pattern": f"^{_CUSTOM.pattern}$"}]}},
    )

    @model_validator(mode="before")
    @classmethod
    def _unset(cls, data: object) -> object:
        if not isinstance(data, dict):
            return data
        return {key: value for key, value in data.items() if value is not None or key not in ("d2d", "per_pulse")}


class DeviceSpec(Section):
    """A whole profile, in SI units and fractions."""

    extends: Text | None = Field(
        default=None,
        examples=["taox-hfox-wu2018"],
        description="profile whose values hold where this one says nothing: a shipped name, or a file in this folder",
    )
    name: Name = Field(examples=["my-device"])
    title: Text = Field(examples=["Analog TaOx/HfOx RRAM"], description="one line for people")
    technology: Text = Field(examples=["oxide RRAM"], description="kind of device")
    notes: Text | None = Field(default=None, description="anything a user should know")
    sources: dict[Key, Source] = Field(default_factory=dict, description="publications and data sets, by key")
    source: Key | None = Field(default=None, description="key of `sources`; holds for all numbers of the profile")
    where: Text | None = Field(default=None, description="table, figure or page of the source")
    status: Status | None = Field(default=None, description="how the numbers of the profile were obtained")
    conductance: Window = Field(examples=["{min: 1 uS, max: 10 uS}"], description="the conductance window")
    update: Update | None = Field(
        default=None,
        examples=["{model: constant, pulses: 128}"],
        description="how pulses change the state; leave it out for a device that is only programmed",
    )
    programming: Programming | None = Field(
        default=None, description="error of programming a state, for devices that are trained elsewhere"
    )
    variability: Variability | None = Field(
        default=None, description="spreads from pulse to pulse and from cell to cell"
    )
    levels: dict[Key, Levels] = Field(
        default_factory=dict, description="sets of levels of cells that store numbers, by name"
    )
    retention: Retention | None = Field(default=None, description="what time does to the state")
    endurance: Endurance | None = Field(default=None, description="what cycles of set and reset pulses do to cells")
    faults: Faults | None = Field(default=None, description="stuck cells")
    conduction: Conduction | None = Field(default=None, description="current against voltage where it is not ohmic")
    read: Read = Field(examples=["{voltage: 0.5 V, duration: 5 ns}"], description="how cells are read")

    @property
    def encoding(self) -> Encoding:
        """How pulses deliver a wanted change: as given, else "exact" for a nominal window and "counted" otherwise.

        A device that is only programmed is trained ideally, hence "exact".
        """
        if self.update is None:
            return "exact"
        return self.update.encoding or ("exact" if self.conductance.nominal else "counted")

    @model_validator(mode="after")
    def _consistent(self) -> DeviceSpec:
        if self.update is None and self.programming is None:
            raise problem(
                "missing key 'update' (or 'programming'); write e.g. 'update: {model: constant, pulses: 128}'"
            )
        if self.conductance.nominal and (self.update is None or self.update.model != "constant"):
            raise problem("a nominal window needs 'update.model: constant'; remove it", "conductance", "nominal")
        if self.conductance.nominal and self.endurance is not None:
            raise problem("a nominal window has no ends that could wear; remove it", "endurance")
        for name, levels in self.levels.items():
            for number, one in enumerate(levels.windows):
                low, high = self.conductance.min, self.conductance.max
                if (one.max is not None and one.max * high <= 1) or (one.min is not None and one.min * low >= 1):
                    raise problem("lies outside the conductance window", "levels", name, "windows", number)
        if self.update is not None:
            self.update.fit(self.conductance.min, self.conductance.max, self.read.voltage)
        if self.variability is not None:
            for field, spread in self.variability.d2d.items():
                self._varies("d2d", field, spread)
            for field, spread in self.variability.per_pulse.items():
                self._varies("per_pulse", field, spread)
                if not field.startswith(("conductance.", "update.")):
                    raise problem("no part of a pulse", "variability", "per_pulse", field)
                if self.update is None or self.update.own_noise is not None:
                    why = "no 'update' model" if self.update is None else self.update.own_noise
                    raise problem(f"has no effect: {why}", "variability", "per_pulse", field)
            for key in ("c2c", "write"):
                given = getattr(self.variability, key)
                if given is None:
                    continue
                if self.update is None:
                    raise problem("has no effect without an 'update' model", "variability", key)
                if key == "c2c" and self.update.own_noise is not None:
                    raise problem(f"has no effect: {self.update.own_noise}", "variability", key)
                if given.relative_to in _TOLD and not isinstance(self.update, StepUpdate):
                    why = f"model '{self.update.model}' has no {_TOLD[given.relative_to]}"
                    raise problem(why, "variability", key, "relative_to")
        return self

    def _varies(self, key: str, field: str, spread: DeviceToDevice) -> None:
        """Refuse a spread that would have no effect or no meaning."""
        at = ("variability", key, field)
        base = self.base(field)
        if base is None:
            raise problem(f"this profile has no {field} that could vary", *at)
        if spread.relative_to == "range" and not field.startswith("conductance."):
            raise problem("'range' is the conductance window; write 'relative_to: value'", *at, "relative_to")
        unit = self.unit(field)
        if spread.relative_to == "absolute" and unit not in ("1", "%"):
            others = "'relative_to: value' or 'range'" if field.startswith("conductance.") else "'relative_to: value'"
            raise problem(
                f"'absolute' is for dimensionless parameters, {field} is in {unit}; write {others}", *at, "relative_to"
            )
        if spread.relative_to == "value" and base == 0 and spread.sigma > 0:
            raise problem(f"has no effect relative to a value of 0 ({field})", *at, "relative_to")

    def base(self, field: str) -> float | None:
        """Nominal value (SI) of the parameter at a dotted path, or None where the profile has no such number."""
        if field == "update.step" and isinstance(self.update, StepUpdate):
            return self.update.nominal_step
        if field in ("update.pulses", "update.reset_pulses"):
            if not isinstance(self.update, NeurosimUpdate):
                return None  # of the others, `update.step` spreads
            count = getattr(self.update, field.removeprefix("update."))
            return None if count is None else float(count)
        here: Any = self
        for key in field.split("."):
            here = here.get(key) if isinstance(here, dict) else getattr(here, key, None)
        return here if isinstance(here, float) else None

    def unit(self, field: str) -> str:
        """SI unit of the parameter at a dotted path, "1" or "%" for none."""
        here: Any = self
        *sections, last = field.split(".")
        for key in sections:
            here = here.get(key) if isinstance(here, dict) else getattr(here, key, None)
        own = getattr(type(here), "model_fields", {}).get(last)
        return str(getattr(marker_of(own), "unit", "1")) if own is not None else "1"


__all__ = ["D2DField", "DeviceSpec", "DeviceToDevice", "Number", "Sigma"]
