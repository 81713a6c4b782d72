"""Measured quantities with intervals over images or repeats and spread over seeds, and arithmetic over them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache

import numpy as np

from memsim.metrics.intervals import RESAMPLES, interval_of_function, resampled_images, share_interval
from memsim.results.dataset import VARIABLES
from memsim.studies.expression import Expression
from memsim.studies.labels import interval_in, values_of
from memsim.studies.plan import Group
from memsim.studies.quantity import QuantitySpec, Statistic
from memsim.studies.runs import Run
from memsim.studies.verdict import Measured, Spread

_OF_SAMPLES: dict[str, Callable[..., np.ndarray]] = {"mean": np.mean, "min": np.min, "max": np.max}
"""Statistics over all reads that are the same statistic of those of the samples."""
_POINTS = 65  # of a range over which the values of an expression are taken
_WIDTH = 2 * 1.959963984540054
"""Width of a 95 % interval over the standard error of normal data."""

_SAME_EXPERIMENT = {"data.source", "data.samples", "data.seed", "seed", "resamples", "keep"}
"""Settings that may change without making another experiment."""


class Measurements:
    """Values of quantities and of expressions over them.

    Parameters
    ----------
    quantities : mapping of str to QuantitySpec
        The quantities of a study by name.
    runs : mapping of Group to Run
        The results that they need.

    Notes
    -----
    Samples are images or repeats, as the task says. Resamples are shared by all quantities, so that the interval of a
    ratio or a difference is that of paired numbers. Intervals are those of `memsim.metrics.intervals`, whichever comes
    first:

    - of a single mean without samples: the values of the expression over the registered interval of the result;
    - of a single share of reads: the same over the interval of the share;
    - of means of the same samples: the bootstrap-t interval, or that of `seed_interval` for fewer than 10 images, with
      the standard error of the expression by the delta method (Efron & Tibshirani, An Introduction to the Bootstrap,
      1993, sections 12.5 and 21.8);
    - of others, such as medians and ranks: percentiles 2.5 and 97.5 of the resamples (chapter 13 there).
    """

    def __init__(self, quantities: Mapping[str, QuantitySpec], runs: Mapping[Group, Run]) -> None:
        self._quantities = quantities
        self._runs = runs
        self.point = cache(self._point)
        self._resamples = cache(self._resample)

    def interval(self, expression: Expression) -> Measured:
        """An expression with its interval over samples, and its standard deviation over resampled ones."""
        value = float(expression.evaluate({name: self.point(name) for name in expression.names}))
        if not expression.names:
            return Measured(value, value, value)
        samples = min(len(self._columns(name)) for name in expression.names)
        if samples < 2:
            return self._of_result(expression, value, samples)
        drawn = expression.evaluate({name: self._resamples(name) for name in expression.names})
        with np.errstate(all="ignore"):
            error = float(drawn.std())
            for method, ends in (("share", self._of_share), ("mean", self._of_means)):
                limits = ends(expression)
                if limits is not None:
                    return Measured(value, *limits, error, method, samples)
            low, high = np.percentile(drawn, [2.5, 97.5])
            extreme = any(self._quantities[name].statistic in ("min", "max") for name in expression.names)
            # Equal resamples have an interval of no width, by any method.
            method = "" if not low < high else "extreme" if extreme else "percentile"
            return Measured(value, float(low), float(high), error, method, samples)

    def _of_result(self, expression: Expression, value: float, samples: int) -> Measured:
        """An expression with the interval that the result itself has of a single mean; without one for others."""
        name, *others = expression.names
        quantity, run = self._run(name)
        ends = None if others else interval_in(run.datasets[0], quantity)
        if ends is None:
            return Measured(value, np.nan, np.nan, 0.0, samples=samples)
        low, high = _ends(expression, name, *ends)
        return Measured(value, low, high, (high - low) / _WIDTH, "registered", samples)

    def _of_share(self, expression: Expression) -> tuple[float, float] | None:
        """Ends for a single mean of yes and no: those of the expression over the interval of the share."""
        name, *others = expression.names
        quantity, _ = self._run(name)
        if others or quantity.seed_spread or quantity.statistic != "mean" or not VARIABLES[quantity.variable].flags:
            return None
        _, low, high = share_interval(self._columns(name))
        return _ends(expression, name, float(low), float(high))

    def _of_means(self, expression: Expression) -> tuple[float, float] | None:
        """Ends for means of the same samples; None for others, and where the expression does not move with them."""
        names = sorted(expression.names)
        runs = [self._run(name) for name in names]
        if any(quantity.seed_spread or quantity.statistic != "mean" for quantity, _ in runs):
            return None
        columns = [self._columns(name) for name in names]
        pairs = zip(columns, runs, strict=True)
        if len({(len(column), run.seeds[0], run.sampled) for column, (_, run) in pairs}) > 1:
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
            least, most = _ends(expression, names[0], *bounds)
            low, high = max(low, least), min(high, most)
        return low, high

    def _columns(self, name: str) -> np.ndarray:
        """Mean of each sample over its reads."""
        return self._values(name).mean(axis=1)

    def _values(self, name: str) -> np.ndarray:
        quantity, run = self._run(name)
        return values_of(run.datasets[0], quantity, run.sampled)

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
        quantity = self._quantities[name]
        if quantity.seed_spread:
            return _relative_sd(self._each_seed(name))
        return _statistic(self._values(name)[None], quantity.statistic)[0]

    def _over_seeds(self, name: str) -> np.ndarray:
        return self.point(name) if self._quantities[name].seed_spread else self._each_seed(name)

    def _each_seed(self, name: str) -> np.ndarray:
        quantity, run = self._run(name)
        values = (values_of(dataset, quantity, run.sampled) for dataset in run.datasets)
        return np.array([_statistic(each[None], quantity.statistic)[0] for each in values])

    def _resample(self, name: str) -> np.ndarray:
        """The quantity on every resampled set; NaN for a spread over seeds, which that would overestimate."""
        quantity, run = self._run(name)
        if quantity.seed_spread:
            return np.full(RESAMPLES, np.nan)
        return _resampled(self._values(name), quantity.statistic, run.seeds[0])


def _ends(expression: Expression, name: str, low: float, high: float) -> tuple[float, float]:
    """Smallest and largest value of an expression of one number in a range."""
    values = expression.evaluate({name: np.linspace(low, high, _POINTS)})
    return float(values.min()), float(values.max())


def _resampled(values: np.ndarray, statistic: Statistic, seed: int) -> np.ndarray:
    """A statistic of (sample, read) on every resampled set of samples."""
    if statistic in _OF_SAMPLES:
        values = _OF_SAMPLES[statistic](values, axis=1)[:, None]
    statistics = []
    for block in resampled_images(len(values), seed, RESAMPLES):
        # A block has many resamples of few samples, or few of many; with their reads it may be too large at once.
        rows = max(1, (1 << 23) // values.size)
        statistics += [_statistic(values[block[i : i + rows]], statistic) for i in range(0, len(block), rows)]
    return np.concatenate(statistics)


def _statistic(values: np.ndarray, statistic: Statistic) -> np.ndarray:
    """A statistic over the last two axes (sample, read)."""
    with np.errstate(all="ignore"):  # a diverged network has infinite outputs
        if statistic == "sum":
            return np.asarray(values.sum(axis=-1).mean(axis=-1), float)  # of each sample; their mean
        return np.asarray(getattr(np, statistic)(values, axis=(-2, -1)), float)


def _relative_sd(values: np.ndarray) -> np.ndarray:
    """Standard deviation over |mean|, over the first axis; NaN for one seed."""
    if len(values) < 2:
        return np.full(values.shape[1:], np.nan)
    with np.errstate(all="ignore"):
        return values.std(axis=0, ddof=1) / np.abs(values.mean(axis=0))
