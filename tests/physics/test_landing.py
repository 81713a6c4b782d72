"""Landing and levels: pulses beside resistances computed from the equations, per-level windows, published pulses."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

import memsim as ms
from memsim.arrays.programming.algorithms import Fppv, Ispp, Radar, Ramp
from memsim.arrays.programming.levels import level_targets, level_windows
from memsim.profiles import device_from_text

pytestmark = pytest.mark.slow

LOW, HIGH = 2e-6, 200e-6
ON, V_SET, SET_SCALE = 1.2, 2.0, 0.3  # threshold, voltage and scale [V]
OFF, V_RESET, RESET_SCALE = 0.5, 2.5, 0.6


def device(**changes):
    """Cells without noise."""
    values = {
        "conductance": {"min": f"{LOW} S", "max": f"{HIGH} S"},
        "update": {
            "model": "landing",
            "threshold": {"set": f"{ON} V", "reset": f"{OFF} V"},
            "set": {"voltage": f"{V_SET} V", "width": "1 us", "voltage_scale": f"{SET_SCALE} V"},
            "reset": {"voltage": f"-{V_RESET} V", "width": "1 us", "voltage_scale": f"{RESET_SCALE} V"},
        },
        "read": {"voltage": "0.2 V", "duration": "100 ns"},
        "levels": {"two": {"windows": [{"max": "6 kOhm"}, {"min": "9 kOhm", "max": "10 kOhm"}, {"min": "80 kOhm"}]}},
    }
    head = {"name": "cell", "title": "Cell", "technology": "none", "status": "assumed"}
    return device_from_text(json.dumps(head | values | changes))


def ohms(xbar):
    return 1 / (LOW + xbar.state.values * (HIGH - LOW))


def after(resistance, volts):
    """Resistance after a pulse, from the equations in ohms: set pulses have positive voltages here."""
    if volts > 0:
        share = 1 - math.exp((ON - volts) / SET_SCALE)
        return min(resistance, 1 / (HIGH * share)) if share > 0 else resistance
    return max(resistance, math.exp((-volts - OFF) / RESET_SCALE) / HIGH)


def rule(resistance, limits, sets, resets, coarse=None):
    """RADAR's rule for a cell without noise, in ohms: its resistance in the end, and its pulses of both directions."""
    counts, last, voltage, turned = [0, 0], 0, 0.0, False
    while not limits[0] <= resistance <= limits[1] and sum(counts) < 200:
        way = 1 if resistance > limits[1] else -1
        turned = turned or (last != 0 and way != last)
        start, step = sets if way > 0 else resets
        if way > 0 and not turned and coarse is not None:
            start, step = coarse
        voltage = voltage + step if way == last else start
        resistance = after(resistance, way * voltage)
        counts[0 if way > 0 else 1] += 1
        last = way
    return resistance, counts


@pytest.mark.parametrize("coarse", [None, (1.21, 0.2)])
@pytest.mark.parametrize("level", [0, 1])
def test_ramps_land_where_the_equations_say(level, coarse):
    xbar = ms.Crossbar(device(), 1, 1, seed=1, dtype="float64", initial=(0.0, 1e-12))
    sets, resets = (1.3, 0.02), (0.8, 0.05)
    more = {} if coarse is None else {"coarse_start": coarse[0], "coarse_step": coarse[1]}
    algorithm = Radar(levels="two", max_pulses=200, set=Ramp(*sets), reset=Ramp(*resets), **more)
    xbar.program(level_targets(device().spec, "two")[level], algorithm)
    limits = [(0, 6e3), (9e3, 10e3)][level]
    resistance, counts = rule(1 / LOW, limits, sets, resets, coarse)
    report = xbar.programming
    assert report.accepted.all()
    assert [report.set_pulses.item(), report.reset_pulses.item()] == counts
    assert ohms(xbar).item() == pytest.approx(resistance, rel=1e-9)


def test_a_second_pulse_of_the_same_voltage_does_nothing():
    xbar = ms.Crossbar(device(), 3, 1, seed=1, dtype="float64", initial=(0.0, 1e-12))
    for _ in range(2):
        xbar.train(ms.Hebbian(rate=1.0), np.ones(3), [1.0], encoding="sign")
        assert ohms(xbar) == pytest.approx(after(1 / LOW, V_SET), rel=1e-9)


def test_fppv_reaches_each_level_with_one_pulse_although_numbers_spread_over_cells():
    spread = {"d2d": {"conductance.min": {"sigma": "1 %", "relative_to": "value"}}}
    cell = device(variability=spread)
    targets = np.broadcast_to(level_targets(cell.spec, "two"), (6, 3))
    xbar = ms.Crossbar(cell, 6, 3, seed=1).program(targets, Fppv(levels="two"))
    assert xbar.programming.accepted.all() and (xbar.programming.set_pulses.values[:, :2] == 1).all()
    assert ohms(xbar)[:, 1] == pytest.approx(1 / np.mean([1 / 9e3, 1 / 10e3]), rel=1e-4)


def test_each_cell_goes_to_the_level_nearest_to_its_target():
    cell = device()
    assert level_windows(cell.spec, "two")[1] == pytest.approx(
        (np.array([1 / 10e3, 1 / 9e3]) - LOW) / (HIGH - LOW), rel=1e-12
    )
    middles = level_targets(cell.spec, "two")
    assert (np.diff(middles) < 0).all()
    states = np.array([0.99, 0.7 * middles[1] + 0.3 * middles[0], middles[1] - 0.1, 0.02])
    xbar = ms.Crossbar(cell, 4, 1, seed=1).program(states[:, None], "fppv", levels="two")
    r = ohms(xbar)[:, 0]
    assert r[0] <= 6e3 and 9e3 <= r[1] <= 10e3 and 9e3 <= r[2] <= 10e3 and r[3] >= 80e3


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"levels": "tow"}, "levels: device 'cell' has no levels 'tow'; it has two; did you mean 'two'?"),
        ({"levels": "nope"}, "levels: device 'cell' has no levels 'nope'; it has two"),
        ({"levels": "two", "coarse_start": -1.0}, "coarse_start: -1.0 is not a number above 0 and up to 100 [V]"),
    ],
)
def test_mistakes_end_in_one_line(how, message):
    with pytest.raises(ms.InputError) as problem:
        ms.Crossbar(device(), 2, 2).program(0.5, "radar", **how)
    assert message in str(problem.value) and "\n" not in str(problem.value)


@pytest.mark.parametrize(
    ("windows", "message"),
    [
        ([{"max": "6 kOhm"}, {"min": "5 kOhm"}], "must not lie below the upper limit of the level before"),
        ([{"min": "6 kOhm", "max": "6 kOhm"}], "must lie above the lower limit"),
        ([{"max": "4 kOhm"}], "lies outside the conductance window"),
    ],
)
def test_levels_that_cannot_be(windows, message):
    with pytest.raises(ms.InputError, match=message):
        device(levels={"two": {"windows": windows}})


def pulses(algorithms, cells):
    """Mean, median and 95th percentile of the pulses to the levels of rram-radar2021, without a first reset."""
    cell, counts = ms.load_device("rram-radar2021"), []
    for level, algorithm in enumerate(algorithms):
        xbar = ms.Crossbar(cell, cells, 1, seed=11 + level, initial=(0.0, 1e-12))
        report = xbar.program(level_targets(cell.spec, algorithm.levels)[level], algorithm).programming
        counts.append((report.set_pulses + report.reset_pulses).values.ravel() - (algorithm.name == "fppv"))
    counts = np.concatenate(counts)
    return counts.mean(), np.median(counts), np.percentile(counts, 95)


def test_pulses_of_the_fit_and_of_a_prediction_are_the_published_ones():
    fppv = pulses([Fppv(levels="two-bit", max_pulses=1000)] * 3, 4096)
    assert fppv == pytest.approx((17.0, 8.0, 50.0), rel=0.27)  # fitted
    steps = (0.15, 0.09, 0.1)  # those with the fewest pulses, see benchmarks/radar_pulses.py
    ispp = pulses([Ispp(levels="two-bit", max_pulses=1000, set=Ramp(2.03, step)) for step in steps], 4096)
    assert ispp == pytest.approx((21.8, 11.0, 70.0), rel=0.25)  # predicted
    three = pulses([Fppv(levels="three-bit", max_pulses=1000)] * 7, 2048)
    assert three == pytest.approx((131.5, 43.0, 513.0), rel=0.4)  # predicted
