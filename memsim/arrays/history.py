"""When each cell was last programmed, to which state, and which state that programming aimed at."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from memsim.backends import Backend


class History:
    """The clock of a bank of cells, and what is known of each cell's last programming.

    Cells are programmed by pulses that change their state, or all at once. Each programming has a number: 1 plus the
    step of the array at which it took place; 0 stands for fresh cells. Nothing is kept of each cell before time first
    passes, except targets. All programmings until then count as one, with the number of the last. Afterwards the state
    to which each cell was programmed is kept, and, once pulses have changed some cells, the number.

    Parameters
    ----------
    backend : Backend
        Where the arrays of cells lie.
    ages : bool
        Whether states change with time. If not, the present state is the programmed one, and is not kept twice.
    aims : bool
        Whether targets are kept where they differ from the programmed states.

    Attributes
    ----------
    clock : float
        Time that has passed [s].
    """

    def __init__(self, backend: Backend, *, ages: bool, aims: bool) -> None:
        self.clock = 0.0
        self._backend, self._ages, self._aims = backend, ages, aims
        self._aged = 0.0
        self._number: Any = 0
        self._last = 0
        self._programmed: Any = None
        self._target: Any = None
        # First number after each passage of time; the clock then, and the clock at the reference temperature.
        self._marks, self._first, self._times = 1, np.zeros(1, np.uint32), np.zeros((2, 1))

    @property
    def begun(self) -> bool:
        """Whether time has passed."""
        return self.clock > 0

    @property
    def asks(self) -> bool:
        """Whether it matters which cells a programming changes."""
        return self.begun or self._target is not None

    def wait(self, state: Any, seconds: float, aged: float) -> None:
        """Let time pass [s], of which `aged` counts for retention; `state` may not be written to from now on.

        Parameters
        ----------
        state : (array, column, row)
            The present states.
        seconds : float
            Time [s].
        aged : float
            Time at the reference temperature that does the same to the states [s].
        """
        if seconds <= 0:
            return
        if self._ages and self._programmed is None:
            self._programmed = state
        self.clock += seconds
        self._aged += aged

    def note(
        self,
        state: Any,
        step: int,
        lines: slice = slice(None),
        changed: Any = None,
        targets: Any = None,
        *,
        aimed: bool = True,
    ) -> None:
        """Take note that cells have just been programmed to their present states.

        Parameters
        ----------
        state : (array, column, row)
            The states of all cells.
        step : int
            Step of the array.
        lines : slice
            The columns that were programmed.
        changed : (array, column, row) of bool, optional
            Which cells of these columns; all cells of the bank if not given, whatever `lines` says.
        targets : (array, column, row), optional
            States that were aimed at, of all cells; the programmed states if not given.
        aimed : bool
            Whether the changed cells were meant to come to their present states; if not, their targets stay.
        """
        number = self._count(step + 1)
        if changed is None:
            self._number = number
            self._target = targets if self._aims else None
            if self._programmed is not None:
                np.copyto(self._programmed, state)
            return
        if self._target is not None and aimed:
            np.copyto(self._target[:, lines], state[:, lines], where=changed)
        if not self.begun:
            self._number = number
            return
        if self._programmed is not None:
            np.copyto(self._programmed[:, lines], state[:, lines], where=changed)
        if isinstance(self._number, int):
            held = self._number
            self._number = self._backend.xp.empty(state.shape, np.uint32)
            self._number[:] = held
        np.copyto(self._number[:, lines], np.uint32(number), where=changed)

    def move(self, moved: Callable[[Any], Any]) -> None:
        """Move the states to which cells were programmed, as their windows do; targets stay."""
        if self._programmed is not None:
            self._programmed = moved(self._programmed)

    def note_programming(self, step: int) -> None:
        """Take note of a programming of unknown cells before time has passed."""
        if not self.begun:
            self._number = self._count(step + 1)

    def _count(self, number: int) -> int:
        """The number of a programming that takes place now; no other has it that took place at another time."""
        moved = tuple(self._times[:, self._marks - 1]) != (self.clock, self._aged)
        self._last = max(number, self._last + moved)
        if moved:
            if self._marks == len(self._first):
                self._first = np.resize(self._first, 2 * self._marks)
                self._times = np.concatenate([self._times, self._times], axis=1)
            self._first[self._marks], self._times[:, self._marks] = self._last, (self.clock, self._aged)
            self._marks += 1
        return self._last

    def number(self, lines: slice = slice(None)) -> Any:
        """Number of the last programming: one for all cells, or (array, column, row) of uint32."""
        return self._number if isinstance(self._number, int) else self._number[:, lines]

    def elapsed(self, lines: slice = slice(None)) -> Any:
        """Time since the last programming [s]: one for all cells, or (array, column, row)."""
        return self.clock - self._since(0, lines)

    def aged(self, lines: slice = slice(None)) -> Any:
        """As `elapsed`, of the time at the reference temperature that does the same to the states [s]."""
        return self._aged - self._since(1, lines)

    def programmed(self, state: Any, lines: slice = slice(None)) -> Any:
        """States to which some columns were programmed, (array, column, row); `state` are those of all cells now."""
        return (state if self._programmed is None else self._programmed)[:, lines]

    def target(self, state: Any, lines: slice = slice(None)) -> Any:
        """States at which the programming of some columns aimed; as programmed where no other target is known."""
        return self.programmed(state, lines) if self._target is None else self._target[:, lines]

    def owns(self, state: Any) -> bool:
        """Whether these very states are kept as the programmed ones, so that new ones need another array."""
        return state is self._programmed

    def _since(self, clock: int, lines: slice) -> Any:
        """Reading [s] of one of the two clocks at the last programming."""
        first, times = self._first[: self._marks], self._times[clock, : self._marks]
        if isinstance(self._number, int):
            return float(times[bisect.bisect_right(first, self._number) - 1])
        place = np.searchsorted(self._backend.asarray(first), self._number[:, lines], side="right") - 1
        return self._backend.asarray(times)[place]

    def memory(self, state: Any) -> dict[str, Any]:
        """All that the seed does not tell, by name; arrays of one value for all cells are written out."""
        parts: dict[str, Any] = {"clock": np.array([self.clock, self._aged, self._last])}
        for name, values, kind in (
            ("programming_number", self.number(), np.uint32),
            ("programming_time", self._since(0, slice(None)), float),
            ("programming_age", self._since(1, slice(None)), float),
        ):
            parts[name] = np.zeros_like(state, dtype=kind)
            parts[name][:] = values
        if self._ages:
            parts["programmed_state"] = self.programmed(state)
        if self._aims:
            parts["target_state"] = self.target(state)
        return parts

    def restore(self, state: Any, memory: Mapping[str, Any]) -> None:
        """Go on from what `memory` was, with these states."""
        numpy = self._backend.numpy
        clock, aged, last = (float(value) for value in numpy(memory["clock"]))
        self.clock, self._aged, self._last = clock, aged, int(last)
        numbers, place = np.unique(numpy(memory["programming_number"]), return_index=True)
        self._marks, self._first = len(numbers), numbers.astype(np.uint32)
        names = ("programming_time", "programming_age")
        self._times = np.stack([numpy(memory[name]).ravel()[place] for name in names])
        self._number = int(numbers[0]) if len(numbers) == 1 else memory["programming_number"]
        self._programmed = memory["programmed_state"] if self._ages and self.begun else None
        self._target = memory["target_state"] if self._aims else None
        if self._aims and bool((self._target == self.programmed(state)).all()):
            self._target = None
