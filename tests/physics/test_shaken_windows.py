"""Windows and slopes that vary from pulse to pulse, and rounds of programming after time has passed."""

from __future__ import annotations

import numpy as np
import pytest

import memsim as ms


def device(**changes):
    return ms.load_device("ideal").replace(
        {"conductance": {"min": "1 uS", "max": "10 uS", "nominal": False}, **changes}
    )


CONSTANT = {"model": "constant", "pulses": 50}


def per_pulse(name: str, sigma: str, base: str) -> dict:
    return {"variability": {"per_pulse": {name: {"sigma": sigma, "relative_to": base}}}}


@pytest.mark.slow
def test_a_window_that_varies_from_pulse_to_pulse_never_reaches_below_0_s():
    wide = device(update=CONSTANT, **per_pulse("conductance.max", "50 %", "value"))
    crossbar = ms.Crossbar(wide, 5, 3, arrays=50, seed=1, initial=(0.5, 0.6))
    crossbar.train(ms.Hebbian(0.2), np.ones(5), np.ones(3), steps=7)
    crossbar.train(ms.Hebbian(0.02), -np.ones(5), np.ones(3), steps=7)
    assert crossbar.state.values.min() >= -1 / 9 * (1 + 1e-6)


@pytest.mark.slow
def test_stuck_cells_stay_where_the_window_varies_from_pulse_to_pulse():
    faults = np.zeros((5, 3), int)
    faults[0], faults[1] = 1, -1
    shaky = device(update=CONSTANT, **per_pulse("conductance.max", "20 %", "range"))
    crossbar = ms.Crossbar(shaky, 5, 3, seed=1, faults=faults)
    crossbar.train(ms.Hebbian(0.3), np.ones(5), np.ones(3), steps=5)
    assert (crossbar.state.values[0] == 1).all() and (crossbar.state.values[1] == 0).all()


@pytest.mark.slow
@pytest.mark.parametrize("sigma", ["1 %", "10 %", "30 %"])
def test_a_slope_that_varies_from_pulse_to_pulse_hardly_changes_the_mean_way(sigma):
    update = {"model": "linear", "pulses": 50, "slope": {"set": 0.01, "reset": 0.01}}
    options = {"rows": 64, "cols": 3, "arrays": 10, "seed": 1, "initial": (0, 0.001)}

    def mean(changes):
        crossbar = ms.Crossbar(device(update=update, **changes), **options)
        return crossbar.train(ms.Hebbian(0.5), np.ones(64), np.ones(3)).state.values.mean()

    assert mean(per_pulse("update.slope.set", sigma, "absolute")) == pytest.approx(mean({}), abs=0.01)


@pytest.mark.slow
def test_a_full_cell_of_soft_bounds_stays_full_however_its_step_varies():
    update = {"model": "soft-bounds", "pulses": 50}
    shaky = device(update=update, **per_pulse("update.step", "100 %", "value"))
    crossbar = ms.Crossbar(shaky, 64, 3, seed=2, initial=(0.999999, 1))
    crossbar.train(ms.Hebbian(0.02), np.ones(64), np.ones(3), encoding="sign")
    assert crossbar.state.values.min() > 0.999


@pytest.mark.slow
@pytest.mark.parametrize("rows", [7, 64])
@pytest.mark.parametrize("cycles", [1, 4])
def test_cells_that_are_at_their_targets_get_no_pulse_after_a_wait(rows, cycles):
    retention = {"model": "drift", "exponent": 0.05, "reference_time": "1 s"}
    crossbar = ms.Crossbar(device(update=CONSTANT, retention=retention), rows, 3, seed=2, initial=(0.4, 0.401))
    crossbar.wait(1e6)
    states = crossbar.state.values
    crossbar.program(states, cycles=cycles)
    assert np.array_equal(crossbar.state.values, states)
    assert crossbar.pulses.set.sum() == crossbar.pulses.reset.sum() == 0


def test_a_map_of_stuck_cells_is_the_arrays_own():
    faults = np.zeros((3, 2), int)
    faults[0, 0] = 1
    crossbar = ms.Crossbar(device(update=CONSTANT), 3, 2, faults=faults)
    faults[:] = 0
    assert crossbar._array.fault_map[0, 0] == 1
