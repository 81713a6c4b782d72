"""Retention of many cells: relaxation, drift and neither are told apart, and read noise is no spread."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import multivariate_normal

from memsim.errors import DataError
from memsim.fit import extended
from memsim.fit.reading.table import Column, Table, table_of
from memsim.fit.sections.changes import moments
from memsim.fit.sections.programmed import programmed_cells
from memsim.fit.sections.relaxation import relaxation
from memsim.fit.sections.retention import fit_retention
from memsim.plotting.fits import section_figure
from memsim.profiles import load_device

TIMES = (0.0, 1.0, 30.0, 1000.0)
LAW = {"spread": 0.4, "growth": 0.05, "shift": -0.09}


def relaxed(cells, seed=1, *, times=TIMES, noise=0.1, repeats=1, level=50.0, spread=0.4, growth=0.05, shift=-0.09):
    """Reads (cell, time, repeat) [uS] of cells that relax, by independent increments of a growing variance."""
    rng = np.random.default_rng(seed)
    start = level * (1 + 0.02 * rng.standard_normal(cells))
    path, variance, reads = np.zeros(cells), 0.0, []
    for t in times:
        x = np.log(t) if t > 0 else 0.0
        later = (spread + growth * x) ** 2 if t > 0 else 0.0
        path = path + np.sqrt(later - variance) * rng.standard_normal(cells)
        variance = later
        mean = start + shift * x + path
        reads.append(mean[:, None] + noise * rng.standard_normal((cells, repeats)))
    return np.stack(reads, axis=1)


def table(reads, times=TIMES, target=None) -> Table:
    lines = ["cell,time (s),G (uS)" + (",target (uS)" if target is not None else "")]
    for cell, trace in enumerate(reads):
        for t, values in zip(times, trace, strict=True):
            more = "" if target is None else f",{target[cell]}"
            lines += [f"{cell},{t},{value:.9g}{more}" for value in values]
    return table_of("\n".join(lines), "relaxed.csv")


@pytest.mark.slow
def test_a_relaxation_with_reads_at_zero_is_found_again_and_stands_in_a_profile():
    fit = fit_retention(table(relaxed(60, repeats=3)))
    assert fit.forms[0].name == "relaxation" == fit.section["model"]
    by_name = {number.name.split(".")[-1]: number for number in fit.numbers}
    for name, truth in LAW.items():
        number = by_name[name]
        width = number.high - number.low
        assert number.low - 0.3 * width < truth * 1e-6 < number.high + 0.3 * width
    changes = section_figure(fit).axes[1]
    assert changes.get_ylabel() == "change [µS]"
    # 60 cells, and the two ends of the band, which at 1000 s are 1.96 (0.4 + 0.05 ln 1000) uS around the mean shift.
    assert len(changes.lines) == 62
    low, high = (line.get_ydata()[-1] for line in changes.lines[-2:])
    assert (high - low) / 2 == pytest.approx(1.96 * (0.4 + 0.05 * np.log(1000)), rel=0.3)
    made = extended(load_device("cmo-hfox-falcone2025"), fit)
    assert made.spec.retention.spread == pytest.approx(by_name["spread"].value, rel=1e-5)
    assert made.spec.retention.shift == pytest.approx(by_name["shift"].value, rel=1e-5)


@pytest.mark.slow
def test_scatter_of_repeated_reads_is_read_noise_and_no_spread():
    still = fit_retention(table(relaxed(20, repeats=5, noise=0.5, spread=0.0, growth=0.0, shift=0.0)))
    assert still.forms[0].name == "no change" and still.section["exponent"] == 0.0
    exponent, noise = still.numbers
    assert exponent.low <= 0 <= exponent.high and exponent.low < exponent.high
    assert noise.value == pytest.approx(0.01, rel=0.1)
    moved = fit_retention(table(relaxed(40, repeats=5, noise=0.5)))
    spread = next(number for number in moved.numbers if number.name == "retention.spread")
    assert moved.section["model"] == "relaxation" and spread.value == pytest.approx(0.4e-6, rel=0.35)


@pytest.mark.slow
def test_levels_that_relax_differently_become_a_table():
    calm = relaxed(20, seed=2, noise=0.02, repeats=2, level=10.0, spread=0.1, growth=0.01, shift=0.0)
    wild = relaxed(20, seed=3, noise=0.02, repeats=2, level=40.0, spread=2.0, growth=0.3, shift=0.2)
    fit = fit_retention(table(np.concatenate([wild, calm]), target=[40] * 20 + [10] * 20))
    assert fit.section["model"] == "relaxation-table"
    rows = fit.section["rows"]
    assert [row["conductance"] for row in rows] == ["10 uS"] * 3 + ["40 uS"] * 3
    made = extended(load_device("cmo-hfox-falcone2025"), fit).spec.retention
    truth = [(0.1 + 0.01 * np.log(t)) * 1e-6 for t in TIMES[1:]] + [(2 + 0.3 * np.log(t)) * 1e-6 for t in TIMES[1:]]
    # 20 cells: a standard deviation is known to 16 %.
    assert [row.sigma for row in made.rows] == pytest.approx(truth, rel=0.5)
    assert all(number.low < number.high for number in fit.numbers)


@pytest.mark.slow
def test_a_drift_with_reads_at_zero_is_a_drift_with_its_own_reference_time():
    rng = np.random.default_rng(4)
    times = np.array([0.0, 1, 10, 100, 1e3, 1e4])
    exponent = 0.06 + 0.02 * rng.standard_normal(20)
    reads = 20 * (1 + times / 5.0) ** -exponent[:, None] * np.exp(0.005 * rng.standard_normal((20, 6)))
    fit = fit_retention(table(reads[:, :, None], times))
    assert fit.section["model"] == "drift"
    numbers = {number.name: number for number in fit.numbers}
    for name, truth in (("exponent", 0.06), ("spread", 0.02), ("reference_time", 5.0)):
        number = numbers[f"retention.{name}"]
        width = number.high - number.low
        assert width > 0 and number.low - 0.3 * width < truth < number.high + 0.3 * width


def test_a_relaxation_without_a_unit_and_a_table_of_one_time_are_refused():
    reads = relaxed(60, repeats=3)
    physical = table(reads)
    columns = *physical.columns[:2], Column("G", "", physical.columns[2].cells)
    plain = Table("plain.csv", columns, physical.lines, True)
    with pytest.raises(DataError, match="the conductance has no unit; write one into its heading"):
        fit_retention(plain)
    with pytest.raises(DataError, match="all times of device 0 are the same"):
        fit_retention(table(reads[:, :1], TIMES[:1]))


def test_times_of_cells_that_were_read_one_after_the_other_are_taken_for_one_within_two_percent():
    late = 1 + 0.01 * np.random.default_rng(5).random((250, 1))
    lines = [f"{c},{t},{50 + c % 7 + k}" for c, times in enumerate(np.array(TIMES) * late) for k, t in enumerate(times)]
    cells = programmed_cells(table_of("\n".join(["cell,time (s),G (uS)", *lines]), "log.csv"))
    assert len({tuple(times) for times in cells.times}) == 1
    assert cells.times[0] == pytest.approx(np.array(TIMES) * 1.005, rel=2e-3) and cells.times[0][0] == 0.0
    lines = [f"{c},{t},{50 + c % 7 + t}" for c in range(250) for t in (1.0, 2 * 1.05**c)]
    with pytest.raises(DataError, match="different sets of times; at most 200 are fitted"):
        programmed_cells(table_of("\n".join(["cell,time (s),G (uS)", *lines]), "log.csv"))


def relaxation_density(reads, theta, times=TIMES):
    """Log-likelihood of differences by scipy, written out in full: differences from the first read of each cell."""
    spread, growth, share, sigma, shift = theta
    at = np.repeat(times, reads.shape[2])
    x = np.log(np.maximum(at, 1.0))
    size = np.where(at > 0, spread + growth * x, 0.0)
    least = np.minimum.outer(size, size) ** 2
    covariance = share * np.outer(size, size) + (1 - share) * least + sigma**2 * np.eye(len(at))
    change = np.eye(len(at))[1:] - np.eye(len(at))[0]
    flat = reads.reshape(len(reads), -1)
    return multivariate_normal.logpdf(flat @ change.T, change @ (shift * x), change @ covariance @ change.T).sum()


@pytest.mark.slow
def test_the_likelihood_of_changes_is_that_of_scipy_and_both_find_the_same_maximum():
    reads = relaxed(12, repeats=2, noise=0.2)
    cells = programmed_cells(table(reads))
    unit = cells.size * 1e6
    law = relaxation(0.01, 0.01, 1.0, from_zero=True)
    groups = cells.groups(logarithmic=False, relative=False)
    theta = np.array([np.log(0.4 / unit), np.log(0.05 / unit), 0.5])
    at = moments(groups, law.path, theta, 0.2 / unit)
    share = 1 / (1 + np.exp(-0.5))
    count = 12 * 7
    there = relaxation_density(reads, (0.4, 0.05, share, 0.2, at.coefficients[0] * unit))
    assert at.log_likelihood - count * np.log(unit) == pytest.approx(there, abs=1e-6)

    def negative(point):
        numbers = *np.exp(point[:2]), 1 / (1 + np.exp(-point[2])), np.exp(point[3]), point[4]
        return -relaxation_density(reads, numbers)

    other = minimize(negative, [-1, -3, 0, -1.6, 0], method="Powell", options={"maxiter": 20000, "xtol": 1e-6})
    fit = fit_retention(table(reads))
    ours = next(form for form in fit.forms if form.name == "relaxation")
    # The fit also tries a noise in proportion to each cell's conductance, nearly the same here.
    assert ours.log_likelihood - count * np.log(1e6) == pytest.approx(-other.fun, abs=0.5)


@pytest.mark.slow
def test_predictive_bands_hold_the_other_half_of_the_cells():
    times = (0.0, 1.0, 30.0, 1000.0, 1e5)
    held = np.zeros(4)
    for seed in range(4):
        reads = relaxed(200, seed=seed, times=times)
        fit = fit_retention(table(reads[:100], times))
        numbers = {number.name.split(".", 1)[1]: number.value * 1e6 for number in fit.numbers}
        noise = numbers["noise.sigma"] / 1e6 * reads.mean()
        x = np.log(times[1:])
        size = np.sqrt((numbers["spread"] + numbers["growth"] * x) ** 2 + 2 * noise**2)
        change = (reads[100:, 1:] - reads[100:, :1])[..., 0]
        held += (np.abs(change - numbers["shift"] * x) < 1.96 * size).mean(0) / 4
    assert (held > 0.90).all() and (held < 0.98).all()
