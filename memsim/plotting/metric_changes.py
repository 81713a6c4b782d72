"""What the metrics of a task changed by, from one of the compared in a result to one in another result."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from memsim.metrics.intervals import seed_interval
from memsim.plotting.changes import Change, Measured, difference_interval
from memsim.plotting.shared import Shared, by_severity
from memsim.results.dataset import VARIABLES
from memsim.results.metric_values import values_of
from memsim.results.settings import kind_of
from memsim.tasks.base import Metric, load_object
from memsim.tasks.variable import Variable

if TYPE_CHECKING:
    import xarray as xr


def metric_changes(
    results: tuple[xr.Dataset, xr.Dataset],
    shared: Shared,
    places: tuple[int, int],
    metrics: Sequence[Metric],
    *,
    paired: bool,
) -> tuple[Change, ...]:
    """What metrics changed by.

    Parameters
    ----------
    results : (Dataset, Dataset)
        Both results.
    shared : Shared
        The same with the severities that both have.
    places : (int, int)
        Places of one of the compared in both.
    metrics : sequence of Metric
        What both results have.
    paired : bool
        Whether values of both belong together.
    """
    return tuple(
        change
        for metric in metrics
        for label, part in parts_of(*results, metric)
        if (change := _change(results, shared, places, metric, label, part, paired)) is not None
    )


def parts_of(a: xr.Dataset, b: xr.Dataset, metric: Metric) -> Iterator[tuple[str, str]]:
    """A metric's label and no part; of one with a second dimension, each of the labels there that both results have."""
    if a[metric.variable].ndim == 1:
        yield metric.label, ""
        return
    dimension = str(a[metric.variable].dims[1])
    for one in a[dimension].values:
        if one in b[dimension].values:
            yield f"{metric.label}, {one}", str(one)


def _change(
    results: tuple[xr.Dataset, xr.Dataset],
    shared: Shared,
    places: tuple[int, int],
    metric: Metric,
    label: str,
    part: str,
    paired: bool,
) -> Change | None:
    """What a metric, or a part of it, changed by; None where neither result has a number."""
    restricted = shared.restricted and by_severity(results[0], metric)
    datasets = shared.datasets if restricted else results
    first, second = (values_of(d, metric, place, part) for d, place in zip(datasets, places, strict=True))
    if restricted and first is not None and second is not None:
        a, b = (_summary(d, metric, values) for d, values in zip(datasets, (first, second), strict=True))
    else:
        a, b = (_stored(d, metric, place, part) for d, place in zip(results, places, strict=True))
    if np.isnan([a.value, b.value]).all():
        return None
    interval = None
    if first is not None and second is not None and first.ndim and second.ndim:
        ends = difference_interval(first, second, _variable(metric).bounds, paired=paired)
        interval = Measured.of(ends, metric.factor)
    marked = _is_marked(datasets[0], metric, places[0]), _is_marked(datasets[1], metric, places[1])
    return Change(label, metric.unit, metric.form, a, b, interval, paired, metric.variable, part, marked)


def _is_marked(dataset: xr.Dataset, metric: Metric, place: int) -> bool:
    """Whether a metric of one of the compared is a mean without finite expectation."""
    return metric.marked is not None and bool(load_object(metric.marked)(dataset, metric.variable)[place])


def _variable(metric: Metric) -> Variable:
    """What is registered about the single values of a metric."""
    name = metric.variable.removesuffix("_mean")
    return VARIABLES[name if name in VARIABLES else metric.source]


def _summary(dataset: xr.Dataset, metric: Metric, values: np.ndarray) -> Measured:
    """Mean of the values (sample,) of a metric with its interval; of one number (), the number."""
    if not values.ndim:
        return Measured(metric.factor * float(values), np.nan, np.nan)
    variable, interval = _variable(metric), kind_of(dataset).interval
    if interval is None:
        return Measured.of(seed_interval(values, bounds=variable.bounds), metric.factor)
    return Measured.of(load_object(interval)(values, variable, dataset), metric.factor)


def _stored(dataset: xr.Dataset, metric: Metric, place: int, part: str) -> Measured:
    """A metric as a result states it, with its interval where it has one."""
    values = dataset[metric.variable]
    if part:
        values = values.sel({str(values.dims[1]): part})
    name = f"{metric.variable.removesuffix('_mean')}_interval"
    known = metric.variable.endswith("_mean") and name in dataset
    ends = dataset[name].values[place] if known else (np.nan, np.nan)
    value, low, high = (metric.factor * float(one) for one in (values.values[place], *ends))
    return Measured(value, low, high)
