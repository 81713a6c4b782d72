"""Reads in phases: input bits whose charges are weighted before a conversion, or a conversion for each bit."""

from __future__ import annotations

import math
from dataclasses import dataclass

from memsim.energy.counts import Circuit

FEW = 3
"""Input bits up to which one phase is enough; Wan et al., Nature 608, 504 (2022), as modelled in CiMLoop's tests."""


def phases_of(bits: int, one_phase: bool) -> tuple[int, ...]:
    """Input bits of each phase of a read: all in one, or the upper half and then the lower half.

    A phase of p bits takes 2^p - 1 integration steps, so that two phases of half the bits are much faster than one.

    Parameters
    ----------
    bits : int
        Bits of an input without its sign.
    one_phase : bool
        Whether all bits belong to one phase in any case.

    Examples
    --------
    >>> phases_of(3, False), phases_of(7, False), phases_of(7, True)
    ((3,), (4, 3), (7,))
    """
    if bits <= FEW or one_phase:
        return (bits,)
    return math.ceil(bits / 2), bits // 2


@dataclass(frozen=True)
class PhasedCircuit(Circuit):
    """Arrays that are read in phases.

    Attributes
    ----------
    phases : tuple of int
        Input bits of each phase, whose charges are weighted by their place and converted together.
    digital : bool
        Whether the output of each bit is converted by itself, and digital parts shift and add; there are no phases.
    overlapped : bool
        Whether outputs are converted while the next inputs are on the lines.
    """

    phases: tuple[int, ...] = ()
    digital: bool = False
    overlapped: bool = False

    @property
    def unit_steps(self) -> int:
        """Unit steps of an integrator in one read: a phase of p bits takes 2^p - 1."""
        if self.coding != "serial":
            return 1
        return self.planes if self.digital else sum(2**bits - 1 for bits in self.phases)

    @property
    def conversions(self) -> tuple[int, ...]:
        """Bits of each conversion: all for each bit of the inputs, or all but the bits of the phases before."""
        if self.adc_bits is None:
            return ()
        if self.coding != "serial":
            return (self.adc_bits,)
        if self.digital:
            return (self.adc_bits,) * self.planes
        return tuple(self.adc_bits - sum(self.phases[:place]) for place in range(len(self.phases)))
