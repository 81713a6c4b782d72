"""Step functions registered from a script and named in a profile."""

from __future__ import annotations

import numpy as np
import pytest
from device_texts import device_text
from numba import njit

import memsim as ms
from memsim.cells import custom
from memsim.errors import InputError
from memsim.kernels.fingerprint import fingerprint
from memsim.profiles import device_from_text

UPDATE = "function: {name}, pulses: 100, parameters: {{rate: 0.01, tilt: 2}}"


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch):
    monkeypatch.setattr(custom, "_REGISTERED", {})


def falling(state, direction, p):
    real = type(state)
    left = real(1.0) - state if direction > 0 else state
    return direction * p.rate * left**p.tilt


def profile(name="falling", more="", update=UPDATE):
    return device_from_text(device_text("custom", more, update.format(name=name)), "t.yaml")


def trained(device, **options):
    array = ms.Crossbar(device, 64, 1, seed=4, initial=(0.2, 0.3), **options)
    before = array.state.values[:, 0].astype(float)
    array.train(ms.Hebbian(rate=1.0), np.ones(64), np.ones(1), encoding="sign")
    return before, array.state.values[:, 0]


@pytest.mark.slow
def test_a_registered_plain_function_moves_the_cells_of_a_profile():
    model = ms.register_step("falling", falling, parameters=("rate", "tilt"), equation="dx = rate (1 - x)^tilt")
    assert model.equation == "dx = rate (1 - x)^tilt"
    before, after = trained(profile())
    assert after == pytest.approx(before + 0.01 * (1 - before) ** 2, abs=1e-6)


@pytest.mark.slow
def test_parameters_of_a_registered_step_spread_over_cells():
    ms.register_step("falling", njit(falling), parameters=("rate", "tilt"))
    more = "variability: {d2d: {update.parameters.rate: {sigma: 20 %, relative_to: value}}}"
    device = profile(more=more)
    before, after = trained(device)
    rates = (after - before) / (1 - before) ** 2
    assert 0.001 < rates.std() < 0.003 and abs(rates.mean() - 0.01) < 0.001
    assert device.replace({"variability.d2d.update.parameters.tilt": {"sigma": "5 %", "relative_to": "value"}})


@pytest.mark.slow
def test_the_kernel_cache_tells_functions_of_one_name_apart():
    def one(state, direction, p):
        return direction * 0.01

    def other(state, direction, p):
        return direction * 0.02

    def deeper(state, direction, p):
        return direction * inner(0.01)

    @njit
    def inner(x):
        return x

    marks = [fingerprint(ms.register_step("mine", function).step) for function in (one, other, deeper, one)]
    assert len(set(marks)) == 3 and marks[0] == marks[3]


def test_a_name_that_is_not_registered_says_what_is_and_how_to_register():
    with pytest.raises(InputError) as error:
        ms.Crossbar(profile(), 2, 1)
    assert str(error.value) == (
        "step function 'falling' is not registered; none is registered; in a script, call "
        "memsim.register_step('falling', function, parameters=(...)) before the profile is used"
    )
    ms.register_step("falling-fast", falling, parameters=("rate", "tilt"))
    with pytest.raises(InputError, match="'falling' is not registered; did you mean 'falling-fast'"):
        ms.Crossbar(profile(), 2, 1)


def test_parameters_of_the_profile_must_be_those_of_the_function():
    ms.register_step("falling", falling, parameters=("rate", "tilt"))
    with pytest.raises(InputError, match=r"step function 'falling': missing parameter 'tilt' in update\.parameters"):
        ms.Crossbar(profile(update="function: {name}, pulses: 9, parameters: {{rate: 0.1}}"), 2, 1)
    with pytest.raises(InputError, match="step function 'falling': unknown parameter 'tlit'; did you mean 'tilt'"):
        ms.Crossbar(profile(update="function: {name}, pulses: 9, parameters: {{rate: 0.1, tilt: 1, tlit: 1}}"), 2, 1)


def nan(state, direction, p):
    return direction * np.nan


def restless(state, direction, p):
    return 0.1


def pair(state, direction, p):
    return (0.1, 0.2)


def misspelt(state, direction, p):
    return p.rat * direction


@pytest.mark.parametrize(
    ("name", "function", "parameters", "said"),
    [
        ("a b", falling, (), "register_step: name 'a b' is not allowed"),
        ("x", 3, (), r"register_step: 'x' needs a function \(state, direction, p\), not int"),
        ("x", falling, ("low",), "register_step: 'x' cannot have a parameter 'low'"),
        ("x", falling, ("Rate",), "register_step: 'x' cannot have a parameter 'Rate'"),
        ("x", falling, ("rate", "rate"), "register_step: 'x' needs at most 16 different parameters"),
        ("x", nan, (), "register_step: 'x' gives nan at state 0 and direction 1; a finite number is wanted"),
        ("x", restless, (), "register_step: 'x' gives 0.1 at state 0 and direction 0; no pulse must change nothing"),
        ("x", pair, (), r"register_step: 'x' gives \(0.1, 0.2\) at state 0 and direction 1; a number is wanted"),
        ("x", misspelt, ("rate",), "register_step: 'x' fails or does not compile"),
    ],
)
def test_a_function_that_cannot_work_is_refused_in_one_line(name, function, parameters, said):
    with pytest.raises(InputError, match=said) as error:
        ms.register_step(name, function, parameters)
    assert "\n" not in str(error.value) and not custom._REGISTERED


def test_nothing_in_a_profile_is_executed():
    for name in ("os.system", "__import__('os')"):
        with pytest.raises(InputError, match="is not registered"):
            ms.Crossbar(profile(name=f'"{name}"'), 2, 1)
