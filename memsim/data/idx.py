"""Labelled images in the IDX format of MNIST, Fashion-MNIST and others alike: four files, also compressed by gzip.

A file is a magic number (two bytes of 0, the type, the number of axes), the length of each axis, then the values; all
words of 32 bits with the first byte first. Source: "The MNIST database of handwritten digits", Y. LeCun, C. Cortes and
C. J. C. Burges, section "File formats".
"""

from __future__ import annotations

import gzip
import io
import math
import os
from pathlib import Path

import numpy as np

from memsim.data.pictures import MAX_BYTES, MAX_SIDE, inside, locate, refusal, resize_all, unreadable
from memsim.data.splits import Collection, Pool
from memsim.errors import DataError

FILES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
"""The files that are looked for, or these with .gz, or with a dot for the hyphen before "idx"."""
CLASSES = tuple("0123456789")
"""Labels of MNIST, and of Fashion-MNIST, whose files do not name its classes."""

_BYTES = 0x08  # type of the values: unsigned bytes


def is_idx(names: set[str]) -> bool:
    """Whether one of the files is among the names of a folder."""
    return any(spelling in names for file in FILES for spelling in _spellings(file))


def load_idx(folder: Path, names: set[str]) -> Collection:
    """The images of a folder with all four files, unread; their labels are read.

    Raises
    ------
    DataError
        If a file is missing, damaged, cut short, too large or of another type, or if the four do not fit together.
    """
    places = [_find(folder, names, file) for file in FILES]
    train, test = _pool(*places[:2]), _pool(*places[2:])
    (_, *shape), (_, *other) = _shape(places[0]), _shape(places[2])
    if shape != other:
        found = f"images of {other[0]} x {other[1]}, but {places[0].name} has {shape[0]} x {shape[1]}"
        raise refusal(places[2], f"{found}; allowed: one size")
    text = f"{folder}: IDX files, {len(train.labels)} training and {len(test.labels)} test images"
    return Collection(str(folder), text, CLASSES, (shape[0], shape[1]), train, test)


def _spellings(file: str) -> list[str]:
    return [name + ending for name in (file, file.replace("-idx", ".idx")) for ending in ("", ".gz")]


def _find(folder: Path, names: set[str], file: str) -> Path:
    for spelling in _spellings(file):
        if spelling in names:
            return inside(folder / spelling, folder)
    raise refusal(folder, f"lacks {file} (or that with .gz); needed: {', '.join(FILES)}")


def _pool(images: Path, labels: Path) -> Pool:
    count, found = _shape(images)[0], _shape(labels, axes=1)[0]
    if found != count:
        raise refusal(labels, f"{found} labels for the {count} images of {images.name}; allowed: one each")
    classes = _read(labels, 1).astype(np.int64)
    wrong = np.flatnonzero(classes >= len(CLASSES))
    if len(wrong):
        place = f"label {wrong[0]} (from 0) is {classes[wrong[0]]}"
        raise refusal(labels, f"{place}; allowed: 0 to {len(CLASSES) - 1}")
    return Pool(classes, lambda numbers, shape: resize_all(_read(images, 3)[numbers], shape))


def _shape(file: Path, axes: int = 3) -> tuple[int, ...]:
    return _open(file, axes, values=False)[0]


def _read(file: Path, axes: int) -> np.ndarray:
    shape, content = _open(file, axes, values=True)
    return np.frombuffer(content, np.uint8).reshape(shape)


def _open(file: Path, axes: int, *, values: bool) -> tuple[tuple[int, ...], bytes]:
    locate(file)
    try:
        with gzip.open(file) if file.suffix == ".gz" else open(file, "rb") as stream:
            shape = _header(file, stream, axes)
            return shape, _values(file, stream, math.prod(shape)) if values else b""
    except DataError:
        raise
    except Exception as error:
        raise refusal(file, unreadable(error)) from None


def _header(file: Path, stream: io.BufferedIOBase, axes: int) -> tuple[int, ...]:
    content = stream.read(4 + 4 * axes)
    magic, wanted = content[:4], bytes((0, 0, _BYTES, axes))
    if len(magic) == 4 and magic != wanted:
        raise refusal(file, f"magic number 0x{magic.hex()}; allowed: 0x{wanted.hex()} (unsigned bytes, axes: {axes})")
    if len(content) < 4 + 4 * axes:
        raise refusal(file, f"is cut short: {len(content)} of {4 + 4 * axes} bytes of its header")
    shape = tuple(np.frombuffer(content, ">u4", offset=4).tolist())
    if not all(1 <= side <= MAX_SIDE for side in shape[1:]):
        raise refusal(file, f"images of {shape[1]} x {shape[2]}; allowed: 1 to {MAX_SIDE} each")
    if not 1 <= math.prod(shape) <= MAX_BYTES // 4:  # four bytes a pixel once they are floats
        size = f"{' x '.join(map(str, shape))} values"
        raise refusal(file, f"{size}; allowed: 1 to {MAX_BYTES // 4}")
    return shape


def _values(file: Path, stream: io.BufferedIOBase, count: int) -> bytes:
    # Never more than the header says, however much a compressed file would give.
    if not isinstance(stream, gzip.GzipFile):
        held = os.fstat(stream.fileno()).st_size - stream.tell()
        if held < count:
            raise refusal(file, f"is cut short: {held} of {count} bytes of values")
    content = stream.read(count)
    if len(content) < count:
        raise refusal(file, f"is cut short: {len(content)} of {count} bytes of values")
    if stream.read(1):
        raise refusal(file, f"goes on after the {count} bytes of values that its header says")
    return content
