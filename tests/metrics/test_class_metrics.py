"""Metrics of many classes against their definitions, limits and synthetic data whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from memsim.metrics import classes as cm

OUTPUTS = np.array([[3.0, 1.0, 0.0], [0.0, 2.0, 2.5], [-1.0, -2.0, -4.0]])
LABELS = np.array([0, 1, 2])


def calibrated(count=20_000, classes=4, seed=0):
    """Outputs whose softmax is the chance of the labels."""
    draw = np.random.default_rng(seed)
    outputs = draw.normal(0, 2, (count, classes))
    chances = cm.probabilities(outputs)
    labels = (draw.uniform(size=(count, 1)) > chances.cumsum(-1)).sum(-1)
    return outputs, np.minimum(labels, classes - 1)


def reliability(outputs, labels, **bins):
    return cm.reliability(cm.confidence(outputs), cm.predicted(outputs) == labels, **bins)


class TestMargins:
    def test_they_are_the_right_output_over_the_best_other(self):
        assert np.allclose(cm.margin(OUTPUTS, LABELS), [2.0, -0.5, -3.0])
        assert np.allclose(cm.normalised_margin(OUTPUTS, LABELS), [2 / 4, -0.5 / 4.5, -3 / 5])
        assert np.allclose(cm.lead(OUTPUTS), [2.0, 0.5, 1.0])
        assert list(cm.predicted(OUTPUTS)) == [0, 2, 0]

    def test_a_common_offset_changes_no_margin_and_a_factor_no_normalised_one(self):
        draw = np.random.default_rng(1)
        outputs, labels = draw.normal(size=(5, 40, 7)), draw.integers(0, 7, 40)
        assert np.allclose(cm.margin(outputs + 3, labels), cm.margin(outputs, labels))
        assert np.allclose(cm.lead(outputs + 3), cm.lead(outputs))
        assert np.allclose(cm.normalised_margin(1e-3 * outputs, labels), cm.normalised_margin(outputs, labels))

    def test_where_the_guess_is_right_margin_and_lead_agree(self):
        outputs, labels = calibrated(500)
        right = cm.predicted(outputs) == labels
        assert np.allclose(cm.margin(outputs, labels)[right], cm.lead(outputs)[right])
        assert (cm.margin(outputs, labels)[~right] <= 0).all()

    def test_the_ratio_says_where_it_is_ill_conditioned(self):
        outputs = np.array([[10.0, 5.0], [10.0, 0.5], [10.0, -1.0], [-1.0, -2.0]])
        assert np.allclose(cm.top_ratio(outputs), [2.0, 20.0, -10.0, 0.5])
        assert list(cm.ill_conditioned(outputs)) == [False, True, True, True]

    def test_outputs_that_are_not_finite_are_wrong_and_no_warning(self):
        outputs = np.array([[np.nan, 1.0], [np.inf, 0.0], [2.0, 1.0]])
        labels = np.array([0, 0, 0])
        assert list(cm.predicted(outputs)) == [-1, -1, 0]
        assert np.isnan(cm.lead(outputs)[:2]).all() and np.isnan(cm.top_ratio(outputs)[:2]).all()
        assert cm.ill_conditioned(outputs)[:2].all()
        assert cm.confusion(cm.predicted(outputs), labels, 2).tolist() == [[1, 0], [0, 0]]
        assert reliability(outputs, labels).share.sum() == pytest.approx(1.0)
        assert np.isnan(cm.fit_temperature(outputs, labels))


class TestConfusion:
    def test_rows_are_the_images_of_a_class(self):
        draw = np.random.default_rng(2)
        labels, guesses = draw.integers(0, 5, 300), draw.integers(0, 5, (2, 3, 300))
        counts = cm.confusion(guesses, labels, 5)
        assert counts.shape == (2, 3, 5, 5)
        assert (counts.sum(-1) == np.bincount(labels, minlength=5)).all()
        for true, guess in ((0, 0), (3, 1)):
            assert counts[1, 2, true, guess] == ((labels == true) & (guesses[1, 2] == guess)).sum()

    def test_recall_is_its_diagonal_and_unknown_for_a_class_without_images(self):
        found = cm.recall(np.array([0, 1, 1, 1]), np.array([0, 0, 1, 1]), 3)
        assert np.allclose(found, [0.5, 1.0, np.nan], equal_nan=True)


class TestCalibration:
    @pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
    def test_the_temperature_undoes_any_scale(self, scale):
        outputs, labels = calibrated()
        assert cm.fit_temperature(scale * outputs, labels) == pytest.approx(scale, rel=0.05)

    def test_the_temperature_is_the_best_of_its_neighbours(self):
        outputs, labels = calibrated(300)
        found = cm.fit_temperature(outputs, labels)
        losses = [-np.log(cm.probabilities(outputs, t * found)[range(300), labels]).mean() for t in (0.99, 1.0, 1.01)]
        assert losses[1] < losses[0] and losses[1] < losses[2]

    def test_every_row_has_a_temperature_of_its_own(self):
        outputs, labels = calibrated(1000)
        both = cm.fit_temperature(np.stack([outputs, 7 * outputs]), labels)
        assert both[1] / both[0] == pytest.approx(7, rel=1e-3)

    def test_separable_and_constant_outputs_have_a_finite_temperature(self):
        labels = np.array([0, 1, 0])
        assert np.isfinite(cm.fit_temperature(np.eye(2)[labels], labels))
        assert np.isfinite(cm.fit_temperature(np.zeros((3, 2)), labels))

    def test_a_calibrated_learner_has_an_error_near_zero_and_an_overconfident_one_does_not(self):
        outputs, labels = calibrated()
        assert cm.calibration_error(reliability(outputs, labels)) < 0.015
        assert cm.calibration_error(reliability(5 * outputs, labels)) > 0.08

    def test_bins_hold_shares_confidences_and_accuracies(self):
        # Two classes with chances .9 and .6: outputs are log odds.
        odds = np.log([0.9 / 0.1, 0.6 / 0.4])
        outputs = np.stack([odds.repeat(5), np.zeros(10)], axis=-1)
        labels = np.array([0, 0, 0, 0, 1, 0, 1, 1, 0, 0])
        bins = reliability(outputs, labels, bins=10)
        assert bins.share[9] == 0.5 and bins.share[6] == pytest.approx(0.5)
        assert bins.confidence[9] == pytest.approx(0.9) and bins.confidence[6] == pytest.approx(0.6)
        assert bins.accuracy[9] == 0.8 and bins.accuracy[6] == 0.6
        assert cm.calibration_error(bins) == pytest.approx(0.5 * 0.1)
        assert np.isnan(bins.accuracy[:5]).all()


class TestComparison:
    def test_the_corruption_error_is_a_ratio_of_sums(self):
        error = np.array([[[0.1, 0.3], [0.0, 0.2]]])
        reference = np.array([[0.2, 0.2], [0.0, 0.0]])
        assert np.allclose(cm.corruption_error(error, reference), [[1.0, np.nan]], equal_nan=True)
