"""What levels on word lines do to the cells of their lines, summed over reads."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import numpy as np

from memsim.arrays import cell_currents
from memsim.arrays.patch_signal import PatchSignal
from memsim.backends import Backend
from memsim.backends.backend import set_bits
from memsim.profiles.physics import PolynomialConduction
from memsim.profiles.schema import DeviceSpec


class Strengths(NamedTuple):
    """What each input does, (array or 1, sample, row), or what all do together, (array, row).

    Attributes
    ----------
    driven : ndarray
        Whether a word line is driven; of serial inputs, how often.
    square : ndarray
        Squared level; of pulses, their number or width.
    ohmic : ndarray
        Level times the voltage that ohmic cells would need for the same current; of pulses of the read voltage, this
        voltage times their number.
    common : ndarray or None
        Level times the current that all cells have in common.
    powers : pair of ndarray, or None
        What multiplies coefficients that depend on the state.
    """

    driven: Any
    square: Any
    ohmic: Any
    common: Any = None
    powers: tuple[Any, Any] | None = None


def summed_strengths(
    spec: DeviceSpec, backend: Backend, levels: Any, coding: str, unit: float, shape: tuple[int, int]
) -> Strengths:
    """What all levels do together, float64 of a shape (array, row).

    Parameters
    ----------
    levels : (array or 1, sample, padded row), or PatchSignal
        What reaches the word lines, in units of the read voltage.
    coding : str
        How a DAC encodes an input.
    unit : float
        Level of one code, for serial inputs.
    """
    if isinstance(levels, PatchSignal):  # conduction that is not ohmic never meets patches, see `Readout`
        driven, square = (of_each_array(backend, part, shape) for part in _of_patches(backend, levels, coding, unit))
        return Strengths(driven, square, square)
    each = _strengths(spec, backend, levels, coding, unit)
    driven, square, ohmic = (of_each_array(backend, part.sum(axis=1, dtype=float), shape) for part in each[:3])
    common = None if each.common is None else of_each_array(backend, each.common.sum(axis=1), shape)
    powers = None
    if each.powers is not None:
        first, second = (of_each_array(backend, part.sum(axis=1), shape) for part in each.powers)
        powers = first, second
    return Strengths(driven, square, ohmic, common, powers)


def of_each_array(backend: Backend, sums: Any, shape: tuple[int, int]) -> Any:
    """Sums (array or 1, padded row) in a shape (array, row)."""
    return backend.asarray(np.broadcast_to(sums[:, : shape[1]], shape))


def _added(backend: Backend, levels: Any, coding: str, unit: float) -> tuple[Any, Any]:
    """How often levels (array, read, row) drive their lines, and their squares, (array, row); see `Strengths`."""
    driven, square = backend.xp.zeros((2, levels.shape[0], levels.shape[2]))
    backend.add_levels(levels, coding, unit, driven, square)
    return driven, square


def _of_patches(backend: Backend, signal: PatchSignal, coding: str, unit: float) -> list[Any]:
    """The same of patches: images are added up before their patches are gathered."""
    arrays, samples, *image = signal.images.shape
    pixels = _added(backend, signal.images.reshape(arrays, samples, -1), coding, unit)
    images = np.stack([backend.numpy(part) for part in pixels], axis=1).reshape(arrays, 2, *image)
    bias = None if signal.bias is None else 0.0
    rows = dataclasses.replace(signal, images=images, bias=bias).matrix()
    sums = rows.reshape(arrays, 2, signal.patches.positions, -1).sum(axis=2)
    if signal.bias is not None:
        ends = _added(backend, backend.xp.full((1, 1, 1), signal.bias), coding, unit)
        sums[:, :, signal.rows - 1] = [samples * signal.patches.positions * float(end[0, 0]) for end in ends]
    return [backend.asarray(sums[:, place]) for place in (0, 1)]


def _strengths(spec: DeviceSpec, backend: Backend, levels: Any, coding: str, unit: float) -> Strengths:
    """What levels do to cells that are not ohmic."""
    driven: Any = levels != 0
    if coding == "voltage":
        square = np.square(levels, dtype=float)
        signal, common = cell_currents.drive(spec, backend, levels, coding)
        ohmic = levels.astype(float) * signal
        powers = (levels * square, np.square(square))
        return Strengths(driven, square, ohmic, None if common is None else levels.astype(float) * common, powers)
    widths = np.abs(levels).astype(float)
    if coding == "serial":
        driven = backend.asarray(set_bits(np.rint(widths / unit)))
        widths = driven.astype(float)
    sign = np.sign(levels)
    powers = (sign * widths, widths)
    if isinstance(spec.conduction, PolynomialConduction):
        _, common = cell_currents.drive(spec, backend, sign, coding)
        return Strengths(driven, widths, widths, None if common is None else sign * widths * common, powers)
    return Strengths(driven, widths, widths, None, powers)
