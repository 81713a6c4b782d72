"""How arrays and converters work together, as far as costs depend on it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Literal, get_args

from memsim.errors import InputError, nearest

Selection = Literal["V/2", "V/3"]


@dataclass(frozen=True)
class Architecture:
    """Settings of costs that no simulated number depends on.

    Attributes
    ----------
    pipelined : bool
        Whether layers work on different inputs at the same time: the slowest layer then sets the throughput.
    selection : {"V/2", "V/3"}
        Voltage on half-selected cells of arrays without transistors.
    bits : int
        Bits of an activation in buffers and links, where no converter says it.
    settle : float
        Time until lines have settled before each input step [s].
    """

    pipelined: bool = False
    selection: Selection = "V/2"
    bits: int = 8
    settle: float = 0.0

    def __post_init__(self) -> None:
        if self.selection not in get_args(Selection):
            names = get_args(Selection)
            raise InputError(
                f"selection: {self.selection!r} is not allowed; {' or '.join(names)}"
                f"{nearest(str(self.selection), names)}"
            )
        if not isinstance(self.pipelined, bool):
            raise InputError(f"pipelined: {self.pipelined!r} is not allowed; true or false")
        if not isinstance(self.bits, Integral) or isinstance(self.bits, bool) or not 1 <= self.bits <= 32:
            raise InputError(f"bits: {self.bits!r} is not allowed; 1 to 32")
        number = isinstance(self.settle, Real) and not isinstance(self.settle, bool)
        if not number or not 0 <= self.settle <= 1:
            raise InputError(
                f"settle: {f'{self.settle:g} s' if number else repr(self.settle)} is not allowed; 0 to 1 s"
            )


ARCHITECTURE_SETTINGS = tuple(item.name for item in dataclasses.fields(Architecture))
"""Names of its settings."""
