"""What becomes of each operator of ONNX; sizes and axes are those of the standard, with the samples first.

Source: ONNX, docs/Operators.md, https://github.com/onnx/onnx.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from memsim.errors import InputError, shown
from memsim.exchange import onnx_shapes as shapes
from memsim.exchange.onnx_builder import Builder, Flow, attribute
from memsim.exchange.onnx_file import Step
from memsim.exchange.operators import (
    Activation,
    AveragePool,
    BatchNorm,
    Binary,
    Clip,
    Concat,
    Convolution,
    Dense,
    LeakyRelu,
    MaxPool,
    Pad,
    Reduce,
    Softmax,
    WithConstant,
)
from memsim.exchange.operators.activations import FUNCTIONS
from memsim.exchange.operators.elementwise import ARITHMETIC

_LONGEST = 1 << 24
"""Largest stride, dilation and padding."""


def _layer_name(step: Step) -> str:
    """What results call a layer: its module, where the name of the weights tells it, or its node."""
    module, _, last = step.inputs[1].rpartition(".")
    return module if last == "weight" and module.isprintable() else step.name or step.label


def _gemm(builder: Builder, step: Step) -> None:
    """alpha A B + beta C, where A may not be transposed."""
    flow, weight = builder.flow(step), builder.trained(step, 1, 2)
    if attribute(step, "transA", 0):
        raise InputError("transA=1 is not supported; allowed: 0, samples on the first axis")
    if len(flow.shape) != 1:
        raise InputError(f"samples of shape {list(flow.shape)}; allowed: one axis")
    weight = weight.T if attribute(step, "transB", 0) else weight
    alpha, beta = attribute(step, "alpha", 1.0), attribute(step, "beta", 1.0)
    bias = None
    if builder.has(step, 2):
        added = builder.trained(step, 2)
        if added.ndim > 2 or added.size not in (1, weight.shape[1]) or (added.ndim == 2 and added.shape[0] != 1):
            raise InputError(f"a bias of shape {list(added.shape)}; allowed: [{weight.shape[1]}]")
        bias = np.broadcast_to(added.reshape(-1), weight.shape[1:]) * added.dtype.type(beta)
    if alpha != 1:
        builder.count_computed(weight.size)
        weight = weight * weight.dtype.type(alpha)
    builder.add(step, Dense(weight, bias), flow, label=_layer_name(step))


def _matmul(builder: Builder, step: Step) -> None:
    """A product with constant weights."""
    if isinstance(builder.value(step, 0), np.ndarray) or isinstance(builder.value(step, 1), Flow):
        raise InputError("a product of other than a value and constant weights is not supported; allowed: x W")
    builder.add(step, Dense(builder.trained(step, 1, 2)), builder.flow(step), label=_layer_name(step))


def _conv(builder: Builder, step: Step) -> None:
    flow, weight = builder.flow(step), builder.trained(step, 1)
    if weight.ndim not in (3, 4):
        raise InputError(f"weights of shape {list(weight.shape)}; allowed: convolutions of signals and images")
    groups = attribute(step, "group", 1)
    if not 1 <= groups <= len(weight) or len(weight) % groups:
        raise InputError(f"{groups} groups of {len(weight)} filters; allowed: a divisor of their number")
    kernel = weight.shape[2:]
    if step.attributes.get("kernel_shape", kernel) != kernel:
        raise InputError(f"kernel_shape {shown(step.attributes['kernel_shape'])}; the weights have {list(kernel)}")
    bias = None
    if builder.has(step, 2):
        bias = builder.trained(step, 2, 1)
        if len(bias) != len(weight):
            raise InputError(f"a bias of {len(bias)} numbers for {len(weight)} filters")
    stride, padding, dilation = _window(step, flow, kernel)
    operator = Convolution(weight, bias, stride, padding, dilation, groups)
    builder.add(step, operator, flow, label=_layer_name(step))


def _window(
    step: Step, flow: Flow, kernel: tuple[int, ...]
) -> tuple[tuple[int, ...], tuple[tuple[int, int], ...], tuple[int, ...]]:
    """Stride, padding and dilation of a window."""
    axes = len(kernel)
    if len(flow.shape) != axes + 1:
        raise InputError(f"samples of shape {list(flow.shape)}; allowed: a channel and {axes} axes")
    stride, dilation = (_sizes(step, name, axes, 1, (1,) * axes) for name in ("strides", "dilations"))
    pads = _sizes(step, "pads", 2 * axes, 0, (0,) * (2 * axes))
    padding = tuple(zip(pads[:axes], pads[axes:], strict=True))
    how = attribute(step, "auto_pad", "NOTSET")
    if how in ("SAME_UPPER", "SAME_LOWER"):
        padding = ()
        for size, side, step_size, spread in zip(flow.shape[1:], kernel, stride, dilation, strict=True):
            total = max(0, (-(-size // step_size) - 1) * step_size + spread * (side - 1) + 1 - size)
            less, more = total // 2, total - total // 2
            padding = (*padding, (less, more) if how == "SAME_UPPER" else (more, less))
    elif how == "VALID":
        padding = ((0, 0),) * axes
    elif how != "NOTSET":
        raise InputError(f"auto_pad {shown(how)}; allowed: NOTSET, SAME_UPPER, SAME_LOWER, VALID")
    return stride, padding, dilation


def _sizes(step: Step, name: str, count: int, least: int, default: tuple[int, ...]) -> tuple[int, ...]:
    values = attribute(step, name, default)
    if len(values) != count or not all(least <= value <= _LONGEST for value in values):
        raise InputError(f"{name} {shown(list(values))}; allowed: {count} whole numbers from {least} to {_LONGEST}")
    return tuple(values)


def _pool(builder: Builder, step: Step) -> None:
    flow = builder.flow(step)
    kernel = attribute(step, "kernel_shape", ())
    if not 1 <= len(kernel) <= 2:
        raise InputError(f"kernel_shape {shown(list(kernel))}; allowed: windows of signals and images")
    _sizes(step, "kernel_shape", len(kernel), 1, ())
    if any(step.outputs[1:]) or attribute(step, "storage_order", 0):
        raise InputError("the places of the largest numbers are not supported; allowed: one output")
    stride, padding, dilation = _window(step, flow, kernel)
    if attribute(step, "auto_pad", "NOTSET").startswith("SAME") and max(dilation) > 1:
        raise InputError("auto_pad SAME of dilated windows is not supported, as tools differ; allowed: pads")
    settings = (kernel, stride, padding, dilation, bool(attribute(step, "ceil_mode", 0)))
    if step.operator == "MaxPool":
        builder.add(step, MaxPool(*settings), flow)
    else:
        builder.add(step, AveragePool(*settings, bool(attribute(step, "count_include_pad", 0))), flow)


def _global(function: str) -> Callable[[Builder, Step], None]:
    return lambda builder, step: builder.add(step, Reduce(function), builder.flow(step))


def _reduce(function: str) -> Callable[[Builder, Step], None]:
    def translate(builder: Builder, step: Step) -> None:
        flow = builder.flow(step)
        axes = attribute(step, "axes", ()) or (builder.whole(step, 1) if builder.has(step, 1) else ())
        if not axes:
            raise InputError("all axes, that of the samples included, are not supported; allowed: axes from 1 on")
        builder.add(step, Reduce(function, tuple(axes), bool(attribute(step, "keepdims", 1))), flow)

    return translate


def _batch_norm(builder: Builder, step: Step) -> None:
    if attribute(step, "training_mode", 0) or any(step.outputs[1:]):
        raise InputError("is that of a training; export the network in evaluation mode (model.eval())")
    flow = builder.flow(step)
    scale, shift, mean, variance = (builder.trained(step, place, 1) for place in (1, 2, 3, 4))
    if not len(scale) == len(shift) == len(mean) == len(variance):
        raise InputError("its scale, shift, mean and variance have different lengths")
    epsilon = attribute(step, "epsilon", 1e-5)
    if not (variance >= 0).all() or not np.all(variance + epsilon > 0):
        raise InputError("a variance plus epsilon is not above 0")
    builder.add(step, BatchNorm(scale, shift, mean, variance, float(epsilon)), flow)


def _activation(builder: Builder, step: Step) -> None:
    builder.add(step, Activation(step.operator), builder.flow(step))


def _leaky(builder: Builder, step: Step) -> None:
    exponential = step.operator == "Elu"
    slope = float(attribute(step, "alpha", 1.0 if exponential else 0.01))
    builder.add(step, LeakyRelu(slope, exponential), builder.flow(step))


def _clip(builder: Builder, step: Step) -> None:
    limits = []
    for place, (name, default) in enumerate((("min", -np.inf), ("max", np.inf)), 1):
        value = attribute(step, name, default)
        if builder.has(step, place):
            constant = builder.constant(step, place)
            if constant.size != 1:
                raise InputError(f"its input {place} has {constant.size} numbers; allowed: one")
            value = constant.reshape(-1)[0]
        limits.append(float(value))
    builder.add(step, Clip(*limits), builder.flow(step))


def _hard(builder: Builder, step: Step) -> None:
    """alpha x + beta between 0 and 1."""
    alpha, beta = float(attribute(step, "alpha", 0.2)), float(attribute(step, "beta", 0.5))
    builder.add(step, Clip(0.0, 1.0, alpha, beta), builder.flow(step))


def _softmax(builder: Builder, step: Step) -> None:
    whole = builder.opset < 13
    axis = attribute(step, "axis", 1 if whole else -1)
    builder.add(step, Softmax(axis, whole, step.operator == "LogSoftmax"), builder.flow(step))


def _arithmetic(builder: Builder, step: Step) -> None:
    if len(step.inputs) != 2:
        raise InputError(f"it has {len(step.inputs)} inputs; allowed: two")
    first, second = builder.value(step, 0), builder.value(step, 1)
    if isinstance(first, Flow) and isinstance(second, Flow):
        builder.add(step, Binary(step.operator), first, second)
    elif isinstance(first, np.ndarray) and isinstance(second, np.ndarray):
        builder.give(step, shapes.computed(builder, ARITHMETIC[step.operator], first, second))
    else:
        place = 0 if isinstance(first, np.ndarray) else 1
        flow, constant = builder.flow(step, 1 - place), builder.trained(step, place)
        if constant.ndim == len(flow.shape) + 1 and constant.shape[0] == 1:
            constant = constant[0]
        builder.add(step, WithConstant(step.operator, constant, place == 0), flow)


def _concat(builder: Builder, step: Step) -> None:
    axis, values = attribute(step, "axis", 1), [builder.value(step, place) for place in range(len(step.inputs))]
    constants = [value for value in values if isinstance(value, np.ndarray)]
    flows = [value for value in values if isinstance(value, Flow)]
    if (constants and flows) or not values:
        raise InputError("constants beside values that depend on the samples are not supported")
    if constants:
        builder.give(step, shapes.joined(builder, constants, axis))
    else:
        builder.add(step, Concat(axis), *flows)


def _pad(builder: Builder, step: Step) -> None:
    flow = builder.flow(step)
    mode = attribute(step, "mode", "constant")
    if mode != "constant" or builder.has(step, 3):
        raise InputError(f"mode {shown(mode)}; allowed: constant, of all axes")
    pads = list(attribute(step, "pads", ())) or builder.whole(step, 1)
    axes = len(flow.shape) + 1
    if len(pads) != 2 * axes or not all(0 <= value <= _LONGEST for value in pads) or pads[0] or pads[axes]:
        raise InputError(f"pads {shown(pads)}; allowed: {2 * axes} whole numbers from 0 on, none around samples")
    value = attribute(step, "value", 0.0)
    if builder.has(step, 2):
        value = builder.trained(step, 2).reshape(-1)[:1].sum()
    around = list(itertools.islice(zip(pads, pads[axes:], strict=False), 1, axes))
    builder.add(step, Pad(tuple(around), float(value)), flow)


def _constant(builder: Builder, step: Step) -> None:
    kinds: Mapping[str, Any] = {"value_float": np.float32, "value_floats": np.float32}
    kinds = {**kinds, "value_int": np.int64, "value_ints": np.int64}
    if "value" in step.attributes and isinstance(step.attributes["value"], np.ndarray):
        builder.give(step, step.attributes["value"])
        return
    for name, dtype in kinds.items():
        if name in step.attributes:
            builder.give(step, np.array(step.attributes[name], dtype))
            return
    raise InputError("it has no number; allowed: a tensor, numbers or a number")


TRANSLATORS: Mapping[str, Callable[[Builder, Step], None]] = {
    "Gemm": _gemm,
    "MatMul": _matmul,
    "Conv": _conv,
    "MaxPool": _pool,
    "AveragePool": _pool,
    "GlobalAveragePool": _global("mean"),
    "GlobalMaxPool": _global("max"),
    "ReduceMean": _reduce("mean"),
    "ReduceMax": _reduce("max"),
    "BatchNormalization": _batch_norm,
    **dict.fromkeys(FUNCTIONS, _activation),
    "LeakyRelu": _leaky,
    "Elu": _leaky,
    "Clip": _clip,
    "HardSigmoid": _hard,
    "Softmax": _softmax,
    "LogSoftmax": _softmax,
    **dict.fromkeys(ARITHMETIC, _arithmetic),
    "Concat": _concat,
    "Pad": _pad,
    "Flatten": shapes.flatten,
    "Reshape": shapes.reshape,
    "Squeeze": shapes.squeeze,
    "Unsqueeze": shapes.unsqueeze,
    "Transpose": shapes.transpose,
    "Identity": shapes.identity,
    "Dropout": shapes.dropout,
    "Cast": shapes.cast,
    "Constant": _constant,
    "Shape": shapes.shape_of,
    "Gather": shapes.gather,
    "Slice": shapes.sliced,
}
"""Operators of ONNX that are supported, by name."""
