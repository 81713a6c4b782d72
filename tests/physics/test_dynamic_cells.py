"""Cells told by differential equations: equations, closed forms, order of the integration, hysteresis."""

from __future__ import annotations

import math

import numpy as np
import pytest
from device_texts import MODELS as TEXTS
from device_texts import device_text

import memsim as ms
from memsim.errors import InputError
from memsim.profiles import device_from_text
from memsim.profiles.nominal import nominal_cell

# Model -> amplitude [V], slowest frequency [Hz] and start of a loop that stays off the ends.
LOOPS = {"vteam": (2.0, 2e5, 0.1), "yakopcic": (3.0, 0.3, 0.3), "ion-drift": (1.0, 20.0, 0.1)}


def device(name, changes=None):
    found = device_from_text(device_text(name))
    return found.replace(changes) if changes else found


def cell(name, changes=None):
    return nominal_cell(device(name, changes).spec)


def test_yakopcic_rate_and_current_follow_the_published_equations():
    model, p = cell("yakopcic")
    for v in (-2.0, -0.51, -0.3, 0.0, 1.4, 1.6, 3.0):
        for x in (0.0, 0.1, 0.4, 0.7, 1.0):
            g = 0.0
            if v > 1.5:
                g = 0.005 * (math.exp(v) - math.exp(1.5))
            elif v < -0.5:
                g = -0.08 * (math.exp(-v) - math.exp(0.5))
            f = 1.0
            if v > 0 and x >= 0.2:
                f = math.exp(-1.2 * (x - 0.2)) * ((0.2 - x) / 0.8 + 1)
            elif v < 0 and x <= 0.5:
                f = math.exp(3 * (x + 0.5 - 1)) * x / 0.5
            assert model.rate(x, v, p) == pytest.approx(g * f, rel=1e-12, abs=1e-18)
            current = (3.7e-7 if v >= 0 else 4.35e-7) * x * math.sinh(0.7 * v)
            assert model.current(x, v, p) == pytest.approx(current, rel=1e-12, abs=1e-24)


def test_a_reversed_yakopcic_cell_mirrors_the_direction_of_its_motion():
    changes = {"update.direction": -1, "update.set.voltage": "-2 V", "update.reset.voltage": "3 V"}
    model, p = cell("yakopcic", changes)
    assert model.rate(0.5, 3.0, p) < 0 < model.rate(0.5, -2.0, p)


def test_vteam_moves_by_a_power_of_the_voltage_beyond_its_threshold_and_not_below():
    model, p = cell("vteam")
    for v in (0.7, 0.3, 0.0, -0.2, -0.5):
        assert model.rate(0.5, v, p) == 0
    assert model.rate(0.5, 1.4, p) == pytest.approx(1e-4 * (1.4 / 0.7 - 1) ** 3 / 3e-9, rel=1e-12)
    assert model.rate(0.5, -0.75, p) == pytest.approx(-1e-4 * 0.5**2 / 3e-9, rel=1e-12)
    assert model.current(0.25, 0.5, p) == pytest.approx(0.5 / (1e5 + 0.25 * 9e5), rel=1e-12)


@pytest.mark.slow
def test_vteam_without_a_window_moves_its_resistance_at_a_constant_speed():
    model, p = cell("vteam")
    for state, pulses in ((0.3, -10.0), (0.3, 5.0)):
        share = 200e-9 * abs(pulses) / 3e-9 * 1e-4  # both pulses are at twice the threshold
        resistance = 1 / (1e-6 + state * 9e-6) - np.sign(pulses) * share * 9e5
        expected = (1 / resistance - 1e-6) / 9e-6
        assert state + model.change(state, pulses, p) == pytest.approx(expected, rel=1e-10)


@pytest.mark.slow
def test_linear_ion_drift_without_a_window_has_its_closed_form():
    model, p = cell("ion-drift", {"update.window.kind": "none", "update.substeps": 100})
    on, off = 100.0, 16e3
    for state, pulses in ((0.05, 2.0), (0.4, -3.0)):
        # (R_off - (R_off - R_on) x) dx = mu R_on/D^2 v dt, so R^2 falls in proportion to time.
        start = 1 / (1e-4 + state * 4.9e-3)
        drive = 1e-14 * on / 1e-16 * np.sign(pulses) * 1.0 * abs(pulses) * 5e-3
        resistance = math.sqrt(start**2 - 2 * (off - on) * drive)
        expected = (1 / resistance - 1e-4) / 4.9e-3
        assert state + model.change(state, pulses, p) == pytest.approx(expected, rel=1e-7)


def test_conductance_of_a_yakopcic_cell_is_its_read_current_over_the_read_voltage():
    model, p = cell("yakopcic")
    for state in (0.0, 0.3, 1.0):
        conductance = model.current(model.inside(state, p), 0.5, p) / 0.5
        assert conductance == pytest.approx(20e-9 + state * 230e-9, rel=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "pulses"), [("yakopcic", 40.0), ("ion-drift", -10.0), ("ion-drift", 3.0)])
def test_the_integration_converges_with_the_fourth_power_of_its_step(name, pulses):
    model, p = cell(name)
    exact = model.change(0.3, pulses, p._replace(substeps=64.0))
    # One pulse as long as all of them: the steps are large enough for their errors to be seen above rounding.
    long = {f"width_{way}": getattr(p, f"width_{way}") * abs(pulses) for way in ("set", "reset")}
    steps = (6, 12, 24)
    errors = [model.change(0.3, np.sign(pulses), p._replace(substeps=float(n), **long)) - exact for n in steps]
    orders = np.log2(np.abs(errors[:-1]) / np.abs(errors[1:]))
    assert (orders > 3.5).all() and (orders < 5.5).all(), orders
    assert abs(model.change(0.3, pulses, p) - exact) < 1e-7, "the default number of substeps"


@pytest.mark.slow
@pytest.mark.parametrize("name", LOOPS)
def test_a_loop_is_pinched_at_zero_and_its_lobe_shrinks_with_the_frequency(name):
    amplitude, frequency, initial = LOOPS[name]
    areas = []
    for factor in (1, 10, 100):
        loop = ms.hysteresis(device(name), amplitude, frequency * factor, periods=1, points=2000, initial=initial)
        largest = np.abs(loop.current).max()
        assert np.abs(loop.current[[0, 1000, 2000]]).max() < 1e-12 * largest
        assert (loop.current * loop.voltage >= 0).all(), "a passive element"
        assert loop.state.min() >= 0 and loop.state.max() <= 1
        lobe = slice(0, 1001)
        areas.append(abs(np.trapezoid(loop.current[lobe], loop.voltage[lobe])) / (largest * amplitude))
    assert areas[0] > 0.01 and areas[0] > 5 * areas[1] > 25 * areas[2], areas


@pytest.mark.parametrize("name", LOOPS)
def test_pulses_without_end_stop_at_the_ends_of_the_cell(name):
    model, p = cell(name)
    ends = [model.inside(state, p) for state in (0.0, 1.0)]
    for pulses in (5000.0, -5000.0):
        x = model.inside(0.4 + model.change(0.4, pulses, p), p)
        assert 0 <= x <= 1
        towards = ends[1] if pulses > 0 else ends[0]
        assert (x - towards) * (ends[1] - ends[0]) * np.sign(pulses) > -1e-9, "at or beyond the window's end"


@pytest.mark.slow
def test_a_cell_cannot_be_driven_beyond_resistances_of_its_own():
    more = "variability: {d2d: {update.resistance.on: {sigma: 20 %, relative_to: value}}}"
    array = ms.Crossbar(device_from_text(device_text("vteam", more)), 256, 1, seed=2)
    array.train(ms.Hebbian(rate=1.0), np.ones(256), np.ones(1), steps=2)
    reached = array.state.values[:, 0]
    assert reached.max() == 1 and reached.min() < 0.9


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        (
            "vteam",
            "set: {voltage: -1 V",
            "set: {voltage: 1 V",
            r"update\.set\.voltage: 1 V does not set the cell; allowed: below -500 mV",
        ),
        ("vteam", "reset: {voltage: 1.4 V", "reset: {voltage: 0.6 V", r"update\.reset\.voltage: 600 mV does not reset"),
        (
            "vteam",
            ", set: {voltage: -1 V, width: 200 ns}",
            "",
            r"missing key 'set' in update; write e\.g\. 'set: \{voltage",
        ),
        ("ion-drift", "set: {voltage: 1 V", "set: {voltage: -1 V", r"-1 V does not set the cell; allowed: above 0 V"),
        ("ion-drift", "min: 100 uS", "min: 10 uS", r"conductance\.min: must be at least 1/R_off = 62\.5 uS"),
        ("ion-drift", "min: 100 uS", "min: 62.5 uS", r"conductance\.min: the joglekar window is 0 at the ends"),
        ("ion-drift", "kind: joglekar", "kind: jogelkar", r"did you mean 'joglekar'\?"),
        (
            "yakopcic",
            "max: 250 nS",
            "max: 1 uS",
            r"conductance\.max: must be at most that of x = 1 at the read voltage",
        ),
        ("yakopcic", "set: {voltage: 3 V", "set: {voltage: 1 V", r"1 V does not set the cell; allowed: above 1\.5 V"),
    ],
)
def test_pulses_and_windows_that_cannot_work_are_refused(name, old, new, said):
    text = device_text(name)
    assert old in text
    with pytest.raises(InputError, match=said):
        device_from_text(text.replace(old, new, 1))


def test_loops_of_other_models_and_impossible_numbers_are_refused():
    with pytest.raises(
        InputError, match=r"has model 'constant', which is not a differential equation; .* vteam, yakopcic"
    ):
        ms.hysteresis(device("constant"), 1.0, 1.0)
    for numbers, said in (((0.0, 1.0), "amplitude: 0.0"), ((1.0, math.nan), "frequency: nan")):
        with pytest.raises(InputError, match=said):
            ms.hysteresis(device("vteam"), *numbers)
    with pytest.raises(InputError, match="initial: 2"):
        ms.hysteresis(device("vteam"), 1.0, 1.0, initial=2)


def test_every_dynamic_model_has_a_loop_here():
    assert set(LOOPS) <= set(TEXTS)
