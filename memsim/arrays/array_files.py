"""Files of crossbars, from which an array goes on as it would have."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import math
from collections.abc import Iterator
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.arrays.checks import choice
from memsim.arrays.construction import READINGS, array_state
from memsim.arrays.converters import ADC, DAC
from memsim.arrays.events import Events
from memsim.arrays.labels import conductances, line_coordinates
from memsim.arrays.mapping import Mapping
from memsim.arrays.measured import checked
from memsim.arrays.memory import banks_of, memory_of, restore
from memsim.arrays.programming.algorithms import Algorithm, algorithm_of
from memsim.arrays.programming.outcome import Outcome
from memsim.arrays.programming.reprogram import Request
from memsim.arrays.state import ArrayState, lines_of
from memsim.arrays.wires.line_resistances import Wires
from memsim.backends import resolve
from memsim.errors import InputError, OutputError, nearest, shown
from memsim.learning import Encoding
from memsim.philox import COUNTER, LAYOUT, Scope
from memsim.profiles import DeviceProfile, device_from_text
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
_DIRECTIONS = ("set", "reset")
_NEAR = 1e-4
"""Relative difference that other hardware may make to a conductance."""
_PARTS: dict[str, Any] = {"dac": DAC, "adc": ADC, "wires": Wires}
_SECTION, _FLAG = (dict, NoneType), (bool,)
_TYPES: dict[str, tuple[tuple[type, ...], str]] = {
    "arrays": ((int, NoneType), "a whole number or none"),
    "rows": ((int,), "a whole number"),
    "cols": ((int,), "a whole number"),
    "bounds": ((list, NoneType), "two numbers or none"),
    "seed": ((int,), "a whole number"),
    "first_array": ((int,), "a whole number"),
    "scope": ((dict,), "settings by name"),
    "column": ((str, NoneType), "a word or none"),
    "dtype": ((str,), "a word"),
    "tile": ((list, NoneType), "two whole numbers or none"),
    **dict.fromkeys(("mapping", *_PARTS), (_SECTION, "settings by name, or none")),
    **dict.fromkeys(("count", "count_cell_pulses"), (_FLAG, "true or false")),
}
"""Types of the settings, and what messages say of them."""
_LARGEST = 1 << 63
"""The largest whole number that a setting may be."""
_NEEDED = ("arrays", "rows", "cols", "scope", "mapping", *_PARTS)
"""Settings that every file has; others are those of a fresh array if they are missing."""


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
    dataset["direction"] = list(_DIRECTIONS)
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
    machine = resolve(backend)
    dataset = netcdf.read(path, _ATTRIBUTE, "a crossbar", _VERSION, numbers=_NUMBERS)
    layout = dataset.attrs.get(_ADDRESSES, 1)
    if layout != LAYOUT:
        raise OutputError(
            f"{path}: written with layout {layout} of random addresses, this version has {LAYOUT}; the "
            "array would go on with other random numbers, so make it anew"
        )
    for name in ("device", "settings", *_NUMBERS[1:]):
        if name not in dataset.attrs:
            raise OutputError(f"{path}: it has no attribute '{name}'")
    device = device_from_text(dataset.attrs["device"], f"{path} (device)")
    try:
        array = _fresh(dataset, device, machine.name, path)
        for prefix, bank in banks_of(array):
            restore(bank, {str(name): variable.values for name, variable in dataset.data_vars.items()}, prefix)
        pulses = _of_shape(dataset, "pulses", array.pulses.shape, "iu")
        if (pulses < 0).any():
            raise ValueError("'pulses' has negative numbers")
        array.pulses = array.site.backend.asarray(pulses, np.int64)
        array.steps, array.reads = (_counted_in(dataset, name, COUNTER - 1) for name in ("steps", "reads"))
        array.programmed = bool(_counted_in(dataset, "programmed", 1))
        if array.counter is not None:
            array.counter.restore(_counted(dataset))
        if array.readout.out is not None and "adc_range" in dataset:
            array.readout.out.range = _of_shape(dataset, "adc_range", array.shape[:1], "f")
        with _reading(path, "its attribute 'events'"):
            array.readout.events = _events(dataset.attrs.get("events", "{}"))
        array.request = _request(array, dataset, path)
        array.programming = _outcome(array, dataset, path)
        _check_labels(array, dataset)
    except KeyError as error:
        raise OutputError(f"{path}: not a whole crossbar (it has no variable {error})") from None
    except (ValueError, InputError) as error:
        raise OutputError(f"{path}: not a whole crossbar ({error})") from None
    except (AttributeError, IndexError, TypeError, OverflowError):
        raise OutputError(f"{path}: not a whole crossbar") from None
    return array


@contextlib.contextmanager
def _reading(path: str | Path, what: str) -> Iterator[None]:
    """Name the file, and what is read, in the error of anything that is wrong with it."""
    try:
        yield
    except OutputError:
        raise
    except InputError as error:
        raise OutputError(f"{path}: {what} is damaged ({error})") from None
    except (AttributeError, KeyError, IndexError, TypeError, ValueError, OverflowError, RecursionError):
        raise OutputError(f"{path}: {what} is damaged") from None


def _fresh(dataset: Any, device: DeviceProfile, backend: str, path: str | Path) -> ArrayState:
    """Fresh arrays with the settings of a file."""
    with _reading(path, "its attribute 'settings'"):
        settings = json.loads(dataset.attrs["settings"])
        _check_settings(settings)
        column = choice("column", settings.get("column") or device.spec.read.column, READINGS)
    wanted = (settings["arrays"] or 1, settings["rows"], lines_of(column, settings["cols"]))
    stored = _values(dataset, "conductance").shape
    if wanted != stored:  # before anything is allocated: arrays of any size can be written down
        raise ValueError(
            f"its settings are of {math.prod(wanted):,} cells, but it holds {math.prod(stored):,}: (array, row, line) "
            f"= {wanted}, not {stored}"
        )
    for name, part in {"scope": Scope, "mapping": Mapping, **_PARTS}.items():
        with _reading(path, f"its setting '{name}'"):
            settings[name] = None if settings[name] is None else part(**settings[name])
    mapping = settings.pop("mapping")
    if "fault_map" in dataset:
        whole = _of_shape(dataset, "fault_map", stored, "iu")
        settings["faults"] = whole[0] if settings["arrays"] is None else whole
    siemens = _measured(dataset, path) if _MEASURED in dataset else None
    with _reading(path, "its attribute 'settings'"):
        array = array_state(device, backend=backend, conductance=siemens, **settings)
    array.mapping = mapping
    return array


def _check_settings(settings: Any) -> None:
    """Refuse settings of other names, or of other types, than those that are written."""
    if not isinstance(settings, dict):
        raise InputError(f"it is {shown(settings)}, not settings by name")
    for name in settings:
        if name not in _TYPES:
            raise InputError(f"unknown setting {shown(name)}{nearest(name, _TYPES)}")
    for name, (kinds, words) in _TYPES.items():
        if name not in settings:
            if name in _NEEDED:
                raise InputError(f"there is no setting '{name}'")
            continue
        value = settings[name]
        large = isinstance(value, int) and abs(value) > _LARGEST
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds) or large:
            raise InputError(f"{name}: {shown(value)} is not allowed; {words}")


def _of_shape(dataset: Any, name: str, shape: tuple[int, ...], kinds: str) -> np.ndarray:
    """The values of a variable, of a shape and of some kinds of numbers."""
    values = _values(dataset, name)
    if values.shape != shape or values.dtype.kind not in kinds:
        raise ValueError(f"'{name}' is {values.dtype} {values.shape}; allowed: {shape}")
    return values


def _values(dataset: Any, name: str) -> np.ndarray:
    """The values of a variable that a file must have."""
    if name not in dataset.variables:
        raise ValueError(f"it has no variable '{name}'")
    return np.asarray(dataset[name].values)


def _counted_in(dataset: Any, name: str, most: int) -> int:
    """A whole number from 0 to `most` in an attribute."""
    number: int = dataset.attrs[name]
    if not 0 <= number <= most:
        raise ValueError(f"its attribute '{name}' is {number}; allowed: 0 to {most}")
    return number


def _events(text: str) -> Events:
    events = Events(**json.loads(text))
    for name, count in dataclasses.asdict(events).items():
        if isinstance(count, bool) or not isinstance(count, int) or count < 0:
            raise InputError(f"{name}: {shown(count)} is not a whole number of at least 0")
    return events


def _check_labels(array: ArrayState, dataset: Any) -> None:
    """Refuse labels and conductances that contradict the settings and the states of a file."""
    expected = _labelled_conductance(array)
    for name, labels in {**expected.coords, "direction": np.array(_DIRECTIONS)}.items():
        if name in dataset.variables and not np.array_equal(dataset[name].values, np.asarray(labels)):
            raise ValueError(f"its labels '{name}' are not those of an array of its settings")
    low, high = array.window
    pair = _values(dataset, "conductance"), expected["conductance"].values
    if not np.allclose(*pair, rtol=_NEAR, atol=_NEAR * (high - low), equal_nan=True):
        raise ValueError("'conductance' is not the conductance of its states")


def _measured(dataset: Any, path: Any) -> np.ndarray:
    """Measured conductances (array, row, line) in a file [S]."""
    siemens = _of_shape(dataset, _MEASURED, dataset["conductance"].shape, "f")
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


def _outcome(array: ArrayState, dataset: Any, path: str | Path) -> Outcome | None:
    """What the last programming of an array in a file took of each cell; None if it is not known."""
    if _OUTCOME + "settings" not in dataset.attrs:
        return None
    with _reading(path, f"its attribute '{_OUTCOME}settings'"):
        settings = json.loads(dataset.attrs[_OUTCOME + "settings"])
        if not isinstance(settings, dict):
            raise InputError(f"it is {shown(settings)}, not settings by name")
    parts = {}
    for name in Outcome._fields[:-1]:
        values = parts[name] = _of_shape(
            dataset, _OUTCOME + name, (array.shape[0], array.shape[1], array.lines), "biuf"
        )
        if (values < 0).any():
            raise ValueError(f"'{_OUTCOME}{name}' has negative numbers")
    parts["accepted"] = parts["accepted"].astype(bool)
    return Outcome(**parts, settings=settings)


def _request(array: ArrayState, dataset: Any, path: str | Path) -> Request | None:
    """The last programming of an array in a file; None where there is none."""
    if _TARGETS not in dataset:
        return None
    targets = _of_shape(dataset, _TARGETS, (array.shape[0], array.shape[1], array.lines), "f").astype(array.dtype)
    if not np.isfinite(targets).all():
        raise ValueError(f"'{_TARGETS}' has values that are not finite numbers")
    sensitivities = dataset[_SENSITIVITIES].values if _SENSITIVITIES in dataset else None
    with _reading(path, f"its attribute '{_REQUEST}'"):
        how = json.loads(dataset.attrs[_REQUEST])
        settings = how.pop("settings", None)
        if settings is not None:
            how["algorithm"] = algorithm_of(how["algorithm"], **settings)
        how["encoding"] = None if how["encoding"] is None else Encoding(**how["encoding"])
        return Request(**how | {"targets": targets, "sensitivities": sensitivities})
