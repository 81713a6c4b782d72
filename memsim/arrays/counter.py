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

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from memsim.arrays import cell_currents
from memsim.arrays.bank import Bank, Banks
from memsim.arrays.effective_cells import EffectiveCells
from memsim.arrays.interconnect import Tiles, line_order
from memsim.arrays.patch_signal import PatchSignal
from memsim.arrays.programming.device_pulses import device_pulses
from memsim.backends.backend import set_bits
from memsim.energy.counts import PHASES, Circuit, Counts
from memsim.kernels.cell import Beside, Charges
from memsim.profiles.physics import PolynomialConduction
from memsim.profiles.schema import DeviceSpec


class _Sums(NamedTuple):
    """Sums over the cells of each word line in a tile of lines, (array, line tile, row), in units of the window.

    Of the conductance, and, where currents depend on the state in other powers of the voltage, of their coefficients.
    """

    conductance: Any
    quadratic: Any = None
    cubic: Any = None


@dataclass
class _Tally:
    """Events of one phase, see `Counts`; by word line (array, row), by bit line (array, line)."""

    drives: Any
    squares: Any
    read_energy: Any
    set_pulses: Any
    reset_pulses: Any
    verify_reads: Any
    excess_squares: Any  # of the voltages of pulses, beyond those of the device's pulses; may be below 0
    write_energy: Any
    half_selected_energy: Any
    third_selected_energy: Any
    reads: int = 0
    unknown_writes: int = 0


@dataclass
class _Pending:
    """Reads of ohmic cells in one state, of one phase: what they did to word lines, (array or 1, padded row)."""

    key: Any
    tally: _Tally
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
        self._banks, self._cut, self._backend, spec = banks, cut, bank.site.backend, bank.spec
        lines = bank.state.shape[1]
        order = line_order(column, lines)
        self._line_tiles = [np.sort(order[part]) for part in cut.lines]
        self._places = [self._place(part[part < lines]) for part in self._line_tiles]
        self._line_tile = self._numbers(lines, [part[part < lines] for part in self._line_tiles])
        self._row_tile = self._numbers(bank.state.shape[2], cut.rows)
        self._shape = (len(bank.state), bank.rows, lines)
        voltages, window = device_pulses(spec), spec.conductance
        self._joule = spec.read.voltage**2 * spec.read.duration * window.width
        self._window = window.width
        self.charges = Charges(
            voltages.set_voltage**2 * voltages.set_width * window.width,
            voltages.reset_voltage**2 * voltages.reset_width * window.width,
            window.offset,
        )
        self._tallies: dict[str, _Tally] = {}
        self._sums_of: tuple[Any, _Sums] | None = None
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
            state = [(bank, bank.state_version) for bank in banks.both]
            key = state, self.phase, coding, levels.shape[0], levels.shape[2]
            if self._pending is None or self._pending.key != key:
                self._settle()
                driven, square = self._backend.xp.zeros((2, levels.shape[0], levels.shape[2]))
                conductance = self._sums(banks, effective).conductance
                self._pending = _Pending(key, tally, conductance, driven, square)
            self._backend.add_levels(levels, coding, unit, self._pending.driven, self._pending.square)
            return
        sums, strengths = self._sums(banks, effective), self._strengths(spec, levels, coding, unit)
        tally.drives += strengths.driven.astype(np.int64)
        tally.squares += strengths.square
        energy = sums.conductance * strengths.ohmic[:, None]
        if strengths.common is not None:
            widths = self._backend.asarray(np.array([len(part) for part in self._line_tiles], float))
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
            offset, (arrays, _, lines), xp = self.charges.offset, self._shape, self._backend.xp
            bank, reference = self._banks
            by_row = xp.zeros((arrays, len(self._places), bank.state.shape[2]))
            by_line = xp.empty((arrays, lines, len(self._cut.rows)))
            for number, (part, place) in enumerate(zip(self._line_tiles, self._places, strict=True)):
                state, inside = bank.state[:, place], np.count_nonzero(part < lines)
                of_rows, whole = self._backend.line_sums(state)
                by_row[:, number] = of_rows + offset * inside
                for tile, own in enumerate(self._cut.rows):
                    over = whole if len(self._cut.rows) == 1 else state[:, :, own].sum(axis=2, dtype=float)
                    by_line[:, place, tile] = over + offset * (own.stop - own.start)
                if inside < len(part):
                    assert reference is not None
                    by_row[:, number] += reference.state[:, 0] + offset
            by_tile = xp.stack([by_row[:, :, tile].sum(axis=2) for tile in self._cut.rows], axis=2)
            others = by_row - 2 * offset
            rows, sums, tiles = (part.astype(bank.state.dtype) for part in (others, by_line, by_tile))
            copy = None if once else bank.state.copy()
            self._at_start = Beside(rows, sums, tiles, self._line_tile, self._row_tile, copy)
        beside = self._at_start
        return beside if beside.state is not None else beside._replace(state=self._banks.lines.state)

    def pulses(self, pulses: Any, joules: Any) -> None:
        """Count pulses that a kernel gave to the bit lines.

        Parameters
        ----------
        pulses : (array, line, 2)
            Set and reset pulses.
        joules : (array, line, 3) of float64
            Energy in the cells of the pulses, in the other cells of both lines, and in all cells of the tile, at the
            full voltage.
        """
        tally, own = self._tally, joules[..., 0]
        tally.set_pulses += pulses[..., 0]
        tally.reset_pulses += pulses[..., 1]
        tally.write_energy += own
        tally.half_selected_energy += np.maximum(joules[..., 1], 0.0) / 4
        tally.third_selected_energy += np.maximum(joules[..., 2] - own, 0.0) / 9

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
        others = tile_sums[:, line_tiles][:, :, row_tiles] - (before + self.charges.offset)
        rows = self._shape[1]  # what lies behind them is padding
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

    def line_read(self, bank: Bank, line: slice) -> None:
        """Count verify reads of all cells of one bit line, one after the other."""
        tally, rows = self._tally, self._shape[1]
        cells = bank.read_states[:, line, :rows].sum(axis=2, dtype=float)
        tally.verify_reads[:, line] += rows
        tally.write_energy[:, line] += self._joule * (cells + bank.spec.conductance.offset * rows)

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
        tally = self._tallies.get(phase) or self._fresh()
        return {
            item.name: np.asarray(self._backend.host(getattr(tally, item.name))) for item in dataclasses.fields(tally)
        }

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
            tally = self._fresh()
            for item in dataclasses.fields(tally):
                name = f"{phase}.{item.name}"
                setattr(tally, item.name, self._checked(name, np.asarray(memory[name]), getattr(tally, item.name)))
            tallies[phase] = tally
        self._tallies, self._pending = tallies, None

    def _checked(self, name: str, values: np.ndarray, own: Any) -> Any:
        """Numbers of a tally, which has such ones already."""
        whole = isinstance(own, int)
        dtype = np.dtype(np.int64) if whole else own.dtype
        if values.shape != np.shape(own) or values.dtype != dtype:
            raise ValueError(f"'{name}' is {values.dtype} {values.shape}")
        negative = not name.endswith("excess_squares") and not (values >= 0).all()
        if negative or not np.isfinite(values).all():
            raise ValueError(f"'{name}' has numbers that count nothing")
        return int(values) if whole else self._backend.asarray(values)

    def _counted(self, phase: str) -> Counts:
        if phase not in self._tallies:
            return Counts.none(self.circuit)
        values = self.by_line(phase)

        def of_rows(name: str) -> np.ndarray:
            return np.stack([values[name][..., part].sum(axis=-1) for part in self._cut.rows], axis=1)

        def of_lines(name: str) -> np.ndarray:
            lines = self._shape[2]
            return np.stack([values[name][:, part[part < lines]].sum(axis=1) for part in self._line_tiles], axis=1)

        sets, resets = of_lines("set_pulses"), of_lines("reset_pulses")
        return Counts(
            reads=int(values["reads"]),
            drives=of_rows("drives"),
            squares=of_rows("squares"),
            read_energy=of_rows("read_energy"),
            set_pulses=sets,
            reset_pulses=resets,
            verify_reads=of_lines("verify_reads"),
            write_squares=self._squares(sets, resets) + of_lines("excess_squares"),
            write_energy=of_lines("write_energy"),
            half_selected_energy=of_lines("half_selected_energy"),
            third_selected_energy=of_lines("third_selected_energy"),
            unknown_writes=int(values["unknown_writes"]),
        )

    @property
    def _tally(self) -> _Tally:
        if self.phase not in self._tallies:
            self._tallies[self.phase] = self._fresh()
        return self._tallies[self.phase]

    def _fresh(self) -> _Tally:
        xp, (arrays, rows, lines) = self._backend.xp, self._shape
        integers = (xp.zeros((arrays, lines), np.int64) for _ in range(3))
        sums = (xp.zeros((arrays, lines)) for _ in range(4))
        read_energy = xp.zeros((arrays, len(self._line_tiles), rows))
        return _Tally(xp.zeros((arrays, rows), np.int64), xp.zeros((arrays, rows)), read_energy, *integers, *sums)

    def _sums(self, banks: Banks, effective: Callable[[], list[EffectiveCells]]) -> _Sums:
        """Sums of the cells that reads see now, stored until their states change."""
        key = [(bank, bank.state_version) for bank in banks.both]
        if self._sums_of is None or self._sums_of[0] != key:
            by_bank = effective()
            conductance = self._by_tile([cells.state for cells in by_bank], [cells.offset for cells in by_bank])
            matrices = [cell_currents.excess_matrices(bank) for bank in banks.both]
            powers: list[Any] = [None, None]
            if matrices[0] is not None:
                none = [0.0] * len(matrices)
                powers = [self._by_tile([own[power] for own in matrices], none) for power in range(2)]  # type: ignore[index]
            self._sums_of = key, _Sums(conductance, *powers)
        return self._sums_of[1]

    def _by_tile(self, values: list[Any], offsets: list[float]) -> Any:
        """Sums over the lines of each tile, (array, line tile, row), of values (array, line, row) of each bank."""
        rows, lines = self._shape[1], self._shape[2]
        sums = []
        for part, place in zip(self._line_tiles, self._places, strict=True):
            inside = np.count_nonzero(part < lines)
            by_row, _ = self._backend.line_sums(values[0][:, place])
            total = by_row[:, :rows] + offsets[0] * inside
            if inside < len(part):
                total = total + values[1][:, 0, :rows] + offsets[1]
            sums.append(total)
        return self._backend.xp.stack(sums, axis=1)

    def _numbers(self, count: int, parts: Sequence[Any]) -> Any:
        """Number of the part to which each of some things belongs, 0 for those of no part."""
        numbers = np.zeros(count, np.int64)
        for number, part in enumerate(parts):
            numbers[part] = number
        return self._backend.asarray(numbers)

    def _place(self, lines: np.ndarray) -> Any:
        """What selects rising numbers of lines: a range where they lie side by side."""
        if not len(lines):
            return slice(0)
        if len(lines) == lines[-1] - lines[0] + 1:
            return slice(int(lines[0]), int(lines[-1]) + 1)
        return self._backend.asarray(lines)

    def _strengths(self, spec: DeviceSpec, levels: Any, coding: str, unit: float) -> _Strengths:
        """What levels do, summed over reads; float64 (array, row)."""
        if isinstance(levels, PatchSignal):  # conduction that is not ohmic never meets patches, see `Readout`
            driven, square = self._of_patches(levels, coding, unit)
            return _Strengths(driven, square, square)
        each = _strengths(spec, self._backend, levels, coding, unit)
        driven, square, ohmic = (self._whole(part.sum(axis=1, dtype=float)) for part in each[:3])
        common = None if each.common is None else self._whole(each.common.sum(axis=1))
        powers = None
        if each.powers is not None:
            powers = self._whole(each.powers[0].sum(axis=1)), self._whole(each.powers[1].sum(axis=1))
        return _Strengths(driven, square, ohmic, common, powers)

    def _added(self, levels: Any, coding: str, unit: float) -> tuple[Any, Any]:
        """How often levels (array, read, row) drive their lines, and their squares, (array, row); see `_Strengths`."""
        driven, square = self._backend.xp.zeros((2, levels.shape[0], levels.shape[2]))
        self._backend.add_levels(levels, coding, unit, driven, square)
        return driven, square

    def _of_patches(self, signal: PatchSignal, coding: str, unit: float) -> tuple[Any, Any]:
        """The same of patches: images are added up before their patches are gathered."""
        arrays, samples, *image = signal.images.shape
        pixels = self._added(signal.images.reshape(arrays, samples, -1), coding, unit)
        images = np.stack([self._backend.numpy(part) for part in pixels], axis=1).reshape(arrays, 2, *image)
        bias = None if signal.bias is None else 0.0
        rows = dataclasses.replace(signal, images=images, bias=bias).matrix()
        sums = rows.reshape(arrays, 2, signal.patches.positions, -1).sum(axis=2)
        if signal.bias is not None:
            ends = self._added(self._backend.xp.full((1, 1, 1), signal.bias), coding, unit)
            sums[:, :, signal.rows - 1] = [samples * signal.patches.positions * float(end[0, 0]) for end in ends]
        driven, square = (self._whole(self._backend.asarray(sums[:, place])) for place in (0, 1))
        return driven, square

    def _whole(self, sums: Any) -> Any:
        """Sums (array or 1, padded row) for each array, (array, row)."""
        sums = sums[:, : self._shape[1]]
        return self._backend.asarray(np.broadcast_to(sums, (self._shape[0], sums.shape[1])))


class _Strengths(NamedTuple):
    """What each input does, (array or 1, sample, row), or what all do together, (array, row).

    Attributes
    ----------
    driven : ndarray
        Whether a word line is driven; of serial inputs, how often.
    square : ndarray
        Squared level; of pulses, their number or width.
    ohmic : ndarray
        Level times the voltage that ohmic cells would need for the same current; of pulses of the read voltage, this
        voltage times their number.
    common : ndarray or None
        Level times the current that all cells have in common.
    powers : pair of ndarray, or None
        What multiplies coefficients that depend on the state.
    """

    driven: Any
    square: Any
    ohmic: Any
    common: Any = None
    powers: tuple[Any, Any] | None = None


def _strengths(spec: Any, backend: Any, levels: Any, coding: str, unit: float) -> _Strengths:
    """What levels do to cells that are not ohmic."""
    driven: Any = levels != 0
    if coding == "voltage":
        square = np.square(levels, dtype=float)
        signal, common = cell_currents.drive(spec, backend, levels, coding)
        ohmic = levels.astype(float) * signal
        powers = (levels * square, np.square(square))
        return _Strengths(driven, square, ohmic, None if common is None else levels.astype(float) * common, powers)
    widths = np.abs(levels).astype(float)
    if coding == "serial":
        driven = backend.asarray(set_bits(np.rint(widths / unit)))
        widths = driven.astype(float)
    sign = np.sign(levels)
    powers = (sign * widths, widths)
    if isinstance(spec.conduction, PolynomialConduction):
        _, common = cell_currents.drive(spec, backend, sign, coding)
        return _Strengths(driven, widths, widths, None if common is None else sign * widths * common, powers)
    return _Strengths(driven, widths, widths, None, powers)
