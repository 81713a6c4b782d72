"""Fast paths of torch's encoders, which read the weights of their linear layers without calling these layers."""

from __future__ import annotations

from typing import Any

from torch import nn

from memsim.torch.analog_layer import AnalogLayer

_SETTINGS: dict[type[nn.Module], tuple[str, Any]] = {
    nn.TransformerEncoderLayer: ("activation_relu_or_gelu", 0),
    nn.TransformerEncoder: ("use_nested_tensor", False),
}
"""Attribute that only the choice of the fast path reads, and its value for the slow one; in all torch from 1.12 on."""
_BEFORE = "_before_conversion"
"""Attribute that holds the value of before."""


def leave_fast_paths(model: nn.Module) -> None:
    """Let the encoders of a model that contain analog layers call them, in every mode."""
    for module, name, slow in _encoders(model):
        if _BEFORE not in module.__dict__ and any(isinstance(part, AnalogLayer) for part in module.modules()):
            module.__dict__[_BEFORE] = getattr(module, name)
            setattr(module, name, slow)


def restore_fast_paths(model: nn.Module) -> None:
    """Undo `leave_fast_paths`."""
    for module, name, _ in _encoders(model):
        if _BEFORE in module.__dict__:
            setattr(module, name, module.__dict__.pop(_BEFORE))


def _encoders(model: nn.Module) -> list[tuple[nn.Module, str, Any]]:
    return [
        (module, name, slow)
        for module in model.modules()
        for kind, (name, slow) in _SETTINGS.items()
        if isinstance(module, kind) and hasattr(module, name)
    ]
