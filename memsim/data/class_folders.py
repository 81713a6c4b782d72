"""Labelled pictures: a folder with one sub-folder for each class, or with train/ and test/, each with those."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from memsim.data.depth import Grey
from memsim.data.pictures import (
    inside,
    pictures_in,
    printable,
    read_colours,
    read_pictures,
    refusal,
    shared_size,
    unreadable,
)
from memsim.data.splits import Collection, Pool

TRAIN, TEST = "train", "test"
_MOST_NAMED = 4
"""Most folders that are not read and are named."""


def load_class_folders(
    folder: Path, names: Sequence[str], shape: tuple[int, int] | None, grey: Grey, colour: str = "grey"
) -> Collection:
    """The pictures of a folder, unread, grey or with their colours; each sub-folder of these names is a class.

    Raises
    ------
    DataError
        If there are fewer than two classes, if one has no picture, if train/ and test/ have different ones, if a link
        leads out of the folder, or, where no shape is given, if two pictures differ in their size.
    """
    if {TRAIN, TEST} <= set(names):
        parts = [_pictures(inside(folder / part, folder), folder) for part in (TRAIN, TEST)]
        _compare(folder, *parts)
    else:
        parts = [_pictures(folder, folder)]
    classes = list(parts[0])
    own = shape or shared_size([file for part in parts for files in part.values() for file in files])
    counts = [sum(map(len, part.values())) for part in parts]
    found = f"{counts[0]} training and {counts[1]} test pictures" if len(parts) > 1 else f"{counts[0]} pictures"
    made = f"luminance, or of 16-bit KITTI depth maps {grey}" if colour == "grey" else "red, green and blue"
    text = f"{folder}: {found} in {len(classes)} classes; {made}"
    text += "; resized" if shape else ""
    unread = _unread(folder, names, parts)
    text += f"; folders not read: {unread}" if unread else ""
    pool, *rest = (_pool([part[name] for name in classes], grey, colour) for part in parts)
    return Collection(str(folder), text, tuple(map(printable, classes)), own, pool, rest[0] if rest else None)


def _compare(folder: Path, train: dict[str, list[Path]], test: dict[str, list[Path]]) -> None:
    for name in sorted(train.keys() ^ test.keys()):
        where = TEST if name in train else TRAIN
        raise refusal(folder / where, f"has no sub-folder for class '{name}'; allowed: the same classes in both")


def folders_in(folder: Path) -> list[str]:
    """Names of the sub-folders that are not hidden, sorted.

    Raises
    ------
    DataError
        If the folder cannot be read.
    """
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        raise refusal(folder, unreadable(error)) from None
    return [name for name in names if not name.startswith(".") and os.path.isdir(folder / name)]


def _pictures(folder: Path, root: Path) -> dict[str, list[Path]]:
    """The pictures of each class, which has a sub-folder; no link leads out of `root`."""
    names = folders_in(folder)
    if len(names) < 2:
        found = f"'{names[0]}'" if names else "none"
        raise refusal(folder, f"a sub-folder of pictures for each class is needed, at least 2; found: {found}")
    return {name: pictures_in(inside(folder / name, root), root=root) for name in names}


def _unread(folder: Path, names: Sequence[str], parts: Sequence[dict[str, list[Path]]]) -> str:
    """Folders beside train/ and test/, and in the folders of classes, whose pictures are not taken; the first few."""
    unread = [folder / name for name in names if len(parts) > 1 and name not in (TRAIN, TEST)]
    for class_folder in (files[0].parent for part in parts for files in part.values()):
        unread += [class_folder / name for name in folders_in(class_folder)]
    listed = ", ".join(str(path.relative_to(folder)) for path in unread[:_MOST_NAMED])
    return listed + (f" and {len(unread) - _MOST_NAMED} more" if len(unread) > _MOST_NAMED else "")


def _pool(files: list[list[Path]], grey: Grey, colour: str) -> Pool:
    labels = np.repeat(np.arange(len(files)), [len(part) for part in files])
    flat = [file for part in files for file in part]
    if colour == "rgb":
        return Pool(labels, lambda numbers, shape: read_colours([flat[i] for i in numbers], shape))
    return Pool(labels, lambda numbers, shape: read_pictures([flat[i] for i in numbers], shape, grey)[0])
