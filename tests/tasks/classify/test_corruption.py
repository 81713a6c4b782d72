"""Severity 0 and references without errors in results of classifications."""

from __future__ import annotations

import numpy as np
import pytest

import memsim as ms
from memsim.experiments.loading import experiment_from_text
from memsim.plotting import draw
from memsim.tasks.classify.corruption import corruption_notes, corruption_variables
from memsim.tasks.classify.table import print_metrics, print_overview

TEXT = """\
name: tiny
task: classify
data: {source: digits, samples: 120}
learners:
  - name: Delta
    array: {device: taox-hfox-wu2018, ideal: [read]}
    learning: {rule: delta, rate: 0.01, epochs: 2}
  - name: Linear
    network: {architecture: linear}
    training: {rate: 0.01, epochs: 2}
corruptions: {gaussian: LEVELS, occlusion: LEVELS}
perturbations: [0.05]
attack: {steps: 2, images: 8}
seeds: 2
times: [1 h]
"""


def run(levels: str):
    return ms.run(experiment_from_text(TEXT.replace("LEVELS", levels), "tiny.yaml"))


@pytest.fixture(scope="module")
def with_clean():
    return run("[0, 0.3]")


@pytest.fixture(scope="module")
def without_clean():
    return run("[0.3]")


@pytest.mark.parametrize(
    "name", ["noise_mean_accuracy", "corruption_error", "relative_corruption_error", "mean_corruption_error"]
)
def test_severity_0_changes_nothing_that_is_measured_under_noise(with_clean, without_clean, name):
    np.testing.assert_array_equal(with_clean[name], without_clean[name])


def test_it_is_stored_and_printed_as_a_clean_value(with_clean, capsys):
    assert list(with_clean.noise_level) == [0.0, 0.3]
    linear = with_clean.sel(learner="Linear")
    assert (linear.noisy_accuracy.sel(noise_level=0) == linear.test_accuracy).all()
    print_metrics(with_clean)
    assert "gaussian  0 (clean): " in capsys.readouterr().out


def test_the_curves_have_one_point_without_noise(with_clean, without_clean):
    curves = [draw(dataset, "robustness").axes[0].lines[1] for dataset in (with_clean, without_clean)]
    assert list(curves[0].get_xdata()) == [0.0, 0.3]
    np.testing.assert_array_equal(curves[0].get_ydata(), curves[1].get_ydata())


def test_without_any_noise_there_is_no_value_one_note_and_tables(capsys):
    dataset = run("[0]")
    assert dataset.noise_mean_accuracy.isnull().all() and dataset.mean_corruption_error_mean.isnull().all()
    assert dataset.aged_noise_accuracy.isnull().all() and dataset.test_accuracy.notnull().all()
    assert dataset.attrs["notes"].count("nothing is measured under noise") == 1
    print_overview(dataset)
    print_metrics(dataset)
    assert "nan" not in capsys.readouterr().out.replace("nan\n", "")
    titles = [axes.get_title(loc="left") for axes in draw(dataset, "robustness").axes]
    assert titles == ["Along the gradient"]


def test_a_reference_without_errors_is_named_in_one_note():
    accuracy = np.array([[[[1.0], [0.5]], [[0.9], [0.5]]], [[[0.8], [0.4]], [[0.8], [0.4]]]])
    variables = {"noisy_accuracy": accuracy, "test_accuracy": np.array([[1.0, 0.9], [0.9, 0.9]])}
    values = corruption_variables(variables, [0.3], 0)
    errors = values["corruption_error"]
    assert np.isnan(errors[:, 0, 0]).all() and errors[1, 1, 0] == pytest.approx(2)
    (note,) = corruption_notes(values, [0.3], "A", ["gaussian", "fog"])
    assert note == (
        "corruption_error has no value where 'A' makes no error: gaussian (repeat 0); relative_corruption_error has no "
        "value where 'A' makes no more errors than on clean images: gaussian (repeat 0, 1); another reference or "
        "larger severities give one"
    )
    assert corruption_notes(corruption_variables(variables, [0.3], 1), [0.3], "B", ["gaussian", "fog"]) == []
