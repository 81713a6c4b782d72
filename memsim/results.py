"""Results: arrays to a labelled Dataset from the registry, and netCDF files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.errors import InputError, OutputError
from memsim.variables import SCHEMA_VERSION, VARIABLES

if TYPE_CHECKING:
    import xarray as xr

MAX_NUMBERED = 10_000
_COORDINATES = {
    "learner": ("learner", "name of the learner", None),
    "device": ("learner", "device that the learner's array is built from", None),
    "image": ("image", "number of the image", "1"),
    "image_label": ("image", "where the image comes from", None),
    "noise_type": ("noise_type", "kind of corruption", None),
    "noise_level": ("noise_level", "severity of the corruption", "1"),
    "interval": ("interval", "end of the 95 % interval", None),
}


def build_dataset(
    variables: Mapping[str, np.ndarray], coordinates: Mapping[str, Any], attributes: Mapping[str, str | int]
) -> xr.Dataset:
    """Labelled Dataset of registered variables, with units, long names and meanings.

    Parameters
    ----------
    variables : mapping of str to ndarray
        Registered names; each array has the dimensions that the registry declares.
    coordinates : mapping
        Labels by name.
    attributes : mapping
        Provenance; plain strings and integers.
    """
    import xarray as xr

    data = {}
    for name, values in variables.items():
        declared = VARIABLES[name]
        attrs: dict[str, Any] = {
            "units": declared.units,
            "long_name": declared.long_name,
            "description": declared.meaning,
        }
        array = np.asarray(values)
        if declared.flags:
            array = array.astype(np.int8)
            attrs["flag_values"] = np.arange(len(declared.flags), dtype=np.int8)
            attrs["flag_meanings"] = " ".join(declared.flags)
        data[name] = (declared.dims, array, attrs)
    coords: dict[str, Any] = {}
    for name, labels in coordinates.items():
        dimension, long_name, units = _COORDINATES[name]
        coords[name] = (dimension, labels, {"long_name": long_name} | ({"units": units} if units else {}))
    return xr.Dataset(data, coords, {"memsim_schema": SCHEMA_VERSION, **attributes})


def save(dataset: xr.Dataset, path: str | Path, *, force: bool = False) -> Path:
    """Write a Dataset as netCDF-4 and return its path; the file appears whole or not at all.

    Raises
    ------
    OutputError
        If the file exists and `force` is false, or it cannot be written.
    """
    path = Path(path)
    check_target(path, force=force)
    return write_atomically(path, _serialise(dataset), force=force)


def _serialise(dataset: xr.Dataset) -> bytes:
    """The netCDF-4 file as bytes: the library cannot tell a full disk, so it never writes to one."""
    encoding = {
        name: {"zlib": True, "complevel": 1}
        for name, variable in dataset.data_vars.items()
        if variable.dtype.kind in "fiu" and variable.size > 1000
    }
    return bytes(dataset.to_netcdf(engine="netcdf4", format="NETCDF4", encoding=encoding))


def load(path: str | Path) -> xr.Dataset:
    """A memsim result, loaded into memory.

    Raises
    ------
    OutputError
        If the file is missing, not netCDF, or not a result of memsim.
    """
    import xarray as xr

    path = Path(path)
    if not path.is_file():
        raise OutputError(f"{path}: no such file; results end in .nc")
    try:
        with xr.open_dataset(path, engine="netcdf4") as opened:
            dataset = opened.load()
    except Exception as error:
        raise OutputError(f"{path}: not a readable netCDF file ({_first_line(error)})") from None
    schema = dataset.attrs.get("memsim_schema")
    if schema is None:
        raise OutputError(f"{path}: not a result of memsim (it has no attribute 'memsim_schema')")
    if int(schema) > SCHEMA_VERSION:
        raise OutputError(
            f"{path}: written with schema {schema}, this version reads up to {SCHEMA_VERSION}; update memsim to read it"
        )
    return dataset


def check_target(path: Path, *, force: bool = False) -> None:
    """Refuse, before any work is done, a target that could not be written.

    Raises
    ------
    OutputError
        If it exists and `force` is false, is a folder, or its folder is missing or not writable.
    """
    if path.is_dir():
        raise OutputError(f"{path}: is a folder; give the name of a file")
    if path.exists() and not force:
        raise OutputError(f"{path}: exists already; use --force to replace it, or another name")
    folder = path.parent
    if not folder.is_dir():
        raise OutputError(f"{folder}: no such folder; make it first, or choose another with -o")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(f"{folder}: cannot be written to; choose another folder with -o")


def numbered(folder: Path, stem: str, endings: tuple[str, ...] = (".nc",)) -> Path:
    """The first of stem, stem-2, stem-3, ... in `folder` (made if missing) that is free with all endings; with the first.

    Raises
    ------
    OutputError
        If the folder cannot be made or written to, or holds too many results.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be made ({_reason(error)}); choose a file with -o") from None
    for number in range(1, MAX_NUMBERED):
        paths = [folder / f"{stem}{'' if number == 1 else f'-{number}'}{ending}" for ending in endings]
        if not any(path.exists() for path in paths):
            check_target(paths[0])
            return paths[0]
    raise OutputError(f"{folder}: holds {MAX_NUMBERED - 1} results named {stem}; choose another name with -o")


def write_atomically(path: Path, content: bytes, *, force: bool = False) -> Path:
    """Write bytes beside the target, then move them there in one step; nothing is left behind on failure.

    Raises
    ------
    OutputError
        If writing fails, or the target appeared meanwhile and `force` is false.
    """
    temporary: str | None = None
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            os.fchmod(file.fileno(), 0o666 & ~_umask())
        if force:
            os.replace(temporary, path)
        else:
            _move_new(temporary, path)
        temporary = None
    except FileExistsError:
        raise OutputError(f"{path}: exists already; use --force to replace it, or another name") from None
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({_reason(error)}); nothing was kept") from None
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
    return path


def _move_new(temporary: str, path: Path) -> None:
    """Move without replacing: a hard link fails if the target exists; folders without links get a check instead."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK):
            raise
        if path.exists():
            raise FileExistsError(str(path)) from None
        os.replace(temporary, path)
    else:
        os.unlink(temporary)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _reason(error: OSError) -> str:
    return (error.strerror or str(error) or "unknown reason").lower()


def _first_line(error: Exception) -> str:
    lines = str(error).splitlines()
    return lines[0][:200] if lines else type(error).__name__


def settings(dataset: xr.Dataset) -> dict[str, Any]:
    """The experiment of a result as plain data, without checking it anew.

    Raises
    ------
    MemsimError
        If the result carries none, or not YAML.
    """
    from memsim.document import Document

    return Document.from_text(stored(dataset, "experiment"), "experiment").data


def stored(dataset: xr.Dataset, name: str) -> str:
    """A provenance attribute of a result as text.

    Raises
    ------
    InputError
        If the result lacks it.
    """
    if name not in dataset.attrs:
        raise InputError(f"this result has no attribute '{name}'; it cannot be run again")
    return str(dataset.attrs[name])
