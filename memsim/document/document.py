"""A document: plain data, where each key came from, changes by dotted path, validation with located errors."""

from __future__ import annotations

import copy
import math
import os
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from memsim.document.changes import assign, find, plain
from memsim.document.overlay import overlaid
from memsim.document.problems import DocumentError, Path, Problem, brief, describe, dotted
from memsim.document.reader import MAX_BYTES, read_yaml
from memsim.errors import nearest
from memsim.storage.inputs import CLASSIC_SIGNATURE, HDF5_SIGNATURE, kind_at, no_file

if TYPE_CHECKING:
    from pydantic import BaseModel

    Model = TypeVar("Model", bound=BaseModel)


class Place(NamedTuple):
    """Where a key that was taken from another document stands there."""

    document: str
    line: int


Origin = int | str | Place
"""Line number of a key, the change that set it, or its place in another document."""


@dataclass(frozen=True, eq=False)
class Document:
    """Plain data (dict, list, str, int, float, bool, None) and the origin of every key; equal if the data are.

    Attributes
    ----------
    name : str
        What errors call the document, usually the file's path.
    """

    name: str
    _data: dict[str, Any]
    _origins: dict[Path, Origin]

    @classmethod
    def from_file(cls, path: str | os.PathLike[str], name: str | None = None, what: str = "a document") -> Document:
        """Document in a UTF-8 YAML file of at most 1 MiB, called `name` in errors (the path, if not given).

        `what` is what errors call a document of its kind, such as "an experiment".

        Raises
        ------
        DocumentError
            The file cannot be read or is not one strict YAML mapping.
        """
        file = FilePath(path)
        name = str(path) if name is None else name
        try:
            if kind_at(file) not in ("file", "folder", ""):
                raise DocumentError([f"{name}: {no_file(file)}; {what} is a YAML file"])
            with file.open("rb") as stream:
                raw = stream.read(MAX_BYTES + 1)
        except (OSError, ValueError) as error:
            raise DocumentError([f"{name}: {_reason(file, error)}"]) from None
        if raw.startswith((HDF5_SIGNATURE, CLASSIC_SIGNATURE)):
            raise DocumentError(
                [
                    f"{name}: a netCDF file, but {what} is a YAML file; 'memsim show' prints a result, 'memsim run' "
                    "repeats it, and memsim.Crossbar.from_netcdf reads a crossbar"
                ]
            )
        if len(raw) > MAX_BYTES:
            raise DocumentError([f"{name}: larger than {MAX_BYTES // 1024} KiB"])
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            raise DocumentError([f"{name}:{line}: not UTF-8 text; save the file as UTF-8"]) from None
        return cls.from_text(text, name)

    @classmethod
    def from_text(cls, text: str, name: str = "document") -> Document:
        """Document in a YAML text, called `name` in errors."""
        data, lines = read_yaml(text, name)
        return cls(name, data, dict(lines))

    @classmethod
    def from_data(cls, data: Mapping[str, Any], name: str = "document") -> Document:
        """Document from a mapping of plain values; tuples and NumPy values become lists and numbers."""
        if not isinstance(data, Mapping):
            raise DocumentError([f"{name}: a mapping is wanted, not {brief(data)}"])
        return cls(name, plain(data, name), {})

    @property
    def data(self) -> dict[str, Any]:
        """A copy of the data."""
        return copy.deepcopy(self._data)

    def get(self, path: str, default: Any = None) -> Any:
        """A copy of the value at a dotted path, or `default`."""
        found = self.find(path)
        if found is None:
            return default
        here: Any = self._data
        for step in found:
            here = here[step]
        return copy.deepcopy(here)

    def find(self, path: str) -> Path | None:
        """Keys and indices that a dotted path leads through, or None where it leads nowhere."""
        return find(self._data, path)

    def origin(self, path: Path) -> Origin | None:
        """Where a key comes from; the origin of the nearest section if the key is absent."""
        for length in range(len(path), -1, -1):
            found = self._origins.get(path[:length])
            if found is not None:
                return found
        return None

    def where(self, path: Path = ()) -> str:
        """Text before an error at a path: "file.yaml:7", or "file.yaml: --set read.voltage=3"."""
        origin = self.origin(path)
        if origin is None:
            return self.name
        if isinstance(origin, Place):
            return f"{origin.document}:{origin.line} (extended by {self.name})"
        return f"{self.name}:{origin}" if isinstance(origin, int) else f"{self.name}: {origin}"

    def error(self, problems: Iterable[tuple[Path, str]]) -> DocumentError:
        """Error to raise for (path, message) pairs found by checks outside a schema, in the document's order."""
        return self._error([Problem(path, message) for path, message in problems])

    def replace(
        self,
        changes: Mapping[str, Any],
        origin: str | int = "replace",
        dotted_keys: Mapping[str, Collection[str]] | None = None,
    ) -> Document:
        """A copy with values set at dotted paths; sections that are missing on the way are created.

        Parameters
        ----------
        changes : mapping
            Dotted path -> plain value. List items go by their ``name`` or index: ``learners.Oja.learning.rate``. Keys
            that contain dots are found where they exist.
        origin : str or int
            How errors name these changes, for example "--set", or the line of the document that they come from.
        dotted_keys : mapping, optional
            Dotted path of a section -> keys with dots that may be created in it.

        Raises
        ------
        DocumentError
            A path leads through a plain value or to an item that is not in its list.
        """
        data = copy.deepcopy(self._data)
        origins = dict(self._origins)
        for target, value in changes.items():
            shown = "" if isinstance(value, Mapping) else f"={_shown(value)}"
            failed = f"{self.name}:{origin}" if isinstance(origin, int) else f"{self.name}: {origin} {target}{shown}"
            path, created = assign(data, target, plain(value, failed), failed, dotted_keys or {})
            label = origin if isinstance(origin, int) else f"{origin} {dotted(data, path)}{shown}"
            new = path[:created]
            origins = {old: line for old, line in origins.items() if old[:created] != new}
            origins[new] = label
        return Document(self.name, data, origins)

    def part(self, path: Path) -> Document:
        """The section at a path as a document of its own, whose keys keep their origins."""
        data: Any = self._data
        for step in path:
            data = data[step]
        depth = len(path)
        origins = {old[depth:]: origin for old, origin in self._origins.items() if old[:depth] == path}
        origin = self.origin(path)
        return Document(self.name, copy.deepcopy(data), origins if origin is None else {(): origin, **origins})

    def with_data(self, data: Mapping[str, Any]) -> Document:
        """A copy with other data, whose keys have the origins of the keys at the same paths or around them."""
        return Document(self.name, plain(data, self.name), dict(self._origins))

    def over(self, base: Document, own: Collection[str], telling: Collection[str]) -> Document:
        """A copy laid over another document: what it does not say, the other one says.

        Sections are merged key by key, null removes a key, and everything else replaces what the other document has.

        Parameters
        ----------
        base : Document
            The other document. Its keys keep their places as origins.
        own : collection of str
            Keys of the first level that are not taken from it.
        telling : collection of str
            Keys that give the rest of their section its meaning: a section that gives one of them another value, or
            that has a `value` (the long form of a number), replaces the other's as a whole.
        """
        kept = {key: value for key, value in base._data.items() if key not in own}
        data, replaced = overlaid(self.data, copy.deepcopy(kept), telling)
        gone: set[Path] = {*replaced, *((key,) for key in own)}
        origins: dict[Path, Origin] = {
            path: Place(base.name, origin) if isinstance(origin, int) else origin
            for path, origin in base._origins.items()
            if not _inside(path, gone)
        }
        ordered = {key: data[key] for key in (*own, *data) if key in data}
        return Document(self.name, ordered, origins | self._origins)

    def without(self, paths: Iterable[Path]) -> Document:
        """A copy without the keys at some paths."""
        data = self.data
        gone = set(paths)
        for path in gone:
            here: Any = data
            for step in path[:-1]:
                here = here[step]
            del here[path[-1]]
        kept = {old: origin for old, origin in self._origins.items() if not _inside(old, gone)}
        return Document(self.name, data, kept)

    def restate(self, path: Path, value: Any) -> Document:
        """A copy with the value at an existing path written in another form; its origin stays what it was."""
        data = copy.deepcopy(self._data)
        here: Any = data
        for step in path[:-1]:
            here = here[step]
        here[path[-1]] = plain(value, self.where(path))
        inside = len(path)
        kept = {old: line for old, line in self._origins.items() if len(old) <= inside or old[:inside] != path}
        return Document(self.name, data, kept)

    def validate(
        self,
        model: type[Model],
        also: Callable[[], Iterable[tuple[Path, str]]] = lambda: (),
        context: Mapping[str, Any] | None = None,
    ) -> Model:
        """The document as a pydantic model.

        Parameters
        ----------
        model : type
            The model.
        also : callable
            Gives further (path, message) pairs to report, if the model finds a problem.
        context : mapping, optional
            What the model's validators receive as context.

        Raises
        ------
        DocumentError
            Keys or values that the model does not allow, all of them, in plain words.
        """
        from pydantic import ValidationError

        try:
            return model.model_validate(self._data, context=context)
        except ValidationError as error:
            found = error.errors(include_url=False)
        more = [Problem(path, message) for path, message in also()]
        raise self._error([*describe(model, self._data, found), *more])

    def to_yaml(self) -> str:
        """YAML text with the same data, keys in the same order."""
        from memsim.document.writer import write_yaml

        return write_yaml(self._data)

    def _error(self, problems: list[Problem]) -> DocumentError:
        order = _order(self._data)
        ranked = sorted(problems, key=lambda problem: _rank(order, problem))
        paths = [problem.path for problem in ranked if problem.missing is None and problem.path]
        return DocumentError([f"{self.where(problem.path)}: {problem.message}" for problem in ranked], paths)

    def sound(self, error: DocumentError) -> Document:
        """A copy without the keys whose values are not allowed; where one entry of a list is not, without the list."""
        keys = {next(path[:n] for n in range(len(path), 0, -1) if isinstance(path[n - 1], str)) for path in error.paths}
        outermost = [key for key in keys if not _inside(key[:-1], keys) and self.holds(key)]
        return self.without(outermost)

    def holds(self, path: Path) -> bool:
        """Whether there is a value at a path."""
        here: Any = self._data
        try:
            for step in path:
                here = here[step]
        except (KeyError, IndexError, TypeError):
            return False
        return True

    def __eq__(self, other: object) -> bool:
        return self._data == other._data if isinstance(other, Document) else NotImplemented

    def __hash__(self) -> int:
        return hash(frozenset(self._data))

    def __repr__(self) -> str:
        return f"Document({self.name!r}, {len(self._data)} keys)"


def _inside(path: Path, others: Collection[Path]) -> bool:
    return any(path[:length] in others for length in range(len(path) + 1))


def _shown(value: Any) -> str:
    plain_list = isinstance(value, list | tuple) and not any(isinstance(item, list | tuple | dict) for item in value)
    text = value if isinstance(value, str) else f"[{', '.join(map(str, value))}]" if plain_list else brief(value)
    return text if len(text) <= 40 else text[:37] + "..."


def _reason(file: FilePath, error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        try:
            siblings = [f.name for f in file.parent.iterdir() if f.suffix in (".yaml", ".yml")]
        except OSError:
            siblings = []
        hint = nearest(file.name, siblings)
        return "no such file" + (hint if "did you mean" in hint else "")
    if isinstance(error, IsADirectoryError):
        return "is a directory, not a YAML file"
    return f"cannot be read ({getattr(error, 'strerror', None) or error})"


def _order(data: Any) -> dict[Path, tuple[float, float]]:
    """Path -> its place in the document, and the place after everything inside it."""
    order: dict[Path, tuple[float, float]] = {}
    count = 0

    def visit(value: Any, path: Path) -> None:
        nonlocal count
        count += 1
        start = count
        items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, item in items:
            visit(item, (*path, key))
        order[path] = (start, count + 0.5)

    visit(data, ())
    return order


def _rank(order: Mapping[Path, tuple[float, float]], problem: Problem) -> float:
    for length in range(len(problem.path), -1, -1):
        if problem.path[:length] in order:
            start, end = order[problem.path[:length]]
            return start if length == len(problem.path) and problem.missing is None else end
    return math.inf
