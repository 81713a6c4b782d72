"""Samples of an evaluation: batches of a loader, their hash, and the metric of outputs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor

from memsim.errors import InputError
from memsim.torch.exchange import host_array

Metric = Callable[[Tensor, Tensor], Tensor]
"""Number for each sample from outputs (sample, ...) and labels (sample, ...), whose mean is the result."""


def correct(outputs: Tensor, labels: Tensor) -> Tensor:
    """1 for each sample whose largest output is that of its class, else 0; the metric `accuracy`."""
    return (outputs.argmax(1) == labels).double()


class Samples:
    """A hash of samples, whatever the size of their batches."""

    def __init__(self) -> None:
        self._parts = hashlib.sha256(), hashlib.sha256()

    def add(self, inputs: Tensor, labels: Tensor) -> None:
        """Add the samples of a batch."""
        for part, values in zip(self._parts, (inputs, labels), strict=True):
            array = host_array(values)
            for sample in array:
                part.update(f"{array.dtype} {sample.shape}".encode() + sample.tobytes())

    @property
    def sha256(self) -> str:
        """SHA-256 of all inputs and labels so far, by type, shape and numbers."""
        return hashlib.sha256("".join(part.hexdigest() for part in self._parts).encode()).hexdigest()


class Data(NamedTuple):
    """A loader, what its samples are added to in the first evaluation, and what hears how many batches have passed."""

    loader: Iterable[Any]
    samples: Samples | None
    passed: Callable[[int], None]

    def batches(self, device: torch.device) -> Iterator[tuple[Tensor, Tensor]]:
        """Pairs of inputs and labels on a device; those without samples are left out.

        Raises
        ------
        InputError
            If the loader gives something else.
        """
        try:
            iterator = iter(self.loader)
        except TypeError:
            raise InputError(
                f"loader: {type(self.loader).__name__} is not allowed; batches of (inputs, labels), such as those "
                "of a torch.utils.data.DataLoader"
            ) from None
        for number, batch in enumerate(iterator, 1):
            inputs, labels = _pair(batch)
            if self.samples is not None:
                self.samples.add(inputs, labels)
            if len(inputs):
                yield inputs.to(device), labels.to(device)
            self.passed(number)


def inputs_of(x: Any, name: str) -> Iterator[Tensor]:
    """Inputs of a tensor, or of batches of tensors or pairs (inputs, labels); those without samples are left out.

    Raises
    ------
    InputError
        If x, which errors call by `name`, is or gives something else.
    """
    if isinstance(x, str) or not isinstance(x, Iterable):
        raise InputError(f"{name}: {type(x).__name__} is not allowed; allowed: a tensor of inputs, or batches of them")
    for batch in [x] if isinstance(x, Tensor) else x:
        inputs = batch[0] if isinstance(batch, tuple | list) and batch else batch
        if not isinstance(inputs, Tensor):
            raise InputError(f"{name}: gives {_kind(inputs)}; allowed: tensors, or pairs (inputs, labels) of them")
        if inputs.numel():
            yield inputs


def _pair(batch: Any) -> tuple[Tensor, Tensor]:
    if not (
        isinstance(batch, tuple | list) and len(batch) >= 2 and all(isinstance(part, Tensor) for part in batch[:2])
    ):
        raise InputError(
            f"loader: gives {_kind(batch)}; allowed: pairs of tensors (inputs, labels), such as the "
            "batches of a torch.utils.data.DataLoader"
        )
    inputs, labels = batch[:2]
    if not inputs.ndim or not labels.ndim or len(inputs) != len(labels):
        shapes = f"inputs of shape {tuple(inputs.shape)} with labels of shape {tuple(labels.shape)}"
        raise InputError(f"loader: gives {shapes}; allowed: as many labels as inputs, on the first axis")
    return inputs, labels


def _kind(batch: Any) -> str:
    """What a batch is, in words."""
    if isinstance(batch, tuple | list):
        return f"{type(batch).__name__} of {', '.join(type(part).__name__ for part in batch[:3]) or 'nothing'}"
    return type(batch).__name__


def numbers_of(metric: Metric, outputs: Any, labels: Tensor) -> Tensor:
    """Numbers of the metric, one for each sample."""
    if metric is correct and not (isinstance(outputs, Tensor) and outputs.ndim == 2 and labels.ndim == 1):
        raise InputError(
            f"metric: the accuracy of classes needs outputs (sample, class) and labels (sample,), not "
            f"{_shape(outputs)} and {_shape(labels)}; give a metric of your own"
        )
    if metric is correct:
        _check_classes(labels, outputs.shape[1])
    numbers = metric(outputs, labels)
    if not isinstance(numbers, Tensor) or tuple(numbers.shape) != (len(labels),):
        raise InputError(
            f"metric: gives {_shape(numbers)}; allowed: a tensor ({len(labels)},), one number for each sample"
        )
    if numbers.is_complex():
        raise InputError(f"metric: gives numbers of {numbers.dtype}; allowed: real numbers")
    return numbers


def _check_classes(labels: Tensor, classes: int) -> None:
    """Refuse labels that are no class of the outputs."""
    wrong = ~((labels >= 0) & (labels < classes))
    if labels.is_floating_point():
        wrong |= labels != labels.round()
    if bool(wrong.any()):
        raise InputError(
            f"loader: a label is {labels[wrong][0].item():g}; allowed: whole numbers from 0 to {classes - 1}, of the "
            f"{classes} outputs"
        )


def check_labels(labels: Tensor) -> None:
    """Refuse labels for a loss that contain NaN or infinity."""
    if not bool(torch.isfinite(labels).all()):
        raise InputError("loader: labels contain NaN or infinity; only finite numbers are allowed")


def _shape(values: Any) -> str:
    """The shape of a tensor, or the type of anything else."""
    return f"a tensor {tuple(values.shape)}" if isinstance(values, Tensor) else type(values).__name__
