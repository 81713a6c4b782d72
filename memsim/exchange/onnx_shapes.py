"""Operators of ONNX that arrange numbers, of values and of constants: networks compute the sizes of shapes by them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from memsim.errors import InputError, shown
from memsim.exchange.onnx_builder import SAMPLES, Builder, attribute
from memsim.exchange.onnx_file import Step
from memsim.exchange.operators import Reshape, Shape, Transpose
from memsim.exchange.operators.operator import normalised_axis


def flatten(builder: Builder, step: Step) -> None:
    """All numbers of a sample on one axis."""
    flow = builder.flow(step)
    axis = attribute(step, "axis", 1)
    if axis not in (1, -len(flow.shape)):
        raise InputError(f"axis {axis} is not supported; allowed: 1, all axes of a sample")
    builder.add(step, Reshape((math.prod(flow.shape),)), flow)


def reshape(builder: Builder, step: Step) -> None:
    """Another shape, which keeps the samples on the first axis."""
    value, to = builder.value(step, 0), builder.whole(step, 1)
    if attribute(step, "allowzero", 0) and 0 in to:
        raise InputError("a size of 0 is not supported")
    if isinstance(value, np.ndarray):
        builder.give(step, _arranged(value, to))
    else:
        builder.add(step, Reshape(_sample_shape(value.shape, to, builder.file.axes[0])), value)


def _sample_shape(shape: Shape, to: Sequence[int], samples: int | None) -> Shape:
    """Shape of one sample after a reshape to some sizes, of which 0 keeps one and -1 is what is left."""
    refusal = InputError(
        f"samples of shape {list(shape)} have no shape {shown(['samples' if size == SAMPLES else size for size in to])}"
        "; allowed: shapes whose first axis counts samples"
    )
    if not to:
        raise refusal
    whole = (SAMPLES, *shape)
    sizes = [whole[place] if size == 0 and place < len(whole) else size for place, size in enumerate(to)]
    first, rest = sizes[0], sizes[1:]
    free, known = rest.count(-1), math.prod(size for size in rest if size != -1)
    if any(size < 1 and size != -1 for size in rest) or free > 1 or (first == -1 and free):
        raise refusal
    if free:
        if math.prod(shape) % known:
            raise refusal
        rest = [math.prod(shape) // known if size == -1 else size for size in rest]
    if first not in (-1, SAMPLES, samples) or math.prod(rest) != math.prod(shape):
        raise refusal
    return tuple(rest)


def _arranged(values: np.ndarray, to: Sequence[int]) -> np.ndarray:
    sizes = [values.shape[place] if size == 0 and place < values.ndim else size for place, size in enumerate(to)]
    try:
        return values.reshape(sizes)
    except ValueError:
        raise InputError(f"a constant of shape {list(values.shape)} has no shape {shown(list(to))}") from None


def _axes(builder: Builder, step: Step) -> list[int]:
    """Axes that an attribute states, or since version 13 an input."""
    return list(attribute(step, "axes", ())) or (builder.whole(step, 1) if builder.has(step, 1) else [])


def squeeze(builder: Builder, step: Step) -> None:
    """Without axes of one number."""
    value, axes = builder.value(step, 0), _axes(builder, step)
    if isinstance(value, np.ndarray):
        ones = [axis for axis, size in enumerate(value.shape) if size == 1]
        squeezed = [axis % max(1, value.ndim) for axis in axes] or ones
        sizes = [size for axis, size in enumerate(value.shape) if axis not in squeezed]
        builder.give(step, _arranged(value, sizes or [1]).reshape(sizes))
        return
    if not axes:
        raise InputError("it names no axes, which may be that of the samples; allowed: axes from 1 on")
    places = [normalised_axis(step.operator, axis, len(value.shape) + 1) for axis in axes]
    if any(value.shape[place - 1] != 1 for place in places):
        raise InputError(f"axes {axes} of samples of shape {list(value.shape)} have more than one number")
    builder.add(step, Reshape(tuple(s for place, s in enumerate(value.shape, 1) if place not in places)), value)


def unsqueeze(builder: Builder, step: Step) -> None:
    """With further axes of one number."""
    value, axes = builder.value(step, 0), _axes(builder, step)
    count = (value.ndim if isinstance(value, np.ndarray) else len(value.shape) + 1) + len(axes)
    places = {axis + count if axis < 0 else axis for axis in axes}
    if len(places) != len(axes) or count > 16 or not all(0 <= place < count for place in places):
        raise InputError(f"axes {shown(axes)} are not allowed; allowed: different axes of {count}")
    if isinstance(value, np.ndarray):
        builder.give(step, np.expand_dims(value, tuple(places)))
        return
    if 0 in places:
        raise InputError("an axis before that of the samples is not supported")
    sizes = iter(value.shape)
    builder.add(step, Reshape(tuple(1 if place in places else next(sizes) for place in range(1, count))), value)


def transpose(builder: Builder, step: Step) -> None:
    """Axes in another order; reversed if none is stated."""
    value = builder.value(step, 0)
    axes = value.ndim if isinstance(value, np.ndarray) else len(value.shape) + 1
    order = tuple(attribute(step, "perm", ())) or tuple(reversed(range(axes)))
    if isinstance(value, np.ndarray):
        if sorted(order) != list(range(axes)):
            raise InputError(f"the order {shown(list(order))} of {axes} axes is not allowed")
        builder.give(step, np.transpose(value, order))
    else:
        builder.add(step, Transpose(order), value)


def identity(builder: Builder, step: Step) -> None:
    """The input itself."""
    builder.give(step, builder.value(step, 0))


def dropout(builder: Builder, step: Step) -> None:
    """The input itself: nothing is dropped after the training."""
    if builder.has(step, 2) and builder.constant(step, 2).any():
        raise InputError("is that of a training; export the network in evaluation mode (model.eval())")
    if any(step.outputs[1:]):
        raise InputError("its mask is not supported; allowed: one output")
    builder.give(step, builder.value(step, 0))


_CASTS = {1: np.float32, 6: np.int32, 7: np.int64, 10: np.float16, 11: np.float64}


def cast(builder: Builder, step: Step) -> None:
    """Numbers of another type; values of the network stay in its precision."""
    value, to = builder.value(step, 0), attribute(step, "to", 1)
    if to not in _CASTS:
        raise InputError(f"the type number {to} of ONNX is not supported; allowed: {', '.join(map(str, _CASTS))}")
    if isinstance(value, np.ndarray):
        builder.count_computed(value.size)
        with np.errstate(invalid="ignore", over="ignore"):
            builder.give(step, value.astype(_CASTS[to]))
    elif to in (6, 7):
        raise InputError("values of the network as whole numbers are not supported; allowed: float32")
    else:
        builder.give(step, value)


def shape_of(builder: Builder, step: Step) -> None:
    """Sizes of a value, that of the samples included."""
    value = builder.value(step, 0)
    sizes = value.shape if isinstance(value, np.ndarray) else (SAMPLES, *value.shape)
    part = slice(attribute(step, "start", 0), attribute(step, "end", len(sizes)))
    builder.give(step, np.array(sizes, np.int64)[part])


def gather(builder: Builder, step: Step) -> None:
    """Some sizes of a shape."""
    values, places = builder.constant(step, 0), builder.constant(step, 1)
    if values.ndim != 1 or attribute(step, "axis", 0) != 0 or places.dtype.kind != "i" or places.ndim > 1:
        raise InputError("parts of other than a list of sizes are not supported")
    if places.size > len(values) or not np.all((-len(values) <= places) & (places < len(values))):
        raise InputError(f"the places {shown(places.tolist())} of {len(values)} sizes are not allowed")
    builder.give(step, np.asarray(values[places]))


def sliced(builder: Builder, step: Step) -> None:
    """Sizes of a shape that follow each other."""
    values = builder.constant(step, 0)
    start = list(attribute(step, "starts", ())) or builder.whole(step, 1)
    end = list(attribute(step, "ends", ())) or builder.whole(step, 2)
    axes = list(attribute(step, "axes", ())) or (builder.whole(step, 3) if builder.has(step, 3) else [0])
    steps = builder.whole(step, 4) if builder.has(step, 4) else [1]
    if values.ndim != 1 or not len(start) == len(end) == 1 or axes != [0] or steps != [1]:
        raise InputError("parts of other than a list of sizes are not supported")
    builder.give(step, values[start[0] : end[0]])


def joined(builder: Builder, constants: Sequence[np.ndarray], axis: int) -> np.ndarray:
    """Constants one after the other."""
    builder.count_computed(sum(part.size for part in constants))
    try:
        return np.concatenate(constants, axis)
    except ValueError:
        shapes = ", ".join(str(list(part.shape)) for part in constants[:4])
        raise InputError(f"constants of shapes {shapes} do not fit to each other along axis {axis}") from None


def computed(
    builder: Builder, function: Callable[[Any, Any], Any], first: np.ndarray, second: np.ndarray
) -> np.ndarray:
    """Arithmetic of two constants."""
    for part in (first, second):
        if part.dtype.kind == "i" and np.any(part == SAMPLES):
            raise InputError("arithmetic with the number of samples is not supported; export with a fixed batch of 1")
    try:
        builder.count_computed(math.prod(np.broadcast_shapes(first.shape, second.shape)))
        with np.errstate(all="ignore"):
            result = np.asarray(function(first, second))
    except (ValueError, TypeError):
        shapes = f"{first.dtype} {list(first.shape)} and {second.dtype} {list(second.shape)}"
        raise InputError(f"the constants {shapes} do not fit to each other") from None
    return result.astype(first.dtype) if first.dtype.kind == "i" else result
