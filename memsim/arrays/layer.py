"""The forward pass of a layer whose products are made by a crossbar: every learner and network on crossbars uses it."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, Self

import numpy as np

from memsim.arrays.crossbar import Crossbar
from memsim.arrays.events import Events
from memsim.arrays.mapping import Mapping
from memsim.arrays.patch_signal import PatchSignal
from memsim.arrays.patches import Patches
from memsim.errors import InputError
from memsim.philox import Occasion, padded


class CrossbarLayer:
    """A layer on a crossbar: its inputs become voltages, and the outputs of reads become sums of products.

    ==========  ======================================================================================================
    inputs      (..., row), voltages in units of the read voltage; with patches, images (sample, channel, y, x)
    voltages    the inputs, or the patches of images one after the other, and the bias row; all times `gain`
    reads       tiles, converters, wires and noise of the crossbar, see `Crossbar.output`
    outputs     (..., col), reads times unit/gain; with patches, (sample, col, y, x) with one output for each patch.
                With a mapping, slices are added, and what all cells have in common is subtracted
    ==========  ======================================================================================================

    The noise of a read has the address (layer, occasion, sample, patch). The layer is in the scope of the crossbar, see
    `memsim.philox.Scope`; purpose, number of the read, call and evaluation time are the occasion.

    Parameters
    ----------
    crossbar : Crossbar
        One matrix, or a stack. Its last row is the bias row, if there is one. With patches, array g of a stack is the
        group g of a grouped convolution: it receives the channels of this group and makes its outputs.
    bias : float
        Voltage of the bias row, in units of the read voltage; 0 for a layer without one.
    unit : float or array
        Weight that an output of 1 stands for: outputs are those of the crossbar times this. It broadcasts against
        (..., col).
    patches : Patches, optional
        How the images of a convolution, or of one of its groups, become inputs; not given, inputs are rows.
    mapping : Mapping, optional
        How weights lie on the cells; not given, each output of the crossbar is one of the layer.

    Attributes
    ----------
    gain : float
        Factor on all voltages, which is divided out of the outputs; `calibrate` sets it.
    correction : float or array
        Factor on the outputs of the crossbar, such as one that undoes drift; broadcast against (..., slice * col).
    common : float
        Conductance of a weight of 0, in units of the window, see `Mapping.common`.
    shift : float or array
        Added to the outputs of reads after this factor, in units of V_read (G_max - G_min); broadcast likewise.

    Raises
    ------
    InputError
        If the rows of the crossbar do not fit the patches.
    """

    def __init__(
        self,
        crossbar: Crossbar,
        *,
        bias: float = 0.0,
        unit: Any = 1.0,
        patches: Patches | None = None,
        mapping: Mapping | None = None,
    ) -> None:
        self.crossbar, self.bias, self.unit, self.patches, self.mapping = crossbar, bias, unit, patches, mapping
        self.common = (
            0.0 if mapping is None else mapping.common(crossbar.bounds, crossbar.device.spec.conductance.offset)
        )
        self.gain = 1.0
        self.correction: Any = 1.0
        self.shift: Any = 0.0
        self._events: dict[int, Events] = {}
        if patches is None:
            return
        rows = patches.rows + (bias != 0)
        if crossbar.shape[-2] != rows:
            raise InputError(f"patches: a crossbar of shape {crossbar.shape} does not fit; allowed: (..., {rows}, any)")

    @property
    def positions(self) -> int:
        """Reads for one sample: its patches, or one."""
        return 1 if self.patches is None else self.patches.positions

    @property
    def bytes(self) -> int:
        """Size of the voltages of one sample, of all arrays [byte]."""
        *arrays, rows, _ = self.crossbar.shape
        return math.prod(arrays) * self.positions * padded(rows) * self.crossbar.dtype.itemsize

    @property
    def events(self) -> dict[int, Events]:
        """What the reads of this layer made the hardware do so far, by the number of the call of the layer."""
        return dict(self._events)

    def signal(self, x: Any) -> Any:
        """Voltages before the gain, bias row included, (..., row), or (sample * patch, row) of images.

        They are arrays of NumPy, or of CuPy where x is one and the cells are on a card.

        Raises
        ------
        InputError
            If the shape does not fit.
        """
        if self.patches is not None:
            *stack, rows, _ = self.crossbar.shape
            return self._patch_signal(x, self.patches, 1.0).matrix()[:, :, :rows].reshape(*stack, -1, rows)
        xp = self.crossbar.library(x)
        x = xp.asarray(x)
        self._check(x.shape)
        if self.bias == 0:
            return x
        signal = xp.full((*x.shape[:-1], x.shape[-1] + 1), self.bias, dtype=x.dtype)
        signal[..., :-1] = x
        return signal

    def read(
        self,
        x: Any,
        occasion: int | Occasion | None = None,
        *,
        first_sample: int = 0,
        noise: bool = True,
        saturated: list[np.ndarray] | None = None,
        within: float | None = None,
    ) -> np.ndarray:
        """Outputs of inputs x, in units of weight times input.

        Parameters
        ----------
        x : (..., row), or (sample, channel, y, x) with patches
            Inputs.
        occasion : Occasion or int, optional
            Address of the read's noise, or the number of one of the crossbar's own reads; its next one if not given.
        first_sample : int
            Address of the first sample, for sets that are read in parts.
        noise : bool
            Whether reads are noisy; else their expectation, which counts no events.
        saturated : list, optional
            Receives, for each tile of rows and then for each slice, where currents exceed the range of the ADCs, with
            the axes of outputs.
        within : float, optional
            Time within which all reads take place [s], see `Crossbar.output`.
        """
        driven: Any
        if self.patches is None or self.common:  # digital arithmetic needs the inputs of each patch
            driven = self._driven(self.signal(x))
        else:
            driven = self._patch_signal(x, self.patches, self.gain)
        call = 0
        if isinstance(occasion, Occasion):
            occasion, call = replace(occasion, positions=occasion.positions * self.positions), occasion.call
        before = self.crossbar.events
        read = self.crossbar.output(
            driven, first_sample=first_sample, index=occasion, noise=noise, saturated=saturated, within=within
        )
        if noise:
            self._events[call] = self._events.get(call, Events()) + self.crossbar.events - before
        if saturated is not None:
            slices = 1 if self.mapping is None else self.mapping.slices
            saturated[:] = [self.shaped(own) for part in saturated for own in np.split(part, slices, axis=-1)]
        return self.shaped(self._sums(read, driven).astype(read.dtype, copy=False))

    def count_reads(self, x: Any) -> Self:
        """Count the reads of inputs x (see `read`) without making them, see `Crossbar.count_reads`, and return self."""
        self.crossbar.count_reads(self._driven(self.signal(x)))
        return self

    def calibrate(self, x: Any, *, gain: bool = True) -> Self:
        """Fit the converters to inputs x (see `read`), and return self.

        A range of ADCs that follows the outputs is set by the expected ones. With `gain`, the largest voltage is first
        brought to the range of the DACs, for inputs that have no natural scale.
        """
        signal, dac, adc = self.signal(x), self.crossbar.dac, self.crossbar.adc
        largest = float(np.abs(signal).max(initial=0.0))
        if gain and dac is not None and largest > 0:
            self.gain = dac.range / largest
        if adc is not None and isinstance(adc.range, str):
            self.crossbar.calibrate(self._driven(signal))
        return self

    def shaped(self, sums: np.ndarray) -> np.ndarray:
        """Sums (..., col) with the axes of outputs: those of patches as (sample, col, y, x)."""
        if self.patches is None:
            return sums
        *stack, _, cols = sums.shape
        outputs = np.moveaxis(sums.reshape(*stack, -1, self.positions, cols), -1, -2)
        outputs = np.moveaxis(outputs, 0, 1) if stack else outputs
        return outputs.reshape(len(outputs), -1, *self.patches.grid)

    def _sums(self, read: np.ndarray, driven: Any) -> np.ndarray:
        """Sums of products (..., col) from the outputs of the crossbar (..., slice * col) for voltages (..., row)."""
        if self.mapping is None or (self.mapping.slices == 1 and self.common == 0):
            read *= self._like(read, self.correction * (self.unit / self.gain))  # in place: outputs are new arrays
            return read if self._unshifted else read + self._like(read, self.shift * (self.unit / self.gain))
        corrected = read * self._like(read, self.correction)
        sums = self.mapping.joined(corrected if self._unshifted else corrected + self._like(read, self.shift))
        if self.common:
            sums = sums - self.common * self.crossbar.known(driven).sum(axis=-1, keepdims=True, dtype=float)
        return sums * self._like(sums, self.unit / self.gain)

    @property
    def _unshifted(self) -> bool:
        return bool(np.ndim(self.shift) == 0 and self.shift == 0)

    def _like(self, values: np.ndarray, factor: Any) -> Any:
        """A factor in the library of values; a number as it is."""
        return factor if np.ndim(factor) == 0 else self.crossbar.library(values).asarray(factor)

    def _check(self, shape: tuple[int, ...]) -> None:
        if self.patches is None:
            rows = self.crossbar.shape[-2] - (self.bias != 0)
            fits, allowed = shape[-1:] == (rows,), f"(..., row) with {rows} rows"
        else:
            *stack, _, _ = self.crossbar.shape
            image = (math.prod(stack) * self.patches.image[0], *self.patches.image[1:])
            fits, allowed = len(shape) == 4 and shape[1:] == image, f"(sample, channel, y, x) with {image}"
        if not fits:
            raise InputError(f"x: shape {shape} does not fit; allowed: {allowed}")

    def _patch_signal(self, x: Any, patches: Patches, gain: float) -> PatchSignal:
        """Voltages of images, whose patches are not gathered yet."""
        x = self.crossbar.library(x).asarray(x)
        self._check(x.shape)
        factor = x.dtype.type(gain)
        images = np.moveaxis(x.reshape(len(x), -1, *patches.image), 1, 0)
        images = images if gain == 1 else images * factor
        return PatchSignal(images, patches, float(x.dtype.type(self.bias) * factor) if self.bias else None)

    def _driven(self, signal: np.ndarray) -> np.ndarray:
        return signal if self.gain == 1 else signal * signal.dtype.type(self.gain)
