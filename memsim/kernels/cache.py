"""The file cache of kernels: what one process has compiled, all others load.

Numba's own file cache misses for loops that close over other compiled functions, goes stale when an imported callee is
edited, and runs damaged files. Here a kernel is found by the fingerprint of everything it runs, in a file that is
checked before it is read. Processes that need the same kernel at the same time wait for the one that compiles it. The
cache is private API of Numba: whatever fails in it ends in a compilation, never in an error.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import pickle
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from memsim.errors import KernelCacheWarning
from memsim.kernels.checked_files import read_checked, write_checked
from memsim.kernels.exposure import exposure

_SILENT_WAIT = 5.0
"""Time after which a process says that it waits for another one [s]."""

_LONGEST_WAIT = 60.0
"""Time after which a process no longer waits for another one and compiles by itself [s]."""


def stamped_cache(function: Callable, stamp: str) -> Any:
    """A Numba file cache with files of its own for this stamp, or None where there is none that may be used."""
    cache = _numba_cache(function, stamp)
    return cache if cache is not None and _is_usable(str(cache.cache_path)) else None


def _numba_cache(function: Callable, stamp: str) -> Any:
    try:
        import numba
        from numba.core.caching import FunctionCache
        from numba.core.serialize import dumps

        class Files:
            """One file for each kernel and signature. Numba would keep an index, too, which processes extend."""

            def __init__(self, folder: str) -> None:
                self._folder = Path(folder)

            def load(self, name: str) -> Any:
                data = read_checked(self._folder / name)
                return None if data is None else pickle.loads(data)

            def save(self, name: str, kernel: Any) -> None:
                write_checked(self._folder / name, dumps(kernel))

        class StampedCache(FunctionCache):
            def __init__(self) -> None:
                super().__init__(function)
                self._cache_file = Files(self.cache_path)  # type: ignore[assignment]

            def _index_key(self, sig: Any, codegen: Any) -> str:
                """Name of the file: what decides how it is read, and for which processor, is in it."""
                rest = (sig, codegen.magic_tuple(), numba.__version__, sys.implementation.cache_tag)
                return f"{function.__name__}-{stamp[:24]}-{hashlib.sha256(repr(rest).encode()).hexdigest()[:24]}.kernel"

            def load_overload(self, sig: Any, target_context: Any) -> Any:
                TURN.end()  # of a kernel that did not compile
                stored = self._stored(sig, target_context)
                if stored is None:
                    TURN.begin(self.cache_path, stamp, function.__name__)
                    stored = self._stored(sig, target_context)  # another process may have stored it meanwhile
                    if stored is not None:
                        TURN.end()
                return stored

            def _stored(self, sig: Any, target_context: Any) -> Any:
                try:
                    stored = super().load_overload(sig, target_context)
                    # Types that print alike have the same file.
                    return stored if stored is not None and tuple(stored.signature.args) == tuple(sig) else None
                except Exception:  # a file that Numba cannot use costs a compilation, nothing else
                    return None

            def save_overload(self, sig: Any, data: Any) -> None:
                try:
                    super().save_overload(sig, data)
                except Exception:  # so does a full or read-only disk
                    return
                finally:
                    TURN.end()

        return StampedCache()
    except Exception:
        return None


@functools.cache
def _is_usable(folder: str) -> bool:
    """Whether kernels may be loaded from this folder; warns if not."""
    problem = _exposed(folder)
    if problem:
        warnings.warn(f"kernels are compiled anew in each process: {problem}", KernelCacheWarning, stacklevel=2)
    return problem is None


def _exposed(folder: str, *, planned: bool = False) -> str | None:
    """Why kernels from this folder might be the work of another user, or None.

    What is beside the sources is not examined: Python runs what it finds there without memsim.
    """
    if os.path.basename(folder) == "__pycache__":
        return None
    try:
        problem = exposure(folder, planned=planned)
    except OSError as error:
        problem = f"{error.filename or folder} cannot be examined ({error.strerror})"
    advice = "a kernel from its cache would run as you; set NUMBA_CACHE_DIR to a folder that is yours alone (chmod 700)"
    return problem and f"{problem}, and {advice}"


def folder_problem() -> str | None:
    """Why kernels cannot be cached on this machine, with what helps, or None if they can."""
    folder = cache_folder()
    if folder is None:
        return "no writable folder for compiled kernels; set NUMBA_CACHE_DIR to one"
    return _exposed(folder, planned=True)


def cache_folder(function: Callable | None = None) -> str | None:
    """Folder of the kernel cache, or None where there is none that can be written to; it need not exist yet.

    Parameters
    ----------
    function : callable, optional
        A function whose module has kernels; those of each folder of modules have a folder. By default one of
        `memsim.kernels`.
    """
    with _tried_folders():
        cache = _numba_cache(function or cache_folder, "")
    return str(cache.cache_path) if cache is not None else None


def named_folder_problem() -> str | None:
    """Why kernels are not cached in the folder that NUMBA_CACHE_DIR names, or None if they are or none is named."""
    import numba

    named = str(getattr(numba.config, "CACHE_DIR", "") or "")
    with _tried_folders() as refused:
        _numba_cache(cache_folder, "")
    reasons = [reason for folder, reason in refused.items() if Path(named) in Path(folder).parents]
    return f"NUMBA_CACHE_DIR: {named} cannot be used ({reasons[0]})" if named and reasons else None


@contextlib.contextmanager
def _tried_folders() -> Iterator[dict[str, str]]:
    """While Numba looks for a folder, those that it cannot write to and why; folders that it makes go again."""
    refused: dict[str, str] = {}
    try:
        from numba.core.caching import _CacheLocator

        make = _CacheLocator.ensure_cache_path
    except (ImportError, AttributeError):  # private interface of Numba
        yield refused
        return

    def attempt(locator: Any) -> None:
        folder = Path(locator.get_cache_path())
        missing = [place for place in (folder, *folder.parents) if not os.path.lexists(place)]
        try:
            make(locator)
        except OSError as error:
            refused[str(folder)] = (error.strerror or str(error)).lower()
            raise
        finally:
            for place in missing:
                with contextlib.suppress(OSError):
                    place.rmdir()

    _CacheLocator.ensure_cache_path = attempt  # type: ignore[method-assign]
    try:
        yield refused
    finally:
        _CacheLocator.ensure_cache_path = make  # type: ignore[method-assign]


class Turn:
    """The right of this process to compile a kernel, which no other process has meanwhile.

    Numba compiles one kernel at a time in a process, so that one turn is enough. A turn is a lock on a byte of a file
    in the folder of the cache. The system ends it if the process dies.
    """

    def __init__(self) -> None:
        self._files: dict[str, int] = {}  # never closed: closing one would end the locks of this process
        self._lock: tuple[int, int] | None = None

    def begin(self, folder: str, stamp: str, name: str) -> bool:
        """Wait until no other process compiles the kernel; False if it was not necessary or not possible to wait.

        A process that waits for long says so (`KernelCacheWarning`), and in the end goes on without its turn.
        """
        try:
            import fcntl

            if folder not in self._files:
                os.makedirs(folder, exist_ok=True)
                self._files[folder] = os.open(os.path.join(folder, "turns"), os.O_RDWR | os.O_CREAT, 0o666)
            file, byte = self._files[folder], int(stamp[:12] or "0", 16)
            start, waited, silent = time.monotonic(), 0.0, True
            while waited <= _LONGEST_WAIT:
                try:
                    fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, byte)
                    self._lock = file, byte
                    return waited > 0
                except BlockingIOError:
                    time.sleep(0.02)
                    waited = time.monotonic() - start
                if silent and waited > _SILENT_WAIT:
                    silent = False
                    warnings.warn(
                        f"waiting for another process, which compiles the kernel '{name}' for the cache in {folder}; "
                        f"after {_LONGEST_WAIT:g} s this process compiles it, too",
                        KernelCacheWarning,
                        stacklevel=2,
                    )
            return False
        except (ImportError, OSError):  # a system or a file system without locks
            return False

    def end(self) -> None:
        """Let other processes have their turn."""
        if self._lock is None:
            return
        import fcntl

        (file, byte), self._lock = self._lock, None
        with contextlib.suppress(OSError):
            fcntl.lockf(file, fcntl.LOCK_UN, 1, byte)


TURN = Turn()
