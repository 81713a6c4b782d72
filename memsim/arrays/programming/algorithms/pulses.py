"""Rounds of reading and writing with the device's pulses, whose reads are exact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from memsim.arrays.programming.algorithms.algorithm import Algorithm
from memsim.document.fields import Count


@dataclass(frozen=True)
class Pulses(Algorithm):
    """Each round asks every cell for target - w, and delivers it as pulses.

    Parameters
    ----------
    cycles : int
        Rounds.
    """

    cycles: Annotated[int, Count(1, 1_000_000)] = 1

    name: ClassVar[str] = "pulses"
    reports: ClassVar[bool] = False
