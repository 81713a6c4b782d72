"""The power law in the pulse number against R = R_0 + R_1 n^a."""

from __future__ import annotations

import numpy as np
import pytest
from device_texts import device_text

from memsim.cells.power_law import change
from memsim.errors import InputError
from memsim.profiles import device_from_text
from memsim.profiles.nominal import nominal_cell

LOW, HIGH = 5e-9, 1e-8
LIMIT, AMPLITUDE, EXPONENT = 200.0, 230e6, -0.146


@pytest.fixture(scope="module")
def p():
    return nominal_cell(device_from_text(device_text("power-law")).spec)[1]


def state(pulse):
    """Normalised state after a pulse number, from the cited equation."""
    return (1 / (LIMIT + AMPLITUDE * pulse**EXPONENT) - LOW) / (HIGH - LOW)


def test_set_pulses_follow_the_published_curve(p):
    for first in (3.0, 20.0, 150.0):
        for more in (1.0, 7.0, 100.0):
            expected = state(first + more) - state(first)
            assert change(state(first), more, p) == pytest.approx(expected, rel=1e-9)


def test_a_reset_pulse_mirrors_a_set_pulse(p):
    for x in np.linspace(0, 1, 5):
        assert change(x, -3.0, p) == pytest.approx(-change(1 - x, 3.0, p), rel=1e-12)


def test_steps_shrink_with_the_pulse_number(p):
    steps = [change(x, 1.0, p) for x in np.linspace(0, 1, 9)]
    assert (np.diff(steps) < 0).all() and steps[-1] > 0


def test_float32_resolves_steps_far_smaller_than_the_state(p):
    q = type(p)(*map(np.float32, p))
    x = 0.95
    assert change(np.float32(x), np.float32(1), q) == pytest.approx(change(x, 1.0, p), rel=1e-4)


def test_a_window_that_the_resistance_never_reaches_is_refused():
    with pytest.raises(InputError, match=r"t:\d+: update\.limit: a resistance that stays above 200 Ohm never reaches"):
        device_from_text(device_text("power-law", window="{min: 1 uS, max: 10 mS}"), "t")
    with pytest.raises(InputError, match=r"conductance\.min: must be above 0"):
        device_from_text(device_text("power-law", window="{min: 0 S, max: 1 uS}"), "t")


def test_a_window_beyond_a_million_pulses_asks_for_their_number():
    device = device_from_text(device_text("power-law", window="{min: 5 nS, max: 100 nS}"), "t")
    with pytest.raises(InputError, match=r"device 'power-law': at most 1000000 set pulses .* give 'update\.pulses'"):
        _ = device.span
