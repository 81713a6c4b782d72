"""Constant step: every pulse moves the state by 1/P of the cell's own window, wherever it stands.

Source: the "constant step" device of Gokmen & Vlasov, Front. Neurosci. 10, 333 (2016), doi:10.3389/fnins.2016.00333.
"""

from __future__ import annotations

from typing import NamedTuple

from numba import njit

from memsim.cells.model import CellModel


class Constant(NamedTuple):
    """Parameters of one cell, dimensionless."""

    low: float  # own window, normalised state
    high: float
    c2c: float  # sigma of a pulse, of the nominal window or of its step
    step: float  # 1/P


@njit(forceinline=True, error_model="numpy")
def change(state, pulses, p):
    """Change of the normalised state by `pulses` pulses (signed), before noise and bounds."""
    return pulses * (p.step * (p.high - p.low))


def gather(pick, jit):
    """Function that builds one cell's `Constant`."""
    low, high, c2c, step = (pick(field) for field in Constant._fields)

    @jit
    def cell(common, varying, array, column, row):
        return Constant(
            low(common, varying, array, column, row),
            high(common, varying, array, column, row),
            c2c(common, varying, array, column, row),
            step(common, varying, array, column, row),
        )

    return cell


CONSTANT = CellModel("constant", change, Constant, gather)
