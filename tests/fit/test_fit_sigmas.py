"""Sigmas of fits whose means absorb noise, against restricted likelihood and on simulated devices."""

import numpy as np
import pytest
from pulse_trains import falling, soft, sweep
from scipy.optimize import brentq, minimize

from memsim.fit.pulses.axis import Axis
from memsim.fit.pulses.beginnings import higher
from memsim.fit.pulses.data import PulseData, Sweep
from memsim.fit.pulses.filter import Series
from memsim.fit.pulses.fits import fit_pulses
from memsim.fit.pulses.models import MODELS
from memsim.fit.pulses.noise_kinds import absorbs, best_kind
from memsim.fit.pulses.optimise import maximise
from memsim.fit.pulses.problem import Problem
from memsim.fit.pulses.quantities import fitted
from memsim.fit.pulses.search import Noise, finished, problem_of, rough
from memsim.fit.pulses.sigmas import sigmas

WRITE, READ = 0.04, 0.03
TRAINS, READS = 20, 10


def straight_trains(seed):
    """Reads (train, read) of random walks with a drift of their own, in a window without ends."""
    rng = np.random.default_rng(seed)
    drift = 0.1 * np.exp(0.05 * rng.standard_normal((TRAINS, 1)))
    walk = np.cumsum(drift + WRITE * rng.standard_normal((TRAINS, READS)), axis=1)
    return walk + READ * rng.standard_normal((TRAINS, READS))


def restricted(reads, log_sigmas):
    """Restricted log-likelihood of the random walks, of which level and drift of each train are eliminated.

    Source: Patterson & Thompson, Biometrika 58, 545 (1971).
    """
    write, read = np.exp(log_sigmas)
    k = np.arange(reads.shape[1])
    covariance = write**2 * np.minimum.outer(k, k) + read**2 * np.eye(len(k))
    inverse = np.linalg.inv(covariance)
    means = np.column_stack([np.ones(len(k)), k])
    information = means.T @ inverse @ means
    off = inverse - inverse @ means @ np.linalg.inv(information) @ means.T @ inverse
    logs = np.linalg.slogdet(covariance)[1] + np.linalg.slogdet(information)[1]
    return -0.5 * float((logs + np.einsum("ti,ij,tj->t", reads, off, reads)).sum())


@pytest.fixture(scope="module")
def straight():
    reads = straight_trains(4)
    starts = np.arange(TRAINS) * READS
    series = Series(
        reads.ravel(),
        np.ones(reads.size, bool),
        np.zeros(reads.size, np.int64),
        starts,
        starts + READS,
        np.arange(TRAINS),
        np.zeros(TRAINS, bool),
    )
    known = np.tile([0.0, 1.0], (TRAINS, 1))
    problem = Problem(MODELS["constant"], series, TRAINS, "range", "range", False, Axis(0.0, 1.0), 0.0, known)
    theta = problem.pack([0.1, 0.1, WRITE, READ], np.zeros((TRAINS, 3)))
    # No train shows the steps of reset pulses.
    problem = problem.holding(1)
    return reads, problem, maximise(problem, theta).theta


@pytest.mark.slow
def test_sigmas_are_those_of_the_restricted_likelihood(straight):
    reads, problem, theta = straight
    best = minimize(
        lambda x: -restricted(reads, x), np.log([WRITE, READ]), method="Nelder-Mead", options={"xatol": 1e-5}
    )
    result = sigmas(problem, theta)
    at = list(problem.noise)
    np.testing.assert_allclose(result.theta[at], best.x, atol=0.02)
    # The maximum of the likelihood lies far below, by the drifts that it fits.
    assert theta[at[0]] < best.x[0] - 0.1

    def profile(log_write):
        inner = minimize(lambda x: -restricted(reads, [log_write, x[0]]), best.x[1:], method="Nelder-Mead")
        return -inner.fun - (-best.fun - 1.9207)

    low, high = result.intervals[at[0]]
    assert low == pytest.approx(brentq(profile, best.x[0] - 1, best.x[0]), abs=0.04)
    assert high == pytest.approx(brentq(profile, best.x[0], best.x[0] + 1), abs=0.04)


def short_trains(seed):
    """Four devices of soft bounds, with windows of their own, one set and one reset train of 30 reads each."""
    rng, sweeps = np.random.default_rng(seed), []
    for device in range(4):
        low, high = np.array([2e-6, 10e-6]) + 0.4e-6 * rng.standard_normal(2)
        for branch in range(2):
            values = sweep(rng, soft, (0.03, 0.04), branch, 31, write=0.01, read=0.02)[1:]
            sweeps.append(Sweep(str(device), "1", branch, low + (high - low) * values))
    return PulseData.checked("made.csv", sweeps, "S")


@pytest.fixture(scope="module")
def without_write_noise():
    """A measurement and the end of a search with noise of the step, which has no write noise."""
    data = short_trains(4)
    end = finished(rough(problem_of(MODELS["soft-bounds"], Noise("step"), data), data))
    assert end.problem.natural(end.theta)[2] < 1e-3
    return data, end


@pytest.mark.slow
def test_write_noise_that_windows_and_steps_absorb_is_reported(without_write_noise):
    data, end = without_write_noise
    assert absorbs(end)
    best = best_kind(end, data, 10.0).end
    numbers = fitted(data, best.problem, best.theta)
    write, read = numbers["variability.c2c.sigma"], numbers["read.noise.sigma"]
    scale = 1.0 if best.problem.write == "range" else 1 / 0.035  # an average step
    assert write.low < 0.01 * scale < write.high
    assert write.value == pytest.approx(0.01 * scale, rel=0.5)
    assert read.low < 0.02 < read.high
    window = numbers["conductance.max"]
    assert window.low < 10e-6 < window.high


@pytest.mark.slow
def test_write_noise_that_many_reads_show_is_that_of_the_maximum():
    rng = np.random.default_rng(1)
    sweeps = [
        Sweep("1", str(i // 2), i % 2, 2e-6 + 8e-6 * sweep(rng, soft, (0.02, 0.03), i % 2, 100, write=0.02, read=0.03))
        for i in range(8)
    ]
    data = PulseData.checked("made.csv", sweeps, "S")
    end = finished(rough(problem_of(MODELS["soft-bounds"], Noise("range"), data), data))
    assert not absorbs(end)
    assert np.array_equal(fitted(data, end.problem, end.theta).point, end.theta)


def test_reads_are_held_out_of_each_direction_where_sweeps_differ_in_length():
    rng = np.random.default_rng(2)
    sweeps = [
        Sweep(
            "1", str(i // 2), i % 2, 2e-6 + 8e-6 * sweep(rng, soft, (0.03, 0.04), i % 2, count, write=0.01, read=0.01)
        )
        for i, count in enumerate((40, 2, 38, 40))
    ]
    data = PulseData.checked("made.csv", sweeps, None)
    hidden, split = data.held_out()
    branches = np.concatenate([np.full(len(s.value), s.branch) for s in data.sweeps])
    assert split == "every second tenth of each sweep"
    for branch in range(2):
        assert 0.25 < hidden[branches == branch].mean() < 0.75


@pytest.mark.slow
def test_write_noise_of_none_has_an_interval_from_0():
    rng, sweeps = np.random.default_rng(6), []
    for device in range(4):
        for branch in range(2):
            values = sweep(rng, soft, (0.03, 0.04), branch, 31, write=0.0, read=0.005)[1:]
            sweeps.append(Sweep(str(device), "1", branch, 2e-6 + 8e-6 * values))
    data = PulseData.checked("made.csv", sweeps, "S")
    end = higher(finished(rough(problem_of(MODELS["soft-bounds"], Noise("range"), data), data)))
    result = sigmas(end.problem, end.theta)
    write = end.problem.noise[0]
    low, high = result.intervals[write]
    assert low == -np.inf and result.theta[write] < high < np.log(0.004)
    # At the upper end the likelihood is lower; how much the means are worse known there makes up for a part of it.
    held = end.problem.holding(write)
    at_end = result.theta.copy()
    at_end[write] = high
    assert end.value - maximise(held, at_end).value > 1.9


@pytest.mark.slow
def test_slow_read_noise_is_recognised_although_bent_steps_could_stand_for_it():
    rng = np.random.default_rng(101)
    sweeps = []
    for i in range(8):
        steps = (0.05, 0.05, 0.6, 0.4)
        values = sweep(rng, falling, steps, i % 2, 100, write=0.0, read=0.01, slow=0.02, memory=8.0)
        sweeps.append(Sweep("1", str(i // 2), i % 2, 2e-6 + 8e-6 * values))
    fit = fit_pulses(PulseData.checked("made.csv", sweeps, "S"))
    assert fit.chosen.name == "linear" and fit.chosen.problem.slow
    truth = {"read.noise.sigma": 0.01, "read.noise.slow.sigma": 0.02, "conductance.max": 10e-6}
    for name, value in truth.items():
        number = fit.fitted[name]
        slack = (number.high - number.low) / 2
        assert number.low - slack < value < number.high + slack
