"""A monitor of decisions against its definitions, written again: all orders of ties, thresholds and plain sums."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from memsim.metrics.binning import shares, sums
from memsim.metrics.monitor import COVERAGES, risk, risk_area, safe_accuracy, unsafe


def risks_of_an_order(right):
    """Errors among the first k over k, for k = 1 to n."""
    return [sum(not each for each in right[:k]) / k for k in range(1, len(right) + 1)]


def mean_risks(score, right):
    """Mean of those over all orders from the largest score to the smallest."""
    orders = [
        order
        for order in itertools.permutations(range(len(score)))
        if all(score[a] >= score[b] for a, b in itertools.pairwise(order))
    ]
    return np.mean([risks_of_an_order([right[k] for k in order]) for order in orders], axis=0)


TIED = np.array([0.9, 0.5, 0.9, 0.5, 0.5, 0.1, 0.7])
RIGHT = np.array([True, False, False, True, True, False, True])


def test_equal_scores_are_accepted_in_random_order():
    wanted = mean_risks(TIED, RIGHT)
    assert np.allclose(risk(TIED, RIGHT, np.arange(1, 8) / 7), wanted)
    assert risk_area(TIED, RIGHT) == pytest.approx(wanted.mean())


def test_the_order_of_the_images_does_not_matter_with_ties():
    draw = np.random.default_rng(0)
    score, right = draw.integers(0, 5, 200) / 5, draw.uniform(size=200) < 0.7
    order = draw.permutation(200)
    assert np.allclose(risk(score[order], right[order]), risk(score, right))
    assert risk_area(score[order], right[order]) == pytest.approx(float(risk_area(score, right)))


def test_without_ties_the_area_is_the_mean_risk_over_all_thresholds():
    draw = np.random.default_rng(1)
    score, right = draw.normal(size=300), draw.uniform(size=300) < 0.6
    by_threshold = [np.mean(~right[score >= threshold]) for threshold in score]
    assert risk_area(score, right) == pytest.approx(np.mean(by_threshold))


def test_the_area_is_near_that_of_trapezoids_on_the_stored_grid():
    draw = np.random.default_rng(2)
    score = draw.uniform(size=40_000)
    right = draw.uniform(size=40_000) < score
    curve = risk(score, right)
    # Accepted above 1 - c with chance = score: the risk is c/2, and its area 1/4.
    assert np.allclose(curve, COVERAGES / 2, atol=0.02)
    x, y = np.array([0, *COVERAGES]), np.array([0, *curve])
    trapezoids = sum((y[k] + y[k + 1]) / 2 * (x[k + 1] - x[k]) for k in range(len(x) - 1))
    assert risk_area(score, right) == pytest.approx(trapezoids, abs=2e-3) == pytest.approx(0.25, abs=0.01)


def test_one_score_for_all_has_the_error_rate_at_any_coverage():
    right = np.array([True, True, False, True])
    assert np.allclose(risk(np.ones(4), right), 0.25)
    assert risk_area(np.ones(4), right) == 0.25


def test_a_perfect_score_has_no_risk_until_errors_must_be_accepted():
    right = np.arange(100) >= 20
    curve = risk(np.arange(100.0), right)
    assert np.allclose(curve, np.maximum(0, COVERAGES - 0.8) / COVERAGES)
    assert np.allclose(risk(-np.arange(100.0), right), np.minimum(0.2, COVERAGES) / COVERAGES)


def test_the_whole_coverage_has_the_error_rate_and_every_row_its_own_curve():
    draw = np.random.default_rng(3)
    score, right = draw.normal(size=(2, 3, 37)), draw.uniform(size=(2, 3, 37)) < 0.8
    assert np.allclose(risk(score, right)[..., -1], 1 - right.mean(-1))
    assert np.allclose(risk(score, right)[1, 2], risk(score[1, 2], right[1, 2]))
    assert np.allclose(risk_area(score, right)[0, 1], risk_area(score[0, 1], right[0, 1]))


def test_a_coverage_inside_an_image_accepts_it_with_that_chance():
    score, right = np.array([3.0, 2.0, 1.0]), np.array([True, False, True])
    assert risk(score, right, np.array([0.5]))[0] == pytest.approx(0.5 / 1.5)
    assert risk(score, np.array([False, True, True]), np.array([0.1]))[0] == pytest.approx(1.0)


def test_scores_that_are_no_numbers_are_unsafe_and_come_last():
    score, right = np.array([np.nan, 0.2, np.nan, 0.1]), np.array([False, True, False, True])
    assert unsafe(score, 0.15).tolist() == [True, False, True, True]
    assert np.allclose(risk(score, right, np.array([0.5, 1.0])), [0.0, 0.5])


def test_the_accuracy_of_the_safe_ones_leaves_out_what_is_flagged():
    right = np.array([[True, False, True, False], [True, True, True, True]])
    flagged = np.array([[False, True, False, False], [True, True, True, True]])
    assert np.allclose(safe_accuracy(right, flagged), [2 / 3, np.nan], equal_nan=True)


def test_sums_and_shares_by_bin_are_those_of_numpy():
    draw = np.random.default_rng(4)
    values, weights = draw.normal(size=(2, 3, 50)), draw.uniform(size=(2, 3, 50))
    edges = np.array([-np.inf, -1.0, 0.0, 0.5, np.inf])
    place = np.digitize(values, edges) - 1
    for row in np.ndindex(2, 3):
        counts = np.histogram(values[row], edges)[0]
        assert np.allclose(shares(values, edges)[row], counts / 50)
        wanted = [weights[row][place[row] == k].sum() for k in range(4)]
        assert np.allclose(sums(place, 4, weights)[row], wanted)


def test_a_value_at_an_end_has_one_bin_and_nan_none():
    values = np.array([0.0, 1.0, 2.0, np.nan])
    assert shares(values, np.array([0.0, 1.0, 2.0])).tolist() == [0.25, 0.5]
    assert shares(np.array([np.inf, -np.inf]), np.array([-np.inf, 0, np.inf])).tolist() == [0.5, 0.5]
