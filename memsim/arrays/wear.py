"""Wear: the pulses and cycles that each cell has seen, and what they do to its window or to the cell as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from memsim.arrays.checks import number, real_numbers
from memsim.arrays.faults import OFF, ON
from memsim.arrays.place import Place
from memsim.cells.steps import OFFSET
from memsim.errors import InputError
from memsim.kernels.elementwise import elementwise_kernel, operand
from memsim.noise.endurance import WearLaw, worn
from memsim.philox import Stream, padded
from memsim.profiles.endurance import BitErrors, GrowingResistance, Growth, StuckCells
from memsim.profiles.nominal import SMALLEST_WINDOW
from memsim.profiles.schema import DeviceSpec

LONGEST = 1e18
"""Most cycles that may be added at once."""
PULSES_OF_A_CYCLE = 2
"""A cycle is one set and one reset pulse."""


class Worn(NamedTuple):
    """What wear does to cells (array, line, padded row), on the host: their cycles, and how they are stuck by wear."""

    cycles: np.ndarray
    stuck: np.ndarray | None


class Wear:
    """What the cells of a bank have seen so far.

    Parameters
    ----------
    place : Place
        The cells.
    counts : bool
        Whether the pulses of each cell are counted.

    Attributes
    ----------
    pulses : (array, line, padded row, 2) of int64, or None
        Set and reset pulses of each cell; None where they are not counted.
    added : float or (array, line, padded row)
        Cycles that were added without pulses.
    """

    def __init__(self, place: Place, *, counts: bool) -> None:
        self._place = place
        arrays, lines, rows = place.shape
        self._shape = (arrays, lines, padded(rows))
        self.pulses: Any = place.site.backend.xp.zeros((*self._shape, 2), np.int64) if counts else None
        self.added: Any = 0.0
        self._seen: float = 0.0

    @property
    def model(self) -> GrowingResistance | StuckCells | BitErrors | None:
        """The endurance that the device specifies."""
        return self._place.spec.endurance

    @property
    def noted(self) -> bool:
        """Whether cycles are taken note of: where pulses are counted, or the device specifies endurance."""
        return self.pulses is not None or self.model is not None

    @property
    def changes(self) -> bool:
        """Whether cycles change cells."""
        return isinstance(self.model, GrowingResistance | StuckCells)

    @property
    def cycles(self) -> Any:
        """Cycles of each cell, half of its set and reset pulses and what was added; float64 (array, line, row)."""
        cycles = self._place.site.backend.xp.zeros(self._shape)
        if self.pulses is not None:
            cycles += self.pulses.sum(3) / PULSES_OF_A_CYCLE
        return cycles + self.added

    def count(self, pulses: Any) -> None:
        """Count set and reset pulses, (2, array, line, padded row), where pulses are counted."""
        if self.pulses is not None:
            for place in range(2):
                self.pulses[..., place] += pulses[place]

    def add(self, cycles: Any) -> None:
        """Add cycles, a number or (array, line, padded row), where they are taken note of."""
        if self.noted:
            self.added = self.added + cycles

    @property
    def memory(self) -> dict[str, Any]:
        """Pulses and added cycles of the cells, by name."""
        if not self.noted:
            return {}
        memory = {"added_cycles": np.broadcast_to(self.added, self._shape)}
        if self.pulses is not None:
            memory |= {"set_pulses": self.pulses[..., 0], "reset_pulses": self.pulses[..., 1]}
        return memory

    def restore(self, memory: Mapping[str, Any]) -> None:
        """Go on from what `memory` was."""
        for place, name in enumerate(("set_pulses", "reset_pulses")) if self.pulses is not None else ():
            self.pulses[..., place] = memory[name]
        if "added_cycles" in memory:
            self.added = memory["added_cycles"]

    def news(self) -> Worn | None:
        """What wear does to the cells now; None where it is what it was before."""
        model = self.model
        if not isinstance(model, GrowingResistance | StuckCells):
            return None
        cycles = self._place.site.backend.numpy(self.cycles)
        total, first = float(cycles.sum()), _first(model)
        if total == self._seen or float(cycles.max()) <= first:
            return None
        self._seen = total
        return Worn(cycles, self._stuck(cycles))

    def _stuck(self, cycles: np.ndarray) -> np.ndarray | None:
        """How cells are stuck by wear, see `memsim.arrays.faults`; None where none can be."""
        model = self.model
        if not isinstance(model, StuckCells):
            return None
        u = self._place.uniform(Stream.WEAR)
        on, off = (stuck_share(model, key, cycles) for key in ("stuck_on", "stuck_off"))
        return np.where(u <= on, ON, np.where(u > 1.0 - off, OFF, 0)).astype(np.int8)


def share_at(cycles: np.ndarray, knots: Sequence[float], shares: Sequence[float]) -> np.ndarray:
    """Shares at some cycles: linear in their logarithm between the knots, and constant before and after them."""
    return np.interp(np.log(np.maximum(cycles, knots[0])), np.log(knots), shares)


def stuck_share(model: StuckCells, key: str, cycles: np.ndarray) -> np.ndarray:
    """Share of stuck cells, `key` being "stuck_on" or "stuck_off": as `share_at`, and 0 for fresh cells.

    It goes in proportion to the cycles before the first row.
    """
    knots, shares = [row.cycles for row in model.rows], [getattr(row, key) for row in model.rows]
    return share_at(cycles, knots, shares) * np.minimum(cycles / knots[0], 1.0)


def wrong_bits(model: BitErrors, cycles: np.ndarray) -> np.ndarray:
    """Expected share of wrong bits of cells with some cycles."""
    return share_at(cycles, [row.cycles for row in model.rows], [row.errors for row in model.rows])


def worn_ends(spec: DeviceSpec, values: dict[str, Any], cycles: np.ndarray) -> dict[str, np.ndarray]:
    """Ends of the windows of worn cells (array, line, row), of the parameters of fresh ones.

    Where a reference is subtracted from a cell, its own conductance wears.
    """
    model = spec.endurance
    if not isinstance(model, GrowingResistance):
        return {}
    offset, (low, high) = values.get(OFFSET, 0.0), (values[end] for end in ("low", "high"))
    shape, g0 = cycles.shape, spec.conductance.offset
    fresh = {"low": np.broadcast_to(low + offset, shape), "high": np.broadcast_to(high + offset, shape)}
    ends = {
        "low": _worn_end(fresh["low"], cycles, model, model.high_resistance, g0),
        "high": _worn_end(fresh["high"], cycles, model, model.low_resistance, g0),
    }
    middle = np.sqrt(np.maximum(ends["low"] + g0, 0.0) * np.maximum(ends["high"] + g0, 0.0)) - g0
    crossed = ends["low"] > ends["high"]
    ends = {name: np.where(crossed, middle, end) for name, end in ends.items()}
    least = np.minimum(SMALLEST_WINDOW, fresh["high"] - fresh["low"])
    missing = np.maximum(least - (ends["high"] - ends["low"]), 0.0)
    # What is missing goes to the upper end, as no conductance is below 0 S.
    return {"low": ends["low"] - offset, "high": ends["high"] + missing - offset}


def _worn_end(w: np.ndarray, cycles: np.ndarray, model: GrowingResistance, end: Growth, g0: float) -> np.ndarray:
    law = WearLaw(g0, model.onset(end), model.slope(end))
    w = np.ascontiguousarray(w, float)
    out = np.empty_like(w)
    elementwise_kernel(worn, WearLaw)(out, w, operand(cycles), operand(0.0), law)
    return out


def _first(model: GrowingResistance | StuckCells) -> float:
    """Cycles up to which a cell is as fresh ones."""
    if isinstance(model, StuckCells):
        return 0.0
    return min(model.onset(end) for end in (model.low_resistance, model.high_resistance))


def checked_cycles(cycles: Any, shape: tuple[int, ...]) -> np.ndarray:
    """Cycles to be added, as float64 that broadcasts to the cells (row, line) or (array, row, line).

    Raises
    ------
    InputError
        If they are no numbers from 0 to `LONGEST`, or their shape does not fit.
    """
    axes = ", ".join(("array", "row", "line")[-len(shape) :])
    if isinstance(cycles, str | bool | int | float):
        cycles = number("cycles", cycles, 0, LONGEST)
    numbers = real_numbers("cycles", cycles)
    try:
        values = np.broadcast_to(numbers.astype(float), shape)
    except ValueError:
        raise InputError(
            f"cycles: shape {numbers.shape} does not fit; allowed: a number, or ({axes}) = {shape}"
        ) from None
    wrong = ~((values >= 0) & (values <= LONGEST))
    if wrong.any():
        raise InputError(f"cycles: {values[wrong][0]:g} is not allowed; a number from 0 to {LONGEST:g}")
    return values
