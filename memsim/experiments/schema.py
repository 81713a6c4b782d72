"""Schema that the YAML of all experiments shares: what is compared, its labels, sweeps, seeds, corruptions."""

from __future__ import annotations

import functools
import itertools
import json
import math
from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

from pydantic import Field, PrivateAttr, model_validator

from memsim.data.corruptions import CORRUPTIONS, FIELDS, largest
from memsim.document.fields import ONE_LINE, Section, problem
from memsim.document.walk import fields_of
from memsim.document.writer import show
from memsim.experiments.aging import Times, check_times
from memsim.experiments.devices import DEVICE, Devices, value_key, whole_key
from memsim.experiments.energy import EnergySpec
from memsim.experiments.learners import LABEL, ComparedBase, Seed

MAX_LEARNERS = 1000


Level = Annotated[float, Field(allow_inf_nan=False, ge=0, le=100)]
Values = Annotated[list[Any], Field(min_length=1, max_length=100)]
Levels = Annotated[list[Level], Field(min_length=1, max_length=1000)]


class Run(NamedTuple):
    """What one of the things that a result compares is made from.

    Attributes
    ----------
    place : int
        Its place in the experiment.
    spec : ComparedBase
        What the experiment says there.
    number : int
        Number of the sweep's run, 0 where nothing is swept.
    combination : dict
        Key -> value of that run.
    values : dict
        Those of them that change it.
    """

    place: int
    spec: ComparedBase
    number: int
    combination: dict[str, Any]
    values: dict[str, Any]


class ExperimentSpec(Section):
    """What the experiments of all tasks have; what they compare is a list of the task's own."""

    COMPARED: ClassVar[str] = "learner"
    """What is compared: its plural is a key of the experiment, itself a dimension of the result."""
    INDEPENDENT: ClassVar[bool] = False
    """Whether each of the compared has the same numbers without the others."""

    name: Annotated[
        str,
        Field(
            pattern=r"^[a-z0-9][a-z0-9-]{0,63}$",
            description="lower-case letters, digits and '-', at most 64",
            examples=["my-experiment"],
        ),
    ]
    title: Annotated[str, Field(max_length=300), ONE_LINE] = ""
    notes: Annotated[str, Field(max_length=10_000)] = ""
    task: str
    times: Times = Field(default=[])
    sweep: dict[str, Annotated[list[Any], Field(min_length=1, max_length=100)]] = Field(default={})
    seed: Seed = 42
    _devices: Devices = PrivateAttr(default_factory=Devices)

    def model_post_init(self, context: Any) -> None:
        """Keep the devices that the context holds: names of devices are parts of labels."""
        if isinstance(context, Mapping):
            self._devices = context["devices"]

    def __eq__(self, other: object) -> bool:
        """Whether all settings are equal; where profiles come from is no setting."""
        return type(self) is type(other) and self.model_dump() == other.model_dump()

    __hash__ = None  # type: ignore[assignment]

    @property
    def compared(self) -> Sequence[Any]:
        """What is compared, in order."""
        return getattr(self, f"{self.COMPARED}s")

    @property
    def combinations(self) -> list[dict[str, Any]]:
        """Key -> value of every run of the sweep, in order; one empty mapping where nothing is swept."""
        return [dict(zip(self.sweep, values, strict=True)) for values in itertools.product(*self.sweep.values())]

    @functools.cached_property
    def runs(self) -> dict[str, Run]:
        """What the result compares, in order: label -> what it is made from. One that no sweep reaches runs once.

        Labels that would be equal, as those of learners that differ by a device that was replaced, are numbered.
        """
        runs: dict[str, Run] = {}
        made: set[tuple[int, str]] = set()
        for number, combination in enumerate(self.combinations):
            for place, spec in enumerate(self.compared):
                values = self.reaching(spec, combination)
                identity = place, json.dumps(values, sort_keys=True, default=str)
                if identity not in made:
                    made.add(identity)
                    runs[_unused(self.label(spec, values), runs)] = Run(place, spec, number, combination, values)
        return runs

    def label(self, spec: Any, values: Mapping[str, Any]) -> str:
        """Label of one of those that are compared, at values that a sweep sets."""
        in_name = self._device_keys(spec) if LABEL in spec.name and values else ()
        return label(self.name_at(spec, values), self._words({k: v for k, v in values.items() if k not in in_name}))

    def name_at(self, spec: Any, values: Mapping[str, Any]) -> str:
        """Name of one of the compared with the name of its device at values that a sweep sets."""
        named = LABEL in spec.name
        return spec.name.replace(LABEL, self._devices.name(self._device_at(spec, values))) if named else spec.name

    def reaching(self, spec: Any, combination: Mapping[str, Any]) -> dict[str, Any]:
        """The values of a run of the sweep that change one of those that are compared."""
        return {
            whole_key(key): value
            for key, value in combination.items()
            if any(spec is other for other in self.set_by(key, combination))
        }

    def set_by(self, key: str, combination: Mapping[str, Any] | None = None) -> list[Any]:
        """Those of the compared that a key sets, at the values of a run of the sweep or, without them, at any.

        A value of a device, such as "array.device.variability.c2c.sigma", is set where the device has its section; for
        all if none has.
        """
        key = whole_key(key)
        head, _, rest = key.partition(".")
        if head == f"{self.COMPARED}s":
            return self.matching(rest)[0]
        if not any(head in itertools.chain(*spec.KINDS) for spec in self.compared):
            return list(self.compared)
        having, inside = self.having(key), value_key(key)
        if inside:
            stating = [spec for spec in having if any(self._devices.states(c, inside) for c in self._choices(spec))]
            if stating and combination is not None:
                return [one for one in stating if self._devices.states(self._device_at(one, combination), inside)]
            return stating or having
        return having

    def matching(self, rest: str) -> tuple[list[Any], str]:
        """Those whose name or label a dotted text begins with, and what follows it; none if there is none."""
        named: dict[str, list[Any]] = {}
        for spec in self.compared:
            for name in dict.fromkeys((spec.name, self.label(spec, {}))):
                named.setdefault(name, []).append(spec)
        for name in sorted(named, key=len, reverse=True):
            if rest == name or rest.startswith(f"{name}."):
                return named[name], rest[len(name) + 1 :]
        return [], rest

    def address(self, spec: Any) -> str:
        """What names one of the compared in a path of the document: its name, or its place if names are equal."""
        names = [other.name for other in self.compared]
        place = next(i for i, other in enumerate(self.compared) if other is spec)
        return spec.name if names.count(spec.name) == 1 else str(place)

    def _device_keys(self, spec: Any) -> tuple[str, ...]:
        """Keys of a sweep that choose the device of one of the compared."""
        return (DEVICE, *(f"{self.COMPARED}s.{name}.{DEVICE}" for name in (spec.name, self.label(spec, {}))))

    def _device_at(self, spec: Any, values: Mapping[str, Any]) -> Any:
        """What one of the compared is built from at values that a sweep sets."""
        chosen = [value for key, value in values.items() if whole_key(key) in self._device_keys(spec)]
        return chosen[-1] if chosen else spec.array.device

    def _choices(self, spec: Any) -> list[Any]:
        """All that one of the compared is built from in the runs of the sweep."""
        swept = [values for key, values in self.sweep.items() if whole_key(key) in self._device_keys(spec)]
        return swept[-1] if swept else [spec.array.device]

    def _words(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Values of a sweep with the name of a device in place of a section that describes it."""
        return {
            key: self._devices.name(value) if isinstance(value, Mapping) and f".{key}".endswith(f".{DEVICE}") else value
            for key, value in values.items()
        }

    def having(self, key: str) -> list[Any]:
        """Those of the compared that have what a key such as "array.adc.bits" sets.

        Of a setting that not every rule or loss has, such as `learning.margin`, those that have it. Of a section that
        may be left out, such as `array.adc`, those that give it. All if none does.
        """
        head, _, rest = key.partition(".")
        part, nested, _ = rest.partition(".")
        with_section = [spec for spec in self.compared if head in spec.sections]
        able = [spec for spec in with_section if part in (fields_of(type(getattr(spec, head))) or ())]
        giving = [spec for spec in with_section if nested and getattr(getattr(spec, head), part, None) is not None]
        return giving or able or with_section

    def evaluation_keys(self, earlier: ExperimentSpec) -> tuple[str, ...]:
        """Keys that an evaluation of weights may change from an earlier run's; none where nothing is trained.

        Those of the learners are not among them, see `ComparedBase.evaluation_keys`.
        """
        return ()

    def first_label(self, text: str) -> str | None:
        """The label that a text is, or the first of those that have it as their name; None if there is none."""
        if text in self.runs:
            return text
        return next((label for label, run in self.runs.items() if run.spec.name == text), None)

    @property
    def labels(self) -> list[str]:
        """Names of what the result compares: those in the experiment, with the values of each run of the sweep."""
        return list(self.runs)

    @property
    def known_labels(self) -> dict[str, Sequence[Any]]:
        """Labels of the result that are known before the run, in SI units, by dimension."""
        return {self.COMPARED: self.labels, **({"time": self.times} if self.times else {})}

    @model_validator(mode="after")
    def _consistent(self) -> ExperimentSpec:
        names, listed = [spec.name for spec in self.compared], f"{self.COMPARED}s"
        for name in names:
            if names.count(name) > 1 and LABEL not in name:
                raise problem(f"two {listed} are called '{name}'; names must differ", listed)
        for number, spec in enumerate(self.compared):
            check_times(self.times, spec, listed, number)
        keys = [whole_key(key) for key in self.sweep]
        for key, values in self.sweep.items():
            if keys.count(whole_key(key)) > 1:
                raise problem(f"'{whole_key(key)}' is swept twice", "sweep", key)
            texts = [show(value) for value in values]
            for text in texts:
                if texts.count(text) > 1:
                    raise problem(f"the value {text} is given twice; values must differ", "sweep", key)
        count = len(names) * math.prod(len(values) for values in self.sweep.values())
        if count > MAX_LEARNERS:
            raise problem(f"{count} {listed} in all; allowed: at most {MAX_LEARNERS}", "sweep")
        return self


class DataExperimentSpec(ExperimentSpec):
    """What all experiments on images have; `data` is the task's own."""

    data: Any


class ImageExperimentSpec(DataExperimentSpec):
    """What the experiments of learners on corrupted images have; `learners` and `data` are the task's own."""

    learners: Sequence[Any]
    corruptions: Annotated[
        dict[Literal[tuple(CORRUPTIONS)], Levels],  # type: ignore[valid-type]
        Field(min_length=1, examples=["{gaussian: [0.1, 0.3, 0.5]}"]),
    ]
    energy: EnergySpec | None = None
    noise_fields: Literal[FIELDS] = "scaled"  # type: ignore[valid-type]

    @property
    def levels(self) -> list[float]:
        """The noise levels, in ascending order; all corruptions have the same."""
        return sorted(next(iter(self.corruptions.values())))

    @property
    def known_labels(self) -> dict[str, Sequence[Any]]:
        """Those of learners and corruptions; see `ExperimentSpec`."""
        return {**super().known_labels, "noise_type": list(self.corruptions), "noise_level": self.levels}

    @property
    def example(self) -> tuple[str, float]:
        """Corruption and level at which the example image is shown: the first, at its middle level."""
        levels = self.levels
        return next(iter(self.corruptions)), levels[len(levels) // 2]

    @model_validator(mode="after")
    def _share_levels(self) -> ImageExperimentSpec:
        for kind, levels in self.corruptions.items():
            if len(set(levels)) < len(levels):
                raise problem("a level is given twice; levels must differ", "corruptions", kind)
            if max(levels) > largest(kind):
                raise problem(
                    f"level {max(levels):g} is too large; allowed: 0 to {largest(kind):g}", "corruptions", kind
                )
            if sorted(levels) != self.levels:
                first = next(iter(self.corruptions))
                raise problem(f"has other levels than {first}; all corruptions share theirs", "corruptions", kind)
        return self


def _unused(text: str, taken: Collection[str]) -> str:
    """A label that is not taken yet: the text, with a number where it is."""
    numbered = (f"{text} ({number})" for number in itertools.count(2))
    return text if text not in taken else next(label for label in numbered if label not in taken)


def label(name: str, values: Mapping[str, Any]) -> str:
    """Name of a learner at one run of a sweep: "Hebbian, bounds [0, 0.5]", or "dac bits 2" beside "adc bits 4"."""
    lasts = [key.rpartition(".")[2] for key in values]
    parts = [1 + (lasts.count(last) > 1 or "." in value_key(key)) for key, last in zip(values, lasts, strict=True)]
    words = (" ".join(key.split(".")[-count:]) for key, count in zip(values, parts, strict=True))
    return ", ".join([name, *(f"{word} {show(value)}" for word, value in zip(words, values.values(), strict=True))])
