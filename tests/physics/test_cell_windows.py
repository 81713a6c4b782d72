"""The window of each cell, compliance limits, and devices whose window is nominal by convention."""

from __future__ import annotations

import numpy as np
import pytest

import memsim as ms
from memsim.errors import InputError

CELLS = 20_000
SPREAD = 0.15
"""Standard deviation of both ends, in units of the nominal window."""
PROFILE = {
    "variability.d2d": {
        "conductance.min": {"sigma": f"{100 * SPREAD} %", "relative_to": "range"},
        "conductance.max": {"sigma": f"{100 * SPREAD} %", "relative_to": "range"},
    },
    "conductance": {"min": "20 uS", "max": "30 uS"},
    "update": {"model": "constant", "pulses": 100, "weights": {"min": 0, "max": 1}},
    "variability.c2c": None,
}


@pytest.fixture(scope="module")
def device():
    return ms.load_device("resistive-gokmen2016").replace(PROFILE)


def driven(device, direction: int, **options) -> np.ndarray:
    """States after pulses of one direction that no cell's window outlasts."""
    crossbar = ms.Crossbar(device, rows=CELLS, cols=1, seed=4, **options)
    crossbar.train(ms.Hebbian(rate=1.0), np.ones(CELLS), [direction], steps=400, encoding="sign")
    return crossbar.state.values[:, 0]


@pytest.fixture(scope="module")
def window(device):
    return driven(device, -1), driven(device, 1)


@pytest.mark.parametrize(("end", "centre"), [(0, 0.0), (1, 1.0)])
def test_each_end_of_the_cell_windows_scatters_on_both_sides_of_the_nominal_end(window, end, centre):
    states = window[end]
    error = SPREAD / np.sqrt(CELLS)
    assert abs(states.mean() - centre) < 4.5 * error
    assert states.std() == pytest.approx(SPREAD, rel=0.03)
    assert np.mean(states > centre) == pytest.approx(0.5, abs=4.5 * 0.5 / np.sqrt(CELLS))
    assert not np.any(states == centre)


def test_a_bound_strictly_inside_the_window_limits_every_cell_but_those_whose_window_lies_beyond_it(device, window):
    low, high = window
    limit = 0.2
    upper = driven(device, 1, bounds=(0, limit), initial=(0, 0.01))
    assert np.array_equal(upper, np.where(low > limit, low, np.minimum(high, np.float32(limit))))
    assert 0.05 < np.mean(low > limit) < 0.15  # 9 % of N(0, .15) lie above .2
    lower = driven(device, -1, bounds=(1 - limit, 1), initial=(0.8, 0.81))
    assert np.array_equal(lower, np.where(high < 1 - limit, high, np.maximum(low, np.float32(1 - limit))))


def test_each_end_of_the_bounds_is_a_limit_of_its_own(device, window):
    low, high = window
    assert np.array_equal(driven(device, 1, bounds=(0.2, 1), initial=(0.2, 0.21)), high)
    assert np.array_equal(driven(device, -1, bounds=(0, 0.8)), low)


def test_a_bound_at_the_end_of_the_nominal_window_limits_nothing_so_a_sweep_has_a_step_there(device, window):
    _, high = window
    nearly = driven(device, 1, bounds=(0, 1 - 1e-6))
    assert np.array_equal(driven(device, 1, bounds=(0, 1)), high)
    assert nearly.max() <= 1 < high.max() and nearly.mean() < high.mean() - 0.3 * SPREAD


def test_fresh_cells_start_inside_their_windows_and_limits(device, window):
    low, high = window
    crossbar = ms.Crossbar(device, rows=CELLS, cols=1, seed=4, initial=(0, 0.01))
    states = crossbar.state.values[:, 0]
    assert np.all(states >= low) and np.all(states <= high)
    inside = (low < 0) & (high > 0.01)
    assert np.all((states[inside] >= 0) & (states[inside] <= np.float32(0.01)))


@pytest.mark.slow
def test_a_target_beyond_the_nominal_window_is_reached_by_cells_whose_window_reaches_it(device, window):
    low, high = window
    crossbar = ms.Crossbar(device, rows=CELLS, cols=1, seed=4)
    crossbar.program(1.1, cycles=4, encoding="exact")
    assert np.allclose(crossbar.state.values[:, 0], np.clip(1.1, low, high), atol=1e-5)


@pytest.mark.slow
def test_mapped_weights_end_at_the_nearer_end_of_windows_that_do_not_hold_them(device):
    weights = np.linspace(-1, 1, 2000)[:, None]
    crossbar = ms.Crossbar.from_weights(weights, device, seed=4, cycles=4)
    low = ms.Crossbar(device, rows=2000, cols=1, column="pair", seed=4)
    high = ms.Crossbar(device, rows=2000, cols=1, column="pair", seed=4)
    for array, target in ((low, -2.0), (high, 3.0)):
        array.program(target, cycles=8)
    targets = np.concatenate([np.maximum(weights, 0), np.maximum(-weights, 0)], axis=1)
    expected = np.clip(targets, low.state.values, high.state.values)
    assert np.abs(crossbar.state.values - expected).max() < 0.006  # within half a pulse of 1/100


@pytest.mark.slow
def test_deviations_that_exchange_the_ends_of_a_window_are_swapped():
    wide = PROFILE["variability.d2d"] | {"conductance.min": {"sigma": "80 %", "relative_to": "range"}}
    device = ms.load_device("resistive-gokmen2016").replace(
        PROFILE | {"variability.d2d": wide, "conductance": {"min": "100 uS", "max": "110 uS"}}
    )
    low, high = driven(device, -1, initial=(0.4, 0.6)), driven(device, 1, initial=(0.4, 0.6))
    rng = np.random.default_rng(0)
    ends = np.sort([rng.normal(0, 0.8, 400_000), rng.normal(1, SPREAD, 400_000)], axis=0)
    assert np.all(low < high)
    for states, reference in ((low, ends[0]), (high, ends[1])):
        assert abs(states.mean() - reference.mean()) < 4.5 * reference.std() / np.sqrt(CELLS)
        assert states.std() == pytest.approx(reference.std(), rel=0.05)


def test_no_conductance_is_below_zero():
    device = ms.load_device("resistive-gokmen2016").replace(PROFILE | {"conductance": {"min": "1 uS", "max": "11 uS"}})
    crossbar = ms.Crossbar(device, rows=CELLS, cols=1, seed=4)
    crossbar.train(ms.Hebbian(rate=1.0), np.ones(CELLS), [-1], steps=200, encoding="sign")
    conductance = crossbar.conductance.values
    assert conductance.min() == pytest.approx(0.0, abs=1e-12) and conductance.min() >= 0
    assert np.mean(conductance < 1e-12) == pytest.approx(0.2525, abs=0.02)  # P(N(1, 1.5) < 0)


def test_the_bounds_of_a_window_that_is_nominal_by_convention_are_literal():
    def top(bounds):
        crossbar = ms.Crossbar("ideal", rows=4, cols=1, bounds=bounds)
        return crossbar.train(ms.Hebbian(rate=1.0), np.ones(4), [1], steps=3).state.values.max()

    assert top((0, 1)) == 1 and top((0, 2)) == 2 and top(None) > 3


def test_bounds_outside_the_window_of_a_real_device_are_refused(device):
    for bounds in ((-0.1, 1), (0, 1.1), None):
        with pytest.raises(InputError, match=r"leave the window of device .* allowed within \[0, 1\]"):
            ms.Crossbar(device, rows=4, cols=1, bounds=bounds)


def test_stuck_cells_stay_at_the_ends_of_their_own_windows_whatever_the_limit(device, window):
    low, high = window
    faults = np.zeros((CELLS, 1))
    faults[::2], faults[1::2] = 1, -1
    states = driven(device, 1, bounds=(0.3, 0.7), initial=(0.4, 0.5), faults=faults)
    assert np.array_equal(states[::2], high[::2]) and np.array_equal(states[1::2], low[1::2])


def test_saturated_cells_are_at_an_end_of_their_own_window_or_at_a_limit(device, window):
    _, high = window
    crossbar = ms.Crossbar(device, rows=CELLS, cols=1, seed=4, bounds=(0, 0.9))
    assert crossbar.saturated.values.mean() < 0.6
    crossbar.train(ms.Hebbian(rate=1.0), np.ones(CELLS), [1], steps=100, encoding="sign")
    states = crossbar.state.values[:, 0]
    assert np.array_equal(crossbar.saturated.values[:, 0], (states == high) | (states >= np.float32(0.9)))


@pytest.mark.slow
def test_a_pulse_draws_write_noise_anew_even_where_the_state_stays_at_its_end():
    noisy = ms.load_device("resistive-gokmen2016").replace(
        PROFILE
        | {
            "variability.write": {"sigma": "5 %", "relative_to": "range"},
            "update": {"model": "soft-bounds", "pulses": 100},
        }
    )
    crossbar = ms.Crossbar(noisy, rows=CELLS, cols=1, seed=4)
    crossbar.train(ms.Hebbian(rate=1.0), np.ones(CELLS), [-1], steps=3000, encoding="sign")
    hidden = crossbar._array.cells.lines.state[0, 0, :CELLS].copy()
    before = crossbar.state.values[:, 0] - hidden
    crossbar.train(ms.Hebbian(rate=1.0), np.r_[np.ones(CELLS // 2), np.zeros(CELLS // 2)], [-1], encoding="sign")
    after = crossbar.state.values[:, 0] - crossbar._array.cells.lines.state[0, 0, :CELLS]
    pulsed, idle = slice(0, CELLS // 2), slice(CELLS // 2, None)
    assert np.array_equal(after[idle], before[idle])
    assert abs(np.corrcoef(after[pulsed], before[pulsed])[0, 1]) < 4.5 / np.sqrt(CELLS // 2)
    assert after[pulsed].std() == pytest.approx(0.05, rel=0.03)


@pytest.mark.parametrize(
    "model", ["constant", *(pytest.param(model, marks=pytest.mark.slow) for model in ("soft-bounds", "exponential"))]
)
def test_no_end_is_below_zero_whatever_a_model_makes_of_the_ends(model):
    shape = {"amplitude": {"set": -1, "reset": -1}, "gamma": {"set": 1, "reset": 1}} if model == "exponential" else {}
    spread = {f"conductance.{end}": {"sigma": "40 %", "relative_to": "range"} for end in ("min", "max")}
    device = ms.load_device("resistive-gokmen2016").replace(
        {
            "conductance": {"min": "5 uS", "max": "50 uS"},
            "update": {"model": model, "pulses": 100, **shape},
            "variability": {"d2d": spread},
        }
    )
    crossbar = ms.Crossbar(device, rows=CELLS, cols=1, seed=4)
    crossbar.train(ms.Hebbian(rate=1.0), np.ones(CELLS), [-1], steps=300, encoding="sign")
    assert crossbar.conductance.values.min() >= 0 and crossbar.state.values.min() >= -5 / 45 * (1 + 1e-6)


def test_bounds_in_siemens_are_refused_with_the_share_that_they_would_be(device):
    with pytest.raises(InputError, match=r"bounds are shares of the window, .*: 2.8e-05 S would be w = 0.8$"):
        ms.Crossbar(device, rows=4, cols=1, bounds=(0, 28e-6))
