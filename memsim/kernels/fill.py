"""Arrays of addressed uniform or normal numbers: the bulk form of all draws outside an update or a read."""

from __future__ import annotations

import functools

import numpy as np
from numpy import uint32

from memsim.kernels.compile import Kernel, compile_kernel
from memsim.kernels.draw import draw_normals, draw_uniforms
from memsim.philox import LANES, TILE, WORDS, Stream, array_word, counter_word, key, padded

_RUN = 16  # tiles drawn at once


@functools.cache
def fill_kernel() -> Kernel:
    """Kernel (out, normal, first_array, first_column, step, stream, k0, k1): numbers, N(0, 1) or in (0, 1].

    out : (array, column, row), float32, rows padded to whole tiles.
    """

    def fill_columns(first, last, out, normal, first_array, first_column, step, stream, k0, k1):
        words = np.empty((WORDS, _RUN * LANES), np.uint32)
        for unit in range(first, last):
            array = unit // out.shape[1]
            column = unit % out.shape[1]
            c1 = counter_word(first_column, column)
            c2 = uint32(step)
            c3 = array_word(first_array + array, stream)
            for start in range(0, out.shape[2], _RUN * TILE):
                cells = out[array, column, start : start + _RUN * TILE]
                if normal:
                    draw_normals(cells, words, start // TILE, c1, c2, c3, k0, k1)
                else:
                    draw_uniforms(cells, words, start // TILE, c1, c2, c3, k0, k1)

    return compile_kernel(fill_columns, lambda out, *_: out.shape[0] * out.shape[1])


def fill(
    kind: str,
    shape: tuple[int, int, int],
    *,
    seed: int,
    stream: Stream,
    step: int = 0,
    first_array: int = 0,
    first_column: int = 0,
) -> np.ndarray:
    """Addressed random numbers, dimensionless, float32.

    Parameters
    ----------
    kind : {"uniform", "normal"}
        In (0, 1], or N(0, 1).
    shape : (array, column, row)
        Entry (a, c, r) has the address array ``first_array + a``, column ``first_column + c``, row r; the number at an
        address does not depend on the shape.
    seed : int
        The 64-bit key.
    stream : Stream
        The named stream.
    step : int
        Counter word c2.
    """
    arrays, columns, rows = shape
    out = np.empty((arrays, columns, padded(rows)), np.float32)
    fill_kernel()(out, kind == "normal", first_array, int(first_column), int(step), int(stream), *key(seed))
    return out[:, :, :rows]
