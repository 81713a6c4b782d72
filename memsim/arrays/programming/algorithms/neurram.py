"""The algorithm of NeuRRAM: pulses of both directions of rising voltage, and two reads before a cell is accepted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from memsim.arrays.programming.algorithms import bidirectional
from memsim.arrays.programming.algorithms.algorithm import Several, WriteVerify
from memsim.document.fields import Count


@dataclass(frozen=True)
class Neurram(WriteVerify):
    """Voltages start anew at each change of direction. A cell is accepted if two reads in a row lie inside the window.

    Parameters
    ----------
    max_turns : int
        Changes of direction after which a cell has failed.
    max_at_end : int
        Pulses in a row at the end voltage after which a cell has failed.

    Source: W. Wan et al., Nature 608, 504 (2022), doi:10.1038/s41586-022-04992-8, and the authors' code
    (Neurram_48core): 50 changes of direction, 30 pulses at the end voltage, three rounds over the array.
    """

    reads: Several = 2
    rounds: Several = 3
    max_turns: Annotated[int, Count(0, 1_000_000)] = 50
    max_at_end: Annotated[int, Count(0, 1_000_000)] = 30

    name: ClassVar[str] = "neurram"
    decide: ClassVar[Any] = staticmethod(bidirectional.decide)

    @property
    def turns(self) -> float:
        return float(self.max_turns)

    @property
    def at_end(self) -> float:
        return float(self.max_at_end)
