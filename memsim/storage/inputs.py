"""What may be read: regular files, which end, and entries of a folder that no link leads out of it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"
"""First bytes of a netCDF-4 file."""
CLASSIC_SIGNATURE = b"CDF"
"""First bytes of a classic netCDF file, before the number of its version."""
_KINDS = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "folder",
    stat.S_IFIFO: "pipe",
    stat.S_IFSOCK: "socket",
    stat.S_IFCHR: "device",
    stat.S_IFBLK: "device",
}


def kind_of(mode: int) -> str:
    """What a mode of `os.stat` belongs to: "file", "folder", "pipe", "socket" or "device"."""
    return _KINDS.get(stat.S_IFMT(mode), "device")


def kind_at(path: Path) -> str:
    """What a path leads to, as `kind_of` says it, through links; empty if there is nothing or it cannot be reached."""
    try:
        return kind_of(path.stat().st_mode)
    except (OSError, ValueError):
        return ""


def no_file(path: Path) -> str:
    """Why a path cannot be read: "no such file" or, for example, "a pipe, not a file"; empty for a regular file.

    All readers ask this before they open a file: pipes, sockets and devices may never answer or never end.
    """
    kind = kind_at(path)
    return "no such file" if not kind else "" if kind == "file" else f"a {kind}, not a file"


def leads_out(entry: Path, folder: Path) -> bool:
    """Whether an entry at any depth of a folder is a link to a file or folder outside of it."""
    return entry.is_symlink() and entry.exists() and not entry.resolve().is_relative_to(folder.resolve())


def outside(name: str, folder: Path, what: str) -> str:
    """How a name leads out of a folder, such as "lies outside the folder"; empty if it leads to a place in it.

    Parameters
    ----------
    name : str
        A path that starts from the folder.
    folder : Path
        The folder, without links.
    what : str
        What the message calls the folder.
    """
    if (folder / name).resolve().is_relative_to(folder):
        return ""
    by_link = Path(os.path.normpath(folder / name)).is_relative_to(folder)
    return f"is a link that leads out of {what}" if by_link else f"lies outside {what}"
