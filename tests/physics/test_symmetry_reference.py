"""References at the symmetry points of cells, from which their states count."""

from __future__ import annotations

import numpy as np
import pytest

import memsim as ms
from memsim.errors import MemsimError

CELLS = 20_000
UPDATE = {
    "model": "soft-bounds",
    "step": 0.05,
    "asymmetry": 0.3,
    "weights": {"min": -1, "max": 1},
    "reference": {"point": "symmetry"},
}


def device(spread=None, **update):
    """A device with soft bounds in a window from 100 to 120 uS, so that no end lies below 0 S."""
    return ms.load_device("resistive-gokmen2016").replace(
        {
            "conductance": {"min": "100 uS", "max": "120 uS"},
            "update": UPDATE | update,
            "variability": {"d2d": spread} if spread else None,
        }
    )


def weights(crossbar) -> np.ndarray:
    """States in units of w, -1 to 1."""
    return 2 * crossbar.state.values[:, 0] - 1


def pulse(crossbar, direction, count=1):
    return crossbar.train(ms.Hebbian(rate=1.0), np.ones(crossbar.shape[0]), [direction], steps=count, encoding="sign")


def symmetry_point(up: float, down: float, top, bottom):
    """w at which up (1 - w/top) = down (1 - w/bottom)."""
    return (up - down) / (up / top - down / bottom)


def test_a_cell_at_its_symmetry_point_has_w_0_and_moves_as_far_up_as_down():
    up, down = 0.05, 0.05 * (1 - 0.3)
    point = symmetry_point(up, down, 1, -1)
    start = {"rows": 1, "cols": 1, "initial": (0.5, 0.5 + 1e-9), "dtype": "float64"}
    step_up = weights(pulse(ms.Crossbar(device(), **start), 1))
    step_down = weights(pulse(ms.Crossbar(device(), **start), -1))
    assert step_up == pytest.approx(up * (1 - point), rel=1e-6)
    assert step_down == pytest.approx(-step_up, rel=1e-6)


def test_the_window_moves_by_the_symmetry_point():
    point = symmetry_point(0.05, 0.035, 1, -1)
    crossbar = ms.Crossbar(device(), rows=1, cols=1, initial=(0.5, 0.5 + 1e-9), dtype="float64")
    assert weights(pulse(crossbar, 1, 2000)) == pytest.approx(1 - point, abs=1e-6)
    assert weights(pulse(crossbar, -1, 2000)) == pytest.approx(-1 - point, abs=1e-6)


def test_without_a_reference_the_state_counts_from_the_middle_of_the_window():
    crossbar = ms.Crossbar(device(reference=None), rows=1, cols=1, initial=(0.5, 0.5 + 1e-9), dtype="float64")
    assert weights(pulse(crossbar, 1)) == pytest.approx(0.05, rel=1e-6)


@pytest.mark.slow
def test_the_error_of_the_reference_moves_each_window_by_its_own_amount():
    spread = {
        "update.reference.offset": {"sigma": "5 %", "relative_to": "absolute"},
        "conductance.max": {"sigma": "20 %", "relative_to": "range"},
        "conductance.min": {"sigma": "10 %", "relative_to": "range"},
    }
    crossbar = ms.Crossbar(device(spread), rows=CELLS, cols=1, seed=3, initial=(0.5, 0.5 + 1e-9))
    top = weights(pulse(crossbar, 1, 1500)).copy()
    bottom = weights(pulse(crossbar, -1, 1500))
    rng = np.random.default_rng(0)
    count = 1_000_000
    high, low = np.abs(1 + 0.4 * rng.normal(size=count)), -np.abs(-1 + 0.2 * rng.normal(size=count))
    reference = symmetry_point(0.05, 0.035, high, low) + 0.05 * rng.normal(size=count)
    for states, expected in ((top, high - reference), (bottom, low - reference)):
        assert abs(states.mean() - expected.mean()) < 4.5 * expected.std() / np.sqrt(CELLS)
        assert states.std() == pytest.approx(expected.std(), rel=0.03)
    assert np.corrcoef(top, bottom)[0, 1] == pytest.approx(
        np.corrcoef(high - reference, low - reference)[0, 1], abs=0.03
    )


def test_cells_that_are_stuck_inside_the_window_show_the_error_of_their_reference():
    spread = {"update.reference.offset": {"sigma": "5 %", "relative_to": "absolute"}}
    changes = {"faults": {"stuck_at": {"share": "100 %", "state": "50 %", "half_width": "0.5 %"}}}
    states = weights(ms.Crossbar(device(spread).replace(changes), rows=CELLS, cols=1, seed=3))
    assert abs(states.mean()) < 4.5 * 0.05 / np.sqrt(CELLS)
    assert states.std() == pytest.approx(np.hypot(0.05, 0.01 / np.sqrt(3)), rel=0.03)


def test_steps_without_a_slope_have_no_symmetry_point():
    with pytest.raises(MemsimError, match="steps without a slope have no symmetry point"):
        device(model="linear", slope={"set": 0, "reset": 0})


def test_a_linear_step_may_have_a_reference_too():
    up, down, slopes = 0.05, 0.035, (0.2, 0.6)
    point = (up - down) / (up * slopes[0] + down * slopes[1])
    crossbar = ms.Crossbar(
        device(model="linear", slope={"set": slopes[0], "reset": slopes[1]}),
        rows=1,
        cols=1,
        initial=(0.5, 0.5 + 1e-9),
        dtype="float64",
    )
    assert weights(pulse(crossbar, 1)) == pytest.approx(up * (1 - slopes[0] * point), rel=1e-6)
