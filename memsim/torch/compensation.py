"""Compensation of drift: in the outputs of each layer, by reads of the same inputs after programming and later; or in
the batch normalisations of a network, whose means and variances are computed again.

``global``: one factor for each layer, the ratio of the summed sizes of all outputs, earlier and now. Source: global
drift compensation of Joshi et al., Nat. Commun. 11, 2473 (2020), doi:10.1038/s41467-020-16108-9. ``column``: the same
ratio for each output. ``affine``: for each output the line that fits its earlier values y by its present ones z best:
a = cov(y, z)/var(z) and b = mean(y) - a mean(z). All reads are noisy. Their inputs are the same each time: a Weyl
sequence, which fills the range of the DACs evenly (assumed).

``batch-norm``: running means and variances are those of inputs that are passed through the network at the time.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from memsim.errors import InputError
from memsim.philox import Occasion, Purpose
from memsim.torch.analog_layer import AnalogLayer
from memsim.torch.reads import SPAN

BATCH_NORM = "batch-norm"
COMPENSATIONS = ("none", "global", "column", "affine", BATCH_NORM)
_READS = {"global": 32, "column": 32, "affine": 128}
"""Inputs that are read each time. Assumed."""


def weyl(reads: int, rows: int) -> np.ndarray:
    """Numbers (read, row) from -1 to 1: 2 ((k + 1)(i + 1) a mod 1) - 1 with the golden ratio a, without correlation."""
    numbers = np.outer(np.arange(1, reads + 1), np.arange(1, rows + 1)) * ((1 + math.sqrt(5)) / 2)
    return 2 * (numbers % 1.0) - 1


@dataclass(frozen=True)
class Reference:
    """Outputs of a layer right after it was programmed.

    Attributes
    ----------
    kind : {"global", "column", "affine"}
    inputs : (read, row)
        Voltages in units of the read voltage.
    outputs : (..., read, col)
        In units of V_read (G_max - G_min).
    """

    kind: str
    inputs: np.ndarray
    outputs: np.ndarray

    @classmethod
    def of(cls, layer: AnalogLayer, kind: str) -> Reference:
        """The outputs of a layer now."""
        crossbar = layer.cells.crossbar
        inputs = weyl(_READS[kind], crossbar.shape[-2])
        if crossbar.dac is not None:
            inputs = crossbar.dac.range * ((inputs + 1) / 2 if crossbar.dac.polarity == "unsigned" else inputs)
        return cls(kind, inputs, cls._read(layer, inputs, 0))

    def correction(self, layer: AnalogLayer, time: int) -> tuple[Any, Any]:
        """Factor and shift of the outputs of the layer at an evaluation time, for `AnalogLayer.correct`.

        Raises
        ------
        InputError
            If the cells of the layer, or of an output, have no current any more.
        """
        then, now = self.outputs, self._read(layer, self.inputs, time + 1)
        if self.kind == "affine":
            mean_then, mean_now = (values.mean(-2, keepdims=True) for values in (then, now))
            above = ((then - mean_then) * (now - mean_now)).sum(-2)
            below = np.square(now - mean_now).sum(-2)
        else:
            above, below = (np.abs(values).sum(-2) for values in (then, now))
            if self.kind == "global":
                above, below = (sizes.sum(-1, keepdims=True) for sizes in (above, below))
        silent = (below == 0) & (above == 0)  # outputs whose weights are all 0
        if not ((below > 0) | silent).all() or silent.all():
            raise InputError(f"{layer.label}: no current is left; its drift cannot be compensated")
        factors = np.where(silent, 1.0, above / np.where(silent, 1.0, below))
        if self.kind == "affine":
            shifts = mean_then[..., 0, :] - factors * mean_now[..., 0, :]
            return self._broadcast(layer, factors), self._broadcast(layer, shifts)
        return self._broadcast(layer, factors), 0.0

    @staticmethod
    def _broadcast(layer: AnalogLayer, values: np.ndarray) -> np.ndarray:
        """Values (..., col) such that they broadcast to outputs."""
        return values[..., None, :] if layer.cells.crossbar.shape[2:] else values

    @staticmethod
    def _read(layer: AnalogLayer, inputs: np.ndarray, number: int) -> np.ndarray:
        occasion = Occasion(Purpose.DRIFT, read=number)
        return np.asarray(layer.cells.crossbar.output(inputs, index=occasion, within=SPAN), float)


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
