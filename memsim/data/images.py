"""Images to store in a crossbar: synthetic road scenes, or local pictures, LiDAR frames and arrays.

Local files: a folder of PNG and JPEG files or one of them, or one .npy or .npz array. A 16-bit grey PNG is a depth map
in KITTI's convention (metres = value/256, 0 = no return) and takes the path of the synthetic scenes: cropped from the
first row with returns, grey by `Grey`, resized. Any other picture becomes its luminance, resized. Resizing is bicubic
and does not keep the aspect ratio. Arrays are taken as they are, so their shape must be the wanted one.
"""

from __future__ import annotations

import hashlib
import os
import stat
import warnings
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy

from memsim.data.depth import KITTI_METRE, Grey, depth_image, resize
from memsim.data.scenes import road_scenes
from memsim.errors import DataError, InputError, nearest

ROAD_SCENES = "road-scenes"
PICTURES = (".png", ".jpg", ".jpeg")
ARRAYS = (".npy", ".npz")
MAX_SIDE = 16384
"""Longest side of a picture that is decoded [pixel]."""
MAX_BYTES = 4 << 30
"""Most memory that the images, or the array they come from, may take."""

_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


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
    _check_size(samples, shape)
    scenes = road_scenes(samples, shape, seed, grey)
    text = f"{samples} synthetic road scene{'s' if samples > 1 else ''}, seed {seed}, {grey}, {shape[0]} x {shape[1]}"
    return _images(scenes, [f"scene {i}" for i in range(samples)], text)


def load_images(path: str | os.PathLike[str], shape: tuple[int, int], samples: int, grey: Grey | None = None) -> Images:
    """Images from a local file or folder, float32 in [0, 1].

    Parameters
    ----------
    path : str or path
        A folder of .png, .jpg and .jpeg files (taken in the order of their names; hidden files, sub-folders and other
        endings are passed over), one such file, or an .npy or .npz array (y, x) or (image, y, x): uint8 (255 is white)
        or floats in [0, 1]. An .npz holds one array, or one called ``images``.
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
    _check_size(min(samples, 1), shape)
    place, found = _locate(path)
    if stat.S_ISDIR(found.st_mode):
        return _load_pictures(place, _pictures_in(place), shape, samples, grey or Grey())
    ending = place.suffix.lower()
    if ending in PICTURES:
        return _load_pictures(place, [place], shape, samples, grey or Grey())
    if ending in ARRAYS:
        return _load_array(place, shape, samples)
    allowed = ", ".join((*PICTURES, *ARRAYS))
    raise _refusal(path, f"ending '{ending}' is not known; allowed: {allowed}, or a folder of pictures")


def _check_size(count: int, shape: tuple[int, int]) -> None:
    if len(shape) != 2 or not all(isinstance(side, int | np.integer) and 1 <= side <= MAX_SIDE for side in shape):
        raise InputError(f"data.shape: {shape!r} is not [y, x] in whole pixels; allowed: 1 to {MAX_SIDE} each")
    if count < 1 or count * int(shape[0]) * int(shape[1]) * 4 > MAX_BYTES:
        limit = MAX_BYTES // (4 * int(shape[0]) * int(shape[1]))
        raise InputError(f"data.samples: {count!r} images of {shape[0]} x {shape[1]}; allowed: 1 to {limit} of them")


def _refusal(path: str | os.PathLike[str], problem: str) -> DataError:
    """The error to raise: one line, whatever is in the file's name or in a decoder's message."""
    return DataError(f"{_printable(str(path))}: {_printable(' '.join(problem.split()))}")


def _printable(text: str) -> str:
    return text if text.isprintable() else ascii(text)


def _unreadable(error: BaseException) -> str:
    """What a failed system call or decoder says, without the path it repeats."""
    if isinstance(error, OSError) and error.strerror:
        return f"cannot be read: {error.strerror}"
    return f"is damaged, cut short or too large to decode ({str(error) or type(error).__name__})"


def _locate(path: str | os.PathLike[str]) -> tuple[Path, os.stat_result]:
    """The path with ~ expanded and its status; only files and folders pass."""
    hint = "" if os.sep in str(path) else f", nor a source with a name{nearest(str(path), [ROAD_SCENES])}"
    try:
        place = Path(path).expanduser()
        found = place.stat()
    except FileNotFoundError:
        raise _refusal(path, f"no such file or folder{hint}") from None
    except (OSError, ValueError, RuntimeError) as error:
        raise _refusal(path, f"cannot be opened: {getattr(error, 'strerror', None) or error}") from None
    if not (stat.S_ISDIR(found.st_mode) or stat.S_ISREG(found.st_mode)):
        raise _refusal(path, "is neither a file nor a folder")
    return place, found


def _pictures_in(folder: Path) -> list[Path]:
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        raise _refusal(folder, _unreadable(error)) from None
    shown = [folder / name for name in names if not name.startswith(".")]
    pictures = [file for file in shown if file.suffix.lower() in PICTURES and not os.path.isdir(file)]
    if not pictures:
        arrays = sum(file.suffix.lower() in ARRAYS for file in shown)
        hint = f"; it holds {arrays} arrays ({', '.join(ARRAYS)}): name one of those files" if arrays else ""
        raise _refusal(folder, f"no picture in this folder; endings looked for: {', '.join(PICTURES)}{hint}")
    return pictures


def _load_pictures(place: Path, files: list[Path], shape: tuple[int, int], samples: int, grey: Grey) -> Images:
    files = files[:samples]
    _check_size(len(files), shape)
    images = np.empty((len(files), *shape), np.uint8)
    frames = 0
    for image, file in zip(images, files, strict=True):
        pixels = _decode(file)
        if pixels.dtype == np.uint8:
            image[:] = resize(pixels, shape)
            continue
        frames += 1
        try:
            image[:] = depth_image(pixels.astype(np.float32) / np.float32(KITTI_METRE), shape, grey)
        except DataError as error:
            raise _refusal(file, f"16-bit PNG read as a KITTI depth map: {error}") from None
    counts = [f"KITTI depth maps: {frames}, {grey}"] if frames else []
    counts += [f"pictures by luminance: {len(files) - frames}"] if frames < len(files) else []
    text = f"{place}; {'; '.join(counts)}; resized to {shape[0]} x {shape[1]}"
    return _images(images, [file.name for file in files], text)


def _decode(file: Path) -> np.ndarray:
    """Luminance (y, x) as uint8, or the values of a 16-bit grey PNG."""
    from PIL import Image

    _locate(file)
    # Pillow warns about palettes, metadata and sizes that do not matter here.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Image.open(file, formats=("PNG", "JPEG")) as picture:
                width, height = picture.size
                if max(width, height) <= MAX_SIDE:
                    deep = picture.mode.startswith("I")
                    return np.asarray(picture if deep else picture.convert("L"))
        except Image.UnidentifiedImageError:
            raise _refusal(file, "is not a PNG or JPEG picture, or its first bytes are damaged") from None
        except Exception as error:
            raise _refusal(file, _unreadable(error)) from None
    raise _refusal(file, f"picture of {width} x {height} pixels; allowed: at most {MAX_SIDE} a side")


def _load_array(file: Path, shape: tuple[int, int], samples: int) -> Images:
    try:
        with open(file, "rb") as stream:
            if file.suffix.lower() == ".npy":
                array = _read_array(stream, file, shape, samples)
            else:
                with zipfile.ZipFile(stream) as archive, archive.open(_member(archive, file)) as part:
                    array = _read_array(part, file, shape, samples)
    except DataError:
        raise
    except Exception as error:
        raise _refusal(file, _unreadable(error)) from None
    labels = [f"{file.name}[{i}]" for i in range(len(array))]
    text = f"{file}: {len(array)} images of {shape[0]} x {shape[1]}, {array.dtype.name}"
    if array.dtype == np.uint8:
        return _images(array, labels, text)
    with np.errstate(invalid="ignore"):
        low, high = array.min(), array.max()
    if not (np.isfinite(low) and np.isfinite(high)):
        raise _refusal(file, "has values that are not finite numbers (NaN or infinity); allowed: 0 to 1")
    if low < 0 or high > 1:
        raise _refusal(file, f"values from {low:.6g} to {high:.6g}; allowed: 0 to 1 (or save them as uint8)")
    return _images(array.astype("<f4"), labels, text)


def _member(archive: zipfile.ZipFile, file: Path) -> str:
    names = [name for name in archive.namelist() if name.endswith(".npy")]
    if "images.npy" in names:
        return "images.npy"
    if len(names) != 1:
        found = ", ".join(name.removesuffix(".npy") for name in names[:8]) or "none"
        raise _refusal(file, f"holds {len(names)} arrays ({found}); allowed: a single one, or one called 'images'")
    return names[0]


def _read_array(stream: IO[bytes], file: Path, shape: tuple[int, int], samples: int) -> np.ndarray:
    """The first images of a .npy stream (image, y, x); its header is judged before anything is read."""
    version = npy.read_magic(stream)
    if version not in _HEADERS:
        raise _refusal(file, f".npy format version {version[0]}.{version[1]}; allowed: 1.0 and 2.0")
    found, fortran, dtype = _HEADERS[version](stream)
    _check_dtype(file, dtype)
    if len(found) not in (2, 3):
        raise _refusal(file, f"array of shape {found}; allowed: (y, x) or (image, y, x)")
    if tuple(found[-2:]) != tuple(shape):
        remedy = f"--set data.shape=[{found[-2]},{found[-1]}]"
        raise _refusal(file, f"images of {found[-2]} x {found[-1]}, not {shape[0]} x {shape[1]}; remedy: {remedy}")
    held = found[0] if len(found) == 3 else 1
    if held < 1:
        raise _refusal(file, "holds no image")
    taken = min(held, samples)
    # In Fortran's order the images are interleaved, so all have to be read to get at one.
    count = (held if fortran else taken) * shape[0] * shape[1]
    if count * max(dtype.itemsize, 4) > MAX_BYTES:
        size = count * max(dtype.itemsize, 4) / 2**30
        raise _refusal(file, f"{size:.3g} GiB to read; allowed: at most {MAX_BYTES >> 30} GiB (lower data.samples)")
    content = stream.read(count * dtype.itemsize)
    if len(content) < count * dtype.itemsize:
        raise _refusal(file, f"is cut short: {len(content)} of {count * dtype.itemsize} bytes")
    values = np.frombuffer(content, dtype)
    if fortran:
        values = values.reshape(found, order="F")
    return values.reshape(-1, *shape)[:taken]


def _check_dtype(file: Path, dtype: np.dtype[Any]) -> None:
    if dtype == np.uint8 or dtype.kind == "f":
        return
    remedy = ""
    if dtype.kind == "u" and dtype.itemsize == 2:  # could be depth or grey
        remedy = "; depth in 1/256 m belongs into 16-bit PNG files, grey values divided by 65535 into floats"
    raise _refusal(file, f"array of type {dtype}; allowed: uint8 (0 to 255) or floats (0 to 1){remedy}")


def _images(values: np.ndarray, labels: list[str], source: str) -> Images:
    """Images of uint8 or little-endian float32 values (image, y, x)."""
    values = np.ascontiguousarray(values)
    digest = hashlib.sha256(f"{values.dtype.name} {values.shape}".encode())
    digest.update(values.data)
    pixels = values.astype(np.float32, copy=False)
    if values.dtype == np.uint8:
        pixels /= np.float32(255)
    pixels.flags.writeable = False
    return Images(pixels, tuple(map(_printable, labels)), _printable(source), digest.hexdigest())
