"""How a fitted model's predictions miss: its standardised innovations should be independent standard normal numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from memsim.fit.filter import predict
from memsim.fit.problem import Problem


@dataclass(frozen=True)
class Diagnostics:
    """Moments of the standardised innovations, (read - prediction)/its standard deviation.

    Attributes
    ----------
    prediction, deviation, innovation : ndarray
        Of every point of the series, in its scale; nan for first and unseen ones.
    state : ndarray
        Hidden state of every point, given the reads up to it.
    mean, variance : float
        0 and 1 for the right model.
    correlation : float
        Between successive innovations of a sweep; 0 for the right model.
    skewness, excess : float
        Third and fourth moment; 0 for a Gaussian.
    normality : float
        Probability of moments this far from a Gaussian's (Jarque & Bera, Econ. Lett. 6, 255, 1980).
    independence : float
        Probability of correlations this far from 0 over ten lags (Ljung & Box, Biometrika 65, 297, 1978).
    """

    prediction: np.ndarray
    deviation: np.ndarray
    innovation: np.ndarray
    state: np.ndarray
    mean: float
    variance: float
    correlation: float
    skewness: float
    excess: float
    normality: float
    independence: float


def diagnose(problem: Problem, theta: np.ndarray, lags: int = 10) -> Diagnostics:
    """Standardised innovations of a fitted model, and their moments."""
    from scipy.special import chdtrc

    s = problem.series
    mean, deviation, state = (rows[0] for rows in predict(s, problem.trial(theta[None]), problem.scale))
    z = np.where(s.seen, (s.value - mean) / deviation, np.nan)
    z[s.start] = np.nan
    good = z[np.isfinite(z)]
    count = len(good)
    centred = good - good.mean()
    variance = float(centred.var())
    skewness = float((centred**3).mean() / variance**1.5)
    excess = float((centred**4).mean() / variance**2 - 3.0)
    rows = [z[a:b] - good.mean() for a, b in zip(s.start, s.stop, strict=True)]
    correlations = []
    for lag in range(1, lags + 1):
        products = np.concatenate([row[lag:] * row[:-lag] for row in rows if len(row) > lag] or [np.empty(0)])
        products = products[np.isfinite(products)]
        # Divided by all reads, so that a lag with few pairs weighs little.
        correlations.append(float(products.sum() / count / variance) if len(products) else 0.0)
    squares = np.array(correlations) ** 2
    box = count * (count + 2) * float((squares / np.maximum(count - np.arange(1, lags + 1), 1)).sum())
    return Diagnostics(
        mean,
        deviation,
        z,
        state,
        float(good.mean()),
        variance,
        correlations[0],
        skewness,
        excess,
        float(chdtrc(2, count / 6 * (skewness**2 + excess**2 / 4))),
        float(chdtrc(lags, box)),
    )
