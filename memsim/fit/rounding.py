"""Repeated reads that an instrument rounds: the step of rounding, and the sigma of the reads before it.

Rounding to a step q adds a variance of q^2/12 to reads that scatter by more than about q/2 (Sheppard's correction).
Reads that scatter by less fall on few values, and the likelihood is that of the interval around each.

Source: Sheppard, Proc. London Math. Soc. s1-29, 353 (1897).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from memsim.fit.criteria import DROP95

_SIGMAS, _OFFSETS, _MOST = 121, 41, 20_000
"""Grids of sigma and of the level of a cell, and reads of all cells for which they take a second."""


def step_of(y: np.ndarray) -> float:
    """Step to which reads were rounded; 0 where they do not repeat."""
    values = np.unique(y)
    return float(np.diff(values).min()) if 2 <= len(values) <= len(y) / 2 else 0.0


def sigma_before_rounding(rests: Sequence[np.ndarray], steps: Sequence[float], lost: int) -> tuple[float, float, float]:
    """Sigma of coarsely rounded reads and its 95 % interval, which begins at 0 where the reads would allow that.

    Parameters
    ----------
    rests : sequence of ndarray
        Reads of each cell beside its trend, in the unit of sigma.
    steps : sequence of float
        Step of rounding of each cell, in this unit; above 0.
    lost : int
        Number of fitted coefficients, of which sigma is freed.
    """
    from scipy.special import ndtr

    coarse = max(steps)
    sigmas = coarse * np.geomspace(0.02, 4.0, _SIGMAS)
    total = np.zeros(_SIGMAS)
    share = min(1.0, _MOST / sum(map(len, rests)))
    for rest, step in zip(rests, steps, strict=True):
        few = rest[:: max(1, round(1 / share))]
        off = few - step * np.linspace(-0.6, 0.6, _OFFSETS)[:, None]
        weight = len(rest) / len(few)
        for n, sigma in enumerate(sigmas):
            inside = ndtr((off + step / 2) / sigma) - ndtr((off - step / 2) / sigma)
            total[n] += weight * float(np.log(np.maximum(inside, 1e-300)).sum(1).max())
    best = int(np.argmax(total))
    within = np.flatnonzero(total > total[best] - DROP95)
    grow = float(np.sqrt(sum(map(len, rests)) / (sum(map(len, rests)) - lost)))
    low = 0.0 if within[0] == 0 else float(sigmas[within[0]])
    return float(sigmas[best]) * grow, low * grow, float(sigmas[within[-1]]) * grow
