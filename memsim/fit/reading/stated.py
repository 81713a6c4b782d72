"""Equations of columns that a user stated, repeated in full where a message corrects one of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from memsim.errors import InputError, MemsimError
from memsim.fit.reading.columns import parse_columns

_EXAMPLE = re.compile(r'columns="([^"]*)"')
_SHORT = {"conductance": "G", "resistance": "R", "voltage": "V", "current": "I"}
_GROUPS = (("conductance", "resistance", "weight"), ("up", "down"), ("direction", "pulse voltage"))
"""Columns of which one stands for another."""
_READS = (*_GROUPS[0], *_GROUPS[1])


@contextmanager
def equations_repeated(stated: Sequence[tuple[str, str]]) -> Iterator[None]:
    """While this lasts, examples of `columns` in errors also have the equations that the user stated."""
    try:
        yield
    except MemsimError as error:
        raise type(error)(_EXAMPLE.sub(lambda found: _whole(found, stated), str(error))) from None


def _whole(found: re.Match[str], stated: Sequence[tuple[str, str]]) -> str:
    """An example, with the equations that it does not replace."""
    try:
        example = parse_columns(found[1])
    except InputError:
        return found[0]
    roles = {role for role, _ in example}
    others = [(role, source) for role, source in stated if not _replaced(role, roles)]
    if len(others) == len(stated) or len(example) > 1:
        equations = [*others, *example]
    else:
        # A corrected equation stays at its place.
        at = next(i for i, (role, _) in enumerate(stated) if _replaced(role, roles))
        equations = [*others[:at], *example, *others[at:]]
    return 'columns="' + ", ".join(f"{_SHORT.get(role, role)} = {source}" for role, source in equations) + '"'


def _replaced(role: str, roles: set[str]) -> bool:
    """Whether an example that defines these columns replaces the equation of another one."""
    if role in roles:
        return True
    if role in _GROUPS[1] and roles & set(_GROUPS[1]):
        return False
    return (role in _READS and bool(roles & set(_READS))) or (role in _GROUPS[2] and bool(roles & set(_GROUPS[2])))
