"""Exponential decay towards a state of rest, as of the voltage on a capacitor.

Source: Li et al., Symp. VLSI Technology 2018 (analog capacitor cell); dw/dt = (w_rest - w)/tau.
"""

from __future__ import annotations

from typing import NamedTuple

from memsim.cells.functions import exponential
from memsim.scalars import scalar


class Rest(NamedTuple):
    """What all cells share."""

    w: float  # state of rest


@scalar
def leaked(w, tau, t, p):
    """Normalised state at a time t [s] after it was w, with time constant tau [s]."""
    return p.w + (w - p.w) * exponential(-t / tau)
