"""Schema of an experiment of the task `memorise`: one model an image, as in the study."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, TypeAlias

from pydantic import BeforeValidator, Field, model_validator

from memsim.arrays.compensation import BATCH_NORM
from memsim.document.fields import Count, Place, Section, problem
from memsim.document.registry_sections import entries
from memsim.errors import nearest
from memsim.experiments.learners import GreySpec, LearnerBase, LossSpec, Pair, Rate, RuleSpec, Seed, Side, as_tuple
from memsim.experiments.schema import ExperimentSpec, ImageExperimentSpec
from memsim.learning import RULES
from memsim.networks.losses import LOSSES

SCENES = "road-scenes"
MAX_PIXELS = 1 << 32
_COMPENSATION, _BUDGET = ("aging", "compensation"), ("aging", "refresh", "budget")


class DataSpec(Section):
    """Images: the embedded scenes, or a local path."""

    EMBEDDED: ClassVar[tuple[str, ...]] = (SCENES,)

    source: Place = SCENES
    samples: Annotated[int, Count(1, 100_000)] = 50
    shape: Annotated[tuple[Side, Side], BeforeValidator(as_tuple)] = (64, 64)
    seed: Seed = 0
    grey: GreySpec = GreySpec()

    @model_validator(mode="after")
    def _bounded(self) -> DataSpec:
        pixels = self.samples * math.prod(self.shape)
        if pixels > MAX_PIXELS:
            size = f"{self.samples} images of {self.shape[0]} x {self.shape[1]}"
            raise problem(f"{size} have {pixels:.3g} pixels; allowed: at most {MAX_PIXELS:.3g}", "samples")
        return self


class LearningSpec(RuleSpec):
    """How a crossbar learns an image."""

    rate: Rate = 0.2
    steps: Annotated[int, Count(0, 10_000_000)] = 30


class NetworkSpec(Section):
    """A bias-free network: linear, or with one layer of ReLU units."""

    hidden: Annotated[int, Count(0, 65_536)] = 0
    initial: Pair = (-0.01, 0.01)
    dtype: Literal["float64", "float32"] = "float64"


class TrainingSpec(LossSpec):
    """How a network is trained: plain gradient descent on a loss."""

    rate: Rate = 0.001
    steps: Annotated[int, Count(0, 1_000_000)] = 60


if TYPE_CHECKING:
    Learning: TypeAlias = LearningSpec
    Training: TypeAlias = TrainingSpec
else:
    Learning = entries(LearningSpec, RULES, rule="hebbian")
    Training = entries(TrainingSpec, LOSSES, loss="mse")


class LearnerSpec(LearnerBase):
    """One method that is compared: a crossbar with a local rule, or a network with a gradient."""

    KINDS: ClassVar[tuple[tuple[str, ...], ...]] = (("array", "learning", "aging"), ("network", "training"))
    NAMES: ClassVar[tuple[str, ...]] = ("crossbar", "network")

    learning: Learning = Field(default={}, validate_default=True)
    network: NetworkSpec | None = None
    training: Training = Field(default={}, validate_default=True)

    @model_validator(mode="after")
    def _ages(self) -> LearnerSpec:
        if self.aging.compensation == BATCH_NORM:
            raise problem("there is no batch normalisation; allowed: none, global, column, affine", *_COMPENSATION)
        if self.aging.refresh is not None and self.aging.refresh.budget is not None:
            raise problem("there are no validation images to decide; allowed: 'after', a time", *_BUDGET)
        return self


class MemoriseSpec(ImageExperimentSpec):
    """An experiment: images, learners, corruptions and seed."""

    INDEPENDENT: ClassVar[bool] = True

    task: Literal["memorise"] = "memorise"
    data: DataSpec = Field(default=DataSpec(), examples=["{source: road-scenes}"])
    learners: Annotated[
        list[LearnerSpec],
        Field(min_length=1, max_length=1000, examples=["[{name: A, learning: {rule: hebbian}}]"]),
    ]
    unsafe_below: Annotated[float, Field(allow_inf_nan=False, ge=-1e6, le=1e6)] = 10.0
    published: dict[Literal["snr", "correct"], dict[str, float]] = Field(default={})
    resamples: Annotated[int, Count(100, 1_000_000)] = 2000
    keep: list[Literal["conductance", "weights"]] = Field(default=[])

    def evaluation_keys(self, earlier: ExperimentSpec) -> tuple[str, ...]:
        """Corruptions, and where the same images lie, as each model knows one image; see `ExperimentSpec`."""
        return ("corruptions", "noise_fields", "unsafe_below", "resamples", "keep", "times", "energy", "data.source")

    @model_validator(mode="after")
    def _claims(self) -> MemoriseSpec:
        labels = self.labels
        for metric, claimed in self.published.items():
            for name in claimed:
                if name not in labels:
                    raise problem(f"unknown learner '{name}'{nearest(name, labels)}", "published", metric, name)
        return self
