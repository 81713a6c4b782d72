"""Chopped Tiki-Taka version 2: random signs of the inputs average the error of references out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from memsim.kernels.compile import callee
from memsim.kernels.line_pulses import LinePulses
from memsim.schemes.scheme import Chance, Factor, Momentum, Period, Slots
from memsim.schemes.transfer import chopped, collect, due_row, release, sign_draw, threshold


class _Numbers(NamedTuple):
    slots: int
    effort: float
    every: int
    granularity: float
    momentum: float
    chance: float


@dataclass(frozen=True)
class Chopped:
    """Chopped Tiki-Taka version 2 (c-TTv2): as `TikiTakaV2`, with inputs whose signs change at random.

    The fast cells take the input of a row times its sign, and the digital sums the read value times the same sign. So
    what a wrong reference adds changes its sign, too, and averages out.

    Parameters
    ----------
    slots, effort, every, granularity, momentum
        See `TikiTakaV2`.
    chance : float
        Chance that the sign of a row changes after a read of it.

    Notes
    -----
    Source: Rasch et al., Nat. Commun. 15, 7133 (2024), doi:10.1038/s41467-024-51221-z.
    """

    slots: Slots = 31
    effort: Factor = 0.5
    every: Period = 1
    granularity: Factor = 1000.0
    momentum: Momentum = 0.0
    chance: Chance = 0.1
    name: ClassVar[str] = "chopped"
    fast: ClassVar[bool] = True
    referred: ClassVar[bool] = True
    stored: ClassVar[int] = 1

    def numbers(self) -> _Numbers:
        """Settings as numbers; see `Scheme`."""
        return _Numbers(self.slots, self.effort, self.every, self.granularity, self.momentum, self.chance)

    def step(self, weights: LinePulses, fast: LinePulses) -> Any:
        """Compiled function of one vector; see `Scheme`."""
        collect_gradient, release_sum = collect(fast), release(weights)

        @callee
        def step(layer, array, x, d, rate, number):
            collect_gradient(layer, array, chopped(layer, array, x), d, number)
            row = due_row(layer, array, layer.numbers.every)
            if row >= 0:
                sign = layer.signs[array, row]
                share = sign * rate / threshold(layer, layer.numbers)
                for line in range(d.size):
                    value = layer.scale * (layer.fast.state[array, line, row] - layer.reference[array, line, row])
                    layer.hidden[array, line, row] += share * value
                    release_sum(layer, array, line, row, number)
                if sign_draw(layer, array, row, number) <= layer.numbers.chance:
                    layer.signs[array, row] = -sign
            layer.turn[array] += 1

        return step
