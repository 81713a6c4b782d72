"""What all layers on hardware share: their weights, what is programmed, and the forward pass."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from memsim.arrays import CrossbarLayer, Patches, ProgrammedLayer
from memsim.errors import InputError
from memsim.philox import MAX_READS, MAX_TIMES, Occasion, Scope
from memsim.torch.hardware import Hardware
from memsim.torch.mapped_layer import Slice
from memsim.torch.passes import Pass
from memsim.torch.planned_layer import PlannedLayer, joined
from memsim.torch.quantise import inside
from memsim.torch.slopes import slopes, summed
from memsim.torch.weighted_layer import DTYPES

SPAN = 1.0
"""Time that the reads of a data set take [s]: slower noise is the same for all samples. Assumed."""


@dataclass
class Counts:
    """Inputs of a layer and outputs of its tiles, and how many of them exceed the range of the converters.

    Without converters, nothing is counted.
    """

    inputs: int = 0
    clipped: int = 0
    outputs: int = 0
    saturated: int = 0


class AnalogLayer(PlannedLayer):
    """A layer whose products with weights are made by crossbars.

    Before it is programmed, it computes with its own weights, and the converters act. `memsim.torch.program` programs
    the weights onto cells. Later forward passes read these cells with noise. The gradient is straight-through: that of
    the products with the weights which the cells hold, and 0 where a DAC or an ADC is beyond its range.

    Attributes
    ----------
    weight : Parameter
        As in the layer of torch; where `scales` are learned, over them.
    bias : Parameter or None
        Likewise.
    hardware : Hardware
        What it runs on.
    place : int
        Number of the layer in its network, part of the address of every random number.
    label : str
        Name of the layer in its network, for messages and results.
    scales : Tensor
        Factors of the outputs, a parameter where they are learned; else 0.
    input_range : Tensor
        Input that the DACs turn into their largest voltage; NaN before a calibration.
    output_range : Tensor
        Largest output of the ADCs, in units of V_read (G_max - G_min); NaN before a calibration.
    reads : Tensor
        Forward passes with noise so far, outside evaluations.
    steps : Tensor
        Forward passes in training so far.
    programmings : Tensor
        How many programmings of the weights there are; 0 before `program`.
    """

    reads: Tensor
    programmings: Tensor

    def __init__(
        self, weight: Tensor, bias: Tensor | None, hardware: Hardware, place: int = 0, label: str = ""
    ) -> None:
        super().__init__(weight, bias, hardware, place, label)
        for name in ("reads", "programmings"):
            self.register_buffer(name, torch.tensor(0, dtype=torch.int64))
        self.running: Pass | None = None
        self.counts: Counts | None = None
        self.repeat = 0
        self.step = 0  # time step of a recurrent layer; all steps of a sequence are one call
        self._cells: dict[int, ProgrammedLayer] = {}
        self._version: Any = None
        self._readers: dict[Any, CrossbarLayer] = {}
        self._effective: tuple[ProgrammedLayer, list[Slice]] | None = None

    def forward(self, x: Tensor) -> Tensor:
        """Outputs for inputs, with the axes of the layer of torch."""
        self._check(x)
        digital = self.row_bias is None and (self.learned or not self.programmed)  # else, the read adds the bias
        if self.programmed:
            bias = self.own_bias() if self.row_bias is not None else None if digital else self.bias
            parts = (x, self.weight, bias)
            differentiated = torch.is_grad_enabled() and any(part is not None and part.requires_grad for part in parts)
            y = _Read.apply(*parts, self, differentiated)
            assert isinstance(y, Tensor)
        else:
            y = self.planned(x)
        if self.learned:
            y = y * self.along_outputs(self.scales, y)
        return self.biased(y) if digital else y

    @property
    def programmed(self) -> bool:
        """Whether cells hold the weights."""
        return int(self.programmings) > 0

    @property
    def cells(self) -> ProgrammedLayer:
        """The programmed cells that are read; those of programming number `repeat`.

        Raises
        ------
        InputError
            If the weights have changed since they were programmed.
        """
        if self._version is None:
            self._version = self.version()
        if self._version != self.version():
            raise InputError(
                f"{self.label}: the weights have changed since they were programmed; call memsim.torch.program(model)"
            )
        if self.repeat not in self._cells:
            self._cells[self.repeat] = self.built(self.repeat)
        return self._cells[self.repeat]

    def forget(self, weights: bool = False) -> None:
        """Drop all programmed cells, which are made again when they are needed; with `weights`, from present ones."""
        if weights:
            self._version = None
        self._cells.clear()
        self._readers.clear()
        self._effective = None

    def correct(self, factor: Any) -> None:
        """Multiply the outputs of the programmed cells by a factor, such as one that undoes drift."""
        self.cells.correction = factor
        self._effective = None

    def age(self, seconds: float, temperature: float | None = None) -> None:
        """Let time pass for the programmed cells [s]."""
        self.cells.crossbar.wait(seconds, temperature)
        self._effective = None

    def built(self, repeat: int) -> ProgrammedLayer:
        """Freshly programmed cells, the same for the same weights, hardware and number of the programming."""
        hardware = self.hardware
        _ = self.span  # refuses weights that the mapping has no place for
        layer = ProgrammedLayer(
            self.matrices(),
            self.bias_matrix(),
            hardware.cells,
            mapping=self.plan,
            scales="layer" if self.learned else hardware.scales,
            bounds=hardware.bounds,
            cycles=hardware.cycles,
            error=hardware.error,
            seed=hardware.seed,
            dtype=DTYPES[self.weight.dtype],
            backend="cuda" if self.weight.is_cuda else "cpu",
            scope=Scope(layer=self.place, repetition=repeat),
            dac=hardware.inputs,
            adc=self.adc,
            wires=hardware.wires,
            tile=hardware.tile,
        )
        layer.gain = self.gain
        return layer

    def occasion(self, reads: int) -> tuple[Occasion, int]:
        """Address of the next call, which reads the cells this many times, and index of its first sample.

        Raises
        ------
        InputError
            If there were more calls than can be addressed.
        """
        running = self.running
        if running is None:
            if not self.step:
                self.reads += 1
            time, read = divmod(int(self.reads) - 1, MAX_READS)
            if time >= MAX_TIMES:
                most = MAX_READS * MAX_TIMES
                raise InputError(f"{self.label}: more than {most} forward passes; no more can be addressed")
            running = Pass(reads, read=read, time=time)
        return running.occasion(self.place, self.label, reads, self.step), running.first_sample

    def __getstate__(self) -> dict[str, Any]:
        """What copies and files have: all but the cells, which are made again from the weights."""
        fresh: dict[str, Any] = {
            "_cells": {},
            "_readers": {},
            "_effective": None,
            "_version": None,
            "_span": None,
            "_held": None,
            "running": None,
            "counts": None,
        }
        return self.__dict__ | fresh

    def _load_from_state_dict(self, *args: Any, **kwargs: Any) -> None:
        super()._load_from_state_dict(*args, **kwargs)
        self.forget(weights=True)

    def extra_repr(self) -> str:
        shape = " x ".join(str(size) for size in self.matrices().shape)
        state = f"programmed {int(self.programmings)} times" if self.programmed else "not programmed"
        return f"{shape} weights, device {self.hardware.cells.name}, {state}"

    def count(self, x: Tensor, saturated: list[np.ndarray] | None) -> None:
        """Add the inputs of a read and its saturated outputs to `counts`, if there are any."""
        if self.counts is None:
            return
        unclipped = inside(x, self.hardware.inputs, self.cells.gain)
        if unclipped is not None:
            self.counts.inputs += unclipped.numel()
            self.counts.clipped += int((~unclipped).sum())
        for part in saturated or ():
            self.counts.outputs += part.size
            self.counts.saturated += int(part.sum())

    def effective_weight(self) -> Tensor:
        """The weights of torch that the cells of programming number `repeat` hold, as outputs see them."""
        weight = joined(self.held_slices())
        return weight * self.along_weight(self.scales.detach()) if self.learned else weight

    def held_slices(self) -> list[Slice]:
        """What the cells of programming number `repeat` hold, as outputs see them."""
        cells = self.cells
        if self._effective is None or self._effective[0] is not cells:
            self._effective = cells, self.as_slices(cells.slice_weights)
        return self._effective[1]

    def programmed_weight(self, repeat: int) -> Tensor:
        """The weights that cells hold after a programming of its own, in the units and the shape of `weight`."""
        return joined(self.as_slices(self.built(repeat).slice_weights))

    def reader(self, patches: Patches | None) -> CrossbarLayer:
        """The programmed cells, read for inputs of some size."""
        cells = self.cells
        if patches is None:
            return cells
        key = self.repeat, patches
        if key not in self._readers or self._readers[key].crossbar is not cells.crossbar:
            self._readers[key] = CrossbarLayer(
                cells.crossbar, bias=cells.bias, unit=cells.unit, patches=patches, mapping=cells.mapping
            )
        reader = self._readers[key]
        reader.gain, reader.correction = cells.gain, cells.correction
        return reader

    def _check(self, x: Tensor) -> None:
        if x.dtype != self.weight.dtype:
            raise InputError(f"{self.label}: inputs of {x.dtype}, but weights of {self.weight.dtype}")
        if x.device != self.weight.device:
            raise InputError(f"{self.label}: inputs on {x.device}, but weights on {self.weight.device}")


class _Read(torch.autograd.Function):
    """A read of the cells; its gradient is straight-through."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, layer: AnalogLayer, differentiated: bool
    ) -> Tensor:
        patches = layer.patches(x)
        reader = layer.reader(patches)
        reads = math.prod(x.shape[:-1]) if patches is None else len(x)
        occasion, first = layer.occasion(reads)
        adc = reader.crossbar.adc
        watched = differentiated or layer.counts is not None
        saturated: list[np.ndarray] | None = [] if adc is not None and watched else None
        y = reader.read(
            _array(layer.as_images(x.detach())), occasion, first_sample=first, saturated=saturated, within=SPAN
        )
        layer.count(x, saturated)
        ctx.layer, ctx.saturated = layer, saturated
        ctx.held = layer.held_slices() if differentiated else None
        ctx.save_for_backward(x)
        outputs = layer.as_outputs(_tensor(y, x), x)
        if bias is not None and layer.row_bias is None:
            _add(outputs, layer.beside(bias, outputs))
        return outputs

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor | None, Tensor | None, None, None]:
        (x,), layer, (gradient,) = ctx.saved_tensors, ctx.layer, gradients
        by_input, by_weight, by_bias = slopes(layer, ctx.held, x, gradient, layer.cells.gain, ctx.saturated)
        if layer.row_bias is None and ctx.needs_input_grad[2]:
            by_bias = summed(layer, gradient)
        return by_input, by_weight, by_bias, None, None


def _add(y: Tensor, bias: Tensor) -> None:
    """Add a bias to outputs in place; on the CPU by one thread.

    Those of torch wait actively after each of its loops, and the next product of matrices would share the cores with
    them.
    """
    if y.is_cuda:
        y += bias
    else:
        y.numpy()[...] += bias.detach().numpy()


def _array(x: Tensor) -> np.ndarray:
    """The numbers of a tensor; without a copy if it is on the CPU."""
    return x.cpu().numpy()


def _tensor(y: np.ndarray, like: Tensor) -> Tensor:
    """A tensor of numbers on the machine of another one; without a copy where type and machine are the same."""
    return torch.from_numpy(np.ascontiguousarray(y)).to(like)
