"""How a fitted model's predictions miss: its standardised innovations should be independent standard normal numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from memsim.fit.pulses.filter import Series, predict
from memsim.fit.pulses.problem import Problem
from memsim.fit.pulses.simulate import simulated

_REPLICAS = 60
"""Measurements that are simulated with the model, for the moments that its own innovations have."""
_POINTS = 200_000
"""Most reads of all of them together."""


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
    scatter : float
        Probability of a variance this far from 1, as that of independent Gaussian innovations.
    correlation : float
        Between successive innovations of a sweep; 0 for the right model.
    skewness, excess : float
        Third and fourth moment; 0 for a Gaussian, and near 0 where states are cut at the ends of the window.
    normality : float
        Probability of a third and fourth moment this far from those of measurements that the model itself makes, by the
        statistic of Jarque & Bera, Econ. Lett. 6, 255 (1980), with simulated means and standard deviations.
    independence : float
        Probability of correlations this far from 0 over ten lags (Ljung & Box, Biometrika 65, 297, 1978).
    """

    prediction: np.ndarray
    deviation: np.ndarray
    innovation: np.ndarray
    state: np.ndarray
    mean: float
    variance: float
    scatter: float
    correlation: float
    skewness: float
    excess: float
    normality: float
    independence: float


def diagnose(problem: Problem, theta: np.ndarray, lags: int = 10) -> Diagnostics:
    """Standardised innovations of a fitted model, and their moments."""
    from scipy.special import chdtr, chdtrc

    s = problem.series
    z, mean, deviation, state = _innovations(problem, theta, s)
    good = z[np.isfinite(z)]
    count = len(good)
    variance = float(good.var())
    skewness, excess = map(float, _shape(good))
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
        2 * float(min(chdtr(count - 1, count * variance), chdtrc(count - 1, count * variance))),
        correlations[0],
        skewness,
        excess,
        float(chdtrc(2, _distance(np.array([skewness, excess]), problem, theta, count))),
        float(chdtrc(lags, box)),
    )


def _innovations(
    problem: Problem, theta: np.ndarray, series: Series
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Standardised innovations, predictions, their deviations and states of all points (point,)."""
    mean, deviation, state = (rows[0] for rows in predict(series, problem.trial(theta[None]), problem.scale))
    z = np.where(series.observed, (series.value - mean) / deviation, np.nan)
    z[series.start] = np.nan
    return z, mean, deviation, state


def _shape(z: np.ndarray) -> np.ndarray:
    """Skewness and excess."""
    centred = z - z.mean()
    variance = centred.var()
    return np.array([(centred**3).mean() / variance**1.5, (centred**4).mean() / variance**2 - 3.0])


def _distance(shape: np.ndarray, problem: Problem, theta: np.ndarray, count: int, seed: int = 0) -> float:
    """Squared distance of skewness and excess from those of the model's own measurements, in standard deviations.

    Parameters
    ----------
    shape : ndarray
        Skewness and excess.
    count : int
        Innovations that they stand for.
    """
    s, rng = problem.series, np.random.default_rng(seed)
    replicas = max(min(_REPLICAS, _POINTS // len(s.value)), 2)
    values = np.empty((replicas, len(s.value)))
    for train, (a, b) in enumerate(zip(s.start, s.stop, strict=True)):
        values[:, a:b] = simulated(problem, theta, train, replicas, rng)[1].T
    offsets = np.repeat(len(s.value) * np.arange(replicas), len(s.start))
    tiled = s._replace(
        value=values.ravel(),
        observed=np.tile(s.observed, replicas),
        branch=np.tile(s.branch, replicas),
        start=np.tile(s.start, replicas) + offsets,
        stop=np.tile(s.stop, replicas) + offsets,
        device=np.tile(s.device, replicas),
        resumed=np.tile(s.resumed, replicas),
    )
    own = [_shape(z[np.isfinite(z)]) for z in _innovations(problem, theta, tiled)[0].reshape(replicas, -1)]
    gaussian = np.sqrt(np.array([6.0, 24.0]) / count)
    away = (shape - np.mean(own, axis=0)) / np.maximum(np.std(own, axis=0, ddof=1), gaussian)
    return float(away @ away)
