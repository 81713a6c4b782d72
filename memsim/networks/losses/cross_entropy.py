"""Cross-entropy of the softmax of the outputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from memsim.networks.losses.batch import Batch, log_softmax
from memsim.networks.losses.loss import Loss


@dataclass(frozen=True)
class CrossEntropy(Loss):
    """Cross-entropy -sum t log p."""

    name: ClassVar[str] = "cross-entropy"

    def _value(self, batch: Batch) -> Any:
        return cross_entropy(batch)

    def _slope(self, batch: Batch) -> Any:
        return cross_entropy_slope(batch)


def cross_entropy(batch: Batch) -> Any:
    """Cross-entropy of every sample, (...,)."""
    return -batch.xp.sum(batch.targets * log_softmax(batch), axis=-1)


def cross_entropy_slope(batch: Batch) -> Any:
    """Its gradient by the outputs, (..., class)."""
    xp, _, targets = batch
    return xp.exp(log_softmax(batch)) * xp.sum(targets, axis=-1, keepdims=True) - targets
