"""Pictures in local files, none of them trusted: found, judged, decoded and resized, or refused in one clear line.

The orientation in a picture's EXIF block is applied, and transparent parts are laid over white.
"""

from __future__ import annotations

import contextlib
import os
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from memsim.data.depth import KITTI_METRE, Grey, depth_image, resize
from memsim.errors import DataError, InputError, nearest
from memsim.storage.inputs import kind_of, leads_out

if TYPE_CHECKING:
    from PIL import Image

PICTURES = (".png", ".jpg", ".jpeg")
_TURNS = {
    2: "FLIP_LEFT_RIGHT",
    3: "ROTATE_180",
    4: "FLIP_TOP_BOTTOM",
    5: "TRANSPOSE",
    6: "ROTATE_270",
    7: "TRANSVERSE",
    8: "ROTATE_90",
}
"""What Pillow does for each orientation of EXIF; 1 is upright."""
_SIDEWAYS = (5, 6, 7, 8)
"""Orientations that swap height and width."""
_MOST_NAMED = 4
"""Most files or folders that a text names."""
MAX_SIDE = 16384
"""Longest side of a picture that is decoded [pixel]."""
MAX_PIXELS = 40_000_000
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
    """The error to raise."""
    return DataError(f"{path}: {problem}")


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
    if kind_of(found.st_mode) not in ("file", "folder"):
        raise refusal(path, f"a {kind_of(found.st_mode)}, neither a file nor a folder")
    return place, found


def inside(entry: Path, folder: Path) -> Path:
    """An entry at any depth of a folder that the user named; files and folders are reached below that folder alone.

    Raises
    ------
    DataError
        If the entry is a link that leads out of the folder.
    """
    if leads_out(entry, folder):
        raise refusal(entry, f"a link that leads out of {folder}; put a copy there, or name a folder that holds both")
    return entry


def folders_in(folder: Path) -> list[str]:
    """Names of the sub-folders that are not hidden, sorted.

    Raises
    ------
    DataError
        If the folder cannot be read.
    """
    return [path.name for path in _shown(folder) if os.path.isdir(path)]


def _shown(folder: Path) -> list[Path]:
    """What is in a folder and not hidden, by name."""
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        raise refusal(folder, unreadable(error)) from None
    return [folder / name for name in names if not name.startswith(".")]


def is_picture(path: Path) -> bool:
    """Whether a path has the ending of a picture and is no folder."""
    return path.suffix.lower() in PICTURES and not os.path.isdir(path)


def listed(names: Sequence[str]) -> str:
    """The first few names, and how many more there are."""
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more


def unread(root: Path, apart: Sequence[Path], picture_folders: Sequence[Path]) -> list[str]:
    """What is in a folder of pictures and is not read, in words: folders, then files; empty if everything is read.

    Hidden files and folders are not named.

    Parameters
    ----------
    root : Path
        The folder that the user named.
    apart : sequence of Path
        Folders that hold folders whose pictures are read; their other folders and all their files are not read.
    picture_folders : sequence of Path
        Folders whose pictures are read.
    """
    read = {*apart, *picture_folders}
    entries = [path for folder in apart for path in _shown(folder) if path not in read]
    entries += [path for folder in picture_folders for path in _shown(folder) if not is_picture(path)]
    folders = [str(path.relative_to(root)) for path in entries if os.path.isdir(path)]
    files = [str(path.relative_to(root)) for path in entries if not os.path.isdir(path)]
    return [f"{what} not read: {listed(names)}" for what, names in (("folders", folders), ("files", files)) if names]


def pictures_in(folder: Path, arrays: Sequence[str] = (), *, root: Path | None = None) -> list[Path]:
    """The pictures of a folder by name; hidden files, sub-folders and other endings are passed over.

    Parameters
    ----------
    folder : Path
        The folder.
    arrays : sequence of str
        Endings of files that the error names where there is no picture.
    root : Path, optional
        The folder that the user named, of which no link leads out; `folder` itself by default.

    Raises
    ------
    DataError
        If there is none, one is a link that leads out of `root`, or the folder cannot be read.
    """
    shown = _shown(folder)
    pictures = list(filter(is_picture, shown))
    if not pictures:
        count = sum(file.suffix.lower() in arrays for file in shown)
        folders = listed([path.name for path in shown if os.path.isdir(path)])
        hint = f"; the pictures of its folders ({folders}) are not read" if folders else ""
        hint = f"; it holds {count} arrays ({', '.join(arrays)}): name one of those files" if count else hint
        raise refusal(folder, f"no picture in this folder; endings looked for: {', '.join(PICTURES)}{hint}")
    return [inside(picture, root or folder) for picture in pictures]


def read_pictures(
    files: Sequence[Path], shape: tuple[int, int], grey: Grey, changed: Counter[str] | None = None
) -> tuple[np.ndarray, str]:
    """Pictures as uint8 (image, y, x) and how they became grey; a 16-bit grey PNG is a KITTI depth map.

    Parameters
    ----------
    files : sequence of Path
        The pictures.
    shape : (y, x)
        The wanted size [pixel].
    grey : Grey
        How depth becomes grey.
    changed : Counter, optional
        Receives what is done to pictures before, see `changes_in_words`.

    Raises
    ------
    DataError
        If one of them is missing, damaged, too large or no picture.
    """
    images = np.empty((len(files), *shape), np.uint8)
    frames = 0
    changed = Counter() if changed is None else changed
    for image, file in zip(images, files, strict=True):
        pixels = _decode(file, changed)
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
    return images, "; ".join(counts)


def changes_in_words(changed: Mapping[str, int]) -> list[str]:
    """How many pictures were changed, and how, for their source."""
    return [f"{change}: {count}" for change, count in sorted(changed.items())]


def read_colours(files: Sequence[Path], shape: tuple[int, int], changed: Counter[str] | None = None) -> np.ndarray:
    """Red, green and blue of pictures as uint8 (image, 3, y, x), each channel resized like a grey picture.

    Parameters
    ----------
    files : sequence of Path
        The pictures.
    shape : (y, x)
        The wanted size [pixel].
    changed : Counter, optional
        Receives what is done to pictures before, see `changes_in_words`.

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
            upright, done = _upright(picture)
            pixels = np.asarray(upright.convert("RGB"))
        if changed is not None:
            changed.update(done)
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
            size = (picture.height, picture.width)
            sizes.setdefault(size[::-1] if _orientation(picture) in _SIDEWAYS else size, file)
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


def _decode(file: Path, changed: Counter[str]) -> np.ndarray:
    """Luminance (y, x) as uint8, or the values of a 16-bit grey PNG; what is done before is counted."""
    with _opened(file) as picture:
        upright, done = _upright(picture)
        changed.update(done)
        return np.asarray(upright if upright.mode.startswith("I") else upright.convert("L"))


def _upright(picture: Image.Image) -> tuple[Image.Image, list[str]]:
    """A picture turned as its EXIF orientation says, its transparent parts over white, and which of both was done."""
    from PIL import Image

    done = []
    turn = _TURNS.get(_orientation(picture))
    if picture.has_transparency_data and not picture.mode.startswith("I"):
        colours = picture.convert("RGBA")
        if np.asarray(colours.getchannel("A")).min() < 255:
            white = Image.new("RGBA", colours.size, "white")
            picture = Image.alpha_composite(white, colours).convert("RGB")
            done.append("laid over white")
    if turn is not None:
        picture = picture.transpose(Image.Transpose[turn])
        done.append("turned by EXIF")
    return picture, done


def _orientation(picture: Image.Image) -> int:
    """Orientation in the EXIF block before the pixels, 1 to 8; 1, which is upright, where it says none."""
    from PIL import ExifTags

    if picture.format != "JPEG" and "exif" not in picture.info:
        return 1
    try:
        return int(picture.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # Pillow checks little of these blocks, which say nothing of the pixels
        return 1
