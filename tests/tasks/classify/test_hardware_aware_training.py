"""Training with noise of weights in experiments: the key, its figure, and what it gives on cells with errors."""

from __future__ import annotations

import numpy as np
import pytest
from figure_artists import outside

import memsim as ms
from memsim.errors import InputError
from memsim.experiments.loading import experiment_from_text
from memsim.metrics.intervals import seed_interval
from memsim.plotting import LacksError, draw

TEXT = """\
name: tiny
task: classify
data: {source: digits, samples: 60}
learners:
  - name: Noisy
    network: {architecture: linear}
    training: {rate: 0.01, epochs: 2, weight_noise: NOISE}
  - name: On cells
    programmed: {learner: Noisy}
    array: {device: ideal, adc: {bits: 8, range: max}}
sweep:
  programmed.error: [0, 0.1, 0.2]
  array.adc.bits: [3, 8]
corruptions: {gaussian: [0.1]}
attack: {steps: 1, images: 10}
seeds: 2
"""


@pytest.fixture(scope="module")
def result():
    return ms.run(experiment_from_text(TEXT.replace("NOISE", "0.1"), "tiny.yaml"))


def test_the_key_reaches_the_training(result):
    without = ms.run(experiment_from_text(TEXT.replace("NOISE", "0"), "tiny.yaml"))
    first, second = (own.epoch_loss.sel(learner="Noisy").values for own in (result, without))
    assert np.isfinite(first).all() and not np.array_equal(first, second)


@pytest.mark.parametrize("value", ["-0.1", "2", "much"])
def test_a_noise_that_is_not_allowed_is_refused_with_its_line(value):
    with pytest.raises(InputError, match=r"tiny\.yaml:7.*weight_noise"):
        experiment_from_text(TEXT.replace("NOISE", value), "tiny.yaml")


def test_the_figure_has_a_panel_for_each_value_of_the_second_setting(result):
    figure = draw(result)
    assert outside(figure) == []
    panels = figure.axes
    assert [axes.get_title("left") for axes in panels] == ["ADC bits: 3", "ADC bits: 8"]
    for axes, bits in zip(panels, (3, 8), strict=True):
        line = next(line for line in axes.lines if line.get_label() == " On cells")
        names = [f"On cells, error {error:g}, bits {bits}" for error in (0, 0.1, 0.2)]
        assert line.get_xdata() == pytest.approx([0, 0.1, 0.2])
        assert line.get_ydata() == pytest.approx(100 * result.test_accuracy_mean.sel(learner=names).values)
        assert axes.get_xlabel() == "error of a cell, share of the window"


def test_the_figure_says_what_it_needs(result):
    alone = ms.run(experiment_from_text(TEXT.replace("NOISE", "0").replace("  array.adc.bits: [3, 8]\n", ""), "tiny"))
    with pytest.raises(LacksError, match="swept over two numeric settings, one of at most 4 values; memsim run hwa-01"):
        draw(alone, "two-settings")


@pytest.mark.slow
def test_hwa_01_noise_in_training_keeps_accuracy_on_cells_with_errors_and_costs_none_without():
    experiment = ms.load_experiment("hwa-01").replace({"sweep": {"programmed.error": [0, 0.15, 0.2]}})
    accuracy = 100 * ms.run(experiment).test_accuracy

    def difference(error: float) -> list[float]:
        with_noise, without = (
            accuracy.sel(learner=f"{name} noise, on cells, error {error:g}").values for name in ("With", "Without")
        )
        return [float(end[0]) for end in seed_interval((with_noise - without)[None], axis=1)]

    for error, least in ((0.15, 5), (0.2, 8)):
        mean, low, _ = difference(error)
        assert low > 0 and mean > least
    mean, low, high = difference(0)
    assert high > 0 and abs(mean) < 1
