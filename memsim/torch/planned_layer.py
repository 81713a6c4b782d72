"""The forward pass of a layer before it is programmed: its own weights, converters, and what acts in training."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

from memsim.arrays.converters import signed_outputs
from memsim.errors import InputError
from memsim.networks.draws import Address
from memsim.torch.hardware import Hardware
from memsim.torch.mapped_layer import MappedLayer, Slice
from memsim.torch.processes import processes
from memsim.torch.quantise import converted_inputs, converted_outputs, phases, shift_of
from memsim.torch.training import LearnedRange, Training, clip, first_range, readout_noise, trained_weight


class TileSum(NamedTuple):
    """Sums of products that a row tile gives its ADCs, in the units of `weight`.

    Attributes
    ----------
    values : Tensor
        The sums, with the axes of outputs.
    factor : float
        What they are multiplied by in the outputs: sign of the phase times share of the slice.
    number : int
        Number of the tile times the number of slices, plus that of the slice.
    """

    values: Tensor
    factor: float
    number: int


class PlannedLayer(MappedLayer):
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
        self.learn_scales(training.learn_scales)
        self.hardened = training
        largest = self.input_range.detach().clone()
        del self.input_range
        if training.learn_input_range and self.hardware.inputs is not None:
            self.register_parameter("input_range", nn.Parameter(largest))
        else:
            self.register_buffer("input_range", largest)

    def programmed_weight(self, repeat: int) -> Tensor:
        """The weights that cells hold after a programming of its own, in the units and the shape of `weight`."""
        raise NotImplementedError

    def planned(self, x: Tensor) -> Tensor:
        """Outputs of the weights themselves, through ideal cells and converters without errors; a bias row included."""
        hardened = self.hardened if self.training else None
        if hardened is None:
            slices = self.ideal_slices()
        else:
            self._clip(hardened)
            address = Address(self.hardware.seed, 0, int(self.steps), self.place)
            slices = self._trained_slices(hardened, address)
        x, level = self._driven(x, hardened)
        adc = self.adc
        if adc is None:
            y = self.product(x, joined(slices))
            if level is not None:
                y = y + self.along_outputs(level * joined_bias(slices), y)
        else:
            assert not isinstance(adc.range, str)
            sums = self.tile_sums(x, slices, level)
            unit = self.along_outputs(self.unit / self.gain, sums[0].values)
            signed = signed_outputs(self.plan.column, self.hardware.inputs, adc)
            values = [part.values for part in sums]
            if hardened is not None and adc.noise:
                values = readout_noise(values, self.output_axis(values[0]), adc.noise * unit, address)
            parts = [converted_outputs(own, adc.range * unit, adc.bits, signed) for own in values]
            parts = [own if part.factor == 1 else part.factor * own for part, own in zip(sums, parts, strict=True)]
            parts += [-own for own in self.digital_sums(x, slices, level)]
            y = torch.stack(torch.broadcast_tensors(*parts)).sum(0) if len(parts) > 1 else parts[0]
        if hardened is not None:
            self.steps += 1
        return y

    def tile_sums(self, x: Tensor, slices: list[Slice], level: Tensor | None) -> list[TileSum]:
        """Sums of products of each phase of the inputs, row tile and slice.

        Parameters
        ----------
        x : Tensor
            Inputs that the codes of the DACs stand for.
        slices : list of Slice
            What the cells hold.
        level : Tensor or None
            Input that the code of the bias row stands for.
        """
        sums, common = [], self.common
        raised = isinstance(common, Tensor) or common != 0
        for sign, driven, row in phases(x, level, self.hardware.inputs, self.gain):
            for tile, rows in enumerate(self.tiles()):
                for number, own in enumerate(slices):
                    weight = own.weight + self.along_weight(common) if raised else own.weight
                    part = self.product(driven, self.of_rows(weight, rows))
                    if own.bias is not None and row is not None and rows.stop > self.rows:
                        part = part + self.along_outputs(row * (own.bias + common), part)
                    sums.append(TileSum(part, sign * own.share, tile * len(slices) + number))
        return sums

    def digital_sums(self, x: Tensor, slices: list[Slice], level: Tensor | None) -> list[Tensor]:
        """What digital arithmetic subtracts from outputs: the conductance that cells share, and what a shift gives."""
        sums, common = [], self.common
        if isinstance(common, Tensor) or common:
            ones = self.weight.new_ones((self.groups, *self.weight.shape[1:]))
            total = self.product(x, ones)  # (..., group) on the axis of outputs
            axis = self.output_axis(total)
            total = total.repeat_interleave(len(self.weight) // self.groups, axis)
            total = total if level is None else total + level
            sums.append(self.along_outputs(common, total) * total)
        shift = shift_of(self.hardware.inputs, self.gain)
        if shift:
            weight = joined(slices) + self.along_weight(common)
            by_shift = self.product(torch.full_like(x[:1] if x.ndim > 1 else x, shift), weight)
            if level is not None:
                by_shift = by_shift + self.along_outputs(shift * (joined_bias(slices) + common), by_shift)
            sums.append(by_shift)
        return sums

    def level(self, x: Tensor) -> Tensor | None:
        """Input that the code of the bias row stands for, of the type of x; None without such a row."""
        return None if self.row_bias is None else converted_inputs(self._drive(x), self.hardware.inputs, self.gain)

    def _drive(self, x: Tensor) -> Tensor:
        return torch.tensor(self.span.drive, dtype=x.dtype, device=x.device)

    def _driven(self, x: Tensor, hardened: Training | None) -> tuple[Tensor, Tensor | None]:
        """Inputs as the DACs give them, and that of a bias row; with a range that is learned, if it is."""
        dac = self.hardware.inputs
        if dac is None or hardened is None or not hardened.learn_input_range:
            return converted_inputs(x, dac, self.gain), self.level(x)
        if math.isnan(self.input_range.item()):
            if processes() > 1:
                raise InputError(
                    f"{self.label}: the input range is not known, and each process would begin with another one; call "
                    "memsim.torch.calibrate(model, x) before DistributedDataParallel(model)"
                )
            with torch.no_grad():
                least = 0.0 if self.row_bias is None else self.span.drive
                self.input_range.fill_(max(first_range(x), least))
        most = None if dac.bits is None else round(dac.range / dac.unit)
        unsigned = dac.polarity == "unsigned"

        def learned(values: Tensor, decay: float) -> Tensor:
            result = LearnedRange.apply(values, self.input_range, most, unsigned, decay)
            assert isinstance(result, Tensor)
            return result

        level = None if self.row_bias is None else learned(self._drive(x), 0.0)
        return learned(x, hardened.range_decay), level

    def _clip(self, training: Training) -> None:
        """Clip weights to what training asks for, and to what cells can hold."""
        clip(self.weight, training)
        if self.learned or self.hardware.plan.kind == "single":
            with torch.no_grad():
                single = self.hardware.plan.kind == "single"
                self.weight.clamp_(0.0 if single else -1.0, 1.0 if self.learned else None)
                if single and self.row_bias is not None:
                    self.row_bias.clamp_(min=0.0)

    def _trained_slices(self, training: Training, address: Address) -> list[Slice]:
        """What the cells hold in a forward pass of training; noise acts on the sum of the slices."""
        slices = self.ideal_slices()
        held = joined(slices)
        size = self.along_weight(self.span.scale)
        noisy = trained_weight(held, training, address, self.programmed_weight, size)
        if len(slices) == 1:
            return [slices[0]._replace(weight=noisy)]
        return [own._replace(weight=noisy + (own.weight - held).detach()) for own in slices]


def joined(slices: list[Slice]) -> Tensor:
    """The weights that all slices hold together."""
    if len(slices) == 1:
        return slices[0].weight
    return torch.stack([own.share * own.weight for own in slices]).sum(0)


def joined_bias(slices: list[Slice]) -> Tensor:
    """The biases, over the voltage of their row, that all slices hold together."""
    return torch.stack([own.share * own.bias for own in slices if own.bias is not None]).sum(0)
