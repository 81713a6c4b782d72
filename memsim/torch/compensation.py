"""Compensation of drift in the outputs of a layer, by reads of the same inputs after programming and later.

The factor of `global` is the ratio of the summed sizes of all outputs, earlier and now: the global drift compensation
of Joshi et al., Nat. Commun. 11, 2473 (2020), doi:10.1038/s41467-020-16108-9. That of `column` is the same ratio for
each output. Both reads are noisy. Their inputs are the same each time: a Weyl sequence, which fills the range of the
DACs evenly (assumed).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from memsim.errors import InputError
from memsim.philox import Occasion, Purpose
from memsim.torch.analog_layer import AnalogLayer
from memsim.torch.reads import SPAN

COMPENSATIONS = ("none", "global", "column")
_READS = 32
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
    kind : {"global", "column"}
    inputs : (read, row)
        Voltages in units of the read voltage.
    sizes : (..., col)
        Sums of the sizes of the outputs over the reads.
    """

    kind: str
    inputs: np.ndarray
    sizes: np.ndarray

    @classmethod
    def of(cls, layer: AnalogLayer, kind: str) -> Reference:
        """The outputs of a layer now."""
        crossbar = layer.cells.crossbar
        inputs = weyl(_READS, crossbar.shape[-2])
        if crossbar.dac is not None:
            inputs = crossbar.dac.range * ((inputs + 1) / 2 if crossbar.dac.polarity == "unsigned" else inputs)
        return cls(kind, inputs, cls._sizes(layer, inputs, 0))

    def factor(self, layer: AnalogLayer, time: int) -> Any:
        """Factor on the outputs of the layer at an evaluation time.

        Raises
        ------
        InputError
            If the cells of the layer, or of an output, have no current any more.
        """
        now = self._sizes(layer, self.inputs, time + 1)
        then = self.sizes
        if self.kind == "global":
            then, now = (sizes.sum(-1, keepdims=True) for sizes in (then, now))
        if not (now > 0).all():
            raise InputError(f"{layer.label}: no current is left; its drift cannot be compensated")
        factors = then / now
        return factors[..., None, :] if layer.cells.crossbar.shape[2:] else factors

    @staticmethod
    def _sizes(layer: AnalogLayer, inputs: np.ndarray, number: int) -> np.ndarray:
        occasion = Occasion(Purpose.DRIFT, read=number)
        return np.abs(layer.cells.crossbar.output(inputs, index=occasion, within=SPAN)).sum(-2, dtype=float)
