"""YAML text -> plain data and the line of every key: bounded, without aliases, tags or anything that runs code."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from typing import Any

from memsim.document.problems import DocumentError, Path, brief

MAX_BYTES = 1 << 20
MAX_DEPTH = 32
MAX_NODES = 20_000
MAX_KEY = 256
MAX_DIGITS = 100
MAX_LINE = 10_000  # the YAML scanner takes quadratic time within a line

# The YAML 1.2 core schema: `off`, `yes` and `1_000` stay text, `1e-6` is a number.
_NULL = {"", "~", "null", "Null", "NULL"}
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?[0-9]+")
_RADIX = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL = re.compile(r"([-+]?)\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")

# What the YAML parser says -> what the author can do about it.
_HINTS = {
    "'\\t'": "a tab is not allowed here; use spaces",
    "mapping values are not allowed": "unexpected ':'; is the line above complete, and is text with ': ' in quotes?",
    "sequence entries are not allowed": "a list with '- ' starts on a new line",
    "could not find expected ':'": "a ':' is missing after the key",
    "expected <block end>": "the indentation does not match the lines above",
    "found unexpected end of stream": "a quoted text that starts here is never closed",
    "expected ',' or": "a ',' or a closing bracket is missing",
    "cannot start any token": "a value that starts with this character needs quotes",
}


def read_yaml(text: str, name: str) -> tuple[dict[str, Any], dict[Path, int]]:
    """Plain data of a YAML mapping, and the line of every key and list item.

    Parameters
    ----------
    text : str
        The document.
    name : str
        What errors call it, usually the file's path.

    Raises
    ------
    DocumentError
        The text is not one well-formed, bounded YAML mapping with unique text keys.
    """
    builder = _Builder(text, name)
    data = builder.document()
    if not isinstance(data, dict):
        raise DocumentError([f"{name}:{builder.lines[()]}: a 'key: value' mapping is wanted, not {brief(data)}"])
    return data, builder.lines


def parse_value(text: str, name: str = "value") -> Any:
    """Plain value of a YAML fragment such as ``[0, 1]``, ``true`` or ``1.6 V`` (for options on a command line)."""
    return _Builder(text, name).document()


def resolve(text: str) -> Any:
    """Null, bool, int, float or text that an unquoted scalar stands for.

    Raises
    ------
    ValueError
        It is a number of more than 100 digits.
    """
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    number: Callable[[str], int | float]
    if _INTEGER.fullmatch(text):
        number = int
    elif _FLOAT.fullmatch(text):
        number = float
    elif _RADIX.fullmatch(text):
        number = _radix
    else:
        special = _SPECIAL.fullmatch(text)
        return float(text.replace(".", "")) if special else text
    if len(text) > MAX_DIGITS + 1:
        raise ValueError(f"a number has more than {MAX_DIGITS} digits")
    value = number(text)
    if isinstance(value, int) and abs(value) >= 10**MAX_DIGITS:
        raise ValueError(f"a number has more than {MAX_DIGITS} digits")
    return value


def _radix(text: str) -> int:
    return int(text, 0)


class _Builder:
    """Builds plain data from parser events, so that every bound holds before anything is expanded."""

    def __init__(self, text: str, name: str) -> None:
        self.name = name
        self.text = text
        self.lines: dict[Path, int] = {}
        self.nodes = 0
        self.line = 1
        self.events: Iterator[Any] = iter(())

    def fail(self, line: int, message: str) -> DocumentError:
        return DocumentError([f"{self.name}:{line}: {message}"])

    def document(self) -> Any:
        # Imported here: it takes longer than everything else in this package.
        from ruamel.yaml import YAML
        from ruamel.yaml.error import MarkedYAMLError, YAMLError

        if len(self.text) > MAX_BYTES:
            raise DocumentError([f"{self.name}: larger than {MAX_BYTES // 1024} KiB"])
        bad = _CONTROL.search(self.text)
        if bad:
            line = self.text.count("\n", 0, bad.start()) + 1
            raise self.fail(line, f"character U+{ord(bad.group()):04X} is not allowed in YAML")
        for number, row in enumerate(self.text.split("\n"), 1):
            if len(row) > MAX_LINE:
                raise self.fail(number, f"a line is longer than {MAX_LINE} characters")
        self.events = YAML(typ="safe", pure=True).parse(io.StringIO(self.text))
        try:
            return self.build()
        except MarkedYAMLError as error:
            raise self.fail(*_explain(error, self.line)) from None
        except (YAMLError, ValueError, OverflowError, IndexError) as error:
            raise self.fail(self.line, f"not valid YAML: {error}") from None

    def build(self) -> Any:
        data = None
        documents = 0
        for event in self.events:
            kind = self.kind(event)
            if kind == "DocumentStart":
                documents += 1
                if documents > 1:
                    raise self.fail(self.line, "a second document starts here; write one document a file")
                if event.version not in (None, (1, 2)):
                    raise self.fail(self.line, "only YAML 1.2 is read; remove the %YAML line")
            elif kind not in ("StreamStart", "StreamEnd", "DocumentEnd"):
                data = self.node(event, (), 0)
        if documents == 0:
            raise DocumentError([f"{self.name}: the file is empty"])
        return data

    def kind(self, event: Any) -> str:
        self.line = event.start_mark.line + 1
        return type(event).__name__.removesuffix("Event")

    def node(self, event: Any, path: Path, depth: int) -> Any:
        kind = self.kind(event)
        self.lines.setdefault(path, self.line)
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise self.fail(self.line, f"more than {MAX_NODES} values in one document")
        if depth > MAX_DEPTH:
            raise self.fail(self.line, f"nested deeper than {MAX_DEPTH} levels")
        if kind == "Alias" or event.anchor is not None:
            mark = brief(f"{'*' if kind == 'Alias' else '&'}{event.anchor}")
            raise self.fail(self.line, f"anchors and aliases ({mark}) are not allowed; repeat the value, or quote text")
        if event.tag is not None:
            tag = brief(str(event.tag).replace("tag:yaml.org,2002:", "!!"))
            raise self.fail(self.line, f"tags ({tag}) are not allowed; quote the value to make it text")
        if kind == "Scalar":
            return self.scalar(event)
        if kind == "SequenceStart":
            return self.sequence(path, depth)
        return self.mapping(path, depth)

    def scalar(self, event: Any) -> Any:
        if event.style is not None:
            return event.value
        return resolve(event.value)

    def sequence(self, path: Path, depth: int) -> list[Any]:
        items: list[Any] = []
        for event in self.events:
            if self.kind(event) == "SequenceEnd":
                break
            items.append(self.node(event, (*path, len(items)), depth + 1))
        return items

    def mapping(self, path: Path, depth: int) -> dict[str, Any]:
        items: dict[str, Any] = {}
        for event in self.events:
            if self.kind(event) == "MappingEnd":
                break
            key = self.key(event, path, depth)
            line = self.line
            here = (*path, key)
            if key in items:
                first = self.lines[here]
                raise self.fail(line, f"key '{key}' is given twice; the first is at {self.name}:{first}")
            self.lines[here] = line
            items[key] = self.node(next(self.events), here, depth + 1)
        return items

    def key(self, event: Any, path: Path, depth: int) -> str:
        if type(event).__name__ not in ("ScalarEvent", "AliasEvent"):
            raise self.fail(self.line, "a key must be text, not a list or a section")
        key = self.node(event, path, depth)
        if not isinstance(key, str):
            raise self.fail(self.line, f"key {brief(key)} is not text; write it in quotes")
        if len(key) > MAX_KEY:
            raise self.fail(self.line, f"a key is longer than {MAX_KEY} characters")
        return key


def _explain(error: Any, line: int) -> tuple[int, str]:
    problem = error.problem or error.context or "syntax error"
    mark = error.problem_mark or error.context_mark
    if "end of stream" in problem and error.context_mark:
        mark = error.context_mark
    hint = next((hint for said, hint in _HINTS.items() if said in problem), "")
    return (mark.line + 1 if mark else line), f"not valid YAML: {hint or problem}"
