"""Compensation of drift in the batch normalisations of a network: their means and variances are computed again.

Running means and variances are those of inputs that are passed through the network at the time. The other kinds of
compensation are those of `memsim.arrays.compensation`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from memsim.arrays.compensation import BATCH_NORM, COMPENSATIONS
from memsim.errors import InputError


def batch_norms(model: nn.Module) -> list[Any]:
    """The batch normalisations of a model that have running means and variances.

    Raises
    ------
    InputError
        If there is none.
    """
    norms = [
        module
        for module in model.modules()
        if isinstance(module, nn.modules.batchnorm._BatchNorm) and module.running_mean is not None
    ]
    if not norms:
        raise InputError(
            f"compensation: '{BATCH_NORM}' computes the statistics of batch normalisations again, and the model has "
            f"none; allowed: {', '.join(kind for kind in COMPENSATIONS if kind != BATCH_NORM)}"
        )
    return norms


@contextmanager
def recomputed(norms: list[Any]) -> Iterator[None]:
    """While inputs pass: let batch normalisations take their means over all of them, beginning anew."""
    momenta = [norm.momentum for norm in norms]
    try:
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None
            norm.train()
        yield
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
            norm.eval()


@contextmanager
def restored(norms: list[Any]) -> Iterator[None]:
    """Afterwards, batch normalisations have the statistics of before."""
    before = [{name: values.clone() for name, values in norm.named_buffers()} for norm in norms]
    try:
        yield
    finally:
        with torch.no_grad():
            for norm, buffers in zip(norms, before, strict=True):
                for name, values in buffers.items():
                    getattr(norm, name).copy_(values)
