"""Converters in the computation graph: rounding and clipping whose gradient is straight-through."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from memsim.arrays import DAC


class _Rounded(torch.autograd.Function):
    """Values clipped to [low, high] and rounded to steps; the gradient is that of the clipping alone."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, low: float, high: float, step: float | None) -> Tensor:
        ctx.save_for_backward((x >= low) & (x <= high))
        clipped = x.clamp(low, high)
        return clipped if step is None else torch.round(clipped / step) * step

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None, None]:
        (inside,) = ctx.saved_tensors
        return gradients[0] * inside, None, None, None


def converted_inputs(x: Tensor, dac: DAC | None, gain: float) -> Tensor:
    """The inputs that the codes of the DACs stand for, in the units of x.

    Parameters
    ----------
    x : (..., row)
        Inputs of a layer.
    dac : DAC or None
        Without its errors of gain, offset and codes.
    gain : float
        Voltage of an input of 1, in units of the read voltage.
    """
    if dac is None:
        return x
    low, high = _limits(dac, gain)
    step = None if dac.bits is None else dac.unit / gain
    return _Rounded.apply(x, low, high, step)


def converted_outputs(y: Tensor, largest: float, bits: int) -> Tensor:
    """Outputs with both signs as an ADC of some resolution and range gives them, in the units of y."""
    step = largest / (2 ** (bits - 1) - 1)
    return _Rounded.apply(y, -largest, largest, step)


def inside(x: Tensor, dac: DAC | None, gain: float) -> Tensor | None:
    """Where inputs are not clipped by the DACs; None without DACs."""
    if dac is None:
        return None
    low, high = _limits(dac, gain)
    return (x >= low) & (x <= high)


def _limits(dac: DAC, gain: float) -> tuple[float, float]:
    return (0.0 if dac.polarity == "unsigned" else -dac.range / gain), dac.range / gain
