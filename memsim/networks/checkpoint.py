"""Trainings in files: netCDF with everything to go on from, and nothing that runs on reading."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.errors import MemsimError, OutputError
from memsim.networks.architecture import Architecture
from memsim.networks.network import Network, learned
from memsim.networks.optimise import OPTIMISERS, Memory
from memsim.networks.parts import host
from memsim.networks.state import Epoch, State
from memsim.storage import netcdf
from memsim.storage.files import write_file

if TYPE_CHECKING:
    import xarray as xr

VERSION_ATTRIBUTE = "memsim_checkpoint"
"""Attribute of a file with the version of its layout."""
VERSION = 1
_MEANINGS = {
    "parameters": "parameters after the last step",
    "best": "parameters of the best checkpoint",
    "average": "running mean of the parameters",
}
_EPOCH = {
    "loss": "mean loss of the training samples",
    "accuracy": "share of training samples that were right when trained on",
    "validation_loss": "mean loss of the validation samples",
    "validation_accuracy": "share of validation samples that are right",
    "snr": "largest minus second largest output, mean over the validation samples",
}


def save(state: State, path: str | Path, *, force: bool = False) -> Path:
    """Write a training as netCDF-4 and return its path; the file appears whole or not at all.

    Variables are named after what they hold and the parameter, as in ``best.0.convolution.weight``.

    Raises
    ------
    OutputError
        If the file exists and `force` is false, or it cannot be written.
    """
    dataset = _dataset(state)
    return write_file(
        Path(path), lambda place: dataset.to_netcdf(place, engine="netcdf4", format="NETCDF4"), force=force
    )


def load(path: str | Path, architecture: Architecture | None = None) -> State:
    """The training in a file, with NumPy arrays.

    Parameters
    ----------
    path : path
    architecture : Architecture, optional
        What it must be of.

    Raises
    ------
    OutputError
        If the file is missing, damaged, not a training of memsim, or one of another architecture.
    """
    dataset = netcdf.read(path, VERSION_ATTRIBUTE, "a training", VERSION, numbers=("step", "best_epoch"))
    try:
        found = Architecture(**json.loads(dataset.attrs["architecture"]))
        difference = "" if architecture is None else found.difference(architecture)
        state = None if difference else _state(dataset, found)
    except (KeyError, TypeError, ValueError, RecursionError, MemsimError) as error:
        what = f"it has no {error}" if isinstance(error, KeyError) else error
        raise OutputError(f"{path}: damaged ({what})") from None
    if state is None:
        raise OutputError(f"{path}: this training is of another architecture: {difference}")
    return state


def _dataset(state: State) -> xr.Dataset:
    import xarray as xr

    variables: dict[str, Any] = {}
    for prefix, meaning, arrays in _kinds(state):
        for name, array in arrays.items():
            values = host(array)
            dims = tuple(f"{name}.axis{i}" for i in range(values.ndim))
            variables[f"{prefix}.{name}"] = (dims, values, {"long_name": meaning, "units": "1"})
    for name, meaning in _EPOCH.items():
        values = np.array([getattr(epoch, name) for epoch in state.history], np.float64)
        variables[name] = ("epoch", values, {"long_name": meaning, "units": "1"})
    attributes = {
        "title": "Training of a network by memsim",
        VERSION_ATTRIBUTE: VERSION,
        "architecture": json.dumps(state.network.architecture.settings(), default=float),
        "settings": json.dumps(state.settings, default=float),
        "step": state.memory.step,
        "best_epoch": state.best_epoch,
    }
    return xr.Dataset(variables, {"epoch": np.arange(1, len(state.history) + 1)}, attributes)


def _kinds(state: State) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Prefix, meaning and arrays of everything stored by parameter."""
    yield "parameters", _MEANINGS["parameters"], state.network.parameters
    yield "best", _MEANINGS["best"], state.best
    if state.average is not None:
        yield "average", _MEANINGS["average"], state.average
    for slot, arrays in state.memory.slots.items():
        yield f"memory.{slot}", f"the optimiser's {slot}", arrays


def weights_of(architecture: Architecture) -> int:
    """Weights of all layers, biases not counted; nothing is allocated."""
    layers = architecture.layers.shapes(architecture.shape)
    return sum(layer.operations(shape) // max(1, math.prod(layer.shape(shape)[1:])) for _, layer, shape in layers)


def _state(dataset: xr.Dataset, architecture: Architecture) -> State:
    settings = json.loads(dataset.attrs["settings"])
    held = sum(variable.size for name, variable in dataset.variables.items() if str(name).startswith("parameters."))
    if weights_of(architecture) > held:  # a network of any size can be written down
        raise ValueError(f"its architecture has {weights_of(architecture):,} weights, but it holds {held:,} parameters")
    # The seed is of no account: names, shapes and order of the parameters are wanted.
    fresh = Network.fresh(architecture, seed=0).parameters

    def read(prefix: str, only_learned: bool = False) -> dict[str, np.ndarray]:
        arrays = {}
        for name, like in fresh.items():
            if learned(name) or not only_learned:
                array = dataset[f"{prefix}.{name}"].values
                if array.shape != like.shape or array.dtype != like.dtype:
                    given = f"{array.dtype} {list(array.shape)}"
                    raise ValueError(f"{prefix}.{name} is {given}, not {like.dtype} {list(like.shape)}")
                arrays[name] = array
        return arrays

    slots = OPTIMISERS[settings["optimiser"]["name"]].slots
    memory = Memory(dataset.attrs["step"], {slot: read(f"memory.{slot}", only_learned=True) for slot in slots})
    averaged = settings["ema"] is not None and memory.step > 0
    columns = [dataset[name].values.tolist() for name in Epoch._fields]
    return State(
        Network(architecture, read("parameters")),
        memory,
        read("average") if averaged else None,
        read("best"),
        dataset.attrs["best_epoch"],
        tuple(Epoch(*row) for row in zip(*columns, strict=True)),
        settings,
    )
