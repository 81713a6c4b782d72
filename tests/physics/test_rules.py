"""Local rules against their equations: what is read, what the error is, where weights settle; pairs of columns."""

from __future__ import annotations

import numpy as np
import pytest

from memsim import Crossbar, InputError
from memsim.learning import RULES, Delta, Hebbian, Manhattan, MarginDelta, Oja, Perceptron

ROWS, COLS = 12, 3


def task(samples=20, seed=0):
    rng = np.random.default_rng(seed)
    return rng.random((samples, ROWS)), np.eye(COLS)[rng.integers(0, COLS, samples)]


def ideal(column="single", **options):
    settings = {"rows": ROWS, "cols": COLS, "seed": 3, "bounds": None, "dtype": "float64", "initial": (0.0, 0.1)}
    return Crossbar("ideal", column=column, **settings | options)


def literal(rule_error, w, x, t, rate, steps, batch):
    """Mini-batch learning with full matrices: read the batch, then change by every sample of it."""
    for _ in range(steps):
        for first in range(0, len(x), batch):
            part = slice(first, first + batch)
            error = rule_error(x[part] @ w, t[part])
            w = w + rate * x[part].T @ error
    return w


def lead(y, t):
    wanted = t.astype(bool)
    return y[wanted] - np.where(wanted, -np.inf, y).max(1)


ERRORS = {
    "delta": lambda y, t: t - y,
    "margin-delta": lambda y, t: (t - y) * (lead(y, t) < 0.5)[:, None],
    "perceptron": lambda y, t: t - np.eye(COLS)[y.argmax(1)],
    "hebbian": lambda y, t: t,
}


@pytest.mark.parametrize("batch", [1, 6, 20])
@pytest.mark.parametrize("name", ERRORS)
def test_an_ideal_array_learns_what_the_rule_says(name, batch):
    x, t = task()
    array = ideal()
    expected = literal(ERRORS[name], array.state.values, x, t, 0.02, 5, batch)
    array.train(RULES[name](0.02), x, t, steps=5, batch=batch)
    np.testing.assert_allclose(array.state.values, expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("name", ERRORS)
def test_a_pair_learns_with_both_signs_and_reads_the_difference(name):
    x, t = task()
    array = ideal("pair")
    first, second = np.split(array.state.values, 2, axis=1)
    # Both lines learn, in opposite directions, so the difference moves at twice the rate.
    expected = literal(ERRORS[name], first - second, x, t, 0.04, 4, 5)
    array.train(RULES[name](0.02), x, t, steps=4, batch=5)
    plus, minus = np.split(array.state.values, 2, axis=1)
    np.testing.assert_array_equal(array.weights.values, plus - minus)
    np.testing.assert_allclose(plus - minus, expected, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(plus - first, second - minus, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(array.output(x, noise=False), x @ (plus - minus), rtol=1e-12)


def test_the_delta_rule_is_stable_up_to_rate_times_power_two():
    x, t = np.full((1, ROWS), 0.5), np.array([[1.0, 0.0, 0.0]])
    power = float((x**2).sum())
    for step, settles in ((1.9, True), (2.1, False)):
        array = ideal().train(Delta(step / power), x, t, steps=200)
        error = np.abs(array.output(x, noise=False) - t).max()
        assert (error < 1e-6) == settles


def test_the_margin_gated_rule_gives_no_pulse_once_every_sample_is_safe():
    x, t = np.eye(ROWS)[:COLS], np.eye(COLS)
    array = ideal("pair", initial=(0.0, 0.01)).train(MarginDelta(0.1, margin=0.5), x, t, steps=40)
    before = array.state.values
    assert (lead(array.output(x, noise=False), t) >= 0.5).all()
    array.train(MarginDelta(0.1, margin=0.5), x, t, steps=3)
    np.testing.assert_array_equal(array.state.values, before)
    assert np.abs(array.train(Delta(0.1), x, t).state.values - before).max() > 0.01


def test_the_perceptron_stops_at_the_first_pass_without_a_mistake():
    rng = np.random.default_rng(2)
    x, teacher = rng.random((200, ROWS)), rng.normal(size=(ROWS, COLS))
    scores = np.sort(x @ teacher, axis=1)
    x = x[scores[:, -1] - scores[:, -2] > 0.8][:30]
    t = np.eye(COLS)[(x @ teacher).argmax(1)]
    array = ideal("pair").train(Perceptron(0.05), x, t, steps=60)
    assert (array.output(x, noise=False).argmax(1) == t.argmax(1)).all()
    before = array.state.values
    np.testing.assert_array_equal(array.train(Perceptron(0.05), x, t).state.values, before)


def test_manhattan_moves_every_cell_by_one_step_in_the_direction_of_the_error():
    x, t = task(1)
    array = ideal()
    before = array.state.values
    error = t[0] - x[0] @ before
    array.train(Manhattan(0.003), x, t)
    np.testing.assert_allclose(array.state.values - before, 0.003 * np.sign(np.outer(x[0], error)), atol=1e-15)


def test_oja_settles_at_the_mean_of_the_class_and_leaves_other_columns_alone():
    x, _ = task(40)
    array = ideal()
    fresh = array.state.values
    rate, steps = 0.01, 60
    array.train(Oja(rate), x, np.tile([1.0, 0.0, 0.0], (40, 1)), steps=steps)
    np.testing.assert_array_equal(array.state.values[:, 1:], fresh[:, 1:])
    # An exponential average over the last 1/rate samples: off the mean by their order only.
    assert np.abs(array.state.values[:, 0] - x.mean(0)).max() < 0.06
    steady = ideal().train(Oja(rate), x[:1], [[1.0, 0.0, 0.0]], steps=3000).state.values[:, 0]
    np.testing.assert_allclose(steady, x[0], atol=1e-9)


@pytest.mark.parametrize("name", ["hebbian", "delta", "perceptron"])
def test_on_a_noisy_device_an_ensemble_in_parts_gives_the_same_bits(name):
    x, t = task(8)
    options = {"rows": ROWS, "cols": COLS, "seed": 5, "column": "pair"}
    whole = Crossbar("taox-hfox-wu2018", arrays=4, **options).train(RULES[name](0.02), x, t, steps=2, batch=3)
    for first in (0, 2):
        part = Crossbar("taox-hfox-wu2018", arrays=2, first_array=first, **options)
        part.train(RULES[name](0.02), x, t, steps=2, batch=3)
        np.testing.assert_array_equal(whole.state.values[first : first + 2], part.state.values)
        np.testing.assert_array_equal(whole.pulses.set[first : first + 2], part.pulses.set)


@pytest.mark.slow
def test_a_pair_adds_the_read_noise_of_both_lines():
    device = "taox-hfox-wu2018"
    array = Crossbar(device, rows=64, cols=1, arrays=400, seed=1, column="pair", initial=(0.4, 0.41))
    x = np.ones((1, 64))
    spread = (array.output(x) - array.output(x, noise=False))[:, 0, 0].std()
    single = Crossbar(device, rows=64, cols=1, arrays=400, seed=1, initial=(0.4, 0.41))
    alone = (single.output(x) - single.output(x, noise=False))[:, 0, 0].std()
    assert spread == pytest.approx(np.sqrt(2) * alone, rel=0.1)


def test_bounds_hold_for_both_lines_of_a_pair():
    x, t = task()
    array = ideal("pair", bounds=(0.0, 0.2)).train(Delta(0.1), x, t, steps=30)
    assert array.state.values.min() == 0.0 and array.state.values.max() == 0.2


@pytest.mark.parametrize(("batch", "says"), [(0, "batch: 0"), (1.5, "batch: 1.5"), (True, "batch: True")])
def test_a_batch_is_a_whole_number_of_samples(batch, says):
    x, t = task()
    with pytest.raises(InputError, match=says):
        ideal().train(Delta(), x, t, batch=batch)


def test_hebbian_learning_does_not_read_the_array(monkeypatch):
    x, t = task()
    array = ideal()
    monkeypatch.setattr("memsim.arrays.training.outputs", None)
    array.train(Hebbian(0.1), x, t, batch=4)
