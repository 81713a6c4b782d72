"""Files of crossbars that somebody changed are refused in one line that names the file and what is damaged in it."""

from __future__ import annotations

import json

import numpy as np
import pytest
import xarray as xr

import memsim as ms
from memsim.errors import OutputError

DEVICE = "epiram-choi2018"


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The Dataset of a programmed crossbar of 16 x 3 cells with ADCs."""
    crossbar = ms.Crossbar(DEVICE, 16, 3, seed=1, adc=ms.ADC(8)).program(np.full((16, 3), 0.4), "pulses")
    return xr.load_dataset(crossbar.to_netcdf(tmp_path_factory.mktemp("whole") / "array.nc"))


def refusal(dataset, folder):
    """The message with which the file of a Dataset is refused."""
    dataset.to_netcdf(folder / "bad.nc")
    with pytest.raises(OutputError) as caught:
        ms.Crossbar.from_netcdf(folder / "bad.nc")
    message = str(caught.value)
    assert message.startswith(f"{folder / 'bad.nc'}: ")
    for internal in ("object", "argument", "not supported", "Expecting", "subscriptable"):
        assert internal not in message
    return message


def test_the_whole_file_is_loaded(whole, tmp_path):
    whole.to_netcdf(tmp_path / "good.nc")
    assert ms.Crossbar.from_netcdf(tmp_path / "good.nc").shape == (16, 3)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("state", 1e30, r"'state' is 1e+30 of the cell at (array, line, row) = (0, 1, 5); allowed there: "),
        ("state", -5.0, "'state' is -5 of the cell"),
        ("state", np.inf, "'state' has values that are not finite numbers"),
        ("conductance", 3e-6, "'conductance' is not the conductance of its states"),
        ("pulses", -5, "'pulses' has negative numbers"),
        ("programming_targets", np.nan, "'programming_targets' has values that are not finite numbers"),
    ],
)
def test_numbers_that_no_array_has_are_refused(whole, tmp_path, name, value, message):
    changed = whole.copy(deep=True)
    place = (0, 5, 1) if name in ("conductance", "programming_targets") else (0, 1, 5) if name == "state" else (0, 1, 0)
    changed[name].values[place] = value
    assert f"not a whole crossbar ({message}" in refusal(changed, tmp_path)


def test_states_beyond_the_bounds_are_refused(tmp_path):
    path = ms.Crossbar(DEVICE, 4, 3, bounds=(0.2, 0.7)).to_netcdf(tmp_path / "array.nc")
    changed = xr.load_dataset(path)
    changed.state.values[0, 0, 0] = 0.9
    assert "'state' is 0.9 of the cell at (array, line, row) = (0, 0, 0); allowed there: 0.2 to 0.7" in refusal(
        changed, tmp_path
    )


def test_states_that_drift_or_spread_beyond_the_nominal_window_are_loaded(tmp_path):
    for device in ("pcm-joshi2020", "epiram-choi2018"):
        crossbar = ms.Crossbar(device, 16, 3, seed=2).program(np.full((16, 3), 1.0))
        if device == "pcm-joshi2020":
            crossbar.wait(1e6)
        path = crossbar.to_netcdf(tmp_path / f"{device}.nc")
        assert np.array_equal(ms.Crossbar.from_netcdf(path).state, crossbar.state)


def test_labels_of_another_array_are_refused(whole, tmp_path):
    changed = whole.assign_coords(row=np.zeros(16, int))
    assert "its labels 'row' are not those of an array of its settings" in refusal(changed, tmp_path)
    swapped = whole.assign(direction=["reset", "set"])
    (tmp_path / "bad.nc").unlink()
    assert "its labels 'direction'" in refusal(swapped, tmp_path)


def of_settings(whole, **values):
    return whole.assign_attrs(settings=json.dumps(json.loads(whole.attrs["settings"]) | values))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"rows": 17},
            "its settings are of 51 cells, but it holds 48: (array, row, line) = (1, 17, 3), not (1, 16, 3)",
        ),
        ({"rows": "many"}, "its attribute 'settings' is damaged (rows: 'many' is not allowed; a whole number)"),
        ({"rows": 10**4000}, "its attribute 'settings' is damaged (rows: "),
        ({"evil": 1}, "its attribute 'settings' is damaged (unknown setting 'evil'"),
        ({"sed": 1}, "unknown setting 'sed'; did you mean 'seed'?"),
        ({"seed": -1}, "its attribute 'settings' is damaged (seed"),
        ({"dtype": "float16"}, "its attribute 'settings' is damaged (dtype: unknown choice 'float16'"),
        ({"adc": {"bits": "x"}}, "its setting 'adc' is damaged"),
        ({"adc": {"bitz": 8}}, "its setting 'adc' is damaged"),
        ({"adc": 8}, "its attribute 'settings' is damaged (adc: 8 is not allowed; settings by name, or none)"),
        ({"mapping": {"kind": "pear"}}, "its setting 'mapping' is damaged (mapping.kind: unknown choice 'pear'"),
        ({"scope": {"layer": "x"}}, "damaged"),
        ({"tile": ["x", None]}, "its attribute 'settings' is damaged"),
    ],
)
def test_damaged_settings_are_named(whole, tmp_path, values, message):
    assert message in refusal(of_settings(whole, **values), tmp_path)


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"settings": "x"}, "its attribute 'settings' is damaged"),
        ({"settings": "7"}, "its attribute 'settings' is damaged (it is 7, not settings by name)"),
        ({"settings": "[" * 100_000}, "its attribute 'settings' is damaged"),
        ({"events": "7"}, "its attribute 'events' is damaged"),
        (
            {"events": '{"reads": -1}'},
            "its attribute 'events' is damaged (reads: -1 is not a whole number of at least 0",
        ),
        ({"programming_request": "{}"}, "its attribute 'programming_request' is damaged"),
        ({"programming_request": "x"}, "its attribute 'programming_request' is damaged"),
        ({"steps": -1}, "its attribute 'steps' is -1; allowed: 0 to 4294967295"),
    ],
)
def test_damaged_attributes_are_named(whole, tmp_path, attributes, message):
    assert message in refusal(whole.assign_attrs(attributes), tmp_path)


@pytest.mark.parametrize("name", ["settings", "device", "steps", "programmed"])
def test_a_missing_attribute_is_named(whole, tmp_path, name):
    changed = whole.copy()
    del changed.attrs[name]
    assert f"it has no attribute '{name}'" in refusal(changed, tmp_path)


def test_a_missing_variable_is_named(whole, tmp_path):
    assert "it has no variable 'pulses'" in refusal(whole.drop_vars("pulses"), tmp_path)
