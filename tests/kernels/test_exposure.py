"""Which folders other users could change; all are made beside those of pytest, which others cannot enter."""

from __future__ import annotations

import os

import pytest

from memsim.kernels.exposure import exposure


def grown(open_place, *modes):
    """A folder in a folder, and so on, with these permissions."""
    folder = open_place
    for i, mode in enumerate(modes):
        folder = folder / f"level{i}"
        folder.mkdir()
        folder.chmod(mode)
    return folder


@pytest.mark.parametrize("modes", [(0o755,), (0o700,), (0o755, 0o755), (0o1777, 0o755), (0o700, 0o777), (0o710, 0o700)])
def test_what_others_cannot_write_to_or_not_enter_is_safe(open_place, modes):
    assert exposure(str(grown(open_place, *modes))) is None


@pytest.mark.parametrize(
    ("modes", "level", "mode"),
    [
        ((0o777,), "level0", "777"),
        ((0o757,), "level0", "757"),
        ((0o1777,), "level0", "1777"),
        ((0o777, 0o755), "level0", "777"),
        ((0o777, 0o700), "level0", "777"),
        ((0o755, 0o777), "level0/level1", "777"),
        ((0o1777, 0o777), "level0/level1", "777"),
    ],
)
def test_what_others_can_write_to_or_replace_is_named(open_place, modes, level, mode):
    folder = str(grown(open_place, *modes))
    assert exposure(folder) == f"other users can write to {open_place / level} (mode {mode})"


def test_a_group_may_write_if_it_is_that_of_the_user_alone(open_place, monkeypatch):
    folder = grown(open_place, 0o775)
    groups = {"mine": True, "others": False}
    for group, is_mine in groups.items():
        monkeypatch.setattr("pwd.getpwuid", lambda uid: entry(pw_name="mine"))
        monkeypatch.setattr("grp.getgrgid", lambda gid, group=group: entry(gr_name=group, gr_mem=[]))
        assert (exposure(str(folder)) is None) == is_mine
    monkeypatch.setattr("grp.getgrgid", lambda gid: entry(gr_name="mine", gr_mem=["mine", "guest"]))
    assert "(mode 775)" in exposure(str(folder))


def test_a_group_without_a_name_is_not_that_of_the_user(open_place, monkeypatch):
    def unknown(gid):
        raise KeyError(gid)

    monkeypatch.setattr("grp.getgrgid", unknown)
    assert "(mode 775)" in exposure(str(grown(open_place, 0o775)))


def test_a_folder_of_another_user_is_named(open_place, monkeypatch):
    folder, uid = grown(open_place, 0o755), os.geteuid()
    if uid == 0:
        uid = 12345
        os.chown(folder, uid, -1)
    else:
        monkeypatch.setattr("os.geteuid", lambda: uid + 1)
    assert f"belongs to another user (uid {uid})" in exposure(str(folder))


def test_a_link_is_as_safe_as_where_it_lies_and_what_it_leads_to(open_place):
    exposed, safe = grown(open_place, 0o777), open_place / "safe"
    safe.mkdir()
    for link, target in ((exposed / "link", safe), (open_place / "link", exposed)):
        link.symlink_to(target)
        assert exposure(str(link)) == f"other users can write to {exposed} (mode 777)"
    (open_place / "to-safe").symlink_to(safe)
    assert exposure(str(open_place / "to-safe")) is None


def test_without_owners_of_files_nothing_is_examined(open_place, monkeypatch):
    monkeypatch.delattr("os.geteuid")
    assert exposure(str(grown(open_place, 0o777))) is None


def test_a_missing_folder_is_an_error(open_place):
    with pytest.raises(FileNotFoundError):
        exposure(str(open_place / "missing"))


class entry:
    """An entry of a user or a group."""

    def __init__(self, **fields):
        self.__dict__.update(fields)
