"""Computes the experiments of the task `macro`: costs of macros from numbers of events and component tables."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

import numpy as np

from memsim.energy.components import ComponentTable
from memsim.energy.cost import PARTS
from memsim.energy.uncertainty import LIMITS
from memsim.errors import InputError
from memsim.results.component_tables import TABLES, tables_text
from memsim.tasks.compared import Entry, refused
from memsim.tasks.job import Computed, Job
from memsim.tasks.macro.costs import EVENTS, MacroCost


def macro(job: Job) -> Computed:
    """Variables of a result on the dimensions macro, part, limit and event."""
    costs = [checked(entry) for entry in job.entries]
    labels = [entry.label for entry in job.entries]
    components = [cost.prices.components for cost in costs]
    variables = {
        **_of_energy(costs),
        **_of_area(costs),
        "macro_operations": np.array([float(cost.spec.operation_count) for cost in costs]),
        "macro_time": np.array([cost.seconds for cost in costs]),
        "macro_rate": np.array([cost.rate for cost in costs]),
        "macro_event_count": np.array([list(cost.events().values()) for cost in costs]),
    }
    coordinates = {
        "part": list(PARTS),
        "limit": list(LIMITS),
        "event": list(EVENTS),
        "input_bits": np.array([cost.spec.input.bits for cost in costs]),
        "weight_bits": np.array([cost.spec.weights.bits for cost in costs]),
        "output_bits": np.array([cost.spec.output.bits for cost in costs]),
        "components": [each.table for each in components],
        "node": np.array([math.nan if each.node is None else each.node for each in components]),
    }
    left_out = {label: _left_out(cost) for label, cost in _pairs(labels, costs)}
    attributes = {"left_out": json.dumps(left_out), TABLES: tables_text(_tables(job.entries))}
    return Computed(variables, coordinates, _notes(labels, costs), attributes=attributes)


def checked(entry: Entry) -> MacroCost:
    """The costs of a macro; refused where its table does not hold, or lacks what is needed."""
    spec, experiment = entry.spec, entry.experiment
    table = _table(entry)
    try:
        components = table.at(spec.energy.node)
    except InputError as error:
        key = "energy" if spec.energy.node is None else "energy.node"
        raise refused(experiment, spec, key, str(error)) from None
    try:
        return MacroCost.of(spec, components)
    except InputError as error:
        text = str(error)
        if spec.read is None and "'cell'" in text:
            text += "; or give the macro 'read: {voltage: 0.2 V, duration: 10 ns, conductance: 10 uS}'"
        raise refused(experiment, spec, "energy.components", text) from None


def _table(entry: Entry) -> ComponentTable:
    key = f"{entry.experiment.key(entry.spec)}.energy.components"
    return entry.experiment.component_table(entry.spec.energy.components, key)


def _tables(entries: Sequence[Entry]) -> dict[str, ComponentTable]:
    """The component tables, by what the experiment calls them."""
    named = {entry.spec.energy.components: entry for entry in reversed(entries)}
    return {name: _table(entry) for name, entry in named.items()}


def _left_out(cost: MacroCost) -> dict[str, list[str]]:
    """Parts that do not count: those that the table does not have, and those that the experiment leaves out."""
    energy, area = cost.left_out()
    return {"energy": energy, "area": area, "experiment": list(cost.spec.energy.without)}


def _by_part(values: Sequence[dict[str, float]]) -> np.ndarray:
    """Values (macro, part); NaN where a macro has no such part."""
    return np.array([[each.get(part, math.nan) for part in PARTS] for each in values])


def _of_energy(costs: Sequence[MacroCost]) -> dict[str, np.ndarray]:
    operations = np.array([float(cost.spec.operation_count) for cost in costs])
    energy, limits = np.array([cost.energy for cost in costs]), np.array([cost.energy_range for cost in costs])
    parts, seconds = _by_part([cost.energies for cost in costs]), np.array([cost.seconds for cost in costs])
    with np.errstate(divide="ignore", invalid="ignore"):
        power, power_part = energy / seconds, parts / seconds[:, None]
        efficiency, efficiencies = operations / energy, operations[:, None] / limits[:, ::-1]
    timed = seconds > 0
    return {
        "macro_energy": energy,
        "macro_energy_range": limits,
        "macro_energy_part": parts,
        "macro_operation_energy": energy / operations,
        "macro_operation_energy_range": limits / operations[:, None],
        "macro_operation_energy_part": parts / operations[:, None],
        "macro_efficiency": np.where(energy > 0, efficiency, np.nan),
        "macro_efficiency_range": np.where(limits[:, ::-1] > 0, efficiencies, np.nan),
        "macro_power": np.where(timed, power, np.nan),
        "macro_power_part": np.where(timed[:, None], power_part, np.nan),
    }


def _of_area(costs: Sequence[MacroCost]) -> dict[str, np.ndarray]:
    area, limits = np.array([cost.area for cost in costs]), np.array([cost.area_range for cost in costs])
    rate = np.array([cost.rate for cost in costs])
    return {
        "macro_area": area,
        "macro_area_range": limits,
        "macro_area_part": _by_part([cost.areas for cost in costs]),
        "macro_density": rate / area,
        "macro_density_range": rate[:, None] / limits[:, ::-1],
    }


def _notes(labels: Sequence[str], costs: Sequence[MacroCost]) -> list[str]:
    """What the numbers leave out, and where a table does not fit; equal notes of several macros are one."""
    notes: dict[str, list[str]] = {}
    for label, cost in _pairs(labels, costs):
        for text in _notes_of(cost):
            notes.setdefault(text, []).append(label)
    everyone = len(costs)
    return [text if len(names) == everyone else f"{text} ({', '.join(names)})" for text, names in notes.items()]


def _notes_of(cost: MacroCost) -> list[str]:
    components, size = cost.prices.components, cost.spec.size
    energy, area = cost.left_out()
    table, notes = f"table '{components.table}'", list[str]()
    if cost.spec.energy.without:
        notes.append(f"the experiment leaves out: {', '.join(cost.spec.energy.without)}")
    if energy:
        notes.append(f"{table}, energy without: {', '.join(energy)}")
    if area:
        notes.append(f"{table}, area without: {', '.join(area)}")
    if unsure := cost.prices.unsure(cost.energies):
        notes.append(f"{table} does not say how uncertain these are, so they count as exact: {', '.join(unsure)}")
    if components.array is not None and components.array != (size.rows, size.columns):
        rows, columns = components.array
        notes.append(f"{table} holds for arrays of {rows} x {columns}, not of {size.rows} x {size.columns}")
    adc = components.adc
    if adc is not None and adc.model.lower_bound and "ADC" in cost.energies:
        notes.append(f"{table}: the energy of its ADC is a lower bound")
    if not cost.seconds:
        notes.append(f"{table} has no times, and the macro no 'read': throughput and power are not known")
    return notes


def _pairs(labels: Sequence[str], costs: Sequence[MacroCost]) -> zip[tuple[str, MacroCost]]:
    return zip(labels, costs, strict=True)
