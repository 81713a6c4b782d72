"""Counts of what reads make the hardware do, from which energy, latency and wear follow afterwards."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Events:
    """What the reads of an array made its hardware do; all arrays of a stack do the same.

    Attributes
    ----------
    reads : int
        How often inputs were applied to the array: once a sample and patch, twice in two phases.
    word_lines : int
        Word lines that were driven: in every read, each row once in each tile of columns.
    bit_lines : int
        Bit lines, reference column included, whose current was sensed: in every read, each once in each tile of rows.
    dac_conversions : int
        Inputs that a DAC converted: in every read, one for each row; 0 without DACs.
    adc_conversions : int
        Outputs that an ADC converted: in every read, one for each output of each tile of rows; 0 without ADCs.
    """

    reads: int = 0
    word_lines: int = 0
    bit_lines: int = 0
    dac_conversions: int = 0
    adc_conversions: int = 0

    def __add__(self, other: Events) -> Events:
        return Events(*(a + b for a, b in zip(self._counts, other._counts, strict=True)))

    def __sub__(self, other: Events) -> Events:
        return Events(*(a - b for a, b in zip(self._counts, other._counts, strict=True)))

    def __mul__(self, count: int) -> Events:
        return Events(*(count * number for number in self._counts))

    @property
    def _counts(self) -> list[int]:
        """The counts in their order; `dataclasses.astuple` copies each, which takes as long as a small read."""
        return list(vars(self).values())
