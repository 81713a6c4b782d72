"""Outputs and targets of samples, and what several losses compute from them."""

from __future__ import annotations

import math
import sys
from typing import Any, NamedTuple

from memsim.errors import InputError


class Batch(NamedTuple):
    """Outputs (..., class), targets of the same shape and dtype, and the namespace of both."""

    xp: Any
    outputs: Any
    targets: Any


def array_namespace(array: Any) -> Any:
    """Module of the array API functions for an array: `numpy`, `cupy` or what else the array names."""
    if hasattr(array, "__array_namespace__"):
        return array.__array_namespace__()
    # CuPy (13 to 14.2) has the standard's functions in its main namespace, but its arrays do not say so.
    if type(array).__module__.partition(".")[0] == "cupy":
        return sys.modules["cupy"]
    raise InputError(f"outputs: a {type(array).__name__} is not an array of NumPy, CuPy or the array API standard")


def batch_of(outputs: Any, targets: Any) -> Batch:
    """Outputs and targets that fit, targets broadcast over the leading axes.

    Raises
    ------
    InputError
        If the outputs are no float array of at least two classes, or the shapes do not fit.
    """
    xp = array_namespace(outputs)
    if outputs.dtype not in (xp.float32, xp.float64):
        raise InputError(f"outputs: dtype {outputs.dtype} is not float32 or float64")
    if outputs.ndim == 0 or outputs.shape[-1] < 2:
        raise InputError(f"outputs: shape {tuple(outputs.shape)} has no last axis of at least 2 classes")
    given = xp.asarray(targets, dtype=outputs.dtype)
    if given.shape[-1:] != outputs.shape[-1:]:
        raise InputError(f"targets: shape {tuple(given.shape)} does not end in {outputs.shape[-1]} classes")
    try:
        return Batch(xp, outputs, xp.broadcast_to(given, outputs.shape))
    except ValueError:
        shapes = f"{tuple(given.shape)} does not broadcast to the outputs' {tuple(outputs.shape)}"
        raise InputError(f"targets: shape {shapes}") from None


def first_largest(xp: Any, array: Any) -> Any:
    """Mask (..., class) of the largest entry, the first one of a tie."""
    return xp.argmax(array, axis=-1, keepdims=True) == xp.arange(array.shape[-1])


def masked(xp: Any, mask: Any, array: Any) -> Any:
    """The array where the mask holds, else 0."""
    return xp.where(mask, array, xp.zeros_like(array))


def margin_of(batch: Batch) -> tuple[Any, Any, Any]:
    """Margin (..., 1), and the masks (..., class) of the class y and of its runner-up, the first one of a tie."""
    xp, outputs, targets = batch
    label = first_largest(xp, targets)
    others = xp.where(label, xp.full_like(outputs, -math.inf), outputs)
    lead = xp.sum(masked(xp, label, outputs), axis=-1, keepdims=True) - xp.max(others, axis=-1, keepdims=True)
    return lead, label, first_largest(xp, others)


def at_least(xp: Any, array: Any, least: float) -> Any:
    """The array, no entry below the least."""
    return xp.maximum(array, xp.full_like(array, least))


def push(batch: Batch, size: Any, label: Any, runner_up: Any) -> Any:
    """Slope that pulls y up and its runner-up down, each by `size` (..., 1)."""
    xp = batch.xp
    return xp.where(label, -size, xp.where(runner_up, size, xp.zeros_like(batch.outputs)))


def log_softmax(batch: Batch) -> Any:
    """Logarithms of the softmax of the outputs (..., class)."""
    xp, outputs, _ = batch
    shifted = outputs - xp.max(outputs, axis=-1, keepdims=True)
    # log1p of all but the largest: a sample learned to 1 - 1e-20 still has a loss of 1e-20.
    others = xp.where(first_largest(xp, outputs), xp.zeros_like(outputs), xp.exp(shifted))
    return shifted - xp.log1p(xp.sum(others, axis=-1, keepdims=True))
