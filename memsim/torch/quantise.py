"""Converters in the computation graph: rounding and clipping whose gradient is straight-through."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from memsim.arrays import DAC


class _Rounded(torch.autograd.Function):
    """Values clipped to [low, high] and rounded to steps; the gradient is that of the clipping alone.

    The limits and the step are numbers, or tensors that broadcast against the values.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, low: Any, high: Any, step: Any) -> Tensor:
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


def converted_outputs(y: Tensor, largest: Any, bits: int, signed: bool) -> Tensor:
    """Outputs as an ADC of some resolution gives them, in the units of y.

    Parameters
    ----------
    y : Tensor
        Outputs before they are converted.
    largest : float or Tensor
        Largest output, broadcast against y.
    bits : int
        Resolution.
    signed : bool
        Whether codes have both signs.
    """
    if signed:
        return _Rounded.apply(y, -largest, largest, largest / (2 ** (bits - 1) - 1))
    return _Rounded.apply(y, 0 * largest, largest, largest / (2**bits - 1))


def inside(x: Tensor, dac: DAC | None, gain: float) -> Tensor | None:
    """Where inputs are not clipped by the DACs; None without DACs."""
    if dac is None:
        return None
    low, high = _limits(dac, gain)
    return (x >= low) & (x <= high)


class Through(torch.autograd.Function):
    """Other values in the place of some, such as those that cells hold; the gradient passes straight through."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, held: Tensor) -> Tensor:
        return held.clone()

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return gradients[0], None


def phases(x: Tensor, level: Tensor | None, dac: DAC | None, gain: float) -> list[tuple[int, Tensor, Tensor | None]]:
    """What the word lines get one after the other, in the units of x, and the sign of what is read then.

    Parameters
    ----------
    x : Tensor
        Inputs that the codes of the DACs stand for.
    level : Tensor or None
        The same of a bias row.
    dac : DAC or None
        Its polarity decides, see `DAC`.
    gain : float
        Voltage of an input of 1, in units of the read voltage.
    """
    if dac is not None and dac.polarity == "phases":
        nothing = None if level is None else torch.zeros_like(level)
        return [(1, torch.where(x > 0, x, 0), level), (-1, torch.where(x > 0, 0, -x), nothing)]
    shift = shift_of(dac, gain)
    return [(1, x + shift, None if level is None else level + shift) if shift else (1, x, level)]


def shift_of(dac: DAC | None, gain: float) -> float:
    """What is added to all inputs so that none is negative, in their units."""
    return dac.range / gain if dac is not None and dac.polarity == "offset" else 0.0


def _limits(dac: DAC, gain: float) -> tuple[float, float]:
    return (0.0 if dac.polarity == "unsigned" else -dac.range / gain), dac.range / gain
