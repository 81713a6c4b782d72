"""Schema of a claims file: what a study prints, how each number is measured here, and texts for possible verdicts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from memsim.document import Document
from memsim.document.fields import ONE_LINE, Section, problem
from memsim.errors import InputError, nearest
from memsim.results.dataset import VARIABLES
from memsim.storage.library import library
from memsim.studies.expression import Expression
from memsim.studies.text import Template
from memsim.studies.verdict import VERDICTS
from memsim.tasks.registry import DEFAULT

SHIPPED = Path(__file__).with_name("claims.yaml")
MAX_CLAIMS = 500
MAX_QUANTITIES = 500
OWN_NAMES = (
    "published",
    "measured",
    "low",
    "high",
    "elsewhere",
    "given",
    *(f"seed_{what}" for what in ("mean", "sd", "min", "max")),
)
"""Names that a cause may use besides the quantities; NaN where the claim has no such number."""

Statistic = Literal["mean", "median", "min", "max"]
_NAME = r"^[a-z][a-z0-9_]{0,47}$"
_MODEL = ("learner", "image")
_READ = (*_MODEL, "noise_type", "noise_level")
_PER_IMAGE = [name for name, variable in VARIABLES.items() if variable.dims in (_READ, _MODEL)]
_PLACES = ("source", "device")


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


Line = Annotated[str, Field(min_length=1, max_length=300), ONE_LINE]
Formula = Annotated[str, BeforeValidator(_as_text), Field(max_length=1000), AfterValidator(_parsed(Expression.parse))]
Cause = Annotated[str, Field(min_length=1, max_length=600), ONE_LINE, AfterValidator(_parsed(Template.parse))]


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _strings(item)


def _places(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Every text under a key that names a place: images or a device."""
    for part in key.split("."):
        if part in _PLACES:
            yield from ((part, text) for text in _strings(value))
    if isinstance(value, dict):
        for inner, item in value.items():
            yield from _places(item, inner)
    elif isinstance(value, list):
        for item in value:
            yield from _places(item)


class QuantitySpec(Section):
    """A number that an experiment measures."""

    experiment: Annotated[str, Field(min_length=1, max_length=300), ONE_LINE]
    learner: Line
    variable: str = "snr"
    statistic: Statistic = "mean"
    absolute: bool = False
    noise_type: str | None = None
    noise_level: float | None = None
    seed_spread: bool = False
    changes: dict[str, Any] = Field(default={}, max_length=20)

    @model_validator(mode="after")
    def _registered(self) -> QuantitySpec:
        if self.variable not in _PER_IMAGE:
            raise problem(
                f"'{self.variable}' is no variable with a value an image{nearest(self.variable, _PER_IMAGE)}",
                "variable",
            )
        if VARIABLES[self.variable].dims == _MODEL:
            for key in ("noise_type", "noise_level"):
                if getattr(self, key) is not None:
                    raise problem(f"'{self.variable}' does not depend on noise", key)
        for kind, text in _places(self.changes):
            # A claims file may come from anyone; it must not make memsim read files.
            if text not in (library("devices") if kind == "device" else ("road-scenes",)):
                allowed = "devices that come with memsim" if kind == "device" else "road-scenes; use --data"
                raise problem(f"{kind} '{text}' is not allowed here; allowed: {allowed}", "changes")
        return self


class ElsewhereSpec(Section):
    """What the study's other published numbers give for the same quantity."""

    where: Line
    gives: Formula
    relation: Literal["equal", "at least", "at most"] = "equal"


class GivenSpec(Section):
    """A second measurement in which one condition is changed."""

    condition: Line
    measured: Formula


class ClaimSpec(Section):
    """One published number."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$", description="lower-case letters, digits and '-'")]
    text: Annotated[str, Field(min_length=1, max_length=80), ONE_LINE]
    where: Line
    published: float
    relation: Literal["equal", "above", "below"] = "equal"
    unit: Literal["", "%", "x"] = ""
    task: Line = DEFAULT
    measured: Formula
    seeds: bool = False
    elsewhere: ElsewhereSpec | None = None
    given: GivenSpec | None = None
    cause: dict[Literal[VERDICTS], Cause] = Field(default={})  # type: ignore[valid-type]


class StudySpec(Section):
    """A study: where it is published, the quantities, and its claims."""

    study: Line
    source: Line = "unknown"
    quantities: Annotated[
        dict[Annotated[str, Field(pattern=_NAME)], QuantitySpec], Field(min_length=1, max_length=MAX_QUANTITIES)
    ]
    claims: Annotated[list[ClaimSpec], Field(min_length=1, max_length=MAX_CLAIMS)]

    @model_validator(mode="after")
    def _known(self) -> StudySpec:
        for name in OWN_NAMES:
            if name in self.quantities:
                raise problem(f"'{name}' has a meaning of its own; choose another name", "quantities", name)
        names = [claim.name for claim in self.claims]
        for i, claim in enumerate(self.claims):
            if names.count(claim.name) > 1:
                raise problem(f"two claims are called '{claim.name}'; names must differ", "claims", i, "name")
            for path, used, known in _uses(claim):
                allowed = (*self.quantities, *(OWN_NAMES if known else ()))
                for name in sorted(used - set(allowed)):
                    raise problem(f"unknown quantity '{name}'{nearest(name, allowed)}", "claims", i, *path)
        return self


def _uses(claim: ClaimSpec) -> Iterator[tuple[tuple[str, ...], frozenset[str], bool]]:
    """Path, names, and whether the claim's own names are allowed, of every expression of a claim."""
    yield ("measured",), Expression.parse(claim.measured).names, False
    if claim.elsewhere is not None:
        yield ("elsewhere", "gives"), Expression.parse(claim.elsewhere.gives).names, False
    if claim.given is not None:
        yield ("given", "measured"), Expression.parse(claim.given.measured).names, False
    for verdict, text in claim.cause.items():
        yield ("cause", verdict), Template.parse(text).names, True


def used_names(claim: ClaimSpec) -> set[str]:
    """Quantities that a claim needs, those in its causes included."""
    return {name for _, names, _ in _uses(claim) for name in names} - set(OWN_NAMES)


@dataclass(frozen=True)
class Study:
    """A claims file that was read.

    Attributes
    ----------
    document : Document
        The YAML with the origin of every value.
    spec : StudySpec
        The validated claims.
    folder : Path or None
        Folder of the file, in which its own experiments may lie; None for the shipped file.
    """

    document: Document
    spec: StudySpec
    folder: Path | None


def load_claims(path: str | Path | None = None) -> Study:
    """The claims in a YAML file; without a path, those of the study that memsim rebuilds.

    Raises
    ------
    InputError
        If the file cannot be read or is not valid, with file, line and the nearest match.
    """
    file = SHIPPED if path is None else Path(path)
    document = Document.from_file(file, "claims.yaml" if path is None else str(path))
    return Study(document, document.validate(StudySpec), None if path is None else file.parent)
