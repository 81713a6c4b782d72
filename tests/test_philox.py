"""Random words and numbers: known answers, addresses, moments."""

from __future__ import annotations

import numpy as np
import pytest

from memsim.errors import InputError
from memsim.kernels.fill import fill
from memsim.noise.normal import normal_pair, sine_cosine, squared_radius, uniform
from memsim.philox import Stream, key, philox


# Known answers of Random123 (kat_vectors, philox4x32 10): counter, key, words.
@pytest.mark.parametrize(
    ("counter", "key_words", "words"),
    [
        ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)
def test_philox_gives_the_known_answers_of_random123(counter, key_words, words):
    assert philox(*(np.uint32(v) for v in (*counter, *key_words))) == words


def test_the_key_splits_the_seed_into_its_low_and_high_words():
    assert key(0x0123456789ABCDEF) == (0x89ABCDEF, 0x01234567)


@pytest.mark.parametrize("seed", [-1, 1 << 64, 1.5, True, "7"])
def test_a_seed_outside_64_bits_is_refused(seed):
    with pytest.raises(InputError, match="seed"):
        key(seed)


def test_the_number_at_an_address_is_made_from_the_documented_counter():
    z = fill("normal", (3, 2, 200), seed=99, stream=Stream.C2C, step=5, first_array=7, first_column=4)
    u = fill("uniform", (3, 2, 200), seed=99, stream=Stream.PULSE, step=5, first_array=7, first_column=4)
    for array, column, row in [(0, 0, 0), (2, 1, 199), (1, 0, 17), (1, 1, 95)]:
        group, word = row // 64 * 16 + row % 16, row % 64 // 16
        counter = [np.uint32(v) for v in (group, 4 + column, 5)]
        normals = philox(*counter, np.uint32((7 + array) * 256 + Stream.C2C), *key(99))
        pair = normal_pair(normals[word // 2 * 2], normals[word // 2 * 2 + 1])
        assert z[array, column, row] == np.float32(pair[word % 2])
        words = philox(*counter, np.uint32((7 + array) * 256 + Stream.PULSE), *key(99))
        assert u[array, column, row] == np.float32(uniform(words[word]))


def test_the_number_at_an_address_does_not_depend_on_the_shape():
    whole = fill("normal", (5, 3, 1000), seed=1, stream=Stream.D2D)
    part = fill("normal", (2, 1, 70), seed=1, stream=Stream.D2D, first_array=3, first_column=2)
    assert np.array_equal(whole[3:, 2:, :70], part)


def test_streams_steps_and_seeds_give_different_numbers():
    base = fill("normal", (1, 1, 64), seed=1, stream=Stream.D2D)
    for other in (
        fill("normal", (1, 1, 64), seed=2, stream=Stream.D2D),
        fill("normal", (1, 1, 64), seed=1 + (1 << 32), stream=Stream.D2D),
        fill("normal", (1, 1, 64), seed=1, stream=Stream.C2C),
        fill("normal", (1, 1, 64), seed=1, stream=Stream.D2D, step=1),
        fill("normal", (1, 1, 64), seed=1, stream=Stream.D2D, first_array=1),
    ):
        assert not np.isin(base, other).any()


def test_normal_numbers_have_the_moments_of_the_normal_distribution():
    z = fill("normal", (16, 4, 16384), seed=3, stream=Stream.READ).astype(float).ravel()
    error = 1 / np.sqrt(z.size)
    assert abs(z.mean()) < 4 * error
    assert abs(z.var() - 1) < 4 * np.sqrt(2) * error
    assert abs((z**3).mean()) < 4 * np.sqrt(15) * error
    assert abs((z**4).mean() - 3) < 4 * np.sqrt(96) * error
    assert 4.5 < np.abs(z).max() < 5.77


def test_normal_numbers_follow_the_normal_distribution_function():
    from math import erf

    z = np.sort(fill("normal", (4, 1, 65536), seed=5, stream=Stream.READ).astype(float).ravel())
    expected = np.array([0.5 * (1 + erf(v / np.sqrt(2))) for v in z[::64]])
    distance = np.abs(expected - np.arange(z.size)[::64] / z.size).max()
    assert distance < 1.63 / np.sqrt(z.size)  # Kolmogorov-Smirnov, 1 %


def test_neighbouring_cells_steps_and_columns_are_uncorrelated():
    z = fill("normal", (8, 8, 4096), seed=6, stream=Stream.C2C).astype(float)
    limit = 4 / np.sqrt(z.size / 2)
    assert abs((z[:, :, 1:] * z[:, :, :-1]).mean()) < limit
    assert abs((z[:, :, 16:] * z[:, :, :-16]).mean()) < limit
    assert abs((z[:, 1:] * z[:, :-1]).mean()) < limit
    assert abs((z[1:] * z[:-1]).mean()) < limit


def test_uniform_numbers_fill_the_half_open_interval_evenly():
    u = fill("uniform", (4, 1, 65536), seed=7, stream=Stream.PULSE).ravel()
    assert u.dtype == np.float32
    assert 0 < u.min() < 1e-4
    assert 1 - 1e-4 < u.max() <= 1
    counts = np.histogram(u, 64, (0, 1))[0]
    assert ((counts - u.size / 64) ** 2).sum() / (u.size / 64) < 104  # chi-squared, 63 degrees, 0.1 %


def test_the_ends_of_the_word_give_the_ends_of_the_interval():
    assert uniform(np.uint32(0)) == np.float32(2.0**-24)
    assert uniform(np.uint32(0xFFFFFFFF)) == 1.0


def test_logarithm_sine_and_cosine_agree_with_the_maths_library_to_float32():
    x = np.float32(np.append(np.arange(1, 1 << 24, 9973), 1 << 24))
    squared = np.array([squared_radius(v) for v in x])
    exact = -2 * np.log(x.astype(float) * 2.0**-24)
    assert np.abs(squared - exact).max() < 8e-7 * exact.max() / 4
    assert squared[-1] == 0
    words = np.arange(0, 1 << 32, 7919993, dtype=np.uint64).astype(np.uint32)
    pairs = np.array([sine_cosine(w) for w in words])
    angle = 2 * np.pi * words.astype(float) / 2**32
    assert np.abs(pairs[:, 0] - np.sin(angle)).max() < 3e-7
    assert np.abs(pairs[:, 1] - np.cos(angle)).max() < 3e-7
