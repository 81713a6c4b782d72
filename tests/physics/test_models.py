"""What holds for every update model: nothing for no pulse, the right sign, precision, and the pulses of a window."""

from __future__ import annotations

import numpy as np
import pytest
from device_texts import MODELS as TEXTS
from device_texts import device_text

from memsim.profiles import device_from_text
from memsim.profiles.nominal import nominal_cell

X = np.linspace(0.01, 0.99, 9)
_SLOW = {"vteam", "yakopcic", "ion-drift", "table", "power-law"}  # to compile; they have tests of their own
DETERMINISTIC = [
    pytest.param(name, marks=pytest.mark.slow) if name in _SLOW else name for name in sorted(set(TEXTS) - {"binary"})
]


def mover(model):
    """Function (state, pulses, p) -> change by some pulses, in the dtype of the state."""
    if model.change is not None:
        return model.change

    def one_by_one(state, pulses, p):
        real = type(state)
        here = state
        for _ in range(int(abs(pulses))):
            here = here + model.step(here, real(np.sign(pulses)), p)
        return here - state

    return one_by_one


def narrow(p):
    """The parameters in float32."""
    return type(p)(*(tuple(map(np.float32, v)) if isinstance(v, tuple) else np.float32(v) for v in p))


@pytest.mark.parametrize("name", DETERMINISTIC)
def test_pulses_go_the_right_way_alike_in_both_precisions(name):
    model, p = nominal_cell(device_from_text(device_text(name)).spec)
    move, q, real = mover(model), narrow(p), np.float32
    for x in X:
        for n in (0.0, 1.0, -1.0, 3.0, -3.0):
            change = move(float(x), n, p)
            assert change * np.sign(n) > 0 if n else change == 0
            single = move(real(x), real(n), q)
            assert single == pytest.approx(change, abs=3e-6, rel=2e-4), (name, x, n)


@pytest.mark.parametrize("name", DETERMINISTIC)
def test_many_pulses_equal_as_many_one_by_one(name):
    model, p = nominal_cell(device_from_text(device_text(name)).spec)
    move = mover(model)
    for n in (4.0, -4.0):
        x = 0.4
        for _ in range(4):
            x += move(x, np.sign(n), p)
        assert x - 0.4 == pytest.approx(move(0.4, n, p), abs=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["power-law", "table", "vteam", "yakopcic", "ion-drift"])
def test_the_computed_number_of_pulses_spans_the_window(name):
    device = device_from_text(device_text(name))
    model, p = nominal_cell(device.spec)
    move = mover(model)
    assert device.span > 10
    # It is rounded, and an integral where steps are discrete; cells whose own range ends with the window stop there.
    assert move(0.0, float(device.span - 2), p) < 1 - 1e-4
    assert move(0.0, float(device.span + 2), p) > 1 - 1e-9


def test_a_given_number_of_pulses_wins_over_the_computed_one():
    text = device_text("power-law", update=TEXTS["power-law"][0] + ", pulses: 64")
    assert device_from_text(text).span == 64
