"""Text of measurements: files, pipes, and folders with one file a device."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

from memsim.errors import DataError
from memsim.storage.inputs import kind_at, leads_out, no_file

MAX_BYTES = 64 * 2**20
MAX_LINES = 2_000_000
_LINES_BESIDE = 1000
"""Lines of headings and notes that a text may have beside those of its table."""
MAX_FILES = 1000
STDIN = "-"
"""Name of the standard input."""
SUFFIXES = (".csv", ".tsv", ".txt", ".dat", ".asc")
"""Endings of the files of a folder that are read."""
_SIGNATURES = (
    ((b"PK\x03\x04", b"\xd0\xcf\x11\xe0"), "a workbook of a spreadsheet program; save the sheet as CSV"),
    ((b"\x89HDF", b"CDF", b"MATLAB 5.0"), "an HDF5, NetCDF or MATLAB file; save the table as CSV"),
    ((b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf"), "a compressed file; unpack it first"),
    ((b"%PDF",), "a PDF file; save the table as CSV"),
)
_WESTERN = frozenset("ÄÖÜäöüßàáâåæçèéêëìíîïñòóôøùúûÀÁÂÅÆÇÈÉÊËÍÑÓØÚµ°²³·±×§«»‘’“”–—…\u00a0".encode("cp1252"))
_ADJACENT = re.compile(rb"[\x80-\xff]{3}")
_FIRST_NAME = 300
"""Bytes of a ZIP archive within which the name of its first file stands."""
_MARKED_UP = re.compile(r"<(?:!doctype|html|table|\?xml)\b", re.IGNORECASE)
_RULE = re.compile(r"\|?[ \t]*:?-{3,}:?(?:[ \t]*[|+][ \t]*:?-{3,}:?)*[ \t]*\|?")
_LONGEST_RULE = 10_000
"""Line below the headings of a table in Markdown, and its length."""


def in_words(name: str) -> str:
    """Name of the file of a measurement, without its folders; the standard input in words."""
    return "standard input" if name in (STDIN, "/dev/stdin") else Path(name).name


def text_of(path: str | os.PathLike[str], remedy: str = "take fewer devices or cycles", *, pipes: bool = False) -> str:
    """Text of a file of at most `MAX_BYTES`, which is read once.

    Parameters
    ----------
    path : path
        The file.
    remedy : str
        What errors advise where it is too large.
    pipes : bool
        Whether the path may also be a pipe, or the standard input: "-" or /dev/stdin.

    Raises
    ------
    DataError
        It cannot be read, is too large, or is no text.
    """
    name = str(path)
    try:
        if pipes and name == STDIN:
            if sys.stdin is None:
                raise DataError("the standard input is closed; name a file")
            raw = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            kind = kind_at(Path(path))
            if kind not in ("file", "folder", "") and not (pipes and (kind == "pipe" or _is_standard_input(path))):
                raise DataError(f"{name}: {no_file(Path(path))}; save the table in a file")
            with Path(path).open("rb") as stream:
                raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise DataError(f"{name}: {(error.strerror or str(error)).lower()}") from None
    except ValueError as error:
        raise DataError(f"{name}: {error}") from None
    if len(raw) > MAX_BYTES:
        raise DataError(f"{name}: larger than {MAX_BYTES // 2**20} MiB; {remedy}")
    if raw.startswith(b"\x93NUMPY") or (raw.startswith(b"PK\x03\x04") and b".npy" in raw[30:_FIRST_NAME]):
        raise DataError(
            f"{name}: an array of NumPy; memsim.read_conductance_map reads one of conductances from .npy and .npz "
            "files, and a fit takes a table of text: save the columns as CSV with their headings"
        )
    for beginnings, what in _SIGNATURES:
        if raw.startswith(beginnings):
            raise DataError(f"{name}: {what}")
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raw = raw.decode("utf-16", "replace").encode()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        text = _western(raw, error, name)
    if "\x00" in text:
        raise DataError(f"{name}: not a text file")
    count = text.count("\n") + text.count("\r") - text.count("\r\n")
    if count > MAX_LINES + _LINES_BESIDE:
        raise DataError(f"{name}: {count:,} lines; at most {MAX_LINES:,} are read")
    _refuse_markup(text, name)
    return _without_frame(text)


def _is_standard_input(path: str | os.PathLike[str]) -> bool:
    """Whether a path leads to the standard input, which may be a terminal."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(0))
    except OSError:
        return False


def _refuse_markup(text: str, name: str) -> None:
    """Refuse JSON, HTML and XML."""
    start = text[:1000].lstrip()
    if _MARKED_UP.match(start):
        raise DataError(f"{name}: an HTML or XML file; save the table as CSV")
    if start[:1] in ("{", "["):
        try:
            json.loads(text)
        except (ValueError, RecursionError):
            return
        raise DataError(f"{name}: a JSON file; save the table as CSV")


def _without_frame(text: str) -> str:
    """The text of a table in Markdown without the rule below its headings and the bars around its lines.

    Lines keep their numbers; other texts stay as they are.
    """
    if "---" not in text or "|" not in text:
        return text
    bare = [line.strip() for line in text.splitlines()]
    marked = [row for row, line in enumerate(bare) if "|" in line and "---" in line and len(line) < _LONGEST_RULE]
    rules = {row for row in marked if row and "|" in bare[row - 1] and _RULE.fullmatch(bare[row])}
    if not rules:
        return text
    bare = [line[1:-1] if len(line) > 1 and line[0] == line[-1] == "|" else line for line in bare]
    return "\n".join("" if row in rules else line for row, line in enumerate(bare))


def _western(raw: bytes, error: UnicodeDecodeError, name: str) -> str:
    """Text in the code page 1252 of Windows, in which words such as Gerät and units such as µS are written.

    Raises
    ------
    DataError
        Bytes are no letters or signs of Western languages, or follow each other as in Chinese and Japanese texts.
    """
    if _WESTERN.issuperset(byte for byte in set(raw) if byte >= 0x80) and not _ADJACENT.search(raw):
        return raw.decode("cp1252")
    line = raw.count(b"\n", 0, error.start) + 1
    raise DataError(f"{name}:{line}: not UTF-8 text; save the file as UTF-8 (in Excel: 'CSV UTF-8')")


def files_of(folder: Path) -> list[Path]:
    """Tables in a folder, with numbers in their names in numerical order.

    Raises
    ------
    DataError
        There is none, there are too many, or one is a link that leads out of the folder.
    """
    try:
        files = [f for f in folder.iterdir() if f.suffix.lower() in SUFFIXES and not f.name.startswith(".")]
    except OSError as error:
        raise DataError(f"{folder}: {(error.strerror or str(error)).lower()}") from None
    if not files:
        endings = ", ".join(SUFFIXES)
        raise DataError(f"{folder}: is a folder without tables ({endings}); give a file, or one file a device")
    link = next((file for file in files if leads_out(file, folder)), None)
    if link is not None:
        raise DataError(f"{link}: a link that leads out of {folder}; put a copy of the file there")
    if len(files) > MAX_FILES:
        raise DataError(f"{folder}: {len(files):,} files; at most {MAX_FILES:,} are read")
    return sorted(files, key=lambda file: [part.zfill(20) for part in re.split(r"([0-9]+)", file.name)])
