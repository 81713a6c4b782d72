"""xarray Datasets as netCDF-4 files that appear whole or not at all, and back."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from memsim.errors import OutputError
from memsim.storage.files import Writer, write_file
from memsim.storage.inputs import no_file

if TYPE_CHECKING:
    import xarray as xr

_DENSEST = 1100
"""Bytes that a byte of a compressed file can hold; deflate reaches 1032."""
_LEAST = 1 << 20
"""Bytes that every file may declare, small ones included."""


def save(dataset: xr.Dataset, path: str | Path, *, force: bool = False) -> Path:
    """Write a Dataset as netCDF-4 and return its path; the file appears whole or not at all.

    Raises
    ------
    OutputError
        If the file exists and `force` is false, or it cannot be written.
    """
    return write_file(Path(path), writer(dataset), force=force)


def writer(dataset: xr.Dataset) -> Writer:
    """What writes a Dataset as netCDF-4 to a path; larger numbers are compressed.

    The library writes to a path, not to memory: files that it made in memory cannot be opened for appending.
    """
    encoding = {
        name: {"zlib": True, "complevel": 1}
        for name, variable in dataset.data_vars.items()
        if variable.dtype.kind in "fiu" and variable.size > 1000
    }
    return lambda path: dataset.to_netcdf(path, engine="netcdf4", format="NETCDF4", encoding=encoding)


def read(path: str | Path, attribute: str, what: str, newest: int) -> xr.Dataset:
    """A Dataset that memsim wrote, loaded into memory.

    Parameters
    ----------
    path : str or Path
        The file.
    attribute : str
        That holds the version of the file's layout.
    what : str
        What messages call its content.
    newest : int
        The latest version that can be read.

    Raises
    ------
    OutputError
        If the file is missing, not netCDF, says that it holds more than it can, or has another content or a later
        version.
    """
    import xarray as xr

    path = Path(path)
    problem = no_file(path)
    if problem:
        raise OutputError(f"{path}: {problem}; {what} is a file ending in .nc")
    try:
        _check_sizes(path)
        with xr.open_dataset(path, engine="netcdf4") as opened:
            dataset = opened.load()
    except OutputError:
        raise
    except Exception as error:
        raise OutputError(f"{path}: not a readable netCDF file ({_first_line(error)})") from None
    version = dataset.attrs.get(attribute)
    if version is None:
        raise OutputError(f"{path}: not {what} of memsim (it has no attribute '{attribute}')")
    if not hasattr(version, "__index__") or version < 1:
        raise OutputError(f"{path}: its attribute '{attribute}' is damaged ({str(version)[:40]!r} is not a version)")
    if version > newest:
        raise OutputError(
            f"{path}: written with schema {version}, this version reads up to {newest}; update memsim to read it"
        )
    return dataset


def _check_sizes(path: Path) -> None:
    """Refuse a file whose variables could not all be in it, before any of them is allocated."""
    import netCDF4

    size = path.stat().st_size
    with netCDF4.Dataset(path) as opened:
        declared = sum(math.prod(variable.shape) * _width(path, variable) for variable in opened.variables.values())
    if declared > _LEAST + _DENSEST * size:
        raise OutputError(
            f"{path}: damaged; it says that it holds {declared / 2**20:.3g} MiB, but has {size / 2**20:.3g} MiB"
        )


def _width(path: Path, variable: Any) -> int:
    """Bytes of a number of a variable, or of a pointer to a text."""
    if variable.dtype is str:
        return 8
    kind = getattr(variable.dtype, "kind", "O")
    if not isinstance(variable.datatype, type(variable.dtype)) or kind not in "fiubSU":
        raise OutputError(f"{path}: '{variable.name}' holds neither numbers nor text")
    return variable.dtype.itemsize


def _first_line(error: Exception) -> str:
    """What the netCDF library says, without the path that it repeats."""
    lines = str(error).splitlines()
    return re.sub(r"\[Errno -?\d+\] |: '[^']*'$", "", lines[0])[:200] if lines else type(error).__name__
