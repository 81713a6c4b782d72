"""The task `regress`: its results, its table and figures, and mistakes in its settings."""

from __future__ import annotations

import numpy as np
import pytest

import memsim as ms
from memsim.errors import InputError
from memsim.plotting import draw

EXPERIMENT = """\
name: small
title: Two schemes
task: regress
matrix: {rows: 6, columns: 4}
vectors: 200
rates: [[0, 0.1], [0.5, 0.02]]
learners:
  - name: SGD
    array: {device: softbounds-rasch2024}
  - name: c-TTv2
    array: {device: softbounds-rasch2024}
    fast: {end_spread: 15 %, error: 0.1}
    learning: {scheme: chopped}
repeats: 3
seed: 1
"""


@pytest.fixture(scope="module")
def experiment(tmp_path_factory):
    path = tmp_path_factory.mktemp("regress") / "small.yaml"
    path.write_text(EXPERIMENT)
    return ms.load_experiment(path)


@pytest.fixture(scope="module")
def result(experiment):
    return ms.run(experiment)


@pytest.mark.slow
def test_the_error_begins_at_that_of_weights_of_zero_and_is_a_root_mean_square(result):
    """Before the first vector all weights are 0, so the error is that of the targets themselves."""
    first = result.matrix_error.isel(vector=0, repeat=0, learner=1)
    assert float(first) == pytest.approx(float(np.sqrt((result.target_weight[1] ** 2).mean())), rel=0.05)
    last = result.matrix_error.isel(vector=slice(-10, None))
    np.testing.assert_allclose(result.final_matrix_error, np.sqrt((last**2).mean("vector")), rtol=1e-12)
    error = np.sqrt(((result.learned_weight - result.target_weight) ** 2).mean(["matrix_row", "matrix_column"]))
    assert float(error[0]) == pytest.approx(float(result.final_matrix_error[0, 0]), rel=0.5)


@pytest.mark.slow
def test_references_have_the_error_that_is_set(result):
    assert np.isnan(result.symmetry_point[0]).all() and np.isnan(result.fast_pulses[0]).all()
    error = result.reference_value[1] - result.symmetry_point[1]
    assert 0.06 < float(error.std()) < 0.15


@pytest.mark.slow
def test_a_learner_has_the_same_numbers_without_the_others(experiment, result):
    alone = ms.run(experiment.replace({"learners": experiment.document.data["learners"][1:]}))
    np.testing.assert_array_equal(alone.matrix_error[0], result.matrix_error[1])


@pytest.mark.slow
@pytest.mark.parametrize("figure", ["errors", "symmetry"])
def test_figures_have_titles_and_labels(result, figure):
    axes = draw(result, figure).axes
    assert axes and all(one.get_xlabel() for one in axes)


@pytest.mark.slow
def test_trains_that_saturate_often_are_noted(experiment):
    result = ms.run(experiment.replace({"rates": [[0, 50.0]], "learners.SGD.learning.slots": 2}))
    assert float(result.saturated_trains_mean[0]) > 0.9
    assert "'SGD': 100 % of its trains saturate" in result.attrs["notes"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rates": [[0.5, 0.1]]}, "the rates begin at 0.5; allowed: shares of the vectors that rise from 0"),
        ({"rates": [[0, 0.1], [0, 0.2]]}, "the rates begin at 0, 0"),
        ({"learners.SGD.fast.error": 0.1}, "scheme 'sgd' has no fast cells; leave it out"),
        ({"learners.SGD.learning.scheme": "tiki-taka"}, "did you mean 'tiki-taka-v2'"),
        ({"learners.SGD.learning.chance": 0.1}, "chance"),
        ({"vectors": 3}, "3"),
        ({"times": ["1 h"]}, "no time passes"),
    ],
)
def test_settings_that_are_not_allowed_end_in_a_line(experiment, changes, message):
    with pytest.raises(InputError, match=message):
        experiment.replace(changes)


def test_a_device_that_takes_no_pulses_is_refused_before_the_run(experiment):
    with pytest.raises(InputError, match="'pcm-joshi2020' can only be programmed"):
        ms.run(experiment, device="pcm-joshi2020")
