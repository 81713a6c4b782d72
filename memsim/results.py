"""Results: arrays to a labelled Dataset from the registry, and netCDF files and back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.errors import OutputError
from memsim.netcdf import read, save, writer
from memsim.variables import SCHEMA_VERSION, VARIABLES

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["BENCH", "NO_DEVICE", "build_dataset", "load", "require", "save", "source", "stored", "writer"]

BENCH = "bench"
"""Attribute `task` of benchmarks, which are results without an experiment."""
NO_DEVICE = "none"
"""Name in the place of a device for learners that have none."""

_COORDINATES = {
    "learner": ("learner", "name of the learner", None),
    "image": ("image", "number of the image", "1"),
    "image_label": ("image", "where the image comes from", None),
    "noise_type": ("noise_type", "kind of corruption", None),
    "noise_level": ("noise_level", "severity of the corruption", "1"),
    "interval": ("interval", "end of the 95 % interval", None),
    "column": ("column", "what the column learns", None),
    "seed": ("seed", "number of the replicate: fresh weights, devices, noise and order of the images", "1"),
    "true_class": ("true_class", "class of the image", None),
    "predicted_class": ("predicted_class", "class it is taken for", None),
    "epsilon": ("epsilon", "change of every pixel along the sign of the gradient", "1"),
    "epoch": ("epoch", "epoch of training, from 1", "1"),
    "confidence_bin": ("confidence_bin", "middle of a bin of confidence", "1"),
    "layer": ("layer", "number of the layer with weights, from 1", "1"),
    "word_line": ("word_line", "number of the word line of the tile, from its drivers' end of bit lines", "1"),
    "bit_line": ("bit_line", "number of the bit line of the tile, from the drivers on", "1"),
    "trial": ("trial", "trial of the tuning; 0 has the learner's own settings", "1"),
    "array": ("array", "name of the passive array", None),
    "scheme": ("scheme", "what the lines do that are not selected", None),
    "lines": ("lines", "number of word lines, and of bit lines", "1"),
    "position": ("position", "place of the selected cell, seen from driver and sense amplifier", None),
    "background": ("background", "what the other cells hold", None),
    "state": ("state", "what the selected cell holds", None),
    "case": ("case", "what was measured", None),
    "kind": ("case", "kind of work", None),
    "variant": ("case", "variant of the work", None),
    "array_size": ("case", "number of word lines, and of bit lines; 0 where there is no array", "1"),
    "batch": ("case", "samples of a call; 0 where there are none", "1"),
    "ceiling": ("case", "what bounds the speed", None),
    "work_unit": ("case", "unit of the work", None),
    "peer": ("peer", "another program at the same work", None),
    "repeat": ("repeat", "number of the call", "1"),
    "chosen": ("learner", "settings that tuning chose, as JSON; {} are the learner's own", None),
}


def build_dataset(
    variables: Mapping[str, np.ndarray],
    coordinates: Mapping[str, Any],
    attributes: Mapping[str, str | int],
    swept: Mapping[str, list[Any]] | None = None,
    compared: str = "learner",
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
    swept : mapping of str to list, optional
        Settings that a sweep changed: the value of each at every learner. They become coordinates on learner, named by
        the setting with '_' for '.'.
    compared : {"learner", "array", "case"}
        The dimension of what is compared; devices and swept settings are labels on it.
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
        if declared.interval:
            attrs["interval"] = declared.interval
        array = np.asarray(values)
        if declared.flags:
            array = array.astype(np.int8)
            attrs["flag_values"] = np.arange(len(declared.flags), dtype=np.int8)
            attrs["flag_meanings"] = " ".join(declared.flags)
        data[name] = (declared.dims, array, attrs)
    coords: dict[str, Any] = {}
    labelled = {**_COORDINATES, "device": (compared, f"device that the {compared} is built from", None)}
    for name, labels in coordinates.items():
        dimension, long_name, units = labelled[name]
        coords[name] = (dimension, labels, {"long_name": long_name} | ({"units": units} if units else {}))
    for key, given in (swept or {}).items():
        coords[key.replace(".", "_").replace(" ", "_")] = (compared, given, {"long_name": f"swept setting {key}"})
    return xr.Dataset(data, coords, {"memsim_schema": SCHEMA_VERSION, **attributes})


def load(path: str | Path) -> xr.Dataset:
    """A memsim result, loaded into memory.

    Raises
    ------
    OutputError
        If the file is missing, not netCDF, or not a result of memsim.
    """
    dataset = read(path, "memsim_schema", "a result", SCHEMA_VERSION)
    _check(dataset, Path(path))
    return dataset


def _check(dataset: xr.Dataset, path: Path) -> None:
    """Refuse a file that memsim did not write, or that was changed until it cannot be read."""
    for name in dataset.variables:
        declared = VARIABLES.get(str(name))
        variable = dataset.variables[name]
        if declared is not None and (variable.dims != declared.dims or variable.dtype.kind not in "fiub"):
            given, wanted = (f"({', '.join(map(str, dims))})" for dims in (variable.dims, declared.dims))
            raise OutputError(f"{path}: '{name}' is {variable.dtype} {given}; a result has numbers {wanted} there")


def require(dataset: xr.Dataset, *names: str) -> None:
    """Refuse a Dataset that lacks a variable or coordinate.

    Raises
    ------
    OutputError
        Names the first one that is missing.
    """
    for name in names:
        if name not in dataset.variables:
            raise OutputError(f"{source(dataset)}: has no variable '{name}'; this is not a whole result of memsim")


def stored(dataset: xr.Dataset, name: str) -> str:
    """A provenance attribute of a result as text.

    Raises
    ------
    OutputError
        If the result lacks it.
    """
    if name not in dataset.attrs:
        raise OutputError(f"{source(dataset)}: has no attribute '{name}'; this is not a whole result of memsim")
    return str(dataset.attrs[name])


def source(dataset: xr.Dataset) -> str:
    """The file that a Dataset was read from, for messages."""
    return str(dataset.encoding.get("source", "this dataset"))
