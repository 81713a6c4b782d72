"""Text of measurements in files and pipes."""

from __future__ import annotations

import os
from pathlib import Path

from memsim.errors import DataError

MAX_BYTES = 64 * 2**20


def text_of(path: str | os.PathLike[str], remedy: str = "take fewer devices or cycles") -> str:
    """Text of a file or pipe, which is read once; `remedy` is what errors advise where it is too large.

    Raises
    ------
    DataError
        It cannot be read, is too large, or is no text.
    """
    file = Path(path)
    name = str(path)
    try:
        if file.is_dir():
            raise DataError(f"{name}: is a folder; give a file")
        with file.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise DataError(f"{name}: {(error.strerror or str(error)).lower()}") from None
    except ValueError as error:
        raise DataError(f"{name}: {error}") from None
    if len(raw) > MAX_BYTES:
        raise DataError(f"{name}: larger than {MAX_BYTES // 2**20} MiB; {remedy}")
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raw = raw.decode("utf-16", "replace").encode()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        text = _western(raw, error, name)
    if "\x00" in text:
        raise DataError(f"{name}: not a text file")
    return text


def _western(raw: bytes, error: UnicodeDecodeError, name: str) -> str:
    """Text of an older file in which only units such as µS are not ASCII."""
    if raw[error.start] in (0xB5, 0xB0):
        return raw.decode("latin-1")
    line = raw.count(b"\n", 0, error.start) + 1
    raise DataError(f"{name}:{line}: not UTF-8 text; save the file as UTF-8")
