"""Events of arrays in one phase, by line."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from memsim.backends import Backend


@dataclass
class Tally:
    """Events of one phase, see `memsim.energy.counts.Counts`.

    Attributes
    ----------
    drives, squares : (array, row)
        Of word lines.
    read_energy : (array, line tile, row) of float64
        Of the cells of a word line in a tile [J].
    set_pulses, reset_pulses, verify_reads : (array, line) of int64
        Of the cells of a bit line.
    excess_squares : (array, line) of float64
        Sum over pulses of V^2, less that of pulses with the voltages of the device [V^2].
    write_energy, half_selected_energy, third_selected_energy : (array, line) of float64
        Of pulses and verify reads of the cells of a bit line [J].
    reads, unknown_writes : int
        Of all arrays.
    """

    drives: Any
    squares: Any
    read_energy: Any
    set_pulses: Any
    reset_pulses: Any
    verify_reads: Any
    excess_squares: Any
    write_energy: Any
    half_selected_energy: Any
    third_selected_energy: Any
    reads: int = 0
    unknown_writes: int = 0

    @classmethod
    def empty(cls, backend: Backend, shape: tuple[int, int, int], line_tiles: int) -> Self:
        """No events of arrays of this shape, (array, row, line)."""
        xp, (arrays, rows, lines) = backend.xp, shape
        integers = (xp.zeros((arrays, lines), np.int64) for _ in range(3))
        sums = (xp.zeros((arrays, lines)) for _ in range(4))
        by_row = xp.zeros((arrays, rows), np.int64), xp.zeros((arrays, rows)), xp.zeros((arrays, line_tiles, rows))
        return cls(*by_row, *integers, *sums)

    def by_name(self, backend: Backend) -> dict[str, np.ndarray]:
        """All events, on the host."""
        return {item.name: np.asarray(backend.host(getattr(self, item.name))) for item in dataclasses.fields(self)}

    def restored(self, backend: Backend, phase: str, memory: Mapping[str, np.ndarray]) -> Tally:
        """A tally like this one with the numbers that `memory` has under "PHASE.NAME".

        Raises
        ------
        KeyError
            If a number is missing.
        ValueError
            If an array has another shape, another kind of numbers, or impossible ones.
        """
        values: dict[str, Any] = {}
        for item in dataclasses.fields(self):
            name, like = f"{phase}.{item.name}", getattr(self, item.name)
            numbers, whole = np.asarray(memory[name]), isinstance(like, int)
            dtype = np.dtype(np.int64) if whole else like.dtype
            if numbers.shape != np.shape(like) or numbers.dtype != dtype:
                raise ValueError(f"'{name}' is {numbers.dtype} {numbers.shape}")
            if not np.isfinite(numbers).all() or (item.name != "excess_squares" and not (numbers >= 0).all()):
                raise ValueError(f"'{name}' has numbers that count nothing")
            values[item.name] = int(numbers) if whole else backend.asarray(numbers)
        return Tally(**values)
