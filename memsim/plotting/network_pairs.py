"""Two evaluations of networks side by side: what changed at each time, and which settings differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memsim.errors import OutputError
from memsim.metrics.intervals import seed_interval
from memsim.plotting.pairs import Change, Comparison, Measured, Pair
from memsim.results.dataset import VARIABLES, require, source
from memsim.results.differences import differing
from memsim.results.hardware import differing_hardware, hardware_of
from memsim.results.settings import device_texts
from memsim.tasks.base import Metric
from memsim.tasks.network import LAYER_METRICS, SCORES
from memsim.units import moment

if TYPE_CHECKING:
    import xarray as xr


def compare_networks(a: xr.Dataset, b: xr.Dataset) -> Comparison:
    """What differs between two evaluations, at each time that both have.

    Values are means over programmings; those of layers are means over the layers, too.

    Raises
    ------
    OutputError
        If one is not a whole result, or they have no time or no metric in common.
    """
    score = shared_score(a, b)
    left, right = ([moment(float(time)) for time in dataset.time.values] for dataset in (a, b))
    pairs = []
    for i, name in enumerate(left):
        if name in right:
            j = right.index(name)
            metrics = {score: score.label} | {metric: f"{metric.label}, layers" for metric in LAYER_METRICS}
            changes = [_change(a, i, b, j, metric, label) for metric, label in metrics.items()]
            known = [change for change in changes if np.isfinite([change.a.value, change.b.value]).all()]
            pairs.append(Pair(name, name, (i, j), tuple(known)))
    if not pairs:
        texts = [f"{source(one)} has the times {', '.join(own)}" for one, own in ((a, left), (b, right))]
        raise OutputError(f"{texts[0]} and {texts[1]}; there is nothing to compare")
    hashes = [dataset.attrs.get("samples_sha256") for dataset in (a, b)]
    return Comparison(
        tuple(pairs),
        True,
        tuple(name for name in left if name not in right),
        tuple(name for name in right if name not in left),
        tuple(_settings(a, b)),
        hashes[0] == hashes[1] if all(hashes) else None,
    )


def shared_score(a: xr.Dataset, b: xr.Dataset) -> Metric:
    """What both networks achieve: their accuracy, or the metric of the user.

    Raises
    ------
    OutputError
        If they have different ones, or are not whole.
    """
    for dataset in (a, b):
        require(dataset, "time", "layer", *(metric.variable for metric in LAYER_METRICS))
    for score in SCORES:
        if score.variable in a and score.variable in b and a.attrs.get("metric") == b.attrs.get("metric"):
            return score
    texts = [f"{source(dataset)} has the metric '{dataset.attrs.get('metric', 'unknown')}'" for dataset in (a, b)]
    raise OutputError(f"{texts[0]} and {texts[1]}; there is nothing to compare")


def _change(a: xr.Dataset, i: int, b: xr.Dataset, j: int, metric: Metric, label: str) -> Change:
    return Change(label, metric.unit, metric.form, _measured(a, i, metric), _measured(b, j, metric))


def _measured(dataset: xr.Dataset, time: int, metric: Metric) -> Measured:
    """Mean over programmings and layers at a time, with its interval over programmings."""
    values = dataset[metric.variable].values[:, time]
    values = values if values.ndim == 1 else _finite_mean(values)
    bounds = VARIABLES[metric.variable].bounds
    return Measured(*(metric.factor * float(number) for number in seed_interval(values, 0, bounds)))


def _finite_mean(values: np.ndarray) -> np.ndarray:
    """Mean over the layers (repeat, layer) that have the quantity; NaN if none has."""
    known = np.isfinite(values).all(0)
    return values[:, known].mean(1) if known.any() else np.full(len(values), np.nan)


def _settings(a: xr.Dataset, b: xr.Dataset) -> list[tuple[str, str, str]]:
    """Settings of the hardware, weights, devices and versions that differ."""
    first, second = hardware_of(a), hardware_of(b)
    shared = [name for name in first if name in second]
    layers: dict[tuple[str, str, str], list[str]] = {}
    for name in shared:
        for row in differing_hardware(first[name], second[name]):
            layers.setdefault(row, []).append(name)
    rows = [
        (f"{', '.join(names)}: {key}" if len(names) < len(shared) else key, one, other)
        for (key, one, other), names in layers.items()
    ]
    rows += differing(*({"layers": ", ".join(own)} for own in (first, second)))
    if a.attrs.get("weights_sha256") != b.attrs.get("weights_sha256"):
        rows.append(("weights", "one", "another"))
    devices = [device_texts(str(dataset.attrs.get("devices", "{}"))) for dataset in (a, b)]
    rows += [
        (f"profile of {name}", "one", "another")
        for name, text in devices[0].items()
        if devices[1].get(name, text) != text
    ]
    keys = ("compensation", "memsim_version", "backend")
    return rows + differing(*({key: dataset.attrs.get(key) for key in keys} for dataset in (a, b)))
