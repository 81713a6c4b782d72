"""Files of programmed arrays: they hold how the cells were programmed and what it took, whatever the algorithm."""

from __future__ import annotations

import numpy as np
import pytest

import memsim as ms

pytestmark = pytest.mark.slow

TARGETS = np.random.default_rng(0).uniform(0.1, 0.9, (4, 3))
BOTH = {"update": {"model": "linear", "pulses": 20, "slope": {"set": 0.5, "reset": 0.5}, "status": "assumed"}}


def device(algorithm):
    if algorithm == "model":
        return ms.load_device("pcm-joshi2020").replace(BOTH)
    return "epiram-choi2018"


@pytest.mark.parametrize(
    ("algorithm", "settings"),
    [
        ("pulses", {"cycles": 3}),
        ("model", {}),
        ("radar", {"window": 0.05}),
        ("gradient-descent", {"max_batches": 5}),
        ("selective", {"sensitivities": np.ones((4, 3)), "share": 0.5}),
    ],
)
def test_a_reloaded_array_is_programmed_again_as_the_first(algorithm, settings, tmp_path):
    first = ms.Crossbar(device(algorithm), 4, 3, seed=1).program(TARGETS, algorithm, **settings)
    first.to_netcdf(tmp_path / "array.nc")
    second = ms.Crossbar.from_netcdf(tmp_path / "array.nc")
    np.testing.assert_array_equal(first.reprogram().state, second.reprogram().state)


def test_what_programming_took_is_in_the_file(tmp_path):
    first = ms.Crossbar("epiram-choi2018", 4, 3, arrays=2, seed=1).program(TARGETS, "ispp", window=0.1)
    first.to_netcdf(tmp_path / "array.nc")
    assert ms.Crossbar.from_netcdf(tmp_path / "array.nc").programming.identical(first.programming)


def test_numpy_numbers_can_be_saved(tmp_path):
    xbar = ms.Crossbar("epiram-choi2018", 4, 3, column="reference", seed=1)
    xbar.program(TARGETS, error=np.float32(0.01), falls=np.bool_(True), reference=np.float32(0.1))
    assert xbar.to_netcdf(tmp_path / "array.nc").exists()


def test_a_report_is_that_of_the_last_programming():
    xbar = ms.Crossbar("epiram-choi2018", 4, 3, seed=1).program(TARGETS, "radar", window=0.05)
    assert xbar.programming.accepted.any()
    xbar.program(TARGETS, "pulses")
    with pytest.raises(ms.InputError):
        _ = xbar.programming
