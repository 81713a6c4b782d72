"""Times of an evaluation, from what users write."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from memsim.arrays.checks import LONGEST, number
from memsim.errors import InputError, shown
from memsim.philox import MAX_TIMES
from memsim.units import format_quantity, parse_quantity


def seconds_of(times: Sequence[str | float]) -> list[float]:
    """Times since the programming [s].

    Raises
    ------
    InputError
        If they are no increasing times of at least 0 s.
    """
    if isinstance(times, str | int | float):
        times = [times]
    try:
        several = [] if isinstance(times, bytes | Mapping) else list(times)
    except TypeError:
        several = []
    if not several and not isinstance(times, list | tuple):
        raise InputError(f"times: {shown(times)} is not allowed; a list of times such as '1 day', or of numbers [s]")
    seconds = [_time(time) for time in several]
    if not seconds or len(seconds) > MAX_TIMES:
        raise InputError(f"times: {len(seconds)} times; allowed: 1 to {MAX_TIMES}")
    for earlier, later in zip([-1.0, *seconds], seconds, strict=False):
        if not (math.isfinite(later) and later >= 0 and later > earlier):
            before = f" after {format_quantity(earlier, 's')}" if earlier >= 0 else ""
            order = f"{format_quantity(later, 's')}{before}"
            raise InputError(f"times: {order}; allowed: increasing times of at least 0 s")
    return seconds


def _time(time: Any) -> float:
    """One time [s], a quantity or a number."""
    if isinstance(time, str):
        return parse_quantity(time, "s")
    try:
        return number("times", time.item() if isinstance(time, Tensor) else time, 0, LONGEST, "s")
    except (InputError, RuntimeError):  # a tensor of several numbers
        raise InputError(
            f"times: {shown(time)} is not allowed; times such as '1 day', or numbers of seconds from 0 to {LONGEST:g}"
        ) from None
