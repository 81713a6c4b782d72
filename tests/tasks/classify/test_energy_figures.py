"""Figures of accuracy against energy: they show what the result holds, and refuse results without costs."""

from __future__ import annotations

import numpy as np
import pytest
from figure_artists import outside, words
from three_methods import three_methods

import memsim as ms
from memsim.plotting import LacksError, default_figure, draw, render
from memsim.tasks.classify.figures.energy_parts import unit_for
from memsim.tasks.classify.figures.energy_points import front_of

pytestmark = pytest.mark.slow
SWEPT = {
    "sweep": {"array.adc.bits": [4, 8]},
    "learning.epochs": 2,
    "training.epochs": 2,
    "learners.Programmed.array.tile": [64, 64],
    "keep": [],
}


@pytest.fixture(scope="module")
def experiment():
    return three_methods().replace(SWEPT)


@pytest.fixture(scope="module")
def result(experiment):
    return ms.run(experiment)


@pytest.fixture(scope="module")
def swept(experiment):
    """Results over two settings."""
    return ms.run(experiment.replace({"sweep": {"array.adc.bits": [4, 8], "array.tile": [[32, 32], [64, 64]]}}))


VARIANTS = {
    "as it is": lambda result: result,
    "one learner": lambda result: result.isel(learner=[0]),
    "one seed": lambda result: result.isel(repeat=[0]),
    "networks in no processor": lambda result: result.drop_vars(["processor_energy", "processor_energy_range"]),
    "a learner without energy": lambda result: result.assign(
        {
            name: result[name].where(result.learner != "Delta, bits 4")
            for name in ("inference_energy", "phase_energy", "epoch_energy", "energy_to_accuracy")
        }
    ),
}


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("name", ["energy", "energy-training"])
def test_figures_draw_within_their_limits(result, name, variant):
    changed = VARIANTS[variant](result).assign_attrs(result.attrs)
    figure = draw(changed, name)
    assert len(render(figure, "figure.png")) > 5000
    assert not outside(figure)


def test_rows_of_a_sweep_over_two_settings_name_both(swept):
    figure = draw(swept, "energy")
    assert not outside(figure)
    page = words(figure)
    assert "ADC 4 bits, tile 32 x 32" in page and "Linear, digital" in page


def test_the_default_is_the_energy_of_what_the_experiment_asks_for(experiment, result):
    assert default_figure(result) == "energy-training"
    without = ms.run(experiment.replace({"energy.accuracy": None}))
    assert default_figure(without) == "energy"
    with pytest.raises(LacksError, match="needs energies of trainings") as caught:
        draw(without, "energy-training")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["energy", "energy-training"])
def test_results_without_costs_are_refused_in_one_line(experiment, name):
    result = ms.run(experiment.replace({"energy": None, "learning.epochs": 1, "training.epochs": 1}))
    assert default_figure(result) == "products"
    with pytest.raises(LacksError, match="memsim run energy") as caught:
        draw(result, name)
    assert "\n" not in str(caught.value)


def test_bars_are_as_long_as_the_energy_of_an_inference(result):
    figure = draw(result, "energy")
    axes = next(axes for axes in figure.axes if axes.get_title("left") == "energy by part")
    energies = result.inference_energy.mean("repeat").values
    factor, _ = unit_for(np.concatenate([energies, result.processor_energy.sel(phase="inference").values[:, 0]]))
    ends = np.zeros(4)
    for bar in axes.patches:
        row = round(bar.get_y() + bar.get_height() / 2)
        ends[row] = max(ends[row], bar.get_x() + bar.get_width())
    np.testing.assert_allclose(ends, factor * energies[np.isfinite(energies)], rtol=1e-9)


def test_curves_are_accuracies_at_the_energy_of_the_training(result):
    axes = draw(result, "energy-training").axes[0]
    line = next(line for line in axes.lines if line.get_label() == " Delta, bits 8, taox-hfox-wu2018")
    eight_bits = result.sel(learner="Delta, bits 8")
    np.testing.assert_allclose(line.get_ydata(), 100 * eight_bits.epoch_validation_accuracy.mean("repeat"))
    ratio = np.asarray(line.get_xdata()) / eight_bits.epoch_energy.mean("repeat").values
    np.testing.assert_allclose(ratio, ratio[0])


def test_large_markers_are_the_energies_of_the_rows_below(result):
    figure = draw(result, "energy-training")
    totals = next(axes for axes in figure.axes if axes.get_title("left").startswith("energy until"))
    below = [line.get_xdata()[0] for line in totals.lines if line.get_markersize() == 5 and len(line.get_xdata()) == 1]
    large = [line.get_xdata()[0] for line in figure.axes[0].lines if line.get_markersize() == 7]
    assert len(large) >= 2
    assert all(np.isclose(below, energy).any() for energy in large)


def test_markers_of_a_sweep_of_one_learner_show_its_first_setting(swept):
    programmed = swept.isel(learner=swept.learner.str.startswith("Programmed")).assign_attrs(swept.attrs)
    axes = draw(programmed, "energy").axes[0]
    assert sorted(text.get_text() for text in axes.texts) == ["4", "4", "8", "8"]


def test_the_front_has_the_points_that_no_other_beats():
    energies, accuracies = np.array([3.0, 1.0, 2.0, 4.0, 2.0]), np.array([0.8, 0.5, 0.7, 0.75, 0.6])
    assert front_of(energies, accuracies) == [1, 2, 0]
