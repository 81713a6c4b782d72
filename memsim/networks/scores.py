"""Scores of a network on labelled samples: loss, accuracy and SNR."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from memsim.errors import DataError
from memsim.networks.losses import Loss
from memsim.networks.network import AT_ONCE, Network
from memsim.networks.parts import split
from memsim.real_arrays import check_real

Samples = tuple[Any, Any]
"""Inputs (sample, channel, y, x) and labels: class numbers (sample,) or targets (sample, class); NumPy arrays."""


class Scores(NamedTuple):
    """Mean loss, share of right answers and mean SNR of a network on samples; see `Epoch`."""

    loss: float
    accuracy: float
    snr: float


def evaluate(network: Network, samples: Samples, loss: Loss) -> Scores:
    """Scores of a network on samples.

    Raises
    ------
    DataError
        If inputs and labels do not fit each other or the network, or there are none.
    """
    inputs, targets = checked(network, *samples, "samples")
    with threadpool_limits(1, "blas"), np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        return score(network, inputs, targets, loss)


def score(network: Network, inputs: Any, targets: Any, loss: Loss) -> Scores:
    """Scores on inputs and targets (sample, class) as from `checked`, with the threads as they are."""
    xp, count = network.xp, len(inputs)
    total = right = snr = 0.0
    for part in split(count, AT_ONCE):
        x, t = (xp.asarray(array[part], dtype=network.dtype) for array in (inputs, targets))
        outputs = network.outputs(x)
        ordered = xp.sort(outputs, axis=-1)
        total += float(xp.sum(loss.value(outputs, t)))
        right += count_right(xp, outputs, t)
        snr += float(xp.sum(ordered[:, -1] - ordered[:, -2]))
    return Scores(total / count, right / count, snr / count)


def count_right(xp: Any, outputs: Any, targets: Any) -> float:
    """Number of samples whose largest output is at the largest target."""
    equal = xp.argmax(outputs, axis=-1) == xp.argmax(targets, axis=-1)
    return float(xp.sum(xp.asarray(equal, dtype=outputs.dtype)))


def checked(network: Network, inputs: Any, labels: Any, name: str) -> Samples:
    """Inputs, and targets (sample, class)."""
    for what, values in (("inputs", inputs), ("labels", labels)):
        check_real(f"{name}: {what}", values)
    inputs, labels = np.asarray(inputs), np.asarray(labels)
    shape, classes = network.architecture.shape, network.architecture.classes
    if inputs.shape[1:] != shape or len(inputs) == 0:
        raise DataError(f"{name}: inputs of shape {list(inputs.shape)} are not (sample, {str(list(shape))[1:-1]})")
    if len(labels) != len(inputs):
        raise DataError(f"{name}: {len(inputs)} inputs have {len(labels)} labels")
    if labels.ndim == 2 and labels.shape[1] == classes and labels.dtype.kind in "fiub":
        return inputs, labels.astype(network.architecture.dtype)
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        raise DataError(f"{name}: labels are neither class numbers (sample,) nor targets (sample, {classes})")
    if labels.min() < 0 or labels.max() >= classes:
        wrong = labels.min() if labels.min() < 0 else labels.max()
        raise DataError(f"{name}: a label is {wrong}; the network has the classes 0 to {classes - 1}")
    return inputs, np.eye(classes, dtype=network.architecture.dtype)[labels]
