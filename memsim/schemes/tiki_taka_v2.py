"""Tiki-Taka version 2: digital sums filter what is transferred from the fast cells to the weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from memsim.kernels.compile import callee
from memsim.kernels.line_pulses import LinePulses
from memsim.schemes.scheme import Factor, Momentum, Period, Slots
from memsim.schemes.transfer import collect, due_row, release, threshold


class _Numbers(NamedTuple):
    slots: int
    effort: float
    every: int
    granularity: float
    momentum: float


@dataclass(frozen=True)
class TikiTakaV2:
    """Tiki-Taka version 2: fast cells collect gradients, and digital sums of their reads change the weights.

    After every `every`-th vector one row of the fast cells is read, relative to its references. The digital sums take
    ``rate/g`` of the values. A whole sum gives the weight a pulse.

    Parameters
    ----------
    slots : int
        Most time slots of a train.
    effort : float
        Pulses of the pair with the largest input and error over the time slots, on average.
    every : int
        Vectors from one read of a row to the next.
    granularity : float
        Threshold g over ``step / (rows every)``, where step is that of a pulse.
    momentum : float
        Share of a digital sum that stays after its pulse.

    Notes
    -----
    Source: Gokmen, Front. Artif. Intell. 4, 699148 (2021), doi:10.3389/frai.2021.699148; the rate of the fast cells
    and the threshold as in Rasch et al., Nat. Commun. 15, 7133 (2024), doi:10.1038/s41467-024-51221-z, and in the
    presets of aihwkit 1.2.0.
    """

    slots: Slots = 31
    effort: Factor = 0.5
    every: Period = 1
    granularity: Factor = 1000.0
    momentum: Momentum = 0.0
    name: ClassVar[str] = "tiki-taka-v2"
    fast: ClassVar[bool] = True
    referred: ClassVar[bool] = True
    stored: ClassVar[int] = 1

    def numbers(self) -> _Numbers:
        """Settings as numbers; see `Scheme`."""
        return _Numbers(self.slots, self.effort, self.every, self.granularity, self.momentum)

    def step(self, weights: LinePulses, fast: LinePulses) -> Any:
        """Compiled function of one vector; see `Scheme`."""
        collect_gradient, release_sum = collect(fast), release(weights)

        @callee
        def step(layer, array, x, d, rate, number):
            collect_gradient(layer, array, x, d, number)
            row = due_row(layer, array, layer.numbers.every)
            if row >= 0:
                share = rate / threshold(layer, layer.numbers)
                for line in range(d.size):
                    value = layer.scale * (layer.fast.state[array, line, row] - layer.reference[array, line, row])
                    layer.hidden[array, line, row] += share * value
                    release_sum(layer, array, line, row, number)
            layer.turn[array] += 1

        return step
