"""Tables of the evaluation of a network for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memsim.cli.console import WIDE, console, table
from memsim.cli.network_costs import print_network_costs
from memsim.errors import printable
from memsim.metrics.intervals import seed_interval
from memsim.results.dataset import VARIABLES, require, stored
from memsim.results.hardware import hardware_of, setting_text
from memsim.tasks.base import Metric
from memsim.tasks.network import LAYER_METRICS, SCORES, score_label
from memsim.units import moment

if TYPE_CHECKING:
    import xarray as xr
    from rich.table import Table

_FACTS = (
    *("notes", "compensation", "seed", "backend", "created", "memsim_version", "python_version", "machine"),
    *("weights_sha256", "samples_sha256"),
)


def print_network(dataset: xr.Dataset) -> None:
    """Print the accuracy at each time, what limits it in each layer, costs by a component table, and the provenance.

    Raises
    ------
    OutputError
        If the result is not whole.
    """
    require(dataset, "time", "layer", "device", *(metric.variable for metric in LAYER_METRICS))
    scores = [metric for metric in SCORES if metric.variable in dataset]
    require(dataset, *(metric.variable for metric in scores or SCORES[:1]))
    screen = console(width=WIDE)
    screen.print(printable(stored(dataset, "title")), style="bold")
    for metric in scores:
        screen.print()
        screen.print(_over_time(dataset, metric))
    count = dataset.sizes["time"]
    for time, which in {0: "first", count - 1: "last"}.items():
        place = f", the {which} of {count} times (layers: first and last time only)" if count > 2 else ""
        screen.print(f"\nLayers {moment(float(dataset.time[time]))} after programming{place}")
        screen.print(_of_layers(dataset.isel(time=time)))
    repeats = dataset.sizes["repeat"]
    text = f"Means of {repeats} programmings; ±: their standard deviation." if repeats > 1 else "One programming."
    screen.print(f"\n{text}", soft_wrap=True)
    if "total_energy" in dataset:
        print_network_costs(dataset)
        screen.print()
    for key in _FACTS:
        for line in str(dataset.attrs.get(key, "")).splitlines():
            screen.print(f"{key:<16} {printable(line)}", soft_wrap=True)
    for text, names in hardware_in_words(dataset).items():
        screen.print(f"{'hardware':<16} {printable(f'{text} ({names})')}", soft_wrap=True)


def hardware_in_words(dataset: xr.Dataset) -> dict[str, str]:
    """Settings of the hardware that differ from none, as text, and the layers that have them."""
    layers: dict[str, list[str]] = {}
    for name, own in hardware_of(dataset).items():
        text = "; ".join(
            f"{key}: {setting_text(value)}" for key, value in own.items() if value not in (None, 0, [], ())
        )
        layers.setdefault(text, []).append(name)
    return {
        text: "all layers" if len(layers) == 1 else f"layer{'s' * (len(names) > 1)} {', '.join(names)}"
        for text, names in layers.items()
    }


def _over_time(dataset: xr.Dataset, metric: Metric) -> Table:
    """Table of a metric (repeat, time)."""
    values = metric.factor * dataset[metric.variable].values
    several = len(values) > 1
    unit = f" [{metric.unit}]" * bool(metric.unit)
    headings = (
        f"{printable(score_label(dataset.attrs, metric))}{unit}",
        *(("±", "95 % interval", "least", "most") if several else ()),
    )
    rows = table("time", *headings, right=headings)
    bounds = VARIABLES[metric.variable].bounds
    means, lows, highs = seed_interval(values, 0, (metric.factor * bounds[0], metric.factor * bounds[1]))
    for seconds, own, mean, low, high in zip(dataset.time.values, values.T, means, lows, highs, strict=True):
        least, most, mean, low, high = (f"{number:{metric.form}}" for number in (own.min(), own.max(), mean, low, high))
        more = (_deviation(own, metric), f"[{low}, {high}]", least, most) if several else ()
        rows.add_row(moment(float(seconds)), mean, *more)
    return rows


def _of_layers(dataset: xr.Dataset) -> Table:
    """Table of all metrics (repeat, layer) of layers."""
    shown = [metric for metric in LAYER_METRICS if np.isfinite(dataset[metric.variable].values).any()]
    headings = [f"{metric.label} [{metric.unit}]" for metric in shown]
    rows = table("layer", "device", *headings, right=tuple(headings))
    for place, (layer, device) in enumerate(zip(dataset.layer.values, dataset.device.values, strict=True)):
        cells = []
        for metric in shown:
            values = metric.factor * dataset[metric.variable].values[:, place]
            deviation = _deviation(values, metric)
            cells.append(
                f"{values.mean():{metric.form}}{f' ± {deviation}' if deviation else ''}"
                if np.isfinite(values).all()
                else ""
            )
        rows.add_row(printable(layer), printable(device), *cells)
    return rows


def _deviation(values: np.ndarray, metric: Metric) -> str:
    """Standard deviation over programmings; empty for one."""
    return f"{values.std(ddof=1):{metric.form}}" if len(values) > 1 and np.isfinite(values).all() else ""
