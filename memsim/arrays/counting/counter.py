"""Counts events of an array where they happen: levels on word lines, currents of cells, pulses and verify reads.

==============  =======================================================================================================
read            V I(V) t of every cell, from the sum over reads of what each word line gets and the sum of the
                conductances of its cells. The sums of conductances are stored for each state.
pulse           V^2 t (G_before + G_after)/2 in its cell, which the update loop adds up.
half-selected   V/2 on the other cells of the word and the bit line of a pulse in its tile, or V/3 on all other cells of
                the tile, with the conductances at the start of the training or programming.
==============  =======================================================================================================

Sums that depend on conductances are float64 in a fixed order, and lines are not split between threads: they are the
same bits for any number of threads. Counting changes no other result. Currents are those of the expectation: noise of
reads has the mean 0. Through wires, cells count with their effective conductances, which leaves out currents between
word lines; `Crossbar.power` is exact.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from memsim.arrays.bank import Bank, Banks
from memsim.arrays.counting.strengths import of_each_array, summed_strengths
from memsim.arrays.counting.tally import Tally
from memsim.arrays.counting.tile_sums import RowSums, TileSums
from memsim.arrays.effective_cells import EffectiveCells
from memsim.arrays.interconnect import Tiles
from memsim.arrays.patch_signal import PatchSignal
from memsim.arrays.programming.device_pulses import device_pulses
from memsim.energy.counts import PHASES, Circuit, Counts
from memsim.kernels.cell import Beside, Charges


@dataclass
class _Pending:
    """Reads of ohmic cells in one state, of one phase: what they did to word lines, (array or 1, padded row)."""

    key: Any
    tally: Tally
    conductance: Any
    driven: Any
    square: Any


class Counter:
    """Counts of a stack of arrays, by phase.

    Parameters
    ----------
    banks : Banks
        The cells.
    circuit : Circuit
        What the arrays consist of.
    cut : Tiles
        How they are split.
    column : {"single", "reference", "pair"}
        How an output is read.

    Attributes
    ----------
    circuit : Circuit
        What the arrays consist of.
    phase : str
        To which events count now, see `memsim.energy.counts.PHASES`.
    charges : Charges
        Of the pulses of the device.
    """

    def __init__(self, banks: Banks, circuit: Circuit, cut: Tiles, column: str) -> None:
        bank = banks.lines
        self.circuit, self.phase = circuit, PHASES[0]
        self._banks, self._backend, spec = banks, bank.site.backend, bank.spec
        self._tiles = TileSums(banks, cut, column)
        voltages, window = device_pulses(spec), spec.conductance
        self._joule = spec.read.voltage**2 * spec.read.duration * window.width
        self._window = window.width
        self.charges = Charges(
            voltages.set_voltage**2 * voltages.set_width * window.width,
            voltages.reset_voltage**2 * voltages.reset_width * window.width,
            window.offset,
        )
        self._tallies: dict[str, Tally] = {}
        self._sums_of: tuple[Any, RowSums] | None = None
        self._at_start: Beside | None = None  # its state is None where no cell gets pulses twice
        self._pending: _Pending | None = None

    @contextmanager
    def during(self, phase: str) -> Iterator[None]:
        """Let events count to a phase, unless they count to another one than the first already."""
        before = self.phase
        self.phase = phase if before == PHASES[0] else before
        try:
            yield
        finally:
            self.phase = before
            self._at_start = None

    def read(
        self, banks: Banks, effective: Callable[[], list[EffectiveCells]], levels: Any, coding: str, unit: float
    ) -> None:
        """Count reads.

        Parameters
        ----------
        banks : Banks
            The cells.
        effective : callable
            Gives what reads see of each bank; called where states have changed.
        levels : (array or 1, sample, row), or PatchSignal
            What reaches the word lines, in units of the read voltage.
        coding : str
            How a DAC encodes an input.
        unit : float
            Level of one code, for serial inputs.
        """
        spec, tally = banks.lines.spec, self._tally
        tally.reads += levels.shape[1]
        if spec.conduction is None and not isinstance(levels, PatchSignal):
            key = _versions(banks), self.phase, coding, levels.shape[0], levels.shape[2]
            if self._pending is None or self._pending.key != key:
                self._settle()
                driven, square = self._backend.xp.zeros((2, levels.shape[0], levels.shape[2]))
                conductance = self._sums(banks, effective).conductance
                self._pending = _Pending(key, tally, conductance, driven, square)
            self._backend.add_levels(levels, coding, unit, self._pending.driven, self._pending.square)
            return
        sums = self._sums(banks, effective)
        strengths = summed_strengths(spec, self._backend, levels, coding, unit, self._tiles.shape[:2])
        tally.drives += strengths.driven.astype(np.int64)
        tally.squares += strengths.square
        energy = sums.conductance * strengths.ohmic[:, None]
        if strengths.common is not None:
            widths = self._backend.asarray(np.array(self._tiles.widths, float))
            energy = energy + widths[:, None] * strengths.common[:, None]
        if strengths.powers is not None and sums.quadratic is not None:
            for coefficient, power in zip((sums.quadratic, sums.cubic), strengths.powers, strict=True):
                energy = energy + coefficient * power[:, None]
        tally.read_energy += self._joule * energy

    def _settle(self) -> None:
        """Count the reads that are pending: their energy follows from the state that they saw."""
        pending, self._pending = self._pending, None
        if pending is not None:
            square = self._whole(pending.square)
            pending.tally.drives += self._whole(pending.driven).astype(np.int64)
            pending.tally.squares += square
            pending.tally.read_energy += self._joule * pending.conductance * square[:, None]

    def beside(self, once: bool = False) -> Beside:
        """Sums over lines at the start of the present phase; to be asked for before its first pulse.

        Parameters
        ----------
        once : bool
            Whether the states that cells have now are those at the start, so that they need no copy.
        """
        if self._at_start is None:
            start = self._tiles.beside(self._banks, self.charges.offset)
            self._at_start = start._replace(state=None if once else start.state.copy())
        beside = self._at_start
        return beside if beside.state is not None else beside._replace(state=self._banks.lines.state)

    def pulses(self, pulses: Any, joules: Any) -> None:
        """Count pulses that a kernel gave to the bit lines.

        Parameters
        ----------
        pulses : (array, line, 2)
            Set and reset pulses.
        joules : (array, line, 3) of float64
            Energy in the cells of the pulses, in the other cells of both lines, and in all others of the tile, at the
            full voltage.
        """
        tally = self._tally
        tally.set_pulses += pulses[..., 0]
        tally.reset_pulses += pulses[..., 1]
        tally.write_energy += joules[..., 0]
        tally.half_selected_energy += np.maximum(joules[..., 1], 0.0) / 4
        tally.third_selected_energy += np.maximum(joules[..., 2], 0.0) / 9

    def verified(self, counts: Any, squares: Any, energy: Any, read_rows: int = 1) -> None:
        """Count write and verify.

        Parameters
        ----------
        counts : (3, array, line, row)
            Set pulses, reset pulses and verify reads of each cell.
        squares : (2, array, line, row)
            Sums of V^2 of the set and of the reset pulses of each cell [V^2].
        energy : (array, line, row)
            Sum of V I t of pulses and verify reads [J].
        read_rows : int
            Rows that are read together: each of their cells has taken part in the same reads.
        """
        assert self._at_start is not None
        tally, (row_sums, line_sums, tile_sums, line_tiles, row_tiles, before) = self._tally, self._at_start
        seconds = self.circuit.set_width, self.circuit.reset_width
        charge = (squares[0] * seconds[0] + squares[1] * seconds[1]) * self._window
        lines = row_sums[:, line_tiles] + line_sums[:, :, row_tiles] - 2 * before
        others = tile_sums[:, line_tiles][:, :, row_tiles] - before
        rows = self._tiles.shape[1]  # what lies behind them is padding
        tally.verify_reads += counts[2][:, :, :rows:read_rows].sum(2, dtype=np.int64)
        sets, resets = (part[:, :, :rows].sum(2, dtype=np.int64) for part in counts[:2])
        tally.set_pulses += sets
        tally.reset_pulses += resets
        tally.excess_squares += squares[:, :, :, :rows].sum(axis=(0, 3)) - self._squares(sets, resets)
        tally.write_energy += energy[:, :, :rows].sum(2)
        tally.half_selected_energy += np.maximum((charge * lines).sum(2, dtype=float), 0.0) / 4
        tally.third_selected_energy += np.maximum((charge * others).sum(2, dtype=float), 0.0) / 9

    def _squares(self, sets: Any, resets: Any) -> Any:
        """Squared voltages of pulses of the device [V^2]."""
        return sets * self.circuit.set_voltage**2 + resets * self.circuit.reset_voltage**2

    def line_read(self, bank: Bank, line: slice, times: int) -> None:
        """Count verify reads of all cells of one bit line, one after the other."""
        tally, rows = self._tally, self._tiles.shape[1]
        cells = bank.read_states[:, line, :rows].sum(axis=2, dtype=float)
        tally.verify_reads[:, line] += times * rows
        tally.write_energy[:, line] += times * self._joule * (cells + bank.spec.conductance.offset * rows)

    def written_by_model(self, cells: int) -> None:
        """Count cells that an error model programmed."""
        self._tally.unknown_writes += cells

    def counts(self) -> dict[str, Counts]:
        """Events so far by phase, of every phase; on the host."""
        self._settle()
        return {phase: self._counted(phase) for phase in PHASES}

    def by_line(self, phase: str) -> dict[str, np.ndarray]:
        """Events of a phase by word line and by bit line, by name; on the host."""
        self._settle()
        return (self._tallies.get(phase) or self._empty()).by_name(self._backend)

    @property
    def memory(self) -> dict[str, np.ndarray]:
        """All events so far by name, "training.reads" for example; of NumPy. Phases without events are left out."""
        return {
            f"{phase}.{name}": np.asarray(values)
            for phase in self._tallies
            for name, values in self.by_line(phase).items()
        }

    def restore(self, memory: Mapping[str, np.ndarray]) -> None:
        """Let a counter of equal arrays go on from what `memory` gave.

        Raises
        ------
        KeyError
            If an array is missing.
        ValueError
            If a phase is unknown, or an array has another shape, another kind of numbers, or impossible ones.
        """
        tallies = {}
        for phase in sorted({name.partition(".")[0] for name in memory}):
            if phase not in PHASES:
                raise ValueError(f"'{phase}' is no phase")
            tallies[phase] = self._empty().restored(self._backend, phase, memory)
        self._tallies, self._pending = tallies, None

    def _counted(self, phase: str) -> Counts:
        if phase not in self._tallies:
            return Counts.none(self.circuit)
        values = self.by_line(phase)
        rows, lines = self._tiles.over_row_tiles, self._tiles.over_line_tiles
        sets, resets = lines(values["set_pulses"]), lines(values["reset_pulses"])
        return Counts(
            reads=int(values["reads"]),
            drives=rows(values["drives"]),
            squares=rows(values["squares"]),
            read_energy=rows(values["read_energy"]),
            set_pulses=sets,
            reset_pulses=resets,
            verify_reads=lines(values["verify_reads"]),
            write_squares=self._squares(sets, resets) + lines(values["excess_squares"]),
            write_energy=lines(values["write_energy"]),
            half_selected_energy=lines(values["half_selected_energy"]),
            third_selected_energy=lines(values["third_selected_energy"]),
            unknown_writes=int(values["unknown_writes"]),
        )

    @property
    def _tally(self) -> Tally:
        if self.phase not in self._tallies:
            self._tallies[self.phase] = self._empty()
        return self._tallies[self.phase]

    def _sums(self, banks: Banks, effective: Callable[[], list[EffectiveCells]]) -> RowSums:
        """Sums of the cells that reads see now, stored until their states change."""
        key = _versions(banks)
        if self._sums_of is None or self._sums_of[0] != key:
            self._sums_of = key, self._tiles.of_reads(banks, effective)
        return self._sums_of[1]

    def _whole(self, sums: Any) -> Any:
        """Sums (array or 1, padded row) of all arrays, (array, row)."""
        return of_each_array(self._backend, sums, self._tiles.shape[:2])

    def _empty(self) -> Tally:
        return Tally.empty(self._backend, self._tiles.shape, len(self._tiles.widths))


def _versions(banks: Banks) -> list[tuple[Bank, int]]:
    """What changes whenever a state does."""
    return [(bank, bank.state_version) for bank in banks.both]
