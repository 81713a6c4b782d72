"""Reads of programmed cells in the computation graph."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from memsim.arrays.compensation import SPAN
from memsim.errors import InputError
from memsim.torch.exchange import array_of, tensor_of
from memsim.torch.slopes import slopes, summed


class Read(torch.autograd.Function):
    """A read of the cells of an `AnalogLayer`; its gradient is straight-through."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, layer: Any, differentiated: bool) -> Tensor:
        patches = layer.patches(x)
        reader = layer.reader(patches)
        reads = math.prod(x.shape[:-1]) if patches is None else len(x)
        occasion, first = layer.occasion(reads)
        adc = reader.crossbar.adc
        watched = differentiated or layer.counts is not None
        saturated: list[np.ndarray] | None = [] if adc is not None and watched else None
        y = reader.read(
            array_of(layer.as_images(x.detach())), occasion, first_sample=first, saturated=saturated, within=SPAN
        )
        layer.count(x, saturated)
        ctx.layer, ctx.saturated = layer, saturated
        ctx.held = layer.held_slices() if differentiated else None
        ctx.save_for_backward(x)
        outputs = layer.as_outputs(tensor_of(y, x), x)
        if bias is not None and layer.row_bias is None:
            _add(outputs, layer.beside(bias, outputs))
        return outputs

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor | None, Tensor | None, None, None]:
        (x,), layer, (gradient,) = ctx.saved_tensors, ctx.layer, gradients
        by_input, by_weight, by_bias = slopes(layer, ctx.held, x, gradient, layer.cells.gain, ctx.saturated)
        if layer.row_bias is None and ctx.needs_input_grad[2]:
            by_bias = summed(layer, gradient)
        if torch.is_grad_enabled():  # the graph of the gradient is asked for
            by_input, by_weight = (_Once.differentiated(own, layer.label) for own in (by_input, by_weight))
            by_bias = None if by_bias is None else _Once.differentiated(by_bias, layer.label)
        return by_input, by_weight, by_bias, None, None


class _Once(torch.autograd.Function):
    """Gradients of a read, which have no gradients themselves."""

    @classmethod
    def differentiated(cls, gradient: Tensor, label: str) -> Tensor:
        """A gradient that refuses to be differentiated."""
        result = cls.apply(gradient.detach().requires_grad_(True), label)
        assert isinstance(result, Tensor)
        return result

    @staticmethod
    def forward(ctx: Any, gradient: Tensor, label: str) -> Tensor:
        ctx.label = label
        return gradient.clone()

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        raise InputError(
            f"{ctx.label}: second derivatives of programmed cells are not supported; allowed: first derivatives, or "
            "second ones before memsim.torch.program(model)"
        )


def _add(y: Tensor, bias: Tensor) -> None:
    """Add a bias to outputs in place; on the CPU by one thread.

    Those of torch wait actively after each of its loops, and the next product of matrices would share the cores with
    them.
    """
    if y.device.type == "cpu":
        y.numpy()[...] += bias.detach().numpy()
    else:
        y += bias
