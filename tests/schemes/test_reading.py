"""Reads of networks that learn in place: against the same steps written out in float64, and the noise that is drawn."""

from __future__ import annotations

import numpy as np
import pytest

import memsim as ms
from memsim.errors import InputError
from memsim.schemes import Sgd
from memsim.schemes.network import InSituNetwork
from memsim.schemes.reading import Reading


def network(**settings):
    return InSituNetwork((30, 6), Sgd(), "resistive-gokmen2016", seed=3, spread=4.0, **settings)


def images(count=50, size=30):
    return np.random.default_rng(1).uniform(-2, 2, (count, size)).astype(np.float32)


def written_out(weights, x, input_bits, output_bits, bound, scale, halve):
    """One read of a vector, with noise and bound management after Gokmen, Onen & Haensch (2017)."""
    factor = np.abs(x).max() if scale else 1.0
    for _ in range(10 if halve and np.isfinite(bound) else 1):
        scaled = np.clip(x / factor, -1, 1)
        if input_bits:
            levels = 2 ** (input_bits - 1) - 1
            scaled = np.round(scaled * levels) / levels
        y = scaled @ weights
        if (np.abs(y) < bound).all():
            break
        factor *= 2
    else:
        factor /= 2  # that of the last read
    y = np.clip(y, -bound, bound)
    if output_bits:
        step = bound / (2 ** (output_bits - 1) - 1)
        y = np.round(y / step) * step
    return y * factor, (step if output_bits else 0.0) * factor


@pytest.mark.slow
@pytest.mark.parametrize(
    ("input_bits", "output_bits", "bound", "scale", "halve"),
    [
        (None, None, np.inf, True, True),
        (7, None, np.inf, True, True),
        (7, None, np.inf, False, True),
        (None, 9, 3.0, True, False),
        (7, 9, 1.0, True, True),
        (7, 6, 12.0, True, True),
    ],
)
def test_reads_are_those_that_are_written_out(input_bits, output_bits, bound, scale, halve):
    """A value that lies between two codes to rounding may take either, so a code is allowed."""
    reading = Reading(input_bits, output_bits, bound, scale_inputs=scale, halve=halve)
    one, x = network(forward=reading), images()
    weights = one.weights[0][0].astype(float)
    outputs = one.outputs(x)[0]
    others = 0
    for image, values in zip(x.astype(float), outputs, strict=True):
        expected, code = written_out(weights, np.append(image, 1.0), input_bits, output_bits, bound, scale, halve)
        np.testing.assert_allclose(values, expected, atol=1.01 * code + 1e-4)
        others += int((np.abs(values - expected) > 0.5 * code + 1e-4).sum())
    assert others <= 0.02 * outputs.size


@pytest.mark.slow
def test_noise_has_the_size_that_is_set_and_is_scaled_with_the_inputs():
    x = np.repeat(images(1), 20_000, axis=0)
    exact, noisy = network().outputs(x[:1]), network(forward=Reading(noise=0.06)).outputs(x)
    error = (noisy - exact)[0] / np.abs(np.append(x[0], 1.0)).max()
    np.testing.assert_allclose(error.std(0), 0.06, rtol=0.03)
    assert np.abs(error.mean(0)).max() < 4 * 0.06 / np.sqrt(len(x))
    assert np.abs(np.corrcoef(error.T) - np.eye(6)).max() < 0.04


@pytest.mark.slow
def test_each_call_and_each_direction_has_noise_of_its_own():
    reading, x = Reading(noise=0.06), images()
    one = network(forward=reading)
    first, second = one.outputs(x), one.outputs(x)
    assert abs(np.corrcoef((first - second).ravel(), first.ravel())[0, 1]) < 0.2 and (first != second).all()
    again = network(forward=reading).outputs(x)
    np.testing.assert_array_equal(first, again)


@pytest.mark.slow
def test_noisy_backward_reads_change_the_first_layer_alone():
    x, labels = images(5, 30), np.zeros(5, int)
    settings = {"sizes": (30, 8, 4), "scheme": Sgd(), "device": "resistive-gokmen2016", "seed": 3}
    exact, noisy = InSituNetwork(**settings), InSituNetwork(**settings, backward=Reading(noise=0.5))
    for one in (exact, noisy):
        one.train(x[:1], labels[:1], rate=1.0)
    np.testing.assert_array_equal(exact.weights[1], noisy.weights[1])
    assert (exact.weights[0] != noisy.weights[0]).any()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"input_bits": 1}, "input_bits: 1 is not allowed; allowed: 2 to 16"),
        ({"output_bits": 8}, "an ADC of 8 bits needs a bound"),
        ({"bound": 0.0}, "bound: 0.0 is not above 0"),
        ({"noise": -1.0}, "noise: -1.0"),
    ],
)
def test_settings_that_are_not_allowed_end_in_a_line(settings, message):
    with pytest.raises(InputError, match=message):
        Reading(**settings)


def test_the_public_name_is_that_of_the_class():
    assert ms.InSituNetwork is InSituNetwork
