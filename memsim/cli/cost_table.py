"""Tables of energy, time and area for the terminal."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.cli.console import console, table
from memsim.costs import with_plain_names
from memsim.energy.architecture import Architecture
from memsim.energy.cost import Prices
from memsim.errors import MemsimError, printable
from memsim.results.component_tables import NOTES, held_table
from memsim.results.settings import any_settings_of
from memsim.tasks.energy_variables import LEARNERS, energy_names
from memsim.units import format_quantity

if TYPE_CHECKING:
    import xarray as xr

_DIGITS, _MOST, _LEAST = 3, 3, 0.005
_NAME = 21
"""Narrowest column of names."""
_INFERENCE = ("energy", "range", "time", "TOPS/W", "area")
_PHASES = ("training", "program-\nming")


def print_costs(dataset: xr.Dataset) -> None:
    """Print what an inference, the training and the programming of each of the compared cost, and of what costs are."""
    names, screen = energy_names(dataset.variables) or LEARNERS, console()
    dataset = with_plain_names(dataset)
    what = "One inference" if names is LEARNERS else f"One inference ({names.inference})"
    screen.print(f"\n{what}; the range is that of the uncertainty of the components")
    screen.print(_inference(dataset))
    screen.print(f"\nTraining and programming {names.writing}, and the largest parts of an inference")
    screen.print(_phases(dataset))
    for word, text in _notes(dataset).items():
        screen.print(f"{word:<9}{printable(text)}", soft_wrap=True)


def _inference(dataset: xr.Dataset) -> Any:
    """Energy, time and area of one inference on crossbars, and the energy of networks in a digital processor."""
    compared = str(dataset["phase_energy"].dims[0])
    rows = _rows(dataset[compared].values, *_INFERENCE)
    for number, label in enumerate(dataset[compared].values):
        one = dataset.isel({compared: number})
        if np.isfinite(one["phase_energy"].values).any():
            inference = one.sel(phase="inference")
            per_joule = float(one["inference_efficiency"].mean())
            rows.add_row(
                printable(str(label)),
                _quantity(float(inference["phase_energy"].mean()), "J"),
                between(inference["phase_energy_range"].values, "J"),
                _quantity(float(inference["phase_time"].mean()), "s"),
                _per_watt(per_joule),
                _quantity(float(one["array_area"]), "m^2"),
            )
        elif _in_processor(one):
            inference = one.sel(phase="inference")
            energy = _quantity(float(inference["processor_energy"].mean()), "J")
            ends = between(inference["processor_energy_range"].values, "J")
            time, area = (
                _quantity(float(values[name]), unit) if name in values else "-"
                for values, name, unit in ((inference, "processor_time", "s"), (one, "processor_area", "m^2"))
            )
            per_joule = float(one["processor_efficiency"].mean()) if "processor_efficiency" in one else float("nan")
            rows.add_row(f"{printable(str(label))}, digital", energy, ends, time, _per_watt(per_joule), area)
    return rows


def _phases(dataset: xr.Dataset) -> Any:
    """Energy of the training, the programming and until an accuracy, and the largest parts of an inference."""
    compared = str(dataset["phase_energy"].dims[0])
    spec = any_settings_of(dataset) if "experiment" in dataset.attrs else None  # combined results have several
    least = getattr(getattr(spec, "energy", None), "accuracy", None)
    until = ("energy_to_accuracy" in dataset and least is not None) * (f"until\n{100 * (least or 0):g} %",)
    rows = _rows(dataset[compared].values, *_PHASES, *until, "largest parts")
    rows.columns[-1].justify = "left"
    for number, label in enumerate(dataset[compared].values):
        one = dataset.isel({compared: number})
        crossbars = np.isfinite(one["phase_energy"].values).any()
        if not crossbars and not _in_processor(one):
            continue
        energies = one["phase_energy" if crossbars else "processor_energy"].mean("repeat")
        cells = [_quantity(float(energies.sel(phase=phase)), "J") for phase in ("training", "programming")]
        if until:
            cells.append(_quantity(_mean_of_known(one["energy_to_accuracy"].values), "J"))
        name = printable(str(label)) + ("" if crossbars else ", digital")
        rows.add_row(name, *cells, largest_parts(one["phase_energy_part"].sel(phase="inference")))
    return rows


def _notes(dataset: xr.Dataset) -> dict[str, str]:
    """What costs are of: the component table, parts, and bits."""
    parts = dataset["phase_energy_part"]
    known = np.isfinite(parts.values).any(axis=tuple(range(parts.ndim - 1)))
    names = [str(name) for name in parts["part"].values]
    counted = ", ".join(name for name, own in zip(names, known, strict=True) if own)
    # Arrays with transistors have no half-selected cells.
    missing = ", ".join(
        name for name, own in zip(names, known, strict=True) if not own and name != "half-selected cells"
    )
    table_name, unsure = _table(dataset, [name for name, own in zip(names, known, strict=True) if own])
    notes = {"Costs": table_name, "Included": counted, "Left out": missing}
    notes["Range"] = unsure and f"the table does not say how uncertain these are, so they count as exact: {unsure}"
    notes["TOPS/W"] = f"two operations a multiply-accumulate; {_bits(dataset)}"
    if "processor_energy" in dataset:
        notes["Digital"] = "multiply-accumulates and least traffic to memory: a lower bound, see docs/energy.md"
    notes["Note"] = str(dataset.attrs.get(NOTES, ""))
    return {word: text for word, text in notes.items() if text}


def _table(dataset: xr.Dataset, parts: list[str]) -> tuple[str, str]:
    """The component table of a result and the node, and those of some parts whose uncertainty it does not say."""
    try:
        held = held_table(dataset)
        unsure = Prices(held.table.at(held.node), Architecture()).unsure(parts)
    except MemsimError:
        return "", ""
    name = f"table {held.table.name}"
    name = name if held.node is None else f"{name} at {format_quantity(held.node, 'm', _DIGITS)}"
    return name, ", ".join(unsure)


def _bits(dataset: xr.Dataset) -> str:
    """Bits of the converters of all layers, in words."""
    sizes: dict[str, set[int | None]] = {"dac_bits": set(), "adc_bits": set()}
    for text in dataset["circuits"].values if "circuits" in dataset.coords else ():
        try:
            for entry in json.loads(str(text)):
                for key, own in sizes.items():
                    own.add(entry[key] if isinstance(entry[key], int) else None)
        except (ValueError, TypeError, KeyError, RecursionError):
            continue
    return ", ".join(
        f"{what} {_few(own)}" for what, own in zip(("inputs", "outputs"), sizes.values(), strict=True) if own
    )


def _few(sizes: set[int | None]) -> str:
    known = sorted(size for size in sizes if size is not None)
    words = [f"{known[0]} bits" if known[0] == known[-1] else f"{known[0]} to {known[-1]} bits"] if known else []
    return " or ".join([*words, *(["without converters"] if None in sizes else [])])


def largest_parts(parts: xr.DataArray) -> str:
    """The largest shares of the energies of parts."""
    known = parts.dropna("part")
    total = float(known.sum())
    if not total > 0:
        return "-"
    order = [i for i in np.argsort(known.values)[::-1][:_MOST] if known.values[i] > _LEAST * total]
    return ", ".join(f"{known['part'].values[i]} {100 * known.values[i] / total:.0f} %" for i in order)


def _in_processor(one: xr.Dataset) -> bool:
    return "processor_energy" in one and bool(np.isfinite(one["processor_energy"].values).any())


def _mean_of_known(values: np.ndarray) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")


def _rows(names: np.ndarray, *headings: str) -> Any:
    rows = table("", *headings, right=headings)
    rows.columns[0].min_width = min(_NAME, max((len(str(name)) for name in names), default=0))
    return rows


def between(ends: np.ndarray, unit: str) -> str:
    """A range in one unit, such as "0.21 to 0.7 nJ"."""
    low, high = (float(end) for end in ends)
    if not np.isfinite([low, high]).all() or not high > 0:
        return "-"
    number, _, symbol = format_quantity(high, unit, _DIGITS).partition(" ")
    return f"{float(number) / high * low:.{_DIGITS}g} to {number} {symbol}"


def _per_watt(per_joule: float) -> str:
    """Tera-operations per second and watt."""
    return "-" if np.isnan(per_joule) else f"{per_joule / 1e12:.3g}"


def _quantity(value: float, unit: str) -> str:
    return "-" if np.isnan(value) else format_quantity(value, unit, _DIGITS)
