"""Errors that a user can cause, each one clear line, and the nearest-match hint they share."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from memsim.synonyms import synonyms

_LONGEST = 60
"""Characters of a value that an error shows."""
_LONGEST_MESSAGE = 2000
"""Characters of a message; of a longer one, the middle is left out."""


class MemsimError(Exception):
    """Base of every error memsim raises for a mistake in its input; the CLI prints it and exits with 2.

    Its message is one `printable` line, whatever was in the names and files that it quotes.
    """

    def __init__(self, *args: object) -> None:
        super().__init__(*(_bounded(printable(part)) if isinstance(part, str) else part for part in args))


class InputError(MemsimError):
    """A key, value, unit or name that is not allowed (profile, experiment, option or argument)."""


class DataError(MemsimError):
    """Images or arrays that are missing, damaged or of the wrong kind."""


class OutputError(MemsimError):
    """A result that cannot be written or read."""


class ConvergenceError(MemsimError):
    """An iteration that did not reach its tolerance; the message says how far it came."""


class BackendError(MemsimError):
    """A compute backend that is not available here."""


class MemsimWarning(UserWarning):
    """Base of every warning of memsim; the CLI prints it on one line."""


class KernelCacheWarning(MemsimWarning):
    """Compiled kernels are not loaded from their cache, or not yet: work takes longer, with the same results."""


class RetentionWarning(MemsimWarning):
    """Time passes for cells whose device says nothing about retention: that their states stay is no result."""


class EnduranceWarning(MemsimWarning):
    """Cells see cycles whose device says nothing about endurance: that they do not wear is no result."""


class WindowWarning(MemsimWarning):
    """Measured conductances outside the window of the device, or beyond the bounds of the array."""


def printable(text: object) -> str:
    """One line without characters that could clear, colour or reorder what is around them; a '?' stands for each."""
    return "".join(c if c.isprintable() else "?" for c in " ".join(str(text).split()))


def _bounded(text: str) -> str:
    half = _LONGEST_MESSAGE // 2
    return text if len(text) <= _LONGEST_MESSAGE else f"{text[:half]} ... {text[-half:]}"


def shown(value: object) -> str:
    """A value as an error shows it: its repr on one line, shortened where it is long."""
    try:
        text = " ".join(repr(value).split())
    except Exception:  # integers of some thousand digits, deep nesting, and objects whose repr fails
        return f"{type(value).__name__} that is too long to print"
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 4]}...{text[-1]}"


def nearest(given: str, allowed: Iterable[str]) -> str:
    """Hint to append to an error: ``"; did you mean 'x'?"``, or the allowed names, or nothing.

    A name with the same meaning (`memsim.synonyms`) comes before one with a similar spelling, and this before the only
    one that begins with what was given.

    Parameters
    ----------
    given : str
        What the user wrote.
    allowed : iterable of str
        The names that would have been accepted.
    """
    names = sorted(set(map(str, allowed)))
    folded = {name.lower(): name for name in reversed(names)}
    called = [] if str(given).lower() in folded else [name for name in synonyms(str(given)) if name in folded]
    match = called or difflib.get_close_matches(str(given).lower(), list(folded), n=1, cutoff=0.6)
    if not match:
        longer = [name for name in folded if str(given) and name.startswith(str(given).lower())]
        match = longer if len(longer) == 1 else []
    if match:
        return f"; did you mean '{folded[match[0]]}'?"
    if 0 < len(names) <= 12:
        return f"; allowed: {name_list(names)}"
    return ""


def name_list(names: Sequence[str]) -> str:
    """Names with commas between them; all are in quotes where one of them has a comma itself."""
    quote = "'" if any("," in name for name in names) else ""
    return ", ".join(f"{quote}{name}{quote}" for name in names)
