"""What the report says of the residuals of a fit, and of further devices."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from memsim.cli.fit_report import _between
from memsim.fit.pulses.data import PulseData, Sweep
from memsim.fit.pulses.diagnostics import diagnose
from memsim.fit.pulses.fits import fit_pulses
from memsim.fit.pulses.models import MODELS
from memsim.fit.pulses.quantities import fitted
from memsim.fit.pulses.review import _rejected, reviewed
from memsim.fit.pulses.search import Noise, finished, problem_of, rough
from memsim.fit.pulses.spread import Spread, between_conductances
from memsim.plotting.fits import pulse_figure


def soft(seed, *, write, read, step, jump=0.0, sweeps=8, reads=100) -> PulseData:
    """Sweeps of a cell with soft bounds; a trap lowers some of its reads by `jump` of the window."""
    rng, made, filled = np.random.default_rng(seed), [], False
    for i in range(sweeps):
        x, values = float(i % 2), []
        for k in range(reads):
            if k:
                moved = step * ((1 - x) if i % 2 == 0 else -x)
                x = min(max(x + moved + write * rng.standard_normal(), 0.0), 1.0)
            filled ^= bool(rng.random() < 0.1)
            values.append(2e-6 + 8e-6 * (x + read * rng.standard_normal() + jump * filled))
        made.append(Sweep("1", str(i // 2), i % 2, np.array(values)))
    return PulseData.checked("made", made, "S")


def searched(data):
    guess = finished(rough(problem_of(MODELS["soft-bounds"], Noise("range"), data), data))
    assert not guess.fault
    return guess.problem, guess.theta, diagnose(guess.problem, guess.theta)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [100, 101, 102])
def test_states_that_stay_at_the_ends_of_the_window_are_no_reason_to_reject_the_model(seed):
    _, _, diagnostics = searched(soft(seed, write=0.04, read=0.005, step=0.5))
    assert diagnostics.excess > 0.5  # a Gaussian has 0, with a standard error of 0.17
    assert diagnostics.normality > 0.05
    assert "normality" not in _rejected(diagnostics)


@pytest.mark.slow
def test_the_report_says_that_jumps_of_a_trap_are_not_in_the_model():
    data = soft(3, write=0.01, read=0.01, step=0.06, jump=0.12, sweeps=6)
    problem, theta, diagnostics = searched(data)
    limits = reviewed(data, problem, theta, fitted(data, problem, theta), diagnostics).limits
    assert any(limit.startswith("the residuals are not distributed as the model says (p ") for limit in limits)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("normality", "independence", "expected"),
    [
        (0.5, 0.5, set()),
        (0.004, 0.5, {"normality"}),
        (0.006, 0.5, set()),
        (0.5, 0.004, {"independence"}),
        (0.004, 0.009, {"normality", "independence"}),
        (0.006, 0.009, set()),
    ],
)
def test_the_tests_of_the_residuals_together_reject_a_right_model_in_one_of_a_hundred_fits(
    normality, independence, expected
):
    _, _, diagnostics = searched(soft(1, write=0.02, read=0.02, step=0.06, sweeps=4, reads=40))
    assert _rejected(replace(diagnostics, normality=normality, independence=independence)) == expected


def test_further_devices_have_no_negative_conductances():
    spread = between_conductances(np.array([1e-6, 3e-6]), np.array([1e-14, 1e-14]))
    assert spread.another[0] < 0
    assert replace(spread, positive=True).another == (0.0, spread.another[1])
    weight = Spread(-0.5, -0.6, -0.4, 0.1, 0.05, 0.3, 5, positive=True)
    assert weight.another[0] <= weight.mean


def test_the_spread_between_devices_is_a_sentence():
    spread = Spread(2e-6, 1e-6, 3e-6, 0.0, 0.0, 3e-7, 2, positive=True)
    assert _between("low", spread, "S") == (
        "Between devices, the lower ends of the windows are compatible with equal devices (standard deviation below "
        "300 nS at 95 %); 95 % of further devices have this end at 1 uS to 3 uS."
    )
    spread = Spread(0.0, -0.1, 0.1, 0.2, 0.1, 0.5, 5)
    assert _between("step", spread, "") == (
        "Between devices, the step sizes have a standard deviation of 20 % (95 % interval 10 % to 50 %); 95 % of "
        "further devices have steps of 0.57 to 1.8 times the average."
    )


def several(devices) -> PulseData:
    sweeps = []
    for name in range(devices):
        sweeps += [
            Sweep(str(name), sweep.cycle, sweep.branch, (1 + 0.1 * name) * sweep.value)
            for sweep in soft(name, write=0.02, read=0.02, step=0.1, sweeps=2, reads=30).sweeps
        ]
    return PulseData.checked("made", sweeps, "S")


@pytest.mark.slow
@pytest.mark.parametrize("devices", [2, 3])
def test_each_line_of_a_figure_means_one_thing(devices):
    figure = pulse_figure(fit_pulses(several(devices), "soft-bounds", compared=["linear", "soft-bounds"]))
    trains, steps = figure.axes[:2], figure.axes[2]
    for axes in trains:
        medians = [line for line in axes.lines if line.get_linestyle() != "None"]
        assert {line.get_linestyle() for line in medians} == {"-"}
        assert len(axes.collections) == (devices if devices <= 2 else 1)  # bands
    colours = {line.get_color() for axes in trains for line in axes.lines}
    assert not colours & {line.get_color() for line in steps.lines}
    assert min(line.get_xdata().min() for line in steps.lines if len(line.get_xdata()) > 2) >= 0
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels[:devices] == [f"device {name}" for name in range(devices)]
