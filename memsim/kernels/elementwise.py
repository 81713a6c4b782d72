"""One scalar function over all cells: the loop of everything that time, programming and conduction do to them."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from memsim.kernels.compile import Kernel, compile_kernel


@functools.cache
def elementwise_kernel(function: Any, parameters: Any) -> Kernel:
    """Kernel (out, x, y, z, p): ``out = function(x, y, z, p)`` for every cell, computed in float64.

    out, x : (array, column, row); y, z : see `operand`; p : a NamedTuple of the class `parameters`.
    """

    def map_cells(first, last, out, x, y, z, p):
        for unit in range(first, last):
            array = unit // out.shape[1]
            column = unit % out.shape[1]
            own_y = y[array % y.shape[0], column % y.shape[1]]
            own_z = z[array % z.shape[0], column % z.shape[1]]
            for row in range(out.shape[2]):
                value = function(
                    np.float64(x[array, column, row]),
                    np.float64(own_y[row % own_y.size]),
                    np.float64(own_z[row % own_z.size]),
                    p,
                )
                out[array, column, row] = value

    return compile_kernel(map_cells, lambda out, *_: out.shape[0] * out.shape[1], (parameters,))


def operand(value: Any, arrays: Any = np) -> Any:
    """A contiguous array (array, column, row) of a number or such an array; each axis may be 1, for one value for all.

    `arrays` is the module of the result's arrays: NumPy, or one like it.
    """
    found = arrays.asarray(value, None if np.ndim(value) else float)
    return arrays.ascontiguousarray(found.reshape(found.shape or (1, 1, 1)))
