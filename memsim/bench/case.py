"""One measurement: what was done, how long it took, and what it is compared with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from memsim.bench.counts import Cost


@dataclass(frozen=True)
class Peer:
    """Another program at the same work.

    Attributes
    ----------
    seconds : float
        Time of the same work, NaN where it was not measured [s].
    why : str
        Why it was not measured.
    difference : float
        Largest relative difference of its results, NaN where there is nothing to compare.
    """

    seconds: float = np.nan
    why: str = ""
    difference: float = np.nan


@dataclass(frozen=True)
class Case:
    """What was measured about one kind of work at one size.

    Attributes
    ----------
    kind, variant : str
        What was done.
    size, batch : int
        Lines of the square array, samples; 0 where there are none.
    seconds, ceiling_seconds : (repeat,)
        Times of the work and of its ceiling, in turns [s].
    ceiling : str
        What bounds the speed: "copy" of the state for each sample, float32 "product" of the same size, bare "imports".
    work, unit : float, str
        How much was done in one call, and of what.
    cost : Cost or None
        Bytes and operations of one call, see `memsim.bench.counts`.
    peers : mapping of str to Peer
        Others at the same work.
    """

    kind: str
    variant: str
    size: int
    batch: int
    seconds: np.ndarray
    ceiling_seconds: np.ndarray
    ceiling: str
    work: float
    unit: str
    cost: Cost | None = None
    peers: dict[str, Peer] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """A name that no other case of a benchmark has."""
        size = f", {self.size}^2" if self.size else ""
        return f"{self.kind}: {self.variant}{size}{f', batch {self.batch}' if self.batch else ''}"


Report = Callable[[str], None]
"""Called with the label of what is about to be measured."""
