"""Which severities count as noise, and errors relative to those of a reference."""

from __future__ import annotations

import numpy as np
import pytest

from memsim.metrics import classes as cm
from memsim.metrics.severities import is_noise, mean_under_noise, reads_under_noise, under_noise
from memsim.metrics.two_columns import area


def test_the_clean_image_is_no_noise():
    accuracy, levels = np.array([[[0.905, 0.885, 0.605, 0.345]]]), [0.0, 0.1, 0.3, 0.5]
    assert list(is_noise(levels)) == [False, True, True, True]
    assert mean_under_noise(accuracy, levels) == pytest.approx((0.885 + 0.605 + 0.345) / 3)
    assert under_noise(accuracy, levels).shape == (1, 1, 3)


def test_a_mean_without_noise_has_no_value_and_reads_without_noise_stay():
    accuracy = np.ones((2, 1, 1))
    assert np.isnan(mean_under_noise(accuracy, [0.0])).all()
    assert np.array_equal(reads_under_noise(accuracy, [0.0]), accuracy)


def test_the_area_does_not_depend_on_whether_severity_0_is_measured():
    curve = np.array([[0.8, 0.5]])
    measured = np.array([[0.7, 0.8, 0.5]])
    assert area(np.array([1.0]), measured[None], [0.0, 0.1, 0.5]) == area(np.array([1.0]), curve[None], [0.1, 0.5])


def test_relative_errors_are_rises_over_those_of_the_reference():
    """Transcribed from Hendrycks & Dietterich 2019, section 4.3, for two types and two levels."""
    error, clean = np.array([[[0.3, 0.5], [0.2, 0.2]]]), np.array([0.1])
    reference, clean_reference = np.array([[[0.4, 0.6], [0.3, 0.2]]]), np.array([0.2])
    ratios = cm.relative_corruption_error(error, clean, reference, clean_reference)
    assert ratios[0, 0] == pytest.approx(((0.3 - 0.1) + (0.5 - 0.1)) / ((0.4 - 0.2) + (0.6 - 0.2)))
    assert ratios[0, 1] == pytest.approx(((0.2 - 0.1) + (0.2 - 0.1)) / ((0.3 - 0.2) + (0.2 - 0.2)))
    assert cm.corruption_error(error, reference)[0, 0] == pytest.approx((0.3 + 0.5) / (0.4 + 0.6))


def test_a_reference_that_loses_nothing_gives_no_relative_error():
    error = np.array([[[0.3]], [[0.2]]])
    reference = np.array([[[0.1]], [[0.05]]])
    ratios = cm.relative_corruption_error(error, np.array([0.1, 0.1]), reference, np.array([0.1, 0.1]))
    assert np.isnan(ratios).all()  # it rises by 0, and falls
    rounded = cm.relative_corruption_error(error[:1], np.array([0.1]), np.array([[[0.1 + 0.2]]]), np.array([0.3]))
    assert np.isnan(rounded).all()  # 0.1 + 0.2 is 0.3 but for rounding
