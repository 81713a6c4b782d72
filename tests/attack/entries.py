"""Names in a folder that are no regular files: links that lead out, in a circle or nowhere, pipes, sockets, devices."""

from __future__ import annotations

import os
import random
import shutil
import socket
from collections.abc import Callable
from pathlib import Path


def replaced(path: Path, rng: random.Random, *, pipes: bool = True) -> None:
    """Let something that cannot be read stand in the place of a file, or of one file or folder in a folder.

    Without `pipes`, it is no pipe.
    """
    if not path.is_dir():
        rng.choice(_UNREADABLE if pipes else _UNREADABLE[1:])(path)
        return
    inside = [entry for entry in sorted(path.rglob("*")) if entry.is_file()]
    entry = rng.choice([*inside, *(folder for folder in sorted(path.iterdir()) if folder.is_dir())])
    rng.choice((*_UNREADABLE, _link_that_leads_out, _link_that_leads_out))(entry)


def _link_that_leads_out(entry: Path) -> None:
    """What was there is outside now, and would load."""
    outside = entry.parents[entry.parts[::-1].index("case")].parent / f"outside{entry.suffix}"
    entry.rename(outside)
    entry.symlink_to(outside)


def _pipe(entry: Path) -> None:
    _remove(entry)
    os.mkfifo(entry)


def _socket(entry: Path) -> None:
    _remove(entry)
    folder = os.open(entry.parent, os.O_DIRECTORY)
    try:  # addresses of sockets are short
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(f"/proc/self/fd/{folder}/{entry.name}")
    finally:
        os.close(folder)


def _link_to(target: str) -> Callable[[Path], None]:
    def link(entry: Path) -> None:
        _remove(entry)
        entry.symlink_to(target.format(name=entry.name))

    return link


def _folder(entry: Path) -> None:
    _remove(entry)
    entry.mkdir()


def _remove(entry: Path) -> None:
    if entry.is_dir():
        shutil.rmtree(entry)
    else:
        entry.unlink()


_UNREADABLE: tuple[Callable[[Path], None], ...] = (
    _pipe,
    _socket,
    _folder,
    *(_link_to(target) for target in ("/dev/zero", "/dev/tty", "nowhere", "{name}", "/proc/self/fd", "..")),
)
