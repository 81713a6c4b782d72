"""Cells of an array, its bit lines or its reference column: their states, and what happens to these besides pulses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from memsim.arrays.aging import Aging
from memsim.arrays.cell_numbers import CellNumbers
from memsim.arrays.fluctuations import Fluctuations, flickers, fluctuates
from memsim.arrays.history import History
from memsim.arrays.place import Place
from memsim.arrays.site import Site
from memsim.arrays.update_parameters import UpdateParameters
from memsim.arrays.wear import Wear
from memsim.errors import InputError
from memsim.noise.programming import Polynomial, Saturating, polynomial_error, saturating_error
from memsim.philox import Stream, padded
from memsim.profiles import DeviceProfile
from memsim.profiles.nominal import IDEAL_UPDATE, pulse_shifts
from memsim.profiles.physics import PolynomialError, SaturatingError
from memsim.profiles.updates import StepUpdate


class Bank:
    """Cells with their states and their history; arrays are (array, column, padded row), states normalised.

    Parameters
    ----------
    device : DeviceProfile
        The cells.
    site : Site
        Addresses of all random numbers.
    shape : (array, column, row)
        How many there are.
    fresh : ndarray or None
        Fresh states, clipped to the cell windows and the limits; None for each cell's own lower end.
    dtype : numpy.dtype
        Precision of the states.
    limits : (float, float)
        Compliance limits of the states, infinite where there is none.
    stuck : ndarray, optional
        How cells are stuck, see `memsim.arrays.faults`; int8.
    measured : ndarray, optional
        States at which the cells were measured, in place of `fresh`; they need not lie in the windows or the limits.
    counts : bool
        Whether the pulses of each cell are counted.

    Attributes
    ----------
    device, spec : DeviceProfile, DeviceSpec
        What the cells are.
    cells : UpdateParameters
        The parameters of the update model; a stuck cell's window is a point.
    state : ndarray
        What pulses act on. It lies outside the window where drift, relaxation or a programming error left it there, and
        outside the limits where it was measured there. Who changes it in place calls `after`.
    shaken, shifts : tuple
        Parameters that vary from pulse to pulse, see `memsim.profiles.nominal.pulse_shifts`.
    read_sigma : CellNumbers
        ``sigma`` of the white read noise.
    fluctuations : Fluctuations or None
        Noise that goes on from read to read.
    marks : ndarray or None
        Between `before` and `after`, 1 for each cell that got a pulse, else 0; uint8.
    history : History or None
        When cells were programmed and to what; None where neither states nor noise depend on it.
    wear : Wear
        Pulses and cycles of the cells.
    counter : Counter or None
        What counts the energy of reads and pulses; None where nothing does, and for a plan.
    """

    def __init__(
        self,
        device: DeviceProfile,
        site: Site,
        shape: tuple[int, int, int],
        fresh: np.ndarray | None,
        *,
        dtype: Any,
        limits: tuple[float, float],
        stuck: np.ndarray | None = None,
        measured: np.ndarray | None = None,
        counts: bool = False,
    ) -> None:
        spec = device.spec
        self.device, self.spec = device, spec
        self.counter: Any = None
        self.stuck: Any = None if stuck is None else site.backend.asarray(stuck)
        self.site, self._shape, self._limits, self._dtype = site, shape, limits, dtype
        self._changes = 0
        place = Place(spec, site, shape)
        self.wear = Wear(place, counts=counts)
        self._made: dict[str, Any] = {"place": place, "dtype": dtype, "stuck": stuck}
        self.cells = UpdateParameters(place, dtype, stuck=stuck)
        self._beyond = False
        if measured is not None:
            self.state = site.backend.asarray(measured.copy())
            if self.cells.model.draws == "uniform" or self._excluded(self.state):
                self._made["measured"] = measured
                self.cells = UpdateParameters(**self._made)
                self._beyond = self._excluded(self.state)
        else:
            self.state = self._fresh(fresh)
        self.shaken, self.shifts = pulse_shifts(spec)
        self.read_sigma = CellNumbers(place, _read_sigma, dtype)
        self._write_sigma = CellNumbers(place, _write_sigma, dtype)
        writes = bool(self._write_sigma.names) or self._write_sigma.value("sigma") > 0
        self._noise = np.zeros_like(self.state) if writes else None
        self._marks: Any = None
        self.marks: Any = None
        self._aging = Aging(place, dtype) if spec.retention is not None else None
        self.history: History | None = None
        if self._aging is not None or flickers(spec.read):
            self.history = History(
                site.backend, ages=self._aging is not None, aims=self._aging is not None and self._aging.aims
            )
        self.fluctuations = Fluctuations(place, dtype, self.history) if fluctuates(spec.read) else None

    def _fresh(self, states: np.ndarray | None) -> np.ndarray:
        """Fresh states within the cell windows and the limits; None for each cell's own lower end."""
        arrays, lines, rows = self._shape
        if states is None:
            states = self.site.backend.xp.zeros((arrays, lines, padded(rows)), self._dtype)
            states[:] = self.cells.value("low")
        elif self.cells.model.draws == "uniform":  # two states: the nearer end of the window
            low, high = self.cells.values(("low", "high"))
            states = np.where(states < 0.5, low, high).astype(self._dtype)
            states[:, :, rows:] = 0
        return self._within(states, out=states)

    def _excluded(self, states: np.ndarray) -> bool:
        """Whether some states lie outside the windows of their cells, or the limits."""
        return bool((self._within(states) != states)[:, :, : self.rows].any())

    @property
    def state(self) -> Any:
        return self._state

    @state.setter
    def state(self, states: Any) -> None:
        self._state = states
        self._note_change()

    def _note_change(self) -> None:
        """Count a change of the states."""
        self._changes += 1

    @property
    def state_version(self) -> int:
        """A number that differs from all before once states have changed, or time has passed."""
        return self._changes

    @property
    def version(self) -> tuple[int, int]:
        """Numbers that differ from all before as soon as anything has changed that reads see."""
        return self._changes, 0 if self.fluctuations is None else self.fluctuations.moves

    @property
    def confined(self) -> bool:
        """Whether a cell's own window bounds what pulses make of its state."""
        return not self.spec.conductance.nominal

    @property
    def rows(self) -> int:
        """Number of word lines."""
        return self._shape[2]

    @property
    def watched(self) -> bool:
        """Whether it matters which cells get pulses."""
        asked = self.history is not None and self.history.asks
        return self._noise is not None or asked or self._beyond or self.spec.programming is not None

    @property
    def stepwise(self) -> bool:
        """Whether something happens to the cells after every step of programming, so that steps are given singly."""
        return self._noise is not None

    @property
    def read_states(self) -> np.ndarray:
        """The states that reads see: with write noise, but no conductance below 0."""
        if self._noise is None:
            return self.state
        return np.maximum(self.state + self._noise, self.state.dtype.type(-self.spec.conductance.offset))

    def before(self, lines: slice = slice(None)) -> np.ndarray | None:
        """The states of some lines before pulses, for `after`; None where it does not matter which cells get pulses.

        Until `after`, the update loops note in `marks` which cells get pulses.
        """
        if not self.watched:
            return None
        if self._marks is None:
            self._marks = self.site.backend.xp.zeros(self.state.shape, np.uint8)
        self._marks[:, lines] = 0
        self.marks = self._marks
        return self.state[:, lines].copy()

    def after(self, before: np.ndarray | None, step: int, lines: slice = slice(None), *, aimed: bool = True) -> None:
        """Let those cells start anew that got pulses up to a step, and restore the states of those that got none.

        `aimed` says whether their present states are what the pulses aimed at, as far as anybody knows.
        """
        self._note_change()
        if before is None:
            if self.history is not None:
                self.history.note_programming(step)
            return
        state = self.state[:, lines]
        assert self.marks is not None
        pulsed, self.marks = self.marks[:, lines] != 0, None
        # The update loops clip every cell, pulsed or not.
        np.copyto(state, before, where=~pulsed)
        if self.history is not None:
            self.history.note(self.state, step, lines, pulsed, aimed=aimed)
        if self._noise is not None:
            first, last, _ = lines.indices(self._shape[1])
            z = self.site.draw("normal", (self._shape[0], last - first, self._shape[2]), Stream.WRITE, step, first)
            noise = self._write_sigma.value("sigma", lines=lines) * z
            np.copyto(self._noise[:, lines], noise.astype(state.dtype), where=pulsed)

    def wait(self, seconds: float, aged: float) -> None:
        """Let time pass [s]: for fluctuations, and, as it counts at the reference temperature, for the states."""
        if seconds <= 0:
            return
        self._note_change()
        if self.history is not None:
            self.history.wait(self.state, seconds, aged)
        if self.fluctuations is not None:
            self.fluctuations.wait(seconds)
        if self._aging is not None and self.history is not None:
            self.state = self._with_stuck(self._aging.states(self.state, self.history))

    def wear_out(self) -> None:
        """Let the windows of the cells follow from the cycles that they have seen, and get cells stuck.

        A state keeps its distance from an end of its window that moves past it.
        """
        if not self._renew():
            return
        self.state = self._with_stuck(self._moved(self.state))
        if self.history is not None:
            self.history.move(self._moved)

    def _renew(self) -> bool:
        """Whether wear has changed the cells since the last time; their parameters are then the new ones."""
        news = self.wear.news()
        if news is None:
            return False
        self._earlier_cells, self.cells = self.cells, UpdateParameters(**self._made, worn=news)
        if news.stuck is not None and news.stuck.any():
            made = self._made["stuck"]
            stuck = news.stuck if made is None else np.where(made != 0, made, news.stuck)
            self.stuck = self.site.backend.asarray(stuck)
        return True

    def write(self, targets: np.ndarray, step: int) -> None:
        """Bring all cells to targets in their windows, with the error of the device's model, which may leave these."""
        model, window, g0 = self.spec.programming, self.spec.conductance.width, self.spec.conductance.offset
        law: Any
        if isinstance(model, PolynomialError):
            c = model.coefficients
            coefficients = (c.c0 / window, c.c1 / window, c.c2 / window, c.c3 / window, c.c4 / window)
            function, law = polynomial_error, Polynomial(g0, model.scale / window, coefficients)
        elif isinstance(model, SaturatingError):
            full_scale = self.spec.read.voltage * window
            function, law = saturating_error, Saturating(g0, model.sigma / full_scale, model.scale / full_scale)
        else:
            raise InputError(
                f"algorithm: device '{self.spec.name}' has no error model of programming (no section 'programming')"
            )
        z = self.site.draw("normal", self._shape, Stream.PROGRAM_MODEL, step)
        aims = self._within(targets.copy())
        self.place(self.site.backend.map(function, aims, z, 0.0, law), step, aims)

    def place(self, states: np.ndarray, step: int, targets: np.ndarray | None = None) -> None:
        """Set all states, which count as just programmed at a step; `targets` are those aimed at, if others."""
        self.state = self._with_stuck(states)
        if self._noise is not None:
            self._noise[:] = 0
        if self.history is not None:
            self.history.note(self.state, step, targets=targets)

    def bring(self, state: float, step: int) -> None:
        """Set all cells to one state exactly at a step, within the cell windows and the limits."""
        self.place(self._within(np.full_like(self.state, state)), step)

    def disturb(self, sigma: float, step: int) -> None:
        """Add a Gaussian error to every state, in w."""
        drawn = self.site.draw("normal", self._shape, Stream.PROGRAM, step)
        before = self.before()
        self.state = self._within((self.state + sigma * drawn).astype(self.state.dtype))
        if self.marks is not None:
            self.marks[:] = 1
        self.after(before, step, aimed=False)

    def _within(self, state: np.ndarray, lines: slice = slice(None), out: np.ndarray | None = None) -> np.ndarray:
        """The states of some lines, clipped to the limits and then to the cell windows; into `out`, or anew.

        In this order a cell whose window lies beyond a limit takes the nearer end of its window.
        """
        out = np.empty_like(state) if out is None else out
        for arrays, block, place in self._blocks(lines):
            limited = np.clip(state[place], *self._limits, out=out[place])
            if self.confined:
                np.clip(limited, *self.cells.values(("low", "high"), arrays, block), out=out[place])
        return self._with_stuck(out, lines)

    @property
    def saturated(self) -> np.ndarray:
        """Whether each state is at an end of the range that its cell can take, (array, column, row)."""
        low, high = (self._within(np.full_like(self.state, end)) for end in (-np.inf, np.inf))
        return (self.state <= low) | (self.state >= high)

    def reach(self, beyond: float) -> tuple[np.ndarray, np.ndarray]:
        """The least and the largest state that each cell can have, (array, column, row).

        Pulses leave a state within its window and the limits, unless it was measured elsewhere. Where time, an error of
        programming or a window that varies from pulse to pulse leads out of these, `beyond` is added at both ends.
        """
        low, high = (self._within(np.full_like(self.state, end)) for end in (-np.inf, np.inf))
        measured = self._made.get("measured")
        if measured is not None:
            states = self.site.backend.asarray(measured, self._dtype)
            low, high = np.minimum(low, states), np.maximum(high, states)
        if self._leaves_window or (measured is not None and self.wear.changes):
            low, high = low - low.dtype.type(beyond), high + high.dtype.type(beyond)
        return low[:, :, : self.rows], high[:, :, : self.rows]

    @property
    def _leaves_window(self) -> bool:
        """Whether states may come to lie outside the windows of their cells."""
        fields = self.cells.model.parameters._fields  # type: ignore[attr-defined]
        ends = [1 + fields.index(end) for end in ("low", "high")]
        moves = any(shift[end] for shift in self.shifts for end in ends)
        return moves or self.spec.retention is not None or self.spec.programming is not None

    def _with_stuck(self, state: np.ndarray, lines: slice = slice(None)) -> np.ndarray:
        """The states with those of stuck cells at the end where they are stuck."""
        if self.stuck is not None:
            for arrays, block, place in self._blocks(lines):
                ends = self.cells.value("low", arrays, block)
                np.copyto(state[place], ends, where=self.stuck[arrays, block] != 0)
        return state

    def _moved(self, state: np.ndarray) -> np.ndarray:
        """States as far beyond the ends of the present windows as they were beyond those of the earlier ones."""
        out = np.empty_like(state)
        for arrays, block, place in self._blocks(slice(None)):
            now, before = (
                np.clip(state[place], *cells.values(("low", "high"), arrays, block))
                for cells in (self.cells, self._earlier_cells)
            )
            out[place] = state[place] + (now - before).astype(state.dtype)
        return out

    def _blocks(self, lines: slice) -> Iterator[tuple[slice, slice, tuple[slice, slice]]]:
        """Arrays and lines to be taken at a time, and where these are among the states of some lines."""
        first = lines.indices(self._shape[1])[0]
        for arrays, block in self.cells.blocks(lines):
            yield arrays, block, (arrays, slice(block.start - first, block.stop - first))

    @property
    def memory(self) -> dict[str, np.ndarray]:
        """All that the seed does not tell: states, write noise, wear, and what goes on in time; by name."""
        memory = {"state": self.state} | self.wear.memory
        if self._noise is not None:
            memory["write_noise"] = self._noise
        if self.history is not None:
            memory |= self.history.memory(self.state)
        if self.fluctuations is not None:
            memory |= self.fluctuations.memory
        return memory

    def restore(self, memory: Mapping[str, np.ndarray]) -> None:
        """Go on from what `memory` was."""
        self.wear.restore(memory)
        self._renew()
        self.state = memory["state"]
        if self._noise is not None:
            self._noise = memory["write_noise"]
        if self.history is not None:
            self.history.restore(self.state, memory)
        if self.fluctuations is not None:
            self.fluctuations.restore(memory)


class Banks(NamedTuple):
    """The cells of the bit lines, and those of the reference column if there is one."""

    lines: Bank
    reference: Bank | None

    @property
    def both(self) -> tuple[Bank, ...]:
        """All there are."""
        return (self.lines,) if self.reference is None else (self.lines, self.reference)


def planned(device: DeviceProfile) -> DeviceProfile:
    """The device with cells that do ideally what they are told, for training before anything is programmed."""
    spec = device.spec
    read = spec.read.model_copy(update={"noise": None, "telegraph": None, "flicker": None})
    nothing = dict.fromkeys(("programming", "variability", "retention", "endurance", "faults"))
    return DeviceProfile(device.document, spec.model_copy(update={**nothing, "read": read, "update": IDEAL_UPDATE}))


def _read_sigma(place: Place) -> dict[str, Any]:
    """Standard deviation of white read noise, of what it is relative to."""
    noise = place.spec.read.noise
    return {"sigma": 0.0 if noise is None else place.positive("read.noise.sigma", noise.sigma)}


def _write_sigma(place: Place) -> dict[str, Any]:
    """Standard deviation of write noise, of the window."""
    spec = place.spec
    write = spec.variability.write if spec.variability else None
    if write is None:
        return {"sigma": 0.0}
    sigma = place.positive("variability.write.sigma", write.sigma)
    if write.relative_to == "range":
        return {"sigma": sigma}
    assert isinstance(spec.update, StepUpdate)
    return {"sigma": sigma * spec.update.nominal_step / (spec.update.weights.max - spec.update.weights.min)}
