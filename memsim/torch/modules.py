"""The analog layers of a network."""

from __future__ import annotations

import torch
from torch import nn

from memsim.errors import InputError
from memsim.torch.analog_layer import AnalogLayer


def check_finite(name: str, module: nn.Module) -> None:
    """Refuse weights that are not finite numbers.

    Raises
    ------
    InputError
        If there are such weights.
    """
    for part, values in module.named_parameters():
        if part != "input_range" and not bool(torch.isfinite(values).all()):  # NaN before a calibration
            raise InputError(f"{name}.{part}: contains NaN or infinity; only finite numbers are allowed")


def analog_layers(model: nn.Module) -> dict[str, AnalogLayer]:
    """The analog layers of a model by name, in the order in which the model lists them; shared ones once.

    Raises
    ------
    InputError
        If there is none.
    """
    layers = {name: module for name, module in model.named_modules() if isinstance(module, AnalogLayer)}
    if not layers:
        raise InputError(f"model: {type(model).__name__} has no analog layers; memsim.torch.convert makes them")
    return layers
