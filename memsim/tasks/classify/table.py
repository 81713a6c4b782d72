"""Tables of a classification for the terminal: all learners side by side, or each with all its metrics."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from memsim.cli.console import console, table
from memsim.cli.cost_table import print_costs
from memsim.cli.time_table import print_over_time
from memsim.errors import printable
from memsim.results.dataset import NO_DEVICE, require, stored
from memsim.results.settings import settings_of
from memsim.tasks.classify.confidence_table import print_confidence, print_monitor
from memsim.tasks.classify.schema import ClassifySpec
from memsim.units import format_quantity, moment, rounded_moment

if TYPE_CHECKING:
    import xarray as xr

# Rows of a learner's own table: result variable, label, format, factor.
_ROWS = (
    ("test_accuracy", "test accuracy", "{:.1f} %", 100.0),
    ("validation_accuracy", "validation accuracy", "{:.1f} %", 100.0),
    ("train_accuracy", "training accuracy", "{:.1f} %", 100.0),
    ("noise_mean_accuracy", "accuracy under noise", "{:.1f} %", 100.0),
    ("mean_corruption_error", "mean corruption error", "{:.3f}", 1.0),
    ("mean_relative_corruption_error", "the same, relative to clean", "{:.3f}", 1.0),
    ("test_normalised_margin", "normalised margin", "{:.3f}", 1.0),
    ("test_geometric_margin", "geometric margin", "{:.4f}", 1.0),
    ("test_margin", "margin", "{:.4g}", 1.0),
    ("test_lead", "lead, top - runner-up", "{:.4g}", 1.0),
    ("test_snr", "SNR, top / runner-up", "{:.3g}", 1.0),
    ("snr_ill_conditioned", "ill-conditioned ratios", "{:.0f} %", 100.0),
    ("calibration_error", "calibration error, unscaled", "{:.3f}", 1.0),
    ("scaled_calibration_error", "calibration error, scaled", "{:.3f}", 1.0),
    ("epochs", "epochs", "{:.1f}", 1.0),
    ("training_operations", "training operations", "{:.3g}", 1.0),
    ("training_pulses_set", "set pulses", "{:,.0f}", 1.0),
    ("training_pulses_reset", "reset pulses", "{:,.0f}", 1.0),
    ("weight_error", "weight error", "{:.3f}", 1.0),
    ("product_snr", "SNR of products, dB", "{:.1f}", 1.0),
)
_ABSENT = ("product_snr", "mean_relative_corruption_error")
"""Rows of variables that a result may lack: not all learners have one, older versions did not measure the other."""
_RADII = 5
"""Radii of attacks that fit into the table side by side."""
_FACTS = (("parameters", "parameters"), ("cells", "cells"), ("operations", "operations an image"))


def print_overview(dataset: xr.Dataset) -> None:
    """Print the learners side by side: accuracy on clean, noisy and perturbed images, margin, calibration, pulses."""
    require(dataset, "learner", "repeat", "test_accuracy_mean", "test_accuracy_interval", "perturbed_accuracy")
    settings = settings_of(dataset, ClassifySpec)
    epsilon = float(dataset.epsilon[dataset.sizes["epsilon"] // 2])
    worst = f"worst\n±{epsilon:g}"
    on_crossbars = "product_snr_mean" in dataset
    fourth = "products\nSNR, dB" if on_crossbars else "margin,\nnorm."
    headings = ("test\naccuracy", "under\nnoise", worst, fourth, "calib.\nerror")
    rows = table("", *headings, right=headings)
    rows.columns[0].min_width = min(27, max(len(str(name)) for name in dataset.learner.values))
    for learner in dataset.learner.values:
        part = dataset.sel(learner=learner)
        half = 50 * float(part.test_accuracy_interval.diff("interval").item())
        spread = f" ± {half:.1f}" if half == half else ""
        rows.add_row(
            printable(learner),
            f"{100 * float(part.test_accuracy_mean):.1f}{spread} %",
            _percent(part.noise_mean_accuracy_mean),
            _percent(part.perturbed_accuracy.sel(epsilon=epsilon).mean("repeat")),
            _products(part) if on_crossbars else f"{float(part.test_normalised_margin_mean):.3f}",
            f"{float(part.scaled_calibration_error_mean):.3f}",
        )
    screen = console()
    screen.print(printable(stored(dataset, "title") or settings.name), style="bold")
    screen.print()
    screen.print(rows)
    if "attacked_accuracy" in dataset:
        _print_attacks(dataset)
    if "test_unsafe_mean" in dataset:
        print_confidence(dataset)
    if "network_success_mean" in dataset:
        _print_programming(dataset)
    if "phase_energy" in dataset:
        print_costs(dataset)
    if "time" in dataset.dims:
        _print_over_time(dataset)


def _print_attacks(dataset: xr.Dataset) -> None:
    """Print the accuracy under both attacks, by expected outputs, for the first radii."""
    require(dataset, "attack", "epsilon", "attack_clean_accuracy")
    radii = dataset.epsilon.values[:_RADII]
    headings = ("no\nattack", *(f"\n±{radius:g}" for radius in radii))
    rows = table("one step / projected gradient", *headings, right=headings)
    for learner in dataset.learner.values:
        part = dataset.sel(learner=learner)
        shares = 100 * part.attacked_accuracy.mean("repeat").transpose("epsilon", "attack").values[: len(radii)]
        cells = (" / ".join(f"{share:.1f}" for share in own) for own in shares)
        rows.add_row(printable(learner), f"{100 * float(part.attack_clean_accuracy.mean()):.1f}", *cells)
    screen = console()
    images = settings_of(dataset, ClassifySpec).attack.images
    screen.print(f"\nAccuracy in % under attack, of expected outputs, for at most {images} test images")
    screen.print(rows)


def _percent(share: xr.DataArray) -> str:
    """A share in percent; nothing where it is not known."""
    return f"{100 * float(share):.1f} %" if share.notnull() else ""


def _print_programming(dataset: xr.Dataset) -> None:
    """Print what write and verify took of networks, and how precise it is."""
    names = (
        "pulses_mean",
        "pulses_95",
        "verify_reads",
        "programming_time",
        "programming_energy",
        "state_error",
        "success",
    )
    require(dataset, *(f"network_{name}_mean" for name in names))
    headings = ("pulses\nof a cell", "95 %", "reads", "time", "energy", "error of\nstates", "accepted")
    rows = table("write and verify", *headings, right=headings)
    for learner in dataset.learner.values:
        part = dataset.sel(learner=learner)
        pulses, most, reads, time, energy, error, success = (float(part[f"network_{name}_mean"]) for name in names)
        if success == success:
            rows.add_row(
                printable(learner),
                f"{pulses:.3g}",
                f"{most:.3g}",
                f"{reads:.3g}",
                format_quantity(time, "s", 3),
                format_quantity(energy, "J", 3),
                f"{100 * error:.2f} %",
                f"{100 * success:.2f} %",
            )
    screen = console()
    screen.print("\nTime and energy are those of all cells of a network, one cell after the other.")
    screen.print(rows)


def _print_over_time(dataset: xr.Dataset) -> None:
    """Print the accuracy of learners on cells at some times, when it has fallen by one point, and refreshes."""
    require(dataset, "aged_accuracy_mean", "mean_lifetime", "lifetime", "refreshes")
    last = float(dataset.time[-1])

    def moments(ends: np.ndarray) -> list[str]:
        return [f"> {moment(last)}" if end == np.inf else rounded_moment(end) if end == end else "" for end in ends]

    more = [("falls by\n1 point", moments(dataset.mean_lifetime.values))]
    if dataset.sizes["repeat"] > 1:
        least, most = (moments(ends) for ends in (dataset.lifetime.values.min(1), dataset.lifetime.values.max(1)))
        more.append(("single\nseeds", [f"{low} to\n{high}" for low, high in zip(least, most, strict=True)]))
    if (dataset.refreshes > 0).any():
        more.append(("re-\nfreshes", [f"{count:.0f}" for count in dataset.refreshes.values]))
        if "wear_pulses_max_mean" in dataset:
            pulses = dataset.wear_pulses_max_mean.values
            more.append(("most pulses\nof a cell", ["" if count != count else f"{count:.0f}" for count in pulses]))
    text = "Test accuracy over time, and when its mean over seeds has fallen by one point"
    shares = 100 * dataset.aged_accuracy_mean.values
    print_over_time(text, list(dataset.learner.values), dataset.time.values, shares, "{:.1f} %", more)


def _products(part: xr.Dataset) -> str:
    """SNR of a learner's analog products; nothing for one that has none."""
    mean = float(part.product_snr_mean)
    return f"{mean:.1f}" if mean == mean else ""


def print_metrics(dataset: xr.Dataset) -> None:
    """Print each learner's metrics with their 95 % intervals over seeds, and the accuracy at every noise level."""
    require(dataset, "learner", "device", "noisy_accuracy", "perturbed_accuracy", *(name for name, _ in _FACTS))
    settings = settings_of(dataset, ClassifySpec)
    screen = console()
    screen.print(printable(stored(dataset, "title") or settings.name), style="bold")
    for learner in dataset.learner.values:
        part = dataset.sel(learner=learner)
        metrics = table("", "mean", "95 % interval", right=("mean", "95 % interval"))
        metrics.columns[0].min_width = 22
        for name, label, form, factor in _ROWS:
            if name in _ABSENT and f"{name}_mean" not in dataset:
                continue
            require(dataset, f"{name}_mean", f"{name}_interval")
            mean = float(part[f"{name}_mean"]) * factor
            if mean == mean:
                low, high = (form.format(factor * float(end)) for end in part[f"{name}_interval"].values)
                metrics.add_row(
                    label, form.format(mean), "" if "nan" in low else low if low == high else f"{low} to {high}"
                )
        for name, label in _FACTS:
            if float(part[name]) == float(part[name]):
                metrics.add_row(label, f"{float(part[name]):,.0f}", "")
        device = str(part.device.values)
        screen.print(f"\n{printable(learner)}{f' on {printable(device)}' if device != NO_DEVICE else ''}")
        screen.print(metrics)
        if "test_unsafe_mean" in dataset:
            print_monitor(part)
        for kind in dataset.noise_type.values:
            shares = part.noisy_accuracy.sel(noise_type=kind).mean("repeat")
            screen.print(f"{kind}  {_by_level(shares, 'noise_level')}", soft_wrap=True)
        for attack in dataset.get("attack", ()):
            require(dataset, "attacked_accuracy")
            shares = part.attacked_accuracy.sel(attack=attack).mean("repeat")
            screen.print(f"{attack.item()}  {_by_level(shares, 'epsilon')}", soft_wrap=True)


def _by_level(shares: xr.DataArray, level: str) -> str:
    """Shares in percent by their level; severity 0 is no noise."""
    texts = []
    for value, share in zip(shares[level].values, shares.values, strict=True):
        clean = " (clean)" if value == 0 else ""
        texts.append(f"{value:g}{clean}: {100 * share:.1f} %")
    return ", ".join(texts)


def print_notes(dataset: xr.Dataset) -> None:
    """Print how many seeds the means are over, and what tuning chose."""
    screen = console()
    count = dataset.sizes["repeat"]
    what = "; ± is half the 95 % interval of the mean, Student's t corrected for skewness"
    spread = what if count > 1 else "; a single one has no interval"
    screen.print(f"Seeds    {count}{spread}")
    for learner, text in zip(dataset.learner.values, dataset.get("chosen", ()), strict=False):
        chosen = json.loads(str(getattr(text, "values", text)))
        if chosen:
            values = ", ".join(f"{key}={value}" for key, value in chosen.items())
            screen.print(f"Tuned    {printable(learner)}: {printable(values)}", soft_wrap=True)
