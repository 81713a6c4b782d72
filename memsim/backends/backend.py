"""What a backend does with arrays, whatever the machine: kernels of its own, and products of the array library.

Arrays of states and signals belong to the backend's library, NumPy or CuPy. CuPy's answer NumPy's functions by its
dispatch protocols (NEP 13 and 18), so code that only computes with arrays is the same for both; what makes arrays, or
brings them to the host, asks the backend.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from memsim.kernels.cell import Beside, Charges, UpdateSpec
from memsim.kernels.convert import Errors
from memsim.kernels.elementwise import operand
from memsim.kernels.fluctuate import Move
from memsim.kernels.path import RelaxationLaw
from memsim.kernels.read import NARROW
from memsim.kernels.verify_cell import Knobs, Limits, Progress, PulseVoltages, VerifyRead, VerifySpec
from memsim.philox import Stream, key, padded

_NO_CHARGES = Charges(0.0, 0.0, 0.0)


def with_precision(values: Any, real: Any) -> Any:
    """A NamedTuple of numbers, or of tuples of numbers, in the type `real`."""
    return type(values)(*(_cast(real, value) for value in values))


def _cast(real: Any, value: Any) -> Any:
    """A number, or tuples of numbers, in the dtype of the state."""
    return tuple(_cast(real, item) for item in value) if isinstance(value, tuple) else real(value)


def set_bits(codes: Any) -> Any:
    """Number of binary digits that are 1, of whole numbers of at least 0 and below 2^16."""
    number = codes.astype(np.uint16)
    count = number - ((number >> 1) & 0x5555)
    count = (count & 0x3333) + ((count >> 2) & 0x3333)
    count = (count + (count >> 4)) & 0x0F0F
    return ((count + (count >> 8)) & 0x1F).astype(np.int64)


class Kernels(NamedTuple):
    """What makes kernels: functions of the same names in `memsim.kernels` and `memsim.kernels.cuda`."""

    fill: Callable[..., Any]
    elementwise: Callable[..., Any]
    update: Callable[..., Any]
    counts: Callable[..., tuple[int, ...]]
    trains: Callable[..., Any]
    narrow: Callable[..., Any]
    patches: Callable[..., Any] | None
    variance: Callable[..., Any]
    noise: Callable[..., Any]
    dac: Callable[..., Any]
    adc: Callable[..., Any]
    advance: Callable[..., Any]
    fluctuating: Callable[..., Any]
    path: Callable[..., Any]
    verify: Callable[..., Any]


class Backend:
    """Kernels on one kind of machine. Arrays have rows contiguous and padded to whole tiles; all is dimensionless.

    Attributes
    ----------
    name : str
        As users call it.
    xp : module
        The library of its arrays.
    kernels : Kernels
        Its loops.
    """

    name: str
    xp: Any
    kernels: Kernels

    def asarray(self, values: Any, dtype: Any = None) -> Any:
        """Values of the host as an array of this backend, for kernels; one number stays a number."""
        raise NotImplementedError

    def numpy(self, array: Any) -> np.ndarray:
        """An array of this backend in the host's memory."""
        raise NotImplementedError

    def host(self, values: Any) -> Any:
        """The values, in the host's memory if they are an array of this backend."""
        return self.numpy(values) if isinstance(values, self.xp.ndarray) else values

    def contiguous(self, array: Any) -> Any:
        """The array with its elements side by side, as kernels take it."""
        raise NotImplementedError

    def synchronize(self) -> None:
        """Wait until all kernels are done."""
        raise NotImplementedError

    @property
    def machine(self) -> str | None:
        """Name of the card that computes; None for the processor."""
        raise NotImplementedError

    @property
    def libraries(self) -> dict[str, str]:
        """Versions of libraries that only this backend needs."""
        raise NotImplementedError

    @property
    def free_memory(self) -> float:
        """Memory that arrays may still take [byte], where it is not the host's; else infinite."""
        raise NotImplementedError

    @property
    def kept(self) -> int:
        """Memory that parameters of the cells of an array may take [byte]; beyond it they are drawn anew by block."""
        raise NotImplementedError

    def fill(
        self,
        kind: str,
        shape: tuple[int, int, int],
        *,
        seed: int,
        stream: Stream,
        step: int = 0,
        first_array: int = 0,
        first_column: int = 0,
    ) -> Any:
        """Addressed numbers, float32 (array, column, row); see `memsim.kernels.fill.fill`."""
        arrays, columns, rows = shape
        out = self.xp.empty((arrays, columns, padded(rows)), np.float32)
        self.kernels.fill()(out, kind == "normal", first_array, int(first_column), int(step), int(stream), *key(seed))
        return out[:, :, :rows]

    def map(self, function: Any, x: Any, y: Any, z: Any, p: Any) -> Any:
        """``function(x, y, z, p)`` for every element of x, in the dtype of x; computed in float64.

        Parameters
        ----------
        function : numba dispatcher
            Scalar function, see `memsim.noise`.
        x : (array, column, row)
            Sets the shape of the result.
        y, z : array like x, or number
            One value for each cell, or one for all.
        p : NamedTuple of float
            What all cells share.
        """
        out = self.xp.empty_like(x)
        if x.size:
            wide = [operand(value, self.xp) for value in (y, z)]
            self.kernels.elementwise(function, p.__class__)(out, self.contiguous(x), *wide, p)
        return out

    def update(
        self,
        spec: UpdateSpec,
        state: Any,
        inputs: Any,
        targets: Any,
        *,
        rate: float,
        steps: int,
        first_step: int,
        first_array: int,
        first_column: int = 0,
        settings: Any,
        common: Any,
        varying: Any,
        seed: int,
        marks: Any = None,
        cell_counts: Any = None,
        tally: Any = None,
        charges: Charges = _NO_CHARGES,
        beside: Beside | None = None,
        joules: Any = None,
    ) -> np.ndarray:
        """Train `state` in place and return the pulses given, (array, column, 2), int64: set and reset.

        If the specification says so, `marks`, uint8 like `state`, receives a 1 for each cell that gets a pulse, the
        pulses of each cell are added to `cell_counts`, int64 (array, column, row, 2), and what they do to `tally`. The
        energy of pulses in their cells, in the other cells of both lines and in all others of the tile, at the full
        voltage, is added to `joules`, float64 (array, column, 3); `beside` are the conductances of other cells. See
        `memsim.kernels.update.update_kernel`.
        """
        real = state.dtype.type
        marks = self.xp.empty((1, 1, 1), np.uint8) if marks is None else marks
        cell_counts = self.xp.empty((1, 1, 1, 1), np.int64) if cell_counts is None else cell_counts
        tally = self.xp.empty((1, 1, 1, 1)) if tally is None else tally
        counts = self.xp.zeros(self.kernels.counts(state), np.int64)
        energies = self.xp.zeros((*counts.shape[:-1], 3) if spec.charged else (1, 1, 1, 1))
        self.kernels.update(spec)(
            state,
            inputs,
            targets,
            real(rate),
            steps,
            first_step,
            first_array,
            first_column,
            with_precision(settings, real),
            with_precision(common, real),
            varying,
            counts,
            marks,
            cell_counts,
            tally,
            Charges(*(real(value) for value in charges)),
            *(self._no_lines(state) if beside is None else beside),
            energies,
            *key(seed),
        )
        if joules is not None:
            joules += energies.reshape(*counts.shape[:2], -1, 3).sum(axis=2)
        return counts.reshape(*counts.shape[:2], -1, 2).sum(axis=2)

    def _no_lines(self, state: Any) -> Beside:
        none, numbers = self.xp.empty((1, 1, 1), state.dtype), self.xp.empty(1, np.int64)
        return Beside(none, none, none, numbers, numbers, none)

    def verify(
        self,
        spec: VerifySpec,
        state: Any,
        low: Any,
        high: Any,
        progress: Progress,
        *,
        rows: int,
        first_step: int,
        first_array: int,
        first_column: int,
        limits: Limits,
        settings: Any,
        common: Any,
        varying: Any,
        knobs: Knobs,
        voltages: PulseVoltages,
        read: VerifyRead,
        seed: int,
        readings: Any = None,
    ) -> None:
        """Write and verify cells in place; see `memsim.kernels.verify.verify_kernel`."""
        real = state.dtype.type
        self.kernels.verify(spec)(
            state,
            self.xp.empty((1, 1, 1)) if readings is None else readings,
            low,
            high,
            *progress,
            rows,
            first_step,
            first_array,
            first_column,
            limits,
            with_precision(settings, real),
            with_precision(common, real),
            varying,
            knobs,
            voltages,
            read,
            *key(seed),
        )

    def trains(
        self, chances: Any, slots: int, *, first_step: int, first_array: int, stream: Stream, seed: int
    ) -> np.ndarray:
        """Pulse trains (array, sample, line), uint32, of lines with these signed chances of a pulse in a slot."""
        out = self.xp.empty(chances.shape, np.uint32)
        self.kernels.trains()(out, chances, slots, first_step, first_array, int(stream), *key(seed))
        return out

    def read(
        self, inputs: Any, state: Any, offset: float = 0.0, variance: Any = 0.0, rows: int | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Expected outputs and their variance, (array, sample, column), in V_read (G_max - G_min) and its square.

        Up to 16 columns are summed in a fixed order in float64, wider arrays by BLAS in the dtype of the state.

        Parameters
        ----------
        inputs : (array or 1, sample, row)
            In units of the read voltage.
        state : (array, column, row)
            Conductances less the offset, in units of the window.
        offset : float
            Conductance at state 0.
        variance : (array, column, row) or float
            Of the conductances, which have independent noise; one number where it is the same for all cells. The
            variance of outputs has one column then.
        rows : int, optional
            How many rows there are; what lies behind them is padding.
        """
        arrays, columns, _ = state.shape
        samples, real = inputs.shape[1], state.dtype.type
        if columns <= NARROW:
            narrow = self._narrow(self.kernels.narrow, samples, state, variance)
            return narrow(inputs, rows=rows or state.shape[2], offset=offset)
        same = isinstance(variance, float)
        mean = inputs @ state.swapaxes(1, 2)
        if offset:
            mean += inputs.sum(axis=2, keepdims=True) * real(offset)
        if not same:
            return mean, np.square(inputs) @ variance.swapaxes(1, 2)
        if variance == 0:
            return mean, self.xp.zeros((arrays, samples, 1), state.dtype)
        norm = np.einsum("asr,asr->as", inputs, inputs)[:, :, None]
        return mean, np.broadcast_to(norm * real(variance), (arrays, samples, 1)).copy()

    def read_patches(
        self,
        images: Any,
        patches: np.ndarray,
        pixels: np.ndarray,
        bias: float,
        state: Any,
        offset: float = 0.0,
        variance: Any = 0.0,
    ) -> tuple[np.ndarray, np.ndarray]:
        """As `read` for up to 16 columns and samples that are patches; see `memsim.kernels.read.patch_kernel`."""
        assert self.kernels.patches is not None
        narrow = self._narrow(self.kernels.patches, images.shape[1] * patches.size, state, variance)
        return narrow(images, patches, pixels, images.dtype.type(bias), rows=pixels.size, offset=offset)

    def _narrow(self, kernels: Any, samples: int, state: Any, variance: Any) -> Callable[..., tuple[Any, Any]]:
        """A read of at most 16 columns, by one of the kernels that differ in where inputs come from."""
        same = isinstance(variance, float)
        arrays, columns, _ = state.shape
        mean = self.xp.empty((arrays, samples, columns))
        spread = self.xp.zeros((arrays, samples, 1 if same else columns))
        of_cells, of_all = (state, variance) if same else (variance, 0.0)
        kernel = kernels("each" if not same else "same" if variance > 0 else "none")

        def read(*inputs: Any, rows: int, offset: float) -> tuple[Any, Any]:
            kernel(*inputs, state, of_cells, rows, offset, of_all, mean, spread)
            return mean, spread

        return read

    def line_sums(self, state: Any) -> tuple[Any, Any]:
        """Sums of states (array, line, row) over the lines of each row, and over the rows of each line; float64."""
        return state.sum(axis=1, dtype=float), state.sum(axis=2, dtype=float)

    def add_levels(self, levels: Any, coding: str, unit: float, driven: Any, square: Any) -> None:
        """Add what levels (array, read, row) do to `driven` and `square`, float64 (array, row).

        `driven` counts levels other than 0; of serial inputs, binary digits that are 1 in codes, sizes over `unit`.
        `square` receives squared levels for `coding` "voltage", sizes for "width", and digits for "serial".
        """
        if coding == "serial":
            bits = set_bits(self.xp.rint(self.xp.abs(levels) / unit)).sum(axis=1, dtype=float)
            driven += bits
            square += bits
            return
        driven += (levels != 0).sum(axis=1)
        wide = levels.astype(float)
        square += (wide * wide if coding == "voltage" else self.xp.abs(wide)).sum(axis=1)

    def value_variance(self, state: Any, offset: float, sigma: float) -> Any:
        """Variances of conductances (array, column, row) whose noise is sigma times their value."""
        real, variance = state.dtype.type, self.xp.empty(state.shape, state.dtype)
        self.kernels.variance()(state, real(offset), real(sigma), variance)
        return variance

    def add_noise(
        self,
        current: Any,
        variance: Any,
        *,
        first_array: int,
        first_sample: int,
        index: int,
        seed: int,
        stream: Stream = Stream.READ,
        first_tile: int = 0,
        repeats: int = 1,
        positions: int = 1,
    ) -> None:
        """Add Gaussian noise of the given variance to `current` (array, sample, column) in place."""
        at = (first_array, first_sample, repeats, positions, first_tile, index)
        self.kernels.noise()(current, variance, *at, int(stream), *key(seed))

    def to_levels(self, x: Any, rows: int, unit: float, codes: tuple[int, int], errors: Errors) -> np.ndarray:
        """Levels (array or 1, sample, row) of a DAC for inputs; see `memsim.kernels.convert.dac_kernel`."""
        real = x.dtype.type
        out = self.xp.zeros((max(x.shape[0], errors.arrays), *x.shape[1:]), x.dtype)
        self.kernels.dac(*errors.present)(
            x, out, rows, real(unit), real(codes[0]), real(codes[1]), *errors.cast(x.dtype, self.xp)
        )
        return out

    def to_codes(
        self,
        current: Any,
        variance: Any | None,
        total: Any,
        unit: Any,
        codes: tuple[int, int],
        errors: Errors,
        *,
        first_array: int,
        first_sample: int = 0,
        index: int = 0,
        seed: int,
        stream: Stream = Stream.READ,
        first_tile: int = 0,
        repeats: int = 1,
        positions: int = 1,
    ) -> None:
        """Add to `total` what ADCs make of currents and their noise; see `memsim.kernels.convert.adc_kernel`."""
        real, noisy = current.dtype.type, variance is not None
        self.kernels.adc(noisy, *errors.present)(
            current,
            variance if variance is not None else current[:, :, :1],
            total,
            self.asarray(unit, current.dtype),
            real(codes[0]),
            real(codes[1]),
            *errors.cast(current.dtype, self.xp),
            first_array,
            first_sample,
            repeats,
            positions,
            first_tile,
            index,
            int(stream),
            *key(seed),
        )

    def advance(self, words: Any, move: Move, *, step: int, seed: int, first_array: int, first_column: int) -> None:
        """Move the two-level processes of cells, `words` (array, column, row), over one interval, in place."""
        kernel = self.kernels.advance(move.trap, move.processes)
        kernel(words, *self._chances(move), step, first_array, first_column, *key(seed))

    def read_fluctuating(
        self,
        inputs: Any,
        state: Any,
        offset: float,
        depth: Any,
        swing: Any,
        parts: np.ndarray,
        words: Any,
        move: Move,
        *,
        active: Any = None,
        step: int,
        seed: int,
        first_array: int,
        first_column: int,
    ) -> Any:
        """Outputs (array, sample, part, column), float64, of reads in order of time, which move `words` in place.

        `active` says which processes of 1/f noise take part: one number for all cells or (array, column, row); None for
        all processes. See `memsim.kernels.fluctuate.fluctuating_read_kernel`; the sums of any number of columns have a
        fixed order.
        """
        whole = np.full(state.shape[2], parts[-1], np.int32)
        whole[: len(parts)] = parts
        mean = self.xp.empty((state.shape[0], inputs.shape[1], int(parts[-1]) + 1, state.shape[1]))
        some = active is not None and move.processes
        kernel = self.kernels.fluctuating(move.trap, move.processes, some)
        moving = (*self._chances(move), step, first_array, first_column)
        shares = self.xp.asarray(active if some else 0.0, state.dtype)
        shares = shares.reshape(1, 1, 1) if shares.ndim == 0 else self.contiguous(shares)
        how = (self.asarray(whole), move.number, shares, mean, words)
        kernel(inputs, state, offset, depth, swing, *how, *moving, *key(seed))
        return mean

    def relax(
        self,
        programmed: Any,
        target: Any,
        number: Any,
        elapsed: Any,
        law: RelaxationLaw,
        *,
        seed: int,
        first_array: int,
        first_column: int,
    ) -> Any:
        """States (array, column, row) at a time after programming, on the path of each cell.

        Parameters
        ----------
        programmed, target : (array, column, row)
            States to which cells were programmed, and those that were aimed at.
        number : int, or (array, column, row) of uint32
            Numbers of their last programmings.
        elapsed : float, or (array, column, row)
            Time since [s].
        law : RelaxationLaw
            Mean and size of the change.
        """
        out = self.xp.empty_like(programmed)
        numbers = self.xp.full((1, 1, 1), number, np.uint32) if np.ndim(number) == 0 else self.contiguous(number)
        cells = self.contiguous(programmed), self.contiguous(target), numbers, operand(elapsed, self.xp)
        tables = (self.asarray(table) for table in (law.knots, law.levels, law.shift, law.size))
        self.kernels.path(law.tabulated)(out, *cells, *tables, law.g0, first_array, first_column, *key(seed))
        return out

    def _chances(self, move: Move) -> tuple[Any, np.uint32, Any]:
        return self.asarray(move.change), move.used, self.asarray(move.planes)
