"""Compensation of drift in the outputs of a layer, by reads of the same inputs after programming and later.

``global``: one factor for each layer, the ratio of the summed sizes of all outputs, earlier and now. Source: global
drift compensation of Joshi et al., Nat. Commun. 11, 2473 (2020), doi:10.1038/s41467-020-16108-9. ``column``: the same
ratio for each output. ``affine``: for each output the line that fits its earlier values y by its present ones z best:
a = cov(y, z)/var(z) and b = mean(y) - a mean(z). The inputs are the same each time: a Weyl sequence, which fills the
range of the DACs evenly (assumed).

``batch-norm`` computes the statistics of batch normalisations again, with inputs of the network; see
`memsim.torch.compensation` and `memsim.tasks.classify.classifiers.deployed`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from memsim.arrays.layer import CrossbarLayer
from memsim.errors import InputError
from memsim.philox import MAX_TIMES, Occasion, Purpose

BATCH_NORM = "batch-norm"
COMPENSATIONS = ("none", "global", "column", "affine", BATCH_NORM)
REFERENCES = ("noisy", "exact")
"""Earlier outputs: those of reads with noise, or their expectation."""
READS = {"none": 0, "global": 32, "column": 32, "affine": 128}
"""Inputs that are read each time. Assumed."""
SPAN = 1.0
"""Time that the reads of a data set take [s]: slower noise is the same for all samples. Assumed."""


def weyl(reads: int, rows: int) -> np.ndarray:
    """Numbers (read, row) from -1 to 1: 2 ((k + 1)(i + 1) a mod 1) - 1 with the golden ratio a, without correlation."""
    numbers = np.outer(np.arange(1, reads + 1), np.arange(1, rows + 1)) * ((1 + math.sqrt(5)) / 2)
    return 2 * (numbers % 1.0) - 1


@dataclass(frozen=True)
class DriftReference:
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
    def of(cls, layer: CrossbarLayer, kind: str, reference: str = "noisy", programming: int = 0) -> DriftReference:
        """The outputs of a layer now, from reads with noise or, for the reference "exact", their expectation.

        `programming` is the number of the programming of the layer, each of which has reads with noise of its own.
        """
        crossbar = layer.crossbar
        inputs = weyl(READS[kind], crossbar.shape[-2])
        if crossbar.dac is not None:
            inputs = crossbar.dac.range * ((inputs + 1) / 2 if crossbar.dac.polarity == "unsigned" else inputs)
        number = MAX_TIMES + programming if programming else 0  # beyond the reads at all times
        return cls(kind, inputs, cls._read(layer, inputs, number, noise=reference == "noisy"))

    def correction(self, layer: CrossbarLayer, time: int, label: str) -> tuple[Any, Any]:
        """Factor and shift of the outputs of the layer at an evaluation time, see `CrossbarLayer.correction`.

        Raises
        ------
        InputError
            If the cells of the layer, which `label` names, or of an output have no current any more.
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
            raise InputError(f"{label}: no current is left; its drift cannot be compensated")
        factors = np.where(silent, 1.0, above / np.where(silent, 1.0, below))
        if self.kind == "affine":
            shifts = mean_then[..., 0, :] - factors * mean_now[..., 0, :]
            return self._broadcast(layer, factors), self._broadcast(layer, shifts)
        return self._broadcast(layer, factors), 0.0

    @staticmethod
    def _broadcast(layer: CrossbarLayer, values: np.ndarray) -> np.ndarray:
        """Values (..., col) such that they broadcast to outputs."""
        return values[..., None, :] if layer.crossbar.shape[2:] else values

    @staticmethod
    def _read(layer: CrossbarLayer, inputs: np.ndarray, number: int, noise: bool = True) -> np.ndarray:
        occasion = Occasion(Purpose.DRIFT, read=number)
        return np.asarray(layer.crossbar.output(inputs, index=occasion, noise=noise, within=SPAN), float)
