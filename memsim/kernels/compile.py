"""Turns a loop and the scalar functions it closes over into a cached machine-code kernel, launched one at a time.

Numba's own file cache misses for loops that close over other compiled functions and goes stale when an imported callee is
edited. Here the cache key of a kernel is a fingerprint of the bytecode, constants and callees of everything it runs, and of
its compile options; an edit anywhere compiles anew. The cache is private API of Numba: whatever fails in it ends in a
compilation, never in an error.
"""

from __future__ import annotations

import hashlib
import os
import threading
import types
from collections.abc import Callable, Iterable
from typing import Any

import numba
import numpy as np

# OpenMP beside OpenBLAS stalls 8 ms a call on few cores; workqueue does not, but aborts on concurrent launches.
if "NUMBA_THREADING_LAYER" not in os.environ:
    numba.config.THREADING_LAYER = "workqueue"
_LAUNCH = threading.RLock()


def fingerprint(*parts: Any) -> str:
    """Hash of all that decides the machine code of `parts`: functions with their callees, classes, numbers, strings."""
    digest = hashlib.sha256()
    seen: set[int] = set()
    for part in parts:
        _feed(part, digest, seen)
    return digest.hexdigest()


def _feed(part: Any, digest: Any, seen: set[int]) -> None:
    function = getattr(part, "py_func", part)
    if isinstance(function, types.FunctionType):
        options = getattr(part, "targetoptions", {})
        digest.update(repr(sorted((k, str(v)) for k, v in options.items())).encode())
        if id(function) in seen:
            return
        seen.add(id(function))
        for value in function.__defaults__ or ():
            _feed(value, digest, seen)
        for cell in function.__closure__ or ():
            _feed(cell.cell_contents, digest, seen)
        _feed_code(function.__code__, function.__globals__, digest, seen)
    elif isinstance(part, types.ModuleType):
        digest.update(part.__name__.encode())
    elif isinstance(part, type):
        digest.update(f"{part.__qualname__}{getattr(part, '_fields', '')}".encode())
    elif isinstance(part, tuple | list | frozenset):
        for item in sorted(part, key=repr) if isinstance(part, frozenset) else part:
            _feed(item, digest, seen)
    elif isinstance(part, np.ndarray):
        digest.update(part.tobytes())
    elif isinstance(part, bool | int | float | str | bytes | np.generic | type(None)):
        digest.update(f"{type(part).__name__}:{part!r}".encode())
    else:
        digest.update(f"{type(part).__name__}:{getattr(part, '__name__', '')}".encode())


def _feed_code(code: types.CodeType, scope: dict[str, Any], digest: Any, seen: set[int]) -> None:
    digest.update(code.co_code)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            _feed_code(constant, scope, digest, seen)
        else:
            _feed(constant, digest, seen)
    for name in code.co_names:
        digest.update(name.encode())
        if name in scope:
            _feed(scope[name], digest, seen)


def _stamped_cache(function: Callable, stamp: str) -> Any:
    """A Numba file cache for `function` keyed by `stamp`, or None where Numba offers no place or no such class."""
    try:
        from numba.core.caching import FunctionCache

        class StampedCache(FunctionCache):
            def _index_key(self, sig: Any, codegen: Any) -> tuple:
                return (sig, codegen.magic_tuple(), (stamp,))

            def load_overload(self, sig: Any, target_context: Any) -> Any:
                try:
                    return super().load_overload(sig, target_context)
                except Exception:  # a damaged or foreign cache file costs a compilation, nothing else
                    return None

            def save_overload(self, sig: Any, data: Any) -> None:
                try:
                    super().save_overload(sig, data)
                except Exception:  # so does a full or read-only disk
                    return

        cache = StampedCache(function)
        cache.enable()
        return cache
    except Exception:
        return None


def cache_folder() -> str | None:
    """Folder of the kernel cache, or None where kernels cannot be cached."""
    cache = _stamped_cache(compile_kernel, "")
    return str(cache.cache_path) if cache is not None else None


class Kernel:
    """A compiled loop; calling it runs it while no other kernel of this process runs."""

    def __init__(self, dispatcher: Any, stamp: str) -> None:
        self.dispatcher = dispatcher
        self.stamp = stamp

    def __call__(self, *args: Any) -> Any:
        with _LAUNCH:
            return self.dispatcher(*args)

    @property
    def cache_hits(self) -> int:
        """How many signatures came from the file cache (0 where there is none)."""
        return sum(self.dispatcher.stats.cache_hits.values())


def compile_kernel(loop: Callable, parts: Iterable[Any] = (), *, parallel: bool, fastmath: frozenset[str] = frozenset()) -> Kernel:
    """Compile `loop` for the CPU.

    Parameters
    ----------
    loop : function
        Plain Python; what it closes over and calls is fingerprinted with it.
    parts : iterable
        Further things that decide the machine code, such as the NamedTuple classes of its arguments.
    parallel : bool
        Whether ``numba.prange`` loops are spread over threads.
    fastmath : frozenset of str
        LLVM flags. Empty (the default) keeps every operation as IEEE 754 rounds it, so results are the same bits on every CPU.
    """
    options = dict(parallel=parallel, fastmath=set(fastmath) if fastmath else False, error_model="numpy", boundscheck=False)
    stamp = fingerprint(loop, tuple(parts), parallel, *sorted(fastmath))
    dispatcher = numba.njit(**options)(loop)
    cache = _stamped_cache(loop, stamp)
    if cache is not None:
        dispatcher._cache = cache
    return Kernel(dispatcher, stamp)
