"""Schema of what experiments compare: names, arrays, rules and losses of learners, and the ranges that tasks share."""

from __future__ import annotations

import itertools
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from memsim.data.depth import Grey
from memsim.document.fields import NONE_WORD, ONE_LINE, Count, Quantity, Section, problem
from memsim.document.registry_sections import entry_of
from memsim.experiments.aging import AgingSpec
from memsim.experiments.circuits import ADCSpec, DACSpec, PriorCycles, Tile, WiresSpec, circuit
from memsim.experiments.devices import Choice
from memsim.experiments.programming import Programming
from memsim.learning import ENCODINGS, MAX_PULSES, MAX_SLOTS, RULES, SETTING_OF, Encoding, LocalRule, unused
from memsim.learning.rules.rule import Rate as Rate  # part of this module's API
from memsim.networks.losses import LOSSES, Loss
from memsim.philox import MAX_SEED
from memsim.profiles.idealised import PARTS


def _ordered(pair: tuple[float, float] | None) -> tuple[float, float] | None:
    if pair is not None and not pair[0] < pair[1]:
        raise problem(f"[{pair[0]:g}, {pair[1]:g}] has min >= max; allowed: [min, max] with min < max")
    return pair


def as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


_READING = ("array.dac", "array.adc", "array.wires", "array.tile", "array.device.read.noise")
"""Keys of crossbars that no trained state depends on once it is trained."""
LABEL = "{device}"
"""What a name may contain; labels have the name of the device in its place."""


def name_without_device(name: str) -> str:
    """Name of a learner without the place for the name of its device."""
    return name.replace(LABEL, "").strip(" ,")


def _placeholders(text: str) -> str:
    if "{" in text.replace(LABEL, "") or "}" in text.replace(LABEL, ""):
        raise problem(f"'{text}' has braces; allowed: {LABEL}, the name of the device")
    return text


Number = Annotated[float, Field(allow_inf_nan=False, ge=-1e6, le=1e6)]
Pair = Annotated[tuple[Number, Number], BeforeValidator(as_tuple), AfterValidator(_ordered)]
Side = Annotated[int, Count(1, 4096)]
Length = Annotated[float, Quantity("m", above=0.0, high=1e4)]
Seed = Annotated[int, Count(0, MAX_SEED)]
PartName: TypeAlias = Literal[PARTS]  # type: ignore[valid-type]
Name = Annotated[
    str,
    Field(
        max_length=64,
        pattern=r"^[^.=\s]([^.=]*[^.=\s])?$",
        description="text of 1 to 64 characters without '.', '=' and spaces at its ends",
        examples=["A"],
    ),
    ONE_LINE,
    AfterValidator(_placeholders),
]


class GreySpec(Section):
    """Depth to grey: min(depth, cap) / scale, so that far is bright; both were chosen to match the study's images."""

    cap: Length = 30.0
    scale: Length = 65.0
    status: Literal["fitted", "assumed"] = "fitted"

    @property
    def conversion(self) -> Grey:
        """How depth becomes grey."""
        return Grey(self.cap, self.scale)


class ArraySpec(Section):
    """The crossbar of a learner."""

    device: Choice = "ideal"
    bounds: Annotated[Pair | None, NONE_WORD] = (0.0, 1.0)
    initial: Pair = (0.0, 0.01)
    column: Literal["single", "reference", "pair"] | None = None
    dtype: Literal["float32", "float64"] = "float32"
    dac: Annotated[DACSpec | None, NONE_WORD] = None
    adc: Annotated[ADCSpec | None, NONE_WORD] = None
    wires: Annotated[WiresSpec | None, NONE_WORD] = None
    tile: Tile = None
    programming: Annotated[Programming | None, NONE_WORD] = None
    prior_cycles: PriorCycles = 0.0
    ideal: Annotated[tuple[PartName, ...], BeforeValidator(as_tuple)] = ()

    @property
    def learning_bounds(self) -> tuple[float, float] | None:
        """Bounds of states that learn in place: none where they are ideal."""
        return None if "bounds" in self.ideal else self.bounds

    @property
    def circuit(self) -> dict[str, Any]:
        """Keywords of `memsim.Crossbar` for converters, wires and tiles."""
        return circuit(self)

    @model_validator(mode="after")
    def _each_once(self) -> ArraySpec:
        for part in self.ideal:
            if self.ideal.count(part) > 1:
                raise problem(f"'{part}' is given twice", "ideal")
        return self

    @model_validator(mode="after")
    def _starts_within(self) -> ArraySpec:
        if self.bounds is not None and not self.bounds[0] <= self.initial[0] < self.initial[1] <= self.bounds[1]:
            initial, bounds = (f"[{low:g}, {high:g}]" for low, high in (self.initial, self.bounds))
            raise problem(f"{initial} lies outside the bounds {bounds}; set array.initial too", "initial")
        return self


class RuleSpec(Section):
    """How pulses deliver what a local rule asks for; `memsim.document.registry_sections` adds the keys of the rule."""

    rule: str
    encoding: Literal[ENCODINGS] | None = None  # type: ignore[valid-type]
    rounding: Literal["stochastic", "nearest"] = "stochastic"
    max_pulses: Annotated[int, Count(1, MAX_PULSES)] | None = None
    threshold: Annotated[float, Field(allow_inf_nan=False, ge=0, le=1e3)] = 0.0
    slots: Annotated[int, Count(1, MAX_SLOTS)] = MAX_SLOTS

    @model_validator(mode="after")
    def _encoding_uses_settings(self) -> RuleSpec:
        settings = unused(self.encoding, self) if self.encoding else []
        if settings:
            first, *others = settings
            also = f", nor {', '.join(others)}" if others else ""
            raise problem(f"encoding '{self.encoding}' does not use it{also}; '{SETTING_OF[first]}' does", first)
        return self

    @property
    def local_rule(self) -> LocalRule:
        """The rule itself."""
        return entry_of(RULES, self)

    def encoded(self, default: str) -> Encoding:
        """The encoding itself, `default` where none is named."""
        return Encoding(self.encoding or default, self.rounding, self.max_pulses, self.threshold, self.slots)


class LossSpec(Section):
    """A loss; `memsim.document.registry_sections` adds the keys of its settings."""

    loss: str

    @property
    def objective(self) -> Loss:
        """The loss itself."""
        return entry_of(LOSSES, self)


class ComparedBase(Section):
    """One of the things that are compared; what it is shows in the sections that it has."""

    KINDS: ClassVar[tuple[tuple[str, ...], ...]]
    """Sections of each kind; the first of a kind tells it, and the first kind is the default."""
    NAMES: ClassVar[tuple[str, ...]]
    """What a message calls each kind."""

    name: Name

    @property
    def kind(self) -> int:
        """Number of its kind."""
        return next((i for i, own in enumerate(self.KINDS) if i and getattr(self, own[0]) is not None), 0)

    @property
    def sections(self) -> tuple[str, ...]:
        """The sections that it has."""
        return self.KINDS[self.kind]

    def evaluation_keys(self, earlier: Any) -> tuple[str, ...]:
        """Its keys that an evaluation of weights may change from those of an earlier run."""
        return ()

    @model_validator(mode="after")
    def _names_its_device(self) -> ComparedBase:
        if LABEL in self.name and "array" not in self.sections:
            raise problem(f"'{self.name}' names a device, but a {self.NAMES[self.kind]} has none", "name")
        return self


class LearnerBase(ComparedBase):
    """One method that is compared."""

    COLUMN: ClassVar[str | None] = None
    """How an output is read where `array.column` does not say; None: as the device says."""

    array: ArraySpec = ArraySpec()
    aging: AgingSpec = AgingSpec()
    network: Any = None

    @property
    def programs(self) -> bool:
        """Whether states are programmed into the cells after a training elsewhere."""
        return False

    @model_validator(mode="after")
    def _programmed(self) -> LearnerBase:
        if self.array.programming is not None and not self.programs:
            raise problem("the cells of this learner are not programmed; leave it out", "array", "programming")
        return self

    def evaluation_keys(self, earlier: Any) -> tuple[str, ...]:
        """Of a crossbar, what surrounds its cells, and the noise of reads; see `ComparedBase`."""
        if "array" not in self.sections:
            return ()
        reading = (*_READING, "aging")
        reads_alone = set(self.array.ideal) ^ set(earlier.array.ideal) <= {"read"}
        return (*reading, "array.ideal") if reads_alone else reading

    @model_validator(mode="after")
    def _one_kind(self) -> LearnerBase:
        for section in dict.fromkeys(itertools.chain(*self.KINDS)):
            if section in self.model_fields_set and section not in self.sections:
                teller = next(own[0] for own in self.KINDS if section in own)
                which = f"a {self.NAMES[self.kind]}" if self.kind else f"without '{teller}', a {self.NAMES[0]}"
                raise problem(f"does not belong to this learner; {which} has {' and '.join(self.sections)}", section)
        return self

    @model_validator(mode="after")
    def _readable(self) -> LearnerBase:
        learning, adc, features = getattr(self, "learning", None), self.array.adc, getattr(self, "features", None)
        if self.kind or adc is None or not adc.calibrated or learning is None:
            return self
        reader = f"rule '{learning.rule}'" if learning.local_rule.reads else ""
        if features is not None and features.layer.learns:
            reader = "competition of features"
        if reader:
            raise problem(
                f"'{adc.range}' follows the outputs of an array that has learned, but the {reader} reads the array "
                "before; allowed here: a number, such as twice the largest output that is asked for",
                *("array", "adc", "range"),
            )
        return self
