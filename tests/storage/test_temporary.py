"""Temporary files of processes that died go when the next file is written; those of living ones stay."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time

import pytest
import xarray as xr

from memsim.storage import netcdf
from memsim.storage.files import write_file
from memsim.storage.temporary import remove_abandoned, temporary_file

fcntl = pytest.importorskip("fcntl")
DIES = """
import os, sys
from pathlib import Path
from memsim.storage.temporary import remove_abandoned, temporary_file
with temporary_file(Path(sys.argv[1])) as path:
    path.write_bytes(b"half")
    os._exit(0)
"""


def names(folder):
    return sorted(path.suffix or path.name for path in folder.iterdir())


def write(folder):
    write_file(folder / "next", lambda path: path.write_text("x"))
    (folder / "next").unlink()


@pytest.fixture
def abandoned(tmp_path):
    """A folder with what a process left that died while it wrote."""
    subprocess.run([sys.executable, "-c", DIES, str(tmp_path)], check=True)
    assert names(tmp_path) == [".lock", ".part"]
    return tmp_path


def test_files_of_a_dead_process_go_when_the_next_file_is_written(abandoned):
    write(abandoned)
    assert names(abandoned) == []


def test_a_companion_alone_goes_too(abandoned):
    next(abandoned.glob("*.part")).unlink()
    write(abandoned)
    assert names(abandoned) == []


def test_files_of_a_living_process_stay_while_it_writes(tmp_path):
    with temporary_file(tmp_path) as path:
        path.write_text("half")
        write(tmp_path)
        assert path.read_text() == "half" and names(tmp_path) == [".lock", ".part"]
    assert names(tmp_path) == []


@pytest.mark.parametrize("name", ["open", "write", "close", "link"])
def test_at_no_step_of_a_writing_are_its_files_taken_for_those_of_a_dead_process(tmp_path, monkeypatch, name):
    real, looked = getattr(os, name), []

    def then_another_looks(*args, **options):
        result = real(*args, **options)
        monkeypatch.setattr(os, name, real)
        looked.append(name)
        remove_abandoned(tmp_path)
        monkeypatch.setattr(os, name, then_another_looks)
        return result

    monkeypatch.setattr(os, name, then_another_looks)
    write_file(tmp_path / "a", lambda path: path.write_text("whole"))
    assert looked and names(tmp_path) == ["a"] and (tmp_path / "a").read_text() == "whole"


@pytest.mark.skipif(not hasattr(os, "O_TMPFILE"), reason="needs files without names")
@pytest.mark.parametrize("name", ["open", "write", "link"])
def test_a_process_that_dies_at_any_step_leaves_nothing_that_stays(tmp_path, name):
    last = "def last(*args, **options): real(*args, **options); os._exit(7)"
    dies = f"import os; real = os.{name}\n{last}\nos.{name} = last"
    code = DIES.replace("with temporary", f"{dies}\nwith temporary")
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)])
    assert done.returncode == 7  # the step was taken
    assert all(path.stat().st_size for path in tmp_path.glob("*.lock"))
    write(tmp_path)
    assert names(tmp_path) == []


def test_systems_without_files_that_have_no_name_have_companions_too(tmp_path, monkeypatch):
    monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    with temporary_file(tmp_path) as path:
        path.write_text("half")
        write(tmp_path)
        assert path.read_text() == "half" and names(tmp_path) == [".lock", ".part"]
    assert names(tmp_path) == []


def test_what_has_no_companion_or_another_name_stays(tmp_path):
    mine = [".memsim-notes.part", ".memsim-notes", "x.lock", ".memsim-folder.lock"]
    for name in mine[:3]:
        (tmp_path / name).touch()
    (tmp_path / mine[3]).mkdir()
    (tmp_path / "target").write_text("precious")
    (tmp_path / ".memsim-link.lock").symlink_to("target")
    os.mkfifo(tmp_path / ".memsim-pipe.lock")
    write(tmp_path)
    there = {path.name for path in tmp_path.iterdir()}
    assert there == {*mine, "target", ".memsim-link.lock", ".memsim-pipe.lock"}


@pytest.mark.parametrize("content", [b"another machine", b""])
def test_companions_of_other_machines_stay_for_a_day(abandoned, content):
    companion = next(abandoned.glob("*.lock"))
    companion.write_bytes(content)
    write(abandoned)
    assert names(abandoned) == [".lock", ".part"]
    os.utime(companion, (time.time() - 90_000,) * 2)
    write(abandoned)
    assert names(abandoned) == []


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP])
def test_without_locks_files_are_written_and_none_are_removed(abandoned, monkeypatch, number):
    def refuse(*args):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)
    write_file(abandoned / "a", lambda path: path.write_text("whole"))
    assert names(abandoned) == [".lock", ".part", "a"]


@pytest.mark.slow
@pytest.mark.parametrize("setting", ["TRUE", "FALSE", "BEST_EFFORT"])
def test_the_library_of_netcdf_files_may_lock_what_it_writes(tmp_path, setting):
    code = (
        "import sys, xarray as xr; from pathlib import Path; from memsim.storage import netcdf; "
        "netcdf.save(xr.Dataset({'a': ('x', [1.0, 2.0])}), sys.argv[1])"
    )
    environment = {**os.environ, "HDF5_USE_FILE_LOCKING": setting}
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "a.nc")], check=True, env=environment)
    assert names(tmp_path) == [".nc"] and xr.load_dataset(tmp_path / "a.nc").a.sum() == 3
    with pytest.raises(Exception, match="exists already"):
        netcdf.save(xr.Dataset(), tmp_path / "a.nc")
