"""Crossbars of measured cells: which conductances a map may hold, and what is said of those outside the window."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from memsim.arrays.construction import array_state
from memsim.arrays.state import ArrayState
from memsim.errors import InputError, WindowWarning
from memsim.profiles import DeviceProfile, device_of
from memsim.units import format_quantity, parse_quantity

_DIMS = ("array", "row", "col")
_SHAPES = "allowed: (row, col) or (array, row, col)"
_FAR = 100.0
"""Half of the cells above so many times G_max: numbers in another unit than siemens. Assumed."""
_ROUNDING = 1e-9
"""Distance from an end of the window, of its width, that the conversion of a unit may cause."""


def measured_array(
    conductance: Any,
    device: DeviceProfile | str,
    column: str,
    missing: float | None,
    options: dict[str, Any],
) -> ArrayState:
    """Arrays of cells with measured conductances, see `Crossbar.from_conductance`."""
    profile = device_of(device)
    for name in ("rows", "cols", "initial"):
        if name in options:
            raise InputError(f"{name}: not allowed here; the conductances set it")
    siemens = checked(_siemens(conductance), missing)
    _check_scale(siemens, profile)
    rows, lines = siemens.shape[-2:]
    if column == "pair" and lines % 2:
        raise InputError(
            f"column: 'pair' needs an even number of columns, all first ones, then all second; not {lines}"
        )
    if siemens.ndim == 3:
        options = {"arrays": len(siemens)} | options
        if options["arrays"] != len(siemens):
            raise InputError(f"conductance: {len(siemens)} matrices do not fit arrays={options['arrays']}")
    cols = lines // 2 if column == "pair" else lines
    array = array_state(profile, rows, cols, column=column, conductance=siemens, **options)
    _warn(array, siemens)
    return array


def checked(siemens: np.ndarray, missing: float | None = None) -> np.ndarray:
    """Conductances (..., row, col) [S], all of them numbers of at least 0.

    Raises
    ------
    InputError
        A conductance is negative or infinite, or it is NaN and `missing` says nothing.
    """
    empty = np.isnan(siemens)
    if empty.any():
        if missing is None:
            raise InputError(
                f"conductance: {empty.sum()} of {siemens.size} cells have no number (NaN), the first at "
                f"{_place(empty)}; missing= decides: the conductance of such a cell [S], e.g. missing=0.0"
            )
        siemens = np.where(empty, _missing(missing), siemens)
    for wrong, what, remedy in (
        (np.isinf(siemens), "infinite", "allowed: finite conductances of at least 0 S"),
        (siemens < 0, "negative", "a conductance is at least 0 S; `.clip(min=0)` sets offsets of an instrument to 0"),
    ):
        if wrong.any():
            first = f"the first ({format_quantity(float(siemens[wrong][0]), 'S', 4)}) at {_place(wrong)}"
            raise InputError(f"conductance: {wrong.sum()} of {siemens.size} are {what}, {first}; {remedy}")
    return siemens


def _siemens(conductance: Any) -> np.ndarray:
    """The numbers of a matrix in siemens, float64; masked ones are NaN.

    Raises
    ------
    InputError
        It is no matrix of real numbers, or a DataArray without a unit of conductance or with other dimensions.
    """
    factor = 1.0
    if hasattr(conductance, "dims") and hasattr(conductance, "attrs"):
        factor = _unit(conductance.attrs.get("units"))
        conductance = _ordered(conductance)
    try:
        numbers = np.ma.asarray(conductance)
    except (TypeError, ValueError):
        raise InputError(f"conductance: not an array of numbers; {_SHAPES}") from None
    if numbers.dtype.kind not in "iuf":
        raise InputError(f"conductance: of type {numbers.dtype}; allowed: real numbers [S]")
    if numbers.ndim not in (2, 3) or not numbers.size:
        raise InputError(f"conductance: shape {numbers.shape} is no matrix; {_SHAPES}")
    return np.ma.filled(numbers.astype(float), math.nan) * factor


def _unit(unit: Any) -> float:
    """What a number in a unit is multiplied by to be in siemens."""
    if unit is None:
        raise InputError("conductance: the DataArray has no attribute 'units'; set it, e.g. attrs['units'] = 'uS'")
    try:
        return parse_quantity(f"1 {unit}", "S")
    except InputError as error:
        raise InputError(f"conductance: attribute 'units': {error}") from None


def _ordered(values: Any) -> np.ndarray:
    """Numbers of a DataArray in the order (array, row, col)."""
    dims = {"line": "col"}
    names = [dims.get(str(name), str(name)) for name in values.dims]
    if sorted(names) not in (sorted(_DIMS), sorted(_DIMS[1:])):
        raise InputError(f"conductance: dimensions {tuple(map(str, values.dims))}; {_SHAPES}")
    return np.transpose(values.values, [names.index(name) for name in _DIMS if name in names])


def _missing(missing: Any) -> float:
    number = isinstance(missing, int | float | np.number) and not isinstance(missing, bool)
    if not number or not 0 <= missing < math.inf:
        raise InputError(f"missing: {missing!r} is not a finite number of at least 0 [S]")
    return float(missing)


def _place(which: np.ndarray) -> str:
    """The first cell that is meant, in words."""
    place = tuple(map(int, np.argwhere(which)[0]))
    return f"({', '.join(_DIMS[-len(place) :])}) = {place}"


def _check_scale(siemens: np.ndarray, device: DeviceProfile) -> None:
    """Refuse numbers that are far too large for the device to be siemens."""
    most, middle = device.spec.conductance.max, float(np.median(siemens))
    if middle > _FAR * most:
        exceeded, end = (format_quantity(g, "S", 4) for g in (middle, most))
        raise InputError(
            f"conductance: half of the cells exceed {exceeded}, {middle / most:.3g} times G_max of device "
            f"'{device.name}' ({end}); numbers are in siemens, or in the unit of a DataArray (attribute 'units')"
        )


def _warn(array: ArrayState, siemens: np.ndarray) -> None:
    """Say how many conductances lie outside the nominal window, and how many beyond the bounds of the array."""
    window = array.device.spec.conductance
    cases = [(array.limits, array.bounds, "the bounds of the array", "pulses move such a cell to the nearer bound")]
    if not window.nominal:
        which = f"the window of device '{array.device.name}'"
        cases.append(((0.0, 1.0), (0.0, 1.0), which, "the windows of their cells are widened to hold them"))
    state = (siemens - window.min) / window.width
    for (low, high), shown, which, consequence in cases:
        outside = (state < low - _ROUNDING) | (state > high + _ROUNDING)
        if outside.any():
            ends = (window.min + end * window.width for end in shown)
            least, most, lower, upper = (format_quantity(g, "S", 4) for g in (siemens.min(), siemens.max(), *ends))
            warnings.warn(
                f"{outside.sum()} of {siemens.size} conductances ({least} to {most}) lie outside {which} ({lower} to "
                f"{upper}); {consequence}",
                WindowWarning,
                stacklevel=4,
            )
