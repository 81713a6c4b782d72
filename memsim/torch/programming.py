"""Calibration of the converters of a network, and programming of its weights."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from memsim.arrays.checks import number, whole
from memsim.errors import InputError
from memsim.philox import MAX_REPETITIONS
from memsim.torch.analog_layer import AnalogLayer
from memsim.torch.modules import analog_layers, check_finite, evaluation_mode
from memsim.torch.quantise import converted_inputs
from memsim.torch.samples import inputs_of

_NARROWEST = 1e-12
"""Range of ADCs while a layer has got only inputs of 0."""


def program(model: nn.Module, repeats: int = 1) -> nn.Module:
    """Program the weights of a converted model onto cells, and return the model.

    Parameters
    ----------
    model : nn.Module
        From `convert`; with converters, after `calibrate`.
    repeats : int
        How often, each time with other errors. Forward passes read the first programming.

    Raises
    ------
    InputError
        If weights are not finite, or a layer is not calibrated.
    """
    repeats = whole("repeats", repeats, 1, MAX_REPETITIONS)
    layers = analog_layers(model)
    for name, layer in layers.items():
        check_finite(name, layer)
        layer.check_weights()
        layer.forget(weights=True)
    before = {name: int(layer.programmings) for name, layer in layers.items()}
    try:
        for layer in layers.values():
            layer.programmings.fill_(repeats)
            for repeat in range(repeats):
                layer.repeat = repeat
                _ = layer.cells
    except BaseException:
        for name, layer in layers.items():
            layer.programmings.fill_(before[name])
            layer.forget(weights=True)
        raise
    finally:
        for layer in layers.values():
            layer.repeat = 0
    return model


def calibrate(model: nn.Module, x: Tensor | Iterable[Any], *, percentile: float = 100.0) -> nn.Module:
    """Set the ranges of the converters by typical inputs, and return the model.

    The input range of a layer is a percentile of the sizes of its inputs, and at least the voltage of a bias row. A
    range of ADCs that follows the outputs (``max``, ``rms``) is set by what ideal cells give, of each row tile. Later
    layers see what the converters of the earlier ones make of the inputs.

    Parameters
    ----------
    model : nn.Module
        From `convert`.
    x : Tensor or iterable
        A batch of inputs, or batches of them, of which pairs are (inputs, labels).
    percentile : float
        Of the sizes of inputs, above 0 and up to 100. With several batches, the largest of theirs counts.

    Raises
    ------
    InputError
        If a layer gets no input or only zeros.
    """
    percentile = number("percentile", percentile, 0, 100, above=True)
    layers = analog_layers(model)
    before = {name: _ranges(layer) for name, layer in layers.items()}
    hooks = []
    for layer in layers.values():
        layer.forget(weights=True)
        layer.programmings.zero_()
        layer.input_range.data.fill_(math.nan)
        layer.output_range.fill_(math.nan)
        hooks.append(layer.register_forward_pre_hook(lambda own, inputs: _widen(own, inputs[0], percentile)))
    try:
        with evaluation_mode(model), torch.no_grad():
            for batch in inputs_of(x, "x"):
                model(batch)
            for name, layer in layers.items():
                if not layer.input_range.item() > 0:
                    state = "got no inputs" if math.isnan(layer.input_range.item()) else "got no inputs other than 0"
                    raise InputError(f"{name or layer.label}: {state}, so that its input range is unknown")
    except BaseException:
        for name, layer in layers.items():
            for values, known in zip((layer.input_range.data, layer.output_range), before[name], strict=False):
                values.fill_(known)
        raise
    finally:
        for hook in hooks:
            hook.remove()
        for name, layer in layers.items():
            layer.programmings.fill_(before[name][-1])
    return model


def _ranges(layer: AnalogLayer) -> tuple[float, float, int]:
    """The ranges of the converters of a layer, and how many programmings there are."""
    return layer.input_range.item(), layer.output_range.item(), int(layer.programmings)


def _widen(layer: AnalogLayer, x: Tensor, percentile: float) -> None:
    """Widen the ranges of a layer so that they hold some inputs and their products."""
    if not bool(torch.isfinite(x).all()):
        raise InputError(f"{layer.label}: inputs contain NaN or infinity; only finite numbers are allowed")
    largest = _percentile(x, percentile)
    if layer.row_bias is not None:
        largest = max(largest, layer.span.drive)
    layer.input_range.data.fill_(_larger(layer.input_range.item(), largest))
    adc = layer.hardware.outputs
    if adc is None or not isinstance(adc.range, str):
        return
    if largest == 0:  # such as the first state of a recurrent layer; later inputs widen the range
        layer.output_range.fill_(_larger(layer.output_range.item(), _NARROWEST))
        return
    driven = converted_inputs(layer.padded(x.detach()), layer.hardware.inputs, layer.gain)
    parts = layer.tile_sums(driven, layer.ideal_slices(), layer.level(driven))
    sums = torch.stack([part.values for part in parts])
    sums = sums / layer.along_outputs(layer.unit / layer.gain, parts[0].values)
    if adc.range == "rms":
        most = 2**adc.above_rms * float(sums.double().square().mean().sqrt())
    else:
        most = _percentile(sums, adc.percentile)
    if not most > 0:
        raise InputError(f"{layer.label}: gives no output for these inputs; the range of its ADCs would be empty")
    layer.output_range.fill_(_larger(layer.output_range.item(), most))


def _percentile(values: Tensor, percentile: float) -> float:
    """A percentile of the sizes of values."""
    sizes = values.detach().abs()
    return float(sizes.max()) if percentile == 100 else float(np.percentile(sizes.cpu().numpy(), percentile))


def _larger(known: float, value: float) -> float:
    return value if math.isnan(known) else max(known, value)
