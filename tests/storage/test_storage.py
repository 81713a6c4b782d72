"""Crossbars in files: they go on bit for bit, and damaged files are refused."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from waiting import let_pass

import memsim as ms
from memsim.errors import OutputError
from memsim.philox import Scope

X = np.random.default_rng(0).random((3, 20))
ASSUMED = {"status": "assumed"}
LIVELY = {
    "variability.write": {"sigma": "2 %", "relative_to": "range", **ASSUMED},
    "read.telegraph": {"amplitude": "10 %", "relative_to": "value", "empty": "1 us", "filled": "1 us", **ASSUMED},
    "retention": {"model": "drift", "exponent": 0.05, "spread": 0.01, "reference_time": "1 s", **ASSUMED},
    "faults": {"stuck_on": "5 %", "stuck_off": "5 %", **ASSUMED},
}


def used(crossbar):
    """Everything that a later read or step depends on has happened once."""
    return crossbar.train(ms.Hebbian(0.1), X, np.ones((3, crossbar.shape[-1])), steps=2)


def go_on(crossbar):
    let_pass(crossbar, 5.0)
    first = crossbar.read(X)
    used(crossbar)
    return np.stack([first, crossbar.read(X)]), crossbar.state.values


CASES = {
    "pair of a lively device": lambda: used(
        ms.Crossbar(ms.load_device("taox-hfox-wu2018").replace(LIVELY), 20, 2, arrays=2, column="pair", seed=9)
    ),
    "reference column": lambda: used(ms.Crossbar("agsi-jo2010", 20, 2, column="reference", bounds=(0.1, 0.9))),
    "no bounds, converters, a fault map": lambda: used(
        ms.Crossbar(
            "ideal", 20, 2, bounds=None, dtype="float64", first_array=4, faults=np.eye(20, 2, dtype=int),
            dac=ms.DAC(6), adc=ms.ADC(6), tile=(8, 8),
        ).calibrate(X)
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_an_array_from_a_file_goes_on_as_it_would_have(case, tmp_path):
    crossbar = CASES[case]()
    crossbar.to_netcdf(tmp_path / "array.nc")
    back = ms.Crossbar.from_netcdf(tmp_path / "array.nc")
    assert np.array_equal(back.pulses.set, crossbar.pulses.set) and back.bounds == crossbar.bounds
    for one, other in zip(go_on(back), go_on(crossbar), strict=True):
        assert np.array_equal(one, other)


def test_a_plan_that_is_not_programmed_yet_comes_back(tmp_path):
    name = next(name for name in ms.device_names() if ms.load_device(name).spec.update is None)
    crossbar = ms.Crossbar(name, 20, 2, column="pair").train(ms.Hebbian(0.1), X, np.ones((3, 2)))
    back = ms.Crossbar.from_netcdf(crossbar.to_netcdf(tmp_path / "plan.nc"))
    assert back.planned
    assert np.array_equal(back.program().read(X), crossbar.program().read(X))


def test_mapped_weights_come_back_with_their_mapping(tmp_path):
    weights = np.random.default_rng(1).normal(size=(20, 3))
    mapping = ms.Mapping("reference", slices=2, slice_bits=3)
    crossbar = ms.Crossbar.from_weights(weights, "epiram-choi2018", mapping=mapping, cycles=3)
    back = ms.Crossbar.from_netcdf(crossbar.to_netcdf(tmp_path / "weights.nc"))
    assert np.array_equal(X @ back, X @ crossbar)


def test_a_file_keeps_the_scope_and_refuses_to_go_on_with_other_random_numbers(tmp_path):
    scope = Scope(network=2, layer=300, repetition=5)
    crossbar = ms.Crossbar("taox-hfox-wu2018", 20, 2, seed=4, scope=scope)
    path = crossbar.to_netcdf(tmp_path / "a.nc")
    back = ms.Crossbar.from_netcdf(path)
    assert back.scope == scope and np.array_equal(back.read(X), crossbar.read(X))
    dataset = xr.load_dataset(path)
    dataset.assign_attrs(random_addresses=1).to_netcdf(tmp_path / "old.nc")
    del dataset.attrs["random_addresses"]
    dataset.assign_attrs(memsim_crossbar=1).to_netcdf(tmp_path / "older.nc")
    for name in ("old.nc", "older.nc"):
        message = f"{name}: written with layout 1 of random addresses, this version has 2"
        with pytest.raises(OutputError, match=message):
            ms.Crossbar.from_netcdf(tmp_path / name)


def test_the_file_is_labelled_and_the_array_too(tmp_path):
    crossbar = ms.Crossbar("taox-hfox-wu2018", 20, 2, column="pair")
    with xr.open_dataset(crossbar.to_netcdf(tmp_path / "a.nc")) as dataset:
        xr.testing.assert_equal(
            dataset["conductance"].isel(array=0, drop=True).drop_attrs(), crossbar.conductance.drop_attrs()
        )
    g = crossbar.conductance
    assert g.dims == ("row", "line") and g.attrs["units"] == "S" and g.shape == (20, 4)
    assert list(g.col.values) == [0, 1, 0, 1] and list(g.sign.values) == [1, 1, -1, -1]
    assert 1e-6 <= g.min() <= g.max() <= 1.1e-5


def test_files_are_not_overwritten_and_damaged_ones_are_refused(tmp_path):
    crossbar = ms.Crossbar("ideal", 4, 1)
    path = crossbar.to_netcdf(tmp_path / "a.nc")
    with pytest.raises(OutputError, match="exists"):
        crossbar.to_netcdf(path)
    dataset = xr.load_dataset(path)
    for name, broken in {
        "no state": dataset.drop_vars("state"),
        "another shape": dataset.isel(stored_row=slice(0, 8)),
        "no settings": dataset.assign_attrs(settings="{}"),
        "no device": dataset.assign_attrs(device=1),
    }.items():
        bad = tmp_path / f"{name}.nc".replace(" ", "-")
        broken.to_netcdf(bad)
        with pytest.raises((OutputError, ms.MemsimError), match=bad.name):
            ms.Crossbar.from_netcdf(bad)
    xr.Dataset().to_netcdf(tmp_path / "empty.nc")
    with pytest.raises(OutputError, match="not a crossbar of memsim"):
        ms.Crossbar.from_netcdf(tmp_path / "empty.nc")
    with pytest.raises(OutputError, match="no such file"):
        ms.Crossbar.from_netcdf(tmp_path / "none.nc")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["hfox-wan2022", "pcm-joshi2020"])
@pytest.mark.parametrize("waits", [(), (50.0,), (50.0, 1e4)])
def test_cells_age_on_from_when_they_were_programmed_and_from_what_was_aimed_at(name, waits, tmp_path):
    def pulsed(crossbar, row):
        x = np.zeros(20)
        x[row] = 1
        return crossbar.train(ms.Hebbian(0.1), x, [1.0, 0.0], encoding="exact")

    update = ms.load_device("taox-hfox-wu2018").document.data["update"]
    device = ms.load_device(name).replace({"update": update, "variability": None})
    crossbar = ms.Crossbar(device, 20, 2, seed=4, column="reference").program(0.4, algorithm="model")
    for row, seconds in enumerate(waits):
        pulsed(crossbar.wait(seconds), row)
    back = ms.Crossbar.from_netcdf(crossbar.to_netcdf(tmp_path / "array.nc"))
    for one in (crossbar, back):
        pulsed(one.wait(1e5), 7).wait(3e5)
    assert np.array_equal(back.state.values, crossbar.state.values)
    assert np.array_equal(back.read(X), crossbar.read(X))


def test_a_file_that_says_it_holds_more_than_it_can_is_refused_before_anything_is_allocated(tmp_path):
    import netCDF4

    with netCDF4.Dataset(tmp_path / "large.nc", "w") as file:
        file.memsim_schema = 2
        file.createDimension("place", 10**13)
        file.createVariable("place", "f8", ("place",), zlib=True, chunksizes=(1000,))
    with pytest.raises(OutputError, match="damaged; it says that it holds"):
        ms.load(tmp_path / "large.nc")


def test_a_file_with_lists_of_other_types_is_refused(tmp_path):
    import netCDF4

    with netCDF4.Dataset(tmp_path / "lists.nc", "w") as file:
        file.memsim_schema = 2
        file.createDimension("place", 2)
        file.createVariable("number", file.createVLType(np.float64, "numbers"), ("place",))
    with pytest.raises(OutputError, match="'numbers' is a type; files of memsim hold variables only"):
        ms.load(tmp_path / "lists.nc")


def test_numbers_that_compress_as_well_as_any_can_still_be_read(tmp_path):
    from memsim.storage import netcdf

    path = netcdf.save(xr.Dataset({"zero": ("place", np.zeros(4_000_000))}, attrs={"kind": 1}), tmp_path / "zeros.nc")
    assert path.stat().st_size < 200_000
    assert netcdf.read(path, "kind", "a test", 1).sizes["place"] == 4_000_000
