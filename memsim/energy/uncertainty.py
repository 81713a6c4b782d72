"""Range of a sum of values whose components are uncertain by a factor each."""

from __future__ import annotations

import math
from collections.abc import Iterable

LIMITS = ("low", "high")
"""Ends of a range of costs."""


def range_of_sum(values: Iterable[tuple[float, float | None]], exact: float = 0.0) -> tuple[float, float]:
    """Lower and upper end of the sum of some values.

    A value lies between value/u and value*u, with the uncertainty u of its component. Deviations of different
    components are independent: those below and those above add up as squares.

    Parameters
    ----------
    values : iterable of (float, float or None)
        Each value, with all parts of one component together, and its uncertainty; None, if it is not known, counts as
        exact.
    exact : float
        What is added without an uncertainty.
    """
    total, low, high = exact, 0.0, 0.0
    for value, uncertainty in values:
        factor = uncertainty or 1.0
        total += value
        low, high = low + (value - value / factor) ** 2, high + (value * factor - value) ** 2
    return total - math.sqrt(low), total + math.sqrt(high)
