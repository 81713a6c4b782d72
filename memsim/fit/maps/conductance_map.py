"""Measured conductance maps in files, as DataArrays that `Crossbar.from_conductance` takes."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.errors import DataError, InputError, nearest
from memsim.fit.maps.matrix import MAX_CELLS
from memsim.fit.maps.numerals import beyond, beyond_in_words
from memsim.fit.maps.text import Map, map_in
from memsim.fit.maps.units import Stated, factor_of
from memsim.fit.reading.source import text_of
from memsim.storage import npy

if TYPE_CHECKING:
    import xarray as xr

_NAME = "conductance"
_UNITS = ("units", "unit")
_LONGEST = 64


def read_conductance_map(
    path: str | os.PathLike[str],
    *,
    unit: str | None = None,
    name: str | None = None,
    decimal: str | None = None,
    layout: str | None = None,
) -> xr.DataArray:
    """Conductances of the cells of an array, from a text, .npz or .npy file.

    A text (CSV, TSV, semicolons, bars or blanks; decimal points or commas) holds a matrix with a line for each row,
    with or without labels of rows and columns, or a list of cells with the headings ``row``, ``col`` and
    ``conductance``. Labels that are whole numbers, or words that end in them (``WL0``, ``WL1``), place the rows and
    columns; in a map of one column, labels may place the cells (``r0c3``, ``WL0_BL3``). Lines that begin with # are
    comments, and lines of words above the map are left out. An .npz file holds one array, or one called
    ``conductance``, or the one that `name` says.

    Cells without a measurement are NaN: empty ones, ``nan``, ``NA``, ``-``, and those that labels or a list leave out.

    Parameters
    ----------
    path : str or path
        The file; a text may also come from a pipe.
    unit : str, optional
        Unit of the numbers, e.g. "uS". Not needed if the file says it: in its headings (``G (uS)``), in a first line
        such as ``# conductance (uS)``, or in an array ``units`` of an .npz file.
    name : str, optional
        Name of the array in an .npz file.
    decimal : {".", ","}, optional
        Decimal sign of a text; what the conductances show if not given.
    layout : {"matrix", "cells"}, optional
        Whether the lines of a text are rows of a matrix, or cells with the numbers of their row and column; what
        headings and numbers show if not given.

    Returns
    -------
    xarray.DataArray
        Conductances [S], (row, col), or (array, row, col) for an array with three dimensions. The coordinates are the
        numbers of rows and columns: as labels or a list have them, else from 0. The attribute `source` is the path;
        `note`, where there is one, says how the numbers were read.

    Raises
    ------
    DataError
        The file cannot be read, is too large, is no map of finite numbers, or its unit is unknown or unclear.
    InputError
        An argument is not allowed.

    Examples
    --------
    >>> g = read_conductance_map("chip-7.csv", unit="uS")
    >>> xbar = memsim.Crossbar.from_conductance(g, "taox-hfox-wu2018")
    """
    import xarray as xr

    for argument, value in (("unit", unit), ("name", name)):
        if value is not None and not isinstance(value, str):
            raise InputError(f"{argument}: {value!r} is not a text")
    if decimal not in (None, ".", ","):
        raise InputError(f"decimal: {decimal!r} is no decimal sign; allowed: '.', ','")
    if layout not in (None, "matrix", "cells"):
        raise InputError(f"layout: {layout!r} is unknown; allowed: 'matrix', 'cells'")
    file, label = Path(path), _printable(str(path))
    if file.suffix.lower() in npy.SUFFIXES:
        siemens, rows, cols, notes = _from_array(file, label, unit, name)
    elif name is not None:
        raise InputError(f"name: {label} has no named arrays; only .npz files have")
    else:
        text = text_of(path, remedy="save the map as .npz", pipes=True)
        siemens, rows, cols, notes = map_in(text, label, unit, decimal, layout)
    return xr.DataArray(
        siemens,
        dims=("array", "row", "col")[-siemens.ndim :],
        coords={"row": rows + np.arange(siemens.shape[-2]), "col": cols + np.arange(siemens.shape[-1])},
        name=_NAME,
        attrs={"units": "S", "long_name": "measured conductance", "source": label}
        | ({"note": "; ".join(notes)} if notes else {}),
    )


def _from_array(file: Path, label: str, unit: str | None, name: str | None) -> Map:
    """The map in an .npy or .npz file."""
    if name is not None and file.suffix.lower() != ".npz":
        raise InputError(f"name: {label} has no named arrays; only .npz files have")
    units: list[str] = []

    def choose(names: list[str]) -> str:
        units.extend(name for name in _UNITS if name in names)
        arrays = [each for each in names if each not in _UNITS]
        if name is not None:
            if name not in arrays:
                raise DataError(f"{label}: no array '{name}'{nearest(name, arrays)}")
            return name
        if _NAME in arrays or len(arrays) == 1:
            return _NAME if _NAME in arrays else arrays[0]
        held = ", ".join(f"'{_printable(each)}'" for each in arrays[:8]) or "none"
        raise DataError(f"{label}: {len(arrays)} arrays ({held}); name= says which one is the map")

    try:
        with npy.opened(file, label, choose) as stored:
            numbers = _numbers(stored)
        stated = []
        for key in units:
            with npy.opened(file, label, lambda names, key=key: key) as stored:  # type: ignore[misc]
                stated.append(Stated(_text(stored, key), f"{label}: {key}"))
    except DataError:
        raise
    except OSError as error:
        raise DataError(f"{label}: {(error.strerror or str(error)).lower()}") from None
    except Exception as error:
        reason = _printable(" ".join(str(error).split())[:200]) or type(error).__name__
        raise DataError(f"{label}: damaged, or no {file.suffix.lower()} file ({reason})") from None
    siemens = numbers * factor_of(unit, stated, label)
    wrong = beyond(siemens)
    if wrong is not None:
        raise DataError(f"{label}: at {wrong}: {beyond_in_words(siemens[wrong])}")
    return Map(siemens)


def _numbers(stored: npy.StoredArray) -> np.ndarray:
    """The numbers of an array; its header is judged before they are read."""
    shape, label = stored.shape, stored.file
    if stored.dtype.kind not in "iuf":
        raise DataError(f"{label}: array of type {stored.dtype}; allowed: real numbers")
    if len(shape) not in (2, 3) or min(shape) < 1:
        raise DataError(f"{label}: array of shape {shape}; allowed: (row, col) or (array, row, col)")
    if math.prod(shape) > MAX_CELLS:
        raise DataError(f"{label}: {math.prod(shape):,} cells; at most {MAX_CELLS:,} are read")
    numbers = stored.read().astype(float)
    wrong = np.isinf(numbers)
    if wrong.any():
        place = tuple(map(int, np.argwhere(wrong)[0]))
        raise DataError(
            f"{label}: the number at {place} is infinite; allowed: finite numbers, and NaN without measurement"
        )
    return numbers


def _text(stored: npy.StoredArray, key: str) -> str:
    """A unit in an .npz file.

    Raises
    ------
    DataError
        It is no short text.
    """
    if stored.dtype.kind != "U" or math.prod(stored.shape) != 1 or stored.dtype.itemsize > 4 * _LONGEST:
        raise DataError(f"{stored.file}: '{key}' is no text such as 'uS'")
    text: Any = stored.read().reshape(-1)[0]
    return str(text)


def _printable(text: str) -> str:
    """The text as it is, or with escapes where it would break the line."""
    return text if text.isprintable() else ascii(text)
