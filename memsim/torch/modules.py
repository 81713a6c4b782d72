"""The analog layers of a network, and layers by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import torch
from torch import nn

from memsim.errors import InputError
from memsim.exchange.layer_names import matches
from memsim.real_arrays import check_real
from memsim.torch.analog_layer import AnalogLayer

T = TypeVar("T")


def check_finite(name: str, module: nn.Module) -> None:
    """Refuse weights that are not finite real numbers.

    Raises
    ------
    InputError
        If there are such weights, or weights without numbers.
    """
    for part, values in module.named_parameters():
        label = f"{name}.{part}" if name else part
        if values.is_meta:
            raise InputError(f"{label}: has no numbers on the device 'meta'; allowed: weights with numbers")
        check_real(label, values)
        if part != "input_range" and not bool(torch.isfinite(values).all()):  # NaN before a calibration
            raise InputError(f"{label}: contains NaN or infinity; only finite numbers are allowed")


@contextmanager
def evaluation_mode(model: nn.Module) -> Iterator[None]:
    """Evaluation mode; afterwards each module has its own mode again."""
    modes = [(module, module.training) for module in model.modules()]
    try:
        model.eval()
        yield
    finally:
        for module, training in modes:
            module.training = training


def check_model(model: Any) -> None:
    """Refuse a model that is no module of PyTorch.

    Raises
    ------
    InputError
        If it is none.
    """
    if not isinstance(model, nn.Module):
        raise InputError(f"model: {type(model).__name__} is not a torch.nn.Module")


def analog_layers(model: nn.Module) -> dict[str, AnalogLayer]:
    """The analog layers of a model by name, in the order in which the model lists them; shared ones once.

    Raises
    ------
    InputError
        If there is none, or the model is no module.
    """
    check_model(model)
    layers = {name: module for name, module in model.named_modules() if isinstance(module, AnalogLayer)}
    if not layers:
        raise InputError(f"model: {type(model).__name__} has no analog layers; memsim.torch.convert makes them")
    return layers


def chosen(name: str, choices: Mapping[str, T], default: T) -> T:
    """What is chosen for a layer: that of the first pattern which fits its name, see `matches`."""
    return next((choice for pattern, choice in choices.items() if matches(name, pattern)), default)
