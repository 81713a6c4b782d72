"""Layers of networks by name, with wildcards."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable

from memsim.errors import InputError, nearest

_MOST_NAMES = 12
"""Names of layers that an error lists."""


def matches(name: str, pattern: str) -> bool:
    """Whether a pattern with the wildcards * and ? fits the name of a layer, or of a module that contains it."""
    parts = name.split(".")
    return any(fnmatch.fnmatchcase(".".join(parts[:count]), pattern) for count in range(1, len(parts) + 1))


def unmatched(patterns: Iterable[object], names: Iterable[str]) -> str:
    """What is wrong with the first pattern that fits no layer, see `matches`; empty if each fits one."""
    names = list(names)
    for pattern in patterns:
        if not isinstance(pattern, str) or not any(matches(name, pattern) for name in names):
            hint = nearest(str(pattern), names)
            more = "" if "allowed:" in hint else f"; layers: {', '.join(names[:_MOST_NAMES])}"
            more += ", ..." if more and len(names) > _MOST_NAMES else ""
            return f"no layer has the name {pattern!r}{hint}{more}"
    return ""


def check_patterns(argument: str, patterns: Iterable[str], names: Iterable[str]) -> None:
    """Refuse patterns that fit no layer.

    Parameters
    ----------
    argument : str
        The argument that holds them, for errors.
    patterns : iterable of str
        See `matches`.
    names : iterable of str
        Names of all layers.

    Raises
    ------
    InputError
        For the first pattern that fits none.
    """
    if isinstance(patterns, str):
        raise InputError(f"{argument}: {patterns!r} is one text; allowed: a collection of names")
    if why := unmatched(patterns, names):
        raise InputError(f"{argument}: {why}")
