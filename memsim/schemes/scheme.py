"""What an in-situ training scheme offers: its settings, and the compiled step of one vector."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, NamedTuple, Protocol

from pydantic import Field

from memsim.kernels.line_pulses import LinePulses

Slots = Annotated[int, Field(ge=1, le=31)]
"""Time slots of a train."""
Pulses = Annotated[int, Field(ge=1, le=1000)]
Factor = Annotated[float, Field(allow_inf_nan=False, gt=0.0, le=1e6)]
Chance = Annotated[float, Field(allow_inf_nan=False, gt=0.0, le=1.0)]
Momentum = Annotated[float, Field(allow_inf_nan=False, ge=0.0, le=1.0)]
Period = Annotated[int, Field(ge=1, le=1_000_000)]


class Scheme(Protocol):
    """How a layer learns in place from inputs x and errors d, vector by vector.

    Attributes
    ----------
    name : str
        The name used in experiments.
    fast : bool
        Whether it needs fast cells beside those of the weights.
    referred : bool
        Whether these need references at their symmetry points.
    stored : int
        Digital numbers for each weight.
    """

    name: ClassVar[str]
    fast: ClassVar[bool]
    referred: ClassVar[bool]
    stored: ClassVar[int]

    def numbers(self) -> NamedTuple:
        """Settings as numbers."""
        ...

    def step(self, weights: LinePulses, fast: LinePulses) -> Any:
        """Compiled function ``step(layer, array, x, d, rate, number)`` of one vector, whose number is its address."""
        ...
