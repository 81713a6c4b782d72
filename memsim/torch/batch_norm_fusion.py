"""Batch normalisations folded into the layers before them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import Any

import torch
from torch import fx, nn

from memsim.errors import InputError

_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)


def fuse(model: nn.Module, graph: fx.Graph | None, names: Collection[str]) -> dict[str, str]:
    """Fold batch normalisations into the layers directly before them.

    A normalisation stays if it, its layer or a parameter of the layer is used more than once, as the folded weights
    would be wrong for the other uses.

    Parameters
    ----------
    model : nn.Module
        Is changed.
    graph : fx.Graph or None
        Its calls.
    names : collection of str
        Layers that may be changed.

    Returns
    -------
    dict of str to str
        Name of each normalisation that follows such a layer and stays, and why it does.

    Raises
    ------
    InputError
        If the order of the layers is unknown.
    """
    if graph is None:
        raise InputError(
            "fuse_batch_norm: torch.fx cannot trace this model, so that the order of its layers is unknown"
        )
    modules = dict(model.named_modules(remove_duplicate=False))
    calls = Counter(id(modules[node.target]) for node in graph.nodes if node.op == "call_module")
    owners = Counter(id(value) for module in model.modules() for value in module.parameters(recurse=False))
    read = {node.target for node in graph.nodes if node.op == "get_attr"}
    unfused: dict[str, str] = {}
    for node in graph.nodes:
        if node.op != "call_module" or not isinstance(modules[node.target], _NORMS):
            continue
        norm, before = modules[node.target], node.args[0] if node.args else node.kwargs.get("input")
        if not isinstance(before, fx.Node) or before.op != "call_module" or before.target not in names:
            continue
        layer = modules[before.target]
        parameters = list(layer.named_parameters(recurse=False))
        if calls[id(layer)] > 1 or len(before.users) != 1 or calls[id(norm)] > 1:
            twice = before.target if calls[id(norm)] == 1 else node.target
            unfused[node.target] = f"not fused: {twice} is used more than once"
        elif any(owners[id(value)] > 1 or f"{before.target}.{name}" in read for name, value in parameters):
            unfused[node.target] = f"not fused: a parameter of {before.target} is used elsewhere, too"
        else:
            _fold(layer, norm)
            parent, _, last = node.target.rpartition(".")
            setattr(model.get_submodule(parent), last, nn.Identity())
    return unfused


def _fold(layer: Any, norm: Any) -> None:
    """w' = w s, b' = (b - mean) s + shift with s = scale / sqrt(variance + epsilon), of each output."""
    if norm.running_mean is None:
        raise InputError("fuse_batch_norm: a batch normalisation has no running statistics to fold in")
    with torch.no_grad():
        scale = torch.rsqrt(norm.running_var + norm.eps)
        scale = scale if norm.weight is None else scale * norm.weight
        shift = torch.zeros_like(scale) if norm.bias is None else norm.bias
        bias = torch.zeros_like(scale) if layer.bias is None else layer.bias
        shifted = (bias - norm.running_mean) * scale + shift
        if layer.bias is None:
            layer.bias = nn.Parameter(shifted, requires_grad=layer.weight.requires_grad)
        else:
            layer.bias.copy_(shifted)
        layer.weight.mul_(scale.reshape(-1, *[1] * (layer.weight.ndim - 1)))
