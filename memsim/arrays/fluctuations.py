"""Noise of cells that is correlated from read to read: telegraph and 1/f noise.

`memsim.noise.two_level` has the processes and their transitions, `memsim.kernels.fluctuate` the loops that move them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from memsim.arrays.cell_numbers import CellNumbers
from memsim.arrays.effective_cells import EffectiveCells
from memsim.arrays.history import History
from memsim.arrays.place import Place
from memsim.errors import InputError
from memsim.kernels.fluctuate import Move, move
from memsim.noise.flicker import (
    CurveSize,
    Size,
    active,
    curve_swing,
    onset,
    share,
    swing,
    weight_of,
)
from memsim.noise.two_level import TRAP, Trap, flips, level, time_constants
from memsim.philox import COUNTER, REFERENCE_COLUMN, padded
from memsim.profiles.physics import Flicker, Read, Telegraph


class Fluctuations:
    """The two-level processes of cells, which start in their stationary state and go on with every read and wait.

    Programming changes no level. Where 1/f noise grows after it, processes slower than the time since take no part.
    That time is the one at the start of a read call: reads are assumed to be short against it, and the clock of the
    cells goes on with waits alone.
    """

    def __init__(self, place: Place, dtype: Any, history: History | None) -> None:
        spec, site, (arrays, columns, rows) = place.spec, place.site, place.shape
        if columns >= REFERENCE_COLUMN:
            raise InputError(f"cols: {columns} columns with correlated read noise exceed {REFERENCE_COLUMN - 1}")
        self._spec, self._site, self._history = spec, site, history
        self._telegraph: Telegraph | None = spec.read.telegraph
        self._flicker: Flicker | None = spec.read.flicker
        self._strengths = CellNumbers(place, _strengths, dtype)
        self._trap = Trap(1 / self._telegraph.empty, 1 / self._telegraph.filled) if self._telegraph else None
        self._tau = time_constants(self._flicker.fastest, self._flicker.slowest) if self._flicker else None
        self._words = site.backend.xp.zeros((arrays, columns, padded(rows)), np.uint32)
        self._count = 0
        filled = (self._trap.share, 1 - self._trap.share) if self._trap else None
        self._advance(move(filled, None if self._tau is None else np.full(len(self._tau), 0.5)))

    def wait(self, seconds: float) -> None:
        """Go on by some time [s]."""
        self._advance(self._move(seconds))

    def read(
        self, signal: np.ndarray, state: np.ndarray, seconds: float, effective: EffectiveCells, rows: Sequence[slice]
    ) -> np.ndarray:
        """Outputs (array, sample, row tile, column) of reads that are `seconds` apart, in units of the full scale."""
        self._check(signal.shape[1])
        depth, size = self.sizes(state)
        if effective.share is not None:
            depth, size = depth * effective.share, size * effective.share
        outputs = self._site.backend.read_fluctuating(
            signal,
            effective.state,
            effective.offset,
            depth,
            size,
            np.repeat(np.arange(len(rows), dtype=np.int32), [part.stop - part.start for part in rows]),
            self._words,
            self._move(seconds),
            active=self.active(state),
            step=self._count,
            **self._site.address,
        )
        self._count += signal.shape[1]
        return outputs

    def moments(self, state: np.ndarray, within: float) -> tuple[np.ndarray, np.ndarray]:
        """Deviations of conductances that stay for some time [s], and the variance of what changes meanwhile.

        Processes with longer time constants keep their present levels. Those with shorter ones are averaged; within an
        infinite time, all are.

        Returns
        -------
        (array, column, row), (array, column, row)
            In units of the window, and its square; of the precision of the states.
        """
        xp, (depth, size), taking_part = self._site.backend.xp, self.sizes(state), self.active(state)
        deviation, variance = xp.zeros(state.shape), xp.zeros(state.shape)
        if self._trap is not None:
            share, full = self._trap.share, level(self._words, TRAP)
            slow = self._trap.correlation_time > within
            deviation -= depth * (full if slow else share)
            variance += 0.0 if slow else share * (1 - share) * np.square(depth, dtype=float)
        power: Any = 0.0
        for process, tau in enumerate(() if self._tau is None else self._tau):
            weight: Any = 1.0 if taking_part is None else weight_of(process, taking_part)
            if tau > within:
                deviation += size * weight * (2.0 * level(self._words, process) - 1.0)
            else:
                power = power + np.square(weight)
        variance += power * np.square(size, dtype=float)
        return deviation.astype(state.dtype), variance.astype(state.dtype)

    def sizes(self, state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Fall of the conductance while a trap is filled, and half the swing of each process of 1/f noise."""
        g0, telegraph, flicker = self._spec.conductance.offset, self._telegraph, self._flicker
        depth = size = np.zeros_like(state)
        amplitude, sigma = self._strengths.values(("amplitude", "sigma"))
        if telegraph:
            base = state + state.dtype.type(g0) if telegraph.relative_to == "value" else np.ones_like(state)
            depth = np.maximum(amplitude * base, 0).astype(state.dtype)
        if flicker and self._tau is not None:
            limit = math.inf if flicker.limit is None else flicker.limit
            base, of_one = self._base(flicker), share(flicker.fastest, flicker.slowest, len(self._tau))
            function: Any = swing
            law: Any = Size(g0, 1 + g0, flicker.exponent, limit, base, of_one)
            if flicker.curve is not None:
                window = self._spec.conductance
                curve = flicker.curve.level(window.max, window.width)
                function, law = curve_swing, CurveSize(g0, curve, limit, base, of_one)
            programmed = state if self._history is None else self._history.programmed(state)
            size = self._site.backend.map(function, state, sigma, programmed, law)
        return depth, size

    def active(self, state: np.ndarray) -> np.ndarray | None:
        """How many processes of 1/f noise take part, see `memsim.noise.flicker.active`; None where all do.

        One value for all cells, (1, 1, 1), or (array, column, row).
        """
        flicker = self._flicker
        if flicker is None or flicker.onset == "none":
            return None
        elapsed: Any = 0.0 if self._history is None else self._history.elapsed()
        law = onset(flicker.fastest, flicker.slowest, flicker.reference_time)
        if np.ndim(elapsed):
            return self._site.backend.map(active, state, elapsed, 0.0, law)
        if elapsed + law.start >= flicker.slowest:
            return None
        return self._site.backend.map(active, self._site.backend.xp.zeros((1, 1, 1), state.dtype), elapsed, 0.0, law)

    def _base(self, flicker: Flicker) -> float:
        """What sigma of 1/f noise is relative to, in units of the window; 0 for the cell's own conductance."""
        if flicker.relative_to == "scale":
            assert flicker.curve is not None and flicker.curve.scale is not None
            return flicker.curve.scale / self._spec.conductance.width
        return float(flicker.relative_to == "range")

    @property
    def moves(self) -> int:
        """How often the processes moved."""
        return self._count

    @property
    def memory(self) -> dict[str, np.ndarray]:
        """The levels of all processes, and how often they moved; by name."""
        return {"levels": self._words, "moves": np.array([self._count])}

    def restore(self, memory: Mapping[str, np.ndarray]) -> None:
        """Go on from what `memory` was."""
        self._words, self._count = memory["levels"], int(memory["moves"][0])

    def _move(self, seconds: float) -> Move:
        change = self._trap.change(seconds) if self._trap else None
        return move(change, None if self._tau is None else flips(self._tau, seconds))

    def _advance(self, by: Move) -> None:
        self._check(1)
        self._site.backend.advance(self._words, by, step=self._count, **self._site.address)
        self._count += 1

    def _check(self, more: int) -> None:
        if self._count + more >= COUNTER:
            raise InputError("read: this and earlier reads exceed the 2^32 that correlated noise can address")


def fluctuates(read: Read) -> bool:
    """Whether reads have correlated noise."""
    return (read.telegraph is not None and read.telegraph.amplitude > 0) or flickers(read)


def flickers(read: Read) -> bool:
    """Whether reads have 1/f noise."""
    return read.flicker is not None and read.flicker.sigma > 0


def _strengths(place: Place) -> dict[str, Any]:
    """Amplitude of telegraph noise and sigma of 1/f noise, of what they are relative to; 0 where there is none."""
    telegraph, flicker = place.spec.read.telegraph, place.spec.read.flicker
    return {
        "amplitude": 0.0 if telegraph is None else place.positive("read.telegraph.amplitude", telegraph.amplitude),
        "sigma": 0.0 if flicker is None else place.positive("read.flicker.sigma", flicker.sigma),
    }
