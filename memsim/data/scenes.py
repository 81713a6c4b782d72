"""Synthetic road scenes as a car's LiDAR and camera see them: random streets, addressed by seed and image number.

A street is a set of boxes on flat ground: facades on both sides, parked cars, perhaps a car ahead, trees, a backdrop.
Every random number has an address (see `memsim.philox`, stream SCENE), so image i of a seed depends on nothing else.
Counter word c2 is the `SceneDraw`, c1 the quantity (`Draw`) and c0 the object; the rays' own draws are in
`memsim.kernels.scenes`.

Source of camera and LiDAR: Geiger et al., "Vision meets robotics: the KITTI dataset", Int. J. Robotics Research 32
(2013), doi:10.1177/0278364913491297; highest beam of the Velodyne HDL-64E. The streets themselves are assumed.
"""

from __future__ import annotations

from enum import IntEnum
from itertools import pairwise
from typing import Any

import numpy as np

from memsim.data.depth import Grey, depth_image
from memsim.kernels.fill import fill
from memsim.kernels.scenes import GROUND, Camera, Lidar, cast
from memsim.philox import SceneDraw, Stream

CAMERA = Camera(focal=721.5, centre_x=609.6, centre_y=172.9, stride=4.0)
"""KITTI camera 2 after rectification, 1242 x 375 pixels, with a ray through every fourth pixel."""
RAYS = (94, 310)
"""Rows and columns of rays; 4 pixels are .3 degrees, finer than the LiDAR's beams."""
LIDAR = Lidar(above=0.08, behind=0.27, top_slope=0.03492076949174773, reach=80.0, noise=0.02, holes=0.003)
"""Mounting from KITTI; highest beam +2 degrees; reach, range noise and hole rate assumed."""

CAMERA_HEIGHT = (1.65, 0.05)
"""Mean and standard deviation of the camera's height over the road [m]."""
PITCH = 0.017455064928217585
"""Standard deviation of the pitch: the tangent of 1 degree."""

FACADE_FRONT, FACADE_END = -5.0, 110.0
"""Facades line the road from here to there, ahead of the camera [m]."""
FACADE_LATERAL = (5.0, 14.0)
"""Distance of a side's facades from the road's middle [m], uniform, one for each side of an image."""
FACADE_JITTER = 0.6
"""Standard deviation of one block's own setback [m]."""
FACADE_DEPTH = 8.0
"""How far a block reaches away from the road [m]."""
BLOCK_LENGTH = (6.0, 18.0)
"""Length of a block along the road [m], uniform."""
BLOCK_HEIGHT = (2.0, 9.0)
"""Height of a block [m], uniform."""
BLOCK_GAP = 0.35
"""Probability that a block is missing."""

CAR = (1.7, 1.35, 4.2)
"""Width, height and length of a car [m]."""
CARS = 7
"""Most parked cars on one side; 0 to this, equally likely."""
CAR_LATERAL = (2.6, 5.0)
"""Distance of a parked car's middle from the road's middle [m], uniform."""
CAR_AHEAD = (4.0, 45.0)
"""Rear end of a parked car, ahead of the camera [m], uniform."""
LEAD_CAR = 0.4
"""Probability of a car on the road ahead."""
LANES = (0.0, -3.3)
"""Middle of its lane [m], equally likely: one's own, or the oncoming one to the left."""
LEAD_AHEAD = (7.0, 40.0)
"""Its near end, ahead of the camera [m], uniform."""

TREES = 8
"""Most trees of an image; 0 to this, equally likely."""
TREE_LATERAL = (4.0, 12.0)
"""Distance of a tree from the road's middle [m], uniform, on either side."""
TREE_AHEAD = (6.0, 60.0)
"""Middle of a tree, ahead of the camera [m], uniform."""
TRUNK_HEIGHT = 6.0
"""Height of a trunk, and of the middle of its crown [m]."""
TRUNK_HALF_WIDTH = (0.15, 0.35)
"""Half the width of a trunk [m], uniform."""
CROWN_RADIUS = (1.0, 2.5)
"""Half the side of the cube that stands for a crown [m], uniform."""

BACKDROP_AHEAD = (45.0, 180.0)
"""Distance of the row of houses or wood that closes the view [m], uniform; beyond the LiDAR's reach it is sky."""
BACKDROP_HEIGHT = (4.0, 12.0)
"""Its height [m], uniform."""
BACKDROP_HALF_WIDTH = 1000.0
"""Half its width [m]: wider than the view."""

_CHUNK = 64  # images rendered at once, to bound the memory (100 kB a depth map)
_BLOCKS = 20  # enough of the shortest blocks to fill a side: 20 * 6 m > 115 m
_SIDES = np.array([-1.0, 1.0])

_ENDS = np.cumsum([0, 2 * _BLOCKS, 2 * CARS + 1, 2 * TREES, 1]).tolist()  # of the parts of a street, as in `streets`
THINGS = {"road": range(GROUND, 0)} | {
    name: range(*ends) for name, ends in zip(("building", "vehicle", "tree", "backdrop"), pairwise(_ENDS), strict=True)
}
"""Numbers by which `scene_objects` tells what a ray hits; the backdrop is houses or wood."""


class Draw(IntEnum):
    """Counter word c1 of a street's draws; c0 counts the objects, those on the left first."""

    STREET = 0  # uniform: the rows of `Once`; normal: 0 camera height, 1 pitch
    BLOCK_LENGTH = 1
    BLOCK_HEIGHT = 2
    BLOCK_GAP = 3
    CAR_LATERAL = 4
    CAR_AHEAD = 5
    TREE_LATERAL = 6
    TREE_AHEAD = 7
    TRUNK = 8
    CROWN = 9
    BLOCK_JITTER = 10  # normal


class Once(IntEnum):
    """Counter word c0 (as an index) of what is drawn once for an image or once for each side of it."""

    FACADE_LEFT = 0
    FACADE_RIGHT = 1
    CARS_LEFT = 2
    CARS_RIGHT = 3
    LEAD = 4
    LANE = 5
    LEAD_AHEAD = 6
    TREES = 7
    BACKDROP_AHEAD = 8
    BACKDROP_HEIGHT = 9


def _between(limits: tuple[float, float], uniform: np.ndarray) -> np.ndarray:
    return limits[0] + (limits[1] - limits[0]) * uniform


def _boxes(x: tuple, y: tuple, z: tuple, present: np.ndarray | bool = True) -> np.ndarray:
    """Boxes (image, box, 6) between x[0] and x[1], y[0] and y[1], z[0] and z[1] [m]; flat where not present."""
    top = np.where(present, y[1], y[0])
    return np.stack(np.broadcast_arrays(*x, y[0], top, *z), axis=-1)


def streets(samples: int, seed: int, first: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Boxes (image, box, 6) [m] and camera poses (image, 2) of random streets, as the ray caster takes them.

    Parameters
    ----------
    samples : int
        Number of streets.
    seed : int
        The 64-bit key.
    first : int
        Number of the first street.
    """
    shape = (samples, len(Draw), 2 * _BLOCKS)
    address: dict[str, Any] = {"seed": seed, "stream": Stream.SCENE, "first_array": first}
    u = fill("uniform", shape, step=SceneDraw.STREET_UNIFORM, **address).astype(float)
    z = fill("normal", shape, step=SceneDraw.STREET_NORMAL, **address).astype(float)
    once = u[:, Draw.STREET]
    poses = np.stack([CAMERA_HEIGHT[0] + CAMERA_HEIGHT[1] * z[:, 0, 0], PITCH * z[:, 0, 1]], axis=1)
    parts = (_facades(u, z[:, Draw.BLOCK_JITTER]), _parked_cars(u), _lead_car(once), _trees(u), _backdrop(once))
    return np.concatenate(parts, axis=1), poses


def _facades(u: np.ndarray, jitter: np.ndarray) -> np.ndarray:
    by_side = (len(u), 2, _BLOCKS)
    length = _between(BLOCK_LENGTH, u[:, Draw.BLOCK_LENGTH]).reshape(by_side)
    end = FACADE_FRONT + np.cumsum(length, axis=2)
    start = (end - length).reshape(len(u), -1)
    end = np.minimum(end, FACADE_END).reshape(len(u), -1)
    wall = _between(FACADE_LATERAL, u[:, Draw.STREET, Once.FACADE_LEFT : Once.FACADE_RIGHT + 1])
    middle = np.repeat(wall, _BLOCKS, axis=1) + FACADE_JITTER * jitter + FACADE_DEPTH / 2
    middle = middle * np.repeat(_SIDES, _BLOCKS)
    height = _between(BLOCK_HEIGHT, u[:, Draw.BLOCK_HEIGHT])
    present = (u[:, Draw.BLOCK_GAP] > BLOCK_GAP) & (start < FACADE_END)
    return _boxes((middle - FACADE_DEPTH / 2, middle + FACADE_DEPTH / 2), (0.0, height), (start, end), present)


def _cars(middle: np.ndarray, ahead: np.ndarray, present: np.ndarray) -> np.ndarray:
    width, height, length = CAR
    return _boxes((middle - width / 2, middle + width / 2), (0.0, height), (ahead, ahead + length), present)


def _parked_cars(u: np.ndarray) -> np.ndarray:
    cars = 2 * CARS
    middle = _between(CAR_LATERAL, u[:, Draw.CAR_LATERAL, :cars]) * np.repeat(_SIDES, CARS)
    ahead = _between(CAR_AHEAD, u[:, Draw.CAR_AHEAD, :cars])
    drawn = u[:, Draw.STREET, Once.CARS_LEFT : Once.CARS_RIGHT + 1]
    return _cars(middle, ahead, _at_most(CARS, drawn).reshape(len(u), cars))


def _at_most(most: int, uniform: np.ndarray) -> np.ndarray:
    """Which of `most` objects are there (an extra last axis), if each number from 0 to `most` is equally likely."""
    return np.arange(1, most + 1) < (most + 1) * uniform[..., None]


def _lead_car(once: np.ndarray) -> np.ndarray:
    lane = np.where(once[:, Once.LANE] <= 0.5, LANES[0], LANES[1])
    ahead = _between(LEAD_AHEAD, once[:, Once.LEAD_AHEAD])
    return _cars(lane[:, None], ahead[:, None], once[:, Once.LEAD, None] <= LEAD_CAR)


def _trees(u: np.ndarray) -> np.ndarray:
    # One uniform number gives the side (its sign about 1/2) and the distance.
    signed = 2.0 * u[:, Draw.TREE_LATERAL, :TREES] - 1.0
    x = np.where(signed < 0, -1.0, 1.0) * _between(TREE_LATERAL, np.abs(signed))
    z = _between(TREE_AHEAD, u[:, Draw.TREE_AHEAD, :TREES])
    present = _at_most(TREES, u[:, Draw.STREET, Once.TREES])
    w = _between(TRUNK_HALF_WIDTH, u[:, Draw.TRUNK, :TREES])
    r = _between(CROWN_RADIUS, u[:, Draw.CROWN, :TREES])
    trunks = _boxes((x - w, x + w), (0.0, TRUNK_HEIGHT), (z - w, z + w), present)
    crowns = _boxes((x - r, x + r), (TRUNK_HEIGHT - r, TRUNK_HEIGHT + r), (z - r, z + r), present)
    return np.concatenate([trunks, crowns], axis=1)


def _backdrop(once: np.ndarray) -> np.ndarray:
    ahead = _between(BACKDROP_AHEAD, once[:, Once.BACKDROP_AHEAD, None])
    height = _between(BACKDROP_HEIGHT, once[:, Once.BACKDROP_HEIGHT, None])
    return _boxes((-BACKDROP_HALF_WIDTH, BACKDROP_HALF_WIDTH), (0.0, height), (ahead, ahead + 8.0))


def scene_depth(samples: int, seed: int, first: int = 0) -> np.ndarray:
    """Depth maps of random streets [m], float32 (image, row, column) of 94 x 310 rays; 0 where nothing returns.

    Parameters
    ----------
    samples : int
        Number of images.
    seed : int
        The 64-bit key.
    first : int
        Number of the first image; image i of a seed is the same in every call.

    Raises
    ------
    InputError
        If the seed is not a whole number in [0, 2^64).
    """
    boxes, poses = streets(samples, seed, first)
    return cast(boxes, poses, RAYS, CAMERA, LIDAR, seed=seed, first_image=first)


def scene_objects(samples: int, seed: int, first: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Depth maps as by `scene_depth`, and the number of what every ray hits (`THINGS`), int16 of the same shape.

    Every box of a street has a number of its own; where nothing returns, it is `memsim.kernels.scenes.NOTHING`.
    """
    boxes, poses = streets(samples, seed, first)
    numbers = np.empty((samples, *RAYS), np.int16)
    return cast(boxes, poses, RAYS, CAMERA, LIDAR, seed=seed, first_image=first, hits=numbers), numbers


def road_scenes(samples: int, shape: tuple[int, int], seed: int, grey: Grey) -> np.ndarray:
    """Grey depth images of random streets, uint8 (image, y, x), the same bytes on every machine.

    Parameters
    ----------
    samples : int
        Number of images; the first ones are the same for every number.
    shape : (y, x)
        Size to which the cropped depth maps (about 60 x 310) are resampled.
    seed : int
        The 64-bit key.
    grey : Grey
        How depth becomes grey.

    Raises
    ------
    InputError
        If the seed is not a whole number in [0, 2^64).
    """
    images = np.empty((samples, *shape), np.uint8)
    for first in range(0, samples, _CHUNK):
        for i, depth in enumerate(scene_depth(min(_CHUNK, samples - first), seed, first)):
            images[first + i] = depth_image(depth, shape, grey)
    return images
