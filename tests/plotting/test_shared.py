"""What two results share: severities, pairs of values, and what a metric means; the numbers by hand and by SciPy."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.stats import ttest_ind, ttest_rel

import memsim as ms
from memsim.errors import OutputError
from memsim.experiments.loading import experiment_from_text
from memsim.plotting import compare_figure
from memsim.plotting.pairs import compare
from memsim.plotting.shared import shared_severities
from memsim.results.dataset import build_dataset

NETWORK = {"network": {"architecture": "linear"}, "training": {"loss": "cross-entropy"}}


def classes(names=("P", "Q"), noise=None, repeats=5, seed=42, images="one", stream=0, changes=None):
    """A result of three classes, made by hand: accuracies are random, summaries are NaN where no test needs them."""
    noise = noise or {"gaussian": [0.1, 0.2], "occlusion": [0.1, 0.2]}
    settings = {
        "learners": [{"name": name, **NETWORK} for name in names],
        "corruptions": noise,
        "seeds": repeats,
        "seed": seed,
    }
    experiment = ms.load_experiment("classify-01").replace({**settings, **(changes or {})})
    rng = np.random.default_rng(stream)
    levels = experiment.spec.levels
    noisy = rng.uniform(0.4, 0.8, (len(names), repeats, len(noise), len(levels)))
    clean = rng.uniform(0.8, 0.9, (len(names), repeats))
    variables = {"test_accuracy": clean, "noisy_accuracy": noisy, "noise_mean_accuracy": noisy.mean((2, 3))}
    error = (1 - noisy).sum(-1)
    variables["mean_corruption_error"] = (error / error[0]).mean(-1)
    for name in ("test_accuracy", "noise_mean_accuracy", "mean_corruption_error"):
        variables[f"{name}_mean"] = variables[name].mean(1)
        variables[f"{name}_interval"] = np.full((len(names), 2), np.nan)
    coordinates = {
        "learner": list(names),
        "device": ["none"] * len(names),
        "repeat": np.arange(repeats),
        "noise_type": list(noise),
        "noise_level": levels,
        "interval": ["low", "high"],
        "seed": [seed] * len(names),
    }
    attributes = {
        "title": "by hand",
        "task": "classify",
        "experiment": experiment.to_yaml(),
        "changes": json.dumps({}),
        "devices": json.dumps({}),
        "images_sha256": images,
        "random_addresses": 1,
    }
    return build_dataset(variables, coordinates, attributes)


def changes_of(a, b, number=0):
    return {change.label: change for change in compare(a, b).pairs[number].changes}


def test_means_are_those_over_the_noise_that_both_have():
    a = classes(noise={"gaussian": [0.1, 0.2, 0.3], "fog": [0.1, 0.2, 0.3]})
    b = classes(noise={"occlusion": [0.2, 0.3, 0.7], "gaussian": [0.2, 0.3, 0.7]}, stream=1)
    first, second = a.noisy_accuracy.values[1, :, 0, 1:], b.noisy_accuracy.values[1, :, 1, :2]
    change = changes_of(a, b, 1)["under noise"]
    assert change.a.value == pytest.approx(100 * first.mean()) and change.b.value == pytest.approx(100 * second.mean())
    expected = ttest_rel(100 * second.mean(1), 100 * first.mean(1)).confidence_interval()
    assert [change.interval.low, change.interval.high] == pytest.approx([expected.low, expected.high])
    assert compare(a, b).severities == (
        ("both", "gaussian at 0.2, 0.3"),
        ("only A", "gaussian at 0.1; fog at 0.1, 0.2, 0.3"),
        ("only B", "gaussian at 0.7; occlusion at 0.2, 0.3, 0.7"),
    )
    assert changes_of(a, b)["test accuracy"].a.value == pytest.approx(100 * a.test_accuracy.values[0].mean())


def test_the_corruption_error_is_that_over_the_noise_of_both():
    a, b = classes(), classes(noise={"gaussian": [0.2, 0.4]}, stream=1)
    change = changes_of(a, b, 1)["corruption error"]
    for one, dataset, level in ((change.a, a, 1), (change.b, b, 0)):
        error = 1 - dataset.noisy_accuracy.values[:, :, 0, level]
        assert one.value == pytest.approx((error[1] / error[0]).mean())


def test_the_same_noise_in_another_order_is_the_same():
    noise = {"gaussian": [0.1, 0.2], "occlusion": [0.1, 0.2]}
    a = classes(noise=noise)
    b = a.isel(noise_type=[1, 0])
    assert shared_severities(a, b).words == (("both", "gaussian, occlusion at 0.1, 0.2"),)
    assert shared_severities(a, a).words == ()
    assert changes_of(a, b)["under noise"].difference == pytest.approx(0)


def test_levels_that_differ_by_their_rounding_alone_are_the_same():
    a = classes()
    assert not shared_severities(a, a.assign_coords(noise_level=a.noise_level * (1 + 1e-15))).words


def test_without_noise_in_common_only_metrics_without_noise_are_compared():
    a, b = classes(noise={"gaussian": [0.1]}), classes(noise={"fog": [0.1]})
    comparison = compare(a, b)
    assert list(changes_of(a, b)) == ["test accuracy"]
    reason = "no noise type with a level that is in both"
    assert comparison.left_out == (("under noise", reason), ("corruption error", reason))
    figure = compare_figure(a, b)
    assert len(figure.axes) == 1 and any(reason in text.get_text() for text in figure.texts)


@pytest.mark.parametrize(
    ("other", "unpaired"),
    [
        ({"seed": 7}, ("seeds",)),
        ({"images": "two"}, ("images",)),
        ({"repeats": 3}, ("numbers of repeats",)),
        ({"seed": 7, "repeats": 3}, ("seeds", "numbers of repeats")),
    ],
)
def test_other_seeds_images_or_repeats_are_no_pairs(other, unpaired):
    a, b = classes(), classes(stream=1, **other)
    comparison, change = compare(a, b), changes_of(a, b)["test accuracy"]
    assert comparison.unpaired == unpaired and not change.paired
    values = [100 * dataset.test_accuracy.values[0] for dataset in (b, a)]
    expected = ttest_ind(*values, equal_var=False).confidence_interval()
    assert [change.interval.low, change.interval.high] == pytest.approx([expected.low, expected.high])


def test_equal_seeds_images_and_repeats_are_pairs():
    a, b = classes(), classes(stream=1)
    change = changes_of(a, b)["test accuracy"]
    expected = ttest_rel(*(100 * dataset.test_accuracy.values[0] for dataset in (b, a))).confidence_interval()
    assert compare(a, b).unpaired == () and change.paired
    assert [change.interval.low, change.interval.high] == pytest.approx([expected.low, expected.high])


@pytest.mark.parametrize("attribute", ["images_sha256", "random_addresses"])
def test_results_that_do_not_say_what_they_used_are_no_pairs(attribute):
    a, b = classes(), classes()
    del b.attrs[attribute]
    assert compare(a, b).unpaired


def test_learners_without_a_counterpart_are_listed():
    comparison = compare(classes(("P", "Q", "R")), classes(("S", "Q")))
    assert [pair.name for pair in comparison.pairs] == ["Q"] and comparison.pairs[0].places == (1, 1)
    assert comparison.only_a == ("P", "R") and comparison.only_b == ("S",)


def test_corruption_errors_of_different_references_are_not_compared():
    a = classes()
    other = compare(a, classes(changes={"reference": "Q"}))
    assert other.left_out == (("corruption error", "reference label: P in A, Q in B"),)
    learners = [{"name": "P", **NETWORK, "training": {"loss": "mse"}}, {"name": "Q", **NETWORK}]
    settings = compare(a, classes(changes={"learners": learners}))
    assert settings.left_out == (("corruption error", "reference settings: not the same"),)


def test_a_metric_of_one_result_alone_is_listed():
    a = classes()
    comparison = compare(a, a.drop_vars(["mean_corruption_error_mean", "noise_mean_accuracy_mean"]))
    assert comparison.left_out == (("under noise", "only in A"), ("corruption error", "only in A"))


def test_memories_share_images_noise_and_definitions():
    small = {"data.samples": 6, "data.shape": [8, 8], "resamples": 100}
    experiment = ms.load_experiment("physical-01").replace({**small, "corruptions": {"gaussian": [0.1, 0.3]}})
    a, b = (
        ms.run(experiment.replace(change))
        for change in ({}, {"corruptions": {"gaussian": [0.3, 0.5], "fog": [0.3, 0.5]}, "unsafe_below": 3})
    )
    changes, comparison = changes_of(a, b), compare(a, b)
    assert [label for label, _ in comparison.left_out] == ["unsafe reads"] and comparison.unpaired == ()
    reason = comparison.left_out[0][1]
    assert reason.startswith("unsafe below: ") and reason.endswith(" in A, 3.0 in B")
    first, second = a.snr.values[0, :, 0, 1], b.snr.values[0, :, 0, 0]
    assert changes["SNR, median"].a.value == pytest.approx(np.median(first))
    assert changes["SNR, median"].b.value == pytest.approx(np.median(second))
    change = changes["SNR, mean"]
    expected = ttest_rel(second, first).confidence_interval()
    assert [change.interval.low, change.interval.high] == pytest.approx([expected.low, expected.high], abs=1e-9)
    assert changes["geometric margin"].a.value == float(a.geometric_margin_mean[0])


def test_nothing_in_common_is_one_line():
    with pytest.raises(OutputError, match=r"no learner of the same name \('P', 'Q'; 'R', 'S'\); there is nothing") as e:
        compare(classes(), classes(("R", "S")))
    assert "\n" not in str(e.value)


def test_the_command_says_what_is_shared_and_lists_the_rest(cli, tmp_path):
    ms.save(classes(), tmp_path / "a.nc")
    ms.save(classes(("Q", "R"), noise={"gaussian": [0.2, 0.3]}, repeats=4, seed=7, images="two"), tmp_path / "b.nc")
    out = cli("compare", "a.nc", "b.nc", "--no-figure").out
    for line in (
        "Only A   P",
        "Only B   R",
        "Noise    both: gaussian at 0.2",
        "Noise    only A: gaussian at 0.1; occlusion at 0.1, 0.2",
        "Noise    only B: gaussian at 0.3",
        "Not compared: corruption error (reference label: P in A, Q in B)",
        "Seeds    42 in A, 7 in B",
        "Repeats  5 in A, 4 in B",
        "Images   not the same; changes may come from the images",
    ):
        assert f"\n{line}\n" in out
    assert "Changes are unpaired (Welch's interval): seeds, images, numbers of repeats differ." in out
    ms.save(classes(("X", "Y")), tmp_path / "c.nc")
    assert "there is nothing to compare" in cli("compare", "a.nc", "c.nc").refusal()


TEMPLATES = """\
name: tiny
task: classify
data: {source: digits, samples: 60}
learners:
  - {name: "Delta, {device}", array: {device: ideal}, learning: {rule: delta, epochs: 1}}
  - {name: "Delta, {device}", array: {device: epiram-choi2018}, learning: {rule: delta, epochs: 1}}
corruptions: {gaussian: [0.1]}
seeds: 2
"""


@pytest.mark.slow
def test_settings_of_learners_with_one_template_are_all_compared():
    first = experiment_from_text(TEMPLATES, "tiny.yaml")
    other = first.replace({"learners.Delta, ideal.array.device": "agsi-jo2010"})
    comparison = compare(ms.run(first), ms.run(other))
    assert comparison.settings == (("Delta, ideal / Delta, agsi-jo2010: array.device", "ideal", "agsi-jo2010"),)
