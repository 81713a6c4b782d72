"""Profiles that extend another one: `extends` names it, and what it says holds where the profile says nothing.

Every inherited number keeps the provenance that it has in its own profile; a status or source of the profile that
extends holds for its own numbers alone. A section that gives another `model` or `relative_to` replaces the inherited
one, because the other numbers in it would no longer mean what their source says.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path as FilePath
from typing import Any

from memsim.document import Document
from memsim.document.problems import Path, dotted
from memsim.document.walk import bare, choices_of, spot_at
from memsim.errors import InputError
from memsim.profiles.profile import DeviceProfile
from memsim.profiles.provenance import PROVENANCE, numbers, resolve
from memsim.profiles.schema import DeviceSpec
from memsim.storage.library import library, similar

OWN = ("name", "title", "notes")
"""Keys that a profile does not inherit."""
MAX_DEPTH = 8
CHANGED = "-changed"
"""Ending of the name of a profile with values of an experiment."""
_TELLING = ("model", "relative_to")
_SET = "set in the experiment"
_SUFFIXES = (".yaml", ".yml")


def resolved(document: Document, folder: FilePath | None, above: tuple[FilePath, ...] = ()) -> Document:
    """The document with what it inherits written out, and without `extends`.

    Parameters
    ----------
    document : Document
        A profile as authored.
    folder : Path, optional
        Its folder; None for a text, which can extend shipped profiles alone.
    above : tuple of Path
        The files that led here, outermost first.

    Raises
    ------
    DocumentError
        There is no such profile in the library or the folder, the profiles extend each other in a circle or too deeply,
        or both have another source under the same key.
    DocumentError
        The profile that is extended is not valid; its own file and lines are named.
    """
    if "extends" not in document.data:
        return document
    given = document.get("extends")
    if not isinstance(given, str) or not given:
        raise document.error([(("extends",), "extends must be the name of a shipped profile, or of a file beside it")])
    try:
        file = _file(given, folder)
        if file in above or len(above) >= MAX_DEPTH:
            names = " -> ".join(path.name for path in (*above, file))
            raise InputError(f"{names} is a circle" if file in above else f"more than {MAX_DEPTH} profiles in a row")
    except InputError as error:
        raise document.error([(("extends",), f"extends: {error}")]) from None
    base = DeviceProfile.from_document(resolved(Document.from_file(file), file.parent, (*above, file)))
    _refuse_other_sources(document, base)
    return document.without([("extends",)]).over(_pinned(base), OWN, _TELLING)


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
    _refuse_other_sources(values, base)
    given = _unset(values.data, ())
    named = {"name": changed_name(base.name), "title": f"{base.title}, with changed values", **given}
    whole = values.with_data(named).over(Document.from_data(_pinned(base).data, base.name), OWN, _TELLING)
    return DeviceProfile.from_document(whole, lambda path: _SET if _has(given, path) else "")


def changed_name(name: str) -> str:
    """Name of a profile with values of an experiment."""
    return name[: 64 - len(CHANGED)].rstrip("-") + CHANGED


def _refuse_other_sources(document: Document, base: DeviceProfile) -> None:
    """Refuse another source under the key of one of the profile that is extended."""
    clashing = [
        (("sources", key), f"source '{key}' is another one in {base.name}, which this extends; give it another key")
        for key, source in (base.document.get("sources") or {}).items()
        if document.find(f"sources.{key}") and document.get(f"sources.{key}") != source
    ]
    if clashing:
        raise document.error(clashing)


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


def _file(given: str, folder: FilePath | None) -> FilePath:
    """The file that `extends` names: a shipped profile, or one in the folder."""
    shipped = library("devices")
    if given in shipped:
        return shipped[given].resolve()
    if folder is None:
        raise InputError(f"'{given}' is not a shipped profile{similar(given, shipped)}")
    folder = folder.resolve()
    beside = [file.name for file in folder.iterdir() if file.suffix in _SUFFIXES]
    try:
        file = (folder / given).resolve()
        if not file.is_relative_to(folder):
            raise InputError(f"'{given}' lies outside the folder of this file; only files in it can be extended")
        if not file.is_file():
            hint = similar(given, [*shipped, *beside])
            raise InputError(f"'{given}' is neither a shipped profile nor a file in {folder}{hint}")
    except (OSError, ValueError):
        raise InputError(f"'{given}' is not the name of a file") from None
    return file


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
