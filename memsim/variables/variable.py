"""What is declared about a result variable."""

from __future__ import annotations

import math
from dataclasses import dataclass

SUMMARY = ("learner",)
INTERVAL = ("learner", "interval")
SHARE = (0.0, 1.0)
POSITIVE = (0.0, math.inf)


@dataclass(frozen=True)
class Variable:
    """One result variable.

    Attributes
    ----------
    name : str
        Name in the Dataset.
    dims : tuple of str
        Dimensions, in order.
    units : str
        SI unit; "1" for dimensionless numbers.
    long_name : str
        What it is, for axis labels.
    meaning : str
        Definition, with its limits.
    summary : bool
        Whether a run adds ``NAME_mean`` and ``NAME_interval``.
    flags : tuple of str
        Meanings of the values 0, 1, ... where the variable is an enumeration.
    bounds : (float, float)
        Bounds of the values; intervals are cut to them.
    interval : str
        Of an interval: its confidence and method.
    """

    name: str
    dims: tuple[str, ...]
    units: str
    long_name: str
    meaning: str
    summary: bool = False
    flags: tuple[str, ...] = ()
    bounds: tuple[float, float] = (-math.inf, math.inf)
    interval: str = ""
