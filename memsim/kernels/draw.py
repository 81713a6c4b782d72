"""The random numbers of a group of four cells, and of a tile of 64: what all loops that draw are made of.

The cells of a group lie `LANES` apart (see `memsim.philox`), so each of its words goes to its own run of contiguous
cells and the loop vectorises without shuffles.
"""

from __future__ import annotations

from memsim.kernels.compile import inline
from memsim.noise.normal import normal_pair, uniform
from memsim.philox import LANES, TILE, group_word, philox


@inline
def one_of_four(place, first, second, third, fourth):
    """The number at a place of a group, 0 to 3."""
    return first if place == 0 else (second if place == 1 else (third if place == 2 else fourth))


@inline
def four_normals(group, c1, c2, c3, k0, k1):
    """N(0, 1) numbers of the four cells of a group."""
    w0, w1, w2, w3 = philox(group, c1, c2, c3, k0, k1)
    z0, z1 = normal_pair(w0, w1)
    z2, z3 = normal_pair(w2, w3)
    return z0, z1, z2, z3


@inline
def four_uniforms(group, c1, c2, c3, k0, k1):
    """Numbers in (0, 1] of the four cells of a group."""
    w0, w1, w2, w3 = philox(group, c1, c2, c3, k0, k1)
    return uniform(w0), uniform(w1), uniform(w2), uniform(w3)


@inline
def draw_words(words, groups, first_tile, c1, c2, c3, k0, k1):
    """Write the words of a run of groups from `first_tile` on to `words` (4, at least `groups`)."""
    for group in range(groups):
        w0, w1, w2, w3 = philox(group_word(first_tile, group), c1, c2, c3, k0, k1)
        words[0, group] = w0
        words[1, group] = w1
        words[2, group] = w2
        words[3, group] = w3


@inline
def draw_normals(out, words, first_tile, c1, c2, c3, k0, k1):
    """Write N(0, 1) numbers to `out`, whole tiles from `first_tile` on; `words` (4, `LANES` a tile) is overwritten."""
    tiles = out.size // TILE
    draw_words(words, tiles * LANES, first_tile, c1, c2, c3, k0, k1)
    for tile in range(tiles):
        cells = out[tile * TILE : tile * TILE + TILE]
        first = tile * LANES
        for lane in range(LANES):
            z0, z1 = normal_pair(words[0, first + lane], words[1, first + lane])
            z2, z3 = normal_pair(words[2, first + lane], words[3, first + lane])
            cells[lane] = z0
            cells[lane + LANES] = z1
            cells[lane + 2 * LANES] = z2
            cells[lane + 3 * LANES] = z3


@inline
def draw_uniforms(out, words, first_tile, c1, c2, c3, k0, k1):
    """Write numbers in (0, 1] to `out`, as `draw_normals` does."""
    tiles = out.size // TILE
    draw_words(words, tiles * LANES, first_tile, c1, c2, c3, k0, k1)
    for tile in range(tiles):
        cells = out[tile * TILE : tile * TILE + TILE]
        first = tile * LANES
        for lane in range(LANES):
            cells[lane] = uniform(words[0, first + lane])
            cells[lane + LANES] = uniform(words[1, first + lane])
            cells[lane + 2 * LANES] = uniform(words[2, first + lane])
            cells[lane + 3 * LANES] = uniform(words[3, first + lane])
