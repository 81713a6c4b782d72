"""Schema of an experiment of the task `regress`: arrays learn a matrix in place by in-situ schemes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from memsim.document.fields import Count, Quantity, Section, problem
from memsim.document.registry_sections import entries, entry_of
from memsim.experiments.devices import Choice
from memsim.experiments.learners import ComparedBase, as_tuple
from memsim.experiments.schema import ExperimentSpec
from memsim.schemes import SCHEMES, Scheme
from memsim.schemes.arrays import Reference

MOST_VECTORS = 100_000_000
Share = Annotated[float, Field(allow_inf_nan=False, ge=0.0, lt=1.0)]
Positive = Annotated[float, Field(allow_inf_nan=False, gt=0.0, le=1e3)]
Error = Annotated[float, Field(allow_inf_nan=False, ge=0.0, le=1e3)]
Stage = Annotated[tuple[Share, Positive], BeforeValidator(as_tuple)]
"""Share of the vectors from which on a learning rate holds, and this rate."""


def _in_order(stages: list[tuple[float, float]]) -> list[tuple[float, float]]:
    starts = [start for start, _ in stages]
    if starts[0] != 0.0 or starts != sorted(set(starts)):
        shown = ", ".join(f"{start:g}" for start in starts)
        raise problem(f"the rates begin at {shown}; allowed: shares of the vectors that rise from 0")
    return stages


class SchemeSpec(Section):
    """An in-situ scheme; `memsim.document.registry_sections` adds the keys of its settings."""

    scheme: str

    @property
    def made(self) -> Scheme:
        """The scheme itself."""
        return entry_of(SCHEMES, self)


if TYPE_CHECKING:
    Learning: TypeAlias = SchemeSpec
else:
    Learning = entries(SchemeSpec, SCHEMES, scheme="sgd")


class WeightsSpec(Section):
    """The cells that hold the weights."""

    device: Annotated[Choice, Field(examples=["softbounds-rasch2024"])]
    scale: Positive = Field(default=2.0, description="range of weights that the nominal window stands for")


class FastSpec(Section):
    """The cells that collect gradients, of the same device, and their references."""

    end_spread: Annotated[float, Quantity("%", low=0.0, high=1.0)] = Field(
        default=0.0, description="spread of both ends of the windows of these cells, of the nominal window"
    )
    pairs: Annotated[int, Count(0, 1_000_000)] = Field(
        default=0, description="pairs of pulses that find the symmetry points; 0 takes the exact ones"
    )
    error: Error = Field(default=0.0, description="standard deviation of the error of references, in weights")

    @property
    def reference(self) -> Reference:
        """How references are found."""
        return Reference(self.pairs, self.error)


class RegressLearner(ComparedBase):
    """One way to learn the matrix."""

    KINDS: ClassVar[tuple[tuple[str, ...], ...]] = (("array", "fast", "learning"),)
    NAMES: ClassVar[tuple[str, ...]] = ("learner",)

    array: WeightsSpec
    fast: FastSpec = FastSpec()
    learning: Learning = Field(default={"scheme": "sgd"}, validate_default=True)

    @model_validator(mode="after")
    def _has_fast_cells(self) -> RegressLearner:
        if "fast" in self.model_fields_set and not SCHEMES[self.learning.scheme].fast:
            raise problem(f"scheme '{self.learning.scheme}' has no fast cells; leave it out", "fast")
        return self


class MatrixSpec(Section):
    """The matrix that is learned: normal numbers that are clipped; inputs are uniform from -1 to 1."""

    rows: Annotated[int, Count(1, 4096)] = 20
    columns: Annotated[int, Count(1, 4096)] = 20
    sigma: Positive = 0.3
    largest: Positive = 0.8


def _ageless(times: list[Any]) -> list[Any]:
    if times:
        raise problem("in the task 'regress' no time passes, leave it out")
    return times


class RegressSpec(ExperimentSpec):
    """An experiment: schemes that learn a matrix in place."""

    INDEPENDENT: ClassVar[bool] = True

    task: Literal["regress"] = "regress"
    matrix: MatrixSpec = MatrixSpec()
    learners: Annotated[list[RegressLearner], Field(min_length=1, max_length=1000)]
    vectors: Annotated[int, Count(10, MOST_VECTORS)] = 40_000
    rates: Annotated[list[Stage], Field(min_length=1, max_length=100), AfterValidator(_in_order)] = Field(
        default=[(0.0, 0.1)], description="share of the vectors from which on a learning rate holds, and the rate"
    )
    repeats: Annotated[int, Count(1, 1000)] = 5
    times: Annotated[list[Any], AfterValidator(_ageless), Field(json_schema_extra={"maxItems": 0})] = Field(default=[])
