"""Which settings of training act on which layers of a network."""

from __future__ import annotations

from collections.abc import Mapping

from torch import nn

from memsim.exchange.layer_names import check_patterns
from memsim.torch.modules import analog_layers, chosen
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
        Others for some layers, by name, as for `convert`.

    Raises
    ------
    InputError
        If a name matches no layer.
    """
    own, layers = analog_layers(model), dict(layers or {})
    check_patterns("layers", layers, own)
    for name, layer in own.items():
        layer.set_training(chosen(name, layers, training))
    return model
