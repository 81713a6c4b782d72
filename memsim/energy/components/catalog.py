"""Finding and loading component tables."""

from __future__ import annotations

import os

from memsim.document import Document
from memsim.energy.components.inherit import resolved
from memsim.energy.components.table import ComponentTable
from memsim.errors import InputError
from memsim.storage.library import find, library


def component_table_names() -> list[str]:
    """Names of the shipped component tables, sorted."""
    return list(library("components"))


def load_components(name_or_path: str | os.PathLike[str]) -> ComponentTable:
    """A shipped component table by name, or the one in a YAML file by path.

    Raises
    ------
    InputError
        Nothing of that name is shipped, or the file, or one that it extends, is not a valid table.
    """
    path = find("components", name_or_path)
    return ComponentTable.from_document(
        resolved(Document.from_file(path, what="a component table"), path.parent, (path.resolve(),))
    )


def components_of(table: object) -> ComponentTable:
    """The table itself, or that of a name or path; what arguments called `components` accept.

    Raises
    ------
    InputError
        It is neither, or there is no such table.
    """
    if isinstance(table, ComponentTable):
        return table
    if isinstance(table, (str, os.PathLike)):
        return load_components(table)
    raise InputError(f"components: {type(table).__name__}; allowed: a name, a path or a ComponentTable")


def components_from_text(text: str, name: str = "components") -> ComponentTable:
    """The component table in a YAML text, called `name` in errors."""
    return ComponentTable.from_document(resolved(Document.from_text(text, name), None))
