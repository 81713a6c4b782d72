"""Retention, read noise and I-V: known laws are found again, with intervals that hold them."""

from __future__ import annotations

import numpy as np
import pytest

from memsim.errors import DataError
from memsim.fit import extended
from memsim.fit.reading.table import table_of
from memsim.fit.sections.iv import fit_iv
from memsim.fit.sections.read_noise import fit_read_noise
from memsim.fit.sections.retention import fit_retention
from memsim.profiles import load_device


def text(heading: str, *columns) -> str:
    return "\n".join([heading, *(",".join(map(str, row)) for row in zip(*columns, strict=True))])


def holds(number, truth, slack=0.5) -> bool:
    width = number.high - number.low
    return bool(number.low - slack * width <= truth <= number.high + slack * width)


def drift(devices, nu, spread, seed=1, noise=0.01):
    rng = np.random.default_rng(seed)
    times = np.geomspace(20.0, 2e5, 25)
    names, t, g = [], [], []
    for d in range(devices):
        own = nu + spread * rng.standard_normal()
        names += [f"d{d}"] * len(times)
        t += list(times)
        g += list(5e-6 * (times / 20.0) ** -own * np.exp(noise * rng.standard_normal(len(times))) * 1e6)
    return table_of(text("device,time (s),G (uS)", names, t, g), "drift.csv")


def test_the_drift_exponent_and_its_spread_are_found_again():
    fit = fit_retention(drift(30, 0.06, 0.02))
    exponent, spread, noise = fit.numbers
    assert holds(exponent, 0.06, 0.2) and exponent.high - exponent.low < 0.03
    assert holds(spread, 0.02, 0.2) and spread.high - spread.low < 0.02
    assert fit.section["model"] == "drift" and fit.section["reference_time"] == "20 s"
    assert fit.forms[0].name == "drift" and "lowest BIC: drift" in fit.notes[0]
    assert "no reads at t = 0: with this profile, simulated times count from the reads at 20 s on" in fit.notes
    assert holds(noise, 0.01) and noise.unit == "%"


def test_equal_devices_have_no_spread_of_the_exponent_and_one_device_none_at_all():
    equal = fit_retention(drift(10, 0.06, 0.0)).numbers[1]
    assert equal.low == 0 and 0 < equal.high < 0.01
    alone = fit_retention(drift(1, 0.06, 0.0))
    assert [n.name for n in alone.numbers] == ["retention.exponent", "read.noise.sigma"]
    assert any("at least 2" in note for note in alone.notes)
    assert holds(alone.numbers[0], 0.06)


def test_two_devices_that_drift_differently_add_nothing_to_read_noise():
    rng = np.random.default_rng(9)
    times = np.geomspace(1, 1e4, 12)
    reads = [5 * times**-nu * np.exp(0.01 * rng.standard_normal(12)) for nu in (0.02, 0.1)]
    rows = np.repeat(["a", "b"], 12), np.tile(times, 2), np.concatenate(reads)
    fit = fit_retention(table_of(text("device,time (s),G (uS)", *rows)))
    exponent, spread, noise = fit.numbers
    assert exponent.low < 0.06 < exponent.high
    assert spread.low > 0.01  # two devices show that they differ, and little of how much devices differ
    assert holds(noise, 0.01)


@pytest.mark.slow
def test_the_interval_of_one_drift_covers_the_truth():
    hits = [n.low < 0.06 < n.high for n in (fit_retention(drift(1, 0.06, 0.0, seed)).numbers[0] for seed in range(100))]
    assert 0.88 <= np.mean(hits) <= 1.0


@pytest.mark.parametrize("base", ["value", "range"])
def test_read_noise_is_told_relative_to_what_it_goes_with(base):
    rng = np.random.default_rng(4)
    levels = np.repeat([1.0, 3.0, 9.0], 200)
    sigma = 0.02 * (levels if base == "value" else 8.0)
    names = np.repeat(["a", "b", "c"], 200)
    table = table_of(
        text("device,read,G (uS)", names, np.tile(np.arange(200), 3), levels + sigma * rng.standard_normal(600))
    )
    fit = fit_read_noise(table, (1e-6, 9e-6))
    assert fit.section["relative_to"] == base
    assert holds(fit.numbers[0], 0.02)
    assert "white" in fit.notes[0] and "not white" not in fit.notes[0]


@pytest.mark.slow
def test_the_interval_of_read_noise_covers_the_truth():
    def once(seed):
        y = 5 + 0.1 * np.random.default_rng(seed).standard_normal(60)
        return fit_read_noise(table_of(text("read,G (uS)", range(60), y))).numbers[0]

    hits = [n.low < 0.02 < n.high for n in map(once, range(100))]
    assert 0.88 <= np.mean(hits) <= 1.0


def test_telegraph_noise_is_pointed_out_and_white_noise_is_not():
    rng = np.random.default_rng(6)
    level, states = 0, []
    for _ in range(600):
        level = 1 - level if rng.random() < 0.05 else level
        states.append(level)
    y = 5 + 0.5 * np.array(states) + 0.05 * rng.standard_normal(600)
    fit = fit_read_noise(table_of(text("read,G (uS)", range(600), y)))
    assert any("telegraph" in note for note in fit.notes)
    assert "not white" in fit.notes[0]
    # The figure shows the level at each read.
    assert 1e6 * fit.curves[0][3] == pytest.approx(5 + 0.5 * np.array(states), abs=0.02)
    white = fit_read_noise(table_of(text("read,G (uS)", range(600), 5 + 0.1 * rng.standard_normal(600))))
    assert not any("telegraph" in note for note in white.notes)


@pytest.mark.parametrize(
    ("shape", "name"),
    [
        (lambda t: 10 * (1 + 0.26 * t), "linear"),
        (lambda t: 10 * (1 - 0.05 * np.log(1 + 199 * t)), "linear in log time"),
        (lambda t: 10 * (1 + t - t**2), "quadratic"),
    ],
)
def test_a_slow_trend_is_drift_and_neither_noise_nor_telegraph_noise(shape, name):
    t = np.linspace(0, 1, 200)
    y = shape(t) * (1 + 0.0043 * np.random.default_rng(17).standard_normal(200))
    fit = fit_read_noise(table_of(text("read,G (uS)", range(200), y)))
    assert fit.forms[0].name == name and fit.notes[0].startswith(f"a slow trend ({name}) of ")
    assert holds(fit.numbers[0], 0.0043, 0.0)
    assert not any("telegraph" in note for note in fit.notes)


def test_a_trend_beside_times_is_stated_as_a_power_law_that_retention_fits():
    times = np.geomspace(1.0, 1e4, 60)
    y = 10 * times**-0.05 * (1 + 0.002 * np.random.default_rng(3).standard_normal(60))
    table = table_of(text("time (s),G (uS)", times, y))
    assert "kind='retention' fits it, as a power law with nu about 0.05" in fit_read_noise(table).notes[0]
    assert holds(fit_retention(table).numbers[0], 0.05)


def test_correlated_scatter_is_noise_whose_interval_counts_fewer_reads():
    rng = np.random.default_rng(8)
    x = rng.standard_normal(400)
    for k in range(1, 400):
        x[k] = 0.8 * x[k - 1] + 0.6 * x[k]
    fit = fit_read_noise(table_of(text("read,G (uS)", range(400), 5 + 0.1 * x)))
    white = fit_read_noise(table_of(text("read,G (uS)", range(400), 5 + 0.1 * rng.permutation(x))))
    wide, narrow = ((n.high - n.low) / n.value for n in (fit.numbers[0], white.numbers[0]))
    assert fit.forms[0].name == "level, correlated" and white.forms[0].name == "level"
    # An autoregression with coefficient a has n (1 - a^2)/(1 + a^2) independent values for a variance.
    assert wide / narrow == pytest.approx(np.sqrt(1.64 / 0.36), rel=0.15)


def currents(shape, seed=3):
    rng = np.random.default_rng(seed)
    v = np.linspace(-1.0, 1.0, 81)
    return table_of(
        text("V (V),I (uA)", v, shape(v) * (1 + 0.01 * rng.standard_normal(81)) + 0.001 * rng.standard_normal(81))
    )


@pytest.mark.slow
def test_a_sinh_a_polynomial_and_ohms_law_are_found_again():
    fit = fit_iv(currents(lambda v: 2.0 * np.sinh(v / 0.4)))
    assert fit.section["model"] == "sinh" and holds(fit.numbers[0], 0.4)
    fit = fit_iv(currents(lambda v: 5.0 * v + 1.0 * v * np.abs(v) + 3.0 * v**3), read_voltage=0.5)
    assert fit.section["model"] == "polynomial"
    assert holds(fit.numbers[0], 1e-6 * 0.5, 1.0) and holds(fit.numbers[1], 3e-6 * 0.25, 1.0)
    fit = fit_iv(currents(lambda v: 5.0 * v * np.exp(np.abs(v) / 0.5)))
    assert fit.section["model"] == "exponential" and holds(fit.numbers[0], 0.5)
    fit = fit_iv(currents(lambda v: 5.0 * v))
    assert fit.section["model"] == "linear" and "no section" in fit.notes[-1]


@pytest.mark.slow
def test_a_profile_takes_a_fitted_section_with_its_source():
    base = load_device("taox-hfox-wu2018")
    made = extended(base, fit_retention(drift(5, 0.06, 0.02)))
    assert made.spec.retention.exponent == pytest.approx(0.06, abs=0.05)
    assert made.provenance("retention.exponent").status == "fitted"
    assert made.provenance("retention.exponent").source == "drift"
    assert made.provenance("update.pulses") == base.provenance("update.pulses")
    made = extended(made, fit_iv(currents(lambda v: 2.0 * np.sinh(v / 0.4))))
    assert made.spec.conduction.voltage == pytest.approx(0.4, rel=0.1)
    noise = fit_read_noise(table_of(text("read,G (uS)", range(60), 5 + 0.1 * np.sin(np.arange(60) ** 2)), "n.csv"))
    assert extended(made, noise).spec.read.noise.relative_to == "value"


@pytest.mark.parametrize(
    ("fit", "heading", "rows", "message"),
    [
        (
            fit_retention,
            "time (s),G (uS)",
            [(-1, 1), (1, 1), (2, 1), (3, 1), (4, 1)],
            "t.csv:2: a time since programming of -1 is below 0",
        ),
        (
            fit_retention,
            "time (s),G (uS)",
            [(1, 1), (2, -1), (3, 1), (4, 1), (5, 1)],
            "t.csv:3: a conductance of -1e-06 is below 0",
        ),
        (fit_retention, "time (s),G (uS)", [(1, 1), (2, 1)], "t.csv:3: 2 reads; at least 5 are needed"),
        (fit_retention, "time (V),G (uS)", [(1, 1)] * 6, "is a voltage (V), not a time (s)"),
        (fit_retention, "hours,G (uS)", [(1, 1)] * 6, "t.csv:1: no column of times"),
        (fit_retention, "time (s),G (uS)", [(k, 1) for k in range(5)], "no device has two different reads"),
        (fit_retention, "time (s),G (uS)", [(1, k) for k in range(5)], "t.csv:2: all times of device 1 are the same"),
        (
            fit_retention,
            "cell,target (uS),time (s),G (uS)",
            [("a", 1 + k // 4, k, 1 + k) for k in range(6)],
            "t.csv:2: device a has 2 values of 'target'",
        ),
        (fit_read_noise, "read,G (uS)", [(k, 0.3 + (-1) ** k) for k in range(30)], "is above 100 %"),
        (fit_read_noise, "read,G (uS)", [(k, -5 - k % 3) for k in range(30)], "it must be above 0: reverse the sign"),
        (fit_iv, "V (V),I (uA)", [(k, -k * (1 + k % 2)) for k in range(9)], "flows against the voltage"),
        (fit_read_noise, "read,G (uS)", [(1, 1)] * 6, "t.csv:7: 6 reads; at least 20 are needed"),
        (fit_read_noise, "read,G (uS)", [(k, 1) for k in range(20)], "t.csv:2: all reads"),
        (
            fit_read_noise,
            "read,G (uS)",
            [(1, 1 + k) for k in range(20)],
            "t.csv:3: reads of device 1 are not in the order",
        ),
        (fit_iv, "V (V),I (uA)", [(1, 1)] * 6, "at least 8 are needed"),
        (fit_iv, "V (V),I (uA)", [(1, k) for k in range(9)], "fewer than three different voltages"),
        (fit_iv, "V (V),I (uA)", [(k, 0) for k in range(9)], "all currents are 0"),
    ],
)
def test_tables_without_what_a_fit_needs_are_refused(fit, heading, rows, message):
    with pytest.raises(DataError) as refusal:
        fit(table_of(text(heading, *zip(*rows, strict=True)), "t.csv"))
    assert message in str(refusal.value)
