"""What is declared about a result variable, and the means and intervals that follow from it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

SUMMARY = ("learner",)
KEPT = ("learner", "time", "score")
"""Dimensions over which no mean is taken."""
SHARE = (0.0, 1.0)
POSITIVE = (0.0, math.inf)
CORRECTED = "Student's t corrected for skewness"
"""Method of intervals of few values, in words."""


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


def with_summaries(
    declared: Iterable[Variable], over: Callable[[Variable], str], methods: Callable[[Variable], str]
) -> dict[str, Variable]:
    """The variables by name. Each whose `summary` is set is followed by its mean and the interval of the mean.

    Parameters
    ----------
    declared : iterable of Variable
        The variables.
    over : callable
        What the mean of a variable is taken over, in words.
    methods : callable
        The method of its interval, in words.
    """
    variables = {}
    for v in declared:
        variables[v.name] = v
        if v.summary:
            meaning = f"mean of {v.name} over {over(v)}"
            dims = tuple(name for name in v.dims if name in KEPT)
            mean = Variable(f"{v.name}_mean", dims, v.units, f"mean {v.long_name}", meaning)
            variables[mean.name] = mean
            name = f"{v.name}_interval"
            long_name, meaning = f"95 % interval of the mean {v.long_name}", f"interval of {mean.name}"
            variables[name] = Variable(
                name, (*dims, "interval"), v.units, long_name, meaning, interval=f"95 %, {methods(v)}"
            )
    return variables


def cut(variable: Variable) -> str:
    """Words that say to which bounds the interval of a variable is cut; empty where there are none."""
    low, high = variable.bounds
    return "" if low == -high == -math.inf else f", cut to {low:g} to {high:g}"
