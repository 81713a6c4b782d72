"""Measured quantities with intervals over images and spread over seeds, and arithmetic over them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache

import numpy as np

from memsim.metrics.intervals import RESAMPLES, interval_of_function, resampled_images, share_interval
from memsim.results.dataset import VARIABLES
from memsim.studies.claims import QuantitySpec, Statistic, Study
from memsim.studies.expression import Expression
from memsim.studies.plan import Group
from memsim.studies.runs import Run, values_of
from memsim.studies.verdict import Measured, Spread

_PER_IMAGE: dict[str, Callable[..., np.ndarray]] = {"mean": np.mean, "min": np.min, "max": np.max}
"""Statistics over all reads that are the same statistic of each image's own."""
_POINTS = 65  # of a range over which the values of an expression are taken

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
    numbers. Intervals are those of `memsim.metrics.intervals`, whichever comes first:

    - of a single share of reads: the values of the expression over the interval of the share;
    - of means of the same images: the bootstrap-t interval, or that of `seed_interval` for fewer than 10 images, with
      the standard error of the expression by the delta method (Efron & Tibshirani, An Introduction to the Bootstrap,
      1993, sections 12.5 and 21.8);
    - of others, such as medians and ranks: percentiles 2.5 and 97.5 of the resamples (chapter 13 there).
    """

    def __init__(self, study: Study, runs: Mapping[Group, Run]) -> None:
        self._quantities = study.spec.quantities
        self._runs = runs
        self.point = cache(self._point)
        self._resamples = cache(self._resample)

    def interval(self, expression: Expression) -> Measured:
        """An expression with its interval over images, and its standard deviation over resampled ones."""
        value = float(expression.evaluate({name: self.point(name) for name in expression.names}))
        if not expression.names:
            return Measured(value, value, value)
        drawn = expression.evaluate({name: self._resamples(name) for name in expression.names})
        with np.errstate(all="ignore"):
            error = float(drawn.std())
            images = min(len(self._columns(name)) for name in expression.names)
            if images < 2:
                return Measured(value, np.nan, np.nan, error, images=images)
            for method, ends in (("share", self._of_share), ("mean", self._of_means)):
                limits = ends(expression)
                if limits is not None:
                    return Measured(value, *limits, error, method, images)
            low, high = np.percentile(drawn, [2.5, 97.5])
            extreme = any(self._quantities[name].statistic in ("min", "max") for name in expression.names)
            # Equal resamples have an interval of no width, by any method.
            method = "" if not low < high else "extreme" if extreme else "percentile"
            return Measured(value, float(low), float(high), error, method, images)

    def _of_share(self, expression: Expression) -> tuple[float, float] | None:
        """Ends for a single mean of yes and no: those of the expression over the interval of the share."""
        name, *others = expression.names
        quantity, _ = self._run(name)
        if others or quantity.seed_spread or quantity.statistic != "mean" or not VARIABLES[quantity.variable].flags:
            return None
        _, low, high = share_interval(self._columns(name))
        values = expression.evaluate({name: np.linspace(low, high, _POINTS)})
        return float(values.min()), float(values.max())

    def _of_means(self, expression: Expression) -> tuple[float, float] | None:
        """Ends for means of the same images; None for others, and where the expression does not move with them."""
        names = sorted(expression.names)
        runs = [self._run(name) for name in names]
        if any(quantity.seed_spread or quantity.statistic != "mean" for quantity, _ in runs):
            return None
        columns = [self._columns(name) for name in names]
        if len({(len(column), run.seeds[0]) for column, (_, run) in zip(columns, runs, strict=True)}) > 1:
            return None
        ends = interval_of_function(
            np.stack(columns, axis=1),
            lambda means: expression.evaluate(dict(zip(names, means, strict=True))),
            runs[0][1].seeds[0],
        )
        if ends is None:
            return None
        low, high = ends[1:]
        bounds = VARIABLES[runs[0][0].variable].bounds
        if len(names) == 1 and np.isfinite(bounds).all():
            allowed = expression.evaluate({names[0]: np.linspace(*bounds, _POINTS)})
            low, high = max(low, float(allowed.min())), min(high, float(allowed.max()))
        return low, high

    def _columns(self, name: str) -> np.ndarray:
        """Mean of each image over its reads."""
        quantity, run = self._run(name)
        return values_of(run.datasets[0], quantity).mean(axis=1)

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
    statistics = []
    for block in resampled_images(len(values), seed, RESAMPLES):
        # A block has many resamples of few images, or few of many; with their reads it may be too large at once.
        rows = max(1, (1 << 23) // values.size)
        statistics += [_statistic(values[block[i : i + rows]], statistic) for i in range(0, len(block), rows)]
    return np.concatenate(statistics)


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
