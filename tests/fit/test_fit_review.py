"""What the report says of windows that depend on the model, and of ends that are single reads."""

import numpy as np
import pytest
from pulse_trains import soft, sweep

from memsim.fit.pulses.data import PulseData, Sweep
from memsim.fit.pulses.diagnostics import diagnose
from memsim.fit.pulses.models import MODELS
from memsim.fit.pulses.quantities import fitted
from memsim.fit.pulses.review import reviewed
from memsim.fit.pulses.search import Noise, finished, problem_of, rough


@pytest.fixture(scope="module")
def end():
    rng = np.random.default_rng(3)
    sweeps = [
        Sweep("1", str(i // 2), i % 2, 2e-6 + 8e-6 * sweep(rng, soft, (0.04, 0.04), i % 2, 60, write=0.01, read=0.02))
        for i in range(4)
    ]
    data = PulseData.checked("made.csv", sweeps, "S")
    return data, finished(rough(problem_of(MODELS["soft-bounds"], Noise("range"), data), data))


def test_an_end_of_the_window_that_depends_on_the_model_is_named(end):
    data, guess = end
    numbers = fitted(data, guess.problem, guess.theta)
    window = np.array(numbers.window)
    near, far = window + 1e-9, window * np.array([1.0, 1.5])
    review = reviewed(
        data,
        guess.problem,
        guess.theta,
        numbers,
        diagnose(guess.problem, guess.theta),
        rivals={"linear": near, "power": far},
    )
    named = [limit for limit in review.limits if "depends on the model" in limit]
    assert len(named) == 1
    assert named[0].startswith("the upper end of the window depends on the model") and "power" in named[0]
    assert "linear" not in named[0]


def test_ends_of_the_window_at_single_reads_without_noise_are_a_fault(end):
    data, guess = end
    problem, theta = guess.problem, guess.theta.copy()
    numbers = fitted(data, problem, theta)
    sound = reviewed(data, problem, theta, numbers, diagnose(problem, theta))
    assert not any("reads have no noise" in fault for fault in sound.faults)
    theta[problem.noise[1]] = problem.limits[0][problem.noise[1]]
    first, last = problem.extremes()
    own = problem.own(theta).copy()
    own[:, 0], own[:, 1] = first, last
    theta[len(problem.shared) :] = own.ravel()
    review = reviewed(data, problem, theta, numbers, diagnose(problem, guess.theta))
    assert any("reads have no noise and single reads are the ends of the window" in fault for fault in review.faults)
