"""Products of a vector with the weights of a layer, forwards and backwards, summed in a fixed order."""

from __future__ import annotations

import numpy as np
from numpy import float32

from memsim.kernels.compile import callee
from memsim.philox import LANES


@callee
def forward_product(layer, array, x, parts, out):
    """Write the outputs of a layer for inputs `x` (padded row,) to `out` (line,).

    Parts of `LANES` inputs that are all 0 are skipped; `parts` (padded row / `LANES`,) of int64 is overwritten. Sums of
    every `LANES`-th product run side by side, and are added in order.
    """
    state, zero = layer.weights.state, float32(layer.zero)
    count = 0
    for part in range(x.size // LANES):
        start = part * LANES
        silent = True
        for lane in range(LANES):
            silent = silent and x[start + lane] == float32(0.0)
        if not silent:
            parts[count] = start
            count += 1
    sums = np.zeros(LANES, np.float32)
    for line in range(out.size):
        cells = state[array, line]
        sums[:] = float32(0.0)
        for place in range(count):
            start = parts[place]
            for lane in range(LANES):
                sums[lane] += (cells[start + lane] - zero) * x[start + lane]
        total = float32(0.0)
        for lane in range(LANES):
            total += sums[lane]
        out[line] = float32(layer.scale) * total


@callee
def backward_product(layer, array, d, parts, out):
    """Write the products of errors `d` (line,) with the transposed weights to `out` (padded row,)."""
    state, zero = layer.weights.state, float32(layer.zero)
    out[:] = float32(0.0)
    for line in range(d.size):
        if d[line] == float32(0.0):
            continue
        cells, factor = state[array, line], float32(layer.scale) * d[line]
        for row in range(out.size):
            out[row] += (cells[row] - zero) * factor
