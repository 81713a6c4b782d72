"""Verify reads of all cells at once, of single cells or of whole columns; `memsim.kernels.verify` decides with them.

Loops that read single cells with white noise draw it themselves. Here are reads of cells whose noise is correlated over
time, reads through the wires of the array, and reads of whole columns.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from memsim.arrays.effective_cells import EffectiveCells
from memsim.arrays.interconnect import without_wires
from memsim.arrays.state import ArrayState
from memsim.philox import Stream


class CellReadings:
    """Readings of single cells, one for each, in w.

    Telegraph and 1/f noise go on by a pulse and a read from reading to reading. Through wires, a cell is read alone:
    the other word lines are at 0 V.

    Parameters
    ----------
    array : ArrayState
        The cells.
    pulse : float
        Time of a pulse [s].
    wires : bool
        Whether reads go through the wires of the array.
    """

    def __init__(self, array: ArrayState, pulse: float, wires: bool) -> None:
        self._array, self._bank, self._pulse, self._wires = array, array.cells.lines, pulse, wires
        self._spec, adc = self._bank.spec, array.readout.periphery.adc
        self._electronics = 0.0 if adc is None else adc.noise

    def take(self, step: int, status: Any) -> Any:
        """Readings (array, line, row) of all cells.

        Parameters
        ----------
        step : int
            Address of their noise.
        status : (array, line, row) of uint8
            0 for cells that are not finished.
        """
        states, sigma = self._conductances(self._pulse + self._spec.read.duration)
        noise = self._normals(self._bank.state.shape, step)
        return states + np.hypot(sigma, self._electronics) * noise

    def _normals(self, shape: tuple[int, ...], step: int) -> Any:
        return self._bank.site.draw("normal", shape, Stream.VERIFY, step)

    def _conductances(self, seconds: float) -> tuple[Any, Any]:
        """What reads see of the cells after some time [s], as states, and sigma of their white noise, in w."""
        bank, spec = self._bank, self._spec
        if bank.fluctuations is not None:
            bank.fluctuations.wait(seconds)
        effective = self._array.readout.effective(self._array.cells)[0] if self._wires else without_wires(bank)
        states = self._states(effective)
        noise, xp = spec.read.noise, bank.site.backend.xp
        base = xp.zeros((1, 1, 1)) if noise is None else xp.ones((1, 1, 1))
        if noise is not None and noise.relative_to == "value":
            base = bank.read_states + spec.conductance.offset
        sigma = base * bank.read_sigma.value("sigma")
        return states, sigma if effective.share is None else sigma * effective.share

    def _states(self, effective: EffectiveCells) -> Any:
        states = effective.state.astype(float) + (effective.offset - self._spec.conductance.offset)
        if self._bank.fluctuations is not None:
            deviation = self._bank.fluctuations.moments(self._bank.read_states, 0.0)[0]
            states = states + (deviation if effective.share is None else deviation * effective.share)
        return states


class ColumnReadings(CellReadings):
    """Readings from reads of whole columns in the patterns of a Hadamard matrix; see `Hadamard`.

    Parameters
    ----------
    array, pulse, wires
        As for `CellReadings`.
    block : int
        Rows that are read together, a power of two.

    Attributes
    ----------
    reads : (array, line, row) of int64
        Reads in which each cell took part.
    energy : (array, line, row) of float64
        Sum of V I t of these reads [J].
    """

    def __init__(self, array: ArrayState, pulse: float, wires: bool, block: int) -> None:
        super().__init__(array, pulse, wires)
        xp, shape = self._bank.site.backend.xp, self._bank.state.shape
        dac = array.readout.periphery.dac
        self._block, self._phases = block, 2 if dac is not None and dac.polarity == "phases" else 1
        self.reads, self.energy = xp.zeros(shape, np.int64), xp.zeros(shape)

    def take(self, step: int, status: Any) -> Any:
        """Decoded readings of all cells; see `CellReadings.take`."""
        bank, duration, size = self._bank, self._spec.read.duration, self._block
        states, sigma = self._conductances(self._pulse + duration)
        self._count(states, status)
        blocks = self._blocks(states)
        # Sigma of a read: all cells of its block, and the electronics once for each phase.
        white = self._blocks(np.broadcast_to(np.square(sigma), states.shape)).sum(axis=-1, keepdims=True)
        sigma = np.sqrt(white + self._phases * self._electronics**2)
        rows = blocks.shape[2] * size
        noise = sigma * self._normals((*states.shape[:2], rows), step).reshape(blocks.shape)
        if bank.fluctuations is None:  # the patterns are orthogonal: each cell has the weight 1 in its own sum alone
            decoded = blocks + transform(noise) / size
        else:
            sums = np.empty_like(blocks)
            for number in range(size):
                if number:
                    blocks = self._blocks(self._conductances(duration)[0])
                sums[..., number] = (blocks * self._pattern(number)).sum(axis=-1)
            decoded = transform(sums + noise) / size
        return bank.site.backend.contiguous(decoded.reshape(*states.shape[:2], rows)[:, :, : states.shape[2]])

    def _pattern(self, number: int) -> Any:
        """Row of the Hadamard matrix."""
        unit = self._bank.site.backend.xp.zeros(self._block)
        unit[number] = 1.0
        return transform(unit)

    def _blocks(self, values: Any) -> Any:
        """Values (array, line, padded row) as (array, line, block, row of the block), 0 where there are no rows."""
        rows = self._bank.rows
        arrays, lines, _ = values.shape
        count = max(-(-values.shape[2] // self._block), 1)
        wide = self._bank.site.backend.xp.zeros((arrays, lines, count * self._block))
        wide[:, :, :rows] = values[:, :, :rows]
        return wide.reshape(arrays, lines, count, self._block)

    def _count(self, states: Any, status: Any) -> None:
        """Count the reads of the columns of those blocks in which a cell is not finished."""
        spec = self._spec
        unfinished = self._blocks(status == 0).any(axis=-1, keepdims=True)
        blocks = np.broadcast_to(unfinished, (*unfinished.shape[:3], self._block))
        read = blocks.reshape(*states.shape[:2], -1)[:, :, : states.shape[2]] * self._block
        siemens = (states + spec.conductance.offset) * spec.conductance.width
        self.reads += read
        self.energy += read * siemens * (spec.read.voltage**2 * spec.read.duration)


def transform(values: Any) -> Any:
    """Hadamard matrix, in Sylvester's order, times values along their last axis.

    Sums of pairs of numbers in a fixed order: the same bits for any number of threads and arrays.
    """
    *others, size = values.shape
    for level in range(round(math.log2(size))):
        pairs = values.reshape(*others, size // 2 ** (level + 1), 2, 2**level)
        first, second = pairs[..., 0, :], pairs[..., 1, :]
        values = np.stack([first + second, first - second], axis=-2).reshape(*others, size)
    return values
