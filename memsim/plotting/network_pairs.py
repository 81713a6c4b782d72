"""Two evaluations of networks side by side: what changed at each time, and which settings differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from memsim.errors import OutputError
from memsim.metrics.intervals import seed_interval
from memsim.plotting.changes import Change, Comparison, Measured, Pair, difference_interval
from memsim.results.dataset import VARIABLES, require, source
from memsim.results.differences import differing
from memsim.results.hardware import differing_hardware, hardware_of
from memsim.results.settings import device_texts
from memsim.tasks.base import Metric
from memsim.tasks.network import LAYER_METRICS, SCORES, score_label
from memsim.units import moment

if TYPE_CHECKING:
    import xarray as xr

FEWEST_PROGRAMMINGS = 5
"""Programmings of a network from which on intervals are printed. Those of fewer are often wider than all values."""
_MOST_LAYERS = 3
"""Layers that are listed for each metric as those that changed most."""
_PROGRAMMINGS = {"seed": "seeds", "weights_sha256": "weights", "samples_sha256": "samples"}
"""Attributes that results of the same programmings share, in words."""


def compare_networks(a: xr.Dataset, b: xr.Dataset) -> Comparison:
    """What differs between two evaluations, at each time that both have.

    Values are means over programmings; those of layers are means over the layers that both have, too. Differences are
    paired where both have the same programmings. Of the last time that both have, the layers that changed most are
    listed.

    Raises
    ------
    OutputError
        If one is not a whole result, or they have no time or no metric in common.
    """
    score = shared_score(a, b)
    left, right = ([moment(float(time)) for time in dataset.time.values] for dataset in (a, b))
    metrics = {score: score_label(a.attrs, score)}
    layers = _shared_layers(a, b)
    same_layers = len(layers) == a.sizes["layer"] == b.sizes["layer"]
    words = "layer mean" if same_layers else "mean of shared layers"
    metrics |= {metric: f"{metric.label}, {words}" for metric in LAYER_METRICS} if layers else {}
    pairs = []
    for i, name in enumerate(left):
        if name in right:
            j = right.index(name)
            changes = [_change((a, b), (i, j), metric, label, layers) for metric, label in metrics.items()]
            pairs.append(Pair(name, name, (i, j), tuple(filter(_known, changes))))
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
        tuple(_other_programmings(a, b)),
        left_out=() if layers else (("layers", "none of the same name"),),
        most_changed=_most_changed(a, b, pairs[-1]),
    )


def _other_programmings(a: xr.Dataset, b: xr.Dataset) -> list[str]:
    """Why both do not have the same programmings, as many of the same seeds, weights and samples; empty if they do."""
    reasons = [words for key, words in _PROGRAMMINGS.items() if key not in a.attrs or a.attrs[key] != b.attrs.get(key)]
    same = np.array_equal(a["repeat"].values, b["repeat"].values)
    return reasons + ([] if same else ["numbers of programmings"])


def _shared_layers(a: xr.Dataset, b: xr.Dataset) -> list[str]:
    """Names of the layers that both networks have."""
    return [name for name in a.layer.values.tolist() if name in b.layer.values.tolist()]


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


def _change(
    datasets: tuple[xr.Dataset, xr.Dataset],
    times: tuple[int, int],
    metric: Metric,
    label: str,
    layers: Sequence[str],
) -> Change:
    """A metric at a time of each result; of layers, the mean over them."""
    first, second = (_values(*where, metric, layers) for where in zip(datasets, times, strict=True))
    low, high = VARIABLES[metric.variable].bounds
    bounds = metric.factor * low, metric.factor * high
    one, other = (
        Measured.of(seed_interval(values, 0, bounds), extremes=_extremes(values)) for values in (first, second)
    )
    paired = not _other_programmings(*datasets)
    ends = difference_interval(first, second, bounds, paired=paired)
    # Of independent programmings, any two may be subtracted.
    differences = second - first if paired else (second[:, None] - first).ravel()
    few = min(len(first), len(second)) < FEWEST_PROGRAMMINGS
    extremes = (float(differences.min()), float(differences.max())) if few and len(differences) > 1 else None
    interval = Measured.of(ends, extremes=extremes)
    return Change(label, metric.unit, metric.form, one, other, interval, paired, metric.variable)


def _values(dataset: xr.Dataset, time: int, metric: Metric, layers: Sequence[str]) -> np.ndarray:
    """A metric of each programming at a time; of layers, the mean over them."""
    values = metric.factor * dataset[metric.variable].values[:, time]
    if values.ndim == 1:
        return values
    names = dataset.layer.values.tolist()
    return _finite_mean(values[:, [names.index(layer) for layer in layers]])


def _extremes(values: np.ndarray) -> tuple[float, float] | None:
    """Least and most of few programmings; None for one, and for more."""
    return (float(values.min()), float(values.max())) if 1 < len(values) < FEWEST_PROGRAMMINGS else None


def _known(change: Change) -> bool:
    """Whether both results have the metric."""
    return bool(np.isfinite([change.a.value, change.b.value]).all())


def _most_changed(a: xr.Dataset, b: xr.Dataset, pair: Pair) -> Pair | None:
    """For each metric of layers, those that changed most at a time; None if no layer or only one is in both."""
    shared = _shared_layers(a, b)
    changes: list[Change] = []
    for metric in LAYER_METRICS if len(shared) > 1 else ():
        every = [_change((a, b), pair.places, metric, f"{metric.label}, layer {name}", [name]) for name in shared]
        changed = [change for change in every if _known(change) and not change.printed_as_zero]
        changes += sorted(changed, key=lambda change: -abs(change.difference))[:_MOST_LAYERS]
    heading = f"Layers that changed most, {pair.name} after programming"
    return Pair(heading, heading, pair.places, tuple(changes)) if changes else None


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
