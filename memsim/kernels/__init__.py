"""Loops over arrays, one file a family; they receive scalar functions and NamedTuples of numbers, never names."""
