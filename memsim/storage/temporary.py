"""Temporary files beside their target; those of processes that died are removed by the next writing.

A temporary file has a companion, which its process keeps locked (``flock``) while it lives; the system ends the lock
when the process dies. Process ids would not do: containers and machines that share a folder have ids of their own. The
temporary file itself cannot be locked: the HDF5 library locks the file that it writes, and fails where another
descriptor has done so.

No moment passes in which the companion of a living process could be mistaken. Where the system can do this, the
companion appears locked and with the name of its machine in it. Elsewhere the process makes it empty, locks it, and
only then writes this name. Only a companion that can be locked and has the name of the same machine is removed at once.
On other machines that share the folder, the lock may not be seen. Companions of other machines, and empty ones, are
left alone for a day, longer than any file is written.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from memsim.stopping import undone_if_stopped

_START, _CONTENT, _COMPANION = ".memsim-", ".part", ".lock"
_DAY = 86400.0


@contextlib.contextmanager
def temporary_file(folder: Path) -> Iterator[Path]:
    """Path in `folder` at which a file may be made; what is there in the end is removed.

    Raises
    ------
    OSError
        If no file can be made in the folder.
    """
    content = folder / f"{_START}{os.urandom(8).hex()}{_CONTENT}"
    companion = content.with_suffix(_COMPANION)
    with undone_if_stopped(lambda: _remove(content, companion)):
        try:
            descriptor = _whole_companion(companion)
            if descriptor is None:
                descriptor = os.open(companion, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                if not os.fstat(descriptor).st_size and _lock(descriptor, wait=True):
                    os.write(descriptor, _machine())
                yield content
            finally:
                os.close(descriptor)
        finally:
            _remove(content, companion)


def _whole_companion(companion: Path) -> int | None:
    """Make a companion that is locked and has the name of the machine when it appears; its descriptor.

    A file without a name gets one at the end. None where the system or the file system cannot do this: then a process
    that dies between two steps leaves an empty companion.
    """
    try:
        descriptor = os.open(companion.parent, os.O_TMPFILE | os.O_RDWR, 0o600)
    except (AttributeError, OSError):
        return None
    try:
        if _lock(descriptor, wait=True):
            os.write(descriptor, _machine())
            # Python follows the link to the file without a name only with a folder, which an absolute path ignores.
            os.link(f"/proc/self/fd/{descriptor}", companion, src_dir_fd=descriptor, follow_symlinks=True)
            return descriptor
    except OSError:
        pass
    os.close(descriptor)
    return None


def remove_abandoned(folder: Path) -> None:
    """Remove temporary files of dead processes from a folder; where the system cannot lock files, none."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(_START) and entry.name.endswith(_COMPANION):
                with contextlib.suppress(OSError):
                    _remove_if_abandoned(Path(entry.path))


def _remove_if_abandoned(companion: Path) -> None:
    # A link, or a pipe that nobody reads, is no companion; Windows knows neither of these flags.
    flags = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    descriptor = os.open(companion, flags)
    try:
        if _lock(descriptor, wait=False):
            same = os.read(descriptor, 100) == _machine()
            if same or time.time() - os.fstat(descriptor).st_mtime > _DAY:
                _remove(companion.with_suffix(_CONTENT), companion)
    finally:
        os.close(descriptor)


def _lock(descriptor: int, *, wait: bool) -> bool:
    """Lock an open file; False if another process has the lock, or if the system or the file system has no locks."""
    try:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (ImportError, OSError):
        return False
    return True


def _machine() -> bytes:
    """Name of the running system, which its containers share."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_bytes()
    except OSError:
        return os.uname().nodename.encode()


def _remove(*paths: Path) -> None:
    for path in paths:
        with contextlib.suppress(OSError):
            os.unlink(path)
