"""xarray Datasets as netCDF-4 files that appear whole or not at all, and back."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from memsim.errors import OutputError
from memsim.storage import hdf5
from memsim.storage.files import Writer, write_file
from memsim.storage.inputs import no_file

if TYPE_CHECKING:
    import netCDF4
    import xarray as xr

_LIBRARIES = threading.RLock()
"""Held while the netCDF and HDF5 libraries read or write: two threads in them at once end the process."""
_SHADOWED = "_nc4_non_coord_"
"""Start of the name in HDF5 of a variable that has the name of a dimension but other dimensions."""
_CUT = re.compile(r"truncated file: eof = (\d+), .*stored_eof = (\d+)")
"""What HDF5 says of a file that is shorter than it was written."""
CONTENTS = {
    "memsim_schema": ("a result", "'memsim show FILE' and memsim.load"),
    "memsim_crossbar": ("a crossbar", "memsim.Crossbar.from_netcdf"),
    "memsim_checkpoint": ("a training of a network", "memsim.networks.checkpoint.load"),
}
"""Attribute of the version -> what a file of memsim holds, and what reads it."""
_TEXTS = {"units", "long_name", "description", "interval", "flag_meanings"}
"""Attributes of variables that are texts."""


class OtherContentError(OutputError):
    """A file of memsim that holds something else.

    Attributes
    ----------
    attribute : str
        The attribute with the version of what it holds, a key of `CONTENTS`.
    """

    def __init__(self, message: str, attribute: str) -> None:
        super().__init__(message)
        self.attribute = attribute


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

    def write(path: Path) -> None:
        with _LIBRARIES:
            dataset.to_netcdf(path, engine="netcdf4", format="NETCDF4", encoding=encoding)

    return write


def read(
    path: str | Path,
    attribute: str,
    what: str,
    newest: int,
    *,
    numbers: Collection[str] = (),
    known: Callable[[str, xr.Variable], bool] | None = None,
    checked: Callable[[xr.Dataset], xr.Dataset] | None = None,
) -> xr.Dataset:
    """A Dataset that memsim wrote, loaded into memory. The file may be damaged or hostile, see `hdf5.check`.

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
    numbers : collection of str
        Other attributes of the file that are whole numbers. All attributes that are not become texts.
    known : callable, optional
        Whether a variable, given by its name and itself, is loaded. Others are left out. By default, all are loaded.
    checked : callable, optional
        Returns what is loaded of a Dataset whose values still are in the file, and raises an `OutputError` if its
        variables are not as they should be.

    Raises
    ------
    OutputError
        If the file is missing, not netCDF-4, refers to other files, says that it holds more than it can, or has another
        content or a later version.
    """
    import netCDF4
    import xarray as xr

    path = Path(path)
    problem = no_file(path)
    if problem:
        raise OutputError(f"{path}: {problem}; {what} is a file ending in .nc")
    try:
        with _LIBRARIES:
            shapes = hdf5.check(path)
            with netCDF4.Dataset(path.absolute()) as file:
                _check_shapes(path, file, shapes)
                opened = xr.open_dataset(xr.backends.NetCDF4DataStore(file), decode_times=False)
                if known is not None:
                    opened = opened.drop_vars([name for name, v in opened.variables.items() if not known(str(name), v)])
                opened.encoding["source"] = str(path.absolute())
                _check_version(path, opened, attribute, what, newest, numbers)
                dataset = (opened if checked is None else checked(opened)).load()
    except OutputError:
        raise
    except Exception as error:
        cut = _CUT.search(str(error))
        if cut:
            size, whole = map(int, cut.groups())
            raise OutputError(f"{path}: not a readable netCDF file (cut short: {size:,} of {whole:,} bytes)") from None
        raise OutputError(f"{path}: not a readable netCDF file ({_first_line(error)})") from None
    return dataset


def _check_version(
    path: Path, dataset: xr.Dataset, attribute: str, what: str, newest: int, numbers: Collection[str]
) -> None:
    """Refuse a file of another content or of a later version, and normalise its attributes."""
    if attribute not in dataset.attrs:
        for other, (content, readers) in CONTENTS.items():
            if other in dataset.attrs:
                raise OtherContentError(f"{path}: {content} of memsim, not {what}; it is read by {readers}", other)
        raise OutputError(f"{path}: not {what} of memsim (it has no attribute '{attribute}')")
    _normalise_attributes(path, dataset, {attribute, *numbers})
    version = dataset.attrs[attribute]
    if version < 1:
        raise OutputError(f"{path}: its attribute '{attribute}' is damaged ({version} is not a version)")
    if version > newest:
        raise OutputError(
            f"{path}: written with schema {version}, this version reads up to {newest}; update memsim to read it"
        )


def _check_shapes(path: Path, file: netCDF4.Dataset, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Refuse variables that were not checked, or whose dimensions are longer: netCDF allocates what dimensions say."""
    for name, variable in file.variables.items():
        if shapes.get(name, shapes.get(_SHADOWED + name)) != variable.shape:
            raise OutputError(f"{path}: damaged; '{name}' has another shape than its dimensions")


def _normalise_attributes(path: Path, dataset: xr.Dataset, numbers: Collection[str]) -> None:
    """Make whole numbers of those attributes that are to be, and texts of all others of the file."""
    for name, value in dataset.attrs.items():
        if name in numbers:
            if not isinstance(value, int | np.integer):
                raise OutputError(f"{path}: its attribute '{name}' is damaged ({str(value)[:40]!r} is no whole number)")
            dataset.attrs[name] = int(value)
        else:
            dataset.attrs[name] = _text(path, f"its attribute '{name}'", value)
    for name, variable in dataset.variables.items():
        for key in _TEXTS & variable.attrs.keys():
            variable.attrs[key] = _text(path, f"the attribute '{key}' of '{name}'", variable.attrs[key])


def _text(path: Path, what: str, value: object) -> str:
    """An attribute as a text, which may be a number but not several."""
    if np.ndim(value):  # type: ignore[arg-type]
        raise OutputError(f"{path}: {what} is damaged ({str(value)[:40]!r} is neither a text nor one number)")
    return str(value)


def _first_line(error: Exception) -> str:
    """What the netCDF library says, without the path that it repeats."""
    if isinstance(error, TypeError | AttributeError):  # of Python code between the library and memsim
        return "its values cannot be decoded"
    lines = str(error).splitlines()
    return re.sub(r"\[Errno -?\d+\] |: '[^']*'$", "", lines[0])[:200] if lines else type(error).__name__
