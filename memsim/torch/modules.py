"""The analog layers of a network."""

from __future__ import annotations

from torch import nn

from memsim.errors import InputError
from memsim.torch.analog_layer import AnalogLayer


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
