"""Turns a loop body into a CUDA kernel: one thread a unit of work, compiled for the card at hand at its first launch.

CUDA contracts products and sums to fused operations, so results agree with the CPU's to rounding, not bitwise; random
words and their addresses are the same. Under Numba's simulator (NUMBA_ENABLE_CUDASIM=1) kernels run in Python.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

import numba

from memsim.kernels.compile import inline
from memsim.philox import LANES

THREADS = 128
"""Threads of a block; a multiple of the lanes of a tile."""


@inline
def place(thread, lines, tiles):
    """Array, line (a column or a sample), tile and lane of the thread of a word group; lanes are adjacent."""
    lane = thread % LANES
    tile = thread // LANES % tiles
    line = thread // (LANES * tiles) % lines
    return thread // (LANES * tiles * lines), line, tile, lane


class CudaKernel:
    """Work on many units; calling it starts a thread for each, and returns before they are done.

    Attributes
    ----------
    loop : function
        Plain Python, for ``cuda.jit``: what one thread does. It starts with ``cuda.grid(1)``, the number of its unit,
        and returns at once from units beyond the last.
    """

    def __init__(self, loop: Callable, units: Callable[..., int]) -> None:
        self.loop = loop
        self._units = units

    def __call__(self, *args: Any) -> None:
        blocks = -(-self._units(*args) // THREADS)
        if blocks > 0:
            with warnings.catch_warnings():  # Numba warns of a grid that does not fill a card, which is no mistake here
                warnings.filterwarnings("ignore", "Grid size")
                launch = self._compiled[blocks, THREADS]
            launch(*args)

    @functools.cached_property
    def _compiled(self) -> Any:
        from numba import cuda

        return cuda.jit(self.loop)


def callee(function: Any) -> Any:
    """A function that takes arrays, as kernels may call it: the simulator refuses compiled ones."""
    plain = getattr(function, "py_func", function)
    return plain if numba.config.ENABLE_CUDASIM else inline(plain)  # type: ignore[attr-defined]
