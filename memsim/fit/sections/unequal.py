"""What read noise is relative to, and whether all cells have the same.

Source: Bartlett, Proc. R. Soc. Lond. A 160, 268 (1937).
"""

from __future__ import annotations

import numpy as np

from memsim.fit.sections.trends import TRENDS, Trend
from memsim.units import format_quantity

_UNEQUAL = 1e-3
"""Probability below which Bartlett's test rejects equal noise of the cells."""


def scales_of(reads: list[np.ndarray], best: Trend, window: tuple[float, float] | None) -> dict[str, list[np.ndarray]]:
    """What sigma may be relative to, at every read of each cell."""
    scales = {"value": [np.where(fit > 0, fit, y.mean()) for y, fit in zip(reads, best.fits, strict=True)]}
    if window is not None:
        scales["range"] = [np.full(len(y), window[1] - window[0]) for y in reads]
    return scales


def independent(best: Trend) -> float:
    """Share of independent reads: those of an autoregression say less about a variance."""
    return (1 - best.memory**2) / (1 + best.memory**2)


def unequal(
    reads: list[np.ndarray], best: Trend, window: tuple[float, float] | None, base: str, unit: str
) -> list[str]:
    """Whether the noise of the cells differs, by Bartlett's test."""
    rests = [y - fit for y, fit in zip(reads, best.fits, strict=True)]
    scales = [s.mean() for s in scales_of(reads, best, window)[base]]
    counts = np.array([max((len(y) - TRENDS[best.name]) * independent(best), 1.0) for y in reads])
    squares = np.array([float(r @ r) / (len(r) - TRENDS[best.name]) for r in rests])
    p, same = (_bartlett(values, counts) for values in (squares / np.square(scales), squares))
    if p > _UNEQUAL:
        return []
    sigmas = np.sqrt(squares) / scales
    ends = " to ".join(format_quantity(float(end), "%", 2) for end in (sigmas.min(), sigmas.max()))
    text = (
        f"the cells differ in their noise relative to the {base}, {ends} (Bartlett's test, p {p:.1g}): no sigma fits "
        "all of them, and its interval is too narrow"
    )
    if window is None and same > _UNEQUAL:
        size = format_quantity(float(np.sqrt(np.average(squares, weights=counts))), unit, 2)
        return [
            f"{text}; the noise is {size} at all levels: with window=..., one sigma relative to the range is fitted"
        ]
    return [f"{text}; fit cells of different kinds apart"]


def _bartlett(variances: np.ndarray, freedom: np.ndarray) -> float:
    """Probability of variances (cell,) that differ as much, if all cells have one; 1 for one cell."""
    from scipy.special import chdtrc

    if len(variances) < 2:
        return 1.0
    total = freedom.sum()
    statistic = total * np.log(freedom @ variances / total) - freedom @ np.log(variances)
    correction = 1 + ((1 / freedom).sum() - 1 / total) / (3 * (len(variances) - 1))
    return float(chdtrc(len(variances) - 1, max(float(statistic / correction), 0.0)))
