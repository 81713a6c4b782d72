"""The same products in a digital processor: energy, time and area in the units of crossbars.

===========================  ==========================================================================================
multiply-accumulates         One for each product of an input and a weight.
weights                      Inference reads each weight once for each batch. Training reads it once for the forward
                             pass and once for the gradient by the inputs; the update reads it and writes it. So a
                             step moves it four times, or three times where no gradient by the inputs is needed.
activations                  Inference reads each input of a layer once and writes each output once. Training also
                             reads, for the gradient by the inputs, the gradient by the outputs and writes that by the
                             inputs; for the gradient by the weights, it reads the inputs and the gradient by the
                             outputs.
===========================  ==========================================================================================

This is the least traffic to memory: the values of a layer stay in registers of the processor as long as it needs them,
at no cost, and so do gradients by weights. Control, instructions, memory of optimisers and idle power are not
counted. So these costs are a lower bound of those of a processor.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from memsim.energy.components import Components
from memsim.energy.uncertainty import range_of_sum
from memsim.errors import InputError

DIGITAL_PARTS = {"mac": "digital.mac", "weights": "digital.weight_memory", "activations": "digital.activation_memory"}
"""Parts that cost energy or area, and the slot of a component table of each."""
_MOST = 1 << 40


@dataclass(frozen=True)
class Processor:
    """How a digital processor works.

    Attributes
    ----------
    bits : int
        Bits of a weight and of an activation.
    batch : int
        Samples for which each weight is read once.
    units : int
        Units that multiply and accumulate at the same time. Assumed.
    """

    bits: int = 8
    batch: int = 1
    units: int = 1024

    def __post_init__(self) -> None:
        for name, most in (("bits", 64), ("batch", _MOST), ("units", _MOST)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
                raise InputError(f"{name}: {value!r} is not allowed; a whole number from 1 to {most}")


PROCESSOR_SETTINGS = tuple(item.name for item in dataclasses.fields(Processor))
"""Names of its settings."""


@dataclass(frozen=True)
class Products:
    """Products of a layer for one sample.

    Attributes
    ----------
    macs : float
        Multiply-accumulates.
    weights : float
        Different weights.
    inputs, outputs : float
        Activations; of a convolution, each pixel once.
    """

    macs: float
    weights: float
    inputs: float
    outputs: float


@dataclass(frozen=True)
class Work:
    """What a processor does: multiply-accumulates, and bits moved from and to its memories."""

    macs: float = 0.0
    weight_bits: float = 0.0
    activation_bits: float = 0.0

    def __add__(self, other: Work) -> Work:
        pairs = zip(dataclasses.astuple(self), dataclasses.astuple(other), strict=True)
        return Work(*(one + another for one, another in pairs))


def inference_work(layer: Products, processor: Processor, samples: float = 1) -> Work:
    """What the inference of some samples takes.

    Parameters
    ----------
    layer : Products
        The layer.
    processor : Processor
        With the batch for which a weight is read once; samples that fill no batch take their part of one.
    samples : float
        Number of samples.
    """
    moved = samples * (layer.inputs + layer.outputs)
    reads = samples / processor.batch * layer.weights
    return Work(samples * layer.macs, reads * processor.bits, moved * processor.bits)


def training_work(layer: Products, processor: Processor, samples: float = 1, *, by_inputs: bool = True) -> Work:
    """What training on some samples takes, with an update of the weights after each batch.

    Parameters
    ----------
    layer, processor, samples
        See `inference_work`. In-place training, with an update after each sample, has a batch of 1.
    by_inputs : bool
        Whether the gradient by the inputs is computed, which a first layer does not need.
    """
    forward = inference_work(layer, processor, samples)
    backward, bits = 1 + by_inputs, processor.bits
    update = 2 * samples / processor.batch * layer.weights * bits
    by_weights = samples * (layer.inputs + layer.outputs) * bits
    return Work(
        (1 + backward) * forward.macs,
        (1 + by_inputs) * forward.weight_bits + update,
        (1 + by_inputs) * forward.activation_bits + by_weights,
    )


@dataclass(frozen=True)
class DigitalPrices:
    """Components and a processor, with which work becomes costs.

    Parameters
    ----------
    components : Components
        A table at a node; it needs the slots of `DIGITAL_PARTS`.
    processor : Processor
        How the processor works.

    Raises
    ------
    InputError
        If a slot, or its energy, is missing, or the unit does not multiply numbers of this many bits.
    """

    components: Components
    processor: Processor

    def __post_init__(self) -> None:
        for slot in DIGITAL_PARTS.values():
            self.components.need(slot, "energy")
        mac, bits = self.components.digital.mac, self.processor.bits
        if mac is not None and mac.bits is not None and bits > mac.bits:
            raise InputError(
                f"component 'digital.mac' of table '{self.components.table}': its values hold for up to {mac.bits} "
                f"bits, not for {bits}"
            )

    def energies(self, work: Work) -> dict[str, float]:
        """Energy of each part [J]; fewer bits in a unit that multiplies cost as much."""
        return {
            part: events * self.components.need(slot, "energy")
            for (part, slot), events in zip(DIGITAL_PARTS.items(), dataclasses.astuple(work), strict=True)
        }

    def seconds(self, work: Work) -> float:
        """Time of the multiply-accumulates in all units [s]; the memories keep up with them (assumed).

        Units work in step, so that fewer products than units take as long as one each.
        """
        return math.ceil(work.macs / self.processor.units) * self.components.need("digital.mac", "time")

    def areas(self, layers: Sequence[Products]) -> dict[str, float]:
        """Area of each part [m^2]; parts whose area the table does not have are left out.

        All units, memory for the weights of all layers, and for the inputs and outputs of the layer with most of them.
        """
        digital, bits = self.components.digital, self.processor.bits
        most = max((layer.inputs + layer.outputs for layer in layers), default=0.0)
        numbers = {
            "mac": (digital.mac, float(self.processor.units)),
            "weights": (digital.weight_memory, bits * math.fsum(layer.weights for layer in layers)),
            "activations": (digital.activation_memory, bits * most),
        }
        return {
            part: number * component.area
            for part, (component, number) in numbers.items()
            if component is not None and component.area is not None
        }

    def interval(self, values: Mapping[str, float]) -> tuple[float, float]:
        """Ends of the sum of the energies [J], or areas [m^2], of parts, see `range_of_sum`."""
        return range_of_sum(self.uncertain(values))

    def uncertain(self, values: Mapping[str, float]) -> list[tuple[float, float | None]]:
        """Value of each part and the uncertainty of its component; see `interval`."""
        digital = self.components.digital
        slots = {part: getattr(digital, slot.partition(".")[2]) for part, slot in DIGITAL_PARTS.items()}
        return [(value, slots[part].uncertainty) for part, value in values.items()]
