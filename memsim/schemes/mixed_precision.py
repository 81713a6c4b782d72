"""Mixed precision: digital sums of gradients, whose whole pulses change the weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from memsim.kernels.compile import callee
from memsim.kernels.line_pulses import LinePulses
from memsim.schemes.scheme import Pulses
from memsim.schemes.trains import whole_pulses


class _Numbers(NamedTuple):
    most: int


@dataclass(frozen=True)
class MixedPrecision:
    """Mixed precision: gradients add up in digital numbers, and each whole pulse in them is given to its weight.

    The sums need a digital number and a multiply-accumulate for each weight and vector.

    Parameters
    ----------
    most : int
        Most pulses that a vector gives a weight.

    Notes
    -----
    Source: Nandakumar et al., Front. Neurosci. 14, 406 (2020), doi:10.3389/fnins.2020.00406, eqs. (2) and (3).
    """

    most: Pulses = 31
    name: ClassVar[str] = "mixed-precision"
    fast: ClassVar[bool] = False
    referred: ClassVar[bool] = False
    stored: ClassVar[int] = 1

    def numbers(self) -> _Numbers:
        """Settings as numbers; see `Scheme`."""
        return _Numbers(self.most)

    def step(self, weights: LinePulses, fast: LinePulses) -> Any:
        """Compiled function of one vector; see `Scheme`."""
        single = weights.single

        @callee
        def step(layer, array, x, d, rate, number):
            share = rate * layer.span / layer.scale
            counts = layer.counts[array, 0:2]
            for line in range(d.size):
                for row in range(x.size):
                    total = layer.hidden[array, line, row] + share * d[line] * x[row]
                    pulses = whole_pulses(total, layer.numbers.most)
                    layer.hidden[array, line, row] = total - pulses
                    single(layer.weights, array, line, row, pulses, number, counts)
            layer.turn[array] += 1

        return step
