"""Files that appear whole or not at all: written beside their place, then moved there in one step."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from memsim.errors import OutputError
from memsim.stopping import one_step, undone_if_stopped
from memsim.storage.temporary import remove_abandoned, temporary_file

MAX_NUMBERED = 10_000

Writer = Callable[[Path], object]
"""Writes the content of a file to the path that it is given."""


class ExistsError(OutputError):
    """The target exists, and may not be replaced."""


def check_target(path: Path, *, force: bool = False) -> None:
    """Refuse, before any work is done, a target that could not be written.

    A symbolic link, also one that leads nowhere, is a target like a file: with `force`, the link itself is replaced and
    what it leads to stays as it is, so that no file is written that the user did not name.

    Raises
    ------
    OutputError
        If it exists and `force` is false, is a folder (or leads to one), or its folder is missing or not writable, or
        if it is "-", which stands for standard output elsewhere.
    """
    if str(path) == "-":
        raise OutputError("-: nothing is written to standard output; give the name of a file")
    with _reported(path, "cannot be written"):
        _check_name(path)
        if path.is_dir():
            raise OutputError(f"{path}: is a folder; give the name of a file")
        if path.exists() and not path.is_file():
            raise OutputError(f"{path}: is a device or a pipe, which is not replaced; give the name of a file")
        if not force and os.path.lexists(path):
            raise _exists(path)
        folder = path.parent
        if not folder.is_dir():
            what = "not a folder; choose" if folder.exists() else "no such folder; make it first, or choose"
            raise OutputError(f"{folder}: {what} another with -o")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(f"{folder}: this folder cannot be written to; choose another with -o")


def numbered(folder: Path, stem: str, endings: tuple[str, ...] = (".nc",)) -> Path:
    """The first of stem, stem-2, stem-3, ... in `folder` that is free with all endings; with the first ending.

    The folder need not exist, but it must be possible to make it.

    Raises
    ------
    OutputError
        If the folder cannot be made or written to, or holds too many results.
    """
    with _reported(folder, "cannot be written to"):
        there = next(place for place in (folder, *folder.absolute().parents) if os.path.lexists(place))
        if not there.is_dir():
            raise OutputError(f"{there}: not a folder; choose a file with -o")
        if not os.access(there, os.W_OK | os.X_OK):
            raise OutputError(f"{there}: this folder cannot be written to; choose a file with -o")
        for number in range(1, MAX_NUMBERED):
            paths = [folder / f"{stem}{'' if number == 1 else f'-{number}'}{ending}" for ending in endings]
            for path in paths:
                with _reported(path, "cannot be written"):
                    _check_name(path)
            if not any(os.path.lexists(path) for path in paths):
                return paths[0]
    raise OutputError(f"{folder}: holds {MAX_NUMBERED - 1} results named {stem}; choose another name with -o")


def _check_name(path: Path) -> None:
    """Refuse a name that the system or the netCDF library cannot take.

    Raises
    ------
    OSError
        If it is too long for the file system.
    OutputError
        If a netCDF file, or a folder above it, has bytes in its name that are not text here.
    """
    try:
        if path.suffix == ".nc":
            str(path.absolute()).encode()
    except UnicodeEncodeError:
        encoding = sys.getfilesystemencoding()
        raise OutputError(f"{path}: its full name is not text in {encoding}; choose another name or folder") from None
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        os.lstat(path)


def write_numbered(folder: Path, stem: str, writers: Mapping[str, Writer]) -> list[Path]:
    """Write files that differ in their endings under the first free name, see `numbered`; their paths.

    Raises
    ------
    OutputError
        If writing fails; nothing is left behind then, not even a new folder.
    """
    while True:
        first = numbered(folder, stem, tuple(writers))
        files = {first.with_name(first.name.removesuffix(first.suffix) + ending): w for ending, w in writers.items()}
        with _folder(folder):
            try:
                write_files(files)
            except ExistsError:
                continue  # another run took the name while this one was writing
            return list(files)


@contextlib.contextmanager
def _folder(folder: Path) -> Iterator[None]:
    """Make a folder where there is none; it goes again if nothing was written into it."""
    made = not folder.exists()

    def undo() -> None:
        if made:
            with contextlib.suppress(OSError):  # it has files
                folder.rmdir()

    with undone_if_stopped(undo):
        try:
            with _reported(folder, "cannot be made"):
                folder.mkdir(parents=True, exist_ok=True)
            yield
        except BaseException:
            undo()
            raise


def write_files(writers: Mapping[Path, Writer], *, force: bool = False) -> None:
    """Write some files that belong together: all of them appear, or none.

    With `force`, files that exist are replaced; of a symbolic link, the link itself, not what it leads to.

    Raises
    ------
    OutputError
        If writing fails, or a target exists and `force` is false.
    """
    for folder in dict.fromkeys(path.parent for path in writers):
        remove_abandoned(folder)
    with contextlib.ExitStack() as stack:
        staged: dict[Path, Path] = {}
        for path, write in writers.items():
            with _reported(path, "cannot be written"):
                staged[path] = stack.enter_context(temporary_file(path.parent))
                write(staged[path])
                _synchronise(staged[path])
        with one_step():
            _place(staged, force)


def write_file(path: Path, write: Writer, *, force: bool = False) -> Path:
    """Write one file, which appears whole or not at all, and return its path.

    Raises
    ------
    OutputError
        If writing fails, or the target exists and `force` is false.
    """
    check_target(path, force=force)
    write_files({path: write}, force=force)
    return path


def _synchronise(path: Path) -> None:
    """Wait until the content of a file is on the disk."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _place(staged: Mapping[Path, Path], force: bool) -> None:
    """Move complete files to their places; where one cannot be moved, new ones that already were go again."""
    placed: list[Path] = []
    try:
        for path, temporary in staged.items():
            with _reported(path, "cannot be written"):
                if force:
                    os.replace(temporary, path)
                else:
                    _move_new(temporary, path)
                    placed.append(path)
    except BaseException:
        for path in placed:
            with contextlib.suppress(OSError):
                os.unlink(path)
        raise


def _move_new(temporary: Path, path: Path) -> None:
    """Move without replacing: a hard link fails if the target exists; folders without links get a check instead."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise _exists(path) from None
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS):
            raise
        if os.path.lexists(path):
            raise _exists(path) from None
        os.replace(temporary, path)


def _exists(path: Path) -> ExistsError:
    return ExistsError(f"{path}: exists already; use force=True to replace it, or another name")


@contextlib.contextmanager
def _reported(path: Path, problem: str) -> Iterator[None]:
    """Turn what the system or the netCDF library says into one line about `path`."""
    try:
        yield
    except OSError as error:
        raise OutputError(f"{path}: {problem} ({(error.strerror or str(error)).lower()})") from None
    except (RuntimeError, ValueError) as error:
        # The netCDF library tells neither a full disk nor a quota from other failures.
        raise OutputError(f"{path}: {problem} ({error}); is the disk full?") from None
