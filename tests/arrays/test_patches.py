"""Labelled patches of road scenes: what each ray hits, what a label promises, and how hard the task is."""

from __future__ import annotations

import hashlib
import math

import numpy as np
import pytest

from memsim.data.depth import Grey, resize
from memsim.data.labelled import load_labelled
from memsim.data.patches import CLASSES, FARTHEST, MIN_SHARE, WINDOW, road_patches
from memsim.data.scenes import CAMERA, CAR, LIDAR, RAYS, THINGS, TRUNK_HEIGHT, scene_depth, scene_objects, streets
from memsim.errors import InputError
from memsim.kernels.scenes import GROUND, NOTHING, cast

ACROSS = (CAMERA.stride * np.arange(RAYS[1]) - CAMERA.centre_x) / CAMERA.focal
DOWN = (CAMERA.stride * np.arange(RAYS[0]) - CAMERA.centre_y) / CAMERA.focal


def test_knowing_what_is_hit_changes_no_depth():
    depth, numbers = scene_objects(5, seed=3)
    np.testing.assert_array_equal(depth, scene_depth(5, seed=3))
    assert numbers.dtype == np.int16 and numbers.shape == depth.shape
    np.testing.assert_array_equal(numbers == NOTHING, depth == 0)


@pytest.mark.slow
def test_every_ray_hits_the_box_that_the_slab_method_finds_nearest():
    exact = LIDAR._replace(noise=0.0, holes=0.0, top_slope=10.0, reach=1e5)
    boxes, poses = streets(2, seed=8)
    numbers = np.empty((2, *RAYS), np.int16)
    depth = cast(boxes, poses, RAYS, CAMERA, exact, seed=0, hits=numbers)
    for image, (height, slope) in enumerate(poses):
        angle = math.atan(slope)
        fall, ahead = DOWN * math.cos(angle) - math.sin(angle), DOWN * math.sin(angle) + math.cos(angle)
        ray = np.stack(np.broadcast_arrays(ACROSS, -fall[:, None], ahead[:, None]), axis=-1)
        when = [np.where(fall[:, None] > 0, height / fall[:, None], np.inf) * np.ones(RAYS[1])]
        for left, right, bottom, top, front, back in boxes[image]:
            low, high = np.array([left, bottom - height, front]), np.array([right, top - height, back])
            enter = np.maximum(np.minimum(low / ray, high / ray).max(axis=-1), 0)
            leave = np.maximum(low / ray, high / ray).min(axis=-1)
            when.append(np.where((enter < leave) & (top > bottom), enter, np.inf))
        ordered = np.sort(when, axis=0)
        clear = (ordered[1] > ordered[0] * (1 + 1e-6)) & (depth[image] > 0)  # two boxes may touch
        assert clear.mean() > 0.6
        np.testing.assert_array_equal(numbers[image][clear], np.argmin(when, axis=0)[clear] + GROUND)


def test_things_are_numbered_as_the_boxes_of_a_street():
    boxes, _ = streets(50, seed=1)
    assert [*THINGS["road"], *THINGS["building"], *THINGS["vehicle"], *THINGS["tree"], *THINGS["backdrop"]] == [
        *range(GROUND, boxes.shape[1])
    ]
    size = boxes[..., 1::2] - boxes[..., 0::2]
    present = size[..., 1] > 0
    vehicle, tree = (
        (np.arange(boxes.shape[1]) >= t.start) & (np.arange(boxes.shape[1]) < t.stop) & present
        for t in (THINGS["vehicle"], THINGS["tree"])
    )
    np.testing.assert_allclose(size[vehicle], np.tile(CAR, (vehicle.sum(), 1)), rtol=1e-6)
    np.testing.assert_allclose(size[tree][:, 0], size[tree][:, 2], rtol=1e-6)
    assert set(np.round(boxes[tree][:, 2:4].mean(axis=1) / TRUNK_HEIGHT, 6)) == {0.5, 1.0}


def test_a_patch_has_the_class_of_its_centre_ray_and_enough_of_it():
    patches = road_patches(6, (WINDOW, WINDOW), 5, Grey())
    found = [0] * len(CLASSES)
    for scene in range(80):
        label = scene % len(CLASSES)
        if found[label] == 6:
            continue
        (depth,), (numbers,) = scene_objects(1, seed=5, first=scene)
        windows = np.lib.stride_tricks.sliding_window_view(Grey().to_8bit(depth), (WINDOW, WINDOW))
        # Only windows that agree in one row can agree in all.
        rows, columns = np.nonzero((windows[:, :, 9] == patches[label, found[label], 9]).all(axis=-1))
        for row, column in zip(rows, columns, strict=True):
            if not (windows[row, column] == patches[label, found[label]]).all():
                continue
            of_class = np.isin(numbers[row : row + WINDOW, column : column + WINDOW], THINGS[CLASSES[label]])
            if of_class[WINDOW // 2, WINDOW // 2] and of_class.mean() >= MIN_SHARE:
                assert depth[row + WINDOW // 2, column + WINDOW // 2] <= FARTHEST
                found[label] += 1
                break
    assert found == [6] * len(CLASSES)  # each from a later scene than the one before, so no two from one


def test_patches_are_the_same_bytes_on_every_machine_and_the_first_ones_for_every_number():
    patches = road_patches(20, (32, 32), 0, Grey())
    assert patches.shape == (4, 20, 32, 32) and patches.dtype == np.uint8
    assert (
        hashlib.sha256(patches.tobytes()).hexdigest()
        == "b67be492b3cd427ebfd2ec913706a321f5fa4a64513c5e9af44a90b874f6749c"
    )
    np.testing.assert_array_equal(road_patches(3, (32, 32), 0, Grey()), patches[:, :3])
    assert (road_patches(3, (32, 32), 1, Grey()) != patches[:, :3]).mean() > 0.5


@pytest.mark.parametrize("shape", [(1, 1), (20, 48), (256, 256)])
def test_other_shapes_are_the_same_windows_resized(shape):
    native = road_patches(2, (WINDOW, WINDOW), 0, Grey()).reshape(-1, WINDOW, WINDOW)
    resized = road_patches(2, shape, 0, Grey()).reshape(-1, *shape)
    for one, other in zip(native, resized, strict=True):
        np.testing.assert_array_equal(resize(one, shape), other)


def test_grey_changes_how_patches_look_but_not_what_they_show():
    usual, far = (road_patches(3, (32, 32), 0, grey) for grey in (Grey(), Grey(cap=65.0)))
    near = usual < 118  # the default cap
    np.testing.assert_array_equal(usual[near], far[near])
    assert far.max() > 118


def test_classes_are_balanced_in_every_split():
    found = load_labelled("road-patches", samples=103)
    assert found.classes == CLASSES and found.train.pixels.shape[1:] == (32, 32)
    whole = np.concatenate([found.train.labels, found.validation.labels, found.test.labels])
    np.testing.assert_array_equal(np.bincount(whole), [26, 26, 26, 25])
    for split in (found.train, found.validation, found.test):
        assert np.ptp(np.bincount(split.labels, minlength=4)) <= 1


def test_fewer_patches_are_the_first_ones_of_every_split():
    many, few = (load_labelled("road-patches", samples=samples, seed=2) for samples in (120, 50))
    for name in ("train", "validation", "test"):
        one, other = getattr(few, name), getattr(many, name)
        np.testing.assert_array_equal(one.pixels, other.pixels[: len(one)])
        np.testing.assert_array_equal(one.labels, other.labels[: len(one)])


@pytest.mark.slow
def test_simple_classifiers_are_well_above_chance_and_far_from_perfect():
    data = load_labelled("road-patches", samples=800)
    x, test = (np.c_[s.pixels.reshape(len(s), -1), np.ones(len(s))].astype(float) for s in (data.train, data.test))
    means = np.stack([x[data.train.labels == label].mean(axis=0) for label in range(4)])
    nearest = ((test[:, None] - means) ** 2).sum(axis=2).argmin(axis=1)
    assert 0.4 < (nearest == data.test.labels).mean() < 0.7
    weights = np.linalg.solve(x.T @ x + 3 * np.eye(x.shape[1]), x.T @ np.eye(4)[data.train.labels])
    assert 0.5 < ((test @ weights).argmax(axis=1) == data.test.labels).mean() < 0.8


def test_sizes_and_seeds_that_are_not_allowed_are_refused():
    with pytest.raises(InputError, match=r"data\.shape: road patches of 257 x 32; allowed: 1 to 256 each"):
        load_labelled("road-patches", shape=(257, 32))
    with pytest.raises(InputError, match=r"data\.samples: 1048577 road patches; allowed: 1 to 1048576"):
        load_labelled("road-patches", shape=(1, 1), samples=(1 << 20) + 1)
    with pytest.raises(InputError, match=r"data\.samples: 20000 images of 256 x 256; allowed: 1 to"):
        load_labelled("road-patches", shape=(256, 256), samples=20000)
    with pytest.raises(InputError, match="seed"):
        load_labelled("road-patches", samples=20, seed=-1)
