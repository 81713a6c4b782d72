"""The result of an evaluation as a Dataset of registered variables, with all that made it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence

import numpy as np
import torch
import xarray as xr
from torch import nn

from memsim.backends import resolve
from memsim.profiles import DeviceProfile
from memsim.results.dataset import build_dataset
from memsim.results.provenance import LIBRARIES, provenance
from memsim.tasks.registry import NETWORK
from memsim.torch.analog_layer import AnalogLayer
from memsim.torch.exchange import backend_for, host_array
from memsim.torch.hardware import Hardware


def result_of(
    model: nn.Module,
    layers: Mapping[str, AnalogLayer],
    variables: Mapping[str, np.ndarray],
    labels: Mapping[str, Sequence[str]],
    seconds: Sequence[float],
    attributes: Mapping[str, str | int],
) -> xr.Dataset:
    """Dataset of an evaluation.

    Parameters
    ----------
    model : nn.Module
        The network.
    layers : mapping of str to AnalogLayer
        Its layers on hardware by name.
    variables : mapping of str to ndarray
        Registered names, with the dimensions that are registered; the first one has the dimension repeat.
    labels : mapping of str to sequence of str
        Labels of further dimensions.
    seconds : sequence of float
        Times since the programming [s].
    attributes : mapping of str to str or int
        How it was evaluated.
    """
    hardware = [layer.hardware for layer in layers.values()]
    names, _ = _devices(hardware)
    backend = resolve(backend_for(next(iter(layers.values())).weight.device))
    coordinates = {
        "repeat": np.arange(next(iter(variables.values())).shape[0]),
        "time": np.array(seconds, float),
        "layer": _labels(layers),
        "device": names,
        "seed": [own.seed for own in hardware],
        **labels,
    }
    made = provenance(backend, LIBRARIES)
    made["libraries"] = json.dumps(json.loads(str(made["libraries"])) | {"torch": str(torch.__version__)})
    attrs: dict[str, str | int] = {
        "title": f"{type(model).__name__} on {', '.join(dict.fromkeys(names))}",
        "task": NETWORK,
        **origin_of(model, layers),
        "seed": ", ".join(dict.fromkeys(str(own.seed) for own in hardware)),
        **attributes,
        **made,
    }
    return build_dataset(variables, coordinates, attrs, compared="layer")


def origin_of(model: nn.Module, layers: Mapping[str, AnalogLayer]) -> dict[str, str]:
    """Attributes that say what was evaluated: the hardware of each layer, the profiles, and the hash of the weights."""
    hardware = [layer.hardware for layer in layers.values()]
    names, profiles = _devices(hardware)
    settings = {
        name: layer.settings() | {"device": device}
        for name, layer, device in zip(_labels(layers), hardware, names, strict=True)
    }
    return {
        "hardware": json.dumps(settings),
        "devices": json.dumps({name: profile.to_yaml() for name, profile in profiles.items()}),
        "weights_sha256": weights_hash(model),
    }


def _labels(layers: Mapping[str, AnalogLayer]) -> list[str]:
    """Names of layers; a model that is a layer has none."""
    return [name or layer.label for name, layer in layers.items()]


def _devices(hardware: Sequence[Hardware]) -> tuple[list[str], dict[str, DeviceProfile]]:
    """Name of the device of each layer, and the profiles by name; different profiles of one name are numbered."""
    names: list[str] = []
    profiles: dict[str, DeviceProfile] = {}
    for own in hardware:
        assert isinstance(own.device, DeviceProfile)
        number, name = 1, own.device.name
        while profiles.setdefault(name, own.device) != own.device:
            number += 1
            name = f"{own.device.name} ({number})"
        names.append(name)
    return names, profiles


def weights_hash(model: nn.Module) -> str:
    """SHA-256 of all weights of a model by name, shape, type and numbers."""
    digest = hashlib.sha256()
    for name, values in sorted(model.named_parameters()):
        array = host_array(values)
        digest.update(f"{name} {array.dtype} {array.shape}".encode() + array.tobytes())
    return digest.hexdigest()
