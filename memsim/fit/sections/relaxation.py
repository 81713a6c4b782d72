"""Forms of the change of cells after their programming, as retention sections of a profile state them.

    none               G(t) = G
    drift              G(t) = G (1 + t/t_ref)^-nu, nu ~ N(exponent, spread)
    relaxation         G(t) = G + N(shift x, spread + growth x), x = ln(t/t_ref)
    relaxation-table   G(t) = G + N(m_k, s_k) at each measured time t_k, for each level

Two reads of one cell correlate. A share c of the variance of a relaxation belongs to a random number that the cell
keeps; the rest comes from increments that are independent from one time to the next, as in `memsim.noise.relaxation`.
The share is fitted; it is not part of a profile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from memsim.fit.sections.changes import Path

SMALLEST = 1e-5
"""Least spread that a search considers, of the mean conductance or of an exponent of 1; smaller ones count as 0."""
_MOST = 1e3
LEAST_NOISE = 1e-5
"""Least read noise that a search considers, of the conductance; no instrument is more accurate (assumed)."""
_MOST_SHARE = 7.0  # logit of 0.999


@dataclass(frozen=True)
class Law:
    """A form of change, for `memsim.fit.sections.changes`.

    Attributes
    ----------
    name : str
        Its name.
    logarithmic : bool
        Whether it describes ln G; else G over the mean conductance of all reads.
    names : tuple of str
        Names of the parameters of the covariance, all logarithms but "share", which is a logit.
    path : callable
        Mean and covariance of the change.
    starts : tuple
        Where searches begin (start, parameter).
    low, high : ndarray
        Limits of the search (parameter,).
    coefficients : int
        Number of coefficients of the mean.
    """

    name: str
    logarithmic: bool
    names: tuple[str, ...]
    path: Path
    starts: tuple[tuple[float, ...], ...]
    low: np.ndarray
    high: np.ndarray
    coefficients: int


def _limits(names: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    low = [-_MOST_SHARE if name == "share" else np.log(SMALLEST) for name in names]
    high = [_MOST_SHARE if name == "share" else np.log(_MOST) for name in names]
    return np.array([*low, np.log(LEAST_NOISE)]), np.array([*high, np.log(_MOST)])


def none(sigma: float, *, logarithmic: bool) -> Law:
    """No change. `sigma` : rough size of the read noise, where the search begins."""

    def path(time: np.ndarray, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.zeros((len(time), 0)), np.zeros((len(time), len(time)))

    return Law("no change", logarithmic, (), path, ((np.log(sigma),),), *_limits(()), 0)


def drift(sigma: float, reference: float, latest: float, *, from_zero: bool, spreads: bool) -> Law:
    """Power law in time.

    Parameters
    ----------
    sigma : float
        Rough size of the read noise of ln G.
    reference : float
        Earliest time above 0 [s]: t_ref, or the first guess of it.
    latest : float
        Latest time [s].
    from_zero : bool
        Whether cells were read at t = 0; then t_ref is fitted, else G(t) = G (t/t_ref)^-nu.
    spreads : bool
        Whether the exponent differs between cells.
    """
    names = (("spread",) if spreads else ()) + (("reference",) if from_zero else ())

    def path(time: np.ndarray, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        x = np.log1p(time / (reference * np.exp(theta[-1]))) if from_zero else np.log(time / reference)
        spread = np.exp(theta[0]) if spreads else 0.0
        return -x[:, None], spread**2 * np.outer(x, x)

    low, high = _limits(names)
    if from_zero:
        at = names.index("reference")
        low[at], high[at] = np.log(1e-3), np.log(latest / reference)
    decades = (0.0, min(2.0, np.log(latest / reference))) if from_zero else (0.0,)
    starts = tuple(
        ((np.log(spread),) if spreads else ()) + ((decade,) if from_zero else ()) + (np.log(sigma),)
        for spread in ((0.01, 0.1) if spreads else (0.0,))
        for decade in decades
    )
    return Law("drift", True, names, path, starts, low, high, 1)


def relaxation(sigma: float, size: float, reference: float, *, from_zero: bool) -> Law:
    """Shift and spread that grow with the logarithm of time.

    Parameters
    ----------
    sigma, size : float
        Rough sizes of the read noise and of the change, of the mean conductance.
    reference : float
        t_ref [s].
    from_zero : bool
        Whether cells were read at t = 0; else changes count from t_ref on, and the spread at t_ref is 0.
    """
    names = (("spread",) if from_zero else ()) + ("growth", "share")

    def path(time: np.ndarray, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        x = np.log(np.maximum(time, reference) / reference)
        deviation = np.where(time > 0, (np.exp(theta[0]) if from_zero else 0.0) + np.exp(theta[-2]) * x, 0.0)
        return x[:, None], _covariance(deviation, theta[-1])

    starts = tuple(
        ((np.log(size),) if from_zero else ()) + (np.log(size * growth), 0.0, np.log(noise))
        for growth, noise in ((0.1, sigma), (0.3, 0.3 * sigma), (0.01, sigma))
    )
    return Law("relaxation", False, names, path, starts, *_limits(names), 1)


def relaxation_table(sigma: float, sizes: np.ndarray, times: np.ndarray) -> Law:
    """Mean and spread of the change at each time, of cells of one level.

    Parameters
    ----------
    sigma : float
        Rough size of the read noise, of the mean conductance.
    sizes : ndarray
        Rough sizes of the change at the later times, of the mean conductance (time,).
    times : ndarray
        All times at which cells are read [s], ascending; changes count from the first.
    """
    later = times[1:]
    names = (*(f"sigma at {time:g} s" for time in later), "share")

    def path(time: np.ndarray, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        place = np.searchsorted(times, time)
        deviation = np.concatenate([[0.0], np.exp(theta[: len(later)])])
        design = np.concatenate([np.zeros((1, len(later))), np.eye(len(later))])
        return design[place], _covariance(deviation, theta[-1])[np.ix_(place, place)]

    logs = tuple(np.log(np.maximum(sizes, 10 * SMALLEST)))
    starts = ((*logs, 0.0, np.log(sigma)), (*logs, -3.0, np.log(0.3 * sigma)))
    return Law("relaxation-table", False, names, path, starts, *_limits(names), len(later))


def _covariance(deviation: np.ndarray, share: float) -> np.ndarray:
    """Covariance of the change between times, from its standard deviation (time,) and the logit of the share kept.

    Where the variance falls, the whole path comes nearer to the mean, as in `memsim.noise.relaxation`.
    """
    kept = 1.0 / (1.0 + np.exp(-share))
    count = len(deviation)
    loads = np.zeros((count, count))
    for k in range(count):
        before = deviation[k - 1] if k else 0.0
        if k:
            loads[k] = loads[k - 1] * (min(1.0, deviation[k] / before) if before > 0 else 0.0)
        loads[k, k] = np.sqrt(max(deviation[k] ** 2 - before**2, 0.0))
    return kept * np.outer(deviation, deviation) + (1 - kept) * loads @ loads.T
