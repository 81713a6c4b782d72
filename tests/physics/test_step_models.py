"""Constant, linear, soft-bounds, exponential and power steps against their published equations and limits."""

from __future__ import annotations

import numpy as np
import pytest
from device_texts import device_text

from memsim.cells import MODELS, Surroundings
from memsim.cells.neurosim import Neurosim, curvature, rates
from memsim.cells.neurosim import change as neurosim_change
from memsim.profiles import device_from_text
from memsim.profiles.nominal import nominal_cell

X = np.linspace(0, 1, 9)
W = 2 * X - 1
SIZE, BETA = 0.02, 0.1  # of 100 pulses over w from -1 to 1, and the asymmetry


def cell(model, **numbers):
    """Parameters of a model for numbers by dotted path ('.' written as '__')."""
    values = {
        "step": SIZE,
        "asymmetry": 0.0,
        "weights.min": -1.0,
        "weights.max": 1.0,
        "slope.reference": "cell",
        **{key.replace("__", "."): value for key, value in numbers.items()},
    }
    values = {"step.nominal": values["step"], "asymmetry.nominal": values["asymmetry"], **values}
    fields = MODELS[model].prepare(values, Surroundings(0.0, 1.0, 1e-6, 1e-5, 0.5))
    fields = {"low": 0.0, "high": 1.0, "c2c": 0.0, **fields}
    return MODELS[model].parameters(*(float(fields[name]) for name in MODELS[model].parameters._fields))


def moved(model, state, pulses, p):
    """Change by some pulses, one after the other."""
    found = MODELS[model]
    one = found.step or found.change
    here = state
    for _ in range(abs(int(pulses))):
        here = here + one(here, float(np.sign(pulses)), p)
    return here - state


def published(model, w, direction):
    """Change of w by one pulse, from the cited equations; numbers as in `device_texts`."""
    s = SIZE * (1 - BETA if direction < 0 and model in ("linear", "soft-bounds") else 1)
    if model == "constant":
        return direction * s + 0 * w
    if model in ("linear", "soft-bounds"):
        gamma = 1.0 if model == "soft-bounds" else (0.3 if direction > 0 else 0.6)
        return direction * s * (1 - gamma * w * direction)
    if model == "exponential":
        amplitude = -1.18445 if direction > 0 else -0.081404
        z = 2 * -0.5 * w / 2 - 0.5
        return direction * s * np.maximum(1 - amplitude * np.exp(direction * 5 * z), 0)
    omega = (1 - w) / 2
    return s * omega**1.5 if direction > 0 else -s * (1 - omega) ** 0.5


@pytest.mark.parametrize("model", ["constant", "linear", "soft-bounds", "exponential", "power"])
@pytest.mark.parametrize("direction", [1, -1])
def test_one_pulse_follows_the_published_equation(model, direction):
    _, p = nominal_cell(device_from_text(device_text(model)).spec)
    steps = [moved(model, x, direction, p) for x in X]
    assert np.allclose(steps, published(model, W, direction) / 2, atol=1e-13)


def test_without_slope_a_linear_step_is_constant_and_with_slope_one_it_has_soft_bounds():
    constant, soft = cell("constant", asymmetry=BETA), cell("soft-bounds", asymmetry=BETA)
    flat = cell("linear", slope__set=0.0, slope__reset=0.0, asymmetry=BETA)
    full = cell("linear", slope__set=1.0, slope__reset=1.0, asymmetry=BETA)
    for x in X:
        for n in (3, -3):
            assert moved("linear", x, n, flat) == pytest.approx(moved("constant", x, n, constant), abs=1e-14)
            assert moved("linear", x, n, full) == pytest.approx(moved("soft-bounds", x, n, soft), abs=1e-14)


def test_a_power_of_zero_is_the_constant_step_and_a_power_of_one_has_soft_bounds():
    constant, soft = cell("constant"), cell("soft-bounds", step=SIZE / 2)
    flat = cell("power", exponent__set=0.0, exponent__reset=0.0)
    full = cell("power", exponent__set=1.0, exponent__reset=1.0)
    for x in X:
        for n in (1, -1):
            assert moved("power", x, n, flat) == pytest.approx(moved("constant", x, n, constant), abs=1e-14)
            # omega = (1 - w)/2, while soft bounds say 1 - w/w_max: half the step for the same equation.
            assert moved("power", x, n, full) == pytest.approx(moved("soft-bounds", x, n, soft), abs=1e-14)


def test_an_exponential_step_without_amplitude_is_constant():
    zero = {f"{name}__{way}": 0.0 for name in ("amplitude", "gamma") for way in ("set", "reset")}
    p = cell("exponential", a=1.0, b=0.0, **zero)
    assert [moved("exponential", x, 1, p) for x in X] == pytest.approx([SIZE / 2] * len(X), abs=1e-14)


def test_soft_bounds_are_the_model_of_neurosim_with_a_larger_window():
    pulses, label = 97, 2.4
    a = float(curvature(label))
    beyond = 1 / -np.expm1(-a)  # B: the limit lies at G_min + B
    p = Neurosim(0.0, 1.0, 0.0, *(float(value) for value in rates(label, pulses)), 0.0, 0.0)
    soft = cell("soft-bounds", step=-np.expm1(-a / pulses))  # B/A of that window, for small steps
    x = 0.0
    for n in range(1, pulses + 1):
        x += neurosim_change(x, 1.0, p)
        # The state of soft bounds is a share of the larger window; w_max is 1 and w = -1 at G_min.
        assert beyond * moved("soft-bounds", 0.0, n, soft) == pytest.approx(x, abs=1e-12)


@pytest.mark.parametrize("model", ["constant", "linear", "soft-bounds"])
def test_many_pulses_at_once_equal_as_many_one_by_one(model):
    found, p = nominal_cell(device_from_text(device_text(model)).spec)
    for x in (0.1, 0.6):
        for n in (7, -5):
            assert found.change(x, float(n), p) == pytest.approx(moved(model, x, n, p), abs=1e-13)


def test_steps_shrink_towards_the_end_and_vanish_there():
    for model in ("soft-bounds", "power"):
        _, p = nominal_cell(device_from_text(device_text(model)).spec)
        up = np.array([moved(model, x, 1, p) for x in X])
        down = np.array([moved(model, x, -1, p) for x in X])
        assert (np.diff(up) < 0).all() and (np.diff(down) < 0).all()
        assert up[-1] == pytest.approx(0, abs=1e-15) and down[0] == pytest.approx(0, abs=1e-15)
        assert 0.99 < moved(model, 0.0, 2000, p) <= 1


@pytest.mark.parametrize("label", [2.4, 4.88, 1.85, 0.04, 0.63, 3.68, 6.76, 0.105, 1.46])
def test_published_labels_survive_inversion_to_a_thousandth(label):
    a = float(curvature(label))
    x = np.linspace(0, 1, 1_000_001)
    curve = np.expm1(-a * x) / np.expm1(-a)
    assert 10.1015 * (curve - x).max() == pytest.approx(label, abs=1e-3)
