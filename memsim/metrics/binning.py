"""Counts, sums and shares by bin, along the last axis."""

from __future__ import annotations

import numpy as np


def sums(place: np.ndarray, bins: int, weights: np.ndarray | None = None) -> np.ndarray:
    """Values by bin, (..., bin): their number, or the sum of their weights.

    Parameters
    ----------
    place : (..., value)
        Bin of each value; a value with a place outside 0 to bins - 1 is in no bin.
    bins : int
        How many there are.
    weights : (..., value), optional
        What is summed; 1 by default.
    """
    flat = place.reshape(-1, place.shape[-1])
    row, value = np.nonzero((flat >= 0) & (flat < bins))
    taken = None if weights is None else np.asarray(weights, float).reshape(flat.shape)[row, value]
    totals = np.bincount(row * bins + flat[row, value], taken, minlength=len(flat) * bins)
    return totals.reshape(*place.shape[:-1], bins)


def shares(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Share of the values in each bin, (..., bin).

    Parameters
    ----------
    values : (..., value)
        NaN is in no bin.
    edges : (bin + 1,)
        Ascending ends of the bins. A value at an end belongs to the bin above it, and one at the last end to the last
        bin.
    """
    bins = len(edges) - 1
    place = np.searchsorted(edges, values, side="right") - 1
    place = np.where(values == edges[-1], bins - 1, place)
    return sums(np.where(np.isnan(values), -1, place), bins) / values.shape[-1]
