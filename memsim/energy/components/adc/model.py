"""What a model of analog-to-digital converters computes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Annotated, ClassVar, NamedTuple

from pydantic import Field

from memsim.document.fields import Quantity
from memsim.energy.components.nodes import AtNodes, Curve
from memsim.errors import InputError

Energy = Annotated[Curve, AtNodes(Quantity("J", low=0.0, high=1.0))]
Area = Annotated[Curve, AtNodes(Quantity("m^2", low=0.0, high=1.0))]
Time = Annotated[Curve, AtNodes(Quantity("s", low=0.0, high=1e6))]
Rate = Annotated[float, Quantity("Hz", above=0.0, high=1e12), Field(description="conversions per second")]

MOST_BITS = 32
"""Largest resolution that a model is asked for."""


class Conversion(NamedTuple):
    """Costs of one conversion; None where a model does not say.

    Attributes
    ----------
    energy : float or None
        [J]
    time : float or None
        [s]
    area : float or None
        Area of the converter [m^2].
    """

    energy: float | None
    time: float | None
    area: float | None


@dataclass(frozen=True)
class AdcModel(ABC):
    """A model of converters; the fields of its dataclass are the keys that tables have for it.

    Attributes
    ----------
    name : str
        What tables call it (`components.adc.model`).
    factor : float or None
        Uncertainty of the model, if a table states none.
    lower_bound : bool
        Whether its energy is a lower bound, not an estimate.
    """

    name: ClassVar[str]
    factor: ClassVar[float | None] = None
    lower_bound: ClassVar[bool] = False

    @abstractmethod
    def conversion(self, bits: int, node: float | None) -> Conversion:
        """Costs of one conversion with a resolution of some bits, at a technology node [m].

        Raises
        ------
        InputError
            The model does not hold for this resolution, or needs a node.
        """


def sndr(bits: int) -> float:
    """Ratio of signal to noise and distortion of an ideal converter [dB]: 6.02 bits + 1.76."""
    return 6.02 * bits + 1.76


def at(curve: Curve | None, node: float | None) -> float | None:
    """The value of a curve at a node; None where there is no curve."""
    return None if curve is None else curve.at(node)


def needed(node: float | None, name: str) -> float:
    """The node that a model needs [nm]."""
    if node is None:
        raise InputError(f"the model '{name}' needs a node; give the table 'node' or 'nodes'")
    return node * 1e9
