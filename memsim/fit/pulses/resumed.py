"""Trains that go on where an unfinished one ended, and so begin at no end of the window.

Alternating trains of set and reset pulses, without a return to an end between them, begin where the last one stopped.
If reads still moved there, then that is no end of the window. The turns of one direction are judged together: all
devices are pulsed alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

_LEAST, _SHARE = 6, 3
"""Reads from which a slope follows: a third of those of a sweep, and at least so many."""
_OUTER = 3
"""Reads from which the level of a sweep at an end follows."""
_MOVING = 3.5
"""Slope of the last reads, in standard errors, from which on trains are unfinished."""
_SURE = 2.0
"""Way that was left, in standard errors of the jump, from which on a jump would be seen."""


class Turn(NamedTuple):
    """What the reads show where a sweep follows one of the other direction; in the first one's direction.

    Attributes
    ----------
    slope, error : float
        How far a pulse still moved the last reads, and the standard error of this.
    left : float
        Way that such pulses would still go in half the time that shows them.
    jump, scatter : float
        From the last read to the first of the following sweep, and the standard deviation of this.
    """

    slope: float
    error: float
    left: float
    jump: float
    scatter: float


def turn_of(before: np.ndarray, after: np.ndarray, branch: int) -> Turn | None:
    """The turn between two sweeps; None where one has too few reads.

    Parameters
    ----------
    before, after : ndarray
        Reads of both sweeps (pulse,); nan where no read was made.
    branch : int
        Direction of the first one: 0 for set pulses, 1 for reset pulses.
    """
    last, first = _end(before[::-1]), _end(after)
    if last is None or first is None:
        return None
    sign = 1.0 if branch == 0 else -1.0
    jump, scatter = sign * (first.level - last.level), float(np.hypot(last.scatter, first.scatter))
    # Reads from the last one backwards fall where pulses raise them.
    slope = -sign * last.slope
    return Turn(slope, last.error, slope * last.pulses / 2, jump, scatter / _OUTER**0.5)


def go_on(turns: Sequence[Turn]) -> bool:
    """Whether sweeps of one direction stopped while reads still moved, and the sweeps after them begin there."""
    if not turns:
        return False
    weight = 1.0 / np.maximum([turn.error for turn in turns], 1e-300) ** 2
    moving = weight @ [turn.slope for turn in turns] > _MOVING * np.sqrt(weight.sum())
    left, jump = (float(np.mean([getattr(turn, name) for turn in turns])) for name in ("left", "jump"))
    error = float(np.sqrt(np.mean([turn.scatter**2 for turn in turns]) / len(turns)))
    return bool(moving and left > _SURE * error and jump < left / 2)


class _End(NamedTuple):
    """The outermost reads of a sweep, from the end inwards."""

    level: float  # of the outermost read
    slope: float  # a pulse
    error: float  # of the slope
    scatter: float  # of the reads around a line
    pulses: int  # over which the slope is seen


def _end(value: np.ndarray) -> _End | None:
    """The first reads of a sweep; None where there are too few."""
    at = np.flatnonzero(np.isfinite(value))
    count = max(_LEAST, len(at) // _SHARE)
    if len(at) < count:
        return None
    place = at[:count] - at[0]
    reads = value[at[:count]]
    centred = place - place.mean()
    square = float(centred @ centred)
    slope = float(centred @ reads / square)
    scatter = float(np.sqrt(((reads - reads.mean() - slope * centred) ** 2).sum() / (count - 2)))
    level = float(reads[:_OUTER].mean() - slope * place[:_OUTER].mean())
    return _End(level, slope, scatter / square**0.5, scatter, int(place[-1]))
