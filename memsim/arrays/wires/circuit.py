"""The resistive network of a crossbar, and the Newton iteration that solves it to a stated residual.

Rows are the word lines and columns the bit lines, or the reverse: `memsim.arrays.wires.solver` turns the array so that
columns have resistance wherever one of the two has. Voltages are deviations from the source of each line, so that small
drops keep their digits. For ohmic cells the iteration is one linear solve, checked against Kirchhoff's law, and refined
where needed.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import numpy as np

from memsim.errors import ConvergenceError
from memsim.kernels.wire_currents import OHMIC, Cell

_ROUNDS = 60
_HALVINGS = 40
_LOOSEST = 1e-4


class Lines(NamedTuple):
    """Parallel wires: resistance of a segment [ohm], and each line's conductance at its first and its last end [S].

    A conductance of 0 is an open end; infinity, without any resistance, holds the line at its source.
    """

    segment: float
    first: np.ndarray
    last: np.ndarray

    @property
    def attached(self) -> np.ndarray:
        """Whether a line has a source at an end."""
        return self.first + self.last > 0


class Law(NamedTuple):
    """How cells conduct: None for ohmic ones, else h and dh/dx of `memsim.noise.conduction`, and what they share."""

    value: Any = None
    slope: Any = None
    cell: Cell = OHMIC


class Balance(NamedTuple):
    """By sample: the sum over all nodes of what Kirchhoff's law misses, and of the currents of all cells [A]."""

    missing: np.ndarray
    through: np.ndarray

    @property
    def residual(self) -> np.ndarray:
        return np.divide(self.missing, self.through, out=np.zeros_like(self.missing), where=self.missing > 0)


class Limits(NamedTuple):
    """When to stop: residual, and iterations of one linear solve."""

    tolerance: float
    iterations: int


class System(Protocol):
    """A network with the voltages of its sources, and the state of its nodes."""

    law: Law

    def balance(self) -> Balance:
        """What the present state misses."""

    def step(self, reduction: float, iterations: int) -> int:
        """Solve the network linearised at the present state; iterations taken."""

    def move(self, share: float) -> None:
        """Go that share of the last step, counted from where it began."""

    def sharpen(self) -> bool:
        """Take steps with more digits; False where there are none. What is missing then has to be found again."""

    def settle(self) -> bool:
        """Count the voltages of lines without a source from where they now are, so that they keep their digits.

        Whether there are any; what is missing then has to be found again.
        """


def solve(system: System, limits: Limits) -> tuple[float, int]:
    """Residual and iterations, with the state of `system` at the solution.

    Raises
    ------
    ConvergenceError
        If the residual stays above the tolerance.
    """
    found, total = system.balance(), 0
    for _ in range(_ROUNDS):
        worst = float(found.residual.max(initial=0.0))
        if worst <= limits.tolerance:
            return worst, total
        # A looser step, short in the norm of conjugate gradients, can leave more current missing than there was.
        reduction = min(_LOOSEST, 0.05 * limits.tolerance / worst)
        if system.law.value is not None:  # far from the solution, an exact step is wasted
            reduction = max(reduction, min(0.01, 0.1 * worst))
        total += system.step(reduction, limits.iterations)
        system.move(1.0)
        after, share = system.balance(), 1.0
        if system.law.value is not None:
            while not after.missing.max() <= (1 - 1e-4 * share) * found.missing.max() and share > 0.5**_HALVINGS:
                share *= 0.5
                system.move(share)
                after = system.balance()
        slow = 0.3 if system.law.value is None else 1.0
        stalls = not after.missing.max() < slow * found.missing.max() and after.residual.max() > limits.tolerance
        if stalls and system.sharpen():
            found = system.balance()
            continue
        if not after.missing.max() < found.missing.max():
            found = after if after.residual.max() < worst else found
            break
        if not after.residual.max() <= limits.tolerance and system.settle():
            after = system.balance()
        found = after
    worst = float(found.residual.max(initial=0.0))
    if worst <= limits.tolerance:
        return worst, total
    raise ConvergenceError(
        f"the currents of the wires did not converge: residual {worst:.2g} after {total} iterations; asked for: "
        f"{limits.tolerance:.2g} (`tolerance`) within {limits.iterations} iterations a solve (`max_iterations`)"
    )
