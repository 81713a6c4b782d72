"""Pictures in local files, none of them trusted: found, judged, decoded and resized, or refused in one clear line."""

from __future__ import annotations

import contextlib
import os
import stat
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from memsim.data.depth import KITTI_METRE, Grey, depth_image, resize
from memsim.errors import DataError, InputError, nearest

if TYPE_CHECKING:
    from PIL import Image

PICTURES = (".png", ".jpg", ".jpeg")
MAX_SIDE = 16384
"""Longest side of a picture that is decoded [pixel]."""
MAX_PIXELS = 50_000_000
"""Most pixels of a picture that is decoded, which takes less than 1 GiB."""
MAX_BYTES = 4 << 30
"""Most memory that the images, or the array they come from, may take."""


def check_size(count: int, shape: tuple[int, int], channels: int = 1) -> None:
    """Judge a number of images, their shape (y, x) [pixel], and how many numbers each pixel has.

    Raises
    ------
    InputError
        If a side is longer than `MAX_SIDE` or all images together, as float32, take more than `MAX_BYTES`.
    """
    if len(shape) != 2 or not all(isinstance(side, int | np.integer) and 1 <= side <= MAX_SIDE for side in shape):
        raise InputError(f"data.shape: {shape!r} is not [y, x] in whole pixels; allowed: 1 to {MAX_SIDE} each")
    size = 4 * channels * int(shape[0]) * int(shape[1])
    if count < 1 or count * size > MAX_BYTES:
        limit = MAX_BYTES // size
        raise InputError(f"data.samples: {count!r} images of {shape[0]} x {shape[1]}; allowed: 1 to {limit} of them")


def refusal(path: str | os.PathLike[str], problem: str) -> DataError:
    """The error to raise: one line, whatever is in the file's name or in a decoder's message."""
    return DataError(f"{printable(str(path))}: {printable(' '.join(problem.split()))}")


def printable(text: str) -> str:
    """The text as it is, or with escapes where it would break the line."""
    return text if text.isprintable() else ascii(text)


def unreadable(error: BaseException) -> str:
    """What a failed system call or decoder says, without the path it repeats."""
    if isinstance(error, OSError) and error.strerror:
        return f"cannot be read: {error.strerror}"
    return f"is damaged, cut short or too large to decode ({str(error) or type(error).__name__})"


def locate(path: str | os.PathLike[str], sources: Sequence[str] = (), remedy: str = "") -> tuple[Path, os.stat_result]:
    """The path with ~ expanded and its status.

    Raises
    ------
    DataError
        If there is no file or folder there; the message ends with the nearest name of `sources`, where one could have
        been meant, and with the remedy.
    """
    hint = f", nor a source with a name{nearest(str(path), sources)}" if sources and os.sep not in str(path) else ""
    try:
        place = Path(path).expanduser()
        found = place.stat()
    except FileNotFoundError:
        raise refusal(path, f"no such file or folder{hint}{remedy}") from None
    except (OSError, ValueError, RuntimeError) as error:
        raise refusal(path, f"cannot be opened: {getattr(error, 'strerror', None) or error}") from None
    if not (stat.S_ISDIR(found.st_mode) or stat.S_ISREG(found.st_mode)):
        raise refusal(path, "is neither a file nor a folder")
    return place, found


def pictures_in(folder: Path, arrays: Sequence[str] = ()) -> list[Path]:
    """The pictures of a folder by name; hidden files, sub-folders and other endings are passed over.

    Raises
    ------
    DataError
        If there is none, with a hint if there are files with the endings `arrays`, or if the folder cannot be read.
    """
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        raise refusal(folder, unreadable(error)) from None
    shown = [folder / name for name in names if not name.startswith(".")]
    pictures = [file for file in shown if file.suffix.lower() in PICTURES and not os.path.isdir(file)]
    if not pictures:
        count = sum(file.suffix.lower() in arrays for file in shown)
        hint = f"; it holds {count} arrays ({', '.join(arrays)}): name one of those files" if count else ""
        raise refusal(folder, f"no picture in this folder; endings looked for: {', '.join(PICTURES)}{hint}")
    return pictures


def read_pictures(files: Sequence[Path], shape: tuple[int, int], grey: Grey) -> tuple[np.ndarray, str]:
    """Pictures as uint8 (image, y, x) and what was done to them; a 16-bit grey PNG is a KITTI depth map.

    Raises
    ------
    DataError
        If one of them is missing, damaged, too large or no picture.
    """
    images = np.empty((len(files), *shape), np.uint8)
    frames = 0
    for image, file in zip(images, files, strict=True):
        pixels = _decode(file)
        if pixels.dtype == np.uint8:
            image[:] = resize(pixels, shape)
            continue
        frames += 1
        try:
            image[:] = depth_image(np.divide(pixels, np.float32(KITTI_METRE), dtype=np.float32), shape, grey)
        except DataError as error:
            raise refusal(file, f"16-bit PNG read as a KITTI depth map: {error}") from None
    counts = [f"KITTI depth maps: {frames}, {grey}"] if frames else []
    counts += [f"pictures by luminance: {len(files) - frames}"] if frames < len(files) else []
    return images, f"{'; '.join(counts)}; resized to {shape[0]} x {shape[1]}"


def read_colours(files: Sequence[Path], shape: tuple[int, int]) -> np.ndarray:
    """Red, green and blue of pictures as uint8 (image, 3, y, x), each channel resized like a grey picture.

    Raises
    ------
    DataError
        If one of them is missing, damaged, too large, no picture, or a 16-bit PNG, which has no colours.
    """
    images = np.empty((len(files), 3, *shape), np.uint8)
    for image, file in zip(images, files, strict=True):
        with _opened(file) as picture:
            if picture.mode.startswith("I"):
                raise refusal(file, "16-bit PNG, which has no colours; allowed: data.colour grey")
            pixels = np.asarray(picture.convert("RGB"))
        image[:] = resize_all(np.ascontiguousarray(np.moveaxis(pixels, -1, 0)), shape)
    return images


def resize_all(images: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """8-bit images (..., y, x) resampled to a shape (y, x) like every picture."""
    if images.shape[-2:] == tuple(shape):
        return images
    resized = np.empty((*images.shape[:-2], *shape), np.uint8)
    for place in np.ndindex(images.shape[:-2]):
        resized[place] = resize(images[place], shape)
    return resized


def shared_size(files: Sequence[Path]) -> tuple[int, int]:
    """The size (y, x) that all pictures have [pixel]; only their headers are read.

    Raises
    ------
    DataError
        If two of them differ, or if one of them is missing, damaged, too large or no picture.
    """
    sizes: dict[tuple[int, int], Path] = {}
    for file in files:
        with _opened(file) as picture:
            sizes.setdefault((picture.height, picture.width), file)
    (own, first), *others = sizes.items()
    for size, file in others:
        sides = f"{size[0]} x {size[1]}, but {first.name} is {own[0]} x {own[1]}"
        raise refusal(file, f"picture of {sides}; remedy: data.shape, to which all are resized")
    return own


@contextlib.contextmanager
def _opened(file: Path) -> Iterator[Image.Image]:
    """A picture whose size is allowed; what fails while it is open becomes a refusal."""
    from PIL import Image, UnidentifiedImageError  # here, so that programs without images start without Pillow

    locate(file)
    # Pillow warns about palettes, metadata and sizes that do not matter here.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Image.open(file, formats=("PNG", "JPEG")) as picture:
                if max(picture.size) > MAX_SIDE or picture.width * picture.height > MAX_PIXELS:
                    sides = f"{picture.width} x {picture.height}"
                    allowed = f"at most {MAX_SIDE} a side and {MAX_PIXELS:,} in all"
                    raise refusal(file, f"picture of {sides} pixels; allowed: {allowed}")
                yield picture
        except DataError:
            raise
        except UnidentifiedImageError:
            raise refusal(file, "is not a PNG or JPEG picture, or its first bytes are damaged") from None
        except Exception as error:
            raise refusal(file, unreadable(error)) from None


def _decode(file: Path) -> np.ndarray:
    """Luminance (y, x) as uint8, or the values of a 16-bit grey PNG."""
    with _opened(file) as picture:
        return np.asarray(picture if picture.mode.startswith("I") else picture.convert("L"))
