"""Computes the experiments of the task `program`: matrices are programmed into arrays, and read after times."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from memsim.energy.report import LayerEvents
from memsim.errors import InputError, MemsimError
from memsim.metrics.pulse_bins import pulse_bins, pulse_counts
from memsim.philox import MAX_ARRAYS
from memsim.tasks.compared import Entry, refused, time_notes
from memsim.tasks.energy_costs import LearnerEvents, ResultCosts
from memsim.tasks.energy_variables import ARRAYS
from memsim.tasks.job import Computed, Job, spec_of
from memsim.tasks.program.by_level import CellsByLevel, common_levels
from memsim.tasks.program.measures import Values, products, states
from memsim.tasks.program.programmed import AgingArray, Place, weights_of
from memsim.tasks.program.schema import ENDS, ProgramSpec
from memsim.tasks.program.summary import summaries
from memsim.tasks.program.targets import LeveledTargets, inputs
from memsim.tasks.programming_costs import programming

_TRIAL = MAX_ARRAYS - 1
"""Number of the array that is tried; no repeat has its random numbers."""
_KEYS = {
    "state": "array.bounds",
    "bounds": "array.bounds",
    "algorithm": "array.programming",
    "mapping": "array.mapping",
    **{name: f"array.{name}" for name in ("dac", "adc", "wires", "tile", "cycles", "dtype")},
    **{
        name: f"array.programming.{name}"
        for name in ("levels", "window", "max_pulses", "set", "reset", "delay", "rounds")
    },
    **{name: f"array.programming.{name}" for name in ("inputs", "tolerance", "max_batches")},
}
"""Where the settings lie that an error of an array begins with."""


def program(job: Job) -> Computed:
    """Variables of a result on the dimensions array, repeat, time and others."""
    spec = spec_of(job.experiment, ProgramSpec)
    costs = ResultCosts(job.experiment, ARRAYS)
    runs = []
    try:
        for entry in job.entries:
            runs.append(_programmed(entry, job))
    except MemsimError as error:
        raise type(error)(f"{job.experiment.document.name}: {error}") from None
    by_level = common_levels([run.by_level for run in runs])
    variables: Values = {name: np.stack([run.values[name] for run in runs]) for name in runs[0].values} | by_level
    bins = pulse_bins(max((int(part.max()) for run in runs for part in run.pulses if part is not None), default=0))
    variables["pulse_count"] = np.stack([pulse_counts(run.pulses, bins) for run in runs])
    events = {
        entry.label: LearnerEvents(run.events, spec_of(entry.experiment, ProgramSpec).inputs)
        for run, entry in zip(runs, job.entries, strict=True)
    }
    counted, labels = costs.variables(events, spec.repeats)
    variables |= counted
    variables |= summaries(variables)
    coordinates: dict[str, Any] = {
        "repeat": np.arange(spec.repeats),
        "time": np.array(spec.moments),
        "pulses": bins.least,
        "most_pulses": bins.most,
        "interval": ["low", "high"],
        **labels,
    }
    if by_level:
        coordinates |= {"level": np.arange(by_level["level_target"].shape[1]), "end": list(ENDS)}
    return Computed(variables, coordinates, time_notes(job.entries), attributes=costs.attributes)


def checked(entry: Entry) -> None:
    """Refuse an array that cannot be programmed or age as its settings say: try one of two cells or pairs."""
    device, spec = entry.device, entry.spec
    assert device is not None
    _check_levels(entry)
    try:
        place = Place(device, entry.seed, _TRIAL, "cpu", entry.label)
        AgingArray(place, spec.array, spec.aging, weights_of(spec.array, np.array([[-1.0, 1.0]])), np.ones((1, 1)))
    except InputError as error:
        name, _, why = str(error).partition(": ")
        key = next((key for start, key in _KEYS.items() if name == start or name.startswith(f"{start}.")), "")
        raise refused(entry.experiment, entry.spec, key or "array", why if key else str(error)) from None


def _check_levels(entry: Entry) -> None:
    """Refuse levels that the array does not have, or that are more than its cells."""
    spec = spec_of(entry.experiment, ProgramSpec)
    try:
        count = len(_shares(entry))
        if count > spec.rows * spec.columns:
            raise InputError(f"levels: {count} do not fit into {spec.rows} x {spec.columns} cells")
    except InputError as error:
        name, _, why = str(error).partition(": ")
        named = getattr(entry.spec.array.programming, "levels", None)
        if name == "bounds":
            raise refused(entry.experiment, entry.spec, "array.bounds", why) from None
        if name == "levels" and named is not None and getattr(spec.distribution, "levels", None) is None:
            raise refused(entry.experiment, entry.spec, "array.programming.levels", why) from None
        document = entry.experiment.document
        place = document.find(f"targets.{name}") or document.find("targets") or ()
        text = f"{document.where(place)}: targets.{name}: array '{entry.spec.name}': {why}"
        raise InputError(text) from None


@dataclass
class _Run:
    """What was measured of one array: variables without its dimension, also by level, pulses and events by repeat."""

    values: Values
    by_level: Values
    pulses: list[np.ndarray | None] = field(default_factory=list)
    events: list[dict[str, LayerEvents]] = field(default_factory=list)


def _programmed(entry: Entry, job: Job) -> _Run:
    """All repeats of one array."""
    spec, settings = spec_of(entry.experiment, ProgramSpec), entry.spec
    device, distribution, times = entry.device, spec.distribution, spec.moments
    assert device is not None
    once: list[Values] = []
    over_time: list[list[Values]] = []
    pulses: list[np.ndarray | None] = []
    events: list[dict[str, LayerEvents]] = []
    levels = CellsByLevel(_shares(entry), settings.array.bounds, device.spec.conductance, len(times))
    reads = refreshes = 0
    for repeat in range(spec.repeats):
        matrix = (spec.rows, spec.columns, entry.seed, repeat)
        if isinstance(distribution, LeveledTargets):
            level = distribution.places(*matrix, levels.count)
            numbers = 2.0 * levels.shares[level] - 1.0
        else:
            level, numbers = None, distribution.numbers(*matrix)
        x = inputs(spec.inputs, spec.rows, entry.seed, repeat)
        if settings.array.dac is not None and settings.array.dac.polarity == "unsigned":
            x = (1.0 + x) / 2.0
        with threadpool_limits(1, "blas"):  # sums of BLAS move with its threads
            place = Place(device, entry.seed, repeat, job.backend, entry.label)
            array = AgingArray(place, settings.array, settings.aging, weights_of(settings.array, numbers), x)
            took = programming(
                [array.crossbar], settings.array.programming is not None and settings.array.programming.reports
            )
            once.append(took.values)
            pulses.append(took.pulses)
            over_time.append([])
            for number, time in enumerate(times):
                array.advance(time, number + 1)
                if number == 0:
                    array.count_products(x)
                over_time[-1].append({**states(array), **products(array, x, number)})
                if level is not None:
                    levels.add(array, level.ravel(), number)
                if job.progress is not None:
                    done = (repeat + (number + 1) / len(times)) / spec.repeats
                    job.progress(entry.label, int(100 * done), 100)
        events.append({"array": array.events})
        refreshes = array.refreshes
        reads = array.compensation_reads
    values = {name: np.stack([part[name] for part in once]) for name in once[0]}
    for name in over_time[0][0]:
        values[name] = np.array([[part[name] for part in parts] for parts in over_time], float)
    values["array_compensation_reads"], values["array_refreshes"] = np.array(float(reads)), np.array(float(refreshes))
    return _Run(values, levels.values(), pulses, events)


def _shares(entry: Entry) -> np.ndarray:
    """States of the levels of an array as shares of its bounds, (level,); empty where targets are no levels."""
    targets, array = spec_of(entry.experiment, ProgramSpec).distribution, entry.spec.array
    assert entry.device is not None
    if not isinstance(targets, LeveledTargets):
        return np.empty(0)
    programmed = getattr(array.programming, "levels", None)
    return targets.shares(entry.device.spec, array.bounds, programmed)
