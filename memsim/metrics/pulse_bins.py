"""Counts of cells by their pulses, in bins on a logarithmic axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

_PER_DECADE = 10
"""Bins of pulses in a decade, as far as whole numbers allow."""


class PulseBins(NamedTuple):
    """Least and most pulses of each bin; the first is 0, and the last holds the largest count."""

    least: np.ndarray
    most: np.ndarray


def pulse_bins(largest: int) -> PulseBins:
    """Bins of whole numbers from 0 up to at least `largest`, evenly spaced on a logarithmic axis."""
    decades = np.ceil(np.log10(max(largest, 1) + 1)) + 1
    steps = 10 ** (np.arange(decades * _PER_DECADE + 1) / _PER_DECADE)
    edges = np.unique([0, *np.rint(steps).astype(int)])
    edges = edges[: int(np.searchsorted(edges, largest, side="right")) + 1]
    return PulseBins(edges[:-1], edges[1:] - 1)


def pulse_counts(pulses: Sequence[np.ndarray | None], bins: PulseBins) -> np.ndarray:
    """Cells whose pulses lie in each bin, (pulses,), of all repeats together; NaN where they are not known."""
    known = [part for part in pulses if part is not None]
    if not known:
        return np.full(len(bins.least), np.nan)
    edges = np.append(bins.least, bins.most[-1] + 1)
    return np.histogram(np.concatenate(known), edges)[0].astype(float)
