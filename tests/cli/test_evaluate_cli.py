"""`memsim evaluate`: what it prints and writes, and what it refuses in one line."""

from __future__ import annotations

import shutil

import netCDF4
import numpy as np
import pytest
import xarray as xr
from conftest import EXPERIMENT

import memsim as ms
from memsim.experiments.loading import experiment_from_text

pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def kept(tmp_path_factory):
    """A small result file with weights; tests copy it."""
    experiment = experiment_from_text(f"{EXPERIMENT}keep: [weights]\n", "mine.yaml")
    return ms.save(ms.run(experiment), tmp_path_factory.mktemp("kept") / "mine.nc")


@pytest.fixture
def mine(kept, tmp_path):
    """Name of a copy in the folder of the command line."""
    shutil.copy(kept, tmp_path / "mine.nc")
    return "mine.nc"


def test_it_prints_the_table_and_what_was_evaluated_and_writes_a_result_and_a_figure(cli, mine):
    outcome = cli("evaluate", mine, "--set", "corruptions={fog: [0.3]}")
    assert outcome.code == 0 and outcome.err == ""
    assert outcome.files == ["mine.nc", "results", "results/mine-evaluated.nc", "results/mine-evaluated.png"]
    assert "Weights  of mine.nc (" in outcome.out and "), not trained again; changed: corruptions=" in outcome.out
    assert "Changed  corruptions=" in outcome.out and "Results  results/mine-evaluated.nc" in outcome.out
    assert list(ms.load("results/mine-evaluated.nc").noise_type.values) == ["fog"]


def test_without_changes_it_writes_the_numbers_of_the_run(cli, mine):
    outcome = cli("evaluate", mine, "-q", "--no-figure", "-o", "again")
    assert outcome.out == "again.nc\n" and outcome.files == ["again.nc", "mine.nc"]
    xr.testing.assert_identical(ms.load(mine).drop_attrs(), ms.load("again.nc").drop_attrs())


def test_a_result_is_shown_plotted_and_compared_like_others(cli, mine):
    assert cli("evaluate", mine, "--set", "array.adc={bits: 6, range: 2}", "-o", "coarse", "-q").code == 0
    shown = cli("show", "coarse.nc").out
    assert "Weights  of mine.nc (" in shown and "Ideal on ideal" in shown
    compared = cli("compare", mine, "coarse.nc")
    assert compared.code == 0 and "array.adc.bits" in compared.out and "the same in both" in compared.out
    assert cli("plot", "coarse.nc", "-f", "all").code == 0


def test_local_images_are_named_with_data(cli, mine, tmp_path):
    np.save(tmp_path / "other.npy", np.zeros((2, 8, 8), np.float32))
    assert "these are not the images of the earlier run" in cli("evaluate", mine, "--data", "other.npy").refusal()


REFUSED = {
    "a change that needs training": (["--set", "learning.rate=0.1"], "another learning.rate needs training of 'Ideal'"),
    "another device": (["--device", "agsi-jo2010"], "another array.device needs training of 'Ideal'"),
    "an unknown key": (["--set", "lerning.rate=0.1"], "unknown key 'lerning'", "did you mean 'learning'?"),
    "a seed": (["--seed", "3"], "No such option"),
    "a value that is not allowed": (["--set", "array.adc.bits=40"], "array.adc.bits", "1 to 16"),
    "a file in the way": (["-o", "mine.nc"], "mine.nc: exists already; use --force"),
}


@pytest.mark.parametrize(("options", "says"), [(o, s) for o, *s in REFUSED.values()], ids=REFUSED)
def test_a_mistake_is_one_line_and_writes_nothing(cli, mine, options, says):
    outcome = cli("evaluate", mine, *options)
    assert all(text in outcome.refusal() for text in says) and outcome.files == ["mine.nc"]


def _rewritten(change):
    def spoil(path):
        dataset = change(ms.load(path).load())
        path.unlink()
        dataset.to_netcdf(path)

    return spoil


def _enlarged(path):
    with netCDF4.Dataset(path, "a") as file:
        file.createDimension("much", 10**12)
        file.createVariable("more", "f8", ("much",), zlib=True, chunksizes=(1000,))


def _listed(path):
    with netCDF4.Dataset(path, "a") as file:
        file.createVariable("lists", file.createVLType(np.int32, "numbers"), ("learner",))


FILES = {
    "no file": (lambda path: path.unlink(), "no such file"),
    "no netCDF": (lambda path: path.write_bytes(b"x" * 999), "not a readable netCDF file"),
    "half a file": (lambda path: path.write_bytes(path.read_bytes()[:9999]), "not a readable netCDF file"),
    "another file": (_rewritten(lambda d: xr.Dataset({"a": 1})), "not a result of memsim"),
    "no weights": (
        _rewritten(lambda d: d.drop_vars([n for n in d.variables if n.startswith("kept")])),
        "holds no weights; an experiment stores them with 'keep: [weights]': memsim run",
    ),
    "numbers that are missing": (_rewritten(lambda d: d.isel(kept_place=slice(5))), "its weights are damaged"),
    "a text in place of numbers": (
        _rewritten(lambda d: d.assign(kept_number=("kept_place", np.array(["a"] * d.sizes["kept_place"])))),
        "'kept_number' is",
    ),
    "states that are no numbers": (_rewritten(lambda d: d.assign(kept_number=d.kept_number * np.nan)), "weights of '"),
    "more than it can hold": (_enlarged, "damaged; it says that it holds 7,629,394.5 MiB, but has"),
    "lists": (_listed, "'numbers' is a type; files of memsim hold variables only"),
}


@pytest.mark.parametrize(("spoil", "says"), FILES.values(), ids=FILES)
def test_a_file_that_cannot_be_evaluated_is_one_line_and_writes_nothing(cli, mine, tmp_path, spoil, says):
    spoil(tmp_path / mine)
    outcome = cli("evaluate", mine)
    assert says in outcome.refusal() and "results" not in outcome.files


def test_a_task_that_trains_nothing_says_so(cli):
    small = ("--set", "lines=[2]", "--set", "positions=[near]", "--no-figure", "-q", "-o", "sneak")
    assert cli("run", "sneak-01", *small).code == 0
    assert "the task 'select' trains nothing, so no weights are stored" in cli("evaluate", "sneak.nc").refusal()
    refused = cli("run", "sneak-01", "--set", "keep=[weights]", "-o", "kept").refusal()
    assert "the task 'select' trains nothing, so there is nothing to keep" in refused


def test_the_nearest_thing_to_keep_is_named_with_its_line(cli, experiment_file):
    file = experiment_file(replace=("seed: 42", "keep: [weight]"))
    assert f"mine.yaml:{len(EXPERIMENT.splitlines())}: keep.0 is 'weight'" in cli("validate", file).err
    assert "did you mean 'weights'?" in cli("validate", file).err
