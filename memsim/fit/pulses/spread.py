"""Spread of a parameter between devices, beside the uncertainty of each device's estimate.

Estimate_i = mean + tau xi_i + error_i with the variance of error_i known: restricted maximum likelihood for tau.

Sources: Viechtbauer, J. Educ. Behav. Stat. 30, 261 (2005); interval of the mean, the wider of those of Hartung & Knapp,
Stat. Med. 20, 3875 (2001), and of the profile likelihood, Hardy & Thompson, Stat. Med. 15, 619 (1996).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from memsim.fit.criteria import DROP95

FEWEST = 2
"""Devices from which on a spread is estimated."""
FOR_A_SHAPE = 5
"""Devices from which on a distribution other than a normal one is tried."""
_WIDEST = 5.0
_TAIL = 3.719
"""Standard deviations below its mean at which a normal distribution has 1e-4 of its mass."""


@dataclass(frozen=True)
class Spread:
    """Mean over devices and standard deviation between them, each with its 95 % interval, in the parameter's unit.

    `lognormal` says whether the logarithm of the parameter is what is normally distributed, `positive` whether the
    parameter cannot be below 0.
    """

    mean: float
    mean_low: float
    mean_high: float
    sigma: float
    sigma_low: float
    sigma_high: float
    devices: int
    lognormal: bool = False
    positive: bool = False

    @property
    def another(self) -> tuple[float, float]:
        """Ends between which a further device lies with a probability of 95 %; not below 0 what cannot be there."""
        from scipy.special import stdtrit

        t = float(stdtrit(self.devices - 1, 0.975))
        if not self.lognormal:
            half = float(np.hypot(t * self.sigma, (self.mean_high - self.mean_low) / 2))
            low = self.mean - half
            return max(low, min(self.mean, 0.0)) if self.positive else low, self.mean + half
        sigma = float(np.sqrt(np.log1p((self.sigma / self.mean) ** 2)))
        half = float(np.hypot(t * sigma, np.log(self.mean_high / self.mean_low) / 2))
        median = self.mean * np.exp(-(sigma**2) / 2)
        return float(median * np.exp(-half)), float(median * np.exp(half))

    @property
    def below_zero(self) -> bool:
        """Whether more than 1e-4 of a normal distribution with this mean and spread lie below 0."""
        return not self.lognormal and self.mean < _TAIL * self.sigma

    @property
    def above_zero(self) -> float:
        """The standard deviation, or the largest one with which at most 1e-4 of a normal distribution lie below 0."""
        return max(self.mean, 0.0) / _TAIL if self.below_zero else self.sigma


def between(estimates: np.ndarray, variances: np.ndarray) -> Spread:
    """Spread of a parameter over devices from its estimates (device,) and their variances (device,)."""
    from scipy.optimize import brentq, minimize_scalar
    from scipy.special import stdtrit

    count = len(estimates)
    scale = max(float(np.std(estimates)), float(np.sqrt(np.mean(variances))), 1e-12)

    def restricted(sigma: float) -> float:
        weight = 1.0 / (sigma**2 + variances)
        mean = (weight @ estimates) / weight.sum()
        return 0.5 * float(np.log(weight).sum() - np.log(weight.sum()) - weight @ (estimates - mean) ** 2)

    grid = np.concatenate([[0.0], scale * np.geomspace(1e-3, 10.0, 60)])
    values = [restricted(s) for s in grid]
    k = int(np.argmax(values))
    inner = minimize_scalar(
        lambda s: -restricted(s), bounds=(grid[max(k - 1, 0)], grid[min(k + 1, 60)]), method="bounded"
    )
    sigma = float(inner.x) if -inner.fun > values[k] else float(grid[k])
    top = restricted(sigma) - DROP95
    low = brentq(lambda s: restricted(s) - top, 0.0, sigma) if sigma > 0 and restricted(0.0) < top else 0.0
    far = max(sigma, 0.01 * scale)
    while restricted(far) > top and far < 1e6 * scale:
        far *= 2.0
    high = brentq(lambda s: restricted(s) - top, max(sigma, 1e-9 * scale), far)
    weight = 1.0 / (sigma**2 + variances)
    mean = float((weight @ estimates) / weight.sum())
    error = max(float(weight @ (estimates - mean) ** 2) / (count - 1), 1.0) / weight.sum()
    t = float(stdtrit(count - 1, 0.975))
    half = t * float(np.sqrt(error))
    below, above = _profile_interval(estimates, variances, mean, half, t)
    return Spread(mean, min(below, mean - half), max(above, mean + half), sigma, float(low), float(high), count)


def _profile_interval(
    estimates: np.ndarray, variances: np.ndarray, mean: float, half: float, t: float
) -> tuple[float, float]:
    """Ends of the 95 % interval of the mean by the likelihood of mean and spread, the spread at its maximum.

    It is wide where one device is known much better than the others: then the spread decides how much this one counts.
    The fall of the likelihood at the ends is that of Student's interval for devices with equal errors.
    """
    from scipy.optimize import brentq

    count = len(estimates)
    scale = max(float(np.std(estimates)), float(np.sqrt(np.mean(variances))), 1e-300)
    total = np.concatenate([[0.0], scale * np.geomspace(1e-3, 1e3, 121)])[:, None] ** 2 + variances
    logs = np.log(total).sum(1)

    def highest(value: float) -> float:
        return -0.5 * float((logs + ((estimates - value) ** 2 / total).sum(1)).min())

    inner = np.linspace(mean - half, mean + half, 41)
    top = max(map(highest, inner)) - 0.5 * count * float(np.log1p(t**2 / (count - 1)))
    ends = []
    for sign in (-1.0, 1.0):
        far = max(half, 1e-6 * scale)
        while highest(mean + sign * far) > top:
            far *= 1.5
        near = 0.0 if highest(mean) > top else far
        ends.append(brentq(lambda x: highest(x) - top, mean + sign * near, mean + sign * far) if near < far else mean)
    return ends[0], ends[1]


def between_conductances(estimates: np.ndarray, variances: np.ndarray) -> Spread:
    """Spread of conductances over devices: normal, or lognormal where a normal one would have cells below 0 S.

    Parameters
    ----------
    estimates, variances : ndarray
        Of each device (device,), in any unit.
    """
    normal = between(estimates, variances)
    if not normal.below_zero or len(estimates) < FOR_A_SHAPE or not (estimates > 0).all():
        return normal
    of_log = between(np.log(estimates), variances / estimates**2)
    grow = np.exp(of_log.sigma**2 / 2)
    mean, low, high = (float(np.exp(value) * grow) for value in (of_log.mean, of_log.mean_low, of_log.mean_high))
    sigma, sigma_low, sigma_high = (
        mean * float(np.sqrt(np.expm1(min(s, _WIDEST) ** 2)))
        for s in (of_log.sigma, of_log.sigma_low, of_log.sigma_high)
    )
    return Spread(mean, low, high, sigma, sigma_low, sigma_high, len(estimates), lognormal=True)
