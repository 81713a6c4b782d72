"""Schema of a study: what it prints, how each number is measured here, and texts for possible verdicts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from memsim.document.fields import ONE_LINE, Quantity, Section, problem
from memsim.errors import InputError, nearest
from memsim.studies.basis import BASES
from memsim.studies.expression import Expression
from memsim.studies.quantity import Line, QuantitySpec
from memsim.studies.rules import CLOSE, RULES
from memsim.studies.text import Template
from memsim.studies.verdict import VERDICTS

MAX_CLAIMS = 500
MAX_QUANTITIES = 500
RESERVED = (
    "published",
    "measured",
    "low",
    "high",
    "elsewhere",
    "without",
    *(f"seed_{what}" for what in ("mean", "sd", "min", "max")),
)
"""Names that a cause may use besides the quantities; NaN where the claim has no such number."""

_QUANTITY = r"^[a-z][a-z0-9_]{0,47}$"
_IDENTIFIER = r"^[a-z0-9][a-z0-9-]{0,63}$"


def _parsed(parse: Callable[[str], Any]) -> Callable[[str], str]:
    def check(text: str) -> str:
        try:
            parse(text)
        except InputError as error:
            raise problem(str(error)) from None
        return text

    return check


def _as_text(value: Any) -> Any:
    return repr(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


Identifier = Annotated[str, Field(pattern=_IDENTIFIER, description="lower-case letters, digits and '-', at most 64")]
Formula = Annotated[str, BeforeValidator(_as_text), Field(max_length=1000), AfterValidator(_parsed(Expression.parse))]
Cause = Annotated[str, Field(min_length=1, max_length=600), ONE_LINE, AfterValidator(_parsed(Template.parse))]


class ElsewhereSpec(Section):
    """What the study's other published numbers give for the same quantity."""

    where: Line
    gives: Formula
    relation: Literal["equal", "at least", "at most"] = "equal"


class ConditionSpec(Section):
    """A condition of the measurement, and a second measurement without it."""

    text: Line
    without: Formula


class ClaimSpec(Section):
    """One published number, or a range of numbers."""

    name: Identifier
    text: Annotated[str, Field(min_length=1, max_length=80), ONE_LINE]
    where: Line
    published: float
    up_to: float | None = None
    rule: Literal[tuple(RULES)] = CLOSE  # type: ignore[valid-type]
    unit: Annotated[str, Field(max_length=8), ONE_LINE] = ""
    basis: Literal[("", *BASES)] = ""  # type: ignore[valid-type]
    task: Annotated[str, Field(max_length=300), ONE_LINE] = ""
    measured: Formula
    seeds: bool = False
    elsewhere: ElsewhereSpec | None = None
    condition: ConditionSpec | None = None
    cause: dict[Literal[VERDICTS], Cause] = Field(default={})  # type: ignore[valid-type]

    @model_validator(mode="after")
    def _ascending(self) -> ClaimSpec:
        if self.up_to is not None and not self.up_to > self.published:
            raise problem(f"{self.up_to:g} does not exceed the lower end {self.published:g} of the range", "up_to")
        return self

    @property
    def formulas(self) -> Iterator[tuple[tuple[str, ...], Expression]]:
        """Path and expression of every number that is measured for the claim."""
        yield ("measured",), Expression.parse(self.measured)
        if self.elsewhere is not None:
            yield ("elsewhere", "gives"), Expression.parse(self.elsewhere.gives)
        if self.condition is not None:
            yield ("condition", "without"), Expression.parse(self.condition.without)

    @property
    def quantities(self) -> set[str]:
        """Names of the quantities that it needs, those in its causes included."""
        measured = {name for _, formula in self.formulas for name in formula.names}
        return measured.union(*(Template.parse(text).names for text in self.cause.values())) - set(RESERVED)


class StudySpec(Section):
    """A study: where it is published, the quantities, and its claims."""

    name: Identifier
    title: Line
    source: Line = "unknown"
    notes: Annotated[str, Field(max_length=10_000)] = ""
    duration: Annotated[float, Quantity("s", above=0.0, high=1e6)] | None = None
    quantities: Annotated[
        dict[Annotated[str, Field(pattern=_QUANTITY)], QuantitySpec], Field(min_length=1, max_length=MAX_QUANTITIES)
    ]
    claims: Annotated[list[ClaimSpec], Field(min_length=1, max_length=MAX_CLAIMS)]

    @model_validator(mode="after")
    def _known(self) -> StudySpec:
        for name in RESERVED:
            if name in self.quantities:
                raise problem(f"'{name}' has a meaning of its own; choose another name", "quantities", name)
        names = [claim.name for claim in self.claims]
        for i, claim in enumerate(self.claims):
            if names.count(claim.name) > 1:
                raise problem(f"two claims are called '{claim.name}'; names must differ", "claims", i, "name")
            for path, formula in claim.formulas:
                self._check(formula.names, self.quantities, ("claims", i, *path))
            for verdict, text in claim.cause.items():
                self._check(Template.parse(text).names, (*self.quantities, *RESERVED), ("claims", i, "cause", verdict))
            self._check_seeds(i, claim)
        return self

    def _check(self, names: frozenset[str], allowed: Any, path: tuple[str | int, ...]) -> None:
        """Refuse names that stand for no number."""
        for name in sorted(names - set(allowed)):
            raise problem(f"unknown quantity '{name}'{nearest(name, allowed)}", *path)

    def _check_seeds(self, number: int, claim: ClaimSpec) -> None:
        """Refuse a spread over the seeds of a benchmark, which has none."""
        for name in sorted(Expression.parse(claim.measured).names) if claim.seeds else ():
            if self.quantities[name].benchmark is not None:
                raise problem(f"'{name}' comes from a benchmark, which has no seeds", "claims", number, "seeds")
