"""Turns a loop over units of work into a cached machine-code kernel that spreads the units over the threads of the CPU.

Threads are Python's own, running machine code without the interpreter lock, instead of Numba's parallel loops: those
compile twice as long, abort when two Python threads launch at once (workqueue) or stall beside BLAS (OpenMP).
"""

from __future__ import annotations

import functools
import importlib
import os
import types
import weakref
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from memsim.kernels.cache import stamped_cache
from memsim.kernels.fingerprint import fingerprint
from memsim.scalars import Scalar

# More chunks than threads even out units of unequal work.
_CHUNKS_A_THREAD = 4
_STAMP = 16
"""Digits of a fingerprint that make the name of a function its own."""
_SYMBOLS = "names by content"
"""What a kernel calls its functions; files of other versions are not loaded."""


def spare_linear_algebra() -> None:
    """Let Numba's library of functions start without SciPy's linear algebra, a tenth of the imports of a run.

    It only asks whether there is one, to choose how inner products are summed, and no kernel has any. For processes
    that are memsim's own: in others, a user's compiled functions would take the plain sums too.
    """
    try:
        from numba.np import linalg

        found = linalg.ensure_blas
    except (ImportError, AttributeError):
        return

    def absent() -> None:
        raise ImportError

    linalg.ensure_blas = absent
    try:
        importlib.import_module("numba.np.arraymath")
    finally:
        linalg.ensure_blas = found


def threads() -> int:
    """Number of threads that kernels use; the environment variable NUMBA_NUM_THREADS sets it."""
    import numba

    return int(numba.config.NUMBA_NUM_THREADS)  # type: ignore[attr-defined]


@functools.cache
def _pool(process: int) -> ThreadPoolExecutor:
    """The threads of this process; a forked child starts its own."""
    return ThreadPoolExecutor(threads(), "memsim-kernel")


class Kernel:
    """Compiled work on many units; calling it runs them all and returns when the last is done."""

    def __init__(self, dispatcher: Any, units: Callable[..., int]) -> None:
        self._dispatcher = dispatcher
        self._units = units

    def __call__(self, *args: Any) -> None:
        count = self._units(*args)
        chunks = min(count, _CHUNKS_A_THREAD * threads()) if threads() > 1 else 1
        if chunks <= 1:
            self._dispatcher(0, count, *args)
            return
        turns = iter(range(chunks))

        def some() -> None:
            for turn in turns:  # shared: each thread takes the next chunk when it is done with one
                self._dispatcher(count * turn // chunks, count * (turn + 1) // chunks, *args)

        helpers = [_pool(os.getpid()).submit(some) for _ in range(min(threads(), chunks) - 1)]
        try:
            some()
        finally:
            for _ in turns:  # after an error or an interrupt, nothing new is begun
                pass
            for helper in helpers:
                helper.result()

    @property
    def cache_hits(self) -> int:
        """How many signatures came from the file cache (0 where there is none)."""
        return sum(self._dispatcher.stats.cache_hits.values())

    @property
    def cache_misses(self) -> int:
        """How many signatures were compiled."""
        return sum(self._dispatcher.stats.cache_misses.values())


class Loads(NamedTuple):
    """Kernels of this process by where their machine code came from, each signature counted."""

    compiled: int
    loaded: int

    def since(self, before: Loads) -> Loads:
        """Those that were added."""
        return Loads(self.compiled - before.compiled, self.loaded - before.loaded)


_KERNELS: weakref.WeakSet[Kernel] = weakref.WeakSet()  # only counted, never called from here


def loads() -> Loads:
    """Kernels that this process has compiled, and loaded from the file cache, so far."""
    kernels = list(_KERNELS)
    return Loads(sum(k.cache_misses for k in kernels), sum(k.cache_hits for k in kernels))


def named_by_content(function: Callable, stamp: str) -> Callable:
    """The same function with a fingerprint in its name, from which Numba makes that of its machine code.

    Numba tells functions of one name apart by a number that counts in each process. So kernels that two processes have
    compiled, and a third loads, may hold different code under one name, and the linker would take one for both.
    """
    named = types.FunctionType(
        function.__code__, function.__globals__, function.__name__, function.__defaults__, function.__closure__
    )
    named.__module__, named.__kwdefaults__ = function.__module__, function.__kwdefaults__
    named.__qualname__ = f"{function.__qualname__}_{stamp[:_STAMP]}"
    return named


class Callee(Scalar):
    """A function that kernels alone call.

    Numba would compile entries from C and from Python, each with a copy of the function: half of a kernel's time.
    """

    @functools.cached_property
    def compiled(self) -> Any:
        import numba

        options = {**self.targetoptions, "no_cpython_wrapper": not _interpreted()}
        return numba.njit(**options)(named_by_content(self.py_func, fingerprint(self)))

    def __call__(self, *arguments: Any) -> Any:
        if not _interpreted():
            raise TypeError(f"{self.py_func.__name__}() has no entry from Python: kernels alone call it")
        return self.compiled(*arguments)


def _interpreted() -> bool:
    """Whether loops run in Python and call such functions there: in the simulator of CUDA, or without compilation."""
    from numba import config

    return bool(config.ENABLE_CUDASIM or config.DISABLE_JIT)  # type: ignore[attr-defined]


def callee(function: Callable, **options: Any) -> Any:
    """The function compiled to be called from kernels alone."""
    return Callee(function, {"error_model": "numpy", "no_cfunc_wrapper": True, **options})


def inline(function: Callable) -> Any:
    """The same as `callee`, inlined into what calls it."""
    return callee(function, forceinline=True)


def compile_kernel(work: Callable, units: Callable[..., int], parts: Iterable[Any] = ()) -> Kernel:
    """Compile ``work(first, last, *args)``, which does the units first to last - 1, and run it on the CPU's threads.

    No fast-math flag is set: every operation rounds as IEEE 754 says, so results are the same bits on every CPU.

    Parameters
    ----------
    work : function
        Plain Python. Units must not share what they write. What it closes over and calls is fingerprinted with it.
    units : callable
        Number of units from the kernel's arguments, evaluated in Python.
    parts : iterable
        Further things that decide the machine code, such as the NamedTuple classes of its arguments.
    """
    import numba

    options: dict[str, Any] = {"nogil": True, "no_cfunc_wrapper": True}
    stamp = fingerprint(work, tuple(parts), _SYMBOLS)
    dispatcher = numba.njit(error_model="numpy", **options)(named_by_content(work, stamp))
    cache = stamped_cache(work, stamp)
    if cache is not None:
        dispatcher._cache = cache
    kernel = Kernel(dispatcher, units)
    _KERNELS.add(kernel)
    return kernel
