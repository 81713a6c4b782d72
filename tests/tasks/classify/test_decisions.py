"""Confidence, unsafe decisions and risk of a run, against the same written again with plain NumPy."""

from __future__ import annotations

import numpy as np
import pytest

import memsim as ms
from memsim.errors import InputError
from memsim.experiments.loading import experiment_from_text
from memsim.metrics.monitor import COVERAGES
from memsim.plotting import LacksError, draw
from memsim.tasks.classify.decisions import MARGIN_EDGES, SCORES, decisions, joined, measure_decisions, over_noise

TEXT = """\
name: tiny
task: classify
data: {source: digits, samples: 120}
learners:
  - name: Delta
    array: {device: ideal}
    learning: {rule: delta, rate: 0.01, epochs: 2}
  - name: Linear
    network: {architecture: linear}
    training: {rate: 0.01, epochs: 2}
corruptions:
  gaussian: [0.1, 0.3, 0.5]
  occlusion: [0.1, 0.3, 0.5]
seeds: 2
"""
THRESHOLDS = {"confidence": 0.6, "scaled confidence": 0.6, "lead": 1.0}


@pytest.fixture(scope="module")
def result():
    return ms.run(experiment_from_text(TEXT, "tiny.yaml"))


@pytest.fixture(scope="module")
def drawn():
    """Outputs (seed, level, image, class), labels and temperatures."""
    draw_ = np.random.default_rng(0)
    outputs = draw_.normal(0, 1.5, (2, 3, 60, 4)).astype(np.float32)
    return outputs, draw_.integers(0, 4, 60), np.array([0.5, 2.0])


def written_again(outputs, labels, temperature):
    """Measures of the outputs (image, class) of one seed and level, one image after the other."""
    rows = []
    for output, label in zip(outputs.astype(float), labels, strict=True):
        top, second = sorted(output)[::-1][:2]
        others = [value for number, value in enumerate(output) if number != label]
        softmax = [1 / np.exp((output - top) / each).sum() for each in (1.0, temperature)]
        rows.append((output.argmax() == label, output[label] - max(others), *softmax, top - second))
    right, margin, confidence, scaled, lead = np.array(rows).T
    values = {"accuracy": right.mean(), "margin": margin.mean(), "confidence": confidence.mean()}
    values["scaled_confidence"] = scaled.mean()
    for name, score in zip(SCORES, (confidence, scaled, lead), strict=True):
        safe = score >= THRESHOLDS[name]
        order = np.argsort(-score)
        risks = np.cumsum(right[order] == 0) / np.arange(1, len(order) + 1)
        values |= {
            f"unsafe {name}": 1 - safe.mean(),
            f"safe_accuracy {name}": right[safe].mean(),
            f"risk_area {name}": risks.mean(),
            f"risk {name}": risks[np.rint(COVERAGES * len(order)).astype(int) - 1],
        }
    return values, margin, confidence


def test_measures_are_those_of_softmax_sorting_and_counting(drawn):
    outputs, labels, temperature = drawn
    values = measure_decisions(decisions(outputs, labels, temperature), THRESHOLDS)
    for seed, level in np.ndindex(2, 3):
        wanted, margin, confidence = written_again(outputs[seed, level], labels, temperature[seed])
        for name, number in wanted.items():
            name, _, score = name.partition(" ")
            measured = values[name][seed, level]
            assert np.allclose(measured[SCORES.index(score)] if score else measured, number, atol=1e-6), (name, score)
        counts = np.histogram(margin, MARGIN_EDGES)[0]
        assert np.allclose(values["margin_share"][seed, level], counts / 60)
        counts = np.histogram(confidence, np.linspace(0, 1, 16))[0]
        assert np.allclose(values["confidence_share"][seed, level], counts / 60)


def test_parts_of_the_images_give_what_all_together_give(drawn):
    outputs, labels, temperature = drawn
    parts = [decisions(outputs[:, :, part], labels[part], temperature) for part in (slice(0, 13), slice(13, 60))]
    whole = measure_decisions(decisions(outputs, labels, temperature), THRESHOLDS)
    for name, values in measure_decisions(joined(parts), THRESHOLDS).items():
        np.testing.assert_array_equal(values, whole[name])


def test_outputs_that_are_not_finite_are_unsafe_whatever_the_threshold(drawn):
    _, labels, temperature = drawn
    broken = decisions(np.full((2, 60, 4), np.nan), labels, temperature)
    values = measure_decisions(broken, dict.fromkeys(SCORES, 0.0))
    assert (values["unsafe"] == 1).all() and np.isnan(values["safe_accuracy"]).all()
    assert np.allclose(values["risk"], 1) and np.allclose(values["risk_area"], 1)


def test_under_noise_all_safe_decisions_count_alike():
    unsafe = np.array([0.1, 0.5, 0.75, 1.0]).reshape(1, 1, 1, 4, 1)  # severity 0 is no noise
    accuracy = np.array([0.2, 1.0, 0.4, np.nan]).reshape(1, 1, 1, 4, 1)
    zero = np.zeros((1, 1, 1, 4))
    zeros = {"noisy_confidence": zero, "noisy_scaled_confidence": zero, "noisy_risk_area": zero[..., None]}
    levels = [0.0, 0.1, 0.2, 0.3]
    values = over_noise(zeros | {"noisy_unsafe": unsafe, "noisy_safe_accuracy": accuracy}, levels)
    # Of 100 images each, 50 are right among 50 safe ones, and 10 among 25.
    assert values["noise_mean_safe_accuracy"].item() == pytest.approx(60 / 75)
    assert values["noise_mean_unsafe"].item() == pytest.approx(0.75)


class TestResult:
    def test_clean_and_corrupted_images_are_apart_and_agree_with_the_accuracy(self, result):
        for on in ("test", "noisy"):
            for score in SCORES:
                risk = result[f"{on}_risk"].sel(coverage=1, score=score)
                assert np.allclose(risk, 1 - result[f"{on}_accuracy"])
        for name in ("test_confidence_share", "noisy_confidence_share", "noisy_scaled_confidence_share"):
            assert np.allclose(result[name].sum("confidence_bin"), 1), name
        for name in ("test_margin_share", "noisy_margin_share"):
            assert np.allclose(result[name].sum("margin_bin"), 1), name

    def test_positive_margins_are_the_right_decisions(self, result):
        above = result.noisy_margin_share.where(result.margin_bin > 0).sum("margin_bin")
        around = result.noisy_margin_share.isel(margin_bin=result.margin_bin.size // 2)
        assert (above <= result.noisy_accuracy + 1e-12).all()
        assert (above + around >= result.noisy_accuracy - 1e-12).all()

    def test_thresholds_are_labels_and_settings(self, result):
        assert dict(zip(result.score.values, result.unsafe_below.values, strict=True)) == {
            "confidence": 0.9,
            "scaled confidence": 0.9,
            "lead": 10.0,
        }

    def test_a_threshold_of_nothing_accepts_all(self):
        experiment = experiment_from_text(TEXT, "tiny.yaml").replace({"learners": [experiment_learner()], "seeds": 1})
        none = ms.run(experiment.replace({"unsafe_below.confidence": 0, "unsafe_below.lead": 0}))
        assert (none.test_unsafe == 0).all() and (none.noisy_unsafe == 0).all()
        assert np.allclose(none.test_safe_accuracy, none.test_accuracy)
        assert np.allclose(none.noise_mean_safe_accuracy, none.noise_mean_accuracy)

    def test_a_wrong_threshold_is_refused_in_one_line(self):
        experiment = experiment_from_text(TEXT, "tiny.yaml")
        with pytest.raises(InputError, match=r"unsafe_below.confidence.*1.5"):
            experiment.replace({"unsafe_below.confidence": 1.5})
        with pytest.raises(InputError, match="did you mean 'confidence'"):
            experiment.replace({"unsafe_below": {"confidenc": 0.5}})


def experiment_learner():
    return {"name": "Delta", "array": {"device": "ideal"}, "learning": {"rule": "delta", "epochs": 1}}


class TestShown:
    def test_one_stored_score_alone_is_drawn_and_others_are_no_figure(self, result):
        lead = draw(result.sel(score=["lead"]), "risk-coverage")
        assert {axes.get_ylabel() for axes in lead.axes} - {""} == {"errors [%]\nby lead"}
        with pytest.raises(LacksError, match="needs one of the scores scaled confidence and lead"):
            draw(result.sel(score=["confidence"]), "risk-coverage")

    @pytest.fixture
    def older(self, result):
        """The result as an earlier version stored it."""
        names = [name for name in result.variables if "confidence" in str(name) and "bin" not in str(name)]
        names += [name for name in result.variables if any(part in str(name) for part in ("unsafe", "safe_", "risk"))]
        names += ["test_margin_share", "noisy_margin_share", "noisy_margin", "score", "coverage", "margin_bin"]
        names += ["margin_bin_end", "noisy_calibration_error", "noisy_scaled_calibration_error"]
        return result.drop_vars(set(names))

    def test_tables_state_confidence_unsafe_share_and_accuracy_of_the_rest(self, cli, result, tmp_path):
        out = cli("show", ms.save(result, tmp_path / "tiny.nc")).out
        linear = result.sel(learner="Linear", score="scaled confidence")
        line = next(line for line in out.split("Linear")[1].splitlines() if line.startswith("scaled confidence < 0.9"))
        assert f"{100 * float(linear.test_unsafe_mean):.1f} %" in line
        assert f"{100 * float(linear.noise_mean_risk_area_mean):.2f} %" in line
        assert "nan" not in out

    def test_an_older_result_is_shown_without_them(self, cli, older, tmp_path):
        out = cli("show", ms.save(older, tmp_path / "old.nc")).out
        assert "test accuracy" in out and "monitor" not in out

    @pytest.mark.parametrize("name", ["confidence", "risk-coverage", "calibration"])
    def test_a_figure_says_why_it_does_not_apply_to_an_older_result(self, older, name):
        with pytest.raises(LacksError, match=f"'{name}' needs confidence by severity, .*; run its experiment again"):
            draw(older, name)

    def test_steps_of_a_histogram_are_shares_of_all_seeds_and_noise_types(self, result):
        figure = draw(result, "confidence")
        margin = figure.axes[2]
        assert [step.get_label() for step in margin.patches] == ["clean", "noise 0.1", "noise 0.3", "noise 0.5"]
        wanted = result.noisy_margin_share.sel(learner="Delta", noise_level=0.3).mean(("repeat", "noise_type"))
        clean = result.test_margin_share.sel(learner="Delta").mean("repeat")
        for patch, shares in ((margin.patches[2], wanted), (margin.patches[0], clean)):
            values, edges, _ = patch.get_data()
            first = int(np.flatnonzero(np.isclose(MARGIN_EDGES, edges[0]))[0])
            assert np.allclose(values, 100 * shares[first : first + len(values)]) and np.isclose(values.sum(), 100)

    def test_curves_of_risk_are_means_over_seeds_and_bands_stay_inside(self, result):
        axes = draw(result, "risk-coverage").axes[0]
        line = next(line for line in axes.lines if line.get_label().strip() == "Delta")
        wanted = result.test_risk.sel(learner="Delta", score="scaled confidence").mean("repeat")
        assert np.allclose(line.get_xdata(), 100 * COVERAGES) and np.allclose(line.get_ydata(), 100 * wanted)
        for band in axes.collections:
            heights = band.get_paths()[0].vertices[:, 1]
            assert heights.min() >= 0 and heights.max() <= 100

    def test_calibration_begins_at_the_clean_images(self, result):
        axes = draw(result, "calibration").axes[1]
        line = next(line for line in axes.lines if line.get_label().strip() == "Linear, digital")
        noisy = result.noisy_scaled_calibration_error.sel(learner="Linear", noise_type="occlusion").mean("repeat")
        clean = result.scaled_calibration_error.sel(learner="Linear").mean()
        assert np.allclose(line.get_ydata(), 100 * np.array([clean, *noisy.values]))
