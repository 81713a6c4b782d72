"""Labelled patches of synthetic road scenes: what stands in the middle, road, building, vehicle or tree.

A patch is a window of 32 x 32 rays of a depth map (10 degrees), made grey like the scenes. Its label is the class of
the thing that its centre ray hits (row 16, column 16 of the window, from 0). At least `MIN_SHARE` of its rays return
from that class, and the centre's depth is at most `FARTHEST`. Beyond that the window shows what the street holds:
things cut off, half hidden, far away or among others of other classes.

Scene i of a seed gives one patch at most, of class i modulo 4, so no two patches show the same street. Of the rays that
can be such a centre, one of the things they hit is drawn, each equally likely however large it looks; then one of its
rays, from the middle half of their rows and from the middle half of these rays' columns. The draws have addresses
(stream SCENE, c3 the scene, c0 the quantity), so a patch depends on seed, class and number only.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from memsim.data.depth import Grey, resize
from memsim.data.scenes import RAYS, THINGS, scene_objects
from memsim.kernels.fill import fill
from memsim.philox import SceneDraw, Stream

CLASSES = ("road", "building", "vehicle", "tree")
"""What a patch can show; label 0 is the first."""
WINDOW = 32
"""Side of a patch [ray]."""
MIN_SHARE = 1 / 16
"""Least share of a window's rays that return from its class, assumed."""
FARTHEST = 30.0
"""Largest depth of the centre [m], assumed: the default cap of grey, from which on everything is equally bright."""
MAX_SHAPE = 256
"""Longest side of a patch [pixel]; more would show nothing but the interpolation."""
MAX_PATCHES = 1 << 20
"""Most patches of a seed: their scenes must have addresses."""

_CHUNK = 64  # scenes cast at once, to bound the memory


def road_patches(each: int, shape: tuple[int, int], seed: int, grey: Grey) -> np.ndarray:
    """Grey patches of random streets, uint8 (class, patch, y, x), the same bytes on every machine.

    Parameters
    ----------
    each : int
        Number of patches of every class of `CLASSES`; the first ones are the same for every number.
    shape : (y, x)
        Size to which the windows of 32 x 32 rays are resampled [pixel].
    seed : int
        The 64-bit key.
    grey : Grey
        How depth becomes grey.

    Raises
    ------
    InputError
        If the seed is not a whole number in [0, 2^64).
    """
    patches = np.empty((len(CLASSES), each, *shape), np.uint8)
    found = [0] * len(CLASSES)
    first = 0
    while min(found) < each:
        address: dict[str, Any] = {"seed": seed, "stream": Stream.SCENE, "step": SceneDraw.PATCH, "first_array": first}
        choices = fill("uniform", (_CHUNK, 1, 2), **address)[:, 0]
        for i, (depth, numbers) in enumerate(zip(*scene_objects(_CHUNK, seed, first), strict=True)):
            label = (first + i) % len(CLASSES)
            if found[label] == each:
                continue
            corner = _window(depth, numbers, THINGS[CLASSES[label]], choices[i])
            if corner is not None:
                row, column = corner
                window = grey.to_8bit(depth[row : row + WINDOW, column : column + WINDOW])
                patches[label, found[label]] = resize(window, shape)
                found[label] += 1
        first += _CHUNK
    return patches


def _window(depth: np.ndarray, numbers: np.ndarray, things: range, choices: np.ndarray) -> tuple[int, int] | None:
    """First row and column of the window whose centre the two choices, in (0, 1], pick; None where there is none."""
    of_class = (numbers >= things.start) & (numbers < things.stop)
    enough = _sums(of_class) >= MIN_SHARE * WINDOW * WINDOW
    half, (height, width) = WINDOW // 2, enough.shape
    centres = np.s_[half : half + height, half : half + width]
    rows, columns = np.nonzero(enough & of_class[centres] & (depth[centres] <= FARTHEST))
    if not len(rows):
        return None
    hit = numbers[centres][rows, columns] - things.start
    rays = np.flatnonzero(hit == _pick(np.flatnonzero(np.bincount(hit)), choices[0]))
    rays = rays[_middle_half(rows[rays])]
    rays = rays[_middle_half(columns[rays])]
    ray = _pick(rays, choices[1])
    return int(rows[ray]), int(columns[ray])


def _middle_half(values: np.ndarray) -> np.ndarray:
    """Where values lie between the first and the last quarter of them."""
    ordered, quarter = np.sort(values), len(values) // 4
    return (values >= ordered[quarter]) & (values <= ordered[-1 - quarter])


def _pick(values: np.ndarray, uniform: np.floating) -> int:
    """One of the values, each equally likely, by a number in (0, 1]."""
    return int(values[int(np.ceil(float(uniform) * len(values))) - 1])


def _sums(mask: np.ndarray) -> np.ndarray:
    """How many rays of every window are in the mask, by the window's first row and column."""
    total = np.zeros((RAYS[0] + 1, RAYS[1] + 1), np.int32)
    np.cumsum(np.cumsum(mask, axis=0, dtype=np.int32), axis=1, out=total[1:, 1:])
    down = total[WINDOW:] - total[:-WINDOW]
    return down[:, WINDOW:] - down[:, :-WINDOW]
