"""Noise of cells that is correlated from read to read: telegraph and 1/f noise."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.arrays.own import Own, Place
from memsim.errors import InputError
from memsim.kernels.fluctuate import Move, move
from memsim.noise.flicker import Size, share, swing
from memsim.noise.two_level import Trap, flips, time_constants
from memsim.philox import REFERENCE_COLUMN, padded
from memsim.profiles.physics import Flicker, Read, Telegraph

if TYPE_CHECKING:
    from memsim.arrays.interconnect import Seen

_COUNTER = 1 << 32


class Fluctuations:
    """The two-level processes of cells, which start in their stationary state and go on with every read and wait."""

    def __init__(self, place: Place, dtype: Any) -> None:
        spec, site, (arrays, columns, rows) = place.spec, place.site, place.shape
        if columns >= REFERENCE_COLUMN:
            raise InputError(f"cols: {columns} columns with correlated read noise exceed {REFERENCE_COLUMN - 1}")
        self._spec, self._site = spec, site
        self._telegraph: Telegraph | None = spec.read.telegraph
        self._flicker: Flicker | None = spec.read.flicker
        self._amplitude, self._sigma = Own(place, _amplitude, dtype), Own(place, _sigma, dtype)
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
        self, signal: np.ndarray, state: np.ndarray, seconds: float, seen: Seen, rows: Sequence[slice]
    ) -> np.ndarray:
        """Outputs (array, sample, row tile, column) of reads that are `seconds` apart, in units of the full scale."""
        self._check(signal.shape[1])
        depth, size = self.sizes(state)
        if seen.share is not None:
            depth, size = depth * seen.share, size * seen.share
        found = self._site.backend.read_fluctuating(
            signal,
            seen.state,
            seen.offset,
            depth,
            size,
            np.repeat(np.arange(len(rows), dtype=np.int32), [part.stop - part.start for part in rows]),
            self._words,
            self._move(seconds),
            step=self._count,
            **self._site.address,
        )
        self._count += signal.shape[1]
        return found

    def moments(self, state: np.ndarray) -> tuple[np.ndarray | None, np.ndarray]:
        """What traps take from each cell on average (None for nothing), and the variance of its conductance."""
        depth, size = self.sizes(state)
        filled = self._trap.share if self._trap else 0.0
        count = 0 if self._tau is None else len(self._tau)
        variance = filled * (1 - filled) * np.square(depth, dtype=float) + count * np.square(size, dtype=float)
        return (depth * filled).astype(state.dtype) if self._trap else None, variance.astype(state.dtype)

    def sizes(self, state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Fall of the conductance while a trap is filled, and half the swing of each process of 1/f noise."""
        g0, telegraph, flicker = self._spec.conductance.offset, self._telegraph, self._flicker
        depth = size = np.zeros_like(state)
        if telegraph:
            base = state + state.dtype.type(g0) if telegraph.relative_to == "value" else np.ones_like(state)
            depth = np.maximum(self._amplitude.of() * base, 0).astype(state.dtype)
        if flicker and self._tau is not None:
            law = Size(
                g0,
                1 + g0,
                flicker.exponent,
                math.inf if flicker.limit is None else flicker.limit,
                float(flicker.relative_to == "value"),
                share(flicker.fastest, flicker.slowest, len(self._tau)),
            )
            size = self._site.backend.map(swing, state, self._sigma.of(), 0.0, law)
        return depth, size

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
        if self._count + more >= _COUNTER:
            raise InputError("read: this and earlier reads exceed the 2^32 that correlated noise can address")


def fluctuates(read: Read) -> bool:
    """Whether reads have correlated noise."""
    telegraph, flicker = read.telegraph, read.flicker
    return (telegraph is not None and telegraph.amplitude > 0) or (flicker is not None and flicker.sigma > 0)


def _amplitude(place: Place) -> Any:
    telegraph = place.spec.read.telegraph
    return 0.0 if telegraph is None else place.spreads.positive("read.telegraph.amplitude", telegraph.amplitude)


def _sigma(place: Place) -> Any:
    flicker = place.spec.read.flicker
    return 0.0 if flicker is None else place.spreads.positive("read.flicker.sigma", flicker.sigma)
