"""A form of retention, fitted to cells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from memsim.fit.sections.changes import Cells, Moments, moments
from memsim.fit.sections.programmed import Programmed
from memsim.fit.sections.relaxation import Law
from memsim.fit.sections.search import Peak, highest_peak


@dataclass(frozen=True)
class Tried:
    """A form fitted to cells.

    Attributes
    ----------
    law : Law
        The form.
    relative : bool
        Whether read noise goes with the conductance.
    cells : Programmed
        The cells.
    groups : list of Cells
        The same for the likelihood.
    peak : Peak
        Maximum of the likelihood, in the parameters of the law and the logarithm of the read noise.
    """

    law: Law
    relative: bool
    cells: Programmed
    groups: list[Cells]
    peak: Peak

    @property
    def parameters(self) -> int:
        """Number of fitted numbers."""
        return len(self.law.low) + self.law.coefficients

    @property
    def log_likelihood(self) -> float:
        """Log-likelihood at the maximum, as a density of conductances [S]."""
        return self.peak.value - self.cells.changes * float(np.log(self.cells.size))

    def negative(self, *, adjusted: bool) -> Callable[[np.ndarray], float]:
        """Minus the log-likelihood as a function of the parameters, plain or restricted."""
        density = self.cells.density(logarithmic=self.law.logarithmic)
        return lambda theta: -density - self.moments(theta, adjusted=adjusted).log_likelihood

    def moments(self, theta: np.ndarray, *, adjusted: bool = False) -> Moments:
        """Likelihood and mean at some parameters."""
        return moments(self.groups, self.law.path, theta[:-1], float(np.exp(theta[-1])), adjusted=adjusted)

    def restricted(self) -> Peak:
        """Maximum of the restricted likelihood."""
        return highest_peak(self.negative(adjusted=True), [self.peak.at], self.law.low, self.law.high)
