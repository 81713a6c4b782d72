"""What the programming of cells took: pulses, verify reads, time, energy and success."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from memsim.arrays.crossbar import Crossbar

_VERIFIED = (
    "pulses_mean",
    "pulses_median",
    "pulses_95",
    "pulses_beyond",
    "verify_reads_mean",
    "programming_time",
    "array_programming_time",
    "programming_energy",
    "array_programming_energy",
    "success",
)
"""What write and verify tells."""
BEYOND = 100
"""Pulses beyond which a cell counts as slow, as in the published statistics."""


class Programming(NamedTuple):
    """What programming took: numbers by name, see `memsim.tasks.program.variables`, and the pulses of each cell.

    The pulses are None if they are not known.
    """

    values: dict[str, np.ndarray]
    pulses: np.ndarray | None


def programming(crossbars: Sequence[Crossbar], verified: bool) -> Programming:
    """What the programming of some crossbars took, all cells together.

    Parameters
    ----------
    crossbars : sequence of Crossbar
        Programmed once, with the same algorithm.
    verified : bool
        Whether by an algorithm of write and verify. Of others, only the number of all pulses is known, if any.
    """
    if not verified:
        counts = [crossbar.pulses for crossbar in crossbars]
        cells = sum(crossbar.state.size for crossbar in crossbars)
        mean = sum(int(count.set.sum()) + int(count.reset.sum()) for count in counts) / cells
        known = crossbars[0].device.spec.update is not None
        values = {**dict.fromkeys(_VERIFIED, np.array(np.nan)), "pulses_mean": np.asarray(mean if known else np.nan)}
        return Programming(values, None)
    reports = [crossbar.programming for crossbar in crossbars]
    sets, resets, reads, time, energy, accepted = (
        np.concatenate([report[name].values.ravel() for report in reports])
        for name in ("set_pulses", "reset_pulses", "verify_reads", "time", "energy", "accepted")
    )
    pulses = sets + resets
    numbers = {
        "pulses_mean": pulses.mean(),
        "pulses_median": np.median(pulses),
        "pulses_95": np.percentile(pulses, 95),
        "pulses_beyond": (pulses > BEYOND).mean(),
        "verify_reads_mean": reads.mean(),
        "programming_time": time.mean(),
        "array_programming_time": time.sum(),
        "programming_energy": energy.mean(),
        "array_programming_energy": energy.sum(),
        "success": accepted.mean(),
    }
    return Programming({name: np.asarray(value, float) for name, value in numbers.items()}, pulses)
