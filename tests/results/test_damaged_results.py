"""Attributes and labels that others changed are refused in one line, or read as what they are declared to be."""

from __future__ import annotations

import shutil

import netCDF4
import numpy as np
import pytest
import xarray as xr

import memsim as ms
from memsim.errors import OutputError

NUMBERS = ("memsim_schema", "random_addresses")


@pytest.fixture
def changed(whole_result, tmp_path):
    """A copy of a result with other attributes."""

    def make(**attributes):
        path = tmp_path / "changed.nc"
        shutil.copy(whole_result, path)
        with netCDF4.Dataset(path, "a") as file:
            file.setncatts(attributes)
        return path

    return make


def names_of(whole_result):
    return list(xr.load_dataset(whole_result).attrs)


@pytest.mark.slow
def test_several_values_are_refused_in_place_of_any_attribute(changed, whole_result, cli):
    for name in [*names_of(whole_result), "task", "notes"]:
        path = changed(**{name: np.array([1, 2])})
        assert f"its attribute '{name}' is damaged ('[1 2]' is n" in cli("show", path).refusal()


@pytest.mark.slow
def test_numbers_in_place_of_texts_are_texts(changed, whole_result, cli):
    for name in {*names_of(whole_result), "task", "notes"} - {*NUMBERS}:
        path = changed(**{name: np.int64(3)})
        assert ms.load(path).attrs[name] == "3"
        for words in (("show", path), ("compare", path, whole_result, "--no-figure")):
            outcome = cli(*words)
            assert outcome.code == 0 or outcome.refusal()


@pytest.mark.parametrize("value", ["two", 2.5])
@pytest.mark.parametrize("name", NUMBERS)
def test_other_values_in_place_of_whole_numbers_are_refused(name, value, changed):
    with pytest.raises(OutputError, match=f"its attribute '{name}' is damaged .'{value}' is no whole number"):
        ms.load(changed(**{name: value}))


def test_several_values_in_place_of_a_text_of_a_variable_are_refused(whole_result, tmp_path):
    path = tmp_path / "changed.nc"
    shutil.copy(whole_result, path)
    with netCDF4.Dataset(path, "a") as file:
        file["snr"].units = np.array([1, 2])
    with pytest.raises(OutputError, match="the attribute 'units' of 'snr' is damaged"):
        ms.load(path)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda d: xr.concat([d, d], "learner", data_vars="minimal"), "two labels of 'learner' are 'Hebbian Physical'"),
        (
            lambda d: d.assign_coords(noise_level=np.zeros(d.sizes["noise_level"])),
            "two labels of 'noise_level' are '0.0'",
        ),
        (lambda d: d.assign_coords(learner=[1.5]), r"'learner' is float64 \(learner\); a result has texts or whole"),
        (
            lambda d: d.assign_coords(noise_level=[*"abcdefg"]),
            r"'noise_level' is \S+ \(noise_level\); a result has numbers \(noise_level\) there",
        ),
        (
            lambda d: d.assign_coords(image_label=("y", [*"abcdefgh"])),
            r"'image_label' is \S+ \(y\); a result has texts",
        ),
        (lambda d: d.assign_coords(device=("learner", [3])), r"'device' is int64 \(learner\); it must be names"),
        (
            lambda d: d.isel(noise_level=slice(0)).drop_encoding(),
            "has nothing along 'noise_level'; it is not a whole result",
        ),
        (lambda d: d.isel(interval=[0]), "'interval' has 1 ends; allowed: 2"),
        (lambda d: d.assign_coords(repeat=((), 0.5)), r"'repeat' is float64 \(\); it must be whole numbers"),
    ],
)
def test_labels_of_other_kinds_or_that_are_not_unique_are_refused(change, says, whole_result, tmp_path):
    path = tmp_path / "labels.nc"
    change(xr.load_dataset(whole_result)).to_netcdf(path)
    with pytest.raises(OutputError, match=f"labels.nc: {says}"):
        ms.load(path)


@pytest.mark.parametrize("value", ["many", "-1", "1, two", ""])
def test_seeds_that_are_no_numbers_are_refused(changed, value):
    with pytest.raises(OutputError, match=f"its attribute 'seed' is damaged .'{value}' is no whole number from 0"):
        ms.load(changed(seed=value))
    assert ms.load(changed(seed="1, 2")).attrs["seed"] == "1, 2"  # of networks on several devices


@pytest.mark.slow
@pytest.mark.parametrize("name", ["snr_mean", "snr_interval", "snr_median", "clean_snr_mean", "pulses_reset_mean"])
def test_a_table_of_memories_asks_for_every_variable_that_it_reads(whole_result, tmp_path, cli, name):
    path = ms.save(ms.load(whole_result).drop_vars(name), tmp_path / "part.nc")
    assert f"part.nc: has no variable '{name}'; this is not a whole result of memsim" in cli("show", path).refusal()
