"""What may be read: regular files, and entries of folders that no link leads out of them."""

from __future__ import annotations

import os
import socket

import pytest

import memsim as ms
from memsim.document.document import Document
from memsim.fit.reading.folder import read_table
from memsim.networks.checkpoint import load as load_training
from memsim.storage import npy
from memsim.storage.inputs import kind_at, leads_out, no_file, outside

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a POSIX file system")


def test_regular_files_are_told_from_all_else(tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "dangling").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        assert no_file(tmp_path / "socket") == "a socket, not a file"
    assert no_file(tmp_path / "file") == no_file(tmp_path / "link") == ""
    assert no_file(tmp_path / "nowhere") == no_file(tmp_path / "dangling") == "no such file"
    assert no_file(tmp_path) == "a folder, not a file"
    assert no_file(tmp_path / "pipe") == "a pipe, not a file"
    assert no_file(tmp_path / os.devnull) == "a device, not a file"
    assert kind_at(tmp_path / "a\0b") == ""


def opened(path):
    with npy.opened(path, str(path), lambda names: names[0]):
        pass


@pytest.mark.parametrize(
    ("ending", "read"),
    [
        (".yaml", Document.from_file),
        (".yaml", ms.load_device),
        (".yaml", ms.load_experiment),
        (".nc", ms.load),
        (".nc", ms.evaluate),
        (".nc", load_training),
        (".nc", ms.Crossbar.from_netcdf),
        (".npy", opened),
        (".npz", opened),
        (".npz", ms.read_conductance_map),
        (".npy", ms.load_data),
        (".png", ms.load_data),
        ("", ms.load_labelled),
    ],
)
def test_every_reader_refuses_a_pipe_in_one_line_without_waiting_for_it(tmp_path, ending, read):
    os.mkfifo(tmp_path / f"pipe{ending}")
    with pytest.raises(ms.MemsimError, match="a pipe") as refusal:
        read(tmp_path / f"pipe{ending}")
    assert "\n" not in str(refusal.value)


def test_a_fit_takes_a_pipe_that_is_named_but_none_in_a_folder(tmp_path):
    reading, writing = os.pipe()
    os.write(writing, b"G (uS)\n1\n2\n3\n")
    os.close(writing)
    assert len(read_table(f"/dev/fd/{reading}").lines) == 3
    os.close(reading)
    (tmp_path / "a.csv").write_text("G (uS)\n1\n2\n")
    os.mkfifo(tmp_path / "b.csv")
    with pytest.raises(ms.DataError, match=r"b\.csv: a pipe, not a file"):
        read_table(tmp_path)
    with pytest.raises(ms.DataError, match="/dev/zero: a device, not a file"):
        read_table("/dev/zero")


def test_links_lead_out_of_a_folder_only_where_they_end_outside(tmp_path):
    folder = tmp_path / "folder"
    (folder / "below").mkdir(parents=True)
    (tmp_path / "outside").touch()
    (folder / "below" / "file").touch()
    for name, target in (("up", "../outside"), ("down", "below/file"), ("dangling", "../nowhere"), ("self", "self")):
        (folder / name).symlink_to(target)
    assert leads_out(folder / "up", folder)
    assert not any(leads_out(folder / name, folder) for name in ("down", "dangling", "self", "below"))
    (tmp_path / "named").symlink_to("folder")
    assert leads_out(tmp_path / "named" / "up", tmp_path / "named")
    assert not leads_out(tmp_path / "named" / "down", tmp_path / "named")


def test_a_table_in_a_folder_is_no_link_to_another_place(tmp_path):
    folder = tmp_path / "cells"
    folder.mkdir()
    (tmp_path / "other.csv").write_text("G (uS)\n1\n2\n")
    (folder / "a.csv").symlink_to("../other.csv")
    with pytest.raises(ms.DataError, match=r"a\.csv: a link that leads out of .*cells; put a copy of the file there"):
        read_table(folder)


def test_a_name_leads_out_of_a_folder_by_itself_or_by_a_link(tmp_path):
    folder = (tmp_path / "folder").resolve()
    (folder / "below").mkdir(parents=True)
    (tmp_path / "other.yaml").touch()
    (folder / "link.yaml").symlink_to(tmp_path / "other.yaml")
    (folder / "inner.yaml").symlink_to(folder / "below")
    assert outside("../other.yaml", folder, "the folder") == "lies outside the folder"
    assert outside("link.yaml", folder, "the folder") == "is a link that leads out of the folder"
    assert not any(outside(name, folder, "the folder") for name in ("below", "inner.yaml", "below/../none.yaml"))
