"""Schema of an experiment of the task `classify`: labelled images, many classes, several seeds."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import BeforeValidator, Field, model_validator

from memsim.document.fields import Count, Section, problem
from memsim.document.registry_sections import entries, entry_of
from memsim.document.writer import show
from memsim.errors import nearest
from memsim.experiments.devices import whole_key
from memsim.experiments.energy import TrainingEnergySpec
from memsim.experiments.labelled import LabelledSpec
from memsim.experiments.learners import LearnerBase, LossSpec, Rate, RuleSpec, as_tuple
from memsim.experiments.schema import ExperimentSpec, ImageExperimentSpec
from memsim.learning import RULES
from memsim.learning.features import FEATURES, CompetitiveFeatures, RandomFeatures
from memsim.networks import ARCHITECTURES
from memsim.networks.losses import LOSSES
from memsim.networks.optimise import OPTIMISERS, Optimiser
from memsim.networks.training import SELECT
from memsim.networks.weight_noise import LARGEST_NOISE
from memsim.tasks.classify.decisions import SCORES

UNTUNED = ("array.device", "array.ideal")
"""Settings that say what an array is built from."""
NORMS = ("none", "length", "standard")
ENGINES = ("memsim", "torch", "auto")
"""What computes the networks: memsim's own layers, or those of PyTorch."""
MAX_TRIALS = 1000

Chance = Annotated[float, Field(allow_inf_nan=False, ge=0, lt=1)]
Epochs = Annotated[int, Count(0, 100_000)]
Batch = Annotated[int, Count(1, 1_000_000)]
Patience = Annotated[int, Count(1, 100_000)]
Units = Annotated[int, Count(1, 65_536)]
Positive = Annotated[float, Field(allow_inf_nan=False, gt=0, le=1e6)]


class InPlaceSpec(RuleSpec):
    """How a crossbar learns classes in place: the rule, what it is shown and for how long."""

    rate: Rate = 0.004
    decay: Annotated[float, Field(allow_inf_nan=False, gt=0, le=1)] = 1.0
    epochs: Epochs = 20
    batch: Batch = 8
    gain: Positive = 1.0
    normalise: Literal[NORMS] = "none"  # type: ignore[valid-type]
    bias: Annotated[float, Field(allow_inf_nan=False, ge=0, le=100)] = 1.0
    patience: Patience | None = None


class FeaturesSpec(Section):
    """A layer of features on a crossbar of the same device, before the one that learns."""

    kind: str
    units: Units = 128

    @property
    def layer(self) -> RandomFeatures | CompetitiveFeatures:
        """The kind itself, with its settings."""
        return entry_of(FEATURES, self)


class ArchitectureSpec(Section):
    """A network: its layers by name; what is not given is the architecture's own."""

    architecture: Literal[ARCHITECTURES] = "cnn"  # type: ignore[valid-type]
    hidden: Units | None = None
    channels: Annotated[tuple[Units, ...] | None, BeforeValidator(as_tuple)] = None
    dropout: Chance | None = None
    dtype: Literal["float32", "float64"] = "float32"


class FitSpec(LossSpec):
    """How a network is trained: mini-batches, an optimiser, and what keeps it from learning by heart."""

    optimiser: str
    rate: Positive = 0.003
    weight_decay: Annotated[float, Field(allow_inf_nan=False, ge=0, le=1e3)] = 0.0
    epochs: Annotated[int, Count(1, 100_000)] = 20
    batch: Batch = 64
    mixup: Annotated[float, Field(allow_inf_nan=False, ge=0, le=1)] = 0.0
    ema: Chance | None = None
    weight_noise: Annotated[float, Field(allow_inf_nan=False, ge=0, le=LARGEST_NOISE)] = 0.0
    patience: Patience | None = None
    select: Literal[SELECT] = "accuracy"  # type: ignore[valid-type]
    engine: Literal[ENGINES] = "memsim"  # type: ignore[valid-type]

    @property
    def optimisation(self) -> Optimiser:
        """The optimiser itself."""
        return entry_of(OPTIMISERS, self)


if TYPE_CHECKING:
    InPlace: TypeAlias = InPlaceSpec
    Features: TypeAlias = FeaturesSpec
    Fit: TypeAlias = FitSpec
else:
    InPlace = entries(InPlaceSpec, RULES, rule="delta")
    Features = entries(FeaturesSpec, FEATURES, kind="random")
    Fit = entries(FitSpec, LOSSES, OPTIMISERS, loss="cross-entropy", optimiser="adam", momentum=0.9)


class ProgrammedSpec(Section):
    """A network that another learner of the experiment trains, programmed onto crossbars."""

    learner: Annotated[str, Field(min_length=1, max_length=64, description="name of a network of this experiment")]
    cycles: Annotated[int, Count(1, 1000)] = 1
    clip: Annotated[float, Field(allow_inf_nan=False, gt=0, le=1)] = 1.0
    error: Annotated[float, Field(allow_inf_nan=False, ge=0, le=1)] = 0.0


class ClassifierSpec(LearnerBase):
    """One method: a crossbar that learns in place, a network, or a network that is programmed onto crossbars."""

    KINDS: ClassVar[tuple[tuple[str, ...], ...]] = (
        ("array", "learning", "features", "aging"),
        ("network", "training"),
        ("programmed", "array", "aging"),
    )
    NAMES: ClassVar[tuple[str, ...]] = ("crossbar", "network", "programmed network")
    COLUMN: ClassVar[str | None] = "pair"  # weights of classes need both signs

    learning: InPlace = Field(default={}, validate_default=True)
    features: Features | None = None
    network: ArchitectureSpec | None = None
    training: Fit = Field(default={}, validate_default=True)
    programmed: ProgrammedSpec | None = None
    tune: Annotated[dict[str, Annotated[list[Any], Field(min_length=1, max_length=100)]], Field(max_length=4)] = Field(
        default={}
    )

    @property
    def programs(self) -> bool:
        return self.programmed is not None

    def evaluation_keys(self, earlier: Any) -> tuple[str, ...]:
        """A network is programmed anew, so all that its arrays are may change; what was tuned may not.

        Another engine computes the outputs of a network to rounding. See `ComparedBase`.
        """
        if self.programmed is not None:
            return ("array", "aging", "programmed.cycles", "programmed.clip", "programmed.error")
        tuned = [f"{whole_key(key)}." for key in self.tune]
        keys = super().evaluation_keys(earlier) if self.network is None else ("training.engine",)
        return tuple(key for key in keys if not any(own.startswith(f"{key}.") for own in tuned))

    @model_validator(mode="after")
    def _mapped(self) -> ClassifierSpec:
        if self.programmed is not None and self.array.bounds is None:
            raise problem("a programmed network needs bounds, which its largest weights reach", "array", "bounds")
        if self.programmed is not None and self.array.column not in (None, "pair"):
            text = f"'{self.array.column}' does not hold a network's weights of both signs; allowed: pair"
            raise problem(text, "array", "column")
        if self.programmed is not None and self.array.programming is not None and self.programmed.cycles != 1:
            raise problem(
                f"algorithm '{self.array.programming.algorithm}' has no rounds of this kind; leave it out",
                "programmed",
                "cycles",
            )
        return self


class AttackSpec(Section):
    """Attacks on test images: steps of the projected gradient, and how many images are attacked at most."""

    steps: Annotated[int, Count(1, 1000)] = 10
    images: Annotated[int, Count(1, 1_000_000)] = 200


class TuningSpec(Section):
    """How much of a search every method gets: settings that are tried, and seeds that each is tried with."""

    trials: Annotated[int, Count(1, MAX_TRIALS)] = 1
    seeds: Annotated[int, Count(1, 100)] = 1


class UnsafeSpec(Section):
    """Thresholds of scores under which a decision counts as unsafe."""

    confidence: Annotated[float, Field(allow_inf_nan=False, ge=0, le=1)] = 0.9
    lead: Annotated[float, Field(allow_inf_nan=False, ge=0, le=1e6)] = 10.0

    @property
    def by_score(self) -> dict[str, float]:
        """The threshold of each of `SCORES`; confidence is judged alike before and after scaling."""
        values = (self.confidence, self.confidence, self.lead)
        return dict(zip(SCORES, values, strict=True))


class ClassifySpec(ImageExperimentSpec):
    """An experiment: labelled images, learners, corruptions, seeds."""

    task: Literal["classify"] = "classify"
    data: LabelledSpec = Field(default=LabelledSpec(), examples=["{source: digits}"])
    learners: Annotated[
        list[ClassifierSpec],
        Field(min_length=1, max_length=1000, examples=["[{name: A, learning: {rule: delta}}]"]),
    ]
    seeds: Annotated[int, Count(1, 1000)] = 10
    tuning: TuningSpec = TuningSpec()
    reference: Annotated[str, Field(max_length=200)] | None = None
    energy: TrainingEnergySpec | None = None
    perturbations: Annotated[
        list[Annotated[float, Field(allow_inf_nan=False, gt=0, le=1)]], Field(min_length=1, max_length=20)
    ] = Field(default=[0.02, 0.05, 0.1])
    attack: AttackSpec = AttackSpec()
    unsafe_below: UnsafeSpec = UnsafeSpec()
    keep: list[Literal["weights"]] = Field(default=[])

    def evaluation_keys(self, earlier: ExperimentSpec) -> tuple[str, ...]:
        """Corruptions and images, but not which of these are for training; see `ExperimentSpec`."""
        images = ("data.source", "data.shape", "data.grey")
        return (
            "corruptions",
            "noise_fields",
            "perturbations",
            "attack",
            "unsafe_below",
            "reference",
            "keep",
            "times",
            "energy",
            *images,
        )

    @property
    def reference_label(self) -> str:
        """Label of the learner to whose errors those of the others are compared."""
        return self.labels[0] if self.reference is None else self.first_label(self.reference) or ""

    @property
    def reference_settings(self) -> dict[str, Any]:
        """Its settings, with those that a sweep set."""
        run = self.runs[self.reference_label]
        return {**run.spec.model_dump(mode="json", by_alias=True, include=set(run.spec.sections)), **run.values}

    def reaching(self, spec: ClassifierSpec, combination: Mapping[str, Any]) -> dict[str, Any]:
        """The values of a run of the sweep that change a learner, or the one that it programs."""
        own = super().reaching(spec, combination)
        if spec.programmed is None:
            return own
        trained = next((other for other in self.learners if other.name == spec.programmed.learner), None)
        found = own if trained is None else own | super().reaching(trained, combination)
        return {key: value for key, value in combination.items() if key in found}

    @model_validator(mode="after")
    def _named(self) -> ClassifySpec:
        networks = [learner.name for learner in self.learners if learner.network is not None]
        for number, learner in enumerate(self.learners):
            if learner.programmed is not None and learner.programmed.learner not in networks:
                hint = nearest(learner.programmed.learner, networks) if networks else "; there is none"
                text = f"'{learner.programmed.learner}' is not a network of this experiment{hint}"
                raise problem(text, "learners", number, "programmed", "learner")
            self._check_tuning(number, learner)
        if self.reference is not None and self.first_label(self.reference) is None:
            raise problem(f"unknown learner '{self.reference}'{nearest(self.reference, self.labels)}", "reference")
        for earlier, later in itertools.pairwise(self.perturbations):
            if not earlier < later:
                raise problem(f"{later:g} follows {earlier:g}; they must ascend", "perturbations")
        return self

    def _check_tuning(self, number: int, learner: ClassifierSpec) -> None:
        """Refuse to tune what the learner does not have, or not at all what the others tune."""
        at = ("learners", number)
        for key, values in learner.tune.items():
            if whole_key(key).partition(".")[0] not in learner.sections or "." not in key:
                allowed = " and ".join(f"{section}.*" for section in learner.sections)
                raise problem(f"'{key}' is no setting of this learner; it has {allowed}", *at, "tune")
            if whole_key(key).startswith(UNTUNED):
                raise problem(
                    f"'{key}' cannot be tuned, since every setting is tried on one device; sweep it", *at, "tune"
                )
            if len({show(value) for value in values}) < len(values):
                raise problem("a value is given twice; values must differ", *at, "tune", key)
        if self.tuning.trials > 1 and learner.programmed is None and not learner.tune:
            example = f"tune: {{{learner.sections[1]}.rate: [0.003, 0.01, 0.03]}}"
            raise problem(f"every learner gets {self.tuning.trials} trials; say of what, for example {example}", *at)
