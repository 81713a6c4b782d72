"""Result files: complete, labelled, readable by plain xarray, and enough to run the experiment again."""

from __future__ import annotations

import json
import shutil

import netCDF4
import numpy as np
import pytest
import xarray as xr

import memsim as ms
from memsim.errors import OutputError
from memsim.experiments.loading import experiment_from_text
from memsim.profiles import device_from_text
from memsim.results.dataset import SCHEMA_VERSION, VARIABLES, build_dataset
from memsim.tasks.energy_variables import ENERGY_VARIABLES
from memsim.tasks.on_cells_variables import ON_CELLS, over_repeats
from memsim.tasks.registry import RESULT_KINDS

ATTRIBUTES = {
    "memsim_schema",
    "title",
    "memsim_version",
    "experiment",
    "changes",
    "devices",
    "random_addresses",
    "seed",
    "backend",
    "images_source",
    "images_sha256",
    "created",
    "python_version",
    "machine",
    "libraries",
}


@pytest.fixture(scope="module")
def dataset():
    """A result of two learners, one on a real device with a reference column, with kept conductances."""
    experiment = ms.load_experiment("physical-01").replace(
        {"data.samples": 3, "data.shape": [8, 12], "keep": ["conductance"], "published": {}, "resamples": 200}
        | {
            "learners": [
                {"name": "Ideal"},
                {"name": "Real", "array": {"device": "taox-hfox-wu2018", "column": "reference"}},
            ]
        }
    )
    return ms.run(experiment)


class TestVariables:
    def test_every_one_is_registered_with_its_dimensions_units_and_meaning(self, dataset):
        for name, variable in dataset.data_vars.items():
            declared = VARIABLES[name]
            assert variable.dims == declared.dims, name
            assert variable.attrs["units"] == declared.units
            assert variable.attrs["long_name"] == declared.long_name
            assert variable.attrs["description"] == declared.meaning

    def test_no_two_tasks_share_a_name_but_those_of_kept_weights_and_of_classifiers_on_cells_and_their_costs(self):
        shared = {
            *over_repeats((*ON_CELLS.values(), *ENERGY_VARIABLES)),
            *(name for name in VARIABLES if name.startswith("kept_")),
        }
        names = [name for kind in RESULT_KINDS.values() for name in kind.variables if name not in shared]
        assert len(names) == len(set(names)) == len(VARIABLES.keys() - shared)

    def test_every_registered_one_is_there(self, dataset):
        others = {name for name in RESULT_KINDS["memorise"].variables if name.startswith(("kept_", "aged_", "image_"))}
        others -= {"image_event_count", "image_event_sum", "image_inference_images"}  # costs need a table
        assert set(dataset.data_vars) == set(RESULT_KINDS["memorise"].variables) - others

    def test_yes_and_no_are_flags_with_meanings(self, dataset):
        for name in ("correct", "negative_denominator", "unsafe"):
            variable = dataset[name]
            assert variable.dtype == np.int8
            assert list(variable.attrs["flag_values"]) == [0, 1]
            assert len(variable.attrs["flag_meanings"].split()) == 2

    def test_coordinates_label_every_dimension_that_has_a_meaning(self, dataset):
        assert list(dataset.learner.values) == ["Ideal", "Real"]
        assert list(dataset.device.values) == ["ideal", "taox-hfox-wu2018"]
        assert list(dataset.image_label.values) == ["scene 0", "scene 1", "scene 2"]
        assert list(dataset.noise_type.values) == ["gaussian"]
        assert list(dataset.interval.values) == ["low", "high"]
        assert all("long_name" in coordinate.attrs for coordinate in dataset.coords.values())

    def test_means_lie_within_their_intervals(self, dataset):
        for name in RESULT_KINDS["memorise"].variables:
            if name.endswith("_interval") and name in dataset:
                mean = dataset[name.replace("_interval", "_mean")]
                low, high = dataset[name].sel(interval="low"), dataset[name].sel(interval="high")
                assert bool(((low <= mean + 1e-9) & (mean <= high + 1e-9) | mean.isnull()).all()), name

    def test_conductances_lie_in_the_window_of_the_device(self, dataset):
        real = dataset.conductance.sel(learner="Real")
        assert float(real.min()) >= 0.9e-6 and float(real.max()) <= 12e-6

    def test_an_unregistered_variable_cannot_be_built(self):
        with pytest.raises(KeyError):
            build_dataset({"colour": np.zeros(3)}, {}, {})


class TestProvenance:
    def test_all_of_it_is_there_as_plain_text(self, dataset):
        assert set(dataset.attrs) == ATTRIBUTES
        assert dataset.attrs["memsim_schema"] == SCHEMA_VERSION
        numbers = ("memsim_schema", "random_addresses")
        assert all(isinstance(value, str) for key, value in dataset.attrs.items() if key not in numbers)
        assert dataset.attrs["backend"] == "cpu" and dataset.attrs["seed"] == "42"
        assert len(dataset.attrs["images_sha256"]) == 64
        assert {"numpy", "numba", "xarray", "netCDF4"} <= set(json.loads(dataset.attrs["libraries"]))
        assert json.loads(dataset.attrs["changes"])["data.shape"] == "[8, 12]"

    def test_experiment_and_devices_can_be_read_back(self, dataset):
        experiment = experiment_from_text(dataset.attrs["experiment"], "stored")
        assert experiment.spec.data.shape == (8, 12)
        devices = json.loads(dataset.attrs["devices"])
        assert {name: device_from_text(text) for name, text in devices.items()} == {
            name: ms.load_device(name) for name in ("ideal", "taox-hfox-wu2018")
        }


class TestFiles:
    def test_a_saved_result_is_read_back_as_it_was(self, dataset, tmp_path):
        path = ms.save(dataset, tmp_path / "a.nc")
        xr.testing.assert_identical(ms.load(path), dataset)
        assert [file.name for file in tmp_path.iterdir()] == ["a.nc"]

    def test_plain_xarray_reads_it_without_a_warning(self, dataset, tmp_path):
        with xr.open_dataset(ms.save(dataset, tmp_path / "a.nc")) as opened:
            xr.testing.assert_identical(opened.load(), dataset)

    def test_other_tools_can_append_to_it(self, dataset, tmp_path):
        path = ms.save(dataset, tmp_path / "a.nc")
        with netCDF4.Dataset(path, "a") as file:
            file.comment = "added later"
        assert ms.load(path).attrs["comment"] == "added later"

    def test_large_numbers_of_values_are_compressed_without_loss(self, tmp_path):
        values = np.zeros((1, 100, 5, 20))
        path = ms.save(build_dataset({"snr": values}, {}, {}), tmp_path / "a.nc")
        with netCDF4.Dataset(path) as file:
            assert file["snr"].filters()["zlib"]
        assert path.stat().st_size < values.nbytes / 2

    def test_an_existing_file_is_kept_unless_told_otherwise(self, dataset, tmp_path):
        path = ms.save(dataset, tmp_path / "a.nc")
        with pytest.raises(OutputError, match="exists already"):
            ms.save(dataset, path)
        assert ms.save(dataset, str(path), force=True) == path

    @pytest.mark.parametrize("name", ["nowhere/a.nc", "file/a.nc", "."])
    def test_a_place_that_cannot_hold_it_is_refused(self, dataset, tmp_path, name):
        (tmp_path / "file").touch()
        with pytest.raises(OutputError):
            ms.save(dataset, tmp_path / name)
        assert [file.name for file in tmp_path.iterdir()] == ["file"]

    def test_the_sign_of_standard_output_is_no_name_of_a_file(self, dataset, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        with pytest.raises(OutputError, match="-: nothing is written to standard output; give the name of a file"):
            ms.save(dataset, "-")
        assert ms.save(dataset, tmp_path / "-").name == "-"

    def test_a_library_that_fails_halfway_leaves_no_file(self, dataset, tmp_path, monkeypatch):
        def half(self, path, **kwargs):
            path.write_bytes(b"half")
            raise RuntimeError("NetCDF: HDF error")

        monkeypatch.setattr(xr.Dataset, "to_netcdf", half)
        with pytest.raises(OutputError, match="is the disk full"):
            ms.save(dataset, tmp_path / "a.nc")
        assert list(tmp_path.iterdir()) == []


class TestRerun:
    @pytest.mark.slow
    def test_it_gives_the_same_numbers_and_settings(self, dataset, tmp_path):
        path = ms.save(dataset, tmp_path / "a.nc")
        again = ms.rerun(path)
        xr.testing.assert_identical(again.drop_attrs(), dataset.drop_attrs())
        for attrs in (again.attrs, dataset.attrs):
            assert attrs["created"]
        assert {**again.attrs, "created": ""} == {**dataset.attrs, "created": ""}

    def test_a_result_with_other_random_addresses_is_repeated_with_a_note(self, dataset, tmp_path):
        assert dataset.attrs["random_addresses"] == 2
        old = dataset.copy()
        del old.attrs["random_addresses"]
        again = ms.rerun(ms.save(old, tmp_path / "old.nc"))
        assert "made with another layout of random addresses" in again.attrs["notes"]
        assert again.attrs["random_addresses"] == 2

    @pytest.mark.slow
    def test_a_changed_device_travels_with_the_result(self, tmp_path):
        device = ms.load_device("agsi-jo2010").replace({"conductance.max": "50 nS"})
        experiment = ms.load_experiment("physical-01").replace({"data.samples": 1, "data.shape": [8, 8]})
        first = ms.run(experiment, device=device)
        again = ms.rerun(ms.save(first, tmp_path / "a.nc"))
        xr.testing.assert_identical(again.drop_attrs(), first.drop_attrs())
        assert float(first.example_conductance.max()) > 40e-9

    @pytest.mark.slow
    def test_local_images_must_be_named_again_and_be_the_same(self, tmp_path):
        rng = np.random.default_rng(1)
        np.save(tmp_path / "a.npy", rng.random((2, 8, 8)))
        np.save(tmp_path / "b.npy", rng.random((2, 8, 8)))
        experiment = ms.load_experiment("physical-01").replace({"data.shape": [8, 8]})
        first = ms.run(experiment, data=tmp_path / "a.npy")
        path = ms.save(first, tmp_path / "a.nc")
        with pytest.raises(ms.InputError, match=r"name it yourself: data='"):
            ms.rerun(path)
        with pytest.raises(ms.DataError, match="not the images of the earlier run"):
            ms.rerun(path, data=tmp_path / "b.npy")
        shutil.move(tmp_path / "a.npy", tmp_path / "moved.npy")
        again = ms.rerun(path, data=tmp_path / "moved.npy")
        np.testing.assert_array_equal(again.snr, first.snr)
