"""Distributions of a pulse's effect, and parameters of the update that vary from pulse to pulse."""

from __future__ import annotations

import numpy as np
import pytest

import memsim as ms
from memsim.errors import InputError
from memsim.learning.rules.write import Write
from memsim.profiles import load_device

CELLS = 1 << 16
STEP, START = 0.002, 0.5


def device(update=None, **variability):
    own = {"model": "soft-bounds", "step": 2 * STEP, "status": "assumed"} if update is None else update
    return load_device("ideal").replace(
        {"conductance.nominal": False, "update": own, "variability": {**variability, "status": "assumed"}}
    )


def moved(profile, pulses=1):
    """Changes of cells that all start at `START` and get some set pulses at once, but for their d2d spread."""
    xbar = ms.Crossbar(profile, CELLS, 1, seed=7, initial=(START, START + 1e-7), dtype="float64")
    before = xbar.state.values[:, 0]
    span = profile.span
    xbar.train(
        Write(), np.full(CELLS, START + (pulses + 0.01) / span), [1.0], encoding=ms.Encoding("counted", "nearest")
    )
    assert (xbar.pulses.set == pulses * CELLS).all()
    return xbar.state.values[:, 0] - before


def skewness(x):
    return float(((x - x.mean()) ** 3).mean() / x.std() ** 3)


SKEWS = [("normal", 0.0), ("uniform", 0.0), ("lognormal", 0.3**3 + 3 * 0.3)]
"""(e^(s^2) + 2) sqrt(e^(s^2) - 1), with e^(s^2) = 1 + sigma^2, of the lognormal distribution."""


@pytest.mark.slow
@pytest.mark.parametrize(("distribution", "skew"), SKEWS)
@pytest.mark.parametrize("pulses", [1, 4])
def test_every_distribution_has_the_stated_mean_and_sigma(distribution, skew, pulses):
    c2c = {"sigma": "30 %", "relative_to": "step", "distribution": distribution}
    mean = moved(device(), pulses).mean()
    change = moved(device(c2c=c2c), pulses)
    sigma = 0.3 * mean / np.sqrt(pulses)
    assert abs(change.mean() - mean) < 4 * sigma / np.sqrt(CELLS)
    assert change.std() == pytest.approx(sigma, rel=0.02)
    if pulses == 1:
        assert skewness(change) == pytest.approx(skew, abs=0.08)
        if distribution == "uniform":
            assert np.abs(change - mean).max() <= np.sqrt(3) * sigma * (1 + 1e-6)
        if distribution == "lognormal":
            assert change.min() > 0


@pytest.mark.slow
@pytest.mark.parametrize("distribution", ["normal", "uniform", "lognormal"])
@pytest.mark.parametrize("pulses", [1, 4])
def test_a_step_that_varies_from_pulse_to_pulse_scatters_like_the_pulse(distribution, pulses):
    spread = {"update.step": {"sigma": "20 %", "relative_to": "value", "distribution": distribution}}
    mean = moved(device(), pulses).mean()
    change = moved(device(per_pulse=spread), pulses)
    assert abs(change.mean() - mean) < 4 * 0.2 * mean / np.sqrt(pulses * CELLS) + 1e-3 * mean
    assert change.std() == pytest.approx(0.2 * mean / np.sqrt(pulses), rel=0.02)


@pytest.mark.slow
def test_other_parameters_scatter_by_their_slope_and_independently():
    update = {"model": "power", "step": 2 * STEP, "exponent": {"set": 1.5, "reset": 1.0}, "status": "assumed"}
    wide = {"sigma": 0.1, "relative_to": "absolute"}
    alone = moved(device(update, per_pulse={"update.exponent.set": wide}))
    # d/dgamma of s (1 - x)^gamma at x = 1/2
    slope = STEP * 0.5**1.5 * np.log(0.5)
    assert alone.std() == pytest.approx(0.1 * abs(slope), rel=0.02)
    step = {"sigma": "10 %", "relative_to": "value"}
    both = moved(device(update, per_pulse={"update.exponent.set": wide, "update.step": step}))
    apart = moved(device(update, per_pulse={"update.step": step}))
    assert both.var() == pytest.approx(alone.var() + apart.var(), rel=0.03)
    assert abs(np.corrcoef(alone, apart)[0, 1]) < 4 / np.sqrt(CELLS)


@pytest.mark.slow
def test_pulses_are_drawn_anew_in_every_step_and_each_cell():
    profile = device(per_pulse={"update.step": {"sigma": "20 %", "relative_to": "value"}})
    xbar = ms.Crossbar(profile, 4096, 2, seed=1, initial=(0.5, 0.5001))
    states = [xbar.state.values]
    for _ in range(2):
        xbar.train(ms.Hebbian(0.004), np.ones(4096), [1.0, 1.0], encoding="exact")
        states.append(xbar.state.values)
    first, second = (np.diff(states, axis=0)[step] for step in (0, 1))
    for a, b in ((first[:, 0], second[:, 0]), (first[:, 0], first[:, 1]), (first[:-1, 0], first[1:, 0])):
        assert abs(np.corrcoef(a, b)[0, 1]) < 4 / np.sqrt(4095)


@pytest.mark.parametrize(
    ("variability", "message"),
    [
        ({"per_pulse": {"read.noise.sigma": {"sigma": "1 %", "relative_to": "value"}}}, "no read.noise.sigma"),
        ({"per_pulse": {"update.gamma.set": {"sigma": "1 %", "relative_to": "value"}}}, "no update.gamma.set that"),
        ({"c2c": {"sigma": "1 %", "relative_to": "range", "distribution": "lognormal"}}, "'lognormal' needs"),
    ],
)
def test_a_spread_without_meaning_is_refused(variability, message):
    with pytest.raises(InputError, match=message):
        device(**variability)
