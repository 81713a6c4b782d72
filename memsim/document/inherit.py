"""Documents that extend another one: `extends` names a shipped file, or a file in the folder of the document."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path as FilePath

from memsim.document.document import Document
from memsim.errors import InputError
from memsim.storage.inputs import outside
from memsim.storage.library import Kind, library, similar

MAX_DEPTH = 8
_SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True)
class Family:
    """How documents of one kind extend each other.

    Attributes
    ----------
    kind : str
        The kind of shipped file.
    noun : str
        What errors call a document of this kind, such as "profile".
    merge : callable
        ``merge(document, base)``: a document without `extends`, laid over the one that it extends. It refuses a `base`
        that is not valid.
    """

    kind: Kind
    noun: str
    merge: Callable[[Document, Document], Document]


def resolved(document: Document, family: Family, folder: FilePath | None, above: tuple[FilePath, ...] = ()) -> Document:
    """The document with what it inherits written out, and without `extends`.

    Parameters
    ----------
    document : Document
        A document as authored.
    family : Family
        How documents of its kind extend each other.
    folder : Path, optional
        Its folder; None for a text, which can extend shipped documents alone.
    above : tuple of Path
        The files that led here, outermost first.

    Raises
    ------
    DocumentError
        There is no such document in the library or the folder, documents extend each other in a circle or too deeply,
        or the one that is extended is not valid; its own file and lines are named.
    """
    if "extends" not in document.data:
        return document
    base_name = document.get("extends")
    if not isinstance(base_name, str) or not base_name:
        noun = family.noun
        raise document.error([(("extends",), f"extends must be the name of a shipped {noun}, or of a file beside it")])
    try:
        file = _file(base_name, family, folder)
        if file in above or len(above) >= MAX_DEPTH:
            names = " -> ".join(path.name for path in (*above, file))
            long = f"more than {MAX_DEPTH} {family.noun}s in a row"
            raise InputError(f"{names} is a circle" if file in above else long)
    except InputError as error:
        raise document.error([(("extends",), f"extends: {error}")]) from None
    base = resolved(Document.from_file(file, what=f"a {family.noun}"), family, file.parent, (*above, file))
    return family.merge(document.without([("extends",)]), base)


def refuse_other_sources(document: Document, base: Document, name: str) -> None:
    """Refuse another source under the key of one of the document that is extended, whose name is given.

    Raises
    ------
    DocumentError
        Both have different sources under one key.
    """
    clashing = [
        (("sources", key), f"source '{key}' is another one in {name}, which this extends; give it another key")
        for key, source in (base.get("sources") or {}).items()
        if document.find(f"sources.{key}") and document.get(f"sources.{key}") != source
    ]
    if clashing:
        raise document.error(clashing)


def _file(given: str, family: Family, folder: FilePath | None) -> FilePath:
    """The file that `extends` names: a shipped document, or one in the folder."""
    shipped = library(family.kind)
    if given in shipped:
        return shipped[given].resolve()
    if folder is None:
        raise InputError(f"'{given}' is not a shipped {family.noun}{similar(given, shipped)}")
    folder = folder.resolve()
    beside = [file.name for file in folder.iterdir() if file.suffix in _SUFFIXES]
    try:
        file = (folder / given).resolve()
        if problem := outside(given, folder, "the folder of this file"):
            raise InputError(f"'{given}' {problem}; only files in it can be extended")
        if not file.is_file():
            hint = similar(given, [*shipped, *beside])
            raise InputError(f"'{given}' is neither a shipped {family.noun} nor a file in {folder}{hint}")
    except (OSError, ValueError):
        raise InputError(f"'{given}' is not the name of a file") from None
    return file
