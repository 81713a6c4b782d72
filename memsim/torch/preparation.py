"""Which settings of training act on which layers of a network."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping

from torch import nn

from memsim.errors import InputError, nearest
from memsim.torch.modules import analog_layers
from memsim.torch.training import Training


def prepare(model: nn.Module, training: Training, *, layers: Mapping[str, Training] | None = None) -> nn.Module:
    """Let a converted model train for its hardware, and return it. It acts in training mode, before `program`.

    Parameters
    ----------
    model : nn.Module
        From `convert`.
    training : Training
        What acts on its layers.
    layers : mapping of str to Training, optional
        Others for some layers, by name with the wildcards * and ?.

    Raises
    ------
    InputError
        If a name matches no layer.
    """
    own, layers = analog_layers(model), dict(layers or {})
    for pattern in layers:
        if not any(fnmatch.fnmatchcase(name, pattern) for name in own):
            raise InputError(f"{pattern}: no layer has this name{nearest(pattern, own)}; layers: {', '.join(own)}")
    for name, layer in own.items():
        chosen = next((other for pattern, other in layers.items() if fnmatch.fnmatchcase(name, pattern)), training)
        layer.set_training(chosen)
    return model
