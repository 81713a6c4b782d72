"""Errors and notes of memsim name arguments of Python; the command line has its options in their place."""

from __future__ import annotations

import re

_ARGUMENT = re.compile(
    r"""\b(?:
        (?P<any>columns|model|window|device|data|name|table|(?<!\.)components)=\.\.\.   # any value
        | (?P<text>columns)=(?=")                          # in quotes, which a shell needs, too
        | (?P<word>kind|repeats|decimal|device|data)='(?P<value>[^']*)'
        | (?P<number>table)=(?=\d)
        | (?P<flag>force)=True
        | (?:(?<=\ with\ )|(?<=\())(?P<key>[^=()]*\benergy\.components)=\.\.\.
    )""",
    re.VERBOSE,
)


def with_options(message: str) -> str:
    """The message with ``--kind iv`` for ``kind='iv'``, and so on."""
    return _ARGUMENT.sub(_option, message)


def _option(found: re.Match[str]) -> str:
    if key := found["key"]:
        return f"--set {key}=..." if " " not in key else f"--set '{key}=...'"
    if found["word"]:
        return f"--{found['word']} {found['value']}"
    alone = found["any"] or found["flag"]
    return f"--{alone}" if alone else f"--{found['text'] or found['number']} "
