"""Labelled pictures: a folder with one sub-folder for each class, or with train/ and test/, each with those."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from memsim.data.depth import Grey
from memsim.data.pictures import (
    folders_in,
    inside,
    is_picture,
    listed,
    pictures_in,
    printable,
    read_colours,
    read_pictures,
    refusal,
    shared_size,
    unread,
)
from memsim.data.splits import Collection, Pool

TRAIN, TEST = "train", "test"


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
        _check_parts(folder, names)
        parts = [_pictures(folder, folder)]
    classes = list(parts[0])
    own = shape or shared_size([file for part in parts for files in part.values() for file in files])
    counts = [sum(map(len, part.values())) for part in parts]
    found = f"{counts[0]} training and {counts[1]} test pictures" if len(parts) > 1 else f"{counts[0]} pictures"
    made = f"luminance, or of 16-bit KITTI depth maps {grey}" if colour == "grey" else "red, green and blue"
    text = f"{folder}: {found} in {len(classes)} classes; {made}"
    text += "; resized" if shape else ""
    pool, *rest = (_pool([part[name] for name in classes], grey, colour) for part in parts)
    test = rest[0] if rest else None
    apart = [folder, *(folder / part for part in (TRAIN, TEST) if test)]
    left = unread(folder, apart, [files[0].parent for part in parts for files in part.values()])
    return Collection(str(folder), text, tuple(map(printable, classes)), own, pool, test, unread=tuple(left))


def _check_parts(folder: Path, names: Sequence[str]) -> None:
    """Refuse a folder train/ with folders of classes beside other such folders, but without test/."""
    if TRAIN not in names:
        return
    train = inside(folder / TRAIN, folder)
    if not folders_in(train) or any(map(is_picture, train.iterdir())):
        return
    others = [name for name in names if name != TRAIN and folders_in(inside(folder / name, folder))]
    rename = f"rename {others[0]} to {TEST}, or " if others else ""
    raise refusal(
        folder,
        f"holds {listed([TRAIN, *others])} with a folder for each class, and no folder {TEST}; {rename}name the folder "
        f"{folder / TRAIN} alone, from which test images are taken",
    )


def _compare(folder: Path, train: dict[str, list[Path]], test: dict[str, list[Path]]) -> None:
    for name in sorted(train.keys() ^ test.keys()):
        where = TEST if name in train else TRAIN
        raise refusal(folder / where, f"has no sub-folder for class '{name}'; allowed: the same classes in both")


def _pictures(folder: Path, root: Path) -> dict[str, list[Path]]:
    """The pictures of each class, which has a sub-folder; no link leads out of `root`."""
    names = folders_in(folder)
    if len(names) < 2:
        found = f"'{names[0]}'" if names else "none"
        raise refusal(folder, f"a sub-folder of pictures for each class is needed, at least 2; found: {found}")
    return {name: pictures_in(inside(folder / name, root), root=root) for name in names}


def _pool(files: list[list[Path]], grey: Grey, colour: str) -> Pool:
    labels = np.repeat(np.arange(len(files)), [len(part) for part in files])
    flat = [file for part in files for file in part]
    changed: Counter[str] = Counter()

    def read(numbers: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        chosen = [flat[i] for i in numbers]
        if colour == "rgb":
            return read_colours(chosen, size, changed)
        return read_pictures(chosen, size, grey, changed)[0]

    return Pool(labels, read, changed)
