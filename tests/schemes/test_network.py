"""Networks that learn in place: against backpropagation written out in float64, and the same bits in any ensemble."""

from __future__ import annotations

import numpy as np
import pytest

import memsim as ms
from memsim.errors import InputError
from memsim.profiles import device_from_text
from memsim.schemes import Agad, MixedPrecision, Sgd
from memsim.schemes.network import InSituNetwork

PLAIN = """\
name: plain
title: Constant steps without noise
technology: none
source: s
status: assumed
sources: {s: {cite: none}}
conductance: {min: 10 uS, max: 20 uS}
update: {model: constant, step: 0.0002, weights: {min: -1, max: 1}}
read: {voltage: 0.2 V, duration: 10 ns}
"""
STEP = 0.0002
FUNCTIONS = {
    "sigmoid": (lambda y: 1 / (1 + np.exp(-y)), lambda a: a * (1 - a)),
    "tanh": (np.tanh, lambda a: 1 - a**2),
    "relu": (lambda y: np.maximum(y, 0), lambda a: (a > 0).astype(float)),
}


def backpropagated(weights, x, label, activation):
    """Outputs, and the negative gradients of the cross-entropy of a softmax, in float64; biases are the last rows."""
    function, slope = FUNCTIONS[activation]
    signals = [np.append(x, 1.0)]
    for number, w in enumerate(weights):
        sums = signals[-1] @ w
        if number + 1 < len(weights):
            signals.append(np.append(function(sums), 1.0))
    p = np.exp(sums - sums.max())
    p /= p.sum()
    d = -p
    d[label] += 1
    changes = []
    for number in reversed(range(len(weights))):
        changes.insert(0, np.outer(signals[number], d))
        if number:
            d = (weights[number] @ d)[:-1] * slope(signals[number][:-1])
    return sums, changes


def data(count=40, inputs=20, classes=4):
    rng = np.random.default_rng(4)
    x = rng.random((count, inputs)) * (rng.random((count, inputs)) < 0.5)
    return x.astype(np.float32), rng.integers(0, classes, count)


@pytest.mark.slow
@pytest.mark.parametrize("activation", sorted(FUNCTIONS))
def test_the_change_of_a_vector_is_that_of_backpropagation(activation):
    """Mixed precision without noise: pulses and what the digital sums hold add up to the exact change."""
    device = device_from_text(PLAIN, "plain")
    network = InSituNetwork((20, 12, 8, 4), MixedPrecision(most=1000), device, activation=activation, seed=2)
    before = [w[0].astype(float) for w in network.weights]
    x, labels = data()
    sums, changes = backpropagated(before, x[0].astype(float), labels[0], activation)
    np.testing.assert_allclose(network.outputs(x[:1])[0, 0], sums, atol=1e-5)
    loss = network.train(x[:1], labels[:1], rate=0.1)
    assert loss[0, 0] == pytest.approx(-np.log(np.exp(sums[labels[0]] - sums.max()) / np.exp(sums - sums.max()).sum()))
    for number, layer in enumerate(network.layers):
        held = STEP * layer.layer.hidden[0, :, : before[number].shape[0]].T
        np.testing.assert_allclose(layer.weights[0] - before[number] + held, 0.1 * changes[number], atol=1e-5)


@pytest.mark.slow
def test_many_vectors_follow_backpropagation_within_the_size_of_a_pulse():
    device = device_from_text(PLAIN, "plain")
    network = InSituNetwork((20, 12, 4), MixedPrecision(most=1000), device, seed=2)
    weights = [w[0].astype(float) for w in network.weights]
    x, labels = data()
    for image, label in zip(x.astype(float), labels, strict=True):
        _, changes = backpropagated(weights, image, label, "sigmoid")
        weights = [w + 0.1 * change for w, change in zip(weights, changes, strict=True)]
    network.train(x, labels, rate=0.1)
    for layer, expected in zip(network.weights, weights, strict=True):
        np.testing.assert_allclose(layer[0], expected, atol=5 * STEP)


@pytest.mark.slow
@pytest.mark.parametrize("scheme", [Sgd(), Agad()], ids=lambda one: one.name)
def test_ensembles_and_calls_do_not_change_a_bit(scheme):
    device, (x, labels) = ms.load_device("softbounds-rasch2024"), data()
    whole = InSituNetwork((20, 12, 4), scheme, device, networks=3, seed=5)
    alone = InSituNetwork((20, 12, 4), scheme, device, networks=1, seed=5)
    loss = whole.train(x, labels, rate=0.05)
    parts = [alone.train(x[part], labels[part], rate=0.05) for part in (slice(0, 15), slice(15, 40))]
    np.testing.assert_array_equal(loss[:1], np.concatenate(parts, axis=1))
    for first, second in zip(whole.weights, alone.weights, strict=True):
        np.testing.assert_array_equal(first[:1], second)
    np.testing.assert_array_equal(whole.outputs(x)[:1], alone.outputs(x))


@pytest.mark.slow
def test_plain_gradient_descent_learns_the_digits_on_many_states():
    """Far above guessing, which has 10 %; the bound is generous, as few vectors are shown."""
    digits = ms.load_labelled("digits")
    x = digits.train.pixels.reshape(len(digits.train), -1).astype(np.float32)
    network = InSituNetwork((64, 32, 10), Sgd(), "resistive-gokmen2016", networks=2, seed=1)
    first = network.train(x, digits.train.labels, rate=0.05).mean()
    for _ in range(4):
        last = network.train(x, digits.train.labels, rate=0.05).mean()
    test = digits.test.pixels.reshape(len(digits.test), -1)
    right = (network.outputs(test).argmax(-1) == digits.test.labels).mean(-1)
    assert last < 0.6 * first and (right > 0.8).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sizes": (4,)}, "sizes: "),
        ({"activation": "sigmid"}, "did you mean 'sigmoid'"),
        ({"device": "pcm-joshi2020"}, "can only be programmed"),
    ],
)
def test_settings_that_are_not_allowed_end_in_a_line(arguments, message):
    settings = {"sizes": (4, 2), "scheme": Sgd(), "device": "softbounds-rasch2024"} | arguments
    with pytest.raises(InputError, match=message):
        InSituNetwork(settings.pop("sizes"), settings.pop("scheme"), settings.pop("device"), **settings)


def test_images_and_labels_that_do_not_fit_end_in_a_line():
    network = InSituNetwork((4, 2), Sgd(), "softbounds-rasch2024")
    with pytest.raises(InputError, match=r"images: of shape \(2, 3\)"):
        network.train(np.zeros((2, 3)), [0, 1], 0.1)
    with pytest.raises(InputError, match="labels: allowed: one of 0 to 1 for each of 2 images"):
        network.train(np.zeros((2, 4)), [0, 2], 0.1)
    with pytest.raises(InputError, match="orders: "):
        network.train(np.zeros((2, 4)), [0, 1], 0.1, orders=[[2]])
