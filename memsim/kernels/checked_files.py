"""Files that begin with a hash of the rest, so that one that was damaged is not mistaken for what was written.

A flipped bit in machine code can end the process. The hash is no signature: whoever can write to the folder can write a
file with a right one.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from memsim.storage.inputs import no_file
from memsim.storage.temporary import remove_abandoned, temporary_file

_DIGEST_BYTES = 32
_LARGEST = 1 << 28
"""Bytes that are read of a file at most. A kernel has some hundred thousand."""


def read_checked(path: Path) -> bytes | None:
    """What `write_checked` wrote to this path; None if there is no such file, or it holds anything else."""
    if no_file(path):
        return None
    try:
        with path.open("rb") as stream:
            content = stream.read(_LARGEST)
    except OSError:
        return None
    data = content[_DIGEST_BYTES:]
    return data if content[:_DIGEST_BYTES] == _digest(path, data) else None


def write_checked(path: Path, data: bytes) -> None:
    """Write a file, which appears whole or not at all, in place of what is there.

    Raises
    ------
    OSError
        If the folder is missing, full or not writable.
    """
    remove_abandoned(path.parent)
    with temporary_file(path.parent) as temporary:  # with the permissions of a new file
        temporary.write_bytes(_digest(path, data) + data)
        os.replace(temporary, path)


def _digest(path: Path, data: bytes) -> bytes:
    """The hash of the file's name and data: a file under the name of another one is refused, too."""
    digest = hashlib.blake2b(path.name.encode(), digest_size=_DIGEST_BYTES)
    digest.update(data)
    return digest.digest()
