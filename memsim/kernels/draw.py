"""The random numbers of a group of four cells, and of a tile of 64: what all loops that draw are made of.

Group `tile * 16 + lane` of the address holds the cells lane, lane + 16, lane + 32 and lane + 48, so each of the four
words goes to its own run of 16 contiguous cells and the loop vectorises without shuffles.
"""

from __future__ import annotations

from numba import njit, uint32

from memsim.noise.normal import normal_pair, uniform
from memsim.philox import LANES, philox


@njit(forceinline=True, error_model="numpy")
def four_normals(group, c1, c2, c3, k0, k1):
    """N(0, 1) numbers of the four cells of a group."""
    w0, w1, w2, w3 = philox(group, c1, c2, c3, k0, k1)
    z0, z1 = normal_pair(w0, w1)
    z2, z3 = normal_pair(w2, w3)
    return z0, z1, z2, z3


@njit(forceinline=True, error_model="numpy")
def four_uniforms(group, c1, c2, c3, k0, k1):
    """Numbers in (0, 1] of the four cells of a group."""
    w0, w1, w2, w3 = philox(group, c1, c2, c3, k0, k1)
    return uniform(w0), uniform(w1), uniform(w2), uniform(w3)


@njit(forceinline=True, error_model="numpy")
def draw_normals(out, tile, c1, c2, c3, k0, k1):
    """Write N(0, 1) numbers to the tile `out` (64)."""
    for lane in range(LANES):
        z0, z1, z2, z3 = four_normals(uint32(tile * LANES + lane), c1, c2, c3, k0, k1)
        out[lane] = z0
        out[lane + 16] = z1
        out[lane + 32] = z2
        out[lane + 48] = z3


@njit(forceinline=True, error_model="numpy")
def draw_uniforms(out, tile, c1, c2, c3, k0, k1):
    """Write numbers in (0, 1] to the tile `out` (64)."""
    for lane in range(LANES):
        u0, u1, u2, u3 = four_uniforms(uint32(tile * LANES + lane), c1, c2, c3, k0, k1)
        out[lane] = u0
        out[lane + 16] = u1
        out[lane + 32] = u2
        out[lane + 48] = u3
