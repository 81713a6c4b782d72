"""Files whose settings are of more cells or parameters than they hold are refused before anything is allocated."""

from __future__ import annotations

import json
import tracemalloc

import netCDF4
import pytest
from attack.results import write_training

import memsim as ms
from memsim.errors import OutputError
from memsim.networks import checkpoint


def change(path, attribute, **settings):
    """Change settings in an attribute of a file."""
    with netCDF4.Dataset(path, "a") as file:
        file.setncattr(attribute, json.dumps({**json.loads(file.getncattr(attribute)), **settings}))


def refusal(load, path):
    """The message with which a file is refused, without memory of what it states."""
    tracemalloc.start()
    try:
        with pytest.raises(OutputError) as caught:
            load(path)
        assert tracemalloc.get_traced_memory()[1] < 20 << 20
    finally:
        tracemalloc.stop()
    return str(caught.value)


def test_training_of_a_network_that_is_not_in_the_file(tmp_path):
    path = write_training(tmp_path / "training.nc")
    change(path, "architecture", channels=[1000])
    # 9 weights a channel, and 4 places a channel for each of 3 classes
    assert "its architecture has 21,000 weights, but it holds" in refusal(checkpoint.load, path)
    change(path, "architecture", channels=[10**6, 10**6])
    assert "damaged" in refusal(checkpoint.load, path)


def test_deeply_nested_settings_of_a_training(tmp_path):
    path = write_training(tmp_path / "training.nc")
    with netCDF4.Dataset(path, "a") as file:
        file.setncattr("settings", "[" * 100_000)
    assert "damaged" in refusal(checkpoint.load, path)


def test_crossbar_of_more_cells_than_are_in_the_file(tmp_path):
    path = ms.Crossbar("agsi-jo2010", 4, 3, seed=1).to_netcdf(tmp_path / "array.nc")
    change(path, "settings", rows=1 << 20, cols=1 << 12)
    assert "its settings are of 4,294,967,296 cells, but it holds 12" in refusal(ms.Crossbar.from_netcdf, path)
