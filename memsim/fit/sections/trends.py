"""What repeated reads of cells follow beside their scatter: a level, a slow trend, or two levels of a trap.

A trend is a polynomial in time or in its logarithm. Scatter is white, or correlated as e^(-t/tau), a
first-order autoregression with one coefficient for all cells. Each cell has a trend and a variance of its own. Two
levels are a hidden Markov chain with Gaussian noise.

Sources: Hamilton, Time Series Analysis (1994), eq. 5.2.9 (autoregression) and 22.4.24 (Markov chain).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from memsim.fit.sections.section import Form

TRENDS = {
    "level": 1,
    "linear": 2,
    "linear in log time": 2,
    "quadratic": 3,
    "quadratic in log time": 3,
    "cubic": 4,
}
"""Name -> number of coefficients of a cell."""
_MOST_MEMORY = 0.98  # correlation of successive reads of scatter, above which it counts as a trend; assumed
_TURNS = 100


@dataclass(frozen=True)
class Trend:
    """A trend fitted to the reads of cells.

    Attributes
    ----------
    name : str
        Its name, one of `TRENDS`.
    memory : float
        Correlation of successive reads beside the trend.
    fits : tuple of ndarray
        The trend at every read of each cell, in the unit of the reads.
    form : Form
        Its likelihood.
    """

    name: str
    memory: float
    fits: tuple[np.ndarray, ...]
    form: Form


def trend(
    name: str, times: list[np.ndarray], reads: list[np.ndarray], *, correlated: bool, steps: Sequence[float] = ()
) -> Trend:
    """A trend with white or correlated scatter, at the maximum of the likelihood.

    Parameters
    ----------
    name : str
        One of `TRENDS`.
    times, reads : list of ndarray
        Time or number, ascending, and conductance of every read of each cell.
    correlated : bool
        Whether the correlation of successive reads is fitted.
    steps : sequence of float
        Step to which the reads of each cell were rounded; without, reads were not rounded.
    """
    from scipy.optimize import minimize_scalar

    designs = [_design(name, time) for time in times]
    floors = [step**2 / 12 for step in steps or (0.0,) * len(reads)]

    def negative(memory: float) -> float:
        return -sum(_fitted(y, x, memory, f)[1] for y, x, f in zip(reads, designs, floors, strict=True))

    memory = 0.0
    if correlated:
        memory = float(minimize_scalar(negative, bounds=(0.0, _MOST_MEMORY), method="bounded").x)
    fits = tuple(_fitted(y, x, memory, f)[0] for y, x, f in zip(reads, designs, floors, strict=True))
    parameters = len(reads) * (TRENDS[name] + 1) + int(correlated)
    words = f"{name}, correlated" if correlated else name
    form = Form(words, -negative(memory), parameters, sum(len(y) for y in reads))
    return Trend(name, memory, fits, form)


def _design(name: str, time: np.ndarray) -> np.ndarray:
    """Columns of a trend (read, coefficient), of order 1."""
    x = time
    if name.endswith("log time"):
        x = np.log(time) if time[0] > 0 else np.log1p((time - time[0]) / (time[1] - time[0]))
    x = x - x[0]
    return np.polynomial.legendre.legvander(2 * x / x[-1] - 1, TRENDS[name] - 1)


def _fitted(y: np.ndarray, design: np.ndarray, memory: float, floor: float) -> tuple[np.ndarray, float]:
    """Trend of one cell by least squares of the innovations, and the log-likelihood; the variance exceeds `floor`."""
    first = np.sqrt(1 - memory**2)
    white, columns = y.copy(), design.copy()
    white[1:] -= memory * y[:-1]
    columns[1:] -= memory * design[:-1]
    white[0] *= first
    columns[0] *= first
    coefficients = np.linalg.lstsq(columns, white, rcond=None)[0]
    rest = white - columns @ coefficients
    count = len(y)
    square = float(rest @ rest) / count
    variance = max(square, floor, (1e-12 * float(np.abs(y).max())) ** 2)
    return design @ coefficients, float(
        np.log(first) - 0.5 * count * (np.log(2 * np.pi * variance) + square / variance)
    )


@dataclass(frozen=True)
class TwoLevels:
    """Two levels of a cell.

    Attributes
    ----------
    distance : float
        Between the levels, in the unit of the reads.
    upper, lower : float
        Mean number of reads for which the cell stays at a level.
    log_likelihood : float
        Of the reads.
    level : ndarray
        The more likely level at each read (read,).
    """

    distance: float
    upper: float
    lower: float
    log_likelihood: float
    level: np.ndarray


def two_levels(y: np.ndarray, step: float = 0.0) -> TwoLevels | None:
    """Two levels of a cell's reads; None where they are less than two standard deviations, or steps of rounding, apart.

    Parameters
    ----------
    y : ndarray
        Reads (read,).
    step : float
        Step to which they were rounded.
    """
    count = len(y)
    unit = float(y.std())
    z = (y - y.mean()) / unit
    centre, sigma, share = np.array([z.min(), z.max()]) * 0.7, 0.5, 0.5
    weight = np.zeros(count)
    for _ in range(_TURNS):
        logs = -0.5 * ((z[:, None] - centre) / sigma) ** 2 + np.log([1 - share, share])
        weight = 1.0 / (1.0 + np.exp(np.clip(logs[:, 0] - logs[:, 1], -500, 500)))
        before, share = share, float(np.clip(weight.mean(), 0.02, 0.98))
        low, high = max(float((1 - weight).sum()), 1e-9), max(float(weight.sum()), 1e-9)
        centre = np.array([((1 - weight) @ z) / low, (weight @ z) / high])
        sigma = float(np.sqrt(((1 - weight) @ (z - centre[0]) ** 2 + weight @ (z - centre[1]) ** 2) / count)) + 1e-6
        sigma = max(sigma, step / unit / np.sqrt(12))
        if abs(share - before) < 1e-6:
            break
    if centre[1] - centre[0] < 2 * max(sigma, step / unit):
        return None
    upper = weight > 0.5
    up, down = int((~upper[:-1] & upper[1:]).sum()), int((upper[:-1] & ~upper[1:]).sum())
    # Half a change more than counted: a level that is never left has no rate.
    rise = (up + 0.5) / (max(int((~upper).sum()), 1) + 1)
    fall = (down + 0.5) / (max(int(upper.sum()), 1) + 1)
    turns = (up + down) / 2 + 0.5
    value = _markov(z, centre, sigma, min(rise, 0.99), min(fall, 0.99)) - count * float(np.log(unit))
    level = y.mean() + unit * centre[upper.astype(int)]
    return TwoLevels(
        float(centre[1] - centre[0]) * unit,
        float(upper.sum()) / turns,
        (count - float(upper.sum())) / turns,
        value,
        level,
    )


@dataclass(frozen=True)
class Jump:
    """A level that changes once.

    Attributes
    ----------
    at : int
        First read at the second level.
    before, after : float
        The levels.
    log_likelihood : float
        Of the reads.
    """

    at: int
    before: float
    after: float
    log_likelihood: float


def one_jump(y: np.ndarray, step: float = 0.0) -> Jump:
    """The change of a level at one read that leaves the least scatter; parameters as of `two_levels`."""
    count = len(y)
    places = np.arange(1, count)
    first = np.cumsum(y - y.mean())[:-1]
    at = int(places[np.argmax(first**2 / places + first**2 / (count - places))])
    before, after = float(y[:at].mean()), float(y[at:].mean())
    square = float(((y[:at] - before) ** 2).sum() + ((y[at:] - after) ** 2).sum()) / count
    variance = max(square, step**2 / 12, (1e-12 * float(np.abs(y).max())) ** 2)
    return Jump(at, before, after, -0.5 * count * float(np.log(2 * np.pi * variance) + square / variance))


def _markov(z: np.ndarray, centre: np.ndarray, sigma: float, rise: float, fall: float) -> float:
    """Log-likelihood of a chain of two levels, by products of neighbouring 2 x 2 matrices."""
    logs = -0.5 * ((z[:, None] - centre) / sigma) ** 2 - np.log(sigma * np.sqrt(2 * np.pi))
    largest = logs.max(1)
    density = np.exp(logs - largest[:, None])
    total = float(largest.sum())
    step = np.array([[1 - rise, rise], [fall, 1 - fall]])
    product = step[None] * density[:, None, :]
    while len(product) > 1:
        tail = product[len(product) - len(product) % 2 :]
        pairs = product[: len(product) - len(tail)]
        product = np.concatenate([pairs[0::2] @ pairs[1::2], tail])
        scale = product.max((1, 2))
        total += float(np.log(scale).sum())
        product = product / scale[:, None, None]
    start = np.array([fall, rise]) / (rise + fall)
    return total + float(np.log((start @ product[0]).sum()))
