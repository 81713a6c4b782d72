"""Depth maps of boxes on a flat road, seen by a pinhole camera through a LiDAR mounted beside it.

Only +, -, *, / and the square root touch a depth, never fused, so a map is the same bits on every machine.
"""

from __future__ import annotations

import functools
import math
from typing import NamedTuple

import numpy as np

from memsim.kernels.compile import Kernel, compile_kernel
from memsim.kernels.fill import fill
from memsim.philox import SceneDraw, Stream

_NEAR = 0.1  # depth in front of which nothing is seen [m]
_SKY = 1e6  # depth of a ray that meets nothing [m], far outside any reach

GROUND = -1
NOTHING = -2
"""What a ray hits if it is no box: the road, or nothing that returns."""


class Camera(NamedTuple):
    """Pinhole camera that looks along the road; all in pixels of the full picture."""

    focal: float
    """Focal length [pixel]."""
    centre_x: float
    """Column of the optical axis [pixel]."""
    centre_y: float
    """Row of the optical axis [pixel]."""
    stride: float
    """Distance between neighbouring rays, from pixel (0, 0) on [pixel]."""


class Lidar(NamedTuple):
    """Rotating LiDAR on the same rigid mount as the camera."""

    above: float
    """Height over the camera [m]."""
    behind: float
    """Distance behind the camera [m]."""
    top_slope: float
    """Tangent of the highest beam's elevation over the optical axis."""
    reach: float
    """Longest range that gives a return [m]."""
    noise: float
    """Standard deviation of a measured range [m]."""
    holes: float
    """Probability that a return is lost."""


@functools.cache
def _cast_kernel() -> Kernel:
    def cast_images(first, last, depth, hits, boxes, poses, camera, lidar, noise, luck):
        rows, columns = depth.shape[1], depth.shape[2]
        across = np.empty(columns)
        inverse = np.empty(columns)
        for j in range(columns):
            across[j] = (camera.stride * j - camera.centre_x) / camera.focal
            inverse[j] = 1.0 / across[j] if across[j] != 0.0 else 0.0
        nearest = np.empty(columns)
        # Without hits, the type of None removes every line about them from the machine code.
        met = np.empty(columns if hits is not None else 0, np.int16)
        for image in range(first, last):
            height, slope = poses[image, 0], poses[image, 1]
            cosine = 1.0 / math.sqrt(1.0 + slope * slope)
            sine = slope * cosine
            for i in range(rows):
                # A depth d on ray (i, j) lies d (across[j], down, 1) from the camera in its own axes, which are
                # d (across[j], fall, ahead) in those of the road.
                down = (camera.stride * i - camera.centre_y) / camera.focal
                fall = down * cosine - sine
                ahead = down * sine + cosine
                ground = height / fall if fall > 0.0 else _SKY
                for j in range(columns):
                    nearest[j] = ground
                if hits is not None:
                    met[:] = GROUND
                for number in range(boxes.shape[1]):
                    box = boxes[image, number]
                    # Within one row, the planes of a box across the road and over it cut all rays at the same depths.
                    enter = (height - box[3]) / fall
                    leave = (height - box[2]) / fall
                    if fall < 0.0:
                        enter, leave = leave, enter
                    enter = max(enter, box[4] / ahead, _NEAR)
                    leave = min(leave, box[5] / ahead)
                    if not enter < leave:
                        continue
                    left, right = box[0], box[1]
                    low = left / (enter if left < 0.0 else leave)
                    high = right / (enter if right > 0.0 else leave)
                    begin = math.ceil(max((low * camera.focal + camera.centre_x) / camera.stride, 0.0))
                    end = math.floor(min((high * camera.focal + camera.centre_x) / camera.stride, columns - 1.0))
                    side = left if left > 0.0 else min(right, 0.0)
                    if hits is not None:
                        for j in range(int(begin), int(end) + 1):
                            if max(enter, side * inverse[j]) < nearest[j]:
                                met[j] = number
                    for j in range(int(begin), int(end) + 1):
                        nearest[j] = min(nearest[j], max(enter, side * inverse[j]))
                for j in range(columns):
                    d = nearest[j]
                    x, y, z = d * across[j], d * down + lidar.above, d + lidar.behind
                    flat = x * x + z * z
                    reach = math.sqrt(flat + y * y)
                    seen = -y <= lidar.top_slope * math.sqrt(flat) and reach <= lidar.reach
                    measured = d * (1.0 + lidar.noise * noise[image, i, j] / reach)
                    depth[image, i, j] = measured if seen and luck[image, i, j] > lidar.holes else 0.0
                    if hits is not None:
                        hits[image, i, j] = met[j] if depth[image, i, j] > 0.0 else NOTHING

    return compile_kernel(cast_images, lambda depth, *_: len(depth), (Camera, Lidar))


def cast(
    boxes: np.ndarray,
    poses: np.ndarray,
    shape: tuple[int, int],
    camera: Camera,
    lidar: Lidar,
    *,
    seed: int,
    first_image: int = 0,
    hits: np.ndarray | None = None,
) -> np.ndarray:
    """Depth along the optical axis of what every ray meets [m], float32 (image, row, column); 0 where nothing returns.

    A point returns if the camera sees it, and if it lies below the highest beam and within reach of the LiDAR; that the
    LiDAR might not see it past an edge is neglected, as is everything between its beams.

    Parameters
    ----------
    boxes : (image, box, 6) float64
        Left, right, bottom, top, front, back of each box [m]: to the right of the camera, over the road, ahead of the
        camera. A box whose top is its bottom is absent. No box may contain the camera.
    poses : (image, 2) float64
        Height of the camera over the road [m]; tangent of the pitch of camera and LiDAR, nose up.
    shape : (rows, columns)
        Rays of a picture.
    seed, first_image : int
        Address of the range noise and the holes.
    hits : (image, row, column) int16, optional
        Where to write the number of the box that every ray hits; `GROUND`, or `NOTHING` where nothing returns.
    """
    rays = (len(boxes), *shape)
    noise = fill("normal", rays, seed=seed, stream=Stream.SCENE, step=SceneDraw.RAY_RANGE, first_array=first_image)
    luck = fill("uniform", rays, seed=seed, stream=Stream.SCENE, step=SceneDraw.RAY_HOLE, first_array=first_image)
    depth = np.empty(rays, np.float32)
    _cast_kernel()(depth, hits, boxes, poses, camera, lidar, noise, luck)
    return depth
