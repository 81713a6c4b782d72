"""Whether other users could change what is in a folder: what this process loads from there, it runs."""

from __future__ import annotations

import os
import stat
from pathlib import Path

_WRITE = stat.S_IWOTH, stat.S_IWGRP
_ENTER = stat.S_IXOTH, stat.S_IXGRP


def exposure(folder: str, *, planned: bool = False) -> str | None:
    """Where, and by what, users other than this one and root can change what is in a folder; None if they cannot.

    Whoever can write to a folder above it can put another one in its place, unless that folder is sticky, as /tmp is.
    What lies in a folder that others cannot enter is out of their reach. Systems without owners of files (Windows) are
    not examined.

    Parameters
    ----------
    folder : str
        The folder.
    planned : bool
        Whether it may be missing, as this user will make it.

    Raises
    ------
    OSError
        If there is no such folder, and it is not planned.
    """
    if not hasattr(os, "geteuid"):
        return None
    real = Path(os.path.realpath(folder))
    for end in (Path(os.path.abspath(folder)), real):  # others may change the link, or what it leads to
        for place in (*reversed(end.parents), end):
            if planned and not os.path.lexists(place):
                break
            status = place.lstat()
            if status.st_uid not in (0, os.geteuid()):
                return f"{place} belongs to another user (uid {status.st_uid})"
            if stat.S_ISLNK(status.st_mode):
                continue
            sticky = place != real and status.st_mode & stat.S_ISVTX
            if _others_can(_WRITE, status) and not sticky:
                return f"other users can write to {place} (mode {stat.S_IMODE(status.st_mode):o})"
            if not _others_can(_ENTER, status):
                break
    return None


def _others_can(right: tuple[int, int], status: os.stat_result) -> bool:
    """Whether the permissions of a folder give a right to other users: to all, or to a group that has others."""
    to_all, to_group = right
    return bool(status.st_mode & to_all or (status.st_mode & to_group and not _is_private(status.st_gid)))


def _is_private(group: int) -> bool:
    """Whether a group is the user's own: many systems make one for each user, and let it write to new files."""
    import grp
    import pwd

    try:
        user, entry = pwd.getpwuid(os.geteuid()).pw_name, grp.getgrgid(group)
    except KeyError:
        return False
    return entry.gr_name == user and set(entry.gr_mem) <= {user}
