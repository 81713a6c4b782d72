"""Measured quantities with intervals over images and spread over seeds, and arithmetic over them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache

import numpy as np

from memsim.metrics import RESAMPLES, resampled_images
from memsim.study.claims import QuantitySpec, Statistic, Study
from memsim.study.expression import Expression
from memsim.study.plan import Group
from memsim.study.runs import Run, values_of
from memsim.study.verdict import Measured, Spread

_PER_IMAGE: dict[str, Callable[..., np.ndarray]] = {"mean": np.mean, "min": np.min, "max": np.max}
"""Statistics over all reads that are the same statistic of each image's own."""

_SAME_EXPERIMENT = {"data.source", "data.samples", "data.seed", "seed", "resamples", "keep"}
"""Settings that may change without making another experiment."""


class Measurements:
    """Values of the quantities of a study and of expressions over them.

    Parameters
    ----------
    study : Study
        The claims file.
    runs : mapping of Group to Run
        The results that it needs.

    Notes
    -----
    Resamples of images are shared by all quantities, so that the interval of a ratio or a difference is that of paired
    numbers. Source: Efron & Tibshirani, An Introduction to the Bootstrap (1993), chapters 10 and 13.
    """

    def __init__(self, study: Study, runs: Mapping[Group, Run]) -> None:
        self._quantities = study.spec.quantities
        self._runs = runs
        self.point = cache(self._point)
        self._resamples = cache(self._resample)

    def interval(self, expression: Expression) -> Measured:
        """An expression, and its percentiles 2.5 and 97.5 over resampled images."""
        value = float(expression.evaluate({name: self.point(name) for name in expression.names}))
        if not expression.names:
            return Measured(value, value, value)
        drawn = expression.evaluate({name: self._resamples(name) for name in expression.names})
        with np.errstate(all="ignore"):
            low, high = np.percentile(drawn, [2.5, 97.5])
            return Measured(value, float(low), float(high), float(drawn.std()))

    def spread(self, expression: Expression) -> Spread | None:
        """An expression over seeds, or None where there is one seed."""
        values = expression.evaluate({name: self._over_seeds(name) for name in expression.names})
        if values.size < 2:
            return None
        with np.errstate(all="ignore"):
            return Spread(float(values.mean()), float(values.std(ddof=1)), float(values.min()), float(values.max()))

    def tasks(self, expression: Expression) -> set[str]:
        """The tasks that the quantities of an expression are measured on."""
        return {self._run(name)[1].task for name in expression.names}

    def changed(self, names: Iterable[str]) -> bool:
        """Whether any of the quantities comes from a stored result in which more than images and seed was changed."""
        return any(set(self._run(name)[1].changed) - _SAME_EXPERIMENT for name in names)

    def _run(self, name: str) -> tuple[QuantitySpec, Run]:
        quantity = self._quantities[name]
        return quantity, self._runs[Group.of(quantity)]

    def _point(self, name: str) -> np.ndarray:
        quantity, run = self._run(name)
        if quantity.seed_spread:
            return _relative_sd(self._each_seed(name))
        return _statistic(values_of(run.datasets[0], quantity)[None], quantity.statistic)[0]

    def _over_seeds(self, name: str) -> np.ndarray:
        return self.point(name) if self._quantities[name].seed_spread else self._each_seed(name)

    def _each_seed(self, name: str) -> np.ndarray:
        quantity, run = self._run(name)
        return np.array([_statistic(values_of(ds, quantity)[None], quantity.statistic)[0] for ds in run.datasets])

    def _resample(self, name: str) -> np.ndarray:
        """The quantity on every resampled set of images; NaN for a spread over seeds, which that would overestimate."""
        quantity, run = self._run(name)
        if quantity.seed_spread:
            return np.full(RESAMPLES, np.nan)
        return _resampled(values_of(run.datasets[0], quantity), quantity.statistic, run.seeds[0])


def _resampled(values: np.ndarray, statistic: Statistic, seed: int) -> np.ndarray:
    """A statistic of (image, read) on every resampled set of images."""
    if statistic in _PER_IMAGE:
        values = _PER_IMAGE[statistic](values, axis=1)[:, None]
    found = []
    for block in resampled_images(len(values), seed, RESAMPLES):
        # A block has many resamples of few images, or few of many; with their reads it may be too large at once.
        rows = max(1, (1 << 23) // values.size)
        found += [_statistic(values[block[i : i + rows]], statistic) for i in range(0, len(block), rows)]
    return np.concatenate(found)


def _statistic(values: np.ndarray, statistic: Statistic) -> np.ndarray:
    """A statistic over the last two axes (image, read)."""
    with np.errstate(all="ignore"):  # a diverged network has infinite outputs
        return np.asarray(getattr(np, statistic)(values, axis=(-2, -1)), float)


def _relative_sd(values: np.ndarray) -> np.ndarray:
    """Standard deviation over |mean|, over the first axis; NaN for one seed."""
    if len(values) < 2:
        return np.full(values.shape[1:], np.nan)
    with np.errstate(all="ignore"):
        return values.std(axis=0, ddof=1) / np.abs(values.mean(axis=0))
