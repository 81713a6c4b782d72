"""Metrics by hand."""

from __future__ import annotations

import numpy as np
import pytest

from memsim.metrics.two_columns import (
    area,
    confidence,
    degradation,
    geometric_margin,
    negative_denominator,
    normalised_difference,
    snr,
)


def test_the_ratio_has_the_studys_epsilon():
    assert snr(np.array([3.0, 1.0]), np.array([2.0, 0.0])) == pytest.approx([1.5, 1e9])


def test_negative_denominators_are_counted_with_the_epsilon():
    assert negative_denominator(np.array([-1.0, -1e-10, 0.0, 1.0])).tolist() == [True, False, False, False]


def test_the_normalised_difference_lies_between_minus_and_plus_one():
    target, control = np.array([3.0, 1.0, -1.0, 0.0]), np.array([1.0, 3.0, 1.0, 0.0])
    assert normalised_difference(target, control).tolist() == [0.5, -0.5, -1.0, 0.0]


def test_the_geometric_margin_is_the_cosine_of_input_and_weight_difference():
    x = np.array([[3.0, 4.0], [1.0, 0.0], [0.0, 0.0]])
    w = np.array([[3.0, 4.0], [0.0, 2.0], [1.0, 1.0]])
    target, steepness, length = (x * w).sum(1), np.linalg.norm(w, axis=1), np.linalg.norm(x, axis=1)
    assert geometric_margin(target, np.zeros(3), steepness, length) == pytest.approx([1.0, 0.0, 0.0])
    assert geometric_margin(10 * target, np.zeros(3), 10 * steepness, length) == pytest.approx([1.0, 0.0, 0.0])


def test_the_confidence_is_the_larger_softmax_probability():
    target, control = np.array([2.0, 0.0, 1.0, 1e5]), np.array([0.0, 2.0, 1.0, -1e5])
    logits = np.array([[2.0, 0.0], [0.0, 2.0], [1.0, 1.0]])
    softmax = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    assert confidence(target, control) == pytest.approx([*softmax.max(1), 1.0])


def test_degradation_is_a_difference_and_a_share_of_the_clean_value():
    clean, noisy = np.array([1.0, 0.5, 0.0]), np.array([[[1.0, 0.25]], [[0.5, 0.4]], [[0.0, 0.0]]])
    points, relative = degradation(clean, noisy)
    assert points[:, 0] == pytest.approx(np.array([[0.0, 0.75], [0.0, 0.1], [0.0, 0.0]]))
    assert relative[:2, 0] == pytest.approx(np.array([[0.0, 0.75], [0.0, 0.2]]))
    assert np.isnan(relative[2]).all()


def test_the_area_is_one_for_a_curve_that_never_falls_and_half_for_a_straight_fall_to_zero():
    levels = [0.1, 0.4, 0.5]
    flat, fall = np.ones((1, 3)), 1 - np.array([levels]) / 0.5
    assert area(np.ones(2), np.stack([flat, fall]), levels)[:, 0] == pytest.approx([1.0, 0.5])


def test_the_area_of_a_single_level_zero_is_the_metric_there():
    assert area(np.array([0.3]), np.array([[[0.3]]]), [0.0]) == pytest.approx(0.3)
