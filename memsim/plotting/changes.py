"""A metric in two results: its values with their intervals, and the difference with its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from memsim.metrics.intervals import Interval, student_interval, welch_interval


@dataclass(frozen=True)
class Measured:
    """A metric in one result, or the difference of two.

    Attributes
    ----------
    value, low, high : float
        The metric and its 95 % interval, NaN where it has none.
    extremes : (float, float), optional
        Least and most of few values, which are printed in place of the interval.
    """

    value: float
    low: float
    high: float
    extremes: tuple[float, float] | None = None

    @classmethod
    def of(cls, interval: Interval, factor: float = 1.0, extremes: tuple[float, float] | None = None) -> Measured:
        """From a mean and its interval, times a factor."""
        value, low, high = (factor * float(end) for end in interval)
        return cls(value, low, high, extremes)

    @property
    def bounded(self) -> bool:
        """Whether it has an interval."""
        return bool(np.isfinite([self.low, self.high]).all())

    def holds(self, value: float) -> bool:
        """Whether a value lies in the interval."""
        return self.low <= value <= self.high


@dataclass(frozen=True)
class Change:
    """A metric in two results.

    Attributes
    ----------
    label, unit, form : str
        What it is, the unit of its values, and the format in which they are printed.
    a, b : Measured
        The metric in both.
    interval : Measured, optional
        Their difference and its interval; None where there are no single values.
    paired : bool
        Whether that is the interval of paired differences; else that of Welch.
    variable, part : str
        The result variable, and the label of its second dimension if it has one.
    marked : (bool, bool)
        Whether the metric is a mean without finite expectation in A and in B.
    """

    label: str
    unit: str
    form: str
    a: Measured
    b: Measured
    interval: Measured | None = None
    paired: bool = False
    variable: str = ""
    part: str = ""
    marked: tuple[bool, bool] = (False, False)

    @property
    def difference(self) -> float:
        """The metric in B minus that in A."""
        return self.b.value - self.a.value

    @property
    def printed_as_zero(self) -> bool:
        """Whether the difference is 0 in the format in which it is printed."""
        return float(format(self.difference, self.form)) == 0

    @property
    def beyond(self) -> bool:
        """Whether the interval of the difference leaves out 0, and the difference is not printed as 0.

        The interval of a mean without finite expectation says nothing.
        """
        known = self.interval is not None and self.interval.bounded and not any(self.marked)
        return known and not self.printed_as_zero and not self.interval.holds(0.0)  # type: ignore[union-attr]


def difference_interval(
    first: np.ndarray, second: np.ndarray, bounds: tuple[float, float], *, paired: bool
) -> Interval:
    """Mean difference of values (sample,), second minus first, and its 95 % interval.

    Parameters
    ----------
    first, second : (sample,)
        The values, in pairs or independent of each other.
    bounds : (float, float)
        Bounds of the values.
    paired : bool
        Whether values at the same place belong together.
    """
    low, high = bounds
    if paired:
        return student_interval(second - first, (low - high, high - low))
    return welch_interval(first, second, (low - high, high - low))


@dataclass(frozen=True)
class Pair:
    """A learner of A and the one of B that it is compared with, with their places there."""

    a: str
    b: str
    places: tuple[int, int]
    changes: tuple[Change, ...]

    @property
    def name(self) -> str:
        """The learner's name, or both."""
        return self.a if self.a == self.b else f"{self.a} / {self.b}"


@dataclass(frozen=True)
class Comparison:
    """Two results side by side.

    Attributes
    ----------
    pairs : tuple of Pair
        Learners, in the order of A.
    by_name : bool
        Whether learners of the same name were paired; else the only ones of both results.
    only_a, only_b : tuple of str
        Learners without a counterpart.
    settings : tuple of (key, in A, in B)
        What differs between the experiments, and between what they were run with.
    same_images : bool or None
        Whether both ran on the same images; None if a result does not say.
    unpaired : tuple of str
        Why values of both do not belong together, such as "seeds"; empty if they do.
    severities : tuple of (words, severities)
        Where noise types or levels differ: those in both, only in A and only in B; empty if they are the same.
    left_out : tuple of (metric, reason)
        Metrics that are not compared.
    most_changed : Pair, optional
        Of networks, the layers that changed most; its name is a heading.
    """

    pairs: tuple[Pair, ...]
    by_name: bool
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]
    settings: tuple[tuple[str, str, str], ...]
    same_images: bool | None
    unpaired: tuple[str, ...] = ()
    severities: tuple[tuple[str, str], ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()
    most_changed: Pair | None = None

    @property
    def tables(self) -> tuple[Pair, ...]:
        """Everything that has a table of changes."""
        return (*self.pairs, *([self.most_changed] if self.most_changed else []))

    @property
    def changes(self) -> Sequence[Change]:
        """All changes of all tables."""
        return [change for pair in self.tables for change in pair.changes]
