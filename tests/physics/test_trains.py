"""Pulse trains: chances of a pulse, coincidences, and what they do to an array."""

from __future__ import annotations

import numpy as np
import pytest

import memsim as ms
from memsim.backends import CpuBackend
from memsim.errors import InputError
from memsim.philox import Stream

ADDRESS = {"first_step": 3, "first_array": 1, "stream": Stream.ROW_TRAIN, "seed": 5}


def bits(trains):
    return (trains[..., None] >> np.arange(31, dtype=np.uint32)) & 1


def crossbar(**settings):
    device = ms.load_device("ideal").replace({"update.pulses": 1000})
    return ms.Crossbar(device, 256, 64, seed=3, bounds=None, initial=(0.4, 0.40001), **settings)


def test_slots_carry_pulses_with_the_given_chance_independently():
    chance = np.array([0.0, 0.1, 0.5, 0.93, 1.0])
    trains = CpuBackend().trains(np.repeat(chance, 4096)[None, None], 31, **ADDRESS)
    slots = bits(trains).reshape(5, 4096, 31).astype(float)
    share = slots.mean((1, 2))
    assert share[0] == 0 and share[4] == 1
    assert np.abs(share - chance).max() < 4 * np.sqrt(0.25 / (4096 * 31))
    inner = slots[1:4] - chance[1:4, None, None]
    neighbours = (inner[:, :, 1:] * inner[:, :, :-1]).mean((1, 2)) / (chance * (1 - chance))[1:4]
    assert np.abs(neighbours).max() < 4 / np.sqrt(4096 * 30)


def test_trains_are_signed_cut_to_their_slots_and_addressed():
    backend = CpuBackend()
    chances = np.linspace(-1, 1, 40).reshape(1, 2, 20)
    trains = backend.trains(chances, 10, **ADDRESS)
    assert np.array_equal(trains >> 31, chances < 0)
    assert not bits(trains)[..., 10:].any()
    later = backend.trains(chances[:, 1:], 10, **{**ADDRESS, "first_step": 4})
    assert np.array_equal(trains[:, 1:], later)


@pytest.mark.slow
def test_the_mean_change_is_that_of_the_rule_and_all_pulses_are_counted():
    xbar = crossbar()
    rng = np.random.default_rng(0)
    x, t = rng.random(256) - 0.3, rng.random(64) - 0.5
    steps = 400
    before = xbar.state.values
    xbar.train(ms.Hebbian(rate=0.02), x, t, steps=steps, encoding="stochastic")
    moved = (xbar.state.values - before) / steps
    wished = 0.02 * np.outer(x, t)
    # A slot holds a coincidence with chance q, so the pulses of a step have the variance 31 q (1 - q).
    q = np.abs(wished) * 1000 / 31
    error = np.sqrt(31 * q * (1 - q) / steps) / 1000
    assert np.abs((moved - wished) / error)[q > 1e-3].mean() == pytest.approx(np.sqrt(2 / np.pi), abs=0.03)
    assert np.sqrt((((moved - wished) / error)[q > 1e-3] ** 2).mean()) == pytest.approx(1, abs=0.05)
    assert xbar.pulses.set.sum() + xbar.pulses.reset.sum() == pytest.approx(steps * 31 * q.sum(), rel=0.02)


@pytest.mark.slow
def test_no_cell_gets_more_pulses_than_a_train_has_slots():
    xbar = crossbar()
    xbar.train(ms.Hebbian(rate=50.0), np.ones(256), np.ones(64), encoding=ms.Encoding("stochastic", slots=7))
    assert (xbar.pulses.set == 7 * 256).all()
    assert np.allclose(xbar.state.values, 0.407, atol=1e-4)


@pytest.mark.slow
def test_steps_at_once_and_one_by_one_are_the_same_bits():
    x, t = np.linspace(0, 1, 256), np.linspace(-1, 1, 64)
    whole = crossbar().train(ms.Hebbian(0.02), x, t, steps=3, encoding="stochastic")
    parts = crossbar()
    for _ in range(3):
        parts.train(ms.Hebbian(0.02), x, t, encoding="stochastic")
    assert np.array_equal(whole.state.values, parts.state.values)


def test_trains_deliver_the_error_of_the_delta_rule_which_reads_first():
    # One step of many equal arrays: the trains of a row are shared by its columns, not by arrays.
    device = ms.load_device("ideal").replace({"update.pulses": 1000})
    many = ms.Crossbar(device, 64, 1, arrays=2000, seed=4, bounds=None, initial=(0.4, 0.40001), column="single")
    x = np.linspace(0.1, 1, 64)
    before = many.state.values
    many.train(ms.Delta(0.01), x, [many.output(x, noise=False)[0, 0] + 0.5], encoding="stochastic")
    wished = 0.01 * 0.5 * x
    error = np.sqrt(wished / 1000 / 2000)
    assert (np.abs((many.state.values - before)[:, :, 0].mean(0) - wished) < 4.5 * error).all()


def test_a_rule_that_is_no_outer_product_is_refused():
    with pytest.raises(InputError, match="rule 'oja' does not ask for; use 'counted'"):
        crossbar().train(ms.Oja(), np.ones(256), np.ones(64), encoding="stochastic")
    with pytest.raises(InputError, match="slots: 32 is not in 1 to 31"):
        ms.Encoding("stochastic", slots=32)
