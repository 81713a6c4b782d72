"""Synthetic road scenes: ray casting against closed forms, addressed draws, and the calibrated statistics."""

from __future__ import annotations

import hashlib
import math

import numba
import numpy as np
import pytest

from memsim.data.depth import Grey, crop, depth_image
from memsim.data.scenes import CAMERA, LIDAR, PITCH, RAYS, road_scenes, scene_depth, streets
from memsim.errors import DataError, InputError
from memsim.kernels.scenes import cast

EXACT = LIDAR._replace(noise=0.0, holes=0.0)
WIDE_OPEN = EXACT._replace(top_slope=10.0, reach=1e5)
HEIGHT = 1.65
ROWS, COLUMNS = RAYS
ACROSS = (CAMERA.stride * np.arange(COLUMNS) - CAMERA.centre_x) / CAMERA.focal
DOWN = (CAMERA.stride * np.arange(ROWS) - CAMERA.centre_y) / CAMERA.focal
NOTHING = np.zeros((1, 6))


def view(boxes, slope=0.0, lidar=EXACT, **address):
    """Depth map of one set of boxes."""
    poses = np.array([[HEIGHT, slope]])
    return cast(np.array([boxes], float), poses, RAYS, CAMERA, lidar, **({"seed": 0} | address))[0]


def lidar_height_and_range(depth, lidar=LIDAR):
    """Height over the LiDAR, horizontal distance and range from it of every point of a depth map."""
    x, y, z = depth * ACROSS, depth * DOWN[:, None] + lidar.above, depth + lidar.behind
    flat = np.hypot(x, z)
    return -y, flat, np.hypot(flat, y)


@pytest.mark.parametrize("slope", [0.0, 0.03, -0.03])
def test_ground_is_seen_where_a_ray_meets_the_plane(slope):
    depth = view(NOTHING, slope, WIDE_OPEN)
    angle = math.atan(slope)
    fall = DOWN * math.cos(angle) - math.sin(angle)
    below = fall > 0
    np.testing.assert_allclose(depth[below], np.repeat(HEIGHT / fall[below, None], COLUMNS, axis=1), rtol=1e-6)
    assert not depth[~below].any()


def test_facade_beside_the_road_is_seen_at_its_distance_over_the_tangent_of_the_ray():
    depth = view([[6.0, 14.0, 0.0, 1000.0, -5.0, 110.0]], lidar=WIDE_OPEN)
    hit = ACROSS > 6.0 / 100.0
    above = DOWN < 0
    np.testing.assert_allclose(depth[above][:, hit], np.tile(6.0 / ACROSS[hit], (above.sum(), 1)), rtol=1e-6)


def test_car_ahead_is_seen_at_its_rear_between_its_edges():
    depth = view([[-0.85, 0.85, 0.0, 1.35, 12.0, 16.2]])
    rear = (np.abs(ACROSS) < 0.85 / 12) & (HEIGHT - 12 * DOWN < 1.35)[:, None] & (HEIGHT - 12 * DOWN > 0)[:, None]
    assert rear.sum() > 50
    np.testing.assert_allclose(depth[rear], 12.0, rtol=1e-6)
    beside = (np.abs(ACROSS) > 0.85 / 12) & (DOWN > HEIGHT / 12)[:, None]
    np.testing.assert_allclose(depth[beside], view(NOTHING)[beside], rtol=0)


def test_crown_in_the_air_leaves_the_view_under_it_open():
    depth = view([[-2.0, 2.0, 3.0, 5.0, 20.0, 24.0]], lidar=WIDE_OPEN)
    column = np.argmin(np.abs(ACROSS))
    height = HEIGHT - 20 * DOWN
    np.testing.assert_allclose(depth[(height > 3) & (height < 5), column], 20.0, rtol=1e-6)
    np.testing.assert_allclose(
        depth[height < 2.5, column], view(NOTHING, lidar=WIDE_OPEN)[height < 2.5, column], rtol=0
    )


def test_nearer_box_hides_the_farther_one_in_any_order():
    near, far = [-1.0, 1.0, 0.0, 2.0, 10.0, 12.0], [-3.0, 3.0, 0.0, 2.0, 20.0, 30.0]
    both, one, other = view([near, far]), view([near]), view([far])
    np.testing.assert_array_equal(both, view([far, near]))
    np.testing.assert_array_equal(both, np.where((one > 0) & (other > 0), np.minimum(one, other), one + other))


def test_every_ray_agrees_with_the_slab_method_on_all_boxes_of_random_streets():
    boxes, poses = streets(3, seed=8)
    found = cast(boxes, poses, RAYS, CAMERA, WIDE_OPEN, seed=0)
    for image, (height, slope) in enumerate(poses):
        angle = math.atan(slope)
        fall, ahead = DOWN * math.cos(angle) - math.sin(angle), DOWN * math.sin(angle) + math.cos(angle)
        ray = np.stack(np.broadcast_arrays(ACROSS, -fall[:, None], ahead[:, None]), axis=-1)
        best = np.where(fall[:, None] > 0, height / fall[:, None], np.inf) * np.ones(COLUMNS)
        for left, right, bottom, top, front, back in boxes[image]:
            if top > bottom:
                low, high = np.array([left, bottom - height, front]), np.array([right, top - height, back])
                enter = np.maximum(np.minimum(low / ray, high / ray).max(axis=-1), 0)
                leave = np.maximum(low / ray, high / ray).min(axis=-1)
                best = np.where(enter < leave, np.minimum(best, enter), best)
        np.testing.assert_allclose(found[image], np.where(np.isinf(best), 0, best), rtol=1e-6)


def test_no_return_comes_from_above_the_highest_beam():
    depth = view([[-1000.0, 1000.0, 0.0, 50.0, 30.0, 38.0]])
    middle = np.argmin(np.abs(ACROSS))
    beam = LIDAR.above + (30 + LIDAR.behind) * math.tan(math.radians(2))
    np.testing.assert_array_equal(depth[:, middle] > 0, beam >= -30 * DOWN)
    up, flat, _ = lidar_height_and_range(scene_depth(4, seed=0))
    assert (up <= flat * math.tan(math.radians(2)) + 0.01).all()


def test_no_return_comes_from_beyond_80_metres():
    for front, seen in ((79.0, True), (80.5, False)):
        depth = view([[-1000.0, 1000.0, 0.0, 50.0, front, front + 8]])
        above_ground = HEIGHT / np.where(DOWN > 0, DOWN, 1e-9) > 90
        ahead = np.abs(ACROSS) < 0.01
        assert (depth[above_ground][:, ahead].max() > 0) == seen
    *_, distance = lidar_height_and_range(scene_depth(4, seed=0))
    assert distance.max() < 80 + 6 * LIDAR.noise


def test_range_noise_has_its_standard_deviation_along_the_ray_and_holes_their_rate():
    exact, noisy = view(NOTHING), view(NOTHING, lidar=LIDAR)
    *_, distance = lidar_height_and_range(exact)
    lost = (noisy == 0) & (exact > 0)
    rays = (exact > 0).sum()
    assert abs(lost.sum() - rays * LIDAR.holes) < 4 * math.sqrt(rays * LIDAR.holes)
    kept = noisy > 0
    error = (noisy[kept] / exact[kept] - 1) * distance[kept]
    assert abs(error.mean()) < 4 * LIDAR.noise / math.sqrt(kept.sum())
    assert abs(error.std() / LIDAR.noise - 1) < 4 / math.sqrt(2 * kept.sum())


def test_streets_keep_to_their_limits():
    boxes, poses = streets(400, seed=1)
    present = boxes[..., 3] > boxes[..., 2]
    assert abs(poses[:, 0].mean() - HEIGHT) < 4 * 0.05 / 20 and abs(poses[:, 1].std() / PITCH - 1) < 4 / math.sqrt(800)
    facades, cars, lead, trunks, crowns = (slice(*ends) for ends in ((0, 40), (40, 54), (54, 55), (55, 63), (63, 71)))
    assert abs(present[:, lead].mean() - 0.4) < 4 * math.sqrt(0.24 / 400)
    assert set(present[:, cars].reshape(400, 2, 7).sum(axis=2).ravel()) == set(range(8))
    assert set(present[:, trunks].sum(axis=1)) == set(range(9))
    np.testing.assert_array_equal(present[:, trunks], present[:, crowns])
    blocks = boxes[:, facades][present[:, facades]]
    assert blocks[:, 5].max() <= 110 and blocks[:, 3].min() >= 2 and blocks[:, 3].max() <= 9
    beside = np.minimum(np.abs(boxes[..., 0]), np.abs(boxes[..., 1]))[:, :54][present[:, :54]]
    assert beside.min() > 1.5 and (boxes[:, 40:54, 4] >= 4).all()


def test_image_i_of_a_seed_depends_on_nothing_but_i_and_the_seed():
    five = scene_depth(5, seed=3)
    np.testing.assert_array_equal(five[:3], scene_depth(3, seed=3))
    np.testing.assert_array_equal(five[4:], scene_depth(1, seed=3, first=4))
    assert (five[0] != five[1]).mean() > 0.5
    assert (five != scene_depth(5, seed=4)).mean() > 0.5
    many = road_scenes(66, (8, 8), 3, Grey())
    np.testing.assert_array_equal(many[:5], road_scenes(5, (8, 8), 3, Grey()))
    np.testing.assert_array_equal(many[65], depth_image(scene_depth(1, 3, first=65)[0], (8, 8), Grey()))


def test_images_do_not_depend_on_the_thread_count():
    usual = road_scenes(4, (64, 64), 0, Grey())
    threads = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        np.testing.assert_array_equal(road_scenes(4, (64, 64), 0, Grey()), usual)
    finally:
        numba.set_num_threads(threads)


def test_scenes_are_the_same_bytes_on_every_machine():
    depth = hashlib.sha256(scene_depth(2, seed=0).astype("<f4").tobytes()).hexdigest()
    assert depth == "e06f6ab360d517422baa9f07cf17ccc6ceb738f475a38f785eabc3fd7846e851"
    images = hashlib.sha256(road_scenes(2, (64, 64), 0, Grey()).tobytes()).hexdigest()
    assert images == "e73714f61de97eeea531c69abd4e02edc804b8b34a046bd527cd2b820e23a786"


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_scenes_give_the_hebbian_ratios_their_grey_was_calibrated_to(seed):
    images = road_scenes(50, (64, 64), seed, Grey()).reshape(50, -1) / 255.0
    assert 0.16 < images.mean() < 0.205
    rng = np.random.default_rng(seed)
    ratios = np.zeros((50, 4))
    for image, x in enumerate(images):
        target, control = rng.uniform(0, 0.01, (2, x.size))
        learned = np.stack([np.minimum(target + 6 * x, bound) for bound in (np.inf, 2, 1, 0.5)], axis=1)
        noisy = np.clip(x + np.arange(1, 8)[:, None] / 10 * rng.standard_normal(x.size), 0, 1)
        ratios[image] = (noisy @ learned / (noisy @ control + 1e-9)[:, None]).mean(axis=0)
    off = ratios.mean(axis=0) / [274.17, 245.61, 169.30, 93.23] - 1
    assert (np.abs(off) < [0.05, 0.05, 0.05, 0.07]).all(), off


@pytest.mark.parametrize("shape", [(1, 1), (32, 48), (256, 256)])
def test_images_come_in_the_wanted_shape(shape):
    images = road_scenes(2, shape, 0, Grey())
    assert images.shape == (2, *shape) and images.dtype == np.uint8


def test_grey_is_the_capped_depth_over_the_scale_rounded_to_8_bit():
    grey = Grey()
    depth = np.array([[0.0, 0.1, 13.0, 29.9, 30.0, 80.0]])
    expected = np.floor(np.minimum(depth, 30) / 65 * 255 + 0.5)
    np.testing.assert_array_equal(grey.to_8bit(depth), expected)
    assert grey.to_8bit(depth).dtype == np.uint8 and grey.to_8bit(np.array([1e9])) == 118
    assert Grey(cap=65.0).to_8bit(np.array([70.0])) == 255


@pytest.mark.parametrize(("cap", "scale"), [(0, 65), (-1, 65), (70, 65), (float("nan"), 65), (30, float("inf"))])
def test_grey_outside_black_and_white_is_refused(cap, scale):
    with pytest.raises(InputError, match="0 < cap <= scale"):
        Grey(cap, scale)


def test_depth_maps_are_cropped_from_the_first_row_with_a_return():
    depth = np.zeros((6, 4), np.float32)
    depth[2, 3] = depth[4] = 5.0
    np.testing.assert_array_equal(crop(depth), depth[2:])
    np.testing.assert_array_equal(depth_image(depth, (4, 4), Grey()), Grey().to_8bit(depth[2:]))
    with pytest.raises(DataError, match="no pixel has a return"):
        crop(np.zeros((6, 4)))


def test_seed_that_is_no_64_bit_number_is_refused():
    with pytest.raises(InputError, match="seed"):
        scene_depth(1, seed=-1)
