"""What is measured of each layer while a data set passes it."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from torch import Tensor

from memsim.energy.digital import Products
from memsim.exchange.converter_counts import ConverterCounts
from memsim.metrics.products import signal_to_noise
from memsim.torch.analog_layer import AnalogLayer


class Watch(NamedTuple):
    """What was measured of a layer while a data set passed it; see the results of `evaluate`."""

    output_snr: float
    cell_weight_error: float
    clipped_inputs: float
    saturated_outputs: float


class Observer:
    """Counts clipped inputs and saturated outputs of a layer, and compares its first outputs with exact ones.

    Attributes
    ----------
    layer : AnalogLayer
        The layer.
    whole : bool
        Whether the outputs that are compared are complete.
    inputs, outputs : int
        Numbers of elements so far.
    """

    def __init__(self, layer: AnalogLayer) -> None:
        self.layer, self.counts = layer, ConverterCounts()
        self.sums = np.zeros(4)
        self.whole = False
        self.inputs = self.outputs = 0
        layer.counts = self.counts

    def result(self) -> Watch:
        counts = self.counts
        return Watch(
            float(signal_to_noise(*self.sums)),
            self._weight_error(),
            counts.clipped_share,
            counts.saturated_share,
        )

    def products(self, samples: int) -> Products:
        """Products of the layer for one sample, from those for some samples."""
        weight = self.layer.weight
        vectors = self.outputs / len(weight)
        sums = (vectors * weight.numel(), self.inputs, self.outputs)
        macs, inputs, outputs = (value / samples for value in sums)
        return Products(macs, weight.numel(), inputs, outputs)

    def _weight_error(self) -> float:
        exact = self.layer.torch_weight().detach().double()
        wrong = self.layer.effective_weight().double() - exact
        return math.sqrt(float(wrong.square().sum()) / float(exact.square().sum())) if exact.any() else math.nan

    def __call__(self, layer: AnalogLayer, inputs: Any, outputs: Tensor) -> None:
        self.inputs += inputs[0].numel()
        self.outputs += outputs.numel()
        if self.whole:
            return
        x = layer.padded(inputs[0])
        exact = layer.biased(layer.product(x, layer.torch_weight())).double()
        outputs = outputs if outputs.ndim == exact.ndim else outputs[None]
        wrong = outputs.double() - exact
        self.sums += exact.numel(), float(exact.sum()), float(exact.square().sum()), float(wrong.square().sum())
