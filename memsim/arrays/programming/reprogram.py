"""Programming of states that were programmed before, once time, noise or reads have changed the cells."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from memsim.arrays.programming.algorithms import Algorithm
from memsim.learning import Encoding


class Request(NamedTuple):
    """A programming, so that it can be asked for again.

    Attributes
    ----------
    targets : (array, row, line)
        Wished states, on the host.
    algorithm : str or Algorithm
        What programmed.
    cycles, encoding, error, falls, reference, sensitivities
        As in `Crossbar.program`.
    """

    targets: np.ndarray
    algorithm: str | Algorithm
    cycles: int
    encoding: Encoding | None
    error: float
    falls: bool
    reference: float | None
    sensitivities: Any = None
