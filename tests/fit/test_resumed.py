"""Trains that go on where an unfinished one stopped."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from pulse_trains import level, soft, sweep

from memsim.fit.pulses.data import PulseData, Sweep
from memsim.fit.pulses.fits import fit_pulses
from memsim.fit.pulses.models import MODELS
from memsim.fit.pulses.search import Noise, problem_of, rough

LOW, WIDTH = 2e-6, 8e-6


def alternating(step, sizes, reads, *, trains=6, device="1", seed=1, write=0.01, read=0.01):
    """Set and reset pulses in turn; each train goes on where the last one stopped."""
    rng, state, sweeps = np.random.default_rng(seed), 0.0, []
    for i in range(trains):
        values = []
        for _ in range(reads):
            state = min(max(state + step(state, i % 2, sizes) + write * rng.standard_normal(), 0.0), 1.0)
            values.append(state + read * rng.standard_normal())
        sweeps.append(Sweep(device, str(i // 2), i % 2, LOW + WIDTH * np.array(values)))
    return sweeps


def restarted(step, sizes, reads, trains=6):
    """Trains that each begin at their end of the window."""
    rng = np.random.default_rng(2)
    noise = {"write": 0.01, "read": 0.01}
    return [
        Sweep("1", str(i // 2), i % 2, LOW + WIDTH * sweep(rng, step, sizes, i % 2, reads, **noise))
        for i in range(trains)
    ]


def resumed(sweeps):
    return PulseData.checked("made.csv", sweeps, "S").resumed.tolist()


def test_trains_that_stop_half_way_go_on():
    assert resumed(alternating(level, (0.02, 0.02), 25)) == [False, True, True, True, True, True]


def test_trains_that_reach_the_end_or_begin_there_do_not_go_on():
    assert not any(resumed(alternating(soft, (0.06, 0.06), 60)))
    assert not any(resumed(restarted(level, (0.02, 0.02), 25)))


def test_the_first_train_of_each_device_goes_on_nowhere():
    sweeps = [s for name in "ab" for s in alternating(level, (0.02, 0.02), 25, trains=2, device=name, seed=ord(name))]
    assert resumed(sweeps) == [False, True, False, True]


def test_one_train_before_a_pause_differs_from_those_after():
    # Only reset trains go on: after each of them the device is set back to its lower end.
    rng, sweeps = np.random.default_rng(3), []
    for i in range(4):
        up = 0.02 * np.arange(1, 26) + 0.01 * rng.standard_normal(25)
        down = 0.5 - 0.012 * np.arange(1, 26) + 0.01 * rng.standard_normal(25)
        sweeps += [Sweep("1", str(i), 0, LOW + WIDTH * up), Sweep("1", str(i), 1, LOW + WIDTH * down)]
    assert resumed(sweeps) == [False, True, False, True, False, True, False, True]


def test_the_likelihood_of_trains_that_go_on_does_not_depend_on_where_others_begin():
    data = PulseData.checked("made.csv", alternating(level, (0.02, 0.02), 25), "S")
    problem = rough(problem_of(MODELS["constant"], Noise("range"), data), data).problem
    theta = problem.pack([0.02, 0.02, 0.01, 0.01], np.array([[0.0, 1.1, 0.0]]))

    def values(resumed):
        series = problem.series._replace(resumed=np.full(6, resumed))
        shares = ((0.9, 0.05), (0.05, 0.9), (0.05, 0.05))
        return [replace(problem.on(series), begin=a, moved=b).value(theta) for a, b in shares]

    assert len(set(values(True))) == 1
    assert len(set(values(False))) == 3


@pytest.mark.slow
def test_the_window_of_unfinished_trains_is_not_where_they_stop():
    def power(state, branch, sizes):
        return sizes[0] * (1 - state) ** 1.5 if branch == 0 else -sizes[1] * state**0.7

    sweeps = [
        s
        for seed in range(4)
        for s in alternating(power, (0.09, 0.08), 25, trains=4, device=str(seed), seed=seed, write=0.02, read=0.02)
    ]
    fit = fit_pulses(PulseData.checked("made.csv", sweeps, "S"), "power", compared=("power",))
    assert fit.chosen.problem.series.resumed.sum() >= 4
    numbers = fit.fitted
    assert numbers["conductance.max"].low < LOW + WIDTH < numbers["conductance.max"].high
    assert numbers["update.exponent.set"].low < 1.5 < numbers["update.exponent.set"].high
    assert any("trains go on where the one before stopped" in limit for limit in fit.review.limits)
