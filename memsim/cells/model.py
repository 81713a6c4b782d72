"""What every conductance-update model offers: a scalar function, its parameters, and how a cell's set is gathered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class CellModel:
    """A conductance-update model that CPU and CUDA loops can both run.

    Attributes
    ----------
    name : str
        The name used in profiles (``update.model``).
    change : numba dispatcher
        ``change(state, pulses, p)``: change of the normalised state by `pulses` identical pulses, signed (positive
        for set). Scalar, written with float32 constants so that the dtype of the state decides the precision; 0 for 0.
    parameters : type
        NamedTuple class of `p`. Its first fields are ``low`` and ``high`` (the cell's own window, in the normalised
        state) and ``c2c`` (sigma of one pulse, of the nominal window or of its own step).
    gather : callable
        ``gather(pick, jit)`` returns a function ``(common, varying, array, column, row) -> p`` in which
        ``pick(field)`` reads one field from `common` or from the per-cell arrays; which of the two is compiled in.
    """

    name: str
    change: Any
    parameters: type
    gather: Callable[[Callable[[str], Any], Callable[[Any], Any]], Any]
