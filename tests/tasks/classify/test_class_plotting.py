"""Figures and tables of classifications: they show what the result holds, for any number of learners and seeds."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import memsim as ms
from memsim.errors import InputError, OutputError
from memsim.experiments.loading import experiment_from_text
from memsim.plotting import LacksError, default_figure, draw, render
from memsim.tasks.classify.figures.seeds import carried
from memsim.tasks.registry import RESULT_KINDS, TASKS

ON_CIRCUITS = (
    "products",
    "wire-maps",
    "aging",
    "programming",
    "energy",
    "energy-training",
    "sweep",
    "two-settings",
)  # need converters, wires, times, costs or a sweep: test_circuits.py, test_over_time.py, test_energy_figures.py, ...
CLASSIFY = tuple(TASKS["classify"].figures)
NAMES = tuple(name for name in CLASSIFY if name not in ON_CIRCUITS)
TEXT = """\
name: tiny
title: Three methods on two devices
task: classify
data: {source: digits, samples: 120}
learners:
  - name: Delta ideal
    array: {device: ideal}
    learning: {rule: delta, rate: 0.01, epochs: 3}
  - name: Delta TaOx
    array: {device: taox-hfox-wu2018}
    learning: {rule: delta, rate: 0.01, epochs: 3}
  - name: Linear
    network: {architecture: linear}
    training: {rate: 0.01, epochs: 2}
  - name: Linear programmed
    programmed: {learner: Linear}
corruptions:
  gaussian: [0.1, 0.5]
  occlusion: [0.1, 0.5]
seeds: 3
"""


@pytest.fixture(scope="module")
def result() -> xr.Dataset:
    return ms.run(experiment_from_text(TEXT, "tiny.yaml"))


def many(result: xr.Dataset, count: int) -> xr.Dataset:
    """The result with learners repeated under other names."""
    places = np.arange(count) % result.sizes["learner"]
    found = result.isel(learner=places)
    names = [f"{name} {number}" for number, name in enumerate(found.learner.values)]
    return found.assign_coords(learner=names).assign_attrs(result.attrs)


def classes(result: xr.Dataset, count: int) -> xr.Dataset:
    """The result with its first classes, or with classes repeated."""
    places = np.arange(count) % result.sizes["true_class"]
    found = result.isel(true_class=places, predicted_class=places)
    names = [f"class {number}" for number in range(count)]
    return found.assign_coords(true_class=names, predicted_class=names)


VARIANTS = {
    "as it is": lambda result: result,
    "one learner": lambda result: result.isel(learner=[0]),
    "one seed": lambda result: result.isel(repeat=[0]),
    "one noise type": lambda result: result.isel(noise_type=[0]),
    "thirty learners": lambda result: many(result, 30),
    "two classes": lambda result: classes(result, 2),
    "thirty classes": lambda result: classes(result, 30),
    "a learner that diverged": lambda result: result.where(result.learner != "Linear"),
    "names with signs": lambda result: result.assign_coords(learner=["$x$", "_b", "a" * 60, "ü"]),
}


@pytest.mark.parametrize(
    "variant", [pytest.param(v, marks=() if v == "as it is" else pytest.mark.slow) for v in VARIANTS]
)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.slow
def test_every_figure_draws(result, name, variant):
    changed = VARIANTS[variant](result)
    if name == "devices" and variant in ("one learner", "thirty learners", "names with signs"):
        if variant == "one learner":
            with pytest.raises(OutputError, match="needs at least two devices"):
                draw(changed, name)
        return
    assert len(render(draw(changed, name), "figure.png")) > 5000


@pytest.mark.slow
def test_the_default_is_the_comparison_of_the_classes(result):
    assert default_figure(result) == "classes"


def test_bars_are_the_means_over_seeds(result):
    figure = draw(result, "classes")
    widths = [bar.get_width() for bar in figure.axes[0].patches]
    assert np.allclose(widths, 100 * result.test_accuracy.mean("repeat"))


def test_curves_begin_at_the_clean_images(result):
    axes = draw(result, "robustness").axes[0]
    line = next(line for line in axes.lines if line.get_label() == " Delta ideal")
    wanted = result.noisy_accuracy.sel(learner="Delta ideal", noise_type="gaussian").mean("repeat")
    assert np.allclose(line.get_xdata(), [0.0, 0.1, 0.5])
    assert np.allclose(line.get_ydata(), 100 * np.array([result.test_accuracy[0].mean(), *wanted.values]))
    chance = [line.get_ydata()[0] for line in axes.lines if line.get_linestyle() == ":" and len(line.get_xdata()) == 2]
    assert 10.0 in chance


def test_learning_curves_end_where_the_training_ends(result):
    axes = draw(result, "learning").axes[0]
    lengths = {line.get_label().strip(): len(line.get_xdata()) for line in axes.lines if line.get_label()[0] == " "}
    assert lengths == {"Delta ideal": 3, "Delta TaOx, taox-hfox-wu2018": 3, "Linear, digital": 2}


def test_a_seed_that_ended_keeps_its_last_value():
    assert carried(np.array([[1.0, 2.0, np.nan, np.nan]])).tolist() == [[1.0, 2.0, 2.0, 2.0]]


def test_numbers_of_a_confusion_matrix_are_shares_of_the_true_class(result):
    axes = draw(result, "confusion").axes[0]
    counts = result.confusion.mean("repeat").values[0]
    shares = 100 * counts / counts.sum(-1, keepdims=True)
    for text in axes.texts:
        j, i = (int(place) for place in text.get_position())
        assert text.get_text() == f"{shares[i, j]:.0f}"


def test_points_of_a_reliability_diagram_are_weighted_over_the_seeds(result):
    axes = draw(result, "reliability").axes[0]
    share, accuracy = result.bin_share.values[0], result.bin_accuracy.values[0]
    wanted = np.nansum(share * accuracy, 0)[share.sum(0) > 0] / share.sum(0)[share.sum(0) > 0]
    drawn = np.asarray(axes.lines[1].get_ydata(), float)
    assert np.allclose(drawn[np.isfinite(drawn)], 100 * wanted)


def test_without_a_trained_learner_there_are_no_learning_curves(result):
    with pytest.raises(OutputError, match="needs a learner with epochs"):
        draw(result.isel(learner=[3]), "learning")


def test_figures_of_one_task_refuse_results_of_the_other(result, whole_result):
    with pytest.raises(LacksError, match="'classes' needs a result of the task 'classify'; this is one of 'memorise'"):
        draw(ms.load(whole_result), "classes")
    for kind in RESULT_KINDS.values():
        for name in kind.figures.keys() - set(CLASSIFY):
            with pytest.raises(LacksError, match=f"'{name}' needs a result of the task '{kind.name}'; this is one"):
                draw(result, name)
    with pytest.raises(InputError, match="did you mean 'classes'"):
        draw(result, "clases")


class TestCommands:
    @pytest.fixture
    def file(self, result, tmp_path):
        return ms.save(result, tmp_path / "tiny.nc")

    @pytest.mark.slow
    def test_a_run_prints_a_table_and_writes_a_result_and_a_figure(self, cli, tmp_path):
        (tmp_path / "tiny.yaml").write_text(TEXT.replace("seeds: 3", "seeds: 2"), encoding="utf-8")
        outcome = cli("run", "tiny.yaml")
        assert outcome.code == 0 and outcome.err == ""
        assert all(part in outcome.out for part in ("Delta ideal", "±", "under", "Seeds    2;", "Images   UCI"))
        assert {"results/tiny.nc", "results/tiny.png"} <= set(outcome.files)
        assert max(map(len, outcome.out.splitlines()[:9])) <= 80

    def test_show_prints_every_metric_of_every_learner(self, cli, file):
        out = cli("show", file).out
        for part in ("mean corruption error", "set pulses", "weight error", "gaussian  0.1:", "parameters", "on ideal"):
            assert part in out
        assert "nan" not in out

    @pytest.mark.slow
    def test_plot_all_draws_what_applies(self, cli, file):
        outcome = cli("plot", file, "-f", "all", "-o", "f.png")
        assert outcome.code == 0
        assert {f"f-{name}.png" for name in NAMES} == {name for name in outcome.files if name.startswith("f-")}

    @pytest.mark.slow
    def test_compare_prints_what_changed(self, cli, file, result, tmp_path):
        other = ms.save(result.isel(learner=[0, 2]), tmp_path / "other.nc")
        out = cli("compare", file, other, "-o", "both.png").out
        assert "Delta ideal" in out and "test accuracy" in out and "Only A   Delta TaOx, Linear programmed" in out
        assert (tmp_path / "both.png").stat().st_size > 5000

    def test_compare_refuses_results_of_two_tasks(self, cli, file, whole_result):
        said = cli("compare", file, whole_result).refusal()
        assert "only results of one task can be compared" in said


SWEPT = """\
name: tiny
title: One rule on devices
task: classify
data: {source: digits, samples: 100}
learners:
  - name: "Delta, {device}"
    array: {device: ideal}
    learning: {rule: delta, rate: 0.01, epochs: 1}
sweep:
  array.device: [ideal, epiram-choi2018, taox-hfox-wu2018, agsi-jo2010, gst-nandakumar2020, mo-ecram-kim2019]
corruptions:
  gaussian: [0.1]
seeds: 2
"""


@pytest.mark.slow
def test_a_sweep_over_devices_is_drawn_against_the_device_and_names_of_many_fit():
    swept = ms.run(experiment_from_text(SWEPT, "tiny.yaml"))
    assert default_figure(swept) == "devices"
    figure = draw(swept, "devices")
    upper, lower = figure.axes
    assert upper.get_position().y0 > lower.get_position().y1
    names = [label.get_text().replace("\n", "") for label in upper.get_xticklabels()]
    assert names == list(swept.device.values)
    assert np.allclose([line.get_ydata()[0] for line in upper.lines[:1]], 100 * swept.test_accuracy_mean[0])
    assert default_figure(swept.isel(learner=[0])) == "classes"
