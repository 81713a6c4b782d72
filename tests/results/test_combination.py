"""Results of several runs in one Dataset: seeds, learners, and what is refused because it does not fit."""

from __future__ import annotations

import json

import numpy as np
import pytest
import xarray as xr

import memsim as ms
from memsim.errors import InputError, OutputError
from memsim.experiments.loading import experiment_from_text

TEXT = """\
name: part
data: {samples: 2, shape: [8, 8]}
learners:
  - name: Cells
    array: {bounds: none}
    learning: {steps: 3}
  - name: Net
    network: {}
    training: {steps: 2}
corruptions: {gaussian: [0.1]}
resamples: 100
"""


@pytest.fixture(scope="module")
def part():
    return experiment_from_text(TEXT, "part.yaml")


@pytest.fixture(scope="module")
def seeds(part, tmp_path_factory):
    """Files of the seeds 2 and 1."""
    folder = tmp_path_factory.mktemp("seeds")
    return [ms.save(ms.run(part.replace(seed=seed)), folder / f"{seed}.nc") for seed in (2, 1)]


@pytest.mark.slow
def test_runs_of_two_seeds_get_a_dimension_of_their_own(seeds):
    whole = ms.combine(seeds)
    assert list(whole.seed.values) == [1, 2] and list(whole.learner.values) == ["Cells", "Net"]
    for path in seeds:
        single = ms.load(path)
        for name in single.data_vars:
            np.testing.assert_array_equal(whole[name].sel(seed=single.seed), single[name], name)
    assert whole.device.dims == ("learner",) and "images_sha256" in whole.attrs
    runs = json.loads(whole.attrs["runs"])
    assert [run["seed"] for run in runs] == ["2", "1"] and all("experiment" in run for run in runs)


@pytest.mark.slow
def test_a_combined_result_can_be_saved(seeds, tmp_path):
    whole = ms.combine(seeds)
    with xr.open_dataset(ms.save(whole, tmp_path / "whole.nc")) as again:
        assert again.load().identical(whole)


def test_learners_of_several_runs_follow_each_other_and_equal_ones_count_once(part):
    swept = part.replace({"learners.Cells.name": "Swept", "sweep": {"learning.rate": [0.1, 0.2]}})
    one, other = ms.run(part), ms.run(swept)
    whole = ms.combine([one, other])
    assert list(whole.learner.values) == ["Cells", "Net", "Swept, rate 0.1", "Swept, rate 0.2"]
    np.testing.assert_array_equal(whole.learning_rate, [np.nan, np.nan, 0.1, 0.2])
    np.testing.assert_array_equal(whole.snr.sel(learner=one.learner), one.snr)
    np.testing.assert_array_equal(whole.snr.sel(learner=other.learner), other.snr)
    assert whole.seed.ndim == 0


def test_a_sweep_over_seeds_keeps_them_on_its_learners(part, seeds):
    whole = ms.combine([ms.run(part.replace(sweep={"seed": [3, 4]})), seeds[0]])
    assert list(whole.seed.values) == [3, 3, 4, 4, 2, 2] and whole.seed.dims == ("learner",)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"data.samples": 1}, "does not fit to .*: data.samples is 1, not 2"),
        ({"corruptions": {"fog": [0.1]}}, "does not fit to .*: corruptions.gaussian is -, not .0.1.; corruptions.fog"),
        ({"learning.steps": 4}, "both have the learner 'Cells' at seed 2, but learning.steps is 3 and 4; give names"),
        ({}, "have the same learners with equal settings at seed 2; leave one out"),
        ({"learners.Cells.name": "Other", "seed": 9}, "no result of seed 9 has the learner 'Cells'"),
    ],
)
def test_results_that_do_not_fit_are_refused_with_what_differs(part, seeds, changes, says):
    other = ms.run(part.replace({"seed": 2, **changes}))
    with pytest.raises(OutputError, match=says):
        ms.combine([seeds[0], other])


def test_a_device_of_the_same_name_must_be_the_same(part):
    mine = ms.load_device("ideal").replace({"read.voltage": "1 V"})
    with pytest.raises(OutputError, match="profile of ideal is another, not one"):
        ms.combine([ms.run(part), ms.run(part.replace({"array.device": mine}))])


def test_what_is_no_list_of_results_is_refused(seeds, tmp_path):
    for results, error, says in (
        (str(seeds[0]), InputError, "is one result; allowed: a list"),
        ([], InputError, "there are none"),
        ([tmp_path / "none.nc"], OutputError, "no such file"),
    ):
        with pytest.raises(error, match=says):
            ms.combine(results)


class TestSeedAndRepeat:
    def test_every_result_says_its_seed_and_repeat(self, seeds):
        dataset = ms.load(seeds[0])
        assert dataset.seed == 2 and dataset.seed.ndim == 0 and dataset.repeat == 0
        assert dataset.seed.attrs["long_name"] == "seed of the random numbers"

    def test_the_largest_seed_is_exact(self, part):
        assert int(ms.run(part.replace(seed=2**64 - 1)).seed) == 2**64 - 1

    def test_a_file_of_the_earlier_layout_is_read_in_the_new_one(self, seeds, tmp_path):
        old = ms.load(seeds[0]).drop_vars(["seed", "repeat"])
        old.attrs["memsim_schema"] = 1
        new = ms.load(ms.save(old, tmp_path / "old.nc"))
        assert new.identical(ms.load(seeds[0]))

    @pytest.mark.slow
    def test_the_seeds_of_an_earlier_classification_are_repeats(self, tmp_path):
        changes = {"data.samples": 60, "seeds": 2, "training.epochs": 1, "learners": [{"name": "N", "network": {}}]}
        now = ms.run(ms.load_experiment("digits-01").replace(changes))
        assert now.test_accuracy.dims == ("learner", "repeat") and now.seed == 42
        old = now.drop_vars("seed").rename(repeat="seed")
        old.attrs["memsim_schema"] = 1
        again = ms.load(ms.save(old, tmp_path / "old.nc"))
        assert again.drop_attrs().identical(now.drop_attrs())
