"""Fingerprints of functions: two that run the same machine code have the same one, an edit anywhere gives another."""

from __future__ import annotations

import hashlib
import types
from typing import Any

import numpy as np


def fingerprint(*parts: Any) -> str:
    """Hash of all that decides the machine code of `parts`: functions with their callees, classes, numbers, strings."""
    digest = hashlib.sha256()
    visited: set[int] = set()
    for part in parts:
        _feed(part, digest, visited)
    return digest.hexdigest()


def _feed(part: Any, digest: Any, visited: set[int]) -> None:
    function = getattr(part, "py_func", getattr(part, "_defn", part))  # of an intrinsic, what generates its code
    if isinstance(function, types.FunctionType):
        options = getattr(part, "targetoptions", {})
        digest.update(repr(sorted((k, str(v)) for k, v in options.items())).encode())
        if id(function) in visited:
            return
        visited.add(id(function))
        for value in function.__defaults__ or ():
            _feed(value, digest, visited)
        for cell in function.__closure__ or ():
            _feed(cell.cell_contents, digest, visited)
        _feed_code(function.__code__, function.__globals__, digest, visited)
    elif isinstance(part, types.ModuleType):
        digest.update(part.__name__.encode())
    elif isinstance(part, type):
        digest.update(f"{part.__qualname__}{getattr(part, '_fields', '')}".encode())
    elif isinstance(part, tuple | list | frozenset):
        for item in sorted(part, key=repr) if isinstance(part, frozenset) else part:
            _feed(item, digest, visited)
    elif isinstance(part, np.ndarray):
        digest.update(part.tobytes())
    elif isinstance(part, bool | int | float | str | bytes | np.generic | type(None)):
        digest.update(f"{type(part).__name__}:{part!r}".encode())
    else:
        digest.update(f"{type(part).__name__}:{getattr(part, '__name__', '')}".encode())


def _feed_code(code: types.CodeType, scope: dict[str, Any], digest: Any, visited: set[int]) -> None:
    digest.update(code.co_code)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            _feed_code(constant, scope, digest, visited)
        else:
            _feed(constant, digest, visited)
    for name in code.co_names:
        digest.update(name.encode())
        if name in scope:
            _feed(scope[name], digest, visited)
