"""Colour ranges of maps: robust against a few outliers, shared by maps that are compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from memsim.plotting.rules.limits import beyond, comparable, finite, percent

TAIL = 0.01
"""Share of the values at each end that may be clipped."""
_OUTLIERS = 1.5
"""Extent of all values over that without the tails from which on the tails are clipped."""
OWN_SCALES = "maps whose values differ more than tenfold have colours of their own"
"""Note of a page on which maps do not share their colours."""


class ColourRange(NamedTuple):
    """The values of the first and the last colour, and what lies beyond them.

    Attributes
    ----------
    low, high : float
        Values of the first and the last colour.
    clipped : float
        Share of the values beyond them.
    below, above : bool
        Whether there are values beyond the first, and beyond the last colour.
    """

    low: float
    high: float
    clipped: float = 0.0
    below: bool = False
    above: bool = False

    def label(self, unit: str) -> str:
        """Text at the colour bar: the unit, and the clipped share if there is one."""
        share = f"{percent(self.clipped)} clipped" if self.clipped > 0 else ""
        return ", ".join(filter(None, (unit, share)))

    def over(self, unit: float) -> ColourRange:
        """The same range for values that are divided by a unit."""
        return self._replace(low=self.low / unit, high=self.high / unit)


def colour_range(*maps: np.ndarray, low: float | None = None, high: float | None = None) -> ColourRange:
    """The range of colours that some maps share.

    It holds all values, unless the outermost percent at an end stretches them by half or more.

    Parameters
    ----------
    maps : ndarray
        Values; those that are not finite do not count.
    low, high : float, optional
        Ends that are fixed, such as 0 of shares.
    """
    values = finite(*maps)
    if not len(values):
        values = finite([v for v in (low, high) if v is not None] or [0.0, 1.0])
    ends = values.min(), values.max()
    inner = np.quantile(values, (TAIL, 1 - TAIL))
    first, last = (float(end) if fixed is None else fixed for end, fixed in zip(ends, (low, high), strict=True))
    inside = [float(end) if fixed is None else fixed for end, fixed in zip(inner, (low, high), strict=True)]
    if last - first > _OUTLIERS * (inside[1] - inside[0]) > 0:
        first, last = inside
    if not last > first:
        first, last = (first, first + 1.0) if low is not None else (last - 1.0, last) if high is not None else (
            first - 0.5 * (abs(first) or 1.0), first + 0.5 * (abs(first) or 1.0)
        )  # fmt: skip
    below, above = bool((values < first).any()), bool((values > last).any())
    return ColourRange(first, last, beyond(values, first, last), below, above)


def shared_ranges(maps: Sequence[np.ndarray]) -> tuple[list[ColourRange], str]:
    """The range of each of some maps that are compared, and a note if they do not share one.

    They share a range unless their largest values differ so much that the weaker ones would be blank.
    """
    if comparable([float(np.abs(finite(values)).max(initial=0.0)) for values in maps]):
        return [colour_range(*maps)] * len(maps), ""
    return [colour_range(values) for values in maps], OWN_SCALES
