"""Schema of a quantity: a number that an experiment or a benchmark measures."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from memsim.document.fields import ONE_LINE, Section, problem
from memsim.errors import nearest
from memsim.results.dataset import VARIABLES

Statistic = Literal["mean", "median", "min", "max", "sum"]
Line = Annotated[str, Field(min_length=1, max_length=300), ONE_LINE]
Label = Annotated[str, Field(min_length=1, max_length=300), ONE_LINE] | float

Labels = Annotated[list[Label], Field(min_length=1, max_length=100)]


class QuantitySpec(Section):
    """A number that an experiment or a benchmark measures: a statistic of a result variable at some labels."""

    experiment: Line | None = None
    benchmark: Line | None = None
    variable: Line
    at: dict[str, Label | Labels] = Field(default={}, max_length=10)
    statistic: Statistic = "mean"
    absolute: bool = False
    seed_spread: bool = False
    changes: dict[str, Any] = Field(default={}, max_length=20)

    @property
    def source(self) -> str:
        """Name of the experiment or of the kind of benchmark."""
        return self.experiment or self.benchmark or ""

    def labels_at(self, dimension: str) -> list[Any]:
        """Labels of a dimension at which it is measured; empty where it does not say."""
        stated = self.at.get(dimension, [])
        return stated if isinstance(stated, list) else [stated]

    @model_validator(mode="after")
    def _registered(self) -> QuantitySpec:
        if (self.experiment is None) == (self.benchmark is None):
            raise problem("give either an experiment or a benchmark that measures it")
        if self.benchmark is not None and self.seed_spread:
            raise problem("a benchmark has no seeds; leave it out", "seed_spread")
        if self.variable not in VARIABLES:
            raise problem(f"'{self.variable}' is no result variable{nearest(self.variable, VARIABLES)}", "variable")
        dims = VARIABLES[self.variable].dims
        if "time" in dims and "time" not in self.at:
            raise problem(f"say at which time '{self.variable}' is measured, as in at: {{time: 1 h}}", "at")
        for dimension in self.at:
            if dimension not in dims:
                text = f"'{self.variable}' does not depend on {dimension}{nearest(dimension, dims)}"
                raise problem(text, "at", dimension)
        return self
