"""Profiles that extend another one: `extends` names it, and what it says holds where the profile says nothing.

Every inherited number keeps the provenance that it has in its own profile; a status or source of the profile that
extends holds for its own numbers alone. A section that gives another `model` or `relative_to` replaces the inherited
one, because the other numbers in it would no longer mean what their source says.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path as FilePath
from typing import Any

from memsim.document import Document, inherit
from memsim.document.problems import Path, dotted
from memsim.document.walk import bare, choices_of, spot_at
from memsim.profiles.profile import DeviceProfile
from memsim.profiles.provenance import PROVENANCE, numbers, resolve
from memsim.profiles.schema import DeviceSpec

OWN = ("name", "title", "notes")
"""Keys that a profile does not inherit."""
CHANGED = "-changed"
"""Ending of the name of a profile with values of an experiment."""
_TELLING = ("model", "relative_to")
_SET = "set in the experiment"


def resolved(document: Document, folder: FilePath | None, above: tuple[FilePath, ...] = ()) -> Document:
    """The profile with what it inherits written out, and without `extends`; see `memsim.document.inherit.resolved`.

    Raises
    ------
    DocumentError
        What it extends is missing or not valid, or both have another source under the same key.
    """
    return inherit.resolved(document, _PROFILES, folder, above)


def with_values(base: DeviceProfile, values: Document) -> DeviceProfile:
    """A profile with values that an experiment gives: they replace those of the profile as in one that extends it.

    Numbers become "assumed" unless their status is given. The name is that of the profile with "-changed" at its end
    unless one is given. None, or "none" where the schema has no such word, unsets an optional value.

    Parameters
    ----------
    base : DeviceProfile
        The profile that is extended.
    values : Document
        What replaces it, without `extends`; errors name the origins of its keys.

    Raises
    ------
    DocumentError
        A key or value is not allowed, or values do not fit together.
    """
    inherit.refuse_other_sources(values, base.document, base.name)
    given = _unset(values.data, ())
    named = {"name": changed_name(base.name), "title": f"{base.title}, with changed values", **given}
    whole = values.with_data(named).over(Document.from_data(_pinned(base).data, base.name), OWN, _TELLING)
    return DeviceProfile.from_document(whole, lambda path: _SET if _has(given, path) else "")


def changed_name(name: str) -> str:
    """Name of a profile with values of an experiment."""
    return name[: 64 - len(CHANGED)].rstrip("-") + CHANGED


def _merged(document: Document, extended: Document) -> Document:
    """A profile laid over the one that it extends, whose numbers keep their provenance."""
    base = DeviceProfile.from_document(extended)
    inherit.refuse_other_sources(document, base.document, base.name)
    return document.over(_pinned(base), OWN, _TELLING)


_PROFILES = inherit.Family("devices", "profile", _merged)


def _unset(value: Any, at: Path) -> Any:
    """Values with None for the word "none" where it can only mean that."""
    if isinstance(value, dict):
        return {key: _unset(item, (*at, key)) for key, item in value.items()}
    if value != "none" or not at:
        return value
    spot = spot_at(DeviceSpec, at)
    optional = spot.field is not None and not spot.field.is_required() and spot.field.default is None
    means_none = optional and bare(spot.annotation)[0] is not str and "none" not in choices_of(spot.annotation)
    return None if means_none else value


def _has(data: Any, path: Path) -> bool:
    """Whether plain data have a value at a path."""
    for step in path:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return False
    return True


def _pinned(base: DeviceProfile) -> Document:
    """A profile whose numbers each carry their own provenance, in long form, and whose sections carry none."""
    data = base.document.data
    document = base.document
    paths = {path for path, _, _ in numbers(base.spec)}
    for path in paths:
        value = base.document.get(dotted(data, path))
        short = value["value"] if isinstance(value, dict) else value
        document = document.restate(path, {"value": short, **resolve(data, path)[0]})
    return document.without(_provenance_keys(document.data, paths, ()))


def _provenance_keys(section: Any, numbers: Collection[Path], at: Path) -> Iterator[Path]:
    for key, value in section.items() if isinstance(section, dict) else enumerate(section):
        here = (*at, key)
        if key in PROVENANCE:
            yield here
        elif isinstance(value, dict | list) and here not in numbers and here != ("sources",):
            yield from _provenance_keys(value, numbers, here)
