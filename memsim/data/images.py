"""Images to store in a crossbar: synthetic road scenes, or local pictures, LiDAR frames and arrays.

Local files: a folder of PNG and JPEG files or one of them, or one .npy or .npz array. A 16-bit grey PNG is a depth map
in KITTI's convention (metres = value/256, 0 = no return) and takes the path of the synthetic scenes: cropped from the
first row with returns, grey by `Grey`, resized. Any other picture becomes its luminance, resized; before, it is turned
as its EXIF orientation says and, where it is transparent, laid over white. Resizing is bicubic and does not keep the
aspect ratio. Arrays are taken as they are, so their shape must be the wanted one.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from memsim.data.depth import Grey
from memsim.data.pictures import (
    MAX_BYTES,
    PICTURES,
    changes_in_words,
    check_size,
    locate,
    pictures_in,
    printable,
    read_pictures,
    refusal,
    unread,
    unreadable,
)
from memsim.data.pictures import MAX_SIDE as MAX_SIDE  # part of this module's API
from memsim.data.scenes import road_scenes
from memsim.errors import DataError
from memsim.storage import npy

ROAD_SCENES = "road-scenes"


@dataclass(frozen=True, eq=False)
class Images:
    """Grey images and where they come from."""

    pixels: np.ndarray
    """Read-only float32 (image, y, x), each in [0, 1]."""
    labels: tuple[str, ...]
    """File name or scene number of each image."""
    source: str
    """What was read and what was done to it."""
    sha256: str
    """Hash of type, shape and bytes of the 8-bit images, or of the float32 ones where the source has floats."""

    def __len__(self) -> int:
        return len(self.pixels)


def load_data(
    source: str | os.PathLike[str],
    *,
    shape: tuple[int, int] = (64, 64),
    samples: int = 50,
    seed: int = 0,
    grey: Grey | None = None,
) -> Images:
    """The images an experiment names: "road-scenes", or a local file or folder.

    Parameters
    ----------
    source : str or path
        "road-scenes" for synthetic ones; anything else is a path (``./road-scenes`` for a folder of that name).
    shape : (y, x)
        Size of the images [pixel].
    samples : int
        Number of scenes; of local images, the most that are taken.
    seed : int
        Of the scenes; local files do not use it.
    grey : Grey, optional
        How depth becomes grey.

    Raises
    ------
    DataError
        If the path is missing, damaged or of the wrong kind; see `load_images`.
    InputError
        If the shape, the number or the seed is not allowed.
    """
    grey = grey or Grey()
    if source != ROAD_SCENES:
        return load_images(source, shape, samples, grey)
    check_size(samples, shape)
    scenes = road_scenes(samples, shape, seed, grey)
    text = f"{samples} synthetic road scene{'s' if samples > 1 else ''}, seed {seed}, {grey}, {shape[0]} x {shape[1]}"
    return _images(scenes, [f"scene {i}" for i in range(samples)], text)


def load_images(path: str | os.PathLike[str], shape: tuple[int, int], samples: int, grey: Grey | None = None) -> Images:
    """Images from a local file or folder, float32 in [0, 1].

    Parameters
    ----------
    path : str or path
        A folder of .png, .jpg and .jpeg files, one such file, or an .npy or .npz array (y, x) or (image, y, x): uint8
        (255 is white) or floats in [0, 1]. Pictures of a folder are taken in the order of their names. Its sub-folders
        and files with other endings are not read and named in the source, hidden ones are passed over, and links that
        lead out of the folder are refused. An .npz holds one array, or one called ``images``.
    shape : (y, x)
        Size of the images [pixel]; pictures are resized to it, arrays must have it.
    samples : int
        The most images that are taken; fewer where there are fewer.
    grey : Grey, optional
        How the depth in 16-bit PNG files becomes grey.

    Raises
    ------
    DataError
        If something is missing, unreadable, damaged, too large or of the wrong kind; the message names the file, what
        was found and what would have been accepted.
    InputError
        If the shape or the number is not allowed.
    """
    check_size(min(samples, 1), shape)
    place, found = locate(path, [ROAD_SCENES])
    if stat.S_ISDIR(found.st_mode):
        files = pictures_in(place, npy.SUFFIXES)
        return _load_pictures(place, files, shape, samples, grey or Grey(), unread(place, [], [place]))
    ending = place.suffix.lower()
    if ending in PICTURES:
        return _load_pictures(place, [place], shape, samples, grey or Grey())
    if ending in npy.SUFFIXES:
        return _load_array(place, shape, samples)
    allowed = ", ".join((*PICTURES, *npy.SUFFIXES))
    raise refusal(path, f"ending '{ending}' is not known; allowed: {allowed}, or a folder of pictures")


def _load_pictures(
    place: Path,
    files: list[Path],
    shape: tuple[int, int],
    samples: int,
    grey: Grey,
    left: Sequence[str] = (),
) -> Images:
    """The first pictures; `left` says in words what of the folder is not read."""
    files = files[:samples]
    check_size(len(files), shape)
    changed: Counter[str] = Counter()
    pixels, text = read_pictures(files, shape, grey, changed)
    resized = f"resized to {shape[0]} x {shape[1]}"
    words = "; ".join([str(place), text, *changes_in_words(changed), resized, *left])
    return _images(pixels, [file.name for file in files], words)


def _load_array(file: Path, shape: tuple[int, int], samples: int) -> Images:
    def choose(names: list[str]) -> str:
        if "images" in names:
            return "images"
        if len(names) != 1:
            held = ", ".join(names[:8]) or "none"
            raise refusal(file, f"holds {len(names)} arrays ({held}); allowed: a single one, or one called 'images'")
        return names[0]

    try:
        with npy.opened(file, printable(str(file)), choose) as stored:
            array = _read_array(stored, file, shape, samples)
    except DataError:
        raise
    except Exception as error:
        raise refusal(file, unreadable(error)) from None
    labels = [f"{file.name}[{i}]" for i in range(len(array))]
    text = f"{file}: {len(array)} images of {shape[0]} x {shape[1]}, {array.dtype.name}"
    if array.dtype == np.uint8:
        return _images(array, labels, text)
    with np.errstate(invalid="ignore"):
        low, high = array.min(), array.max()
    if not (np.isfinite(low) and np.isfinite(high)):
        raise refusal(file, "has values that are not finite numbers (NaN or infinity); allowed: 0 to 1")
    if low < 0 or high > 1:
        raise refusal(file, f"values from {low:.6g} to {high:.6g}; allowed: 0 to 1 (or save them as uint8)")
    return _images(array.astype("<f4"), labels, text)


def _read_array(stored: npy.StoredArray, file: Path, shape: tuple[int, int], samples: int) -> np.ndarray:
    """The first images of an array (image, y, x); its header is judged before anything is read."""
    found, dtype = stored.shape, stored.dtype
    _check_dtype(file, dtype)
    colours = len(found) > 2 and found[-1] in (3, 4) and tuple(found[-2:]) != tuple(shape)
    if colours and len(found) < 5:
        axes = "(y, x, channel)" if len(found) == 3 else "(image, y, x, channel)"
        raise refusal(
            file,
            f"array of shape {found}, an array of colour images {axes}; allowed: grey ones, (y, x) or (image, y, x): "
            "save the luminance, or PNG pictures",
        )
    if len(found) not in (2, 3):
        raise refusal(file, f"array of shape {found}; allowed: (y, x) or (image, y, x)")
    if tuple(found[-2:]) != tuple(shape):
        remedy = f"data.shape: [{found[-2]}, {found[-1]}]"
        raise refusal(file, f"images of {found[-2]} x {found[-1]}, not {shape[0]} x {shape[1]}; remedy: {remedy}")
    held = found[0] if len(found) == 3 else 1
    if held < 1:
        raise refusal(file, "holds no image")
    taken = min(held, samples)
    count = (held if stored.fortran else taken) * shape[0] * shape[1]
    if count * max(dtype.itemsize, 4) > MAX_BYTES:
        size = count * max(dtype.itemsize, 4) / 2**30
        raise refusal(file, f"{size:.3g} GiB to read; allowed: at most {MAX_BYTES >> 30} GiB (lower data.samples)")
    return stored.read(taken if len(found) == 3 else None).reshape(-1, *shape)


def _check_dtype(file: Path, dtype: np.dtype[Any]) -> None:
    if dtype == np.uint8 or dtype.kind == "f":
        return
    remedy = ""
    if dtype.kind == "u" and dtype.itemsize == 2:  # could be depth or grey
        remedy = "; depth in 1/256 m belongs into 16-bit PNG files, grey values divided by 65535 into floats"
    raise refusal(file, f"array of type {dtype}; allowed: uint8 (0 to 255) or floats (0 to 1){remedy}")


def _images(values: np.ndarray, labels: list[str], source: str) -> Images:
    """Images of uint8 or little-endian float32 values (image, y, x)."""
    values = np.ascontiguousarray(values)
    digest = hashlib.sha256(f"{values.dtype.name} {values.shape}".encode())
    digest.update(values.data)
    pixels = values.astype(np.float32, copy=False)
    if values.dtype == np.uint8:
        pixels /= np.float32(255)
    pixels.flags.writeable = False
    return Images(pixels, tuple(map(printable, labels)), printable(source), digest.hexdigest())
