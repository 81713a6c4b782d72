"""Learners on cells over time: drift, compensation, refresh, temperature and the time until the accuracy falls."""

from __future__ import annotations

import math

import numpy as np
import pytest

import memsim as ms
from memsim.experiments.loading import experiment_from_text
from memsim.metrics.lifetime import lifetime
from memsim.plotting import draw, render

TEXT = """
name: aged
task: classify
data: {source: digits, samples: 200}
seeds: 2
times: [0 s, 100 s, 1 day]
learners:
  - {name: Net, network: {architecture: ARCHITECTURE}, training: {epochs: 2}}
  - name: Cells
    array: {device: DEVICE}
    programmed: {learner: Net}
    aging: {AGING}
  - name: In place
    array: {device: DEVICE}
    learning: {rule: delta, epochs: 1}
    aging: {AGING}
corruptions: {gaussian: [0.1]}
"""
DRIFTING = (
    "{extends: ideal, retention: {model: drift, exponent: 0.05, spread: 0, reference_time: 1 s, status: assumed, "
    "activation: {energy: 1.6e-19 J, reference: 300 K}}}"
)
TIMES = np.array([0.0, 100.0, 86400.0])


def text_of(aging: str = "", device: str = DRIFTING, architecture: str = "linear") -> str:
    text = TEXT.replace("DEVICE", device).replace("ARCHITECTURE", architecture)
    return text.replace("    aging: {AGING}\n", f"    aging: {{{aging}}}\n" if aging else "")


def run(*settings: str, text: str = ""):
    return ms.run(experiment_from_text(text or text_of(*settings), "aged"))


def of_cells(result, name: str) -> np.ndarray:
    return result[name].sel(learner=["Cells", "In place"]).values


def power_law(seconds) -> np.ndarray:
    """G(t)/G = (1 + t/t_ref)^-nu with nu = 0.05 and t_ref = 1 s."""
    return (1 + np.asarray(seconds)) ** -0.05


@pytest.fixture(scope="module")
def drifted():
    return run()


def test_weights_follow_the_power_law_and_have_no_spread(drifted):
    drift = of_cells(drifted, "aged_weight_drift")
    np.testing.assert_allclose(drift, np.broadcast_to(power_law(TIMES) - 1, drift.shape), atol=2e-5)
    assert of_cells(drifted, "aged_weight_spread").max() < 1e-5
    assert of_cells(drifted, "aged_weight_noise").max() == 0
    assert np.isnan(drifted.aged_accuracy.sel(learner="Net")).all()


def test_a_common_factor_changes_no_decision_of_a_linear_network(drifted):
    accuracy = of_cells(drifted, "aged_accuracy")
    assert (accuracy == accuracy[..., :1]).all()
    assert np.isinf(of_cells(drifted, "lifetime")).all()
    np.testing.assert_array_equal(accuracy[..., 0], of_cells(drifted, "test_accuracy"))


@pytest.mark.parametrize("kind", ["global", "column", "affine"])
def test_compensation_undoes_what_all_cells_share_and_counts_its_reads(kind):
    result = run(f"compensation: {kind}, reference: exact")
    assert abs(of_cells(result, "aged_weight_drift")).max() < 2e-4
    assert (of_cells(result, "compensation_reads") == 3 * {"affine": 128}.get(kind, 32)).all()


@pytest.mark.slow
def test_refresh_begins_the_drift_again():
    """Refreshes follow each 30,000 s; a day comes 26,400 s after the second one."""
    result = run("refresh: {after: 30000 s}")
    since = [0.0, 100.0, 86400.0 - 2 * 30000.0]
    drift = of_cells(result, "aged_weight_drift")
    np.testing.assert_allclose(drift[0], np.broadcast_to(power_law(since) - 1, drift[0].shape), atol=2e-5)
    assert (of_cells(result, "refreshes") == 2).all() and (of_cells(result, "refresh_pulses") > 0).all()


def test_a_budget_that_is_never_exceeded_refreshes_nothing():
    assert (of_cells(run("refresh: {budget: 5 %}"), "refreshes") == 0).all()


def test_temperature_shortens_times_by_the_law_of_arrhenius():
    result = run("temperature: 360 K")
    faster = math.exp(1.6e-19 / 1.380649e-23 * (1 / 300 - 1 / 360))
    drift = of_cells(result, "aged_weight_drift")
    np.testing.assert_allclose(drift, np.broadcast_to(power_law(TIMES * faster) - 1, drift.shape), atol=2e-5)
    assert "0.999 eV, is assumed; time runs 625 times as fast at 360 K as at 300 K" in result.attrs["notes"]


@pytest.mark.slow
def test_recomputed_batch_normalisation_gives_the_decisions_of_the_first_time():
    """A factor on all weights of a layer is divided out again by the new statistics, up to their epsilon."""
    text = text_of("compensation: batch-norm", architecture="cnn").partition("  - name: In place")[0]
    result = run(text=text + "corruptions: {gaussian: [0.1]}\n")
    accuracy = result.aged_accuracy.sel(learner="Cells").values
    # The statistics are those of the training images, in place of the means over the course of the training.
    assert abs(accuracy - accuracy[:, :1]).max() <= 0.026
    plain = run(text=text.replace("batch-norm", "none") + "corruptions: {gaussian: [0.1]}\n")
    assert (plain.aged_weight_drift.sel(learner="Cells")[:, -1] < -0.4).all()


def test_results_have_a_figure_and_a_table(drifted, capsys):
    assert len(render(draw(drifted, "aging"), "figure.png")) > 5000
    from memsim.tasks.classify.table import print_overview

    print_overview(drifted)
    assert "> 1 day" in capsys.readouterr().out


def test_a_result_without_times_has_no_such_figure():
    result = run(text=text_of().replace("times: [0 s, 100 s, 1 day]\n", ""))
    assert "aged_accuracy" not in result
    with pytest.raises(ms.MemsimError, match="times after the programming"):
        draw(result, "aging")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[0 s, 100 s, 1 day]", "[0 s, 1 day, 100 s]", "aged:6: times: 100 s follows 1 day; they must ascend"),
        ("times: [0 s, 100 s, 1 day]\n", "", "aging.compensation: no time passes; set 'times' of the experiment"),
        ("global", "globl", "did you mean 'global'?"),
        ("compensation: global", "refresh: {}", "allowed: 'after', a time, or 'budget'"),
        ("compensation: global", "refresh: {after: 1 s}", "86399 refreshes within 1 day; allowed: at most 1000"),
        ("compensation: global", "temperature: -3 K", "is out of range"),
        ("compensation: global", "temperature: 85", "85 has no unit"),
        ("compensation: global", "compensation: batch-norm", "and 'Cells' has none; allowed: none, global"),
    ],
)
def test_mistakes_name_line_and_key(old, new, message):
    text = text_of("compensation: global")
    assert old in text
    with pytest.raises(ms.InputError) as problem:
        ms.run(experiment_from_text(text.replace(old, new), "aged"))
    assert message in str(problem.value)


def test_a_device_without_activation_energy_has_no_temperature():
    with pytest.raises(ms.InputError, match=r"learners\.Cells\.aging\.temperature: device 'ideal' does not say"):
        run("temperature: 360 K", "ideal")


def test_lifetimes_are_linear_in_the_logarithm_of_the_time():
    times = np.array([0.0, 1.0, 100.0, 10000.0])
    accuracy = np.array([[0.9, 0.9, 0.88, 0.5], [0.9, 0.89, 0.8, 0.7], [0.9, 0.895, 0.9, 0.9], [0.9, 0.86, 0.9, 0.9]])
    np.testing.assert_allclose(lifetime(times, accuracy), [10.0, 1.0, np.inf, 0.25])
