"""Counts of the events of arrays, where they happen."""

from memsim.arrays.counting.counter import Counter

__all__ = ["Counter"]
