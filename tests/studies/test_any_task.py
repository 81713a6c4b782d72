"""Claims about any task and about benchmarks: quantities are chosen by the labels of the result."""

from __future__ import annotations

import math

import numpy as np
import pytest
import xarray as xr

import memsim as ms
from memsim.errors import InputError
from memsim.metrics.intervals import bootstrap
from memsim.studies.expression import Expression
from memsim.studies.labels import place_of, values_of
from memsim.studies.measure import Measurements
from memsim.studies.plan import Group
from memsim.studies.quantity import QuantitySpec
from memsim.studies.runs import Run
from memsim.studies.sources import restrict
from memsim.studies.verdict import REFUTED, REPRODUCES

SNEAK = """\
name: sneak
title: Passive arrays
quantities:
  small: {experiment: sneak-01, at: {array: epiram-choi2018 alone, scheme: floating, lines: 4}, variable: worst_margin,
    changes: {lines: [4, 8], random_backgrounds: 0, map_lines: 4}}
  large: {experiment: sneak-01, at: {array: epiram-choi2018 alone, scheme: floating, lines: 8}, variable: worst_margin,
    changes: {lines: [4, 8], random_backgrounds: 0, map_lines: 4}}
claims:
  - {name: fall, text: larger arrays, where: a figure, published: 1, rule: below, measured: large / small}
"""
DIGITS = """\
name: digits
title: Digits
quantities:
  mean: {experiment: digits-01, at: {learner: CNN}, variable: test_accuracy,
    changes: {data.samples: 200, seeds: 3, training.epochs: 1, learning.epochs: 1}}
  stored: {experiment: digits-01, at: {learner: CNN}, variable: test_accuracy_mean,
    changes: {data.samples: 200, seeds: 3, training.epochs: 1, learning.epochs: 1}}
claims:
  - {name: mean, text: accuracy, where: a table, published: 50, unit: "%", measured: 100 * mean}
  - {name: stored, text: accuracy, where: a table, published: 50, unit: "%", measured: 100 * stored}
"""
SPEED = """\
name: speed
title: Speed
quantities:
  speed: {benchmark: normals, at: {case: "normals: float32, 64^2"}, variable: call_seconds, statistic: median,
    changes: {sizes: [64], repeats: 3}}
claims:
  - {name: fast, text: time of a call, where: a table, published: 60, rule: below, unit: s, measured: speed}
"""


def of_fake(dataset: xr.Dataset, task: str, text: str, **quantities: dict):
    """An expression of quantities of a result that no run made."""
    specs = {name: QuantitySpec(experiment="fake", **keys) for name, keys in quantities.items()}
    runs = {Group.of(spec): Run(Group.of(spec), (dataset,), (42,), task, "", {}) for spec in specs.values()}
    return Measurements(specs, runs).interval(Expression.parse(text))


@pytest.fixture
def over_time():
    """Accuracies (repeat, time) at 25 s, an hour and a year."""
    values = 0.9 + 0.01 * np.random.default_rng(3).normal(size=(12, 3)) - [0, 0.1, 0.2]
    coordinates = {"repeat": np.arange(12), "time": [25.0, 3600.0, 365.25 * 86400]}
    return xr.Dataset({"accuracy": (("repeat", "time"), values)}, coordinates)


def test_labels_of_times_may_have_any_unit(over_time):
    for label, place in (("25 s", 0), ("1 h", 1), ("60 min", 1), (3600, 1), ("1 y", 2)):
        spec = QuantitySpec(experiment="fake", variable="accuracy", at={"time": label})
        assert (values_of(over_time, spec, "repeat")[:, 0] == over_time.accuracy.values[:, place]).all()
    with pytest.raises(InputError, match="has no time '2 h'; allowed: "):
        place_of("time", "2 h", over_time.time.values.tolist())
    with pytest.raises(InputError, match=r"is a voltage \(V\), not a time"):
        place_of("time", "2 V", over_time.time.values.tolist())


def test_intervals_are_over_repeats_where_a_task_has_repeats(over_time):
    year = of_fake(over_time, "network", "100 * a", a={"variable": "accuracy", "at": {"time": "1 y"}})
    mean, low, high = map(float, bootstrap(over_time.accuracy.values[:, 2], 42))
    assert (year.value, year.low, year.high) == pytest.approx((100 * mean, 100 * low, 100 * high), rel=1e-6)
    assert (year.method, year.samples) == ("mean", 12)


def test_differences_of_two_times_are_paired(over_time):
    quantities = {name: {"variable": "accuracy", "at": {"time": at}} for name, at in (("a", "25 s"), ("b", "1 h"))}
    moved = over_time.assign(accuracy=over_time.accuracy + 0.3 * over_time.repeat)
    for dataset in (over_time, moved):  # what is added to both times of a repeat leaves their difference
        fall = of_fake(dataset, "network", "a - b", **quantities)
        assert (fall.value, fall.low, fall.high) == pytest.approx(
            tuple(map(float, bootstrap(-np.diff(over_time.accuracy.values[:, :2], axis=1)[:, 0], 42))), rel=1e-5
        )


def test_a_stored_mean_has_the_registered_interval_of_the_result():
    dataset = xr.Dataset(
        {
            "test_accuracy_mean": ("learner", [0.8, 0.6]),
            "test_accuracy_interval": (("learner", "interval"), [[0.7, 0.85], [0.5, 0.75]]),
            "cells": ("learner", [10.0, 20.0]),
        },
        {"learner": ["A", "B"]},
    )
    accuracy = {"variable": "test_accuracy_mean", "at": {"learner": "B"}}
    error = of_fake(dataset, "classify", "100 * (1 - a)", a=accuracy)
    assert (error.value, error.low, error.high) == pytest.approx((40, 25, 50)) and error.method == "registered"
    assert error.error == pytest.approx(25 / (2 * 1.96), rel=1e-3)
    cells = of_fake(dataset, "classify", "c", c={"variable": "cells", "at": {"learner": "A"}})
    assert cells.value == 10 and math.isnan(cells.low)
    both = of_fake(dataset, "classify", "a / c", a=accuracy, c={"variable": "cells", "at": {"learner": "A"}})
    assert both.value == pytest.approx(0.06) and math.isnan(both.low), "no joint interval of two stored numbers"


@pytest.mark.slow
def test_passive_arrays_are_measured_at_a_scheme_and_a_size(study_file):
    report = ms.verify(study_file(text=SNEAK), seeds=2)
    whole = ms.run(ms.load_experiment("sneak-01").replace({"lines": [4, 8], "random_backgrounds": 0, "map_lines": 4}))
    margin = whole.worst_margin.sel(array="epiram-choi2018 alone", scheme="floating").values
    assert report.findings[0].measured.value == pytest.approx(margin[1] / margin[0], rel=1e-9)
    assert report.findings[0].verdict == REPRODUCES and report.notes == []
    assert "images" not in report.to_json().partition('"rules"')[0]


def test_labels_of_other_dimensions_are_checked_before_the_run(study_file):
    for old, new, says in (
        ("lines: 8}", "lines: 9}", "mine.yaml:6: sneak-01 has no lines '9'; allowed: 4, 8"),
        ("scheme: floating", "scheme: float", "mine.yaml:4: sneak-01 has no scheme 'float'; did you mean 'floating'?"),
        (
            "array: epiram-choi2018 alone",
            "array: epiram alone",
            "mine.yaml:4: sneak-01 has no array 'epiram alone'; did",
        ),
    ):
        with pytest.raises(InputError) as caught:
            ms.verify(study_file(old, new, SNEAK), seeds=2)
        assert says in str(caught.value)


def test_images_for_a_study_without_any_are_refused(study_file):
    with pytest.raises(InputError, match=r"no experiment of .*mine\.yaml has images"):
        ms.verify(study_file(text=SNEAK), data="pictures", seeds=2)


@pytest.mark.slow
def test_passive_arrays_restricted_to_one_have_the_same_numbers():
    whole = ms.load_experiment("sneak-01").replace({"lines": [4], "random_backgrounds": 0, "map_lines": 4})
    part = ms.run(restrict(whole, ["gst-kuzum2011, steep selector"]))
    assert "gst-kuzum2011, steep selector" in part.array and part.sizes["array"] < 4
    np.testing.assert_array_equal(part.worst_margin, ms.run(whole).worst_margin.sel(array=part.array))


@pytest.mark.slow
def test_classes_have_the_interval_over_seeds_that_the_result_has(study_file):
    mean, stored = (finding.measured for finding in ms.verify(study_file(text=DIGITS), seeds=2).findings)
    assert mean.value == pytest.approx(stored.value) and (mean.method, stored.method) == ("mean", "registered")
    assert (mean.low, mean.high) == pytest.approx((stored.low, stored.high), rel=1e-6)


def test_a_benchmark_is_measured(study_file):
    finding = ms.verify(study_file(text=SPEED), seeds=2).findings[0]
    assert finding.measured.value > 0 and finding.measured.samples == 3, "repeats are its samples"
    assert finding.published == "< 60 s"


def test_a_label_that_a_result_lacks_is_named_with_its_line(study_file):
    with pytest.raises(InputError) as caught:
        ms.verify(study_file("64^2", "65^2", SPEED), seeds=2)
    assert "mine.yaml:4: bench normals has no case 'normals: float32, 65^2'; did you mean" in str(caught.value)


@pytest.mark.slow
def test_the_task_of_a_claim_is_compared_with_that_of_its_experiment(study_file):
    claim = "published: 1, rule: below"
    file = study_file(claim, "task: select, published: 2, rule: above", SNEAK)
    assert ms.verify(file, seeds=2).findings[0].verdict == REFUTED
    file = study_file(claim, f"task: a large chip, {claim}", SNEAK)
    assert "a claim about a large chip" in ms.verify(file, seeds=2).findings[0].cause


@pytest.mark.slow
def test_deviations_are_told_as_the_rule_of_the_claim_counts_them(study_file):
    for rule, says in (("close", "percentage points off"), ("loose", " % off")):
        file = study_file("published: 1, rule: below", f'published: 200, unit: "%", rule: {rule}', SNEAK)
        assert ms.verify(file, seeds=2).findings[0].cause.endswith(says)
