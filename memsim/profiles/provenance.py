"""Where a profile's numbers come from: which source, where in it, and how they were obtained."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

from pydantic import BaseModel, Field, GetJsonSchemaHandler
from pydantic_core import PydanticCustomError, core_schema

from memsim.document.fields import Count, Quantity, Section, item_marker_of, marker_of, problem, unknown_key
from memsim.document.problems import Path, brief, dotted
from memsim.document.walk import spot_at
from memsim.errors import nearest

Status = Literal["measured", "digitised", "fitted", "computed", "assumed"]
Text = Annotated[str, Field(min_length=1, max_length=2000)]
Key = Annotated[str, Field(min_length=1, max_length=64)]

Value = TypeVar("Value", int, float)

PROVENANCE = ("source", "where", "status", "note")
_LONG_FORM = ("value", *PROVENANCE)


@dataclass(frozen=True)
class Provenance:
    """Where one number comes from.

    Attributes
    ----------
    source : str or None
        Key in the profile's ``sources``.
    where : str or None
        Table, figure or page in it.
    status : str
        "measured" (reported from a measurement), "digitised" (read from a figure by somebody else than its authors),
        "fitted" (parameter of a model fitted to a measurement or a figure), "computed" (arithmetic on reported
        figures) or "assumed".
    note : str or None
        Free text.
    """

    source: str | None
    where: str | None
    status: str
    note: str | None


class Group(Section):
    """A section whose keys may carry their provenance, inherited by everything inside."""

    source: Key | None = Field(default=None, description="key of `sources`; holds for all numbers inside")
    where: Text | None = Field(default=None, description="table, figure or page of the source")
    status: Status | None = Field(default=None, description="how the numbers inside were obtained")
    note: Text | None = Field(default=None, description="anything to know about the numbers inside")


@dataclass(frozen=True)
class Number(Quantity):
    """A quantity that may also be written in long form: ``{value: 38.5 nS, source: jo2010, status: measured}``."""

    def read(self, value: Any) -> float:
        """The value in SI units, in range."""
        if isinstance(value, dict):
            return _long_form(value, super().read)
        return super().read(value)

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return _either_form(super().__get_pydantic_json_schema__(schema, handler))


@dataclass(frozen=True)
class Whole(Count):
    """A whole number that may also be written in long form."""

    def read(self, value: Any) -> int:
        """The value, a true int in range."""
        if isinstance(value, dict):
            return _long_form(value, super().read)
        return super().read(value)

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return _either_form(super().__get_pydantic_json_schema__(schema, handler))


def _either_form(short: dict[str, Any]) -> dict[str, Any]:
    """JSON Schema of a number as it stands, or in long form."""
    text = {"type": "string", "minLength": 1}
    keys = dict.fromkeys(_LONG_FORM, text) | {"value": short, "status": {"enum": list(get_args(Status))}}
    long_form = {"type": "object", "properties": keys, "required": ["value"], "additionalProperties": False}
    return {"anyOf": [*short.get("anyOf", [short]), long_form]}


def _long_form(value: dict[str, Any], read: Callable[[Any], Value]) -> Value:
    for key, item in value.items():
        if key not in _LONG_FORM:
            raise unknown_key(key, _LONG_FORM)
        if key == "status" and item not in get_args(Status):
            raise problem(f"{brief(item)} is not a status; allowed: {', '.join(get_args(Status))}", key)
        if key != "value" and not isinstance(item, str):
            raise problem(f"must be text, not {brief(item)}", key)
    if "value" not in value:
        raise problem("the long form of a number needs the key 'value'")
    try:
        return read(value["value"])
    except PydanticCustomError as error:
        raise problem((error.context or {})["message"], "value") from None


def numbers(spec: BaseModel, path: Path = ()) -> Iterator[tuple[Path, float, Quantity | Count]]:
    """Every number that a validated profile gives: its path, its value (SI) and the field that describes it."""
    for key, field in type(spec).model_fields.items():
        if key not in spec.model_fields_set:
            continue  # a default is nobody's claim
        value = getattr(spec, key)
        marker = marker_of(field)
        if marker is not None and value is not None:
            yield (*path, key), value, marker
        elif isinstance(value, BaseModel):
            yield from numbers(value, (*path, key))
        elif isinstance(value, dict | tuple):
            inside = item_marker_of(field)
            for inner, item in value.items() if isinstance(value, dict) else enumerate(value):
                if isinstance(item, BaseModel):
                    yield from numbers(item, (*path, key, inner))
                elif inside is not None:
                    yield (*path, key, inner), item, inside


def flat(section: BaseModel, above: str = "") -> dict[str, float]:
    """Every number of a section, defaults too, by dotted path below it; SI units. Lists are left out."""
    found: dict[str, float] = {}
    for key in type(section).model_fields:
        value = getattr(section, key)
        if isinstance(value, BaseModel):
            found |= flat(value, f"{above}{key}.")
        for inner, item in value.items() if isinstance(value, dict) else [("", value)]:
            if isinstance(item, int | float) and not isinstance(item, bool):
                found[above + key + ("." + inner if inner else "")] = item
    return found


def written_numbers(data: dict[str, Any], model: type[BaseModel], at: Path = ()) -> Iterator[Path]:
    """Path of every number in a document that need not be valid, as far as the model knows its keys."""
    here: Any = data
    for step in at:
        here = here[step]
    field = spot_at(model, at).field if at else None
    items = item_marker_of(field) if field is not None else None
    for key, value in here.items() if isinstance(here, dict) else enumerate(here):
        inner = spot_at(model, (*at, key)).field
        if items is not None or (inner is not None and marker_of(inner) is not None):
            yield (*at, key)
        elif isinstance(value, dict | list):
            yield from written_numbers(data, model, (*at, key))
        elif isinstance(value, list):
            for place, item in enumerate(value):
                if isinstance(item, dict):
                    yield from written_numbers(data, model, (*at, key, place))


def number_paths(model: type[BaseModel], skip: tuple[type[BaseModel], ...] = ()) -> Iterator[str]:
    """Dotted path of every number that a model of the schema may hold, not those of lists nor of sections to skip."""
    for key, field in model.model_fields.items():
        if marker_of(field) is not None:
            yield key
        inside = get_args(field.annotation) if get_origin(field.annotation) not in (dict, tuple) else ()
        for member in (field.annotation, *inside):
            if isinstance(member, type) and issubclass(member, BaseModel) and not issubclass(member, skip):
                yield from (f"{key}.{path}" for path in number_paths(member, skip))


def resolve(data: dict[str, Any], path: Path) -> tuple[dict[str, str], dict[str, Path]]:
    """Provenance keys that hold for a path, and the path of the section that gives each.

    The innermost section that says something wins. A place (`where`) belongs to its source and a note to its status:
    neither is inherited past them, and a section that says "assumed" without a source does not inherit one.
    """
    levels: list[tuple[Path, dict[str, Any]]] = []
    here: Any = data
    for length in range(len(path) + 1):
        if isinstance(here, dict):
            levels.append((path[:length], here))
        if length < len(path):
            here = here[path[length]]
    found: dict[str, str] = {}
    given: dict[str, Path] = {}
    closed: set[str] = set()
    for level, section in reversed(levels):
        for key in PROVENANCE:
            if key not in found and key not in closed and isinstance(section.get(key), str):
                found[key], given[key] = section[key], level
        if "source" in found:
            closed.add("where")
        if "status" in found:
            closed.add("note")
        if section.get("status") == "assumed":
            closed |= {"source", "where"}
    return found, given


def unproven(data: dict[str, Any], paths: Iterable[Path]) -> list[tuple[Path, str]]:
    """Numbers that do not say their status, or whose source does not exist: path and message with the remedy.

    Sections that lack something have one problem each.
    """
    listed = data.get("sources")
    sources = list(listed) if isinstance(listed, dict) else []
    keys = f" (one of {', '.join(sources)})" if sources else ", listed under 'sources'"
    problems: dict[tuple[Path, str], str] = {}
    for path in paths:
        found, given = resolve(data, path)
        status, source = found.get("status"), found.get("source")
        section = path[:-1] if path[:-1] else path
        if source is not None and source not in sources:
            at = (*given["source"], "source")
            inside = f" in {dotted(data, at[:-1])}" if at[:-1] else ""
            hint = nearest(source, sources) if sources else "; list it under 'sources'"
            problems[at, ""] = f"unknown source {brief(source)}{inside}{hint}"
        elif status is None:
            remedy = "'status: measured', 'digitised', 'fitted' or 'computed'"
            remedy += " beside its source" if source else f" with 'source: KEY'{keys}"
            problems.setdefault(
                (section, "status"),
                f"{dotted(data, path)} does not say where it comes from; add {remedy}, or 'status: assumed'",
            )
        elif status != "assumed" and source is None:
            problems.setdefault(
                (section, "source"),
                f"{dotted(data, path)} is '{status}' without a source; add 'source: KEY'{keys} or 'status: assumed'",
            )
    return [(at, message) for (at, _), message in problems.items()]
