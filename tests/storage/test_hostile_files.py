"""Files from other people: hostile ones are refused in one line, and no other file is opened."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
import xarray as xr
from hostile_hdf5 import HOSTILE, external_link

import memsim as ms
from memsim.errors import OutputError

STRACE = shutil.which("strace")
SETTINGS = {".ncrc", ".daprc", ".dodsrc"}
"""Files in which the netCDF library looks for settings."""
SLOW = ("many names", "many attributes", "long dimension", "other dimensions")
WITHOUT_STRACE = "needs strace, which shows what C libraries open"
SHOW_ALL = """
import sys
from memsim.cli.main import run_command
good, *names = sys.argv[1:]
for name in names:
    for words in (["show", name], ["plot", name], ["compare", name, good]):
        assert run_command(words) == 2, words
"""
SHOW = "from memsim.cli import main; main()"
READ = "import sys, xarray; xarray.load_dataset(sys.argv[2])"


@pytest.fixture
def hostile(whole_result, tmp_path):
    """Make a hostile file by the name of what is wrong with it. Links lead to "target", a pipe without a writer."""
    os.mkfifo(tmp_path / "target")

    def make(what: str) -> Path:
        path = tmp_path / f"{what.replace(' ', '-')}.nc"
        shutil.copy(whole_result, path)
        HOSTILE[what][0](path, tmp_path / "target")
        return path

    return make


@pytest.mark.parametrize(
    "what", [pytest.param(what, marks=pytest.mark.slow if what in SLOW else ()) for what in HOSTILE]
)
def test_a_hostile_file_is_refused_in_one_line(what, hostile, whole_result, cli):
    name = hostile(what).name
    shutil.copy(whole_result, "good.nc")
    for words in (("show", name), ("plot", name), ("compare", name, "good.nc"), ("compare", "good.nc", name)):
        outcome = cli(*words)
        assert f"Error: {name}: " in outcome.refusal() and HOSTILE[what][1] in outcome.refusal()
        assert outcome.files == sorted([name, "good.nc", "target"])


def run(program: str, folder: Path, *files: str, log: Path | None = None) -> set[str]:
    """Run a program with files of a folder, and return those of the folder that were opened, if they are logged."""
    words = [sys.executable, "-c", program, *files]
    if log is not None:
        words = [str(STRACE), "-f", "-qq", "-e", "trace=open,openat", "-o", str(log), *words]
    environment = os.environ | {"PYTHONPATH": str(Path(ms.__file__).parents[1])}
    done = subprocess.run(words, cwd=folder, env=environment, timeout=300, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    paths = re.findall(r'open(?:at)?\((?:AT_FDCWD, )?"([^"]+)"', log.read_text()) if log is not None else []
    opened = {Path(path).name for path in paths if (folder / path).parent == folder}
    return opened


@pytest.mark.slow
def test_no_hostile_file_waits_for_a_pipe(hostile, whole_result, tmp_path):
    shutil.copy(whole_result, tmp_path / "good.nc")
    run(SHOW_ALL, tmp_path, "good.nc", *(hostile(what).name for what in HOSTILE))


@pytest.mark.slow
@pytest.mark.skipif(STRACE is None, reason=WITHOUT_STRACE)
def test_no_other_file_is_opened(hostile, whole_result, tmp_path, tmp_path_factory):
    shutil.copy(whole_result, tmp_path / "good.nc")
    names = [hostile(what).name for what in HOSTILE]
    log = tmp_path_factory.mktemp("log") / "log"
    assert run(SHOW_ALL, tmp_path, "good.nc", *names, log=log) - SETTINGS == set(names)


@pytest.mark.slow
@pytest.mark.skipif(STRACE is None, reason=WITHOUT_STRACE)
def test_the_log_has_files_that_libraries_open(whole_result, tmp_path, tmp_path_factory):
    for name in ("linked.nc", "target"):
        shutil.copy(whole_result, tmp_path / name)
    external_link(tmp_path / "linked.nc", tmp_path / "target")
    log = tmp_path_factory.mktemp("log") / "log"
    assert run(READ, tmp_path, "-", "linked.nc", log=log) - SETTINGS == {"linked.nc", "target"}


@pytest.mark.slow
@pytest.mark.skipif(STRACE is None, reason=WITHOUT_STRACE)
def test_commands_read_no_settings_of_the_netcdf_library(whole_result, tmp_path, tmp_path_factory):
    shutil.copy(whole_result, tmp_path / "good.nc")
    for name in SETTINGS:
        (tmp_path / name).write_text("HTTP.COOKIEJAR=cookies\n")
    log = tmp_path_factory.mktemp("log") / "log"
    assert run(SHOW, tmp_path, "show", "good.nc", log=log) == {"good.nc"}
    assert run(READ, tmp_path, "-", "good.nc", log=log) == {"good.nc", *SETTINGS}


def test_pipes_devices_and_folders_are_not_opened(cli, tmp_path):
    os.mkfifo("pipe.nc")
    os.symlink("/dev/zero", "device.nc")
    os.mkdir("folder.nc")
    for kind in ("pipe", "device", "folder"):
        assert f"{kind}.nc: a {kind}, not a file" in cli("show", f"{kind}.nc").refusal()


def test_crossbars_with_links_are_refused(tmp_path):
    path = ms.Crossbar("ideal", 4, 1).to_netcdf(tmp_path / "array.nc")
    with h5py.File(path, "r+") as file:
        file["other"] = h5py.ExternalLink("target", "/")
    with pytest.raises(OutputError, match="'other' is a link to another file"):
        ms.Crossbar.from_netcdf(path)


def test_values_that_were_never_written_count_as_they_are_in_memory(whole_result, tmp_path):
    """Up to 1 MiB is allowed, whatever the type: 2**17 numbers of 8 bytes, but no more."""
    for values, allowed in ((2**17, True), (2**17 + 1, False)):
        path = tmp_path / f"{values}.nc"
        shutil.copy(whole_result, path)
        with h5py.File(path, "r+") as file:
            file.create_dataset("other", (values,), "f8", chunks=(2**10,), compression=1)
        if allowed:
            assert "other" not in ms.load(path)
        else:
            with pytest.raises(OutputError, match="damaged; it says that it holds"):
                ms.load(path)


def test_flags_that_are_all_equal_can_be_read(tmp_path):
    flags = xr.Dataset({"correct": ("image", np.ones(30_000_000, np.int8))}, attrs={"kind": 1})
    from memsim.storage import netcdf

    path = netcdf.save(flags, tmp_path / "flags.nc")
    assert path.stat().st_size < 200_000
    assert int(netcdf.read(path, "kind", "a test", 1)["correct"].sum()) == 30_000_000


def test_texts_with_other_letters_than_those_of_ascii_can_be_read(whole_result, tmp_path):
    """netCDF stores them in another way, as texts of any length."""
    title = "Größe in µm: " + "ü" * 10_000
    path = ms.save(ms.load(whole_result).assign_attrs(title=title), tmp_path / "title.nc")
    assert ms.load(path).attrs["title"] == title


def test_variables_of_no_task_are_left_out(whole_result, tmp_path):
    path = tmp_path / "more.nc"
    shutil.copy(whole_result, path)
    xr.Dataset({"colour": ("place", np.zeros(3))}).to_netcdf(path, mode="a")
    assert xr.load_dataset(path)["colour"].size == 3
    xr.testing.assert_identical(ms.load(path), ms.load(whole_result))


ORDERS = """
import sys
for name in sys.argv[1].split(","):
    __import__(name)
import h5py, netCDF4
from pathlib import Path
import memsim as ms
first = ms.load(sys.argv[2])
ms.save(first, "again.nc")
assert ms.load("again.nc").identical(first)
with h5py.File("h5py.h5", "w") as file:
    file["a"] = [1.0, 2.0]
with h5py.File("h5py.h5") as file, netCDF4.Dataset("netcdf.nc", "w") as other:
    other.createDimension("x", 2)
    other.createVariable("a", "f8", ("x",))[:] = file["a"][:]
with netCDF4.Dataset("netcdf.nc") as file, h5py.File("netcdf.nc") as other:
    assert list(file["a"][:]) == list(other["a"][:]) == [1.0, 2.0]
"""


@pytest.mark.slow
@pytest.mark.parametrize("order", ["netCDF4,h5py", "h5py,netCDF4"])
def test_both_libraries_work_in_one_process_in_either_order(order, whole_result, tmp_path):
    run(ORDERS, tmp_path, order, str(whole_result))


THREADS = """
import sys, threading
import memsim as ms
first = ms.load(sys.argv[1])
def work(number):
    for _ in range(5):
        assert ms.load(sys.argv[1]).identical(first)
        ms.save(first, f"{number}.nc", force=True)
threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert all(ms.load(f"{number}.nc").identical(first) for number in range(4))
"""


@pytest.mark.slow
def test_results_can_be_read_and_written_by_several_threads(whole_result, tmp_path):
    """The libraries of netCDF and HDF5 end a process in which two threads use them at once."""
    run(THREADS, tmp_path, str(whole_result))


def test_values_that_cannot_be_decoded_are_said_without_words_of_python(whole_result, tmp_path):
    path = tmp_path / "scaled.nc"
    shutil.copy(whole_result, path)
    with h5py.File(path, "r+") as file:
        file["clean_snr"].attrs["scale_factor"] = "a"
    with pytest.raises(OutputError, match=r"not a readable netCDF file \(its values cannot be decoded\)"):
        ms.load(path)
