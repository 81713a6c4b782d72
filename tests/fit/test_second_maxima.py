"""Intervals where the likelihood has a second maximum, and first reads that no state explains."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import erf

from memsim.fit.pulses.beginnings import higher
from memsim.fit.pulses.data import PulseData, Sweep
from memsim.fit.pulses.diagnostics import diagnose
from memsim.fit.pulses.filter import NODES, Scale, Series, Trial, log_likelihood
from memsim.fit.pulses.models import MODELS
from memsim.fit.pulses.quantities import fitted
from memsim.fit.pulses.review import _quantity, reviewed
from memsim.fit.pulses.search import Noise, finished, problem_of, rough
from memsim.fit.pulses.second_maxima import over_maxima, second_maxima

LOW, WIDTH = 2e-6, 8e-6


def unfinished_trains(seed):
    """Power-law steps in trains of 25 pulses that end before the window does; each goes on where the last ended."""
    rng, state, sweeps = np.random.default_rng(seed), 0.0, []
    for i in range(6):
        reads = []
        for _ in range(25):
            step = 0.09 * (1 - state) ** 1.5 if i % 2 == 0 else -0.08 * state**0.7
            state = min(max(state + step + 0.02 * rng.standard_normal(), 0.0), 1.0)
            reads.append(state + 0.02 * rng.standard_normal())
        sweeps.append(Sweep("1", str(i // 2), i % 2, LOW + WIDTH * np.array(reads)))
    return PulseData.checked("made.csv", sweeps, "S")


def search(data):
    """The highest maximum, as if nothing showed that the trains go on where the last one stopped."""
    problem = problem_of(MODELS["power"], Noise("range"), data)
    unknown = problem.on(problem.series._replace(resumed=np.zeros_like(problem.series.resumed)))
    return higher(finished(rough(unknown, data)))


@pytest.fixture(scope="module")
def two():
    data = unfinished_trains(10)
    end = search(data)
    return data, end, fitted(data, end.problem, end.theta)


@pytest.mark.slow
def test_a_second_maximum_of_another_shape_and_window_is_within_the_intervals(two):
    data, end, numbers = two
    wide = over_maxima(data, end.problem, end.theta, numbers)
    names = ("conductance.max", "update.exponent.set")
    assert all(not numbers[name].holds(truth) for name, truth in zip(names, (LOW + WIDTH, 1.5), strict=True))
    assert all(wide[name].holds(truth) for name, truth in zip(names, (LOW + WIDTH, 1.5), strict=True))
    assert {number.name for number in wide.second} >= set(names)
    limits = reviewed(data, end.problem, end.theta, wide, diagnose(end.problem, end.theta)).limits
    assert any(limit.startswith("the likelihood has a second maximum that the data do not exclude") for limit in limits)


def test_another_optimiser_stays_at_a_second_maximum(two):
    _, end, _ = two
    problem = end.problem
    index = [parameter.name for parameter in problem.shared].index("exponent.set")
    free = np.flatnonzero(problem.free)
    for second in second_maxima(problem, end.theta):
        assert end.value - 1.92 < second.value < end.value + 0.1

        def loss(rest, theta=second.theta):
            moved = theta.copy()
            moved[free] = rest
            return -problem.value(moved)

        best = minimize(loss, second.theta[free], method="Powell", options={"maxiter": 5})
        assert -best.fun < second.value + 0.1
        assert abs(second.theta[index] - end.theta[index]) > 0.05


@pytest.mark.slow
def test_a_window_whose_end_no_pulse_shows_leaves_the_shape_of_the_steps_open():
    data = unfinished_trains(23)
    end = search(data)
    numbers = fitted(data, end.problem, end.theta)
    assert not numbers["conductance.max"].known and not numbers["update.exponent.set"].holds(1.5)
    wide = over_maxima(data, end.problem, end.theta, numbers)
    assert wide["update.exponent.set"].holds(1.5) and math.isnan(wide["conductance.max"].high)


@pytest.mark.parametrize("slow", [0.0, 1e-9])
def test_a_first_read_that_no_state_explains_lowers_the_likelihood(slow):
    # Without pulses that move, all reads but the first lie at the lower end of the window.
    def of_first(y):
        one, two = np.zeros(1, np.int64), np.zeros(2, np.int64)
        series = Series(np.array([y, 0.0]), np.ones(2, bool), two, one, one + 2, one, np.zeros(1, bool))
        step = np.zeros((1, 2, NODES))
        trial = Trial(step, np.array([[[0.0, 1.0, 1.0, 1.0, 1.0]]]), *(np.array([v]) for v in (0.01, 0.1, slow, 5.0)))
        return log_likelihood(series, trial, Scale(0, 0, 0.0, 0.0, 0.9, 0.05))[0, 0]

    assert of_first(-0.39) == of_first(0.5) == of_first(1.2) == 0
    # Ten standard deviations of a read below the window: six more than are expected of any read.
    assert of_first(-1.0) == pytest.approx(-18.0)
    assert of_first(1.5) == pytest.approx(-0.5)
    # Of reads at an end of the window, fewer than one in 30000 pays.
    assert 0.5 * (1 - erf(4 / math.sqrt(2))) < 1 / 30000


@pytest.mark.parametrize(
    ("variance", "p", "limit", "fault"), [(2.5, 1e-9, 1, 1), (1.7, 1e-5, 1, 0), (0.2, 1e-9, 1, 0), (1.7, 0.3, 0, 0)]
)
def test_residuals_that_scatter_otherwise_than_the_fit_says_are_named(two, variance, p, limit, fault):
    data, end, numbers = two
    diagnostics = replace(diagnose(end.problem, end.theta), variance=variance, scatter=p)
    review = reviewed(data, end.problem, end.theta, numbers, diagnostics)
    assert sum(text.startswith("the variance of the residuals is") for text in review.limits) == limit
    assert sum("does not explain the reads" in text for text in review.faults) == fault


def test_the_scatter_of_residuals_of_the_right_model_is_that_of_chance(two):
    _, end, _ = two
    diagnostics = diagnose(end.problem, end.theta)
    assert 0.7 < diagnostics.variance < 1.4 and 0.01 < diagnostics.scatter <= 1


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [(61.234, "pulses", "61.2 pulses"), (0.81234, "", "0.812"), (0.0312, "%", "3.12 %"), (2.5e-6, "S", "2.5 uS")],
)
def test_numbers_of_every_unit_can_be_those_of_a_second_maximum(value, unit, text):
    assert _quantity(value, unit) == text
