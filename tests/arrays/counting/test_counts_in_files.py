"""Files of crossbars that count: a reloaded array goes on counting, and numbers that count nothing are refused."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import xarray as xr

import memsim as ms
from memsim.errors import OutputError

DEVICE = "taox-hfox-wu2018"
X, TARGETS = np.linspace(0, 1, 24).reshape(2, 2, 6), np.ones((2, 2, 3))


def used(xbar: ms.Crossbar) -> ms.Crossbar:
    """The crossbar after training, programming and reads."""
    xbar.train("hebbian", X, TARGETS, steps=2)
    xbar.program(np.full((2, 6, 3), 0.5), "pulses")
    xbar.read(X)
    return xbar


@pytest.fixture
def xbar() -> ms.Crossbar:
    return used(ms.Crossbar(DEVICE, 6, 3, arrays=2, seed=1, tile=(4, 2), count=True))


@pytest.mark.slow
def test_a_reloaded_array_goes_on_counting(xbar, tmp_path):
    again = ms.Crossbar.from_netcdf(xbar.to_netcdf(tmp_path / "array.nc"))
    for array in (xbar, again):
        used(array)
    for phase, counts in xbar.event_counts.counts.items():
        assert counts.happened
        for item in dataclasses.fields(counts):
            np.testing.assert_array_equal(
                getattr(again.event_counts.counts[phase], item.name), getattr(counts, item.name), f"{phase} {item.name}"
            )


def test_an_array_that_does_not_count_stays_so_in_a_file(tmp_path):
    quiet = ms.Crossbar(DEVICE, 6, 3)
    again = ms.Crossbar.from_netcdf(quiet.to_netcdf(tmp_path / "array.nc"))
    with pytest.raises(ms.MemsimError, match="does not count"):
        again.event_counts  # noqa: B018


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("counted.training.set_pulses", lambda values: -values - 1),
        ("counted.training.write_energy", lambda values: values * np.nan),
        ("counted.inference.drives", lambda values: values.astype(float)),
        ("counted.inference.reads", lambda values: values - 1000),
        ("counted.inference.read_energy", lambda values: values[:1]),
    ],
)
def test_numbers_that_count_nothing_are_refused(xbar, tmp_path, name, change):
    path = xbar.to_netcdf(tmp_path / "array.nc")
    with xr.open_dataset(path) as dataset:
        changed = dataset.load()
    values = change(changed[name].values)
    changed[name] = ([f"changed_{axis}" for axis in range(np.ndim(values))], values)
    changed.to_netcdf(tmp_path / "changed.nc")
    with pytest.raises(OutputError, match=rf"not a whole crossbar \('{name.removeprefix('counted.')}'"):
        ms.Crossbar.from_netcdf(tmp_path / "changed.nc")


def test_a_file_without_a_count_or_with_an_unknown_phase_is_refused(xbar, tmp_path):
    path = xbar.to_netcdf(tmp_path / "array.nc")
    with xr.open_dataset(path) as dataset:
        whole = dataset.load()
    whole.drop_vars("counted.training.set_pulses").to_netcdf(tmp_path / "less.nc")
    whole.assign({"counted.idle.reads": ((), 1)}).to_netcdf(tmp_path / "more.nc")
    for name in ("less.nc", "more.nc"):
        with pytest.raises(OutputError, match="not a whole crossbar"):
            ms.Crossbar.from_netcdf(tmp_path / name)
