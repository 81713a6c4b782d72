"""The file cache of kernels: what one process has compiled, all others load.

Numba's own file cache misses for loops that close over other compiled functions and goes stale when an imported callee
is edited. Here the key of a kernel is the fingerprint of everything it runs. Processes that need the same kernel at the
same time wait for the one that compiles it. The cache is private API of Numba: whatever fails in it ends in a
compilation, never in an error.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from typing import Any

_LONGEST_WAIT = 60.0
"""Time after which a process no longer waits for another one and compiles by itself [s]."""


def stamped_cache(function: Callable, stamp: str) -> Any:
    """A Numba file cache with files of its own for this stamp, or None where Numba offers no place or no such class."""
    try:
        from numba.core.caching import FunctionCache, IndexDataCacheFile

        class StampedCache(FunctionCache):
            def __init__(self) -> None:
                super().__init__(function)
                # One index a kernel: processes that compile different kernels at once must not write to the same file.
                self._cache_file = IndexDataCacheFile(self._cache_path, f"{function.__name__}-{stamp[:24]}", stamp)

            def _index_key(self, sig: Any, codegen: Any) -> tuple:
                return (sig, codegen.magic_tuple(), (stamp,))

            def load_overload(self, sig: Any, target_context: Any) -> Any:
                TURN.end()  # of a kernel that did not compile
                stored = self._stored(sig, target_context)
                if stored is None:
                    TURN.begin(self.cache_path, stamp)
                    stored = self._stored(sig, target_context)  # another process may have stored it meanwhile
                    if stored is not None:
                        TURN.end()
                return stored

            def _stored(self, sig: Any, target_context: Any) -> Any:
                try:
                    stored = super().load_overload(sig, target_context)
                    # Two processes may have given two signatures the same file.
                    return stored if stored is not None and tuple(stored.signature.args) == tuple(sig) else None
                except Exception:  # a damaged or foreign cache file costs a compilation, nothing else
                    return None

            def save_overload(self, sig: Any, data: Any) -> None:
                try:
                    with _alone(self.cache_path):
                        super().save_overload(sig, data)
                except Exception:  # so does a full or read-only disk
                    return
                finally:
                    TURN.end()

        cache = StampedCache()
        cache.enable()
        return cache
    except Exception:
        return None


class Turn:
    """The right of this process to compile a kernel, which no other process has meanwhile.

    Numba compiles one kernel at a time in a process, so that one turn is enough. A turn is a lock on a byte of a file
    in the folder of the cache. The system ends it if the process dies.
    """

    def __init__(self) -> None:
        self._files: dict[str, int] = {}  # never closed: closing one would end the locks of this process
        self._lock: tuple[int, int] | None = None

    def begin(self, folder: str, stamp: str) -> bool:
        """Wait until no other process compiles the kernel; False if it was not necessary or not possible to wait."""
        try:
            import fcntl

            if folder not in self._files:
                os.makedirs(folder, exist_ok=True)
                self._files[folder] = os.open(os.path.join(folder, "turns"), os.O_RDWR | os.O_CREAT, 0o666)
            file, byte, waited, last = self._files[folder], int(stamp[:12] or "0", 16), False, None
            while True:
                try:
                    fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, byte)
                    self._lock = file, byte
                    return waited
                except BlockingIOError:
                    last = last or time.monotonic() + _LONGEST_WAIT
                    if time.monotonic() > last:
                        return False
                    waited = True
                    time.sleep(0.02)
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


@contextlib.contextmanager
def _alone(folder: str) -> Iterator[None]:
    """Whether or not the system can lock: while this lasts, no other process adds to the index of a kernel.

    Numba reads an index, adds to it and writes it back; what another process added meanwhile would be lost.
    """
    try:
        import fcntl
    except ImportError:
        yield
        return
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "lock"), "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def cache_folder() -> str | None:
    """Folder of the kernel cache, or None where kernels cannot be cached."""
    cache = stamped_cache(cache_folder, "")
    return str(cache.cache_path) if cache is not None else None
