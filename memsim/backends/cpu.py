"""The CPU backend: NumPy arrays, Numba loops, and BLAS for wide reads."""

from __future__ import annotations

from typing import Any

import numpy as np

from memsim.kernels.cell import UpdateSpec
from memsim.kernels.convert import Errors, adc_kernel, dac_kernel
from memsim.kernels.elementwise import elementwise
from memsim.kernels.fill import fill
from memsim.kernels.fluctuate import Move, advance_kernel, fluctuating_read_kernel
from memsim.kernels.read import NARROW, narrow_kernel, noise_kernel, variance_kernel
from memsim.kernels.trains import train_kernel
from memsim.kernels.update import count_shape, update_kernel
from memsim.philox import TILE, Stream, key

_BLOCK = 1 << 22  # cells whose variances are kept at a time


def _cast(real: Any, value: Any) -> Any:
    """A number, or tuples of numbers, in the dtype of the state."""
    return tuple(_cast(real, item) for item in value) if isinstance(value, tuple) else real(value)


class CpuBackend:
    """Kernels on the CPU. Arrays have rows contiguous and padded to whole tiles of 64; all is dimensionless."""

    name = "cpu"

    def fill(self, kind: str, shape: tuple[int, int, int], **address: Any) -> np.ndarray:
        """Addressed numbers, float32 (array, column, row); see `memsim.kernels.fill.fill`."""
        return fill(kind, shape, **address)

    def map(self, function: Any, x: np.ndarray, y: Any, z: Any, p: Any) -> np.ndarray:
        """A scalar function of every cell; see `memsim.kernels.elementwise.elementwise`."""
        return elementwise(function, x, y, z, p)

    def update(
        self,
        spec: UpdateSpec,
        state: np.ndarray,
        inputs: np.ndarray,
        targets: np.ndarray,
        *,
        rate: float,
        steps: int,
        first_step: int,
        first_array: int,
        settings: Any,
        common: Any,
        varying: np.ndarray,
        seed: int,
    ) -> np.ndarray:
        """Train `state` in place and return the pulses given, (array, column, 2), int64: set and reset."""
        real = state.dtype.type
        counts = np.zeros(count_shape(state), np.int64)
        update_kernel(spec)(
            state,
            inputs,
            targets,
            real(rate),
            steps,
            first_step,
            first_array,
            type(settings)(*(_cast(real, value) for value in settings)),
            type(common)(*(_cast(real, value) for value in common)),
            varying,
            counts,
            *key(seed),
        )
        return counts.sum(axis=2)

    def trains(
        self, chances: np.ndarray, slots: int, *, first_step: int, first_array: int, stream: Stream, seed: int
    ) -> np.ndarray:
        """Pulse trains (array, sample, line), uint32, of lines with these signed chances of a pulse in a slot."""
        out = np.empty(chances.shape, np.uint32)
        train_kernel()(out, chances, slots, first_step, first_array, int(stream), *key(seed))
        return out

    def read(
        self, inputs: np.ndarray, state: np.ndarray, offset: float, value: float, window: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Expected outputs and their variance, (array, sample, column), in V_read (G_max - G_min) and its square.

        Each cell's conductance is w + `offset` and carries independent Gaussian read noise of sigma
        `value` (w + offset) + `window`, one of which is 0. The variance has one column where it is the same for all.
        Up to 16 columns are summed in a fixed order in float64, wider arrays by BLAS in the dtype of the state.
        """
        arrays, columns, _ = state.shape
        samples = inputs.shape[1]
        noisy = value > 0 or window > 0
        if columns <= NARROW:
            mean = np.empty((arrays, samples, columns))
            variance = np.zeros((arrays, samples, columns if noisy else 1))
            narrow_kernel(noisy)(inputs, state, offset, value, window, mean, variance)
            return mean, variance
        mean = inputs @ state.swapaxes(1, 2)
        if offset:
            mean += inputs.sum(axis=2, keepdims=True) * state.dtype.type(offset)
        shape = (arrays, samples, 1)
        if not noisy:
            return mean, np.zeros(shape, state.dtype)
        if value == 0:
            norm = np.einsum("asr,asr->as", inputs, inputs)[:, :, None]
            return mean, np.broadcast_to(norm * state.dtype.type(window**2), shape).copy()
        real, squares, variance = state.dtype.type, np.square(inputs), np.empty_like(mean)
        # By blocks of columns, so that variances of cells need little memory, and stay in the cache.
        block = max(TILE, _BLOCK // (arrays * state.shape[2]))
        for first in range(0, columns, block):
            part = state[:, first : first + block]
            spread = np.empty(part.shape, state.dtype)
            variance_kernel()(part, real(offset), real(value), spread)
            np.matmul(squares, spread.swapaxes(1, 2), out=variance[:, :, first : first + block])
        return mean, variance

    def add_noise(
        self,
        current: np.ndarray,
        variance: np.ndarray,
        *,
        first_array: int,
        first_sample: int,
        index: int,
        seed: int,
        stream: Stream = Stream.READ,
        first_tile: int = 0,
    ) -> None:
        """Add Gaussian noise of the given variance to `current` (array, sample, column) in place."""
        noise_kernel()(current, variance, first_array, first_sample, first_tile, index, int(stream), *key(seed))

    def to_levels(self, x: np.ndarray, rows: int, unit: float, codes: tuple[int, int], errors: Errors) -> np.ndarray:
        """Levels (array or 1, sample, row) of a DAC for inputs; see `memsim.kernels.convert.dac_kernel`."""
        real = x.dtype.type
        out = np.zeros((max(x.shape[0], errors.arrays), *x.shape[1:]), x.dtype)
        dac_kernel(*errors.present)(x, out, rows, real(unit), real(codes[0]), real(codes[1]), *errors.cast(x.dtype))
        return out

    def to_codes(
        self,
        current: np.ndarray,
        variance: np.ndarray | None,
        total: np.ndarray,
        unit: np.ndarray,
        codes: tuple[int, int],
        errors: Errors,
        *,
        first_array: int,
        first_sample: int = 0,
        index: int = 0,
        seed: int,
        stream: Stream = Stream.READ,
        first_tile: int = 0,
    ) -> None:
        """Add to `total` what ADCs make of currents and their noise; see `memsim.kernels.convert.adc_kernel`."""
        real, noisy = current.dtype.type, variance is not None
        adc_kernel(noisy, *errors.present)(
            current,
            variance if variance is not None else current[:, :, :1],
            total,
            unit.astype(current.dtype),
            real(codes[0]),
            real(codes[1]),
            *errors.cast(current.dtype),
            first_array,
            first_sample,
            first_tile,
            index,
            int(stream),
            *key(seed),
        )

    def advance(
        self, words: np.ndarray, move: Move, *, step: int, seed: int, first_array: int, first_column: int
    ) -> None:
        """Move the two-level processes of cells, `words` (array, column, row), over one interval, in place."""
        kernel = advance_kernel(move.trap, move.processes)
        kernel(words, move.change, move.used, move.planes, step, first_array, first_column, *key(seed))

    def read_fluctuating(
        self,
        inputs: np.ndarray,
        state: np.ndarray,
        offset: float,
        depth: np.ndarray,
        swing: np.ndarray,
        parts: np.ndarray,
        words: np.ndarray,
        move: Move,
        *,
        step: int,
        seed: int,
        first_array: int,
        first_column: int,
    ) -> np.ndarray:
        """Outputs (array, sample, part, column), float64, of reads in order of time, which move `words` in place.

        See `memsim.kernels.fluctuate.fluctuating_read_kernel`; the sums of any number of columns have a fixed order.
        """
        whole = np.full(state.shape[2], parts[-1], np.int32)
        whole[: len(parts)] = parts
        mean = np.empty((state.shape[0], inputs.shape[1], int(parts[-1]) + 1, state.shape[1]))
        kernel = fluctuating_read_kernel(move.trap, move.processes)
        moving = (move.change, move.used, move.planes, step, first_array, first_column)
        kernel(inputs, state, offset, depth, swing, whole, move.number, mean, words, *moving, *key(seed))
        return mean
