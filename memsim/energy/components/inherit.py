"""Tables that extend another one: an entry of the table replaces the inherited one as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path as FilePath
from typing import Any

from memsim.document import Document, inherit
from memsim.document.problems import Path
from memsim.energy.components.provenance import origin_of
from memsim.energy.components.schema import AnyAdcEntry
from memsim.energy.components.table import ComponentTable, model_of

OWN = ("name", "title", "notes")
"""Keys that a table does not inherit."""
_DEFAULTS = ("source", "where", "status", "uncertainty")


def resolved(document: Document, folder: FilePath | None, above: tuple[FilePath, ...] = ()) -> Document:
    """The table with what it inherits written out, and without `extends`; see `memsim.document.inherit.resolved`.

    Raises
    ------
    DocumentError
        What it extends is missing or not valid, or both have another source under the same key.
    """
    return inherit.resolved(document, _TABLES, folder, above)


def _merged(document: Document, extended: Document) -> Document:
    """A table laid over the one that it extends, whose entries keep their provenance."""
    base = ComponentTable.from_document(extended)
    inherit.refuse_other_sources(document, base.document, base.name)
    pinned = _pinned(base)
    replaced: list[Path] = [path for path in _entries(base) if isinstance(_value(document, path), dict)]
    if {"node", "nodes"} & set(document.data):
        replaced += [(key,) for key in ("node", "nodes") if pinned.holds((key,))]
    return document.over(pinned.without(replaced), OWN, ())


def _pinned(base: ComponentTable) -> Document:
    """A table whose entries each carry their own provenance, and which carries none for all of them."""
    document = base.document
    for path, entry in base.spec.components.given():
        origin = origin_of(document.data, ("components", *path))
        provenance = {key: value for key, value in origin._asdict().items() if value}
        # None too: what the other table says at its top is not for this entry.
        provenance["uncertainty"] = origin.uncertainty
        model = model_of(entry) if isinstance(entry, AnyAdcEntry) else None
        if model is not None and entry.uncertainty is None and (model.factor is not None or model.lower_bound):
            del provenance["uncertainty"]  # the model knows its own
        section = _value(document, ("components", *path))
        document = document.restate(("components", *path), {**section, **provenance})
    return document.without([(key,) for key in _DEFAULTS if document.holds((key,))])


def _entries(base: ComponentTable) -> Iterator[Path]:
    return (("components", *path) for path, _ in base.spec.components.given())


def _value(document: Document, path: Path) -> Any:
    """The value at a path; None where there is none."""
    here: Any = document.data
    for step in path:
        here = here.get(step) if isinstance(here, dict) else None
    return here


_TABLES = inherit.Family("components", "component table", _merged)
