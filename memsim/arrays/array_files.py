"""Files of crossbars, from which an array goes on as it would have."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.arrays.construction import array_state
from memsim.arrays.converters import ADC, DAC
from memsim.arrays.events import Events
from memsim.arrays.labels import conductances, line_coordinates
from memsim.arrays.mapping import Mapping
from memsim.arrays.measured import checked
from memsim.arrays.memory import banks_of, memory_of, restore
from memsim.arrays.programming.algorithms import Algorithm, algorithm_of
from memsim.arrays.programming.outcome import Outcome
from memsim.arrays.programming.reprogram import Request
from memsim.arrays.state import ArrayState
from memsim.arrays.wires.line_resistances import Wires
from memsim.errors import InputError, MemsimError, OutputError
from memsim.learning import Encoding
from memsim.philox import LAYOUT, Scope
from memsim.profiles import device_from_text
from memsim.storage import netcdf

if TYPE_CHECKING:
    import xarray as xr

_VERSION = 2
_ATTRIBUTE = "memsim_crossbar"
_ADDRESSES = "random_addresses"
_NUMBERS = (_ADDRESSES, "steps", "reads", "programmed")
"""Attributes that are whole numbers."""
_MEASURED = "measured_conductance"
_TARGETS, _REQUEST = "programming_targets", "programming_request"
_SENSITIVITIES, _OUTCOME = "programming_sensitivities", "programming_outcome_"
_COUNTED = "counted."
_PARTS: dict[str, Any] = {"dac": DAC, "adc": ADC, "wires": Wires}


def save(array: ArrayState, path: str | Path, *, force: bool = False) -> Path:
    """Write arrays, see `Crossbar.to_netcdf`."""
    dataset = _labelled_conductance(array)
    for prefix, bank in banks_of(array):
        for name, values in memory_of(bank).items():
            dims = [f"{prefix}{name}_{axis}" for axis in range(values.ndim)]
            if values.ndim == 3:
                dims = ["array", "reference_line" if prefix.startswith("reference_") else "line", "stored_row"]
            dataset[prefix + name] = (dims, values)
    dataset["pulses"] = (("array", "line", "direction"), array.site.backend.numpy(array.pulses))
    dataset["direction"] = ["set", "reset"]
    if array.fault_map is not None:
        whole = np.broadcast_to(np.asarray(array.fault_map, np.int8), dataset["conductance"].shape)
        dataset["fault_map"] = (("array", "row", "line"), whole)
    if array.measured is not None:
        dataset[_MEASURED] = (("array", "row", "line"), array.measured, {"units": "S"})
    converter = array.readout.out
    if converter is not None and converter.range is not None:
        dataset["adc_range"] = ("array", converter.range)
    dataset.attrs = {
        _ATTRIBUTE: _VERSION,
        _ADDRESSES: LAYOUT,
        "device": array.device.to_yaml(),
        "settings": json.dumps(_settings(array), default=dataclasses.asdict),
        "steps": array.steps,
        "reads": array.reads,
        "events": json.dumps(dataclasses.asdict(array.readout.events)),
        "programmed": int(array.programmed),
    }
    _save_request(array, dataset)
    _save_outcome(array, dataset)
    if array.counter is not None:
        for name, values in array.counter.memory.items():
            dataset[_COUNTED + name] = _free(values, _COUNTED + name)
    return netcdf.save(dataset, path, force=force)


def _labelled_conductance(array: ArrayState) -> xr.Dataset:
    """A Dataset with the conductances (array, row, line) [S]."""
    import xarray as xr

    arrays, rows, _ = array.shape
    coords = {"array": array.site.first_array + np.arange(arrays), "row": np.arange(rows), **line_coordinates(array)}
    attrs = {"units": "S", "long_name": "conductance", "device": array.device.name}
    return xr.Dataset({"conductance": (("array", "row", "line"), conductances(array), attrs)}, coords)


def load(path: str | Path, backend: str) -> ArrayState:
    """The arrays in a file, see `Crossbar.from_netcdf`."""
    dataset = netcdf.read(path, _ATTRIBUTE, "a crossbar", _VERSION, numbers=_NUMBERS)
    layout = dataset.attrs.get(_ADDRESSES, 1)
    if layout != LAYOUT:
        raise OutputError(
            f"{path}: written with layout {layout} of random addresses, this version has {LAYOUT}; the "
            "array would go on with other random numbers, so make it anew"
        )
    try:
        device = device_from_text(dataset.attrs["device"], f"{path} (device)")
        settings = json.loads(dataset.attrs["settings"])
        cells = (settings["arrays"] or 1) * settings["rows"] * settings["cols"]
        if cells > dataset["conductance"].size:  # arrays of any size can be written down
            raise ValueError(f"its settings are of {cells:,} cells, but it holds {dataset['conductance'].size:,}")
        mapping = settings.pop("mapping")
        settings["scope"] = Scope(**settings["scope"])
        for name, part in _PARTS.items():
            settings[name] = None if settings[name] is None else part(**settings[name])
        if "fault_map" in dataset:
            whole = dataset["fault_map"].values
            settings["faults"] = whole[0] if settings["arrays"] is None else whole
        siemens = _measured(dataset, path) if _MEASURED in dataset else None
        array = array_state(device, backend=backend, conductance=siemens, **settings)
        array.mapping = None if mapping is None else Mapping(**mapping)
        for prefix, bank in banks_of(array):
            restore(bank, {str(name): variable.values for name, variable in dataset.data_vars.items()}, prefix)
        array.pulses = array.site.backend.asarray(dataset["pulses"].values.reshape(array.pulses.shape), np.int64)
        array.steps, array.reads = dataset.attrs["steps"], dataset.attrs["reads"]
        array.readout.events = Events(**json.loads(dataset.attrs.get("events", "{}")))
        array.programmed = bool(dataset.attrs["programmed"])
        array.request = _request(array, dataset)
        array.programming = _outcome(array, dataset)
        if array.counter is not None:
            array.counter.restore(_counted(dataset))
        if array.steps < 0 or array.reads < 0:
            raise ValueError("'steps' or 'reads' is negative")
        if array.readout.out is not None and "adc_range" in dataset:
            array.readout.out.range = dataset["adc_range"].values.reshape(array.shape[0])
    except MemsimError:
        raise
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise OutputError(f"{path}: not a whole crossbar ({error})") from None
    return array


def _measured(dataset: Any, path: Any) -> np.ndarray:
    """Measured conductances (array, row, line) in a file [S]."""
    siemens = dataset[_MEASURED].values
    if siemens.shape != dataset["conductance"].shape or siemens.dtype.kind != "f":
        raise ValueError(f"'{_MEASURED}' is {siemens.dtype} {siemens.shape}")
    try:
        return checked(siemens)
    except InputError as error:
        raise OutputError(f"{path}: {error}") from None


def _settings(array: ArrayState) -> dict[str, Any]:
    _, rows, cols = array.shape
    periphery = array.readout.periphery
    bounds = None if math.isinf(array.bounds[0]) else array.bounds
    settings: dict[str, Any] = {"arrays": array.axes.arrays, "rows": rows, "cols": cols, "bounds": bounds}
    settings |= {"seed": array.site.seed, "first_array": array.site.first_array, "scope": array.site.scope}
    settings |= {"column": array.column, "dtype": str(array.dtype), "tile": periphery.tile, "mapping": array.mapping}
    settings |= {name: getattr(periphery, name) for name in _PARTS}
    counts = {"count": array.counter is not None}
    return settings | counts | {"count_cell_pulses": array.cells.lines.wear.pulses is not None}


def _counted(dataset: Any) -> dict[str, np.ndarray]:
    """Events by name that a file holds, see `Counter.memory`."""
    names = [str(name) for name in dataset.data_vars if str(name).startswith(_COUNTED)]
    return {name.removeprefix(_COUNTED): dataset[name].values for name in names}


def _save_request(array: ArrayState, dataset: Any) -> None:
    """Add the last programming, so that the array can be programmed again."""
    request = array.request
    if request is None:
        return
    dataset[_TARGETS] = (("array", "row", "line"), request.targets)
    how = {key: value for key, value in request._asdict().items() if key not in ("targets", "sensitivities")}
    if isinstance(request.algorithm, Algorithm):
        how |= {"algorithm": request.algorithm.name, "settings": request.algorithm}
    if request.sensitivities is not None:
        dataset[_SENSITIVITIES] = _free(np.asarray(request.sensitivities, float), "sensitivity")
    dataset.attrs[_REQUEST] = json.dumps(how, default=dataclasses.asdict)


def _save_outcome(array: ArrayState, dataset: Any) -> None:
    """Add what the last programming took of each cell."""
    if array.programming is not None:
        for name, values in array.programming._asdict().items():
            if name != "settings":
                dataset[_OUTCOME + name] = (("array", "row", "line"), values)
        dataset.attrs[_OUTCOME + "settings"] = json.dumps(array.programming.settings)


def _free(values: np.ndarray, name: str) -> tuple[list[str], np.ndarray]:
    """Values with dimensions of their own."""
    return [f"{name}_{axis}" for axis in range(values.ndim)], values


def _outcome(array: ArrayState, dataset: Any) -> Outcome | None:
    """What the last programming of an array in a file took of each cell; None if it is not known."""
    if _OUTCOME + "settings" not in dataset.attrs:
        return None
    shape = (array.shape[0], array.shape[1], array.lines)
    parts = {name: dataset[_OUTCOME + name].values for name in Outcome._fields if name != "settings"}
    for name, values in parts.items():
        if values.shape != shape:
            raise ValueError(f"'{_OUTCOME}{name}' has shape {values.shape}")
    parts["accepted"] = parts["accepted"].astype(bool)
    return Outcome(**parts, settings=json.loads(dataset.attrs[_OUTCOME + "settings"]))


def _request(array: ArrayState, dataset: Any) -> Request | None:
    """The last programming of an array in a file; None where there is none."""
    if _TARGETS not in dataset:
        return None
    how = json.loads(dataset.attrs[_REQUEST])
    settings = how.pop("settings", None)
    if settings is not None:
        how["algorithm"] = algorithm_of(how["algorithm"], **settings)
    how["encoding"] = None if how["encoding"] is None else Encoding(**how["encoding"])
    sensitivities = dataset[_SENSITIVITIES].values if _SENSITIVITIES in dataset else None
    targets = dataset[_TARGETS].values.astype(array.dtype)
    return Request(**how | {"targets": targets, "sensitivities": sensitivities})
