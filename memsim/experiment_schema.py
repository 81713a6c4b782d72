"""Schema of an experiment's YAML: every key, its unit, its range and its default."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from memsim.baselines.losses import GRADIENTS, LOSSES, Loss
from memsim.data.corruptions import CORRUPTIONS, FIELDS, largest
from memsim.document.fields import Count, Quantity, Section, problem
from memsim.errors import InputError, nearest
from memsim.learning import ENCODINGS, MAX_PULSES, RULES
from memsim.philox import MAX_SEED

MAX_PIXELS = 1 << 32
MAX_LEARNERS = 1000
CROSSBAR = ("array", "learning")
NETWORK = ("network", "training")
"""Sections of a learner that is a crossbar, and of one that is a network."""


def _no_bounds(value: Any) -> Any:
    return None if isinstance(value, str) and value.strip().lower() == "none" else value


def _ordered(pair: tuple[float, float] | None) -> tuple[float, float] | None:
    if pair is not None and not pair[0] < pair[1]:
        raise problem(f"[{pair[0]:g}, {pair[1]:g}] has min >= max; allowed: [min, max] with min < max")
    return pair


def _as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _printable(text: str) -> str:
    if not text.isprintable():
        raise problem(f"{text!r} has characters that cannot be printed on one line; remove them")
    return text


ONE_LINE = AfterValidator(_printable)
Number = Annotated[float, Field(allow_inf_nan=False, ge=-1e6, le=1e6)]
Pair = Annotated[tuple[Number, Number], BeforeValidator(_as_tuple), AfterValidator(_ordered)]
Side = Annotated[int, Count(1, 4096)]
Length = Annotated[float, Quantity("m", above=0.0, high=1e4)]
Seed = Annotated[int, Count(0, MAX_SEED)]


class GreySpec(Section):
    """Depth to grey: min(depth, cap) / scale, so that far is bright; both were chosen to match the study's images."""

    cap: Length = 30.0
    scale: Length = 65.0
    status: Literal["fitted", "assumed"] = "fitted"


class DataSpec(Section):
    """Images: the embedded scenes, or a local path."""

    source: Annotated[str, Field(min_length=1, max_length=4096), ONE_LINE] = "road-scenes"
    samples: Annotated[int, Count(1, 100_000)] = 50
    shape: Annotated[tuple[Side, Side], BeforeValidator(_as_tuple)] = (64, 64)
    seed: Seed = 0
    grey: GreySpec = GreySpec()

    @model_validator(mode="after")
    def _bounded(self) -> DataSpec:
        pixels = self.samples * math.prod(self.shape)
        if pixels > MAX_PIXELS:
            size = f"{self.samples} images of {self.shape[0]} x {self.shape[1]}"
            raise problem(f"{size} have {pixels:.3g} pixels; allowed: at most {MAX_PIXELS:.3g}", "samples")
        return self


class ArraySpec(Section):
    """The crossbar of a learner."""

    device: Annotated[str, Field(min_length=1, max_length=4096), ONE_LINE] = "ideal"
    bounds: Annotated[Pair | None, BeforeValidator(_no_bounds)] = (0.0, 1.0)
    initial: Pair = (0.0, 0.01)
    column: Literal["single", "reference", "pair"] | None = None
    dtype: Literal["float32", "float64"] = "float32"

    @model_validator(mode="after")
    def _starts_within(self) -> ArraySpec:
        if self.bounds is not None and not self.bounds[0] <= self.initial[0] < self.initial[1] <= self.bounds[1]:
            given, allowed = (f"[{low:g}, {high:g}]" for low, high in (self.initial, self.bounds))
            raise problem(f"{given} lies outside the bounds {allowed}; set array.initial too", "initial")
        return self


class LearningSpec(Section):
    """How a learner learns."""

    rule: Literal[tuple(RULES)] = "hebbian"  # type: ignore[valid-type]
    rate: Annotated[float, Field(allow_inf_nan=False, ge=-1e3, le=1e3)] = 0.2
    steps: Annotated[int, Count(0, 10_000_000)] = 30
    encoding: Literal[ENCODINGS] | None = None  # type: ignore[valid-type]
    rounding: Literal["stochastic", "nearest"] = "stochastic"
    max_pulses: Annotated[int, Count(1, MAX_PULSES)] | None = None
    threshold: Annotated[float, Field(allow_inf_nan=False, ge=0, le=1e3)] = 0.0
    margin: Annotated[float, Field(allow_inf_nan=False, ge=-1e6, le=1e6)] = 0.5


class NetworkSpec(Section):
    """A bias-free network: linear, or with one layer of ReLU units."""

    hidden: Annotated[int, Count(0, 65_536)] = 0
    initial: Pair = (-0.01, 0.01)
    dtype: Literal["float64", "float32"] = "float64"


class TrainingSpec(Section):
    """How a network is trained: plain gradient descent on a loss."""

    loss: Literal[LOSSES] = "mse"  # type: ignore[valid-type]
    weight: Annotated[float, Field(allow_inf_nan=False, ge=0, le=1e6)] = Field(default=1.0, alias="lambda")
    gradient: Literal[GRADIENTS] = "exact"  # type: ignore[valid-type]
    rate: Annotated[float, Field(allow_inf_nan=False, ge=-1e3, le=1e3)] = 0.001
    steps: Annotated[int, Count(0, 1_000_000)] = 60
    margin: Annotated[float, Field(allow_inf_nan=False, ge=-1e6, le=1e6)] = 1.0
    floor: Annotated[float, Field(allow_inf_nan=False, gt=0, le=1e6)] = 0.1
    smoothing: Annotated[float, Field(allow_inf_nan=False, ge=0, lt=1)] = 0.1
    alpha: Annotated[float, Field(allow_inf_nan=False, gt=0, le=1)] = 0.25
    gamma: Annotated[float, Field(allow_inf_nan=False, ge=0, le=100)] = 2.0

    @property
    def objective(self) -> Loss:
        """The loss with its settings."""
        return Loss(
            self.loss, self.weight, self.gradient, self.margin, self.floor, self.smoothing, self.alpha, self.gamma
        )

    @model_validator(mode="after")
    def _exists(self) -> TrainingSpec:
        try:
            self.objective  # noqa: B018
        except InputError as error:
            raise problem(str(error), "gradient") from None
        return self


class LearnerSpec(Section):
    """One method that is compared: a crossbar with a local rule, or a network with a gradient."""

    name: Annotated[
        str,
        Field(
            max_length=64,
            pattern=r"^[^./=\s]([^./=]*[^./=\s])?$",
            description="text of 1 to 64 characters without '.', '/', '=' and spaces at its ends",
        ),
        ONE_LINE,
    ]
    array: ArraySpec = ArraySpec()
    learning: LearningSpec = LearningSpec()
    network: NetworkSpec | None = None
    training: TrainingSpec = TrainingSpec()

    @model_validator(mode="after")
    def _one_kind(self) -> LearnerSpec:
        own, other = (NETWORK, CROSSBAR) if self.network is not None else (CROSSBAR, NETWORK)
        for section in other:
            if section in self.model_fields_set:
                hint = "a network has" if self.network is not None else "without 'network', a crossbar has"
                raise problem(f"does not belong to this learner; {hint} {' and '.join(own)}", section)
        return self

    @property
    def sections(self) -> tuple[str, ...]:
        """The sections that this learner has."""
        return CROSSBAR if self.network is None else NETWORK


Level = Annotated[float, Field(allow_inf_nan=False, ge=0, le=100)]
Values = Annotated[list[Any], Field(min_length=1, max_length=100)]
Levels = Annotated[list[Level], Field(min_length=1, max_length=1000)]


class Run(NamedTuple):
    """What one learner of a result is made from.

    Attributes
    ----------
    place : int
        Place of its learner in the experiment.
    learner : LearnerSpec
        That learner, as the experiment has it.
    number : int
        Number of the sweep's run, 0 where nothing is swept.
    combination : dict
        Key -> value of that run.
    values : dict
        Those of them that change this learner.
    """

    place: int
    learner: LearnerSpec
    number: int
    combination: dict[str, Any]
    values: dict[str, Any]


class ExperimentSpec(Section):
    """An experiment: data, learners, corruptions and seed."""

    name: Annotated[
        str,
        Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$", description="lower-case letters, digits and '-', at most 64"),
    ]
    title: Annotated[str, Field(max_length=300), ONE_LINE] = ""
    notes: Annotated[str, Field(max_length=10_000)] = ""
    data: DataSpec = DataSpec()
    task: Literal["memorise"] = "memorise"
    learners: Annotated[list[LearnerSpec], Field(min_length=1, max_length=1000)]
    sweep: Annotated[dict[str, Annotated[list[Any], Field(min_length=1, max_length=100)]], Field(max_length=3)] = Field(
        default={}
    )
    corruptions: Annotated[dict[Literal[tuple(CORRUPTIONS)], Levels], Field(min_length=1)]  # type: ignore[valid-type]
    noise_fields: Literal[FIELDS] = "scaled"  # type: ignore[valid-type]
    unsafe_below: Annotated[float, Field(allow_inf_nan=False, ge=-1e6, le=1e6)] = 10.0
    published: dict[Literal["snr", "correct"], dict[str, float]] = Field(default={})
    resamples: Annotated[int, Count(100, 1_000_000)] = 2000
    keep: list[Literal["conductance"]] = Field(default=[])
    seed: Seed = 42

    @property
    def levels(self) -> list[float]:
        """The noise levels, in ascending order; all corruptions have the same."""
        return sorted(next(iter(self.corruptions.values())))

    @property
    def example(self) -> tuple[str, float]:
        """Corruption and level at which the example image is shown: the first, at its middle level."""
        levels = self.levels
        return next(iter(self.corruptions)), levels[len(levels) // 2]

    @property
    def combinations(self) -> list[dict[str, Any]]:
        """Key -> value of every run of the sweep, in order; one empty mapping where nothing is swept."""
        return [dict(zip(self.sweep, values, strict=True)) for values in itertools.product(*self.sweep.values())]

    @property
    def runs(self) -> dict[str, Run]:
        """The learners of the result, in order: name -> what it is made from. One that no sweep reaches runs once."""
        found: dict[str, Run] = {}
        for number, combination in enumerate(self.combinations):
            for place, learner in enumerate(self.learners):
                values = reaching(learner, combination)
                found.setdefault(label(learner.name, values), Run(place, learner, number, combination, values))
        return found

    @property
    def labels(self) -> list[str]:
        """Names of the result's learners: those of the learners, with the values of each run of the sweep."""
        return list(self.runs)

    @model_validator(mode="after")
    def _consistent(self) -> ExperimentSpec:
        names = [learner.name for learner in self.learners]
        for name in names:
            if names.count(name) > 1:
                raise problem(f"two learners are called '{name}'; names must differ", "learners")
        self._check_levels()
        for key, values in self.sweep.items():
            texts = [show(value) for value in values]
            for text in texts:
                if texts.count(text) > 1:
                    raise problem(f"the value {text} is given twice; values must differ", "sweep", key)
        count = len(names) * math.prod(len(values) for values in self.sweep.values())
        if count > MAX_LEARNERS:
            raise problem(f"{count} learners in all; allowed: at most {MAX_LEARNERS}", "sweep")
        labels = self.labels
        for metric, claimed in self.published.items():
            for name in claimed:
                if name not in labels:
                    raise problem(f"unknown learner '{name}'{nearest(name, labels)}", "published", metric, name)
        return self

    def _check_levels(self) -> None:
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


def reaching(learner: LearnerSpec, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a run of a sweep that change this learner."""
    own = {}
    for key, value in values.items():
        head, _, rest = key.partition(".")
        other = head in (*CROSSBAR, *NETWORK) and head not in learner.sections
        if not other and (head != "learners" or rest.startswith(f"{learner.name}.")):
            own[key] = value
    return own


def label(name: str, values: Mapping[str, Any]) -> str:
    """Name of a learner at one run of a sweep: "Hebbian, bounds [0, 0.5]"."""
    return ", ".join([name, *(f"{key.rpartition('.')[2]} {show(value)}" for key, value in values.items())])


def show(value: Any) -> str:
    """A swept value as text."""
    if value is None:
        return "none"
    return value if isinstance(value, str) else json.dumps(value)
