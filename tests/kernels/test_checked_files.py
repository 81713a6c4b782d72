"""Files with a hash: what comes back is what was written, or nothing."""

from __future__ import annotations

import os

import pytest

from memsim.kernels.checked_files import read_checked, write_checked

DATA = bytes(range(40))


@pytest.fixture
def path(tmp_path):
    write_checked(tmp_path / "file", DATA)
    return tmp_path / "file"


def test_what_was_written_last_comes_back(path):
    assert read_checked(path) == DATA
    for data in (b"", b"other"):
        write_checked(path, data)
        assert read_checked(path) == data


def test_a_file_with_a_bit_flipped_in_any_byte_is_refused(path):
    whole = path.read_bytes()
    for i in range(len(whole)):
        damaged = bytearray(whole)
        damaged[i] ^= 1 << i % 8
        path.write_bytes(damaged)
        assert read_checked(path) is None, i


def test_a_file_that_is_shorter_or_longer_is_refused(path):
    whole = path.read_bytes()
    for content in (*(whole[:length] for length in range(len(whole))), whole + b"\0", DATA):
        path.write_bytes(content)
        assert read_checked(path) is None


def test_a_file_under_the_name_of_another_one_a_missing_one_and_a_folder_are_refused(path, tmp_path):
    path.rename(tmp_path / "another")
    assert read_checked(tmp_path / "another") is None
    assert read_checked(path) is None
    path.mkdir()
    assert read_checked(path) is None


def test_what_cannot_be_written_leaves_the_file_as_it_was(path, monkeypatch):
    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(OSError, match="No space left"):
        write_checked(path, b"other")
    assert read_checked(path) == DATA and os.listdir(path.parent) == ["file"]


def test_a_pipe_and_a_link_to_a_device_in_place_of_a_file_are_not_read(path):
    path.unlink()
    os.mkfifo(path)
    assert read_checked(path) is None
    path.unlink()
    path.symlink_to("/dev/zero")
    assert read_checked(path) is None
    write_checked(path, DATA)
    assert read_checked(path) == DATA and not path.is_symlink()
