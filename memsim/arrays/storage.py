"""Crossbars as labelled data: conductances, and files from which an array goes on as it would have."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from memsim import netcdf
from memsim.arrays.bank import Bank
from memsim.arrays.converters import ADC, DAC
from memsim.arrays.line_resistances import Wires
from memsim.arrays.mapping import Mapping
from memsim.arrays.measured import checked
from memsim.errors import InputError, MemsimError, OutputError
from memsim.philox import LAYOUT, Scope
from memsim.profiles import device_from_text

if TYPE_CHECKING:
    import xarray as xr

    from memsim.arrays.crossbar import Crossbar

_VERSION = 2
_ATTRIBUTE = "memsim_crossbar"
_ADDRESSES = "random_addresses"
_MEASURED = "measured_conductance"
_PARTS: dict[str, Any] = {"dac": DAC, "adc": ADC, "wires": Wires}


def labelled_conductance(crossbar: Crossbar) -> xr.DataArray:
    """Conductances (array, row, line) [S], with the output of each line and the sign that it has there."""
    import xarray as xr

    arrays, rows, cols = crossbar._shape
    low, high = crossbar.window
    pair = crossbar.column == "pair"
    lines = np.arange(cols * (2 if pair else 1))
    conductance = low + crossbar._states * (high - low)
    if not crossbar.device.spec.conductance.nominal:  # an end at 0 S may be rounded to below it
        np.maximum(conductance, 0.0, out=conductance)
    return xr.DataArray(
        conductance,
        dims=("array", "row", "line"),
        coords={
            "array": np.arange(crossbar.first_array, crossbar.first_array + arrays),
            "row": np.arange(rows),
            "line": lines,
            "output": ("line", lines % cols, {"long_name": "output that the line belongs to"}),
            "sign": ("line", np.where(lines < cols, 1, -1), {"long_name": "sign of the line in its output"}),
        },
        name="conductance",
        attrs={"units": "S", "long_name": "conductance", "device": crossbar.device.name},
    )


def save(crossbar: Crossbar, path: str | Path, *, force: bool = False) -> Path:
    """Write a crossbar, see `Crossbar.to_netcdf`."""
    dataset = labelled_conductance(crossbar).to_dataset()
    for name, values in _memory(crossbar):
        dims = [f"{name}_{axis}" for axis in range(values.ndim)]
        if values.ndim == 3:
            dims = ["array", "reference_line" if name.startswith("reference_") else "line", "stored_row"]
        dataset[name] = (dims, values)
    dataset["pulses"] = (("array", "line", "direction"), crossbar._site.backend.numpy(crossbar._counts))
    dataset["direction"] = ["set", "reset"]
    if crossbar._fault_map is not None:
        whole = np.broadcast_to(np.asarray(crossbar._fault_map, np.int8), dataset["conductance"].shape)
        dataset["fault_map"] = (("array", "row", "line"), whole)
    if crossbar._measured is not None:
        dataset[_MEASURED] = (("array", "row", "line"), crossbar._measured, {"units": "S"})
    converter = crossbar._readout.out
    if converter is not None and converter.range is not None:
        dataset["adc_range"] = ("array", converter.range)
    dataset.attrs = {
        _ATTRIBUTE: _VERSION,
        _ADDRESSES: LAYOUT,
        "device": crossbar.device.to_yaml(),
        "settings": json.dumps(_settings(crossbar), default=dataclasses.asdict),
        "steps": crossbar._steps,
        "reads": crossbar._reads,
        "programmed": int(crossbar._programmed),
    }
    return netcdf.save(dataset, path, force=force)


def load(kind: type[Crossbar], path: str | Path, backend: str) -> Crossbar:
    """The crossbar in a file, see `Crossbar.from_netcdf`."""
    dataset = netcdf.read(path, _ATTRIBUTE, "a crossbar", _VERSION)
    layout = dataset.attrs.get(_ADDRESSES, 1)
    if not np.array_equal(layout, LAYOUT):
        raise OutputError(
            f"{path}: written with layout {str(layout)[:40]} of random addresses, this version has {LAYOUT}; the "
            "array would go on with other random numbers, so make it anew"
        )
    try:
        device = device_from_text(dataset.attrs["device"], f"{path} (device)")
        settings = json.loads(dataset.attrs["settings"])
        mapping = settings.pop("mapping")
        settings["scope"] = Scope(**settings["scope"])
        for name, part in _PARTS.items():
            settings[name] = None if settings[name] is None else part(**settings[name])
        if "fault_map" in dataset:
            whole = dataset["fault_map"].values
            settings["faults"] = whole[0] if settings["arrays"] is None else whole
        crossbar = kind(device, backend=backend, **settings)
        crossbar.mapping = None if mapping is None else Mapping(**mapping)
        if _MEASURED in dataset:
            siemens = dataset[_MEASURED].values
            if siemens.shape != dataset["conductance"].shape or siemens.dtype.kind != "f":
                raise ValueError(f"'{_MEASURED}' is {siemens.dtype} {siemens.shape}")
            try:
                crossbar._start_from(checked(siemens))
            except InputError as error:
                raise OutputError(f"{path}: {error}") from None
        machine = crossbar._site.backend
        for prefix, bank in _banks(crossbar):
            own = bank.memory
            found = {name: np.array(dataset[prefix + name].values) for name in own}
            for name, values in found.items():
                if values.shape != own[name].shape or values.dtype.kind != own[name].dtype.kind:
                    raise ValueError(f"'{prefix + name}' is {values.dtype} {values.shape}")
                if values.dtype.kind == "f" and np.isnan(values).any() and not bank.spec.conductance.nominal:
                    raise ValueError(f"'{prefix + name}' has values that are not numbers")
            bank.restore({name: machine.asarray(values, own[name].dtype) for name, values in found.items()})
        crossbar._counts = machine.asarray(dataset["pulses"].values.reshape(crossbar._counts.shape), np.int64)
        crossbar._steps, crossbar._reads = int(dataset.attrs["steps"]), int(dataset.attrs["reads"])
        crossbar._programmed = bool(int(dataset.attrs["programmed"]))
        if crossbar._steps < 0 or crossbar._reads < 0:
            raise ValueError("'steps' or 'reads' is negative")
        if crossbar._readout.out is not None and "adc_range" in dataset:
            crossbar._readout.out.range = dataset["adc_range"].values.reshape(crossbar._shape[0])
    except MemsimError:
        raise
    except (KeyError, TypeError, ValueError) as error:
        raise OutputError(f"{path}: not a whole crossbar ({error})") from None
    return crossbar


def _settings(crossbar: Crossbar) -> dict[str, Any]:
    _, rows, cols = crossbar._shape
    periphery = crossbar._readout.periphery
    bounds = None if math.isinf(crossbar.bounds[0]) else crossbar.bounds
    found: dict[str, Any] = {"arrays": crossbar._axes.arrays, "rows": rows, "cols": cols, "bounds": bounds}
    found |= {name: getattr(crossbar, name) for name in ("seed", "first_array", "scope", "column")}
    found |= {"dtype": str(crossbar.dtype), "tile": periphery.tile, "mapping": crossbar.mapping}
    found |= {name: getattr(periphery, name) for name in _PARTS}
    return found


def _banks(crossbar: Crossbar) -> Iterator[tuple[str, Bank]]:
    """The banks of a crossbar, and the prefix of each one's variables."""
    for prefix, banks in (("", crossbar._cells), ("plan_", crossbar._plan)):
        if banks is not None:
            yield prefix, banks.lines
            if banks.reference is not None:
                yield f"reference_{prefix}", banks.reference


def _memory(crossbar: Crossbar) -> Iterator[tuple[str, np.ndarray]]:
    for prefix, bank in _banks(crossbar):
        for name, values in bank.memory.items():
            yield prefix + name, values if isinstance(values, np.ndarray) else bank.site.backend.numpy(values)
