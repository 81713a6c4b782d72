"""Loss, accuracy and lead by epoch, the fall of accuracy under noise, and lines over a swept setting."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t as student

import memsim as ms
from memsim.experiments.loading import experiment_from_text
from memsim.plotting import LacksError, draw

TEXT = """\
name: tiny
task: classify
data: {source: digits, samples: 60}
learners:
  - name: Delta
    array: {device: ideal}
    learning: {rule: delta, rate: 0.01, epochs: 2}
  - name: Margin
    network: {architecture: linear}
    training: {loss: log-margin-ce, rate: 0.01, epochs: 3}
  - name: Entropy
    network: {architecture: linear}
    training: {loss: cross-entropy, rate: 0.01, epochs: 3}
sweep: {learners.Margin.training.lambda: [0.1, 1, 10]}
corruptions: {gaussian: [0.1, 0.5], fog: [0.1, 0.5]}
seeds: 2
"""


@pytest.fixture(scope="module")
def result():
    return ms.run(experiment_from_text(TEXT, "tiny.yaml"))


def lines_of(axes):
    return {line.get_label().strip().split(",")[0]: line for line in axes.lines if line.get_label().startswith(" ")}


def bands(axes):
    """Lowest and highest value of every band."""
    return [(path.vertices[:, 1].min(), path.vertices[:, 1].max()) for c in axes.collections for path in c.get_paths()]


def test_a_learning_curve_has_the_mean_loss_accuracy_and_lead_of_every_epoch(result):
    loss, accuracy, lead = draw(result, "learning").axes
    assert loss.get_ylabel() == "loss, that of each learner" and accuracy.get_ylabel() == "accuracy [%]"
    for axes, name, factor in (
        (loss, "epoch_loss", 1),
        (accuracy, "epoch_validation_accuracy", 100),
        (lead, "epoch_lead", 1),
    ):
        entropy = list(result.learner.values).index("Entropy")
        thick = [line for line in axes.lines if line.get_linewidth() > 1 and len(line.get_xdata()) > 2]
        wanted = factor * result[name].values[entropy].mean(0)
        assert any(np.allclose(line.get_ydata(), wanted) for line in thick if len(line.get_ydata()) == len(wanted))


def test_bands_are_students_intervals_inside_their_bounds(result):
    changed = result.copy(deep=True)
    changed["epoch_validation_accuracy"][:, 0], changed["epoch_validation_accuracy"][:, 1] = 0.95, 0.7
    changed["epoch_loss"][:, 0], changed["epoch_loss"][:, 1] = 0.1, 3.0
    loss, accuracy, lead = draw(changed, "learning").axes
    half = student.ppf(0.975, 1) * 12.5
    assert 82.5 + half > 100
    for low, high in bands(accuracy):
        assert (low, high) == pytest.approx((max(0.0, 82.5 - half), 100.0))
    assert all(low >= 0 for low, _ in bands(lead))
    lows = [low for low, _ in bands(loss)]
    below = 1.55 - student.ppf(0.975, 1) * 1.45
    # The log margin has no lower bound; squared errors and cross-entropies are never below 0.
    margins = [str(name).startswith("Margin") for name in result.learner.values]
    assert lows == pytest.approx([below if margin else 0.0 for margin in margins])


def test_the_fall_of_accuracy_is_that_from_clean_to_corrupted_images_of_the_same_seed(result):
    figure = draw(result, "robustness")
    fall = next(axes for axes in figure.axes if axes.get_ylabel() == "fall [points]")
    kinds = list(result.noise_type.values)
    line = lines_of(fall)["Entropy"]
    entropy = list(result.learner.values).index("Entropy")
    clean = result.test_accuracy.values[entropy][:, None]
    lost = 100 * (clean - result.noisy_accuracy.values[entropy, :, kinds.index("gaussian")])
    np.testing.assert_allclose(line.get_ydata(), [0.0, *lost.mean(0)], atol=1e-12)
    half = student.ppf(0.975, 1) * np.abs(lost[0] - lost[1]) / 2
    ends = fall.collections[entropy].get_paths()[0].vertices[:, 1]
    expected = np.clip([lost.mean(0) - half, lost.mean(0) + half], -100, 100)
    assert (ends.min(), ends.max()) == pytest.approx((min(0, expected.min()), max(0, expected.max())), abs=1e-9)


def test_a_sweep_is_a_line_over_the_setting_with_intervals_beside_learners_without_it(result):
    figure = draw(result, "sweep")
    accuracy, noisy, lead, ratio = figure.axes
    assert {axes.get_xlabel() for axes in figure.axes} == {r"margin weight $\lambda$"}
    margins = [i for i, name in enumerate(result.learner.values) if str(name).startswith("Margin")]
    for axes, name, factor in (
        (accuracy, "test_accuracy", 100),
        (noisy, "noise_mean_accuracy", 100),
        (lead, "test_lead", 1),
        (ratio, "test_snr", 1),
    ):
        line = next(line for line in axes.lines if len(line.get_xdata()) == 3)
        np.testing.assert_allclose(line.get_xdata(), [0.1, 1, 10])
        np.testing.assert_allclose(line.get_ydata(), factor * result[name].values[margins].mean(1))
        vertices = axes.collections[0].get_paths()[0].vertices[:, 1]
        low, high = factor * result[f"{name}_interval"].values[margins].T
        assert (vertices.min(), vertices.max()) == pytest.approx((low.min(), high.max()))
    assert {"Margin", "Delta", "Entropy"} <= set(lines_of(accuracy))


def test_without_a_sweep_the_figure_says_how_to_make_one(result):
    unswept = ms.load_experiment("digits-01").replace(
        {"data.samples": 60, "seeds": 2, "learners": [{"name": "L", "network": {"architecture": "linear"}}]}
    )
    with pytest.raises(LacksError, match=r"needs a result of a sweep; .*sweep=\{training.lambda"):
        draw(ms.run(unswept.replace({"learners.L.training.epochs": 1})), "sweep")
