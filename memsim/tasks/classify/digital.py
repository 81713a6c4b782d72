"""What networks take in a digital processor, in the units of crossbars: an inference, and each epoch of a training."""

from __future__ import annotations

import math

from memsim.energy.components import Components
from memsim.energy.digital import DigitalPrices, Processor, Products, Work, inference_work, training_work
from memsim.networks import Network
from memsim.networks.layers import Dense
from memsim.tasks.classify.classifiers.gradient import Gradient
from memsim.tasks.classify.classifiers.weighted import Weighted, weighted_layers


class DigitalCosts:
    """Costs of networks in a digital processor; see `memsim.energy.digital` for what is counted.

    Parameters
    ----------
    components : Components
        A table at a node.
    bits : int
        Bits of a weight and of an activation.

    Raises
    ------
    InputError
        If the table has no digital processor, or none for so many bits.
    """

    def __init__(self, components: Components, bits: int) -> None:
        self.prices = DigitalPrices(components, Processor(bits))

    def inference(self, network: Network) -> dict[str, float]:
        """Energy of each part for one sample, which reads each weight once [J]."""
        processor = self.prices.processor
        return self._energies([inference_work(layer, processor) for layer in products_of(network)])

    def inference_seconds(self, network: Network) -> float:
        """Time of one sample [s]; NaN where the table does not have that of a multiply-accumulate."""
        processor = self.prices.processor
        return self._seconds([inference_work(layer, processor) for layer in products_of(network)])

    def epoch_seconds(self, trained: Gradient) -> float:
        """Time of an epoch [s]; NaN where the table does not have that of a multiply-accumulate."""
        return self._seconds(self._epoch(trained))

    def area(self, network: Network) -> float:
        """Area of the units and of the memories whose area the table has [m^2]; NaN if it has none."""
        areas = self.prices.areas(products_of(network))
        return math.fsum(areas.values()) if areas else math.nan

    def operations(self, network: Network) -> float:
        """Operations of one sample, two for each multiply-accumulate."""
        return 2 * math.fsum(layer.macs for layer in products_of(network))

    def epochs(self, trained: Gradient) -> list[dict[str, float]]:
        """Energy of each part until the end of each epoch [J]; all repeats take the same.

        Weights are read for each batch, and updated after it. The first layer needs no gradient by its inputs.
        """
        epoch, most = self._energies(self._epoch(trained)), trained.spec.training.epochs
        return [{part: number * energy for part, energy in epoch.items()} for number in range(1, most + 1)]

    def _epoch(self, trained: Gradient) -> list[Work]:
        """What each layer takes in an epoch."""
        processor = Processor(self.prices.processor.bits, min(trained.spec.training.batch, trained.images))
        return [
            training_work(layer, processor, trained.images, by_inputs=place > 0)
            for place, layer in enumerate(products_of(trained.networks[0]))
        ]

    def _seconds(self, works: list[Work]) -> float:
        mac = self.prices.components.digital.mac
        return math.nan if mac is None or mac.time is None else math.fsum(map(self.prices.seconds, works))

    def _energies(self, works: list[Work]) -> dict[str, float]:
        return self.prices.energies(sum(works, Work()))


def products_of(network: Network) -> list[Products]:
    """Products of the layers with weights for one sample, in order; biases and normalisations are left out."""
    architecture = network.architecture
    return [_products(own) for own in weighted_layers(architecture.layers, architecture.shape)]


def _products(own: Weighted) -> Products:
    layer, inputs = own.layer, own.inputs
    weights = layer.units * inputs[0] if isinstance(layer, Dense) else layer.channels * inputs[0] * layer.kernel**2
    outputs = math.prod(layer.shape(inputs))
    return Products(float(layer.operations(inputs)), float(weights), float(math.prod(inputs)), float(outputs))
