"""Arrays in .npy and .npz files, none of them trusted: headers are judged first, and no objects are read."""

from __future__ import annotations

import contextlib
import math
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.lib import format as npy

from memsim.errors import DataError
from memsim.storage.inputs import no_file

SUFFIXES = (".npy", ".npz")

_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # those of numpy.savez and numpy.savez_compressed


class StoredArray(NamedTuple):
    """An array in a file, of which the header is read.

    Attributes
    ----------
    file : str
        What errors call the file.
    shape : tuple of int
        As the header has it.
    fortran : bool
        Whether the first axis varies fastest.
    dtype : numpy.dtype
        Type of an element.
    stream : file object
        Open at the first element.
    rest : int
        Bytes that the file says it has from there on.
    """

    file: str
    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype[Any]
    stream: IO[bytes]
    rest: int

    def read(self, first: int | None = None) -> np.ndarray:
        """The array, or so many entries of its first axis. The caller has judged how large it is.

        Raises
        ------
        DataError
            The elements are Python objects, or the file is cut short.
        """
        if self.dtype.hasobject:
            raise DataError(f"{self.file}: array of Python objects, which are not read; allowed: numbers")
        length = self.shape[0] if self.shape else 1
        taken = length if first is None else min(first, length)
        # In Fortran's order the entries are interleaved, so all have to be read to get at one.
        held = (length if self.fortran else taken, *self.shape[1:]) if self.shape else ()
        size = math.prod(held) * self.dtype.itemsize
        content = self.stream.read(min(size, self.rest))  # all that is asked for is allocated
        if len(content) < size:
            raise DataError(f"{self.file}: is cut short: {len(content)} of {size} bytes")
        values = np.frombuffer(content, self.dtype).reshape(held, order="F" if self.fortran else "C")
        return values[:taken] if self.shape else values


@contextlib.contextmanager
def opened(path: Path, name: str, choose: Callable[[list[str]], str]) -> Iterator[StoredArray]:
    """The array in an .npy file, or one in an .npz file, open for reading.

    Parameters
    ----------
    path : Path
        The file; its ending says which kind it is.
    name : str
        What errors call it.
    choose : callable
        ``choose(names)``: one of the names of the arrays in an .npz file.

    Raises
    ------
    DataError
        There is no file, or the version of the format or the compression is unknown.
    OSError, ValueError, zipfile.BadZipFile and others
        The file cannot be read, or is damaged.
    """
    problem = no_file(path)
    if problem:
        raise DataError(f"{name}: {problem}")
    with open(path, "rb") as stream:
        if path.suffix.lower() == ".npy":
            yield _stored(stream, name, path.stat().st_size)
            return
        with zipfile.ZipFile(stream) as archive:
            names = [member.removesuffix(".npy") for member in archive.namelist() if member.endswith(".npy")]
            member = archive.getinfo(choose(names) + ".npy")
            if member.compress_type not in _COMPRESSIONS:
                raise DataError(f"{name}: compressed by another method than numpy.savez_compressed uses")
            with archive.open(member) as part:
                yield _stored(part, name, member.file_size)


def _stored(stream: IO[bytes], name: str, size: int) -> StoredArray:
    version = npy.read_magic(stream)
    if version not in _HEADERS:
        raise DataError(f"{name}: .npy format version {version[0]}.{version[1]}; allowed: 1.0 and 2.0")
    shape, fortran, dtype = _HEADERS[version](stream)
    return StoredArray(name, shape, fortran, dtype, stream, size - stream.tell())
