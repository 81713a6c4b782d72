"""AGAD, analog gradient accumulation with dynamic reference: moving averages of reads take the place of references."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from memsim.kernels.compile import callee
from memsim.kernels.line_pulses import LinePulses
from memsim.schemes.scheme import Chance, Factor, Momentum, Period, Slots
from memsim.schemes.transfer import chopped, collect, due_row, release, threshold

_SHARE = 5.0
"""Weight of a read in the moving average over the changes of sign per read (aihwkit 1.2.0)."""


class _Numbers(NamedTuple):
    slots: int
    effort: float
    every: int
    granularity: float
    momentum: float
    period: int
    share: float


@dataclass(frozen=True)
class Agad:
    """AGAD: signs of the inputs change at fixed intervals, and the reads before a change are the reference after it.

    A moving average follows the values of the fast cells. At a change of sign it becomes the reference. Before the
    first change of a row, nothing is transferred from it.

    Parameters
    ----------
    slots, effort, every, granularity, momentum
        See `TikiTakaV2`.
    chance : float
        Changes of the sign of a row per read of it; one change follows floor(1/chance) reads after the other.

    Notes
    -----
    Source: Rasch et al., Nat. Commun. 15, 7133 (2024), doi:10.1038/s41467-024-51221-z; without the gate by the standard
    error, which the published code does not have.
    """

    slots: Slots = 31
    effort: Factor = 0.5
    every: Period = 1
    granularity: Factor = 1000.0
    momentum: Momentum = 0.0
    chance: Chance = 0.05
    name: ClassVar[str] = "agad"
    fast: ClassVar[bool] = True
    referred: ClassVar[bool] = False
    stored: ClassVar[int] = 3

    def numbers(self) -> _Numbers:
        """Settings as numbers; see `Scheme`."""
        period, share = max(1, math.floor(1.0 / self.chance)), min(_SHARE * self.chance, 1.0)
        return _Numbers(self.slots, self.effort, self.every, self.granularity, self.momentum, period, share)

    def step(self, weights: LinePulses, fast: LinePulses) -> Any:
        """Compiled function of one vector; see `Scheme`."""
        collect_gradient, release_sum = collect(fast), release(weights)

        @callee
        def step(layer, array, x, d, rate, number):
            numbers = layer.numbers
            collect_gradient(layer, array, chopped(layer, array, x), d, number)
            row = due_row(layer, array, numbers.every)
            if row >= 0:
                sign, known = layer.signs[array, row], layer.known[array, row]
                share = sign * rate / threshold(layer, numbers)
                for line in range(d.size):
                    value = layer.scale * (layer.fast.state[array, line, row] - layer.zero)
                    if known:
                        layer.hidden[array, line, row] += share * (value - layer.held[array, line, row])
                        release_sum(layer, array, line, row, number)
                    before = layer.average[array, line, row]
                    layer.average[array, line, row] = before + numbers.share * (value - before)
                layer.reads[array, row] += 1
                if layer.reads[array, row] >= numbers.period:
                    layer.reads[array, row], layer.known[array, row] = 0, 1
                    layer.signs[array, row] = -sign
                    layer.held[array, :, row] = layer.average[array, :, row]
            layer.turn[array] += 1

        return step
