"""Write and verify by reads of whole columns: rows are driven in orthogonal patterns of both signs, and decoded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from memsim.arrays.programming.algorithms import bidirectional
from memsim.arrays.programming.algorithms.algorithm import WriteVerify
from memsim.document.fields import Count
from memsim.errors import InputError

MAX_BLOCK = 4096


@dataclass(frozen=True)
class Hadamard(WriteVerify):
    """Pulses of both directions as of ``radar``; a verify takes N reads of N rows, decoded for each cell.

    In read k, row i of a block is driven with V_read times element (k, i) of the Hadamard matrix, 1 or -1. The word
    lines take voltages of both signs (bipolar lines). With DACs in two phases, each read takes two: rows with the
    element 1 first, then those with -1, whose currents are subtracted. A state is the sum of the currents times the
    elements, over N. So the variance of the noise that the electronics add to a read is divided by N (in two phases by
    N/2). The noise of the cells themselves is not reduced: all cells of a block add theirs to every read.

    A cell takes part in all N reads of its block, and each of them counts once for each cell. A column of a block is
    read until all of its cells are finished.

    Parameters
    ----------
    block : int
        N: rows that are read together, a power of two. A last block with fewer rows takes N reads as well.

    Source: arXiv 2604.12420 (abstract), which states the variance; Hadamard's matrix in Sylvester's order.
    """

    block: Annotated[int, Count(1, MAX_BLOCK)] = 64

    name: ClassVar[str] = "hadamard"
    decide: ClassVar[Any] = staticmethod(bidirectional.decide)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.block & (self.block - 1):
            raise InputError(f"block: {self.block!r} is not allowed; a power of two from 1 to {MAX_BLOCK}")

    @property
    def read_rows(self) -> int:
        return self.block
