"""Plain data -> readable YAML that `Document.from_text` reads back to the same data."""

from __future__ import annotations

import json
import math
import re
import textwrap
from typing import Any

from memsim.document.reader import resolve

_WIDTH = 110
_PIECE = 1000
_JOINT = "\\\n" + " " * 80
# A cautious subset of what YAML allows without quotes, valid inside brackets too.
_PLAIN_IN_BLOCK = re.compile(r"[A-Za-z0-9_(/.+µΩ-][A-Za-z0-9_ ()/.+\-%'^=<>~;,&µΩ]*")
_PLAIN = re.compile(r"[A-Za-z0-9_(/.+µΩ-][A-Za-z0-9_ ()/.+\-%'^=<>~;µΩ]*")
_BLOCK_LINE = re.compile(r"[\x21-\x7e\xa1-\u1fff]([\x20-\x7e\xa1-\u1fff]*[\x21-\x7e\xa1-\u1fff])?")
_ESCAPED = re.compile('["\\\\\x00-\x1f\x7f-\xa0\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]')


def write_yaml(data: dict[str, Any]) -> str:
    """YAML text of plain data: sections that fit on a line in braces, the keys in their given order."""
    return "".join(_entry(key, value, 0) for key, value in data.items()) or "{}\n"


def show(value: Any) -> str:
    """A plain value as text on one line."""
    if value is None:
        return "none"
    return value if isinstance(value, str) else json.dumps(value)


def _entry(key: str, value: Any, indent: int) -> str:
    head = " " * indent + _text(key) + ":"
    return head + _after(value, indent, len(head))


def _after(value: Any, indent: int, used: int) -> str:
    """What follows "key:" or "-" in a block, with its line end."""
    block = _block_text(value, indent + 2) if isinstance(value, str) else None
    if block:
        return block
    line = " " + (_text(value, _PLAIN_IN_BLOCK) if isinstance(value, str) else _flow(value))
    if not value or not isinstance(value, dict | list) or used + len(line) <= _WIDTH:
        return line + "\n"
    if isinstance(value, dict):
        return "\n" + "".join(_entry(key, item, indent + 2) for key, item in value.items())
    return "\n" + "".join(_item(item, indent + 2) for item in value)


def _item(value: Any, indent: int) -> str:
    dash = " " * indent + "-"
    if isinstance(value, dict) and len(dash) + 1 + len(_flow(value)) > _WIDTH:
        entries = "".join(_entry(key, item, indent + 2) for key, item in value.items())
        return dash + " " + entries[indent + 2 :]
    return dash + _after(value, indent, len(dash))


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_text(key)}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    return _text(value) if isinstance(value, str) else _number(value)


def _number(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and not math.isfinite(value):
        return ".nan" if math.isnan(value) else (".inf" if value > 0 else "-.inf")
    return repr(value)


def _text(text: str, plain: re.Pattern[str] = _PLAIN) -> str:
    if plain.fullmatch(text) and not text.endswith(" ") and text[:3] not in ("---", "..."):
        bare_dash = text[0] == "-" and text[1:2] in ("", " ")
        if not bare_dash and len(text) <= _PIECE and isinstance(_resolved(text), str):
            return text
    pieces = [_ESCAPED.sub(_escape, text[at : at + _PIECE]) for at in range(0, len(text), _PIECE)]
    # A backslash at a line's end joins it to the next; the indent is deeper than any section can be.
    return '"' + _JOINT.join("\\" + piece if at and piece[0] == " " else piece for at, piece in enumerate(pieces)) + '"'


def _resolved(text: str) -> Any:
    try:
        return resolve(text)
    except ValueError:
        return None


def _escape(match: re.Match[str]) -> str:
    char = match.group()
    if char in '"\\':
        return "\\" + char
    if char in "\n\t":
        return "\\n" if char == "\n" else "\\t"
    return f"\\x{ord(char):02x}" if ord(char) < 256 else f"\\u{ord(char):04x}"


def _block_text(text: str, indent: int) -> str | None:
    """Block for paragraphs or a long line of ordinary text; None where one line is the better or safer form."""
    body = text.removesuffix("\n")
    lines = body.split("\n")
    if not lines[0] or not lines[-1] or not all(line == "" or _BLOCK_LINE.fullmatch(line) for line in lines):
        return None
    if max(map(len, lines)) > _PIECE:
        return None
    style = "|" if body != text else "|-"
    if len(lines) == 1:
        if body != text or indent + len(body) <= _WIDTH or "  " in body:
            return None
        style = ">-"
        lines = textwrap.wrap(body, _WIDTH - indent, break_long_words=False, break_on_hyphens=False)
    return f" {style}\n" + "".join((" " * indent + line if line else "") + "\n" for line in lines)
