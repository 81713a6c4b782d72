"""The 64 random numbers of one tile, the shared inner loop of all CPU kernels that draw.

Group `tile * 16 + lane` of the address holds the cells lane, lane + 16, lane + 32 and lane + 48, so each of the four
words goes to its own run of 16 contiguous cells and the loop vectorises without shuffles.
"""

from __future__ import annotations

from numba import njit, uint32

from memsim.noise.normal import normal_pair, uniform
from memsim.philox import LANES, philox


@njit(forceinline=True, error_model="numpy")
def draw_normals(out, tile, c1, c2, c3, k0, k1):
    """Write N(0, 1) numbers to the tile `out` (64)."""
    for lane in range(LANES):
        w0, w1, w2, w3 = philox(uint32(tile * LANES + lane), c1, c2, c3, k0, k1)
        z0, z1 = normal_pair(w0, w1)
        z2, z3 = normal_pair(w2, w3)
        out[lane] = z0
        out[lane + 16] = z1
        out[lane + 32] = z2
        out[lane + 48] = z3


@njit(forceinline=True, error_model="numpy")
def draw_uniforms(out, tile, c1, c2, c3, k0, k1):
    """Write numbers in (0, 1] to the tile `out` (64)."""
    for lane in range(LANES):
        w0, w1, w2, w3 = philox(uint32(tile * LANES + lane), c1, c2, c3, k0, k1)
        out[lane] = uniform(w0)
        out[lane + 16] = uniform(w1)
        out[lane + 32] = uniform(w2)
        out[lane + 48] = uniform(w3)
