"""What a crossbar accepts: signals, bounds, sizes and choices, checked with a reason where they are refused."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable
from typing import Any

import numpy as np

from memsim import philox
from memsim.errors import InputError, nearest, shown
from memsim.philox import COUNTER, MAX_ARRAYS, MAX_COLUMNS, MAX_ROWS, MAX_SAMPLES
from memsim.profiles import DeviceProfile
from memsim.real_arrays import check_real

MAX_CELLS = 1 << 33
LONGEST = 1e30
"""Longest wait [s]: so many fit into an array's clock that it stays a finite number."""
LARGEST_ERROR = 1e3
"""Largest sigma of the error that is added after programming, in w."""
_LEAST_BOUND = 1e-3
"""Upper bounds of w below this are taken for conductances in siemens. Assumed."""


def targets(states: Any, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """Target states of all cells, (row, line) of one matrix or (array, row, line) of a stack."""
    values = real_numbers("state", states)
    try:
        targets = np.broadcast_to(values.astype(dtype), shape)
    except ValueError:
        axes = ("array", "row", "line")[-len(shape) :]
        raise InputError(f"state: shape {values.shape} does not fit; allowed: ({', '.join(axes)}) = {shape}") from None
    if not np.isfinite(targets).all():
        raise InputError("state: contains NaN or infinity; only finite numbers are allowed")
    return targets


def real_numbers(name: str, values: Any) -> np.ndarray:
    """Any array of real numbers as float64 (or its own type of floating point); NaN and infinity pass.

    Raises
    ------
    InputError
        If a value is no real number or masked, or rows are of unequal length.
    """
    check_real(name, values)
    try:
        array = np.asarray(values)
        return array if np.issubdtype(array.dtype, np.floating) else array.astype(float)
    except OverflowError:
        raise InputError(f"{name}: {shown(values)} is too large; allowed: real numbers below 1.8e+308") from None
    except (TypeError, ValueError):
        what = "real numbers, in rows of equal length" if isinstance(values, list | tuple) else "real numbers"
        raise InputError(f"{name}: {shown(values)} is not allowed; {what}") from None


def spanned_bounds(bounds: tuple[float, float] | None, device: DeviceProfile) -> tuple[float, float]:
    """The bounds of w, checked as by `check_bounds`, which weights are to span.

    Raises
    ------
    InputError
        If there are no bounds.
    """
    low, high = check_bounds(bounds, device)
    if not math.isfinite(high - low):
        raise InputError("bounds: None leaves weights nothing to span; allowed: (min, max)")
    return low, high


def check_bounds(bounds: tuple[float, float] | None, device: DeviceProfile) -> tuple[float, float]:
    """The bounds of w as two numbers (infinite for None), checked against the device's window.

    Raises
    ------
    InputError
        If min is not below max, or the bounds leave [0, 1] on a device that cannot.
    """
    lower, upper = (-math.inf, math.inf) if bounds is None else pair("bounds", bounds)
    window = device.spec.conductance
    if not window.nominal and 0 <= lower < upper < _LEAST_BOUND:
        raise InputError(
            f"bounds: [{lower:g}, {upper:g}] span less than a thousandth of the window of device '{device.name}'; "
            f"bounds are shares of the window, w = (G - G_min)/(G_max - G_min): {upper:g} S would be w = "
            f"{(upper - window.min) / window.width:.3g}"
        )
    if not device.spec.conductance.nominal and not 0 <= lower < upper <= 1:
        stated = "none" if bounds is None else f"[{lower:g}, {upper:g}]"
        raise InputError(
            f"bounds: {stated} leave the window of device '{device.name}'; allowed within [0, 1] "
            "(only a cell with a nominal window, such as 'ideal', goes beyond)"
        )
    return lower, upper


def compliance_limits(bounds: tuple[float, float], device: DeviceProfile) -> tuple[float, float]:
    """The compliance limits of w that bounds set; infinite where an end sets none.

    A bound limits the state only strictly inside the nominal window: one that equals an end of this window leaves each
    cell its own window. The bounds of a device whose window is nominal by convention are literal.
    """
    if device.spec.conductance.nominal:
        return bounds
    lower, upper = bounds
    return (lower if lower > 0 else -math.inf), (upper if upper < 1 else math.inf)


def pair(name: str, values: Any) -> tuple[float, float]:
    try:
        lower, upper = (float(v) for v in values)
    except (TypeError, ValueError):
        raise InputError(f"{name}: {values!r} is not a pair of numbers [min, max]") from None
    if not (math.isfinite(lower) and math.isfinite(upper) and lower < upper):
        raise InputError(f"{name}: [{lower:g}, {upper:g}] is not allowed; min must be below max and both finite")
    return lower, upper


def choice(name: str, value: Any, allowed: Iterable[str]) -> str:
    """One of the allowed words."""
    allowed = tuple(allowed)
    if not isinstance(value, str) or value not in allowed:
        raise InputError(f"{name}: unknown choice {shown(value)}{nearest(str(value), allowed)}")
    return value


def flag(name: str, value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool | np.bool_):
        raise InputError(f"{name}: {shown(value)} is not allowed; true or false")
    return bool(value)


def number(name: str, value: Any, low: float, high: float, unit: str = "", *, above: bool = False) -> float:
    """A number from `low` to `high`, or above `low`.

    Raises
    ------
    InputError
        If it is another type (a bool is no number), or outside.
    """
    real = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    most = min(high, sys.float_info.max)
    if not real or not (low < value <= most if above else low <= value <= most):
        span = f"above {low:g}" if above else f"from {low:g}" if high < math.inf else f"of at least {low:g}"
        end = "" if high == math.inf else f" and up to {high:g}" if above else f" to {high:g}"
        raise InputError(f"{name}: {shown(value)} is not a number {span}{end}{f' [{unit}]' if unit else ''}")
    return float(value)


def checked_shape(arrays: Any, rows: Any, cols: Any, first_array: Any) -> tuple[int, int, int]:
    for name, value in (("arrays", arrays), ("rows", rows), ("cols", cols)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
            raise InputError(f"{name}: {value!r} is not a whole number of at least 1")
    for name, value, most in (("rows", rows, MAX_ROWS), ("cols", cols, MAX_COLUMNS // 2)):
        if value > most:
            raise InputError(f"{name}: {value} lines; an array can address {most}")
    whole("first_array", first_array, 0)
    if first_array > MAX_ARRAYS - arrays:
        raise InputError(f"arrays: addresses {first_array} to {first_array + arrays - 1} exceed {MAX_ARRAYS}")
    cells = arrays * rows * cols
    if cells > MAX_CELLS:
        raise InputError(f"{arrays} arrays of {rows} x {cols} have {cells:.3g} cells; allowed are {MAX_CELLS:.3g}")
    return int(arrays), int(rows), int(cols)


def first_sample(value: Any, samples: int) -> int:
    """The number of the first of some samples, if all of them have addresses."""
    first = philox.below("first_sample", value, MAX_SAMPLES)
    if first + samples > MAX_SAMPLES:
        raise InputError(f"x: samples {first} to {first + samples - 1} of one read; {MAX_SAMPLES} can be addressed")
    return first


def whole(name: str, value: Any, least: int, most: int | None = None) -> int:
    """A whole number from `least` to `most`; to the largest one that an array can address if not stated."""
    highest = COUNTER - 1 if most is None else most
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not least <= value <= highest:
        span = f"of at least {least}" if most is None else f"from {least} to {most}"
        raise InputError(f"{name}: {shown(value)} is not a whole number {span}")
    return int(value)


def duration(name: str, value: Any) -> float:
    """A time [s], from 0 to `LONGEST`."""
    return number(name, value, 0, LONGEST, "s")
