"""Parallel stochastic gradient descent: each vector changes the weights by coincident pulses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from memsim.kernels.compile import callee
from memsim.kernels.line_pulses import LinePulses
from memsim.schemes.scheme import Slots
from memsim.schemes.trains import trains


class _Numbers(NamedTuple):
    slots: int


@dataclass(frozen=True)
class Sgd:
    """Parallel stochastic gradient descent: the outer product of inputs and errors changes the weights.

    Parameters
    ----------
    slots : int
        Most time slots of a train.

    Notes
    -----
    Source: Gokmen & Vlasov, Front. Neurosci. 10, 333 (2016), doi:10.3389/fnins.2016.00333.
    """

    slots: Slots = 31
    name: ClassVar[str] = "sgd"
    fast: ClassVar[bool] = False
    referred: ClassVar[bool] = False
    stored: ClassVar[int] = 0

    def numbers(self) -> _Numbers:
        """Settings as numbers; see `Scheme`."""
        return _Numbers(self.slots)

    def step(self, weights: LinePulses, fast: LinePulses) -> Any:
        """Compiled function of one vector; see `Scheme`."""
        coincide = weights.coincide

        @callee
        def step(layer, array, x, d, rate, number):
            trains(layer, layer.weights, array, x, d, rate, layer.span, layer.numbers.slots, number)
            counts = layer.counts[array, 0:2]
            coincide(layer.weights, array, layer.row_words[array], layer.line_words[array], number, counts)
            layer.turn[array] += 1

        return step
