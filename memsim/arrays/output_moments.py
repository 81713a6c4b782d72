"""Moments of the outputs of cells: their expectation and their variance, of each row tile; of pairs, the difference."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from memsim.arrays.bank import Bank
from memsim.arrays.cell_numbers import line_blocks
from memsim.arrays.effective_cells import EffectiveCells
from memsim.arrays.patch_signal import PatchSignal
from memsim.kernels.read import NARROW
from memsim.philox import padded

Moments = tuple[np.ndarray, np.ndarray]
"""Expectation and variance, (array, sample, output), in V_read (G_max - G_min) and its square.

The variance has one column where it is the same for all outputs.
"""
ANY_TIME = math.inf
"""A time within which all correlated noise is drawn anew."""
_SAMPLES = 16
"""From so many samples on, the cells of all outputs are made at once, and stored for later reads."""
_STORED = 1 << 28
"""Memory that the stored cells of a bank may take [byte]."""


class OutputCells(NamedTuple):
    """The cells of outputs: what a read multiplies inputs with.

    Attributes
    ----------
    state : (array, output, row)
        Expected conductance less the offset; of a pair, the difference.
    variance : (array, output, row) or float
        Of the conductance; one number where it is the same for all cells.
    """

    state: Any
    variance: Any


class _Stored(NamedTuple):
    """The cells of the outputs of a bank, at some versions of all banks and for reads within some time."""

    bank: Bank
    key: tuple[Any, float | None]
    cells: OutputCells | None


class OutputMoments:
    """Moments of the outputs of an array; what they need of the cells is stored until the cells change.

    Parameters
    ----------
    pairs : bool
        Whether an output is the difference of two lines of a bank, the second of which lies in its second half.
    """

    def __init__(self, pairs: bool) -> None:
        self._pairs = pairs
        self._stored: dict[int, _Stored] = {}

    def narrow(self, bank: Bank) -> bool:
        """Whether outputs are so few that their products are summed in a fixed order."""
        return self._outputs(bank) <= NARROW

    def differences(self, currents: np.ndarray) -> np.ndarray:
        """Outputs (..., output) of the currents of lines (..., line)."""
        if not self._pairs:
            return currents
        outputs = currents.shape[-1] // 2
        return currents[..., :outputs] - currents[..., outputs:]

    def moments(
        self,
        banks: Sequence[Bank],
        number: int,
        effective: EffectiveCells,
        signal: np.ndarray | PatchSignal,
        rows: Sequence[slice],
        within: float | None = None,
    ) -> list[Moments]:
        """Moments of reads of a bank, of each row tile.

        Parameters
        ----------
        banks : sequence of Bank
            All banks of the array.
        number : int
            Which of them is read.
        effective : EffectiveCells
            What reads see of its cells.
        signal : (array or 1, sample, row), or PatchSignal for narrow reads
            Voltages in units of the read voltage.
        rows : sequence of slice
            Row tiles.
        within : float, optional
            Time within which all reads take place [s]. Correlated noise that is slower shifts the expectation, and
            faster noise is part of the variance. If not given, there is none, and all traps are empty.
        """
        bank, narrow = banks[number], self.narrow(banks[number])
        offset = 0.0 if self._pairs else effective.offset
        blocks: list[list[Moments]] = [[] for _ in rows]
        reads = _reads(bank, signal, rows, narrow)
        for state, variance in self._blocks(banks, bank, effective, within, signal.shape[1]):
            for tile, read, block in zip(rows, reads, blocks, strict=True):
                spread = variance if isinstance(variance, float) else cut(variance, tile, bank, narrow)
                block.append(read(cut(state, tile, bank, narrow), offset, spread))
        return [_side_by_side(bank, block) for block in blocks]

    def sampled(
        self,
        banks: Sequence[Bank],
        number: int,
        effective: EffectiveCells,
        signal: np.ndarray,
        rows: Sequence[slice],
        seconds: float,
    ) -> list[Moments]:
        """Outputs of reads that follow each other after `seconds`, and what white noise adds to them; see `moments`."""
        moments, bank = self.moments(banks, number, effective, signal, rows), banks[number]
        if bank.fluctuations is None:
            return moments
        means = self.differences(bank.fluctuations.read(signal, bank.read_states, seconds, effective, rows))
        if not self.narrow(bank):
            means = means.astype(bank.state.dtype)
        return [
            (bank.site.backend.contiguous(means[:, :, part]), variance) for part, (_, variance) in enumerate(moments)
        ]

    def _outputs(self, bank: Bank) -> int:
        lines: int = bank.state.shape[1]
        return lines // 2 if self._pairs else lines

    def _blocks(
        self, banks: Sequence[Bank], bank: Bank, effective: EffectiveCells, within: float | None, samples: int
    ) -> Iterator[OutputCells]:
        """Cells of all outputs at once, which are stored, or of some after the other.

        The latter for the first read of a state with few samples, as in a training, and where they take much memory;
        not with correlated noise, whose moments take long.
        """
        key = tuple(other.version for other in banks), within
        stored = self._stored.get(id(bank))
        again = stored is not None and stored.bank is bank and stored.key == key
        if stored is not None and again and stored.cells is not None:
            yield stored.cells
            return
        outputs, correlated = self._outputs(bank), bank.fluctuations is not None and within is not None
        shifted, spread = _with_correlated_noise(bank, effective, within)
        apart = (samples < _SAMPLES and not again) or 2 * bank.state.nbytes > _STORED
        if apart and not correlated and not self.narrow(bank):
            self._stored[id(bank)] = _Stored(bank, key, None)
            for lines in line_blocks((len(bank.state), outputs, bank.state.shape[2])):
                yield self._cells(bank, shifted, spread, lines)
            return
        cells = self._cells(bank, shifted, spread, slice(0, outputs))
        self._stored[id(bank)] = _Stored(bank, key, cells)
        yield cells

    def _cells(self, bank: Bank, effective: EffectiveCells, spread: Any, outputs: slice) -> OutputCells:
        """The cells of some outputs; `spread` is the variance of correlated noise, (array, line, row) or 0."""
        state, variance = effective.state[:, outputs], _variance(bank, effective, spread, outputs)
        if self._pairs:
            count = self._outputs(bank)
            second = slice(count + outputs.start, count + outputs.stop)
            state = state - effective.state[:, second]
            variance = variance + _variance(bank, effective, spread, second)
        return OutputCells(state, variance)


def cut(values: np.ndarray, rows: slice, bank: Bank, narrow: bool) -> np.ndarray:
    """Values (array, any, row) of a row tile; padded to whole lanes for narrow reads, whose kernel needs it."""
    if rows == slice(0, bank.rows):
        return values
    if not narrow:
        return values[:, :, rows]
    size = rows.stop - rows.start
    wide = bank.site.backend.xp.zeros((*values.shape[:2], padded(size)), values.dtype)
    wide[:, :, :size] = values[:, :, rows]
    return wide


def _side_by_side(bank: Bank, blocks: Sequence[Moments]) -> Moments:
    """Moments of all outputs from those of some after the other."""
    if len(blocks) == 1:
        return blocks[0]
    means, variances = zip(*blocks, strict=True)
    join = functools.partial(bank.site.backend.xp.concatenate, axis=2)
    return join(means), variances[0] if variances[0].shape[2] == 1 else join(variances)


def _reads(
    bank: Bank, signal: np.ndarray | PatchSignal, rows: Sequence[slice], narrow: bool
) -> list[Callable[[Any, float, Any], Moments]]:
    """For each row tile, a read of its inputs by (state, offset, variance) of cells, see `Backend.read`."""
    backend = bank.site.backend
    if isinstance(signal, PatchSignal):
        images, bias, (patches, pixels) = signal.surrounded(), signal.bias or 0.0, signal.pixels()
        return [functools.partial(backend.read_patches, images, patches, pixels[part], bias) for part in rows]
    return [
        functools.partial(backend.read, cut(signal, part, bank, narrow), rows=part.stop - part.start) for part in rows
    ]


def cell_variance(bank: Bank, effective: EffectiveCells) -> np.ndarray:
    """Variance of the conductances of all cells in reads at any time, (array, line, row)."""
    cells, spread = _with_correlated_noise(bank, effective, ANY_TIME)
    variance = _variance(bank, cells, spread, slice(None))
    return np.broadcast_to(bank.site.backend.xp.asarray(variance), bank.state.shape)


def _with_correlated_noise(bank: Bank, effective: EffectiveCells, within: float | None) -> tuple[EffectiveCells, Any]:
    """The cells with the deviations of slow noise, and the variance of fast noise (array, line, row), or 0."""
    if bank.fluctuations is None or within is None:
        return effective, 0.0
    deviation, variance = bank.fluctuations.moments(bank.read_states, within)
    if effective.share is not None:
        deviation, variance = deviation * effective.share, variance * np.square(effective.share)
    return effective._replace(state=effective.state + deviation), variance


def _variance(bank: Bank, effective: EffectiveCells, spread: Any, lines: slice) -> Any:
    """Variance of the conductances of some lines, (array, line, row), or one number where it is the same for all."""
    correlated = spread if isinstance(spread, float) else spread[:, lines]
    noise = bank.spec.read.noise
    if noise is None:
        return correlated
    of_value, share = noise.relative_to == "value", effective.share
    sigma = bank.read_sigma.value("sigma", lines=lines)
    if not bank.read_sigma.names and share is None:
        if not of_value:
            return float(sigma) ** 2 + correlated
        return bank.site.backend.value_variance(bank.read_states[:, lines], effective.offset, sigma) + correlated
    if of_value:
        sigma = sigma * (bank.read_states[:, lines] + bank.spec.conductance.offset)
    if share is not None:
        sigma = sigma * share[:, lines]
    return np.square(sigma).astype(bank.state.dtype) + correlated
