"""Labelled images for classification, in training, validation and test splits. Nothing is ever downloaded.

==================  ==================================================================================================
``digits``          Handwritten digits of 8 x 8 pixels, ten classes, carried in the package (`memsim.data.digits`).
``road-patches``    Patches of 32 x 32 of the synthetic road scenes, four classes (`memsim.data.patches`).
a path              A folder of the user's own, told by what is in it:

                    - the four IDX files of MNIST or Fashion-MNIST, also with .gz: ``train-images-idx3-ubyte``,
                      ``train-labels-idx1-ubyte``, ``t10k-images-idx3-ubyte``, ``t10k-labels-idx1-ubyte``;
                    - CIFAR-10, binary version: ``data_batch_1.bin`` to ``data_batch_5.bin``, ``test_batch.bin`` and
                      ``batches.meta.txt``;
                    - one sub-folder of PNG and JPEG pictures for each class, or ``train`` and ``test`` with those;
                      other folders, and files that are no such pictures, are not read, and named in the source of
                      the images.

                    Links in it may lead to places in it alone. Pictures are turned as their EXIF orientation says, and
                    laid over white where they are transparent.
==================  ==================================================================================================

Where the files are to be had: MNIST, yann.lecun.com/exdb/mnist; Fashion-MNIST,
github.com/zalandoresearch/fashion-mnist; CIFAR-10, www.cs.toronto.edu/~kriz/cifar.html.
"""

from __future__ import annotations

import hashlib
import math
import os
import stat
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from memsim.data.cifar import is_cifar, load_cifar
from memsim.data.class_folders import load_class_folders
from memsim.data.depth import Grey
from memsim.data.digits import load_digits
from memsim.data.idx import is_idx, load_idx
from memsim.data.pictures import changes_in_words, check_size, folders_in, locate, printable, refusal, unreadable
from memsim.data.splits import SPLITS, Collection, Deal, Pool, deal
from memsim.errors import InputError, nearest

DIGITS = "digits"
ROAD_PATCHES = "road-patches"
SOURCES = (DIGITS, ROAD_PATCHES)
COLOURS = ("grey", "rgb")
"""What pixels are: grey levels, or red, green and blue."""
PATCHES = 1000
"""Road patches that are made where no number is asked for."""

_KNOWN = (
    "the IDX files of MNIST or Fashion-MNIST (train-images-idx3-ubyte and three more), those of the binary version of "
    "CIFAR-10 (data_batch_1.bin and six more), or a sub-folder of pictures for each class"
)
_NO_COLOURS = "data.colour: the images of {} have no colours; allowed: grey (rgb: CIFAR-10 and folders of pictures)"
_HOMES = {
    "fashion": "Fashion-MNIST is to be had from github.com/zalandoresearch/fashion-mnist",
    "mnist": "MNIST is to be had from yann.lecun.com/exdb/mnist",
    "cifar": "CIFAR-10, binary version, is to be had from www.cs.toronto.edu/~kriz/cifar.html",
}


@dataclass(frozen=True, eq=False)
class Split:
    """Images that serve one purpose, and their classes."""

    pixels: np.ndarray
    """Read-only float32 (image, y, x), or (image, channel, y, x) with colours, each in [0, 1]."""
    labels: np.ndarray
    """Read-only int64 (image,): index into the classes."""

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, eq=False)
class Labelled:
    """Labelled images in three splits that share no image; every class is in each of them."""

    train: Split
    validation: Split
    test: Split
    classes: tuple[str, ...]
    source: str
    """What was read and what was done to it."""
    sha256: str
    """Hash of the pixels and labels of all splits."""


def load_labelled(
    source: str | os.PathLike[str],
    *,
    shape: tuple[int, int] | None = None,
    samples: int | None = None,
    seed: int = 0,
    grey: Grey | None = None,
    fractions: Sequence[float] = (0.6, 0.2, 0.2),
    colour: str = "grey",
) -> Labelled:
    """Labelled images in training, validation and test splits.

    Each class is split by itself, so the splits hold it in equal shares. Which image goes where depends on the seed
    and on the image's place in its class (files by name), not on `samples` or `shape`: fewer images are the first ones
    of every split, the classes in turns.

    Parameters
    ----------
    source : str or path
        "digits", "road-patches" or a folder (``./digits`` for one of that name); see `memsim.data.labelled`.
    shape : (y, x), optional
        Size of the images [pixel], to which they are resized (bicubic, the aspect ratio is not kept); by default the
        source's own.
    samples : int, optional
        The most images of all splits together, the classes as equal as the source has them. By default all; of
        road-patches, 1000.
    seed : int
        Of the splits; of road-patches, also of the streets.
    grey : Grey, optional
        How depth becomes grey, in road-patches and in 16-bit PNG files.
    fractions : (train, validation, test)
        Shares of the images. A source that comes with test images of its own (MNIST, CIFAR-10, ``test`` folders) keeps
        them as the test split: validation is cut from the others by the first two, and the third matters only for
        `samples`.
    colour : {"grey", "rgb"}
        Whether colours become grey by their luminance, or stay. Of CIFAR-10 and folders of pictures, ``rgb`` gives
        images (channel, y, x) with the channels red, green and blue; other sources are grey.

    Raises
    ------
    DataError
        If something is missing, unreadable, damaged, too large or of the wrong kind, or if a class has no image in one
        of the splits; the message names the file or class, what was found and what would have been accepted.
    InputError
        If the shape, the number, the seed, the fractions or the colour are not allowed.
    """
    _check(shape, samples, fractions)
    if colour not in COLOURS:
        raise InputError(f"data.colour: unknown choice {colour!r}{nearest(colour, COLOURS)}")
    collection = _collect(source, shape, samples, seed, grey or Grey(), colour)
    shape = shape or collection.shape
    dealt = deal(collection, fractions, samples, seed)
    check_size(len(dealt.label), shape, channels=3 if colour == "rgb" else 1)
    splits = _read(collection, dealt, shape)
    digest = hashlib.sha256()
    for split in splits:
        digest.update(f"{split.pixels.shape}".encode())
        digest.update(split.pixels.astype("<f4", copy=False).data)
        digest.update(split.labels.astype("<i8", copy=False).data)
    counts = ", ".join(f"{name} {len(split)}" for name, split in zip(SPLITS, splits, strict=True))
    resized = "" if tuple(shape) == collection.shape else "resized to "
    changed = collection.pool.changed + (collection.test.changed if collection.test else Counter())
    size = f"{resized}{shape[0]} x {shape[1]}"
    parts = collection.source, *changes_in_words(changed), size, f"{counts}, seed {seed}", *collection.unread
    text = "; ".join(parts)
    train, validation, test = splits
    return Labelled(train, validation, test, collection.classes, printable(text), digest.hexdigest())


def is_labelled(source: str | os.PathLike[str]) -> bool:
    """Whether a source has labelled images: a name of `SOURCES`, or a folder that `load_labelled` reads."""
    if source in SOURCES:
        return True
    try:
        names = set(os.listdir(source))
        return is_idx(names) or is_cifar(names) or bool(folders_in(Path(source)))
    except (OSError, ValueError):
        return False


def _check(shape: tuple[int, int] | None, samples: int | None, fractions: Sequence[float]) -> None:
    if shape is not None:
        check_size(1, shape)
    if samples is not None and (isinstance(samples, bool) or not isinstance(samples, int | np.integer) or samples < 1):
        raise InputError(f"data.samples: {samples!r} is not a number of images; allowed: whole numbers from 1")
    try:
        allowed = len(fractions) == len(SPLITS) and all(share > 0 for share in fractions)
        allowed = allowed and math.isclose(math.fsum(fractions), 1, abs_tol=1e-6)
    except TypeError:
        allowed = False
    if not allowed:
        raise InputError(
            f"data.fractions: {fractions!r} are not the shares of {', '.join(SPLITS)}; "
            "allowed: three numbers above 0 that add up to 1"
        )


def _collect(
    source: str | os.PathLike[str],
    shape: tuple[int, int] | None,
    samples: int | None,
    seed: int,
    grey: Grey,
    colour: str,
) -> Collection:
    if source in SOURCES and colour != "grey":
        raise InputError(_NO_COLOURS.format(source))
    if source == DIGITS:
        return load_digits()
    if source == ROAD_PATCHES:
        return _patches(shape, samples or PATCHES, seed, grey)
    place, found = locate(source, SOURCES, _home(source))
    if not stat.S_ISDIR(found.st_mode):
        raise refusal(source, f"is a file; allowed: a folder with {_KNOWN}")
    try:
        names = set(os.listdir(place))
    except OSError as error:
        raise refusal(place, unreadable(error)) from None
    if is_idx(names):
        if colour != "grey":
            raise InputError(_NO_COLOURS.format(source))
        return load_idx(place, names)
    if is_cifar(names):
        return load_cifar(place, names, colour)
    folders = folders_in(place)
    if not folders:
        raise refusal(place, f"holds no labelled images; allowed: {_KNOWN}")
    return load_class_folders(place, folders, shape, grey, colour)


def _home(source: str | os.PathLike[str]) -> str:
    """Where a data set that the path seems to mean is to be had."""
    for word, home in _HOMES.items():
        if word in Path(source).name.lower():
            return f"; nothing is downloaded: {home}"
    return ""


def _patches(shape: tuple[int, int] | None, samples: int, seed: int, grey: Grey) -> Collection:
    # Here, so that other sources do not wait for Numba.
    from memsim.data.patches import CLASSES, MAX_PATCHES, MAX_SHAPE, WINDOW, road_patches

    height, width = shape = shape or (WINDOW, WINDOW)
    if max(shape) > MAX_SHAPE:
        raise InputError(f"data.shape: road patches of {height} x {width}; allowed: 1 to {MAX_SHAPE} each")
    if samples > MAX_PATCHES:
        raise InputError(f"data.samples: {samples} road patches; allowed: 1 to {MAX_PATCHES}")
    check_size(samples, shape)
    each = -(-samples // len(CLASSES))
    patches = road_patches(each, shape, seed, grey).reshape(-1, height, width)
    pool = Pool(np.repeat(np.arange(len(CLASSES)), each), lambda numbers, _: patches[numbers])
    text = f"patches of synthetic road scenes, classes in turns, seed {seed}, {grey}"
    return Collection(ROAD_PATCHES, text, CLASSES, shape, pool, shuffled=True)


def _read(collection: Collection, dealt: Deal, shape: tuple[int, int]) -> list[Split]:
    pools: list[tuple[Pool, tuple[int, ...]]] = [(collection.pool, (0, 1, 2))]
    if collection.test is not None:
        pools = [(collection.pool, (0, 1)), (collection.test, (2,))]
    splits = []
    for pool, numbers in pools:
        chosen = np.isin(dealt.split, numbers)
        images, labels, split = pool.read(dealt.number[chosen], shape), dealt.label[chosen], dealt.split[chosen]
        for number in numbers:
            pixels = images[split == number]
            if pixels.dtype == np.uint8:
                pixels = pixels / np.float32(255)
            splits.append(Split(pixels, labels[split == number]))
            splits[-1].pixels.flags.writeable = splits[-1].labels.flags.writeable = False
    return splits
