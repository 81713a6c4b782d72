"""Measured numbers, their intervals and their spread over seeds are those of runs."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr

import memsim as ms
from memsim.errors import InputError, MemsimError
from memsim.metrics.intervals import bootstrap, resampled_images, share_interval
from memsim.studies.expression import Expression
from memsim.studies.finding import Finding
from memsim.studies.measure import Measurements
from memsim.studies.plan import Group
from memsim.studies.quantity import QuantitySpec
from memsim.studies.report import Report
from memsim.studies.runs import Run
from memsim.studies.sources import restrict
from memsim.studies.verdict import REFUTED


def measured(quantities, *texts, images=12):
    """Values (image, read) of the variables of a small result, and expressions of quantities of it."""
    draw = np.random.default_rng(8)
    values = {
        "snr": draw.lognormal(1.0, 0.5, (images, 3)),
        "correct": (draw.uniform(size=(images, 3)) < 0.95).astype(np.int8),
        "saturated_share": np.where(np.arange(images) < 1, 0.5, 0.0),
    }
    dims = ("learner", "image", "noise_type", "noise_level")
    arrays = {name: array[None, :, None] if array.ndim > 1 else array[None] for name, array in values.items()}
    dataset = xr.Dataset({name: (dims[: array.ndim], array) for name, array in arrays.items()}, {"learner": ["L"]})
    specs = {
        name: QuantitySpec(experiment="e", at={"learner": "L"}, **{"variable": "snr", **keys})
        for name, keys in quantities.items()
    }
    runs = {Group.of(spec): Run(Group.of(spec), (dataset,), (42,), "memorise", "", {}) for spec in specs.values()}
    measurements = Measurements(specs, runs)
    return values, [measurements.interval(Expression.parse(text)) for text in texts]


def test_numbers_intervals_and_seeds_are_those_of_runs(small_report):
    base = ms.load_experiment("physical-01").replace({"data.samples": 3, "data.shape": [8, 8]})
    runs = [ms.run(base.replace(seed=seed)) for seed in (42, 43, 44)]
    means = np.array([float(ds.snr.mean()) for ds in runs])
    finding = small_report.findings[0]
    assert finding.measured.value == pytest.approx(means[0], rel=1e-12)
    assert (finding.measured.low, finding.measured.high) == pytest.approx(runs[0].snr_interval.values[0], rel=1e-9)
    assert finding.spread.mean == pytest.approx(means.mean()) and finding.spread.sd == pytest.approx(means.std(ddof=1))
    assert (finding.spread.smallest, finding.spread.largest) == pytest.approx((means.min(), means.max()))
    assert finding.cause == f"it is {means[0]:.1f}, {100 * means.std(ddof=1) / means.mean():.1f} % over seeds"


def test_the_interval_of_an_expression_is_that_of_paired_resamples(small_report):
    base = ms.load_experiment("physical-01").replace({"data.samples": 3, "data.shape": [8, 8]})
    snr = ms.run(base).snr.values[0, :, 0]
    drawn = np.concatenate(list(resampled_images(3, 42)))
    ratio = 100 * (np.median(snr[drawn][:, :, -1], axis=1) / snr[drawn].mean(axis=(1, 2)) - 1)
    interval = small_report.findings[1].measured
    assert (interval.low, interval.high) == pytest.approx(np.percentile(ratio, [2.5, 97.5]))
    assert interval.error == pytest.approx(ratio.std())


def test_intervals_of_means_are_those_of_a_run_also_of_many_images():
    values, intervals = measured({"snr": {}}, "snr", "100 * (snr / 2 - 1)")
    low, high = map(float, bootstrap(values["snr"].mean(axis=1), 42)[1:])
    assert (intervals[0].low, intervals[0].high) == pytest.approx((low, high), rel=1e-9)
    assert intervals[0].method == "mean"
    assert (intervals[1].low, intervals[1].high) == pytest.approx((50 * low - 100, 50 * high - 100), rel=1e-6)


def test_the_interval_of_a_share_stays_between_0_and_100_percent():
    values, (share, gap) = measured({"right": {"variable": "correct"}}, "100 * right", "100 * (1 - right)")
    low, high = map(float, share_interval(values["correct"].mean(axis=1))[1:])
    assert (share.low, share.high) == pytest.approx((100 * low, 100 * high)) and share.method == "share"
    assert (gap.low, gap.high) == pytest.approx((100 - 100 * high, 100 - 100 * low))
    _, (whole,) = measured({"at_bound": {"variable": "saturated_share"}}, "100 * at_bound")
    assert 0 == whole.low < whole.value < whole.high and whole.method == "mean"


def test_medians_ranks_and_extremes_have_percentiles_that_a_footnote_explains():
    quantities = {"mean": {}, "middle": {"statistic": "median"}, "least": {"statistic": "min"}}
    texts = ("middle", "middle / mean", "rank(mean, middle)", "least", "0 * mean")
    _, intervals = measured(quantities, *texts)
    assert [one.method for one in intervals[:2]] == ["percentile", "percentile"]
    assert intervals[3].method == "extreme"
    assert (intervals[4].low, intervals[4].high, intervals[4].method) == (0, 0, "")
    assert all(one.samples == 12 for one in intervals)
    claims = [SimpleNamespace(unit="", rule="close") for _ in intervals]
    report = Report("", "", "", tuple(map(Finding, claims, intervals, ["refuted"] * 5, [""] * 5)), (), (), {})
    assert report.findings[0].interval.endswith("*") and report.findings[3].interval.endswith("**")
    assert report.findings[4].interval == "0"
    assert [note.split()[0] for note in report.footnotes] == ["*", "**"]
    assert "93 % with 12 images or repeats" in report.footnotes[0]


def test_one_image_has_no_interval():
    _, intervals = measured({"snr": {}, "right": {"variable": "correct"}}, "snr", "100 * right", images=1)
    assert all(math.isnan(one.low) and math.isnan(one.high) and math.isfinite(one.value) for one in intervals)


def test_an_experiment_restricted_to_some_learners_gives_the_same_numbers():
    small = {"data.samples": 2, "data.shape": [8, 8]}
    for name, labels in (
        ("lambda-01", ["CNN Margin, lambda 20", "CNN Margin, lambda 0.1"]),
        ("rule-01", ["Hebbian Physical", "SGD, rate 0.01"]),
        ("decomposition-01", ["Hebbian Tight", "CNN Margin-10"]),
    ):
        whole = ms.load_experiment(name).replace(small)
        part = ms.run(restrict(whole, labels))
        assert set(labels) <= set(part.learner.values.tolist()) and part.sizes["learner"] <= len(labels) + 1
        full = ms.run(whole).sel(learner=part.learner)
        np.testing.assert_allclose(part.output_target, full.output_target, rtol=1e-9)
        np.testing.assert_allclose(part.output_control, full.output_control, rtol=1e-9)


@pytest.mark.slow
def test_a_result_takes_the_place_of_its_experiment_and_says_what_was_changed(study_file, small_study, tmp_path):
    small = {"data.samples": 3, "data.shape": [8, 8]}
    text = small_study.replace("changes: {data.samples: 3, data.shape: [8, 8]}", "changes: {}")
    file = study_file(text=text)
    stored = ms.save(
        ms.run(ms.load_experiment("physical-01").replace({**small, "learning.rate": 0.1})), tmp_path / "a.nc"
    )
    report = ms.verify(file, results=[stored], seeds=2)
    finding = report.findings[0]
    assert finding.measured.value == pytest.approx(float(xr.load_dataset(stored).snr.mean()), rel=1e-12)
    assert f"Loaded: physical-01 from {stored}; changed settings: data.samples=3" in "\n".join(report.notes)
    assert "learning.rate=0.1" in report.notes[1]
    assert finding.verdict == REFUTED and finding.cause.endswith("% off"), "a written cause is that of the experiment"


def test_results_that_no_claim_needs_or_that_come_twice_are_refused(study_file, whole_result, tmp_path):
    with pytest.raises(InputError, match="no claim needs a result of 'physical-01'"):
        ms.verify(study_file(), results=[whole_result], seeds=2)
    with pytest.raises(InputError, match="give one"):
        ms.verify("akbay2025", results=[whole_result, whole_result], seeds=2)


def test_seeds_of_other_images_than_the_result_are_refused(study_file, small_study, whole_result, tmp_path):
    text = small_study.replace("changes: {data.samples: 3, data.shape: [8, 8]}", "changes: {}")
    np.save(tmp_path / "images.npy", np.random.default_rng(0).random((2, 8, 8)))
    with pytest.raises(MemsimError, match="not the images of the earlier run"):
        ms.verify(study_file(text=text), results=[whole_result], data=tmp_path / "images.npy", seeds=2)


@pytest.mark.parametrize("seeds", [0, 1, -3, 1001, 2.0, True])
def test_the_number_of_seeds_is_bounded(seeds):
    with pytest.raises(InputError, match="not a whole number from 2 to 1000"):
        ms.verify("akbay2025", seeds=seeds)


def test_progress_counts_every_run(study_file):
    calls: list[tuple[str, int, int]] = []
    ms.verify(study_file(), seeds=3, progress=lambda *call: calls.append(call))
    assert [done for _, done, _ in calls] == [0, 1, 2, 3] and calls[-1][2] == 3
    assert calls[0][0] == "physical-01, data.samples=3, data.shape=[8, 8]"
