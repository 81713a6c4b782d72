"""Events of crossbars, and what the crossbars consist of: all that energy, latency and area follow from."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Self

import numpy as np

PHASES = ("inference", "training", "programming")
"""What crossbars do: reads, training in place with its reads, and programming with its reads."""


@dataclass(frozen=True)
class Circuit:
    """What the crossbars of a layer consist of.

    Attributes
    ----------
    arrays : int
        Size of the stack.
    row_tiles, line_tiles : tuple of int
        Word lines of each tile, from top to bottom, and bit lines, reference column included, from left to right.
    outputs : int
        Outputs that are converted in each row tile: columns, or pairs of them.
    slices : int
        Outputs that share one weight.
    dac_bits, adc_bits : int or None
        Resolutions; None without converters.
    coding : {"voltage", "width", "serial"}
        How a DAC encodes an input, see `memsim.DAC`.
    magnitude_bits : int
        Bits of a level without its sign.
    input_phases : int
        Reads of one input vector: 2 where each sign has its own.
    share : int
        Outputs of a tile that share one ADC.
    read_voltage, read_duration : float
        Of the device [V], [s]: of a level of 1, of a width of 1 or of a bit of 1.
    set_voltage, set_width, reset_voltage, reset_width : float
        Sizes of the pulses [V], [s]; 0 where the device has none.
    """

    arrays: int
    row_tiles: tuple[int, ...]
    line_tiles: tuple[int, ...]
    outputs: int
    slices: int
    dac_bits: int | None
    adc_bits: int | None
    coding: str
    magnitude_bits: int
    input_phases: int
    share: int
    read_voltage: float
    read_duration: float
    set_voltage: float = 0.0
    set_width: float = 0.0
    reset_voltage: float = 0.0
    reset_width: float = 0.0

    @property
    def rows(self) -> int:
        """Word lines of all tiles."""
        return sum(self.row_tiles)

    @property
    def lines(self) -> int:
        """Bit lines of all tiles."""
        return sum(self.line_tiles)

    @property
    def tiles(self) -> int:
        """Arrays that one matrix is split over."""
        return len(self.row_tiles) * len(self.line_tiles)

    @property
    def tile_outputs(self) -> tuple[int, ...]:
        """Outputs of each tile of lines; one of two lines counts where its first line lies."""
        ends = [0]
        for width in self.line_tiles:
            ends.append(ends[-1] + width)
        outputs = [-(-self.outputs * end // self.lines) for end in ends]
        return tuple(last - first for first, last in pairwise(outputs))

    @property
    def converters(self) -> int:
        """ADCs of the whole stack; outputs of different tiles share none."""
        if self.adc_bits is None:
            return 0
        return self.arrays * len(self.row_tiles) * sum(-(-outputs // self.share) for outputs in self.tile_outputs)

    @property
    def cells(self) -> int:
        """Cells of the whole stack."""
        return self.arrays * self.rows * self.lines

    @property
    def operations(self) -> int:
        """Operations of one input vector, two for each multiply-accumulate of an input and a weight."""
        return 2 * self.arrays * self.rows * (self.outputs // self.slices)

    @property
    def planes(self) -> int:
        """Input pulses of one read: bit planes of serial inputs, else 1."""
        return self.magnitude_bits if self.coding == "serial" else 1

    @property
    def unit_steps(self) -> int:
        """Unit steps of an integrator in one read: bit p of a serial input counts 2^p times."""
        return 2**self.planes - 1 if self.coding == "serial" else 1

    @property
    def conversions(self) -> tuple[int, ...]:
        """Bits that each conversion of an output resolves in one read, in order; empty without converters."""
        return () if self.adc_bits is None else (self.adc_bits,)

    @property
    def overlapped(self) -> bool:
        """Whether outputs are converted while the next inputs are on the lines."""
        return False


@dataclass(frozen=True)
class Counts:
    """Events of the crossbars of a layer in one phase; energies depend on conductances and are sums in float64.

    Attributes
    ----------
    reads : int
        Input vectors, counted once in each of two phases of signs.
    drives : (array, row tile) of int64
        Levels other than 0 on word lines; of serial inputs, bits of 1.
    squares : (array, row tile) of float64
        Sum over driven word lines of the squared level, in units of the read voltage; of pulses of the read voltage,
        their number times their width in units of the read duration.
    read_energy : (array, row tile, line tile) of float64
        Sum of V I t over cells [J].
    set_pulses, reset_pulses, verify_reads : (array, line tile) of int64
        Pulses of cells, and reads of single cells between them.
    write_squares : (array, line tile) of float64
        Sum of the squared voltages of pulses [V^2].
    write_energy : (array, line tile) of float64
        Sum of V I t of pulses, with the mean of the currents before and after each, and of verify reads [J].
    half_selected_energy, third_selected_energy : (array, line tile) of float64
        Sum of V I t of the cells that pulses half-select: the other cells of both lines at V/2, or all others at V/3,
        where cells have no transistors [J].
    unknown_writes : int
        Cells that an error model programmed, whose pulses are not known.
    """

    reads: int
    drives: np.ndarray
    squares: np.ndarray
    read_energy: np.ndarray
    set_pulses: np.ndarray
    reset_pulses: np.ndarray
    verify_reads: np.ndarray
    write_squares: np.ndarray
    write_energy: np.ndarray
    half_selected_energy: np.ndarray
    third_selected_energy: np.ndarray
    unknown_writes: int = 0

    @classmethod
    def none(cls, circuit: Circuit) -> Self:
        """No events."""
        arrays, tall, wide = circuit.arrays, len(circuit.row_tiles), len(circuit.line_tiles)

        def zeros(*shape: int, dtype: type = float) -> np.ndarray:
            return np.zeros((arrays, *shape), dtype)

        sets, resets, verified = (zeros(wide, dtype=np.int64) for _ in range(3))
        squared, written, half, third = (zeros(wide) for _ in range(4))
        drives, squares, read = zeros(tall, dtype=np.int64), zeros(tall), zeros(tall, wide)
        return cls(0, drives, squares, read, sets, resets, verified, squared, written, half, third)

    @property
    def happened(self) -> bool:
        """Whether there is any event."""
        pulses = int(self.set_pulses.sum()) + int(self.reset_pulses.sum()) + int(self.verify_reads.sum())
        return self.reads + self.unknown_writes + pulses > 0

    def of_array(self, number: int) -> Counts:
        """Events of one array of the stack; the number of reads is that of the stack."""
        values: list[Any] = [
            value[number : number + 1] if isinstance(value, np.ndarray) else value for value in self._values
        ]
        return Counts(*values)

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(a + b for a, b in zip(self._values, other._values, strict=True)))

    def __sub__(self, other: Counts) -> Counts:
        return Counts(*(a - b for a, b in zip(self._values, other._values, strict=True)))

    @property
    def _values(self) -> list:
        return [getattr(self, item.name) for item in dataclasses.fields(self)]
