"""The NeuroSim pulse model against its closed form and its published points."""

from __future__ import annotations

import numpy as np
import pytest

from memsim.cells.functions import exponential_ratio
from memsim.cells.neurosim import Neurosim, change, curvature, label, rates


def cell(nonlinearity_set, nonlinearity_reset, pulses, low=0.0, high=1.0):
    start_set, decay_set = rates(nonlinearity_set, pulses)
    start_reset, decay_reset = rates(nonlinearity_reset, pulses)
    return Neurosim(low, high, 0.0, float(start_set), float(decay_set), float(start_reset), float(decay_reset))


def test_labels_agree_with_the_published_points():
    assert label(1 / 0.5) == pytest.approx(2.40, abs=0.005)
    assert label(1 / 0.2) == pytest.approx(4.88, abs=0.005)


def test_the_label_is_ten_times_the_largest_distance_from_the_straight_line():
    x = np.linspace(0, 1, 200001)
    for a in (0.3, 2.0, 10.0):
        curve = (1 - np.exp(-x * a)) / (1 - np.exp(-a))
        assert label(a) == pytest.approx(10.1015 * (curve - x).max(), rel=1e-6)


def test_inverting_a_label_gives_back_its_curvature():
    for a in (1e-3, 0.1, 1.0, 5.0, 40.0):
        assert curvature(label(a)) == pytest.approx(a, rel=1e-6)
        assert curvature(-label(a)) == pytest.approx(a, rel=1e-6)
    assert curvature(0.0) == 0


def test_one_and_forty_eight_reset_pulses_of_agsi_fall_as_published():
    p = cell(2.4, -4.88, 97)
    assert 1 + change(1.0, -1.0, p) == pytest.approx(0.949, abs=5e-4)
    assert 1 + change(1.0, -48.0, p) == pytest.approx(0.078, abs=5e-4)


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (0.1, 0.8)])
def test_pulses_trace_the_closed_form_curve_and_end_at_the_window(low, high):
    p = cell(2.4, -4.88, 97, low, high)
    a_set, a_reset = curvature(2.4), curvature(4.88)
    n = np.arange(98)
    up = low + (high - low) * np.expm1(-n / 97 * a_set) / np.expm1(-a_set)
    down = high - (high - low) * np.expm1(-n / 97 * a_reset) / np.expm1(-a_reset)
    assert np.allclose([low + change(low, float(k), p) for k in n], up, atol=1e-13)
    assert np.allclose([high + change(high, -float(k), p) for k in n], down, atol=1e-13)


def test_pulses_one_by_one_equal_the_same_number_at_once():
    p = cell(0.04, -0.63, 128)
    for sign, state in ((1.0, 0.1), (-1.0, 0.9)):
        at_once = state + change(state, sign * 20, p)
        for _ in range(20):
            state = state + change(state, sign, p)
        assert state == pytest.approx(at_once, abs=1e-13)


def test_a_vanishing_label_is_the_linear_limit():
    p = cell(0.0, 0.0, 50)
    assert change(0.3, 7.0, p) == pytest.approx(7 / 50, abs=1e-15)
    assert change(0.3, -7.0, p) == pytest.approx(-7 / 50, abs=1e-15)
    nearly = cell(1e-6, 1e-6, 50)
    assert change(0.3, 7.0, nearly) == pytest.approx(7 / 50, rel=1e-5)


def test_no_pulse_changes_nothing():
    assert change(0.4, 0.0, cell(2.4, -4.88, 97)) == 0


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 2e-7), (np.float64, 5e-16)])
def test_the_exponential_ratio_is_exact_to_the_rounding_of_its_dtype(dtype, tolerance):
    y = np.geomspace(1e-8, 300, 4001).astype(dtype)
    value = np.array([exponential_ratio(v) for v in y], float)
    exact = -np.expm1(-y.astype(np.longdouble)) / y.astype(np.longdouble)
    assert np.abs(value / exact - 1).max() < tolerance
    assert exponential_ratio(dtype(0)) == 1
