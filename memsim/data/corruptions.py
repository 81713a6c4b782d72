"""Corruptions of images, addressed: a field depends on seed, image, corruption and, if fresh, level only.

A field is the random numbers that one image takes at one level. Their address (see `memsim.philox`, stream CORRUPTION)
is the image, c2 the corruption, c1 the level (0 if all levels share the field) and c0 the pixel or coordinate; where
channels have numbers of their own, those of the second channel follow those of the first. So neither the other images
nor the other levels change a result.

Sources: the study, "A Systematic Decomposition of Neural Network Robustness", Y. Akbay, preprint, 2025/2026, and the
"robust-vision" framework around it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from memsim.errors import InputError, nearest
from memsim.philox import MAX_ARRAYS, CorruptionField, Stream, level_word

FIELDS = ("scaled", "fresh")
"""One field for all levels of an image, or one for each level."""

FOG = (0.9, 0.1)
"""Darkest grey of fog and what it varies by (framework)."""
PATCHES = 10
"""Patches at severity 1 (framework)."""
PATCH = 8
"""Side of a patch [pixel] (framework)."""


# Each of these writes the images at one level into `out` (image, y, x); the formulas are in `corrupt`.
def _gaussian(out: np.ndarray, images: np.ndarray, severity: float, normal: np.ndarray) -> None:
    np.multiply(normal, severity, out=out)
    out += images
    np.clip(out, 0.0, 1.0, out=out)


def _salt_and_pepper(out: np.ndarray, images: np.ndarray, share: float, uniform: np.ndarray) -> None:
    out[:] = images
    np.copyto(out, 0.0, where=uniform < share / 2)
    np.copyto(out, 1.0, where=uniform > 1 - share / 2)


def _salt_and_pepper_masks(
    out: np.ndarray, images: np.ndarray, share: float, salt: np.ndarray, pepper: np.ndarray
) -> None:
    out[:] = images
    np.copyto(out, 1.0, where=salt < share / 2)
    np.copyto(out, 0.0, where=pepper < share / 2)


def _fog(out: np.ndarray, images: np.ndarray, density: float, uniform: np.ndarray) -> None:
    np.multiply(uniform, FOG[1], out=out)
    out += FOG[0]
    out *= density
    out += (1 - density) * images
    np.clip(out, 0.0, 1.0, out=out)


def _occlusion(out: np.ndarray, images: np.ndarray, area: float, uniform: np.ndarray) -> None:
    out[:] = images
    height, width = (int(side * math.sqrt(area)) for side in images.shape[1:])
    _blacken(out, height, width, uniform[:, None])


def _occlusion_patches(out: np.ndarray, images: np.ndarray, density: float, uniform: np.ndarray) -> None:
    out[:] = images
    places = uniform.reshape(len(uniform), PATCHES, 2)[:, : max(1, int(PATCHES * density))]
    height, width = (min(PATCH, side) for side in images.shape[1:])
    _blacken(out, height, width, places)


def _blacken(out: np.ndarray, height: int, width: int, places: np.ndarray) -> None:
    """Set blocks to 0; their places (image, block, 2) in (0, 1] run from one end of each axis to the other."""
    # The number is in (0, 1], so rounding up makes each of the room + 1 places equally likely.
    room = np.array(out.shape[1:]) - (height, width)
    top, left = np.moveaxis(np.ceil(places * (room + 1.0)).astype(np.intp) - 1, -1, 0)
    rows = top[..., None, None] + np.arange(height)[:, None]
    columns = left[..., None, None] + np.arange(width)
    out[np.arange(len(out))[:, None, None, None], rows, columns] = 0.0


@dataclass(frozen=True)
class Corruption:
    """One kind of corruption and the random numbers it takes."""

    field: CorruptionField  # counter word c2 of its first field
    write: Callable[..., None]  # (out, images, level, *fields), all for one level
    largest: float = 1.0  # severity
    distribution: str = "uniform"
    fields: int = 1  # at c2 = field, field + 1, ...
    numbers: int | None = None  # of a field; None: one a pixel
    each_channel: bool = False  # whether the channels of a pixel have numbers of their own


# The largest Gaussian severity is assumed.
_REGISTRY = {
    "gaussian": Corruption(
        CorruptionField.GAUSSIAN, _gaussian, largest=100.0, distribution="normal", each_channel=True
    ),
    "salt-and-pepper": Corruption(CorruptionField.SALT_AND_PEPPER, _salt_and_pepper),
    "salt-and-pepper-masks": Corruption(CorruptionField.SALT_AND_PEPPER_MASKS, _salt_and_pepper_masks, fields=2),
    "fog": Corruption(CorruptionField.FOG, _fog),
    "occlusion": Corruption(CorruptionField.OCCLUSION, _occlusion, numbers=2),
    "occlusion-patches": Corruption(CorruptionField.OCCLUSION_PATCHES, _occlusion_patches, numbers=2 * PATCHES),
}

CORRUPTIONS: dict[str, int] = {kind: int(corruption.field) for kind, corruption in _REGISTRY.items()}
"""Counter word c2 of each corruption's first field, and its number among the reads of a test."""


def largest(kind: str) -> float:
    """Largest severity of a corruption, dimensionless; the smallest is 0.

    Raises
    ------
    InputError
        If there is no such corruption.
    """
    return _find(kind).largest


def _find(kind: str) -> Corruption:
    if kind not in _REGISTRY:
        raise InputError(f"corruption: unknown corruption {kind!r}{nearest(kind, _REGISTRY)}")
    return _REGISTRY[kind]


def corrupt(
    kind: str,
    images: np.ndarray,
    levels: Sequence[float],
    *,
    seed: int,
    first_image: int = 0,
    fields: str = "scaled",
) -> np.ndarray:
    """Corrupted copies of images, (image, level, y, x) or (image, level, channel, y, x), float32 in [0, 1].

    =========================  ======================================================================================
    ``gaussian``               clip(x + s N, 0, 1), N standard normal, one a pixel and channel (study, framework)
    ``salt-and-pepper``        one uniform u a pixel: u < p/2 turns black, u > 1 - p/2 white (study)
    ``salt-and-pepper-masks``  two masks of probability p/2 each: white, then black over it (framework)
    ``fog``                    clip((1 - i) x + i (0.9 + 0.1 U), 0, 1), U uniform, one a pixel (framework)
    ``occlusion``              one black block of int(side sqrt(p)) pixels along each axis, by its own side (study: 64)
    ``occlusion-patches``      max(1, int(10 p)) black patches of 8 x 8 pixels, so one even at 0 (framework)
    =========================  ======================================================================================

    Blocks and patches lie inside the image, each place equally likely; a patch is cut to the side of a smaller image.
    Of an image with colours, all channels of a pixel have the same numbers, but for ``gaussian``.

    Parameters
    ----------
    kind : str
        One of `CORRUPTIONS`.
    images : (image, y, x) or (image, channel, y, x)
        Grey levels or colours in [0, 1].
    levels : sequence of float
        Severities, dimensionless, from 0 to ``largest(kind)``.
    seed : int
        Key of the fields.
    first_image : int
        Address of the first image, for sets that are processed in parts.
    fields : {"scaled", "fresh"}
        ``scaled``: one field an image for all levels (study), so a level touches all pixels that a smaller one touches.
        ``fresh``: one for each level; levels that round to the same multiple of 2^-20 share it.

    Raises
    ------
    InputError
        If the kind, a level, `fields`, the seed or the shape or address of the images is not one of the above.
    """
    corruption = _find(kind)
    if fields not in FIELDS:
        raise InputError(f"fields: unknown choice {fields!r}{nearest(fields, FIELDS)}")
    severities = [float(level) for level in levels]
    for severity in severities:
        if not 0 <= severity <= corruption.largest:
            raise InputError(f"levels: {severity} is not a severity of {kind}; allowed: 0 to {corruption.largest:g}")
    images = np.asarray(images, np.float32)
    if images.ndim not in (3, 4):
        raise InputError(f"images: the shape is {images.shape}; it must be (image, y, x) or (image, channel, y, x)")
    if not 0 <= first_image <= MAX_ARRAYS - len(images):
        raise InputError(f"images: addresses {first_image} to {first_image + len(images) - 1} exceed {MAX_ARRAYS}")

    out = np.empty((len(images), len(severities), *images.shape[1:]), np.float32)
    colours, copies = (images, out) if images.ndim == 4 else (images[:, None], out[:, :, None])
    apart = corruption.each_channel and images.ndim == 4
    shape = images.shape if apart else (len(images), *images.shape[-2:])
    drawn: list[np.ndarray] = []
    for k, severity in enumerate(severities):
        if fields == "fresh" or not drawn:
            column = level_word(severity) if fields == "fresh" else 0
            drawn = _draw(corruption, shape, seed=seed, first_array=first_image, first_column=column)
        for channel in range(colours.shape[1]):
            fields_of_channel = [numbers[:, channel] for numbers in drawn] if apart else drawn
            corruption.write(copies[:, k, channel], colours[:, channel], severity, *fields_of_channel)
    return out


def _draw(corruption: Corruption, shape: tuple[int, ...], **address: int) -> list[np.ndarray]:
    """The fields of all images, each (image, y, x), (image, channel, y, x) or (image, number)."""
    from memsim.kernels.fill import fill  # Numba: not needed to check an experiment

    samples, *pixels = shape
    numbers = corruption.numbers or math.prod(pixels)
    return [
        fill(
            corruption.distribution,
            (samples, 1, numbers),
            stream=Stream.CORRUPTION,
            step=corruption.field + field,
            **address,
        ).reshape(samples, *((numbers,) if corruption.numbers else pixels))
        for field in range(corruption.fields)
    ]
