"""How much the loss of a network depends on each of its weights, for programming that verifies some of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

from memsim.arrays.programming.algorithms import Selective
from memsim.errors import InputError, shown
from memsim.torch.mapped_layer import TOP_RANK
from memsim.torch.modules import analog_layers, evaluation_mode
from memsim.torch.samples import Data, check_labels

_REASON = 100
"""Characters of a foreign error that ours repeats."""


def measure_sensitivity(
    model: nn.Module,
    loader: Iterable[Any],
    loss: Callable[[Tensor, Tensor], Tensor] = nn.functional.cross_entropy,
) -> nn.Module:
    """Rank the weights of a converted model by the second derivatives of its loss, and return the model.

    For ``Hardware(programming="selective")``, before `program`. The second derivative by a weight is the diagonal
    element of the empirical Fisher matrix: the mean over samples of the squared derivative of the loss of one sample.
    It is multiplied by the square of the weight that spans the bounds, so that it counts equal errors of cells. The
    ranks order the weights of all layers together.

    Parameters
    ----------
    model : nn.Module
        From `convert`; with converters, after `calibrate`.
    loader : iterable
        Batches (inputs, labels). Each sample takes a pass of its own, so some hundred samples should do.
    loss : callable
        ``loss(outputs, labels)``, the mean over samples; the cross-entropy of classes if not stated.

    Raises
    ------
    InputError
        If the hardware does not select weights, there are no samples, or derivatives are not finite.
    """
    layers: dict[str, Any] = dict(analog_layers(model))
    if not callable(loss):
        raise InputError(f"loss: {shown(loss)} is not allowed; a function of outputs and labels")
    for layer in layers.values():
        if not isinstance(layer.hardware.algorithm, Selective):
            raise InputError(
                f"{layer.label}: its hardware does not select weights; allowed: Hardware(programming='selective')"
            )
    before = {name: int(layer.programmings) for name, layer in layers.items()}
    parameters = {
        name: [layer.weight, *([] if layer.row_bias is None else [layer.bias])] for name, layer in layers.items()
    }
    sums = {name: [torch.zeros_like(part, dtype=torch.float64) for part in parts] for name, parts in parameters.items()}
    every, count = [part for parts in parameters.values() for part in parts], 0
    needed = [part.requires_grad for part in every]
    try:
        for part in every:
            part.requires_grad_(True)
        for layer in layers.values():
            layer.programmings.zero_()
        with evaluation_mode(model), torch.enable_grad():
            for inputs, labels in Data(loader, None, lambda number: None).batches(every[0].device):
                check_labels(labels)
                for one in range(len(inputs)):
                    value = _value(loss, model(inputs[one : one + 1]), labels[one : one + 1])
                    slopes = torch.autograd.grad(value, every, allow_unused=True)
                    for total, slope in zip((part for parts in sums.values() for part in parts), slopes, strict=True):
                        total += 0 if slope is None else slope.double().square()
                    count += 1
    finally:
        for part, needs in zip(every, needed, strict=True):
            part.requires_grad_(needs)
        for name, layer in layers.items():
            layer.programmings.fill_(before[name])
    if not count:
        raise InputError("loader: gives no samples; allowed: batches (inputs, labels)")
    for name, layer in layers.items():
        scale = torch.as_tensor(layer.span.scale, dtype=torch.float64, device=layer.weight.device)
        sums[name][0] *= (layer.along_weight(scale) if scale.ndim else scale) ** 2
        for bias in sums[name][1:]:  # of the cell, whose row is driven with a voltage of its own
            bias *= (scale * layer.span.drive) ** 2
    _rank(layers, sums)
    return model


def _value(loss: Callable[[Tensor, Tensor], Tensor], outputs: Tensor, labels: Tensor) -> Tensor:
    """The loss of one sample.

    Raises
    ------
    InputError
        If the loss refuses the outputs or labels, or gives no number with derivatives.
    """
    try:
        value = loss(outputs, labels)
    except (TypeError, ValueError, IndexError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:_REASON]
        raise InputError(
            f"loss: fails for outputs {tuple(outputs.shape)} and a label of {_label(labels)} ({reason}); allowed: a "
            "function of outputs and labels, and labels that it takes"
        ) from error
    if not isinstance(value, Tensor):
        raise InputError(f"loss: gives {type(value).__name__}; allowed: a tensor with one number")
    if value.numel() != 1 or not value.requires_grad:
        what = "does not depend on the weights" if value.numel() == 1 else f"has the shape {tuple(value.shape)}"
        raise InputError(f"loss: gives a tensor that {what}; allowed: one number with derivatives by the weights")
    return value


def _label(labels: Tensor) -> str:
    """The label of one sample: its number, or its shape."""
    return f"{labels.item():g}" if labels.numel() == 1 else f"shape {tuple(labels.shape)}"


def _rank(layers: dict[str, Any], sums: dict[str, list[Tensor]]) -> None:
    """Give all layers the ranks of their weights, from 1 to `TOP_RANK`."""
    flat = torch.cat([part.flatten() for parts in sums.values() for part in parts])
    if not bool(torch.isfinite(flat).all()):
        raise InputError("loss: gives derivatives that are NaN or infinite; only finite ones are allowed")
    order = torch.empty(len(flat), dtype=torch.float64, device=flat.device)
    order[torch.argsort(flat, stable=True)] = torch.arange(1, len(flat) + 1, dtype=torch.float64, device=flat.device)
    ranks, first = (order / len(flat) * TOP_RANK).long(), 0
    for name, layer in layers.items():
        for buffer, part in zip((layer.ranks, layer.bias_ranks), sums[name], strict=False):
            buffer.copy_(ranks[first : first + part.numel()].reshape(part.shape))
            first += part.numel()
        layer.forget(weights=True)
        layer.programmings.zero_()
