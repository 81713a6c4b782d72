"""What all layers on hardware share: their weights, what is programmed, and the forward pass."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

from memsim.arrays import CrossbarLayer, Patches, ProgrammedLayer
from memsim.errors import InputError
from memsim.exchange.converter_counts import ConverterCounts
from memsim.philox import MAX_READS, MAX_TIMES, Occasion, Scope
from memsim.torch.exchange import backend_for, check_device
from memsim.torch.fingerprint import sampled
from memsim.torch.hardware import Hardware
from memsim.torch.hardware_state import check_state, state_of
from memsim.torch.mapped_layer import Slice
from memsim.torch.passes import Pass
from memsim.torch.planned_layer import PlannedLayer, joined
from memsim.torch.quantise import inside
from memsim.torch.reads import Read
from memsim.torch.weighted_layer import DTYPES

_CHANGED = ("changed",)
"""In place of the version of weights that had changed since they were programmed, when a layer was copied."""


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
    counts_events : bool
        Whether cells that are made from now on count the energy of reads and pulses.
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
        self.counts: ConverterCounts | None = None
        self.counts_events = False
        self.repeat = 0
        self.step = 0  # time step of a recurrent layer; all steps of a sequence are one call
        self._cells: dict[int, ProgrammedLayer] = {}
        self._home: Any = None  # device and type of the weights on the cells
        self._version: Any = None
        self._sample: Any = None
        self._state: tuple[Hardware, Tensor] | None = None
        self._readers: dict[Any, CrossbarLayer] = {}
        self._effective: tuple[ProgrammedLayer, list[Slice]] | None = None

    def __call__(self, *inputs: Any, **named: Any) -> Any:
        if not inputs and "input" in named:  # as layers of torch name it
            inputs = (named.pop("input"),)
        return super().__call__(*inputs, **named)

    def torch_names(self) -> dict[str, str]:
        """The parameter for each one of the layer of torch, by name."""
        return {"weight": "weight", "bias": "bias"}

    @torch.compiler.disable
    def forward(self, x: Tensor) -> Tensor:
        """Outputs for inputs, with the axes of the layer of torch."""
        if torch.jit.is_tracing() or torch.compiler.is_compiling():
            raise self._unsupported("torch.jit, torch.export and torch.onnx")
        self._check(x)
        if not x.numel():
            return self.biased(self.product(x, self.torch_weight()))
        self._passing, self._known = True, None
        if self.programmed and self._version is not None and self._sample == self._sampled():
            self._known = self._counted(), self._version  # a full comparison would take a fifth of a read
        try:
            return self._outputs(x)
        finally:
            self._passing, self._known = False, None

    def _outputs(self, x: Tensor) -> Tensor:
        digital = self.row_bias is None and (self.learned or not self.programmed)  # else, the read adds the bias
        if self.programmed:
            bias = self.own_bias() if self.row_bias is not None else None if digital else self.bias
            parts = (x, self.weight, bias)
            differentiated = torch.is_grad_enabled() and any(part is not None and part.requires_grad for part in parts)
            y = Read.apply(*parts, self, differentiated)
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
        if self.changed:
            raise InputError(
                f"{self.label}: the weights have changed since they were programmed; call memsim.torch.program(model)"
            )
        self._sample = self._sampled()
        if self._home != (self.weight.device, self.weight.dtype):
            self.forget()
            self._home = self.weight.device, self.weight.dtype
        if self.repeat not in self._cells:
            self._cells[self.repeat] = self.built(self.repeat)
        return self._cells[self.repeat]

    def _sampled(self) -> tuple[Any, ...]:
        """What torch counts of the weights, and some of their numbers."""
        return self._counted(), *(sampled(part) for part in self._parts())

    @property
    def changed(self) -> bool:
        """Whether weights have changed since they were programmed."""
        return self.programmed and self._version not in (None, self.version())

    def forget(self, weights: bool = False) -> None:
        """Drop all programmed cells, which are made again when they are needed; with `weights`, from present ones."""
        if weights:
            self._version = None
        self._cells.clear()
        self._readers.clear()
        self._effective = None

    def correct(self, factor: Any, shift: Any = 0.0) -> None:
        """Multiply the outputs of the programmed cells by a factor and add a shift, such as those that undo drift.

        The shift is in units of V_read (G_max - G_min).
        """
        self.cells.correction, self.cells.shift = factor, shift
        self._effective = None

    def age(self, seconds: float, temperature: float | None = None) -> None:
        """Let time pass for the programmed cells [s]."""
        self.cells.crossbar.wait(seconds, temperature)
        self._effective = None

    def built(self, repeat: int) -> ProgrammedLayer:
        """Freshly programmed cells, the same for the same weights, hardware and number of the programming.

        They lie on the machine of the weights.
        """
        check_device(self.label, self.weight.device)
        hardware = self.hardware
        _ = self.span  # refuses weights that the mapping has no place for
        algorithm, sensitivities = self.selection()
        layer = ProgrammedLayer(
            self.matrices(),
            self.bias_matrix(),
            hardware.cells,
            mapping=self.plan,
            scales="layer" if self.learned else hardware.scales,
            bounds=hardware.bounds,
            cycles=hardware.cycles,
            error=hardware.error,
            algorithm=algorithm,
            sensitivities=sensitivities,
            seed=hardware.seed,
            dtype=DTYPES[self.weight.dtype],
            backend=backend_for(self.weight.device),
            scope=Scope(layer=self.place, repetition=repeat),
            dac=hardware.inputs,
            adc=self.adc,
            wires=hardware.wires,
            tile=hardware.tile,
            count=self.counts_events,
            count_cell_pulses=True if self.counts_events and hardware.cells.spec.update is not None else None,
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
            "_sample": None,
            "_version": _CHANGED if self.changed else None,
            "_span": None,
            "_held": None,
            "_passing": False,
            "_known": None,
            "running": None,
            "counts": None,
            "counts_events": False,
        }
        return self.__dict__ | fresh

    def get_extra_state(self) -> Tensor:
        """The hardware as bytes, which state dicts hold beside the weights; see `memsim.torch.hardware_state`."""
        if self._state is None or self._state[0] is not self.hardware:
            self._state = self.hardware, state_of(self.hardware)
        return self._state[1]

    def set_extra_state(self, state: Tensor) -> None:
        """Refuse the state of a layer on other hardware."""
        check_state(self.label, state, self.hardware)

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *args: Any) -> None:
        state = state_dict.get(f"{prefix}_extra_state")
        if state is not None:
            self.set_extra_state(state)  # before anything is changed
        super()._load_from_state_dict(state_dict, prefix, *args)
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
        self.counts.add_outputs(saturated or ())

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
        reader.gain, reader.correction, reader.shift = cells.gain, cells.correction, cells.shift
        return reader

    def __prepare_scriptable__(self) -> Any:
        raise self._unsupported("torch.jit")

    def _unsupported(self, what: str) -> InputError:
        return InputError(
            f"{self.label}: graphs of {what} cannot hold reads of cells; call the model itself, or "
            "memsim.torch.to_torch(model) for a network without hardware"
        )

    def _apply(self, fn: Any, recurse: bool = True) -> Self:
        """Move or convert the layer; the ranges of its converters stay float64."""

        def moved(values: Tensor) -> Tensor:
            changed = fn(values)
            ranged = values.ndim == 0 and values.dtype == torch.float64 and not changed.is_meta
            return values.to(changed.device) if ranged else changed

        current = self._version is not None and not self.changed
        result = super()._apply(moved, recurse)
        if current:
            self._version = self.version()
        return result

    def _check(self, x: Tensor) -> None:
        self.check_weights()
        if x.dtype != self.weight.dtype:
            raise InputError(f"{self.label}: inputs of {x.dtype}, but weights of {self.weight.dtype}")
        if x.device != self.weight.device:
            raise InputError(f"{self.label}: inputs on {x.device}, but weights on {self.weight.device}")
