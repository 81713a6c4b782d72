"""Arrays that users pass: complex numbers and masked ones are refused, not turned into others without a word."""

from __future__ import annotations

from typing import Any

import numpy as np

from memsim.errors import InputError


def check_real(name: str, values: Any) -> None:
    """Refuse an array whose conversion to real numbers would drop imaginary parts, or a mask.

    Parameters
    ----------
    name : str
        The argument, for errors.
    values : array_like
        Of any library; what is no array at all passes, and is left to the conversion.

    Raises
    ------
    InputError
        If values are complex, or if some are masked: what lies below a mask is no number to compute with.
    """
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        count = f"{np.ma.count_masked(values)} of {values.size} values are masked"
        raise InputError(f"{name}: {count}; allowed: numbers without a mask, such as those of .filled(0)")
    dtype = getattr(values, "dtype", None)
    if dtype is None:
        try:
            dtype = np.asarray(values).dtype
        except (TypeError, ValueError, OverflowError):
            return
    if "complex" in str(dtype):
        raise InputError(f"{name}: of type {str(dtype).removeprefix('torch.')}; allowed: real numbers")
