"""Files appear whole or not at all, whatever goes wrong while they are written."""

from __future__ import annotations

import errno
import os
import stat

import pytest

from memsim.errors import OutputError
from memsim.storage.files import check_target, numbered, write_files, write_numbered


def writer(content=b"whole"):
    return lambda path: path.write_bytes(content)


def failing(error):
    def write(path):
        path.write_bytes(b"half")
        raise error

    return write


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_files_that_belong_together_appear_with_their_content_and_ordinary_permissions(tmp_path):
    write_files({tmp_path / "a": writer(), tmp_path / "b": writer(b"")})
    assert (tmp_path / "a").read_bytes() == b"whole" and names(tmp_path) == ["a", "b"]
    plain = tmp_path / "plain"
    plain.touch()
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)
    assert (tmp_path / "a").stat().st_nlink == 1


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), "no space left on device"),
        (OSError(errno.EDQUOT, os.strerror(errno.EDQUOT)), "quota"),
        (RuntimeError("NetCDF: HDF error"), "is the disk full?"),
        (KeyboardInterrupt(), None),
        (MemoryError(), None),
    ],
)
def test_a_failure_while_writing_leaves_no_file_and_keeps_what_was_there(tmp_path, error, says):
    (tmp_path / "b").write_text("precious")
    with pytest.raises(OutputError if says else type(error), match=says):
        write_files({tmp_path / "a": writer(), tmp_path / "b": failing(error)}, force=True)
    assert names(tmp_path) == ["b"] and (tmp_path / "b").read_text() == "precious"


@pytest.mark.parametrize("call", ["os.fsync", "os.link", "os.open"])
def test_a_disk_that_fills_up_at_any_step_leaves_no_file(tmp_path, monkeypatch, call):
    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(call, full)
    with pytest.raises(OutputError, match=r"a: cannot be written \(no space left on device\)"):
        write_files({tmp_path / "a": writer()})
    assert names(tmp_path) == []


def test_a_file_that_appears_meanwhile_is_not_replaced_and_its_partner_goes(tmp_path):
    def late(path):
        path.write_bytes(b"mine")
        (tmp_path / "b").write_text("precious")

    with pytest.raises(OutputError, match="b: exists already"):
        write_files({tmp_path / "a": writer(), tmp_path / "b": late})
    assert names(tmp_path) == ["b"] and (tmp_path / "b").read_text() == "precious"


def test_folders_without_hard_links_work_and_replace_nothing(tmp_path, monkeypatch):
    def refuse(*args, **options):
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    write_files({tmp_path / "a": writer()})
    with pytest.raises(OutputError, match="exists already"):
        write_files({tmp_path / "a": writer(b"other")})
    assert names(tmp_path) == ["a"] and (tmp_path / "a").read_bytes() == b"whole"


def test_a_number_that_another_run_takes_meanwhile_is_passed_over(tmp_path):
    def slow(path):
        path.write_bytes(b"mine")
        (tmp_path / "x.nc").touch()

    assert write_numbered(tmp_path, "x", {".nc": slow}) == [tmp_path / "x-2.nc"]
    assert names(tmp_path) == ["x-2.nc", "x.nc"]


def test_a_new_folder_goes_again_when_writing_into_it_fails(tmp_path):
    with pytest.raises(OutputError):
        write_numbered(tmp_path / "new", "x", {".nc": failing(RuntimeError("full"))})
    assert names(tmp_path) == []


def test_numbering_makes_no_folder(tmp_path):
    assert numbered(tmp_path / "new" / "er", "x") == tmp_path / "new" / "er" / "x.nc"
    assert names(tmp_path) == []


def test_a_place_below_a_file_or_in_a_folder_that_refuses_files_is_one_line(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="file: not a folder"):
        check_target(tmp_path / "file" / "a.nc")
    with pytest.raises(OutputError, match="not a folder"):
        numbered(tmp_path / "file" / "deep", "x")
    with pytest.raises(OutputError, match=r"a\.nc: cannot be written"):
        write_files({tmp_path / "file" / "a.nc": writer()})
    with pytest.raises(OutputError, match=r"x\.nc: cannot be written"):
        write_numbered(type(tmp_path)("/proc"), "x", {".nc": writer()})


@pytest.mark.parametrize("target", ["precious", "nowhere", "link"])
def test_of_a_link_the_link_itself_is_replaced_and_what_it_leads_to_stays(tmp_path, target):
    (tmp_path / "precious").write_text("precious")
    link = tmp_path / "link"
    link.symlink_to(target)
    with pytest.raises(OutputError, match="link: exists already"):
        check_target(link)
    check_target(link, force=True)
    write_files({link: writer()}, force=True)
    assert not link.is_symlink() and link.read_bytes() == b"whole"
    assert names(tmp_path) == ["link", "precious"] and (tmp_path / "precious").read_text() == "precious"


def test_a_link_to_a_folder_is_refused_like_the_folder(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("folder")
    with pytest.raises(OutputError, match="link: is a folder"):
        check_target(tmp_path / "link", force=True)
