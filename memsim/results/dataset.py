"""Results: arrays to a labelled Dataset from the registry, and netCDF files and back."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from memsim.errors import OutputError
from memsim.storage.netcdf import read, save, writer
from memsim.tasks.base import Coordinate
from memsim.tasks.coordinates import SHARED
from memsim.tasks.registry import BENCH, Merged, without_experiment
from memsim.tasks.variable import Variable

if TYPE_CHECKING:
    import xarray as xr

__all__ = [
    "BENCH",
    "COORDINATES",
    "NO_DEVICE",
    "SCHEMA_VERSION",
    "VARIABLES",
    "build_dataset",
    "load",
    "require",
    "save",
    "source",
    "stored",
    "stored_mappings",
    "with_variables",
    "writer",
]

NO_DEVICE = "none"
"""Name in the place of a device for learners that have none."""

SCHEMA_VERSION = 2
"""Layout of result files. Version 1 lacked the labels `seed` and `repeat`; `seed` of `classify` was its `repeat`."""
_NUMBERS = ("random_addresses", "samples", "compensation_reads", "threads")
"""Attributes that are whole numbers; all others but the version are texts."""
_TWO_ENDS = ("interval", "limit")
"""Dimensions that have a lower and an upper end."""
_NEVER_EMPTY = (
    "learner",
    "array",
    "image",
    "repeat",
    "noise_type",
    "noise_level",
    "epsilon",
    "true_class",
    "score",
    "y",
    "x",
)
"""Dimensions along which every result that has them has something; others are empty, for example without crossbars."""
_SWEPT = "swept setting "
"""Start of the long names of swept settings."""
VARIABLES: Mapping[str, Variable] = Merged("variables")
"""All result variables of all tasks and of benchmarks, by name."""
COORDINATES: Mapping[str, Coordinate] = Merged("coordinates")
"""All labels of results but those of `SHARED`, devices and swept settings, by name."""


class Swept(NamedTuple):
    """Values that a sweep gave to a setting: one for each of those that are compared, and the unit of numbers."""

    values: Sequence[Any]
    units: str | None = None


def build_dataset(
    variables: Mapping[str, np.ndarray],
    coordinates: Mapping[str, Any],
    attributes: Mapping[str, str | int],
    swept: Mapping[str, Swept] | None = None,
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
    swept : mapping of str to Swept, optional
        Settings that a sweep changed. They become coordinates on learner, named by the setting with '_' for '.'. Lists
        of numbers have a second dimension, which is named after the coordinate with "_item" at its end.
    compared : str
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
    own = {**SHARED, "device": Coordinate(compared, f"device that the {compared} is built from")}
    for name, labels in coordinates.items():
        dimension, long_name, units = own[name] if name in own else COORDINATES[name]
        if name == "seed":
            dimension, labels = _seeds(labels, compared)
        coords[name] = (dimension if np.ndim(labels) else (), labels, _told(long_name, units))
    for key, (given, units) in (swept or {}).items():
        name, array = key.replace(".", "_").replace(" ", "_"), np.asarray(given)
        if name not in coords:  # the seed is among the labels of all results
            dims = (compared, f"{name}_item")[: array.ndim]
            coords[name] = (dims, array, _told(f"{_SWEPT}{key}", units))
    return xr.Dataset(data, coords, {"memsim_schema": SCHEMA_VERSION, **attributes})


def with_variables(
    dataset: xr.Dataset, variables: Mapping[str, np.ndarray], labels: Mapping[str, Any], dropped: Iterable[str] = ()
) -> xr.Dataset:
    """A result with other registered variables and labels in place of those of these names, and without some."""
    made = build_dataset(variables, labels, {})
    old = {*made.variables, *dropped} & {str(name) for name in dataset.variables}
    result = dataset.drop_vars(old).assign(made.data_vars).assign_coords(made.coords)
    result.encoding = dataset.encoding
    return result


def _told(long_name: str, units: str | None) -> dict[str, str]:
    """Attributes of a coordinate."""
    return {"long_name": long_name} | ({"units": units} if units else {})


def _seeds(seeds: Sequence[int], compared: str) -> tuple[str, np.ndarray]:
    """Dimension and values of the coordinate `seed`: one number where all of those that are compared have the same."""
    array = np.asarray(seeds, np.uint64)
    return (compared, array) if len(set(seeds)) > 1 else ("", array[0])


def load(path: str | Path) -> xr.Dataset:
    """A memsim result, loaded into memory.

    Raises
    ------
    OutputError
        If the file is missing, not netCDF, or not a result of memsim.
    """

    def checked(opened: xr.Dataset) -> xr.Dataset:
        dataset = _renewed(opened)
        _check(dataset, Path(path))
        return dataset

    return read(path, "memsim_schema", "a result", SCHEMA_VERSION, numbers=_NUMBERS, known=_known, checked=checked)


def _known(name: str, variable: xr.Variable) -> bool:
    """Whether a variable of a file is part of a result, of whatever task."""
    return name in VARIABLES or name in COORDINATES or name in SHARED or name == "device" or _is_swept(variable)


def _is_swept(variable: xr.Variable) -> bool:
    """Whether a variable holds the values of a swept setting."""
    return str(variable.attrs.get("long_name", "")).startswith(_SWEPT)


def _renewed(dataset: xr.Dataset) -> xr.Dataset:
    """A result in the layout of this version."""
    if dataset.attrs["memsim_schema"] == SCHEMA_VERSION or without_experiment(dataset.attrs.get("task")):
        return dataset
    encoding = dataset.encoding
    if "seed" in dataset.dims:
        dataset = dataset.rename(seed="repeat")
        dataset.coords["repeat"].attrs = _told(*SHARED["repeat"][1:])
    elif "repeat" not in dataset.coords:
        dataset = dataset.assign_coords(repeat=((), 0, _told(*SHARED["repeat"][1:])))
    seed = str(dataset.attrs.get("seed", ""))
    if "seed" not in dataset.coords and seed.isdecimal():
        dataset = dataset.assign_coords(seed=((), np.uint64(int(seed)), _told(*SHARED["seed"][1:])))
    dataset.encoding = encoding
    dataset.attrs["memsim_schema"] = SCHEMA_VERSION
    return dataset


def _check(dataset: xr.Dataset, path: Path) -> None:
    """Refuse a file that memsim did not write, or that was changed until it cannot be read.

    Variables need the dimensions that the registry declares; labels too, unless they label all with one value. Labels
    by which values are selected must differ.
    """
    for name in map(str, dataset.variables):
        variable = dataset.variables[name]
        if name in VARIABLES:
            if variable.dims != VARIABLES[name].dims or variable.dtype.kind not in "fiub":
                raise _differs(path, name, variable, "numbers", VARIABLES[name].dims)
        elif name in COORDINATES and not (_is_swept(variable) and name not in dataset.dims):
            dimension, _, units = COORDINATES[name]
            kinds, words = ("fiu", "numbers") if units else ("OUTiu", "texts or whole numbers")
            if variable.dims not in ((), (dimension,)) or variable.dtype.kind not in kinds:
                raise _differs(path, name, variable, words, (dimension,))
        elif name == "device" and (variable.ndim > 1 or variable.dtype.kind not in "OUT"):
            raise OutputError(
                f"{path}: '{name}' is {variable.dtype} {_listed(variable.dims)}; it must be names of devices"
            )
        elif name in SHARED and (variable.ndim > 1 or variable.dtype.kind not in "iu"):
            raise OutputError(
                f"{path}: '{name}' is {variable.dtype} {_listed(variable.dims)}; it must be whole numbers"
            )
    seed = str(dataset.attrs.get("seed", "0"))
    if not all(part.isdecimal() for part in seed.split(", ")):
        raise OutputError(f"{path}: its attribute 'seed' is damaged ({seed[:40]!r} is no whole number from 0)")
    for axis in _NEVER_EMPTY:
        if dataset.sizes.get(axis, 1) == 0:
            raise OutputError(f"{path}: has nothing along '{axis}'; it is not a whole result")
    for axis in _TWO_ENDS:
        if (size := dataset.sizes.get(axis, 2)) != 2:
            raise OutputError(f"{path}: '{axis}' has {size} ends; allowed: 2, the lower and the upper one")
    for label, index in dataset.indexes.items():
        if not index.is_unique:
            twice = index[index.duplicated()][0]
            raise OutputError(f"{path}: two labels of '{label}' are {str(twice)[:40]!r}; they must differ")


def _differs(path: Path, name: str, variable: xr.Variable, words: str, dims: tuple[str, ...]) -> OutputError:
    """The error about a variable that is not as it is declared."""
    kind = f"{variable.dtype} {_listed(variable.dims)}"
    return OutputError(f"{path}: '{name}' is {kind}; a result has {words} {_listed(dims)} there")


def _listed(dims: Iterable[Hashable]) -> str:
    """Dimensions as text."""
    return f"({', '.join(map(str, dims))})"


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


def stored_mappings(dataset: xr.Dataset, name: str) -> dict[str, dict[str, Any]]:
    """A provenance attribute of a result in JSON, which holds mappings by name.

    Raises
    ------
    OutputError
        If the result lacks it, or it is damaged.
    """
    try:
        values = json.loads(stored(dataset, name))
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict) or not all(isinstance(value, dict) for value in values.values()):
        raise OutputError(f"{source(dataset)}: its attribute '{name}' is damaged")
    return values


def source(dataset: xr.Dataset) -> str:
    """The file that a Dataset was read from, for messages."""
    return str(dataset.encoding.get("source", "this dataset"))
