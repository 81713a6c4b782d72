"""Gradients of reads, which pass straight through the cells and the rounding of the converters."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from memsim.torch.mapped_layer import Slice
from memsim.torch.planned_layer import PlannedLayer, joined, joined_bias
from memsim.torch.quantise import converted_inputs, inside


def slopes(
    layer: PlannedLayer,
    held: list[Slice],
    x: Tensor,
    gradient: Tensor,
    gain: float,
    saturated: list[np.ndarray] | None,
) -> tuple[Tensor, Tensor, Tensor | None]:
    """Gradients by the inputs, the weights and the bias row of a layer, in the units of `weight`.

    They are those of the products with the weights that the cells hold; 0 where a DAC clips an input, and for what is
    converted by an ADC beyond its range.

    Parameters
    ----------
    layer : PlannedLayer
    held : list of Slice
        What the cells hold.
    x : Tensor
        Inputs.
    gradient : Tensor
        By the outputs.
    gain : float
        Voltage of an input of 1, in units of the read voltage.
    saturated : list of ndarray or None
        Where the ADCs are beyond their range, for each phase of the inputs, then each row tile, then each slice.
    """
    dac, axis = layer.hardware.inputs, layer.output_axis(gradient)
    with torch.enable_grad():
        driven = converted_inputs(x.detach(), dac, gain).detach().requires_grad_(True)
        level = layer.level(x)
        by_cells = torch.zeros_like(held[0].weight, requires_grad=True)
        by_row = torch.zeros(gradient.shape[axis], dtype=x.dtype, device=x.device, requires_grad=True)
        slices = [
            Slice(share, weight + by_cells, None if bias is None else bias + by_row) for share, weight, bias in held
        ]
        if saturated is None or not any(part.any() for part in saturated):
            parts, upstream = [layer.product(driven, joined(slices))], [gradient]
            if level is not None:
                parts.append(level * joined_bias(slices))
                upstream.append(summed(layer, gradient))
        else:
            sums = layer.tile_sums(driven, slices, level)
            within = [~torch.from_numpy(part).to(x.device).reshape(gradient.shape) for part in saturated]
            digital = [part.expand_as(gradient) for part in layer.digital_sums(driven, slices, level)]
            parts = [part.values for part in sums] + digital
            upstream = [part.factor * gradient * own for part, own in zip(sums, within, strict=True)]
            upstream += [-gradient] * len(digital)
        leaves = [driven, by_cells, *([] if level is None else [by_row])]
        by_input, by_weight, *by_bias = torch.autograd.grad(parts, leaves, upstream, allow_unused=True)
    unclipped = inside(x, dac, gain)
    by_input = by_input if unclipped is None else by_input * unclipped
    return by_input, by_weight, by_bias[0] / layer.span.drive if by_bias else None


def summed(layer: PlannedLayer, gradient: Tensor) -> Tensor:
    """A gradient by outputs summed over all axes but that of the outputs of a sample, (col,)."""
    axes = [axis for axis in range(gradient.ndim) if axis != layer.output_axis(gradient)]
    return gradient.sum(axes) if axes else gradient
