"""Corruptions: each against a plain statement of its formula, the shares it touches, and what its addresses promise."""

from __future__ import annotations

import math

import numpy as np
import pytest

from memsim.data.corruptions import CORRUPTIONS, FIELDS, corrupt, largest
from memsim.errors import InputError
from memsim.kernels.fill import fill
from memsim.philox import MAX_ARRAYS, Stream

LEVELS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]
SHARES = ("salt-and-pepper", "salt-and-pepper-masks")
BLOCKS = ("occlusion", "occlusion-patches")
SEED, FIRST = 42, 5


def grey_images(count=3, shape=(20, 13)):
    """Grey levels within [0.05, 0.95], so that black and white pixels are the corruption's."""
    return np.random.default_rng(7).uniform(0.05, 0.95, (count, *shape)).astype(np.float32)


def field(distribution, step, shape, column=0):
    """The documented random numbers (image, *shape) of images from FIRST on."""
    numbers = (shape[0], 1, math.prod(shape[1:]))
    address = {"stream": Stream.CORRUPTION, "step": step, "first_array": FIRST, "first_column": column}
    return fill(distribution, numbers, seed=SEED, **address).reshape(shape)


def columns_of(fields):
    """Counter word c1 of each of the levels."""
    return [1 + round(level * 2**20) if fields == "fresh" else 0 for level in LEVELS]


def corrupted(kind, images, fields="scaled"):
    return corrupt(kind, images, LEVELS, seed=SEED, first_image=FIRST, fields=fields)


def place(number, room):
    """Which of the places 0 to room a number in (0, 1] picks, each with the same probability."""
    return next(k for k in range(room + 1) if number <= (k + 1) / (room + 1))


@pytest.mark.parametrize("fields", FIELDS)
def test_gaussian_noise_is_the_image_plus_scaled_normal_numbers_clipped(fields):
    images = grey_images()
    noisy = corrupted("gaussian", images, fields)
    for k, (level, column) in enumerate(zip(LEVELS, columns_of(fields), strict=True)):
        normal = field("normal", 0, images.shape, column)
        expected = np.clip(np.float32(level) * normal + images, np.float32(0), np.float32(1))
        assert np.array_equal(noisy[:, k], expected)


def colour_images():
    return np.random.default_rng(8).uniform(0.05, 0.95, (3, 3, 20, 13)).astype(np.float32)


@pytest.mark.parametrize("fields", FIELDS)
def test_gaussian_noise_of_colours_has_numbers_of_its_own_in_each_channel(fields):
    images = colour_images()
    noisy = corrupted("gaussian", images, fields)
    for k, (level, column) in enumerate(zip(LEVELS, columns_of(fields), strict=True)):
        normal = field("normal", 0, images.shape, column)
        assert np.array_equal(noisy[:, k], np.clip(np.float32(level) * normal + images, np.float32(0), np.float32(1)))
    assert np.array_equal(noisy[:, :, 0], corrupted("gaussian", images[:, 0], fields))


@pytest.mark.parametrize("fields", FIELDS)
@pytest.mark.parametrize("kind", [kind for kind in CORRUPTIONS if kind != "gaussian"])
def test_all_other_corruptions_strike_the_channels_of_a_pixel_alike(kind, fields):
    images = colour_images()
    noisy = corrupted(kind, images, fields)
    assert noisy.shape == (3, len(LEVELS), 3, 20, 13)
    for channel in range(3):
        assert np.array_equal(noisy[:, :, channel], corrupted(kind, images[:, channel], fields))


@pytest.mark.parametrize("fields", FIELDS)
def test_salt_and_pepper_is_one_uniform_number_a_pixel_cut_at_both_ends(fields):
    images = grey_images()
    noisy = corrupted("salt-and-pepper", images, fields)
    for k, (level, column) in enumerate(zip(LEVELS, columns_of(fields), strict=True)):
        u = field("uniform", 1, images.shape, column).astype(float)
        expected = np.where(u < level / 2, 0, np.where(u > 1 - level / 2, 1, images))
        assert np.array_equal(noisy[:, k], expected)


@pytest.mark.parametrize("fields", FIELDS)
def test_salt_and_pepper_masks_are_two_and_pepper_lies_over_salt(fields):
    images = grey_images()
    noisy = corrupted("salt-and-pepper-masks", images, fields)
    for k, (level, column) in enumerate(zip(LEVELS, columns_of(fields), strict=True)):
        salt, pepper = (field("uniform", step, images.shape, column).astype(float) < level / 2 for step in (2, 3))
        assert level < 0.7 or (salt & pepper).any()
        assert np.array_equal(noisy[:, k], np.where(pepper, 0, np.where(salt, 1, images)))


@pytest.mark.parametrize("fields", FIELDS)
def test_fog_mixes_the_image_with_bright_noise(fields):
    images = grey_images()
    foggy = corrupted("fog", images, fields)
    for k, (level, column) in enumerate(zip(LEVELS, columns_of(fields), strict=True)):
        u = field("uniform", 4, images.shape, column).astype(float)
        expected = np.clip((1 - level) * images + level * (0.9 + 0.1 * u), 0, 1)
        np.testing.assert_allclose(foggy[:, k], expected, atol=3e-7)  # a few float32 roundings near 1


@pytest.mark.parametrize("fields", FIELDS)
def test_occlusion_blackens_one_block_at_the_place_its_numbers_name(fields):
    images = grey_images()
    occluded = corrupted("occlusion", images, fields)
    for k, (level, column) in enumerate(zip(LEVELS, columns_of(fields), strict=True)):
        numbers = field("uniform", 5, (len(images), 2), column).astype(float)
        height, width = int(20 * math.sqrt(level)), int(13 * math.sqrt(level))
        for i, image in enumerate(images):
            top, left = place(numbers[i, 0], 20 - height), place(numbers[i, 1], 13 - width)
            expected = image.copy()
            expected[top : top + height, left : left + width] = 0
            assert np.array_equal(occluded[i, k], expected)


@pytest.mark.parametrize("shape", [(20, 13), (5, 30), (3, 3)])
@pytest.mark.parametrize("fields", FIELDS)
def test_occlusion_patches_are_the_first_of_a_sequence_of_places(fields, shape):
    images = grey_images(shape=shape)
    occluded = corrupted("occlusion-patches", images, fields)
    height, width = min(8, shape[0]), min(8, shape[1])
    for k, (level, column) in enumerate(zip(LEVELS, columns_of(fields), strict=True)):
        numbers = field("uniform", 6, (len(images), 10, 2), column).astype(float)
        for i, image in enumerate(images):
            expected = image.copy()
            for y, x in numbers[i, : max(1, int(10 * level))]:
                top, left = place(y, shape[0] - height), place(x, shape[1] - width)
                expected[top : top + height, left : left + width] = 0
            assert np.array_equal(occluded[i, k], expected)


@pytest.mark.parametrize("kind", SHARES)
def test_black_and_white_pixels_have_the_shares_of_the_formula(kind):
    images = np.full((20, 64, 64), 0.5, np.float32)
    noisy = corrupt(kind, images, LEVELS, seed=1)
    for k, p in enumerate(LEVELS):
        overwritten = p / 2 if kind == "salt-and-pepper-masks" else 0
        for grey, share in ((0, p / 2), (1, p / 2 * (1 - overwritten))):
            # Four standard deviations of a binomial share; the masks' overlap moves it by 9 of them at p = 0.2.
            tolerance = 4 * math.sqrt(share * (1 - share) / images.size)
            assert np.mean(noisy[:, k] == grey) == pytest.approx(share, abs=tolerance)


def test_black_and_white_pixels_share_the_image_at_severity_1():
    noisy = corrupt("salt-and-pepper", np.full((1, 64, 64), 0.5), [1], seed=1)
    # A number of exactly 1/2 leaves its pixel as it was, once in 2^24.
    assert np.isin(noisy, (0, 1)).all()


def test_fog_at_severity_1_hides_the_image():
    images = grey_images()
    fog = corrupt("fog", images, [1], seed=1)
    assert np.array_equal(fog, corrupt("fog", 1 - images, [1], seed=1))
    assert 0.9 <= fog.min() < 0.91 and 0.99 < fog.max() <= 1


@pytest.mark.parametrize("kind", sorted(set(CORRUPTIONS) - {"occlusion-patches"}))
@pytest.mark.parametrize("fields", FIELDS)
def test_severity_0_leaves_the_image(kind, fields):
    images = grey_images()
    assert np.array_equal(corrupt(kind, images, [0], seed=1, fields=fields)[:, 0], images)


def test_occlusion_patches_leave_one_patch_at_severity_0():
    images = grey_images(shape=(64, 64))
    assert (np.sum(corrupt("occlusion-patches", images, [0], seed=1) == 0, axis=(2, 3)) == 64).all()


@pytest.mark.parametrize("fields", FIELDS)
def test_an_occluding_block_has_the_area_of_the_study(fields):
    images = grey_images(shape=(64, 64))
    black = np.sum(corrupt("occlusion", images, LEVELS, seed=1, fields=fields) == 0, axis=(2, 3))
    assert (black == [int(64 * math.sqrt(p)) ** 2 for p in LEVELS]).all()
    assert list(black[0]) == [20**2, 28**2, 35**2, 40**2, 45**2, 49**2, 53**2]


def test_occlusion_at_severity_1_blackens_all():
    assert not corrupt("occlusion", grey_images(), [1], seed=1).any()


def test_at_most_ten_patches_of_64_pixels_are_black():
    images = grey_images(count=50, shape=(64, 64))
    black = np.sum(corrupt("occlusion-patches", images, [0.1, 0.7, 1], seed=1) == 0, axis=(2, 3))
    assert (black[:, 0] == 64).all()
    assert (black <= [64, 7 * 64, 10 * 64]).all()
    # Some of fifty images have no two patches that overlap.
    assert (black.max(axis=0) == [64, 7 * 64, 10 * 64]).all()


@pytest.mark.parametrize(
    ("kind", "level", "side", "places"), [("occlusion", 0.25, 8, 5), ("occlusion-patches", 0, 11, 4)]
)
def test_a_block_lies_at_each_place_equally_often(kind, level, side, places):
    images = np.ones((4000, side, side), np.float32)
    black = corrupt(kind, images, [level], seed=3)[:, 0] == 0
    expected = len(images) / places
    for axis in (1, 2):
        starts = np.bincount(black.any(axis=axis).argmax(axis=1), minlength=places)
        assert starts.shape == (places,)
        assert (np.abs(starts - expected) < 4 * math.sqrt(expected * (1 - 1 / places))).all()


@pytest.mark.parametrize("kind", SHARES + BLOCKS)
def test_a_scaled_field_touches_all_pixels_that_a_smaller_severity_touches(kind):
    images = grey_images(count=20, shape=(24, 31))
    levels = np.linspace(0, 1, 41)
    touched = corrupt(kind, images, levels, seed=2) != images[:, None]
    assert not (touched[:, :-1] & ~touched[:, 1:]).any()
    assert touched[:, -1].sum() > touched[:, 1].sum()


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_fresh_fields_differ_between_levels_and_from_the_scaled_one(kind):
    images = grey_images(count=20)
    near = [0.5, 0.5 + 2**-20]
    fresh = corrupt(kind, images, near, seed=1, fields="fresh")
    scaled = corrupt(kind, images, near, seed=1)
    # Blocks have few places, so an image or two may have the same one by chance.
    for one, other in ((fresh[:, 0], fresh[:, 1]), (fresh[:, 0], scaled[:, 0]), (fresh[:, 1], scaled[:, 1])):
        assert np.mean(np.any(one != other, axis=(1, 2))) > 0.8
    # One field at two levels a millionth apart is the same picture, or nearly.
    assert np.mean(np.abs(scaled[:, 0] - scaled[:, 1]) > 1e-5) < 0.01


@pytest.mark.parametrize("kind", CORRUPTIONS)
@pytest.mark.parametrize("fields", FIELDS)
def test_a_level_does_not_depend_on_the_other_levels_or_their_order(kind, fields):
    images = grey_images()
    whole = corrupt(kind, images, LEVELS, seed=1, fields=fields)
    assert np.array_equal(corrupt(kind, images, LEVELS[::-1], seed=1, fields=fields), whole[:, ::-1])
    for k, level in enumerate(LEVELS):
        assert np.array_equal(corrupt(kind, images, [level], seed=1, fields=fields)[:, 0], whole[:, k])


@pytest.mark.parametrize("kind", CORRUPTIONS)
@pytest.mark.parametrize("fields", FIELDS)
def test_an_image_does_not_depend_on_how_the_set_is_cut(kind, fields):
    images = grey_images(count=6)
    whole = corrupt(kind, images, LEVELS, seed=1, first_image=3, fields=fields)
    for start, stop in ((0, 1), (1, 5), (5, 6)):
        part = corrupt(kind, images[start:stop], LEVELS, seed=1, first_image=3 + start, fields=fields)
        assert np.array_equal(part, whole[start:stop])


@pytest.mark.parametrize("kind", CORRUPTIONS)
@pytest.mark.parametrize("fields", FIELDS)
def test_seeds_and_images_have_fields_of_their_own(kind, fields):
    images = np.repeat(grey_images(count=1), 2, axis=0)
    one = corrupt(kind, images, [0.5], seed=1, fields=fields)
    assert np.array_equal(corrupt(kind, images, [0.5], seed=1, fields=fields), one)
    assert np.any(corrupt(kind, images, [0.5], seed=2, fields=fields) != one, axis=(1, 2, 3)).all()
    assert np.any(one[0] != one[1])


@pytest.mark.parametrize("kind", CORRUPTIONS)
@pytest.mark.parametrize("fields", FIELDS)
def test_results_are_float32_in_0_to_1_and_the_input_stays(kind, fields):
    images = np.random.default_rng(0).integers(0, 2, (2, 9, 70)).astype(float)
    before = images.copy()
    levels = [0, 0.5, largest(kind)]
    out = corrupt(kind, images, levels, seed=1, fields=fields)
    assert out.shape == (2, 3, 9, 70) and out.dtype == np.float32
    assert out.min() >= 0 and out.max() <= 1
    assert np.array_equal(images, before)


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_no_images_and_no_levels_give_empty_results(kind):
    assert corrupt(kind, grey_images()[:0], LEVELS, seed=1).shape == (0, 7, 20, 13)
    assert corrupt(kind, grey_images(), [], seed=1).shape == (3, 0, 20, 13)


def test_the_counter_words_and_largest_severities_never_change():
    assert CORRUPTIONS == {
        "gaussian": 0,
        "salt-and-pepper": 1,
        "salt-and-pepper-masks": 2,
        "fog": 4,
        "occlusion": 5,
        "occlusion-patches": 6,
    }
    assert {kind: largest(kind) for kind in CORRUPTIONS} == dict.fromkeys(CORRUPTIONS, 1) | {"gaussian": 100}


@pytest.mark.parametrize("call", [largest, lambda kind: corrupt(kind, grey_images(), LEVELS, seed=1)])
def test_an_unknown_corruption_is_refused_with_the_nearest_name(call):
    with pytest.raises(InputError, match=r"unknown corruption 'oclusion'; did you mean 'occlusion'\?"):
        call("oclusion")


def test_an_unknown_choice_of_fields_is_refused_with_the_nearest_name():
    with pytest.raises(InputError, match=r"fields: unknown choice 'scale'; did you mean 'scaled'\?"):
        corrupt("fog", grey_images(), LEVELS, seed=1, fields="scale")


@pytest.mark.parametrize("kind", CORRUPTIONS)
@pytest.mark.parametrize("level", [-0.1, math.nan, math.inf, 100.5])
def test_a_severity_outside_its_range_is_refused(kind, level):
    with pytest.raises(
        InputError, match=f"levels: {level} is not a severity of {kind}; allowed: 0 to {largest(kind):g}"
    ):
        corrupt(kind, grey_images(), [0.1, level], seed=1)


@pytest.mark.parametrize("shape", [(260,), (3, 260), (3, 2, 1, 20, 13)])
def test_images_of_another_shape_are_refused(shape):
    with pytest.raises(InputError, match=r"images: the shape is \(.*\); it must be \(image, y, x\)"):
        corrupt("fog", np.zeros(shape), LEVELS, seed=1)


@pytest.mark.parametrize("first", [-1, MAX_ARRAYS - 2])
def test_images_beyond_the_last_address_are_refused(first):
    with pytest.raises(InputError, match=f"images: addresses {first} to {first + 2} exceed {MAX_ARRAYS}"):
        corrupt("fog", grey_images(), LEVELS, seed=1, first_image=first)


def test_a_seed_outside_64_bits_is_refused():
    with pytest.raises(InputError, match="seed"):
        corrupt("fog", grey_images(), LEVELS, seed=-1)
