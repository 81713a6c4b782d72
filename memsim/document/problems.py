"""Validation errors in plain words: what was given, what is allowed, where, and the nearest match."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, get_args, get_origin

from memsim.document.walk import (
    Spot,
    bare,
    choices_of,
    description_of,
    keys_chosen,
    keys_of,
    spot_at,
    tags_of,
    telling_key,
)
from memsim.errors import InputError, nearest

Path = tuple[str | int, ...]

_NOUNS = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a section of 'key: value' entries",
    "model_attributes_type": "a section of 'key: value' entries",
    "model_type": "a section of 'key: value' entries",
    "none_required": "null",
}
_LIMITS = {
    "greater_than": "above",
    "greater_than_equal": "at least",
    "less_than": "below",
    "less_than_equal": "at most",
}
_BOUNDS = {"gt": "above", "ge": "at least", "lt": "below", "le": "at most"}


class DocumentError(InputError):
    """Problems of one document; as text, the first of them and how many more there are.

    Attributes
    ----------
    problems : list of str
        All of them in the document's order, each one line that starts with ``file:line:`` where the line is known.
    paths : sequence of path
        The keys whose values are not allowed, if these were examined.
    """

    def __init__(self, problems: Sequence[str], paths: Sequence[Path] = ()) -> None:
        self.paths = paths
        self.problems = [str(InputError(line)) for line in problems]
        super().__init__(self.problems)

    def __str__(self) -> str:
        more = len(self.problems) - 1
        return self.problems[0] + (f" (and {more} more problem{'s' if more > 1 else ''})" if more else "")


def problems_of(error: InputError) -> list[str]:
    """The problems behind an error, a line each."""
    return error.problems if isinstance(error, DocumentError) else [str(error)]


_MOST_ERRORS = 300
"""Errors of a document that are described; each is compared with all others."""


class Problem(NamedTuple):
    """One problem at a path of the document; `missing` names a key that should be there."""

    path: Path
    message: str
    missing: str | None = None


class Chosen(NamedTuple):
    """The keys of a section that chose it among the members of a union, with their values."""

    tags: dict[str, str]
    union: Any

    def hint(self, key: str, allowed: Sequence[str]) -> str:
        """Which keys the section has, the nearest to `key`, and which other sections have `key`."""
        names = " and ".join(f"{teller} '{tag}'" for teller, tag in self.tags.items())
        close = nearest(key, allowed)
        text = f"; {names} {'has' if len(self.tags) == 1 else 'have'} {', '.join(allowed)}"
        return text + (close if "did you mean" in close else "") + self._owners(key)

    def _owners(self, key: str) -> str:
        """Which other value of a telling key has a key, in words; empty if none has."""
        for teller in self.tags:
            tags = [
                tag for tag in tags_of(self.union, teller) if key in keys_chosen(self.union, {**self.tags, teller: tag})
            ]
            if tags:
                return f"; '{key}' belongs to {teller} {' and '.join(repr(tag) for tag in tags)}"
        return ""


def brief(value: Any) -> str:
    """A value as an error message shows it: short, on one line."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "a section"
    if isinstance(value, list):
        return "a list"
    text = repr(value)
    return text if len(text) <= 60 else text[:54] + "..." + text[-1]


def describe(model: type[Any], data: Any, errors: Sequence[Any]) -> Iterator[Problem]:
    """Problems behind pydantic's errors for `data` validated as `model`, in plain words."""
    further = len(errors) - _MOST_ERRORS
    placed = [(error, *_locate(data, error["loc"])) for error in errors[:_MOST_ERRORS] if not _miscounted(error)]
    # Members of a union fail one by one: at one place say all that is wanted, and go by the member that got further.
    wanted: dict[Path, list[list[str]]] = {}
    inner: set[Path] = set()
    for error, path, _ in placed:
        if nouns := _wanted(model, error):
            wanted.setdefault(path, []).append(nouns)
        depth = len(path) + (error["type"] == "missing")
        inner.update(path[:length] for length in range(depth))
    found = []
    for error, path, beyond in placed:
        nouns = _wanted(model, error)
        if nouns and path in inner:
            continue
        if error["type"] in _NOUNS or (nouns and len(wanted[path]) > 1):
            words = [word for group in wanted[path] for word in group]
            found.append(_wrong_type(data, path, " or ".join(dict.fromkeys(words)), spot_at(model, error["loc"])))
        elif error["type"] == "union_tag_invalid":
            found += _wrong_tag(model, data, error, path)
        else:
            found.append(_describe(model, data, error, path, beyond))
    for problem in dict.fromkeys(found):
        if not _follows(problem, found):
            yield problem
    if further > 0:
        yield Problem((), f"{further} more problems, which are not listed")


def dotted(data: Any, path: Path) -> str:
    """The path as a user writes it after ``--set``: keys joined by dots, list items by their name."""
    parts = []
    for step in path:
        item = data[step] if _has(data, step) else None
        named = isinstance(step, int) and isinstance(item, dict) and isinstance(item.get("name"), str)
        parts.append(item["name"] if named and item else str(step))
        data = item
    return ".".join(parts)


def _miscounted(error: Any) -> bool:
    """Whether a list is only too short because entries with problems of their own were not counted."""
    return bool(error["type"] == "too_short" and len(error["input"]) >= error["ctx"]["min_length"])


def _wanted(model: type[Any], error: Any) -> list[str]:
    """What a value of the wrong type should have been, in words."""
    if error["type"] == "literal_error" and error["loc"][-1:] != ("[key]",):
        return [f"'{choice}'" for choice in choices_of(spot_at(model, error["loc"]).annotation)]
    return [_NOUNS[error["type"]]] if error["type"] in _NOUNS else []


def _describe(model: type[Any], data: Any, error: Any, path: Path, beyond: tuple[Any, ...]) -> Problem:
    kind, loc, given, context = error["type"], error["loc"], error.get("input"), error.get("ctx", {})
    where = dotted(data, path)
    spot = spot_at(model, loc)
    if kind == "memsim":
        at = (*path, *context["at"])
        return Problem(at, _prefixed(dotted(data, at), context["message"]))
    if kind == "memsim_key":
        return _unknown(data, (*path, context["key"]), context["allowed"])
    if kind == "extra_forbidden":
        return _unknown(data, path, keys_of(spot_at(model, loc[:-1])), _chosen(model, loc[:-1]))
    if loc[-1:] == ("[key]",):
        return _unknown(data, path, choices_of((get_args(bare(spot_at(model, loc[:-2]).annotation)[0]) or (None,))[0]))
    if kind == "missing" and beyond and isinstance(beyond[-1], str):
        return _missing(data, path, beyond[-1], spot.field, choices_of(spot.annotation))
    if kind == "union_tag_not_found":
        key = context["discriminator"].strip("'")
        return _missing(data, path, key, None, tags_of(spot.annotation, key))
    if kind in ("literal_error", "enum"):
        return Problem(path, f"{where} is {brief(given)}{_allowed(given, choices_of(spot.annotation))}")
    if kind in _LIMITS or kind in ("finite_number", "multiple_of"):
        return Problem(path, f"{where} is {brief(given)}; allowed: {_range(spot, kind, context)}")
    if kind in ("too_short", "too_long", "missing"):
        return Problem(path, f"{where} has {_entries(data, path)}; allowed: {_size(model, loc, context)}")
    if kind in ("string_too_long", "string_too_short", "string_pattern_mismatch"):
        limit, bound = context.get("max_length") or context.get("min_length"), kind.rpartition("_")[2]
        length = f"text of at {'most' if bound == 'long' else 'least'} {limit} characters" if limit else "other text"
        return Problem(path, f"{where} is {brief(given)}; allowed: {description_of(spot) or length}")
    said = str(context["error"]) if "error" in context else f"{brief(given)} is not allowed ({error['msg']})"
    return Problem(path, _prefixed(where, said))


def _wrong_tag(model: type[Any], data: Any, error: Any, path: Path) -> Iterator[Problem]:
    """A key that chooses no section, and the other keys that no section has."""
    key, given = error["ctx"]["discriminator"].strip("'"), error["input"]
    spot = spot_at(model, error["loc"])
    where = _join(dotted(data, path), key)
    yield Problem((*path, key), f"{where} is {brief(given[key])}{_allowed(given[key], tags_of(spot.annotation, key))}")
    for other in given:
        if other not in keys_of(spot):
            yield _unknown(data, (*path, other), keys_of(spot))


def _locate(data: Any, loc: Sequence[str | int]) -> tuple[Path, tuple[str | int, ...]]:
    """The part of a pydantic location that exists in the data, and the steps after the last one that does."""
    path: list[str | int] = []
    beyond: list[str | int] = []
    for step in loc:
        if _has(data, step):
            path.append(step)
            data = data[step]
            beyond = []
        else:
            beyond.append(step)
    return tuple(path), tuple(beyond)


def _has(data: Any, step: str | int) -> bool:
    if isinstance(data, dict):
        return step in data
    return isinstance(data, list) and isinstance(step, int) and 0 <= step < len(data)


def _unknown(data: Any, path: Path, allowed: Sequence[str], chosen: Chosen | None = None) -> Problem:
    key = str(path[-1])
    hint = chosen.hint(key, allowed) if chosen is not None else nearest(key, allowed)
    return Problem(path, f"unknown key '{key}'{_within(data, path[:-1])}{hint}")


def _chosen(model: type[Any], loc: Sequence[str | int]) -> Chosen | None:
    """Of a section that is a member of a union, the keys that chose it; None for other sections."""
    section = spot_at(model, loc).annotation
    tags: dict[str, str] = {}
    while loc and isinstance(loc[-1], str):
        union, key = spot_at(model, loc[:-1]).annotation, telling_key(bare(section)[0], loc[-1])
        if key is None or not keys_chosen(union, {key: loc[-1]}):
            break
        tags, loc = {key: loc[-1], **tags}, loc[:-1]
    return Chosen(tags, spot_at(model, loc).annotation) if tags else None


def _missing(data: Any, path: Path, key: str, field: Any, choices: Sequence[Any]) -> Problem:
    shown = field.examples[:1] if field is not None and field.examples else choices[:3]
    write = " or ".join(f"'{key}: {choice}'" for choice in shown)
    remedy = f"; write e.g. {write}" if write else ""
    if not remedy and field is not None and field.description:
        remedy = f"; it is the {field.description}"
    return Problem(path, f"missing key '{key}'{_within(data, path)}{remedy}", key)


def _follows(problem: Problem, others: Sequence[Problem]) -> bool:
    """Whether a problem follows from another: inside an unknown key, or the missing key that one was meant to be."""
    unknown = [other for other in others if other.message.startswith("unknown key")]
    inside = [other for other in unknown if problem.path[: len(other.path)] == other.path]
    if any(other.path != problem.path or problem.missing for other in inside):
        return True
    meant = f"did you mean '{problem.missing}'?"
    return problem.missing is not None and any(
        other.path[:-1] == problem.path and other.message.endswith(meant) for other in unknown
    )


def _wrong_type(data: Any, path: Path, nouns: str, spot: Spot) -> Problem:
    value = data
    for step in path:
        value = value[step]
    where = dotted(data, path) or "the document"
    remedy = ""
    if nouns == "text" and isinstance(value, int | float):
        remedy = "; write it in quotes"
    elif spot.field is not None and spot.field.examples and path and isinstance(path[-1], str):
        remedy = f"; write e.g. '{path[-1]}: {spot.field.examples[0]}'"
    elif nouns == "a list" and isinstance(value, int | float | str) and get_origin(bare(spot.annotation)[0]) is list:
        remedy = f"; write '[{value}]'"
    return Problem(path, f"{where} must be {nouns}, not {brief(value)}{remedy}")


def _allowed(given: Any, choices: Sequence[Any]) -> str:
    names = [str(choice) for choice in choices]
    hint = nearest(str(given), names)
    return f"; allowed: {', '.join(names)}" + (hint if "did you mean" in hint else "")


def _range(spot: Spot, kind: str, context: dict[str, Any]) -> str:
    if kind == "finite_number":
        return "finite numbers"
    if kind == "multiple_of":
        return f"multiples of {context['multiple_of']}"
    metadata = [part for item in spot.metadata + bare(spot.annotation)[1] for part in getattr(item, "metadata", [item])]
    limits = [
        f"{word} {getattr(item, key)}" for item in metadata for key, word in _BOUNDS.items() if hasattr(item, key)
    ]
    return " and ".join(dict.fromkeys(limits)) or f"{_LIMITS[kind]} {next(iter(context.values()))}"


def _entries(data: Any, path: Path) -> str:
    for step in path:
        data = data[step]
    count = len(data) if isinstance(data, list | dict) else 0
    return f"{count} {'entry' if count == 1 else 'entries'}"


def _size(model: type[Any], loc: Sequence[str | int], context: dict[str, Any]) -> str:
    for place in (loc, loc[:-1]):
        annotation = bare(spot_at(model, place).annotation)[0]
        if get_origin(annotation) is tuple and Ellipsis not in get_args(annotation):
            return f"exactly {len(get_args(annotation))}"
    least, most = context.get("min_length"), context.get("max_length")
    return f"at least {least}" if least is not None else f"at most {most}"


def _within(data: Any, path: Path) -> str:
    return f" in {dotted(data, path)}" if path else ""


def _join(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key


def _prefixed(where: str, message: str) -> str:
    return f"{where}: {message}" if where else message
