"""Write and verify: distributions, pulses, time and energy beside closed forms and a second transcription of the rules.

The table of standard deviations is for states that land uniformly around the window, which pulses much longer than the
window give: one accepting read with noise s leaves a^2/3 + s^2 for a window +-a; the values for two reads in a row are
those of that distribution, computed by quadrature.
"""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from scipy import integrate, stats

import memsim as ms
from memsim.arrays.programming.algorithms import Fppv, Neurram, Radar, Ramp
from memsim.profiles import device_from_text

PULSE = {"voltage": "1 V", "width": "1 us"}
LOW, HIGH, V_READ, T_READ = 1e-6, 41e-6, 0.2, 1e-7


def device(pulses=10, noise=None, c2c=None, scale=None, **changes):
    """Cells with equal steps."""
    pulse = PULSE if scale is None else PULSE | {"voltage_scale": f"{scale} V"}
    values = {
        "conductance": {"min": f"{LOW} S", "max": f"{HIGH} S"},
        "update": {"model": "constant", "pulses": pulses, "set": pulse, "reset": pulse},
        "read": {"voltage": f"{V_READ} V", "duration": f"{T_READ} s"},
    }
    if noise:
        values["read"]["noise"] = {"sigma": noise, "relative_to": "range"}
    if c2c:
        values["variability"] = {"c2c": {"sigma": c2c, "relative_to": "range"}}
    head = {"name": "cell", "title": "Cell", "technology": "none", "status": "assumed"}
    return device_from_text(json.dumps(head | values | changes))


def accepted_sd(a, s, reads):
    """Standard deviation of uniform states that `reads` reads with noise s accept within +-a, by quadrature."""

    def chance(x):
        return (stats.norm.cdf((a - x) / s) - stats.norm.cdf((-a - x) / s)) ** reads

    far = a + 10 * s
    total = integrate.quad(chance, -far, far, limit=200)[0]
    return math.sqrt(integrate.quad(lambda x: x * x * chance(x), -far, far, limit=200)[0] / total)


@pytest.mark.slow
@pytest.mark.parametrize("ratio", [0.25, 0.5, 1.0, 2.0])
@pytest.mark.parametrize("reads", [1, 2])
def test_the_spread_of_accepted_states(ratio, reads):
    a = 0.01
    cell = device(pulses=6, noise=ratio * a, c2c=0.05)
    xbar = ms.Crossbar(cell, 256, 512, seed=3).program(0.5, Radar(window=a, max_pulses=100_000, reads=reads))
    assert xbar.programming.accepted.all()
    sd = float((xbar.state.values - 0.5).std())
    assert sd == pytest.approx(accepted_sd(a, ratio * a, reads), rel=0.02)
    if reads == 1:
        assert sd == pytest.approx(math.sqrt(a * a / 3 + (ratio * a) ** 2), rel=0.02)


def test_published_spreads_of_two_reads():
    for ratio, published in ((0.25, 0.537), (0.5, 0.581), (1.0, 0.824), (2.0, 1.48)):
        assert accepted_sd(1.0, ratio, 2) == pytest.approx(published, rel=0.006)  # printed with three digits


def energy_of(states, widths, voltages):
    """Sum of V I t of pulses between states, with the mean current, and of a verify read of each state [J]."""
    g = LOW + np.asarray(states) * (HIGH - LOW)
    pulses = np.asarray(voltages) ** 2 * widths * (g[1:] + g[:-1]) / 2
    return pulses.sum() + (V_READ**2 * T_READ * g).sum()


def test_ispp_counts_pulses_reads_time_and_energy():
    xbar = ms.Crossbar(device(), 3, 2, seed=1, initial=(0.0, 1e-12)).program(0.52, "ispp", window=0.03)
    assert xbar.state.values == pytest.approx(0.5, abs=1e-6)
    report = xbar.programming
    assert (report.set_pulses == 5).all() and (report.reset_pulses == 0).all() and (report.verify_reads == 6).all()
    assert report.time.values == pytest.approx(5 * 1e-6 + 6 * T_READ)
    assert report.energy.values == pytest.approx(energy_of([0, 0.1, 0.2, 0.3, 0.4, 0.5], 1e-6, [1.0] * 5), rel=1e-6)
    assert report.energy.attrs["units"] == "J" and report.time.attrs["units"] == "s"
    assert xbar.pulses.set.sum() == 3 * 2 * 5


def test_ispp_erases_a_cell_that_overshoots():
    # Steps of a third from 0: 0.33, 0.67 is too high, 0 again by three pulses, and so on until the limit.
    xbar = ms.Crossbar(device(pulses=3), 2, 2, seed=1).program(0.5, "ispp", window=0.05, max_pulses=9)
    report = xbar.programming
    assert not report.accepted.any()
    assert (report.set_pulses + report.reset_pulses >= 9).all() and (report.reset_pulses >= 3).all()


def rule(target, window, state, step, v0, scale, ramp, refinement):
    """RADAR's rule for a cell without noise: its states and voltages, written from the description alone."""
    states, voltages, last, voltage, turned = [state], [], 0, 0.0, False
    while not target - window <= state <= target + window and len(voltages) < 500:
        way = 1 if state < target else -1
        start, rise, end = ramp
        if last and way != last:
            turned, voltage = True, start
        elif last == 0:
            voltage = start
        else:
            voltage = min(voltage + rise * (refinement if turned else 1), end)
        state = min(max(state + way * step * math.exp((voltage - v0) / scale), 0), 1)
        last = way
        states.append(state)
        voltages.append(voltage)
    return states, voltages


@pytest.mark.slow
@pytest.mark.parametrize("target", [0.13, 0.37, 0.744, 0.98])
def test_radar_follows_its_rule(target):
    ramp = (0.6, 0.1, 1.5)
    xbar = ms.Crossbar(device(scale=0.4), 1, 1, seed=1, dtype="float64", initial=(0.0, 1e-12))
    xbar.program(target, Radar(window=0.01, max_pulses=500, set=Ramp(*ramp), reset=Ramp(*ramp), fine=0.5))
    states, voltages = rule(target, 0.01, 0.0, 0.1, 1.0, 0.4, ramp, 0.5)
    report = xbar.programming
    assert (report.set_pulses + report.reset_pulses).item() == len(voltages) > 3
    assert xbar.state.item() == pytest.approx(states[-1], abs=1e-9)
    assert report.energy.item() == pytest.approx(energy_of(states, 1e-6, voltages), rel=1e-9)


@pytest.mark.slow
def test_fppv_lands_on_its_target_with_one_pulse():
    targets = np.linspace(0.05, 0.95, 10)[:, None]
    xbar = ms.Crossbar(device(scale=0.3), 10, 1, seed=1).program(0.5).program(targets, Fppv(window=0.001))
    assert xbar.state.values == pytest.approx(targets, abs=1e-5)
    report = xbar.programming
    moved = np.abs(targets - 0.5) > 0.01
    assert (report.set_pulses.values[moved] == 1).all() and (report.reset_pulses.values[moved] == 10).all()


def test_neurram_reads_twice_and_repeats_rounds():
    xbar = ms.Crossbar(device(), 2, 2, seed=1, initial=(0.0, 1e-12)).program(0.5, Neurram(window=0.03))
    report = xbar.programming
    assert (report.set_pulses == 5).all() and (report.verify_reads == 5 + 3 * 2).all()
    # A cell that jumps over the window in both directions is stopped by its changes of direction.
    wide = ms.Crossbar(device(pulses=3), 1, 1, seed=1, initial=(0.0, 1e-12)).program(
        0.5, Neurram(window=0.05, max_turns=4, rounds=1)
    )
    assert not wide.programming.accepted.any() and (wide.programming.set_pulses <= 6).all()


@pytest.mark.parametrize("algorithm", [Radar(window=0.01, reads=50, max_pulses=2), Fppv(window=1e-6, max_pulses=1)])
def test_later_steps_have_addresses_of_their_own(algorithm):
    xbar = ms.Crossbar(device(pulses=3000, scale=0.3), 8, 8, seed=1).program(0.5)
    before = xbar._array.steps
    report = xbar.program(0.5 if algorithm.name == "radar" else 0.7, algorithm).programming
    used = max(int((report.set_pulses + report.reset_pulses).max()), int(report.verify_reads.max()))
    assert used > 40 and xbar._array.steps >= before + used


def test_failed_cells_stop_at_the_limit():
    xbar = ms.Crossbar(device(pulses=1000), 4, 4, seed=1).program(0.9, "radar", window=0.01, max_pulses=50)
    assert not xbar.programming.accepted.any() and (xbar.programming.set_pulses == 50).all()


def test_the_last_pulse_is_verified_as_well():
    """Three steps of 0.1 reach 0.3, and the fourth read accepts it."""
    xbar = ms.Crossbar(device(pulses=10), 1, 1, initial=(0, 1e-12)).program(0.3, Radar(window=0.01, max_pulses=3))
    report = xbar.programming
    assert bool(report.accepted.all()) and report.set_pulses.item() == 3 and report.verify_reads.item() == 4


def test_the_noise_of_the_electronics_is_part_of_verify_reads():
    sd = []
    for noise in (0.0, 0.01):
        xbar = ms.Crossbar(device(pulses=6, c2c=0.05), 128, 256, seed=3, adc=ms.ADC(noise=noise, range=1.0))
        xbar.program(0.5, Radar(window=0.01, max_pulses=10_000))
        sd.append(float((xbar.state.values - 0.5).std()))
    assert sd[0] == pytest.approx(0.01 / math.sqrt(3), rel=0.02)
    assert sd[1] == pytest.approx(math.sqrt(0.01**2 / 3 + 0.01**2), rel=0.02)


def test_drift_acts_between_a_pulse_and_the_read_after_it():
    # G falls by (1 + t/t_ref)^-nu after each pulse; a cell is accepted by what is left of it.
    drifting = device(pulses=50, retention={"model": "drift", "exponent": 0.005, "reference_time": "1 s"})
    how = {"seed": 1, "dtype": "float64", "initial": (0.0, 1e-12)}
    xbar = ms.Crossbar(drifting, 8, 1, **how).program(0.5, Radar(window=0.015, delay=9.0))
    assert xbar.programming.accepted.all()
    g, pulses, window = 0.0, 0, HIGH - LOW
    while not 0.485 <= g <= 0.515:
        siemens = (LOW + (g + 1 / 50) * window) * 10**-0.005
        g, pulses = (siemens - LOW) / window, pulses + 1
    assert (xbar.programming.set_pulses == pulses).all()
    assert xbar.state.values == pytest.approx(g, abs=1e-9)
    assert xbar.programming.time.values == pytest.approx(pulses * (9.0 + 1e-6) + (pulses + 1) * T_READ)
    at_once = ms.Crossbar(drifting, 8, 1, **how).program(0.5, Radar(window=0.015))
    assert (at_once.programming.set_pulses == 25).all()


def test_arrays_of_a_stack_are_programmed_as_alone():
    cell = device(noise=0.01, c2c=0.03)
    together = ms.Crossbar(cell, 70, 3, arrays=3, seed=5).program(0.4, "radar", window=0.02)
    for number in range(3):
        alone = ms.Crossbar(cell, 70, 3, arrays=1, first_array=number, seed=5).program(0.4, "radar", window=0.02)
        assert (alone.state.values[0] == together.state.values[number]).all()
        for name in ("set_pulses", "verify_reads", "energy"):
            assert (alone.programming[name].values[0] == together.programming[name].values[number]).all()


WRITES = {"variability": {"write": {"sigma": 0.01, "relative_to": "range"}}}


@pytest.mark.parametrize(
    ("cell", "state", "how", "message"),
    [
        (device(), 1.2, {}, "state: a target of 1.2 lies outside the window of device 'cell'; allowed: 0 to 1"),
        (device(noise=0.5), 0.5, {"window": 1e-4}, "that is too rare for 100 pulses"),
        (device(), 0.5, {"max_pulses": 0}, "max_pulses: 0 is not a whole number from 1 to 1000000"),
        (device(), 0.5, {"windw": 0.1}, "windw: algorithm 'radar' has window, max_pulses"),
        (device(), 0.5, {"window": -1}, "window: -1 is not a number above 0 and up to 1"),
        (device(), 0.5, {"delay": math.nan}, "delay: nan is not a number from 0 to 1e+09 [s]"),
        (device(), 0.5, {"cycles": 3}, "cycles: algorithm 'radar' does not use it; 'pulses' does"),
        (device(), 0.5, {"set": Ramp(step=0.1)}, "does not say how steps depend on the voltage"),
        (device(), 0.5, {"set": {"stepp": 0.1}}, "stepp: ramp 'voltages' has start, step, end; did you mean 'step'?"),
        (device(**WRITES), 0.5, {}, "has write noise"),
        (device(), 0.5, {"set": 1}, "set: 1 is not allowed; a Ramp"),
        (device(), 0.5, {"set": "x"}, "set: 'x' is not allowed; a Ramp"),
        (device(), 0.5, {"reset": [1, 2]}, "reset: [1, 2] is not allowed; a Ramp"),
        (device(), 0.5, {"set": {"start": 200.0}}, "start: 200.0 is not a number above 0 and up to 100 [V]"),
        (device(), 0.5, {"levels": []}, "levels: [] is not allowed; a text"),
        (device(), 0.5, {"delay": 1e308}, "delay: 1e+308 is not a number from 0 to 1e+09 [s]"),
        (device(), 0.5, {"pause": 1e308}, "pause: 1e+308 is not a number from 0 to 1e+09 [s]"),
        (device(), 0.5, {"window": 1e300}, "window: 1e+300 is not a number above 0 and up to 1"),
        (device(), 0.5, {"window": 10**400}, "window: 1000"),
        (device(), 0.5, {"falls": "x"}, "falls: 'x' is not allowed; true or false"),
        (device(), 0.5, {"error": "x"}, "error: 'x' is not a number from 0 to 1000"),
        (device(), 0.5, {"error": None}, "error: None is not a number from 0 to 1000"),
        (device(), 0.5, {"error": 1e300}, "error: 1e+300 is not a number from 0 to 1000"),
        (device(), 0.5, {"error": 10**400}, "...0 is not a number from 0 to 1000"),
        (device(), [[0.1] * 2, [0.1]], {}, "state: [[0.1, 0.1], [0.1]] is not allowed; real numbers, in rows of equal"),
        (device(), [[10**400] * 2] * 2, {}, "is too large; allowed: real numbers"),
        (device(), 0.5 + 0.5j, {}, "state: of type complex128; allowed: real numbers"),
        (device(noise=0.1), 0.5, {"window": 1e-9}, "lie within 1e-09 of a cell at its target with a chance of 8e-09;"),
    ],
)
def test_mistakes_end_in_one_line(cell, state, how, message):
    with pytest.raises(ms.InputError) as problem:
        ms.Crossbar(cell, 2, 2).program(state, "radar", **how)
    assert message in str(problem.value) and "\n" not in str(problem.value)
    assert len(str(problem.value)) < 250


@pytest.mark.parametrize("make", [Radar, Fppv, Neurram])
def test_settings_are_checked_when_an_algorithm_is_made(make):
    with pytest.raises(ms.InputError, match="set: 5 is not allowed; a Ramp"):
        make(set=5)


def test_settings_may_be_numbers_of_numpy():
    algorithm = Radar(window=np.float64(0.02), max_pulses=np.int64(7))
    assert algorithm == Radar(window=0.02, max_pulses=7) and type(algorithm.max_pulses) is int


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"max_turns": 1.5}, "max_turns: 1.5 is not a whole number from 0 to 1000000"),
        ({"max_at_end": -1}, "max_at_end: -1 is not a whole number from 0 to 1000000"),
    ],
)
def test_limits_of_neurram_are_whole_numbers(how, message):
    with pytest.raises(ms.InputError, match=message):
        Neurram(**how)


@pytest.mark.parametrize("algorithm", [[], {}, "", 5])
def test_an_algorithm_is_a_name_or_an_algorithm(algorithm):
    with pytest.raises(ms.InputError, match=r"algorithm: unknown choice .*; allowed: fppv, "):
        ms.Crossbar(device(), 2, 2).program(0.5, algorithm)


def test_other_mistakes():
    xbar = ms.Crossbar(device(), 2, 2)
    with pytest.raises(ms.InputError, match="unknown choice 'radarr'; did you mean 'radar'"):
        xbar.program(0.5, "radarr")
    with pytest.raises(ms.InputError, match="window: 'pulses' has no such setting"):
        xbar.program(0.5, "pulses", window=0.1)
    with pytest.raises(ms.InputError, match="chooses voltages, and device 'cell' does not say"):
        xbar.program(0.5, "fppv")
    with pytest.raises(ms.InputError, match="what the last programming took of each cell is not known"):
        _ = xbar.programming
    with pytest.raises(ms.InputError, match="has no update model for pulses; use 'model'"):
        ms.Crossbar("pcm-joshi2020", 2, 2).program(0.5, "ispp")
