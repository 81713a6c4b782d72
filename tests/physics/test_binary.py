"""Stochastic binary switching: probabilities, and cells that stay in one of their two states."""

from __future__ import annotations

import math

import numpy as np
import pytest
from device_texts import device_text

import memsim as ms
from memsim.cells.binary import change
from memsim.errors import InputError
from memsim.profiles import device_from_text
from memsim.profiles.nominal import nominal_cell

CELLS = 1 << 16


@pytest.fixture(scope="module")
def device():
    return device_from_text(device_text("binary"))


def test_n_pulses_succeed_with_one_minus_the_chance_that_all_fail(device):
    _, p = nominal_cell(device.spec)
    for n, probability, start in ((1, 0.3, 0.0), (5, 0.3, 0.0), (-1, 0.6, 1.0), (-3, 0.6, 1.0)):
        success = 1 - (1 - probability) ** abs(n)
        end = 1.0 - start
        assert start + change(start, float(n), success - 1e-9, p) == end
        assert start + change(start, float(n), success + 1e-9, p) == start
        assert end + change(end, float(n), 1e-9, p) == end  # already there


def test_no_pulse_never_switches_and_certain_pulses_always_do(device):
    _, p = nominal_cell(device.spec)
    tiny = 2.0**-24  # the smallest draw
    assert change(0.0, 0.0, tiny, p) == 0 and change(1.0, 0.0, tiny, p) == 0
    sure = nominal_cell(device.replace({"update.probability.set": "100 %"}).spec)[1]
    assert change(0.0, 1.0, 1.0, sure) == 1
    never = nominal_cell(device.replace({"update.probability.set": "0 %"}).spec)[1]
    assert change(0.0, 9.0, tiny, never) == 0


@pytest.mark.slow
def test_the_share_of_an_array_that_switches_is_the_probability(device):
    array = ms.Crossbar(device, CELLS, 1, seed=3)
    assert device.span == 1 and not array.state.values.any()
    for wish, expected in ((1.0, 0.3), (-1.0, 0.3 * 0.4)):
        array.train(ms.Hebbian(rate=1.0), np.ones(CELLS), np.array([wish]))
        share = array.state.values.mean()
        assert set(np.unique(array.state.values)) == {0.0, 1.0}
        assert abs(share - expected) < 4 * math.sqrt(expected * (1 - expected) / CELLS)


def test_part_of_a_pulse_is_refused(device):
    with pytest.raises(InputError, match=r"update\.encoding: a cell with two states takes whole pulses"):
        device.replace({"update.encoding": "exact"})
    with pytest.raises(InputError, match=r"encoding: a cell with two states \('binary'\) takes whole pulses"):
        ms.Crossbar(device, 2, 1).train(ms.Hebbian(rate=1.0), np.ones(2), np.ones(1), encoding="exact")


def test_noise_of_the_step_is_refused():
    more = "variability: {c2c: {sigma: 5 %, relative_to: range}}"
    with pytest.raises(InputError, match=r"variability\.c2c: has no effect: whether a pulse"):
        device_from_text(device_text("binary", more))
