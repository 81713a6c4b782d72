"""Messages of `memsim.fit`, which name arguments of Python, with the options of the command line in their place."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

from memsim.errors import MemsimError

_ARGUMENT = re.compile(
    r"""\b(?:
        (?P<any>columns|model|window)=\.\.\.            # any value
        | (?P<text>columns)=(?=")                # in quotes, which a shell needs too
        | (?P<word>kind|repeats|decimal)='(?P<value>[^']*)'
        | (?P<number>table)=(?=\d)
    )""",
    re.VERBOSE,
)


def with_options(message: str) -> str:
    """The message with ``--kind iv`` for ``kind='iv'``, and so on."""
    return _ARGUMENT.sub(_option, message)


def _option(found: re.Match[str]) -> str:
    if found["word"]:
        return f"--{found['word']} {found['value']}"
    return f"--{found['any']}" if found["any"] else f"--{found['text'] or found['number']} "


@contextlib.contextmanager
def errors_with_options() -> Iterator[None]:
    """While this lasts, errors of memsim name options in place of arguments."""
    try:
        yield
    except MemsimError as error:
        raise type(error)(with_options(str(error))) from None
