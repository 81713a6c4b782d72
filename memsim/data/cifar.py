"""CIFAR-10 in its binary version: five files of training images, one of test images and the names of the classes.

A record is one byte for the class and 3 x 1024 for the red, the green and the blue plane of an image of 32 x 32.
Source: A. Krizhevsky, "Learning multiple layers of features from tiny images", 2009, and the page of the data set.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from memsim.data.pictures import MAX_BYTES, inside, locate, printable, refusal, resize_all, unreadable
from memsim.data.splits import Collection, Pool

TRAINING = tuple(f"data_batch_{i}.bin" for i in range(1, 6))
TEST = "test_batch.bin"
NAMES = "batches.meta.txt"
FILES = (*TRAINING, TEST, NAMES)
SHAPE = (32, 32)
"""Rows and columns of an image [pixel]."""

_CLASSES = 10
_RECORD = 1 + 3 * SHAPE[0] * SHAPE[1]
_LONGEST = 4096  # of the file with the names [byte], assumed; the original has 61
_LUMINANCE = np.array([19595, 38470, 7471], np.uint32)  # ITU-R BT.601 in 1/65536, as Pillow has it
_CHUNK = 1024  # images made grey at once, to bound the memory


def is_cifar(names: set[str]) -> bool:
    """Whether one of the files, or of their Python version, is among the names of a folder."""
    return bool(names & {*FILES, *(file.removesuffix(".bin") for file in FILES)})


def load_cifar(folder: Path, names: set[str], colour: str = "grey") -> Collection:
    """The images of a folder with all seven files, grey by their luminance, or with their colours (``rgb``).

    Raises
    ------
    DataError
        If a file is missing, cut short, too large or has a label that is not 0 to 9.
    """
    for file in FILES:
        if file not in names:
            pickled = "; this is the Python version" if file.removesuffix(".bin") in names else ""
            raise refusal(folder, f"lacks {file} of the binary version of CIFAR-10{pickled}")
    *training, test_file, names_file = (inside(folder / file, folder) for file in FILES)
    classes = _names(names_file)
    train, test = _pool(training, colour), _pool([test_file], colour)
    text = f"{folder}: CIFAR-10, {len(train.labels)} training and {len(test.labels)} test images"
    made = "luminance (ITU-R BT.601)" if colour == "grey" else "red, green and blue"
    return Collection(str(folder), f"{text}; {made}", classes, SHAPE, train, test)


def _names(file: Path) -> tuple[str, ...]:
    names = [name.strip() for name in _content(file, _LONGEST).decode("utf-8", "replace").split("\n")]
    names = [printable(name) for name in names if name]
    if len(names) != _CLASSES or len(set(names)) != _CLASSES:
        raise refusal(file, f"{len(set(names))} names of classes; allowed: {_CLASSES} different ones, one a line")
    return tuple(names)


def _pool(files: list[Path], colour: str) -> Pool:
    # Four bytes a grey pixel once they are floats.
    batches = [_batch(file, MAX_BYTES // (4 * SHAPE[0] * SHAPE[1] * len(files)) * _RECORD) for file in files]
    records = np.concatenate(batches)

    def read(numbers: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
        if colour == "rgb":
            return resize_all(records[numbers, 1:].reshape(-1, 3, *SHAPE), shape)
        images = np.empty((len(numbers), *SHAPE), np.uint8)
        for first in range(0, len(numbers), _CHUNK):
            colours = records[numbers[first : first + _CHUNK], 1:].reshape(-1, 3, *SHAPE)
            images[first : first + _CHUNK] = luminance(colours)
        return resize_all(images, shape)

    return Pool(records[:, 0].astype(np.int64), read)


def luminance(colours: np.ndarray) -> np.ndarray:
    """Grey images (image, y, x) of red, green and blue planes (image, 3, y, x), all uint8."""
    total = np.einsum("icyx,c->iyx", colours, _LUMINANCE, dtype=np.uint32)
    return ((total + np.uint32(1 << 15)) >> 16).astype(np.uint8)


def luminance_of(colours: np.ndarray) -> np.ndarray:
    """Grey levels (..., y, x) of red, green and blue (..., 3, y, x), floats in the same units."""
    weights = _LUMINANCE.astype(colours.dtype) / colours.dtype.type(1 << 16)
    return np.einsum("...cyx,c->...yx", colours, weights)


def _batch(file: Path, most: int) -> np.ndarray:
    content = _content(file, most)
    if not content or len(content) % _RECORD:
        found = f"{len(content)} bytes, which are not whole records of {_RECORD}"
        raise refusal(file, f"is cut short, or not of the binary version: {found}")
    records = np.frombuffer(content, np.uint8).reshape(-1, _RECORD)
    wrong = np.flatnonzero(records[:, 0] >= _CLASSES)
    if len(wrong):
        place = f"record {wrong[0]} (from 0) has label {records[wrong[0], 0]}"
        raise refusal(file, f"{place}; allowed: 0 to {_CLASSES - 1}")
    return records


def _content(file: Path, most: int) -> bytes:
    _, found = locate(file)
    if found.st_size > most:
        raise refusal(file, f"{found.st_size} bytes; allowed: at most {most}")
    try:
        with open(file, "rb") as stream:
            return stream.read(found.st_size)  # more would be allocated, whatever the file holds
    except OSError as error:
        raise refusal(file, unreadable(error)) from None
