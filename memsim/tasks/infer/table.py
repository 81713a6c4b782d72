"""Tables of networks on crossbars for the terminal: the digital accuracy first, then that of every learner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.cli.console import console, table
from memsim.cli.cost_table import print_costs
from memsim.cli.time_table import print_over_time
from memsim.errors import printable
from memsim.results.dataset import require, stored
from memsim.results.settings import NETWORK_HASHES, NETWORKS, settings_of, texts_of
from memsim.tasks.infer.schema import InferSpec

if TYPE_CHECKING:
    import xarray as xr

_ROWS = (
    ("test_accuracy", "test accuracy", "{:.2f} %", 100.0),
    ("accuracy_loss", "loss by the hardware", "{:.2f} %", 100.0),
    ("weight_error", "weight error", "{:.4f}", 1.0),
    ("product_snr", "SNR of products, dB", "{:.1f}", 1.0),
)
_OF_LAYERS = (
    ("layer_snr", "SNR, dB", "{:.1f}", 1.0),
    ("layer_clipped_inputs", "inputs clipped", "{:.3f} %", 100.0),
    ("layer_saturated_outputs", "outputs saturated", "{:.3f} %", 100.0),
)
_FACTS = (("parameters", "parameters"), ("cells", "cells"), ("operations", "operations an image"))


def print_overview(dataset: xr.Dataset) -> None:
    """Print the digital accuracy, and accuracy, loss, weight error, SNR and converters of every learner."""
    require(dataset, "learner", "repeat", "digital_accuracy", "chance_accuracy", "test_accuracy_interval")
    require(dataset, *(f"{name}_mean" for name, *_ in _ROWS))
    settings = settings_of(dataset, InferSpec)
    screen = console()
    screen.print(printable(stored(dataset, "title") or settings.name), style="bold")
    screen.print()
    shares = sorted({f"{100 * float(value):.2f} %" for value in dataset.digital_accuracy.values})
    chance = 100 * float(dataset.chance_accuracy.values.max())
    if len(shares) == 1:
        screen.print(f"Digital accuracy {shares[0]}; guessing would reach {chance:.1f} %")
        screen.print()
    beyond = [
        (name, heading)
        for name, heading in (
            ("layer_clipped_inputs", "inputs\nclipped"),
            ("layer_saturated_outputs", "outputs\nsaturated"),
        )
        if name in dataset and np.isfinite(dataset[name].values).any()
    ]
    differ = len(shares) > 1
    fixed = ("on array", "loss", "weight\nerror", "products\nSNR, dB")
    headings = (*(["digital"] if differ else []), *fixed, *(text for _, text in beyond))
    rows = table("", *headings, right=headings)
    for learner in dataset.learner.values:
        part = dataset.sel(learner=learner)
        half = 50 * float(part.test_accuracy_interval.diff("interval").item())
        spread = f" ± {half:.2f}" if half == half else ""
        rows.add_row(
            printable(learner),
            *([f"{100 * float(part.digital_accuracy):.2f} %"] if differ else []),
            f"{100 * float(part.test_accuracy_mean):.2f}{spread} %",
            f"{100 * float(part.accuracy_loss_mean):.2f} %",
            f"{float(part.weight_error_mean):.4f}",
            f"{float(part.product_snr_mean):.1f}",
            *(_largest(part[name]) for name, _ in beyond),
        )
    screen.print(rows)
    if "phase_energy" in dataset:
        print_costs(dataset)
    if "time" in dataset.dims:
        require(dataset, "aged_accuracy_mean")
        names = [str(name) for name in dataset.learner.values]
        values = 100 * dataset.aged_accuracy_mean.transpose("learner", "time").values
        print_over_time("Accuracy over time", names, dataset.time.values, values, "{:.2f} %")


def _largest(shares: xr.DataArray) -> str:
    """Mean share over programmings of the layer where it is largest, in percent."""
    means = shares.mean("repeat").values
    return f"{100 * np.nanmax(means):.2f} %" if np.isfinite(means).any() else "-"


def print_metrics(dataset: xr.Dataset) -> None:
    """Print all numbers of each learner, and the SNR and the limits of converters of each of its layers."""
    facts = [name for name, _ in _FACTS]
    require(dataset, "learner", "repeat", "layer", "layer_snr", "device", "digital_accuracy", *facts)
    require(dataset, *(f"{name}_{part}" for name, *_ in _ROWS for part in ("mean", "interval")))
    screen = console()
    screen.print(printable(stored(dataset, "title") or settings_of(dataset, InferSpec).name), style="bold")
    for learner in dataset.learner.values:
        part = dataset.sel(learner=learner)
        rows = table("", "mean", "95 % interval", right=("mean", "95 % interval"))
        rows.add_row("digital accuracy", f"{100 * float(part.digital_accuracy):.2f} %", "")
        for name, text, form, factor in _ROWS:
            low, high = (factor * float(end) for end in part[f"{name}_interval"])
            ends = "" if np.isnan(low) else f"{form.format(low)} to {form.format(high)}"
            rows.add_row(text, form.format(factor * float(part[f"{name}_mean"])), ends)
        for name, text in _FACTS:
            rows.add_row(text, f"{float(part[name]):,.0f}", "")
        screen.print(f"\n{printable(learner)} on {printable(part.device.values)}")
        screen.print(rows)
        screen.print(_layers(part))


def _layers(part: xr.Dataset) -> Any:
    """Means over programmings of each layer of a learner."""
    headings = [heading for name, heading, *_ in _OF_LAYERS if name in part]
    rows = table("layer", *headings, right=tuple(headings))
    for layer in part.layer.values:
        values = [
            (form, factor * float(part[name].sel(layer=layer).mean("repeat")))
            for name, _, form, factor in _OF_LAYERS
            if name in part
        ]
        if any(value == value for _, value in values):
            rows.add_row(printable(layer), *(form.format(value) if value == value else "-" for form, value in values))
    return rows


def print_notes(dataset: xr.Dataset) -> None:
    """Print what the numbers of the tables mean."""
    settings = settings_of(dataset, InferSpec)
    screen = console()
    for line in (
        f"Accuracy of the test images; mean and 95 % interval over {settings.repeats} programmings",
        "Loss     digital accuracy minus that on the array",
        "SNR      of the products of the layer where it is smallest",
        "Clipped  share of inputs beyond the range of the DACs, in the layer with the largest; outputs likewise",
    ):
        screen.print(line, soft_wrap=True)
    for text in _networks(dataset):
        screen.print(f"Network  {printable(text)}", soft_wrap=True)


def _networks(dataset: xr.Dataset) -> list[str]:
    """Files of the networks with their hashes, each once; nothing where a result does not state them."""
    names, hashes = texts_of(dataset, NETWORKS), texts_of(dataset, NETWORK_HASHES)
    return list(dict.fromkeys(f"{name}, hash {hashes.get(label, '')[:12]}" for label, name in names.items()))
