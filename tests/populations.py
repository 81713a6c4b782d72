"""Whether two samples of cells are of one population: the form in which CPU and GPU results are compared."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy.stats import ks_2samp, norm

FALSE_ALARM = 1e-6
"""Probability that two samples of one population are told apart, shared evenly by the three comparisons."""
STANDARD_ERRORS = float(norm.isf(FALSE_ALARM / 6))
"""5.1: what a difference of means, or of variances, may be."""


class Alike(NamedTuple):
    """How far two samples lie apart; true where no comparison tells them apart.

    Attributes
    ----------
    chance : float
        Of as large a distance between the two distribution functions in one population (Kolmogorov-Smirnov).
    mean, variance : float
        Difference of the means and of the variances, in standard errors.
    """

    chance: float
    mean: float
    variance: float

    def __bool__(self) -> bool:
        return self.chance > FALSE_ALARM / 3 and max(abs(self.mean), abs(self.variance)) < STANDARD_ERRORS


def alike(a: np.ndarray, b: np.ndarray) -> Alike:
    """Compare two samples of independent numbers, of any shape, by distribution, mean and variance.

    Of one population they are told apart with a probability of about `FALSE_ALARM`; less where values repeat or cells
    belong to strata that both samples have. Standard errors are those of large samples.
    """
    x, y = (np.ravel(sample).astype(float) for sample in (a, b))
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise ValueError("samples with numbers that are not finite")
    moments = [(one.mean(), one.var(), ((one - one.mean()) ** 4).mean(), one.size) for one in (x, y)]
    (mean_x, variance_x, fourth_x, n_x), (mean_y, variance_y, fourth_y, n_y) = moments
    of_mean = variance_x / n_x + variance_y / n_y
    # The standard error of a variance is sqrt((fourth central moment - variance^2)/n).
    of_variance = (fourth_x - variance_x**2) / n_x + (fourth_y - variance_y**2) / n_y
    chance = float(ks_2samp(x, y, method="asymp").pvalue)
    return Alike(chance, _errors(mean_x - mean_y, of_mean), _errors(variance_x - variance_y, of_variance))


def _errors(difference: float, variance: float) -> float:
    """A difference in standard errors; that of numbers without any spread is none or infinite."""
    if variance > 0:
        return float(difference) / math.sqrt(variance)
    return 0.0 if difference == 0 else math.inf
