"""Computes the experiments of the task `select`: reads of single cells of passive arrays, and their margins."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from memsim.arrays.wires.network import check_cell
from memsim.arrays.wires.passive import CellRead, read_cell
from memsim.errors import ConvergenceError, InputError, MemsimError
from memsim.kernels.fill import fill
from memsim.philox import Stream
from memsim.profiles import DeviceProfile
from memsim.tasks.compared import Entry, refused, time_notes
from memsim.tasks.job import Computed, Job, Progress, spec_of
from memsim.tasks.select.over_time import aged_currents
from memsim.tasks.select.schema import SelectSpec

_STATES = ("on", "off")


class _Array(NamedTuple):
    """A passive array: both conductances of its cells [S], read voltage [V], conduction, wires [ohm]; name and seed.

    Its device and temperature [K] say how the conductances change with the time.
    """

    on: float
    off: float
    voltage: float
    conduction: Any
    wires: dict[str, float]
    label: str
    seed: int
    device: DeviceProfile
    temperature: float | None


def select(job: Job) -> Computed:
    """Variables of a result on the dimensions array, scheme, lines and others."""
    spec = spec_of(job.experiment, SelectSpec)
    arrays = [checked(entry) for entry in job.entries]
    try:
        parts = [_read_all(array, spec, job.progress) for array in arrays]
    except MemsimError as error:
        raise type(error)(f"{job.experiment.document.name}: {error}") from None
    variables = {name: np.stack([part[name] for part in parts]) for name in parts[0]}
    variables |= _summaries(variables, spec)
    coordinates = {
        "scheme": list(spec.schemes),
        "lines": np.array(spec.lines),
        "position": list(spec.positions),
        "background": spec.backgrounds,
        "state": list(_STATES),
    }
    if spec.times:
        coordinates["time"] = np.array(spec.times)
    return Computed(variables, coordinates, time_notes(job.entries))


def checked(entry: Entry) -> _Array:
    """The array; refused where its device has no conductances of its own, or a conduction that no circuit can have."""
    device, selector = entry.device, entry.spec.array.selector
    assert device is not None
    window, voltage, conduction = device.spec.conductance, device.spec.read.voltage, selector or device.spec.conduction
    if window.nominal:
        why = f"the window of '{device.name}' is only a scale; a passive array needs a device with a window of its own"
        raise refused(entry.experiment, entry.spec, "array.device", f"{why}, such as 'epiram-choi2018'")
    try:
        check_cell(window.max, voltage, conduction)
    except InputError as error:
        raise refused(
            entry.experiment, entry.spec, "array.selector" if selector is not None else "array.device", str(error)
        ) from None
    wires = entry.spec.wires.model_dump()
    temperature = entry.spec.aging.temperature
    return _Array(window.max, window.min, voltage, conduction, wires, entry.label, entry.seed, device, temperature)


def _read_all(array: _Array, spec: SelectSpec, progress: Progress | None) -> dict[str, np.ndarray]:
    """Variables of one array, without its dimension."""
    shape = (len(spec.schemes), len(spec.lines), len(spec.positions), len(spec.backgrounds), len(_STATES))
    reads, residual = np.empty((4, *shape)), np.zeros(shape[:2])
    done = 0
    total = spec.reads * len(spec.schemes) * (1 + len(spec.times)) * sum(lines**2 for lines in spec.lines)
    aged = np.empty((len(spec.times), *shape))
    for size, lines in enumerate(spec.lines):
        backgrounds = _backgrounds(array, spec, lines)
        for scheme, place, held, state in itertools.product(*map(range, (shape[0], *shape[2:]))):
            cell = _cell(spec.positions[place], lines)
            conductance = _stored(array, backgrounds[held], cell, _STATES[state])
            found = _read(array, conductance, cell, spec.schemes[scheme], _STATES[state])
            reads[:, scheme, size, place, held, state] = (
                found.current,
                found.cell_current,
                found.voltages[cell],
                found.power,
            )
            residual[scheme, size] = max(residual[scheme, size], found.residual)
            done += lines**2
            if progress is not None:
                progress(array.label, int(100 * done / total), 100)
        if spec.times:
            aged[:, :, size] = _aged(array, spec, backgrounds, lines)
            done += len(spec.times) * len(spec.schemes) * spec.reads * lines**2
    middle = _cell("middle", spec.map_lines)
    on = np.full((spec.map_lines, spec.map_lines), array.on)
    maps = [_read(array, on, middle, scheme, "on").voltages for scheme in spec.schemes]
    names = ("read_current", "cell_current", "cell_voltage", "power")
    variables = dict(zip(names, reads, strict=True))
    if spec.times:
        variables |= _aged_margins(aged, spec)
    return {**variables, "residual": residual, "example_cell_voltage": np.stack(maps)}


def _aged(array: _Array, spec: SelectSpec, backgrounds: Sequence[np.ndarray], lines: int) -> np.ndarray:
    """Currents of reads at the times of an experiment, (time, scheme, position, background, state) [A]."""
    shape = (len(spec.positions), len(backgrounds), len(_STATES))
    cells = [_cell(spec.positions[place], lines) for place, _, _ in itertools.product(*map(range, shape))]
    choices = itertools.product(spec.positions, backgrounds, _STATES)
    stored = [_stored(array, background, _cell(position, lines), state) for position, background, state in choices]

    def read(conductance: np.ndarray, cell: tuple[int, int], scheme: str) -> float:
        return float(_read(array, conductance, cell, scheme, "aged").current)

    options = {"seed": array.seed, "temperature": array.temperature}
    currents = aged_currents(np.stack(stored), cells, array.device, spec.times, spec.schemes, read, **options)
    return currents.reshape(*currents.shape[:2], *shape)


def _aged_margins(currents: np.ndarray, spec: SelectSpec) -> dict[str, np.ndarray]:
    """Variables over time from currents (time, scheme, lines, position, background, state) [A]."""
    on, off = np.moveaxis(currents, -1, 0)
    worst = np.moveaxis(((on - off) / on).min((-2, -1)), 0, -1)
    return {"aged_worst_margin": worst, "aged_largest_lines": _largest(worst, spec, axis=1)}


def _largest(margin: np.ndarray, spec: SelectSpec, axis: int) -> np.ndarray:
    """Largest of the sizes (along an axis) up to which margins stay at the threshold or above; 0 if there is none."""
    holds = np.logical_and.accumulate(margin >= spec.threshold, axis=axis)
    sizes = np.array(spec.lines, float).reshape([-1 if place == axis else 1 for place in range(margin.ndim)])
    largest: np.ndarray = np.where(holds, sizes, 0.0).max(axis)
    return largest


def _cell(position: str, lines: int) -> tuple[int, int]:
    """Row and column of the selected cell: beside driver and sense amplifier, in the middle, or furthest from both."""
    return {"near": (lines - 1, 0), "middle": (lines // 2, lines // 2), "far": (0, lines - 1)}[position]


def _backgrounds(array: _Array, spec: SelectSpec, lines: int) -> list[np.ndarray]:
    """Conductances (row, col) of all cells on, all off, and each on or off at random [S].

    A cell of a random background is the same in arrays of all sizes.
    """
    shape = (spec.random_backgrounds, lines, lines)
    drawn = fill("uniform", shape, seed=array.seed, stream=Stream.BACKGROUND) if spec.random_backgrounds else ()
    random = [np.where(one.T <= 0.5, array.on, array.off) for one in drawn]
    return [np.full((lines, lines), array.on), np.full((lines, lines), array.off), *random]


def _stored(array: _Array, background: np.ndarray, cell: tuple[int, int], state: str) -> np.ndarray:
    """Conductances with a cell that is on or off [S]."""
    conductance = background.copy()
    conductance[cell] = array.on if state == "on" else array.off
    return conductance


def _read(array: _Array, conductance: np.ndarray, cell: tuple[int, int], scheme: str, state: str) -> CellRead:
    """The read of a cell of some conductances [S], which is on, off or aged."""
    try:
        return read_cell(conductance, cell, array.voltage, scheme, conduction=array.conduction, **array.wires)
    except (ConvergenceError, InputError) as error:
        lines = len(conductance)
        text = f"array '{array.label}', {lines} x {lines}, scheme {scheme}, cell {cell} {state}: {error}"
        raise type(error)(text) from None


def _summaries(found: dict[str, np.ndarray], spec: SelectSpec) -> dict[str, np.ndarray]:
    """What follows from the currents and powers of all arrays (array, scheme, lines, position, background, state)."""
    on, off = np.moveaxis(found["read_current"], -1, 0)
    least, most = on.min(-1), off.max(-1)
    margin = (on - off) / on
    worst, power = margin.min((-2, -1)), found["power"].max((-3, -2, -1))
    return {
        "sneak_share": 1 - found["cell_current"] / found["read_current"],
        "current_margin": margin,
        "common_margin": (least - most) / least,
        "worst_margin": worst,
        "worst_power": power,
        "largest_lines": _largest(worst, spec, axis=worst.ndim - 1),
        "least_margin": worst[..., -1],
        "most_power": power[..., -1],
    }
