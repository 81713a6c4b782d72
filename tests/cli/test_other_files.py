"""Files of another kind than a command reads, and names that are nearly those of files: the line says what helps."""

from __future__ import annotations

import shutil

import pytest

import memsim as ms


@pytest.fixture
def files(cli, whole_result, tmp_path):
    """The command line in a folder with a result, a crossbar and an experiment."""
    shutil.copy(whole_result, tmp_path / "a.nc")
    ms.Crossbar("ideal", 4, 1).to_netcdf(tmp_path / "crossbar.nc")
    (tmp_path / "small.yaml").write_text("name: small\n")
    return cli


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["validate", "a.nc"], "a.nc: a netCDF file, but an experiment is a YAML file; 'memsim show' prints a result"),
        (["device", "show", "./a.nc"], "a.nc: a netCDF file, but a device profile is a YAML file"),
        (["cost", "a.nc", "--components", "./a.nc"], "a.nc: a netCDF file, but a component table is a YAML file"),
        (
            ["show", "crossbar.nc"],
            "crossbar.nc: a crossbar of memsim, not a result; it is read by memsim.Crossbar.from",
        ),
        (["show", "small.yam"], "unknown experiment 'small.yam'; did you mean 'small.yaml'?"),
        (["show", "a.ncc"], "unknown experiment 'a.ncc'; did you mean 'a.nc'?"),
        (["run", "small"], "unknown experiment 'small'; did you mean 'small.yaml'?"),
        (["run", "physical-1"], "unknown experiment 'physical-1'; did you mean 'physical-01'?"),
        (["run", "-"], "-: the standard input is not read; name a file"),
        (["device", "show", "-"], "-: the standard input is not read; name a file"),
        (["run", "/dev/null"], "/dev/null: a device, not a file; an experiment is a YAML file"),
        (
            ["cost", "a.nc", "--components", "/dev/null"],
            "/dev/null: a device, not a file; a component table is a YAML file",
        ),
    ],
)
def test_the_line_says_what_helps(files, words, message):
    assert message in files(*words).refusal()


@pytest.mark.parametrize("command", ["validate", "device validate"])
def test_validate_does_not_read_the_standard_input(files, command):
    assert "-: the standard input is not read; name a file" in files(*command.split(), "-").err


def test_python_says_what_reads_a_result(whole_result):
    for load in (ms.run, ms.load_experiment, ms.load_device):
        with pytest.raises(
            ms.InputError, match=r"a netCDF file, but an? .* is a YAML file; 'memsim show' prints a result"
        ):
            load(str(whole_result))


def test_a_result_is_no_crossbar(whole_result):
    with pytest.raises(ms.MemsimError, match="a result of memsim, not a crossbar; it is read by 'memsim show FILE'"):
        ms.Crossbar.from_netcdf(whole_result)


def test_a_file_that_is_cut_short_says_how_much_is_there(files, tmp_path):
    content = (tmp_path / "a.nc").read_bytes()
    (tmp_path / "a.nc").write_bytes(content[:10_000])
    assert (
        f"a.nc: not a readable netCDF file (cut short: 10,000 of {len(content):,} bytes)"
        in files("show", "a.nc").refusal()
    )
