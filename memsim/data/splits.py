"""Training, validation and test images: which image of a labelled collection goes where.

The images of every class are put into an order by random numbers (stream SPLIT, c3 the class, c2 0 or, for a test set
of the collection's own, 1, c0 the image's number within its class), then dealt out in turns that keep to the fractions,
then the classes take turns. So splits are stratified, and fewer images are always the first ones of more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from memsim.data.pictures import refusal

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True, eq=False)
class Pool:
    """Labelled images that are not read yet."""

    labels: np.ndarray
    """Class numbers (image,), int64."""
    read: Callable[[np.ndarray, tuple[int, int]], np.ndarray]
    """Images (image, y, x) or (image, channel, y, x), uint8 or float32 in [0, 1], by numbers and the wanted shape."""
    changed: Counter[str] = field(default_factory=Counter)
    """What was done to images that were read before they became grey or were resized, and to how many."""


@dataclass(frozen=True, eq=False)
class Collection:
    """Labelled images of one source."""

    name: str
    """What an error calls it."""
    source: str
    """What it is and what is done to it."""
    classes: tuple[str, ...]
    shape: tuple[int, int]
    """Rows and columns that the images have of their own [pixel]."""
    pool: Pool
    test: Pool | None = None
    """The test images, if the source tells them apart."""
    shuffled: bool = False
    """Whether the images of a class come in an order that is random already."""
    unread: tuple[str, ...] = ()
    """What the source has and is not read, in words."""


@dataclass(frozen=True, eq=False)
class Deal:
    """Images in the order in which they were dealt out, one entry each."""

    number: np.ndarray
    """In its pool."""
    label: np.ndarray
    split: np.ndarray
    """Index into `SPLITS`."""


def deal(collection: Collection, fractions: Sequence[float], samples: int | None, seed: int) -> Deal:
    """Deal a collection out, or its first `samples` images.

    Without a test set of its own, each class is split by the fractions, to the nearest image. With one, validation is
    cut from the rest by the first two, and the third decides only how many of `samples` are test images.

    Raises
    ------
    DataError
        If a class has no image in one of the splits.
    InputError
        If the seed is not a whole number in [0, 2^64).
    """
    train, validation, test = fractions
    parts = []
    for label in range(len(collection.classes)):
        number = _members(collection.pool, label, seed, shuffled=collection.shuffled)
        if collection.test is None:
            split = _turns(fractions, [len(number)] * 3)[: len(number)]
        else:
            own = _members(collection.test, label, seed, own_test=True)
            from_test = _turns((train + validation, test), (len(number), len(own))) == 1
            split = np.full(len(from_test), 2)
            split[~from_test] = _turns((train, validation), [len(number)] * 2)[: len(number)]
            merged = np.empty(len(split), np.int64)
            merged[from_test], merged[~from_test] = own, number
            number = merged
        parts.append((number, np.full(len(number), label), split, np.arange(len(number))))
    number, labels, split, turn = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    order = np.lexsort((labels, turn))[:samples]
    _check(collection, labels[order], split[order], cut=len(order) < len(number))
    return Deal(number[order], labels[order], split[order])


def _members(pool: Pool, label: int, seed: int, *, own_test: bool = False, shuffled: bool = False) -> np.ndarray:
    """Numbers of a class's images, in random order."""
    from memsim.kernels.fill import fill  # here, so that a wrong path is refused without waiting for Numba
    from memsim.philox import SplitDraw, Stream

    number = np.flatnonzero(pool.labels == label)
    if shuffled:
        return number
    shape, step = (1, 1, len(number)), SplitDraw.OWN_TEST if own_test else SplitDraw.POOL
    ranks = fill("uniform", shape, seed=seed, stream=Stream.SPLIT, step=step, first_array=label)
    return number[np.argsort(ranks[0, 0], kind="stable")]


def _turns(shares: Sequence[float], counts: Sequence[int]) -> np.ndarray:
    """Who takes each turn, if each of `shares` takes at most its count and every start keeps to the shares.

    Source: the divisor method of Webster and Sainte-Lague; ties go to the first.
    """
    when = np.concatenate([(np.arange(count) + 0.5) / share for share, count in zip(shares, counts, strict=True)])
    return np.repeat(np.arange(len(shares)), counts)[np.argsort(when, kind="stable")]


def _check(collection: Collection, label: np.ndarray, split: np.ndarray, cut: bool) -> None:
    found = np.bincount(label * len(SPLITS) + split, minlength=len(collection.classes) * len(SPLITS))
    for name, counts in zip(collection.classes, found.reshape(-1, len(SPLITS)).tolist(), strict=True):
        for which, count in zip(SPLITS, counts, strict=True):
            if not count:
                remedy = "; remedy: more data.samples" if cut else ""
                taken = f"of its images, {sum(counts)} are taken; allowed: at least 1 in every split"
                raise refusal(collection.name, f"class '{name}' has no image in the {which} split; {taken}{remedy}")
