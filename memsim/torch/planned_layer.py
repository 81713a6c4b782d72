"""The forward pass of a layer before it is programmed: its own weights, converters, and what acts in training."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from memsim.errors import InputError
from memsim.networks.draws import Address
from memsim.torch.hardware import Hardware
from memsim.torch.processes import processes
from memsim.torch.quantise import converted_inputs, converted_outputs
from memsim.torch.training import LearnedRange, Training, clip, noise_of_outputs, trained_weight
from memsim.torch.weighted_layer import WeightedLayer


class PlannedLayer(WeightedLayer):
    """A layer that computes with its own weights; see `AnalogLayer` for the attributes."""

    steps: Tensor

    def __init__(
        self, weight: Tensor, bias: Tensor | None, hardware: Hardware, place: int = 0, label: str = ""
    ) -> None:
        super().__init__(weight, bias, hardware, place, label)
        self.register_buffer("steps", torch.tensor(0, dtype=torch.int64))
        self.hardened: Training | None = None

    def set_training(self, training: Training) -> None:
        """Let settings act on this layer while it is trained."""
        self.hardened = training
        largest = self.input_range.detach().clone()
        del self.input_range
        if training.learn_input_range and self.hardware.inputs is not None:
            self.register_parameter("input_range", nn.Parameter(largest))
        else:
            self.register_buffer("input_range", largest)

    def programmed_weight(self, repeat: int) -> Tensor:
        """The weights that cells hold after a programming of its own, shaped as `weight`."""
        raise NotImplementedError

    def planned(self, x: Tensor) -> Tensor:
        """Outputs of the weights themselves, through ideal cells and converters without errors."""
        hardened = self.hardened if self.training else None
        weight = self.weight
        if hardened is not None:
            clip(self.weight, hardened)
            address = Address(self.hardware.seed, 0, int(self.steps), self.place)
            weight = trained_weight(self.weight, hardened, address, self.programmed_weight)
        x = self._converted(x, hardened)
        adc = self.hardware.outputs
        if adc is None:
            y = self.product(x, weight)
        else:
            ranged = self.adc
            assert ranged is not None and not isinstance(ranged.range, str)
            low, high = self.hardware.bounds
            unit = self.scale / (high - low) / self.gain
            outputs = []
            for rows in self.tiles():
                part = self.product(x, self.of_rows(weight, rows))
                if hardened is not None and adc.noise:
                    part = part + noise_of_outputs(part, self.output_axis(part), adc.noise * unit, address)
                outputs.append(converted_outputs(part, ranged.range * unit, ranged.bits))
            y = torch.stack(outputs).sum(0) if len(outputs) > 1 else outputs[0]
        if hardened is not None:
            self.steps += 1
        return y

    def _converted(self, x: Tensor, hardened: Training | None) -> Tensor:
        """Inputs as the DACs give them; with a range that is learned, if it is."""
        dac = self.hardware.inputs
        if dac is None:
            return x
        if hardened is None or not hardened.learn_input_range:
            return converted_inputs(x, dac, self.gain)
        if math.isnan(self.input_range.item()):
            if processes() > 1:
                raise InputError(
                    f"{self.label}: the input range is not known, and each process would begin with another one; call "
                    "memsim.torch.calibrate(model, x) before DistributedDataParallel(model)"
                )
            with torch.no_grad():
                self.input_range.fill_(3 * float(x.std()))
        most = None if dac.bits is None else round(dac.range / dac.unit)
        unsigned = dac.polarity == "unsigned"
        learned = LearnedRange.apply(x, self.input_range, most, unsigned, hardened.range_decay)
        assert isinstance(learned, Tensor)
        return learned
