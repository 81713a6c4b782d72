"""Schema of an experiment's YAML: every key, its unit, its range and its default."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from memsim.document.fields import Count, Quantity, Section, problem
from memsim.errors import nearest
from memsim.learning import ENCODINGS, MAX_PULSES, RULES
from memsim.philox import MAX_SEED

MAX_PIXELS = 1 << 32


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
    column: Literal["single", "reference"] | None = None
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


class LearnerSpec(Section):
    """One method that is compared."""

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


Level = Annotated[float, Field(allow_inf_nan=False, ge=0, le=100)]
Levels = Annotated[list[Level], Field(min_length=1, max_length=1000)]


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
    corruptions: Annotated[dict[Literal["gaussian"], Levels], Field(min_length=1)]
    published: dict[Literal["snr", "correct"], dict[str, float]] = Field(default={})
    resamples: Annotated[int, Count(100, 1_000_000)] = 2000
    keep: list[Literal["conductance"]] = Field(default=[])
    seed: Seed = 42

    @property
    def levels(self) -> list[float]:
        """All noise levels, of whatever corruption, in ascending order."""
        return sorted({level for given in self.corruptions.values() for level in given})

    @property
    def example(self) -> tuple[str, float]:
        """Corruption and level at which the example image is shown: the first, at its middle level."""
        kind, levels = next(iter(self.corruptions.items()))
        return kind, sorted(levels)[len(levels) // 2]

    @model_validator(mode="after")
    def _consistent(self) -> ExperimentSpec:
        names = [learner.name for learner in self.learners]
        for name in names:
            if names.count(name) > 1:
                raise problem(f"two learners are called '{name}'; names must differ", "learners")
        for kind, levels in self.corruptions.items():
            if len(set(levels)) < len(levels):
                raise problem("a level is given twice; levels must differ", "corruptions", kind)
        for metric, claimed in self.published.items():
            for name in claimed:
                if name not in names:
                    raise problem(f"unknown learner '{name}'{nearest(name, names)}", "published", metric, name)
        return self
