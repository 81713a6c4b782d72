"""Random relaxation after programming: one path of each cell, built from independent increments between fixed times.

A path is known at times t_k, the knots, by one N(0, 1) number xi_k for each. Between two knots the deviation from the
mean is

    X(t) = X_k + sqrt(V(t) - V_k) xi_(k+1)    where the variance V grows,
    X(t) = X_k sqrt(V(t)/V_k)                 where it falls.

So X(t) has the variance V(t) at all times, whichever others are asked for. Within an interval a path is fully
correlated; over several, growing ones, its increments are independent (both assumed).

No conductance is below 0. Near 0, where a normal distribution would reach far below, the deviation is lognormal with
the same mean and standard deviation, see `positive_state` (assumed).
"""

from __future__ import annotations

import math

from numpy import float64

from memsim.cells.functions import exponential, logarithm_beside_one
from memsim.scalars import scalar

_NORMAL = 1.5  # mean over standard deviation from which the distribution turns into a normal one; assumed
_TURN = 4.0  # how fast it does; assumed
_MOST = 1e6


@scalar
def next_deviation(x, before, variance, z):
    """Deviation at a time when its variance is `variance`, from the one at an earlier time and an N(0, 1) number."""
    if variance >= before:
        return x + math.sqrt(variance - before) * z
    return x * math.sqrt(variance / before)


@scalar
def positive_state(mean, sigma, z):
    """A conductance of at least 0, with this mean and standard deviation, from an N(0, 1) number.

    It is lognormal above a lower end that lies q sigma below the mean: at 0 for a mean of at most 1.5 sigma, and far
    below for larger ones, where the distribution is nearly normal. Means are kept to 1e-3 of sigma, also where the
    little that lies below 0 is cut off.
    """
    if sigma <= float64(0.0) or mean <= float64(0.0):
        return max(mean, float64(0.0))
    ratio = mean / sigma
    above = max(ratio - float64(_NORMAL), float64(0.0))
    q = min(ratio + float64(_TURN) * above * above, float64(_MOST))
    variance = logarithm_beside_one(float64(1.0) / (q * q))
    factor = exponential(math.sqrt(variance) * z - float64(0.5) * variance)
    return max(mean + sigma * q * (factor - float64(1.0)), float64(0.0))
