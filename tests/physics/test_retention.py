"""Drift, leakage and relaxation: laws, limits, and that two waits are one over the sum of their times."""

from __future__ import annotations

import math

import numpy as np
import pytest

from memsim import Crossbar, Encoding, Hebbian, InputError, RetentionWarning, load_device
from memsim.noise.drift import Exponent, exponent
from memsim.noise.level import Level
from memsim.profiles.listing import lines
from memsim.profiles.overview import overview

QUIET = load_device("taox-hfox-wu2018").replace({"variability": None, "read.noise": None})
LOW, WIDTH = 1e-6, 9e-6
DRIFT = {"model": "drift", "exponent": 0.05, "reference_time": "20 s"}
STATE_DRIFT = {
    "model": "state-drift",
    "exponent": {"slope": -0.0155, "offset": 0.0244, "min": 0.049, "max": 0.1},
    "spread": {"slope": -0.0125, "offset": -0.0059, "min": 0.008, "max": 0.045},
    "reference_time": "20 s",
}
LEAK = {"model": "leak", "lifetime": "10 s", "rest": "50 %"}
RELAXATION = {
    "model": "relaxation",
    "shift": "-0.089 uS",
    "spread": "0.412 uS",
    "growth": "0.042 uS",
    "reference_time": "1 s",
}
ALL = {"drift": DRIFT, "state-drift": STATE_DRIFT, "leak": LEAK, "relaxation": RELAXATION}


def aged(retention, changes=None, **options):
    device = QUIET.replace({"retention": retention, **(changes or {})})
    settings = {"rows": 64, "cols": 4, "seed": 3, "initial": (0.2, 0.9), "dtype": "float64", **options}
    return Crossbar(device, **settings)


@pytest.mark.parametrize("name", ALL)
def test_no_time_changes_nothing(name):
    array = aged(ALL[name])
    before = array.state.values
    assert np.array_equal(array.wait(0).state.values, before)


@pytest.mark.parametrize("name", ["drift", "state-drift", "leak"])
def test_two_waits_are_one_over_the_sum_of_their_times(name):
    once, twice = aged(ALL[name]), aged(ALL[name])
    assert np.allclose(once.wait(100).state.values, twice.wait(30).wait(70).state.values, rtol=1e-12, atol=0)


def test_drift_follows_its_power_law():
    array = aged(DRIFT)
    before = array.conductance.values
    assert np.allclose(array.wait(980).conductance.values, before * 50**-0.05, rtol=1e-12)


def test_each_cell_drifts_with_an_exponent_of_its_own():
    array = aged({**DRIFT, "spread": 0.01}, rows=4096)
    before = array.conductance.values
    nu = np.log(before / array.wait(180).conductance.values) / np.log(10)
    assert abs(nu.mean() - 0.05) < 4 * 0.01 / np.sqrt(nu.size)
    assert abs(nu.std() / 0.01 - 1) < 4 / np.sqrt(2 * nu.size)
    array.wait(1800)
    assert np.allclose(np.log(before / array.conductance.values) / np.log(100), nu, rtol=1e-9)


@pytest.mark.parametrize(
    ("g", "mu", "sigma"),
    [
        (1.0, 0.049, 0.008),  # both at their lower limits
        (0.1, 0.0155 * np.log(10) + 0.0244, 0.0125 * np.log(10) - 0.0059),
        (0.001, 0.1, 0.045),  # both at their upper limits
    ],
)
def test_drift_of_phase_change_memory_has_the_published_exponents(g, mu, sigma):
    lines = (-0.0155, 0.0244, 0.049, 0.1), (-0.0125, -0.0059, 0.008, 0.045)
    law = Exponent(0.0, *(Level(1.0, *line, np.inf, (0.0, 0.0, 0.0, 0.0)) for line in lines))
    assert exponent(g, 0.0, 0.0, law) == pytest.approx(mu, rel=1e-12)
    assert exponent(g, 1.0, 0.0, law) - mu == pytest.approx(sigma, rel=1e-9)
    assert exponent(g, -5.0, 0.0, law) == pytest.approx(abs(mu - 5 * sigma), rel=1e-9)
    # The moments of |N(mu, sigma)|, the folded normal distribution.
    tail = math.erf(mu / (sigma * math.sqrt(2)))
    folded = sigma * math.sqrt(2 / math.pi) * math.exp(-(mu**2) / (2 * sigma**2)) + mu * tail
    mu, sigma = folded, math.sqrt(mu**2 + sigma**2 - folded**2)
    array = aged(STATE_DRIFT, {"conductance": {"min": "0 S", "max": "25 uS"}}, rows=4096, initial=(g, g * (1 + 1e-9)))
    before = array.conductance.values
    nu = np.log(before / array.wait(180).conductance.values) / np.log(10)
    assert abs(nu.mean() - mu) < 4 * sigma / np.sqrt(nu.size)
    assert abs(nu.std() / sigma - 1) < 4 / np.sqrt(2 * nu.size)


def test_leakage_is_exponential_and_ends_at_rest():
    array = aged(LEAK)
    before = array.state.values
    assert np.allclose(array.wait(10).state.values, 0.5 + (before - 0.5) / np.e, rtol=1e-12)
    assert np.allclose(array.wait(1e4).state.values, 0.5, rtol=1e-12)


def test_lifetimes_spread_over_cells():
    spread = {"variability": {"d2d": {"retention.lifetime": {"sigma": "30 %", "relative_to": "value"}}}}
    array = aged(LEAK, spread, rows=4096)
    before = array.state.values - 0.5
    tau = -1 / np.log((array.wait(1).state.values - 0.5) / before)
    assert abs(np.median(tau) / 10 - 1) < 0.03
    assert abs(np.percentile(tau, 84) / 13 - 1) < 0.03


def test_relaxation_has_the_published_mean_and_spread_however_the_time_is_cut():
    for times in ((1.0,), (1e4,), (1.0, 99.0, 9900.0), (0.5, 9999.5)):
        array = aged(RELAXATION, rows=4096, cols=8, initial=(0.5, 0.5 + 1e-9))
        before = array.conductance.values
        for seconds in times:
            array.wait(seconds)
        change, x = (array.conductance.values - before) * 1e6, np.log(sum(times))
        sigma = 0.412 + 0.042 * x
        assert abs(change.mean() + 0.089 * x) < 4 * sigma / np.sqrt(change.size)
        assert abs(change.std() / sigma - 1) < 4 / np.sqrt(2 * change.size)


def test_no_conductance_relaxes_below_nothing():
    array = aged({**RELAXATION, "spread": "5 uS"}, rows=4096, initial=(0.0, 1e-9))
    assert array.wait(1).conductance.values.min() == pytest.approx(0, abs=1e-20)


def test_a_programmed_cell_starts_to_age_anew_and_the_others_go_on():
    array, alone = aged(DRIFT), aged(DRIFT)
    array.wait(100)
    alone.wait(100)
    x = np.zeros(64)
    x[:10] = 1
    told = array.train(Hebbian(0.1), x, [1, 0, 0, 0], encoding="exact").conductance.values
    written = np.zeros((64, 4), bool)
    written[:10, 0] = True
    assert np.array_equal(told[~written], alone.conductance.values[~written])
    assert (told[written] > alone.conductance.values[written]).all()
    array.wait(180)
    alone.wait(180)
    assert np.allclose(array.conductance.values[written], told[written] * 10**-0.05, rtol=1e-9)
    assert np.array_equal(array.conductance.values[~written], alone.conductance.values[~written])


@pytest.mark.slow
def test_pulses_elsewhere_do_not_lift_a_cell_that_drifted_out_of_its_window():
    array = aged(DRIFT, initial=(0.0, 1e-9)).wait(1e6)
    drifted = array.state.values
    assert (drifted < -1e-3).all()
    x = np.zeros(64)
    x[0] = 1
    after = array.train(Hebbian(0.1), x, [1, 0, 0, 0]).state.values
    assert np.array_equal(after[1:], drifted[1:])
    assert np.array_equal(after[:, 1:], drifted[:, 1:])
    target = array.state.values.copy()
    target[5, 2] = 0.5
    after = array.program(target, encoding=Encoding("exact")).state.values
    assert after[5, 2] == pytest.approx(0.5, abs=0.05)


def test_heat_shortens_times_as_arrhenius_says():
    energy, cold, hot = 1.8e-19, 300.0, 350.0
    activation = {"activation": {"energy": f"{energy} J", "reference": "300 K"}}
    factor = np.exp(energy / 1.380649e-23 * (1 / cold - 1 / hot))
    assert factor > 100
    warm, plain = aged({**LEAK, **activation}), aged({**LEAK, **activation})
    assert np.allclose(warm.wait(0.05, temperature=hot).state.values, plain.wait(0.05 * factor).state, rtol=1e-12)
    same, plain = aged({**LEAK, **activation}), aged({**LEAK, **activation})
    assert np.array_equal(same.wait(3, temperature=300).state.values, plain.wait(3).state.values)


def test_each_step_of_training_takes_its_period():
    array, waited = (aged(LEAK, dtype="float32") for _ in range(2))
    x, t = np.random.default_rng(0).random((3, 64)), np.eye(4)[:3]
    array.train(Hebbian(0.1), x, t, steps=2, period=6)
    for _ in range(2):
        for sample in range(3):
            waited.train(Hebbian(0.1), x[sample], t[sample]).wait(2)
    assert np.allclose(array.state.values, waited.state.values, rtol=1e-12)


def test_a_reference_column_drifts_as_well():
    array = aged(DRIFT, column="reference", initial=(0.0, 1e-9))
    x = np.ones(64)
    assert np.allclose(array.wait(1e4).output(x), 0, atol=1e-7)
    single = aged(DRIFT, initial=(0.0, 1e-9)).wait(1e4)
    assert np.allclose(single.output(x), 64 / 9 * 501**-0.05, rtol=1e-6)


def test_global_drift_compensation_undoes_a_common_drift():
    array = aged(DRIFT, arrays=3)
    x = np.random.default_rng(0).random((5, 64))
    before = array.read(x)
    factor = array.wait(1e5).drift_compensation(x, before)
    assert factor.shape == (3, 1, 1)
    assert np.allclose(factor, 5001**0.05, rtol=1e-6)
    assert np.allclose(array.read(x) * factor, before, rtol=1e-6)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda a: a.wait(-1), "seconds: -1 is not a number from 0 to 1e"),
        (lambda a: a.wait(float("nan")), "seconds: nan is not a number from 0"),
        (lambda a: a.wait("1 s"), "seconds: '1 s' is not a number from 0"),
        (lambda a: a.wait(1, temperature=400), "does not say how its retention depends on it"),
        (lambda a: a.train(Hebbian(0.1), np.ones(64), np.ones(4), period=-2), "period: -2 is not a number from 0"),
        (lambda a: a.drift_compensation(np.ones(64), np.ones(3)), r"before: shape \(3,\) does not fit"),
        (lambda a: a.drift_compensation(np.zeros(64), np.zeros(4)), "x: an array gives no current"),
        (lambda a: a.wait(10**400), r"^seconds: 10{40,60}\.\.\.0 is not a number from 0 to 1e\+30 \[s\]$"),
        (lambda a: a.read(np.ones(64), interval=10**400), r"^interval: 10{40,60}\.\.\.0 is not a number from 0"),
        (lambda a: a.read(np.ones(64), interval=-1), "interval: -1 is not"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(call, message):
    with pytest.raises(InputError, match=message):
        call(aged(DRIFT))


def test_a_temperature_below_nothing_or_beyond_all_is_refused():
    device = {**LEAK, "activation": {"energy": "1e-18 J", "reference": "300 K"}}
    with pytest.raises(InputError, match="temperature: -3 is not a number above 0"):
        aged(device).wait(1, temperature=-3)
    with pytest.raises(InputError, match=r"temperature: 10{40,60}\.\.\.0 is not a number above 0"):
        aged(device).wait(1, temperature=10**400)


def joshi(g):
    """Mean and spread of nu at a target g = G/25 uS (Nandakumar et al., ICECS 2019)."""
    return np.clip(-0.0155 * np.log(g) + 0.0244, 0.049, 0.1), np.clip(-0.0125 * np.log(g) - 0.0059, 0.008, 0.045)


def hermes(g):
    """The same at g = G/10.35 uS for the chip of Le Gallo et al. (2023), as fitted in aihwkit."""
    low = np.clip(-0.0387 * np.log(g) - 0.0182, 0.072, 0.13)
    mean = np.where(g < 0.0945, low, 0.0736 - 0.0126 * g - 0.0436 * g**2)
    low = np.clip(-0.0120 * np.log(g) - 0.0023, 0.0124, 0.04)
    return mean, np.where(g < 0.3039, low, 0.0104 + 0.0116 * g - 0.0165 * g**2)


PCM = {
    "pcm-joshi2020": (25.0, 20.0, joshi, (0.2635, 1.9650, -1.1731, 0.0)),
    "pcm-legallo2023": (10.35, 200.0, hermes, (0.15781817, 2.32443916, -2.16310839, 0.68841818)),
}


@pytest.mark.parametrize("name", PCM)
@pytest.mark.parametrize("g", [0.1, *(pytest.param(g, marks=pytest.mark.slow) for g in (0.04, 0.09, 0.29, 0.32, 0.9))])
def test_phase_change_memory_drifts_by_the_exponent_of_its_target_and_from_what_was_programmed(name, g):
    """G(t) = G_prog (t/t_c)^-nu with t = t_c + elapsed; nu is |N| with the moments at the target."""
    scale, start, exponents, coefficients = PCM[name]
    device = load_device(name)
    low, high = device.spec.conductance.min, device.spec.conductance.max
    array = Crossbar(device, 4096, 64, seed=7, dtype="float64")
    array.program(np.full((4096, 64), (g * scale * 1e-6 - low) / (high - low)))
    sigma = sum(c * g**k for k, c in enumerate(coefficients))
    mu, spread = exponents(g)
    rng = np.random.default_rng(11)
    programmed = np.maximum(g * scale + sigma * rng.standard_normal(1 << 20), 0)
    nu = np.abs(mu + spread * rng.standard_normal(1 << 20))
    passed = 0.0
    for time in (25.0, 3600.0, 86400.0, 30 * 86400.0):
        conductance = array.wait(time - passed).conductance.values * 1e6
        passed = time
        expected = programmed * ((start + time) / start) ** -nu
        error = expected.std() * np.sqrt(1 / conductance.size + 1 / expected.size)
        assert abs(conductance.mean() - expected.mean()) < 4.5 * error
        assert abs(conductance.std() / expected.std() - 1) < 0.01


def test_the_exponent_is_that_of_the_target_although_the_error_is_wide():
    change = {"programming.coefficients": {"c0": "5 uS", "c1": "0 uS", "c2": "0 uS"}}
    array = Crossbar(load_device("pcm-joshi2020").replace(change), 4096, 16, seed=1, dtype="float64").program(0.3)
    before = array.conductance.values
    conducts = before > 1e-8
    nu = np.log(before[conducts] / array.wait(180.0).conductance.values[conducts]) / np.log(10)
    mu, sigma = joshi((0.25 + 0.3 * 24.75) / 25)
    assert abs(nu.mean() - mu) < 4.5 * sigma / np.sqrt(nu.size)
    assert abs(nu.std() / sigma - 1) < 0.015
    assert abs(np.corrcoef(nu, before[conducts])[0, 1]) < 4.5 / np.sqrt(nu.size)


def test_a_further_error_of_programming_leaves_the_target():
    array = Crossbar("pcm-joshi2020", 64, 2, seed=1).program(0.3, error=0.2)
    history, state = array._array.cells.lines.history, array._array.cells.lines.state
    assert np.allclose(history.target(state)[:, :, :64], 0.3)
    assert np.std(history.programmed(state)[:, :, :64]) > 0.1


def test_cells_that_pulses_changed_have_their_own_time_and_number_and_the_others_keep_theirs():
    array = aged(DRIFT, dtype="float32")
    history = array._array.cells.lines.history
    assert (history.number(), history.elapsed()) == (0, 0.0)
    array.program(0.5, cycles=2)
    array.wait(3.0).wait(4.0)
    assert (history.number(), history.elapsed()) == (1, 7.0)
    x = np.zeros(64)
    x[:10] = 1
    array.train(Hebbian(0.1), x, [1, 0, 0, 0], encoding="exact").wait(5.0)
    number, elapsed = history.number()[0, :, :64], history.elapsed()[0, :, :64]
    assert (number[0, :10] == 3).all() and (elapsed[0, :10] == 5.0).all()
    assert (number[1:] == 1).all() and (number[0, 10:] == 1).all()
    assert (elapsed[1:] == 12.0).all() and (elapsed[0, 10:] == 12.0).all()
    array.wait(1.0)
    assert set(np.unique(history.elapsed()[0, :, :64])) == {6.0, 13.0}


def test_waiting_on_a_device_without_retention_warns_once_a_call():
    array = Crossbar(QUIET, 4, 1)
    with pytest.warns(RetentionWarning, match=f"'{QUIET.name}' specifies no retention: its cells keep") as told:
        array.wait(5.0)
    assert len(told) == 1 and told[0].filename == __file__
    with pytest.warns(RetentionWarning) as told:
        array.train(Hebbian(0.1), np.ones((3, 4)), np.ones((3, 1)), steps=2, period=1.0)
    assert len(told) == 1 and told[0].filename == __file__
    array.wait(0)
    aged(DRIFT).wait(5.0)


def test_tables_and_figures_say_that_a_device_specifies_no_retention():
    said = "this device specifies no retention"
    assert lines(QUIET)[-1].value == said
    assert overview(QUIET).retention == "not specified"
    device = QUIET.replace({"retention": DRIFT})
    assert all(line.value != said for line in lines(device))
    assert overview(device).retention == "drift"


def test_limits_of_a_line_in_the_wrong_order_are_refused():
    line = {"slope": 0.1, "offset": 0.0, "min": 0.2, "max": 0.1}
    with pytest.raises(InputError, match="'max' must not be below 'min'"):
        QUIET.replace({"retention": {**STATE_DRIFT, "exponent": line}})
