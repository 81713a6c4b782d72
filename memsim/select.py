"""Computes the experiments of the task `select`: reads of single cells of passive arrays, and their margins."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from memsim.arrays.passive import CellRead, read_cell
from memsim.arrays.wires import solve_wires
from memsim.capacity import require_select_memory
from memsim.entries import Computed, Entry, Progress, prepare
from memsim.errors import ConvergenceError, InputError
from memsim.experiment import Experiment
from memsim.kernels.fill import fill
from memsim.philox import Stream
from memsim.select_schema import SelectSpec

_STATES = ("on", "off")


def select(experiment: Experiment, backend: str, images_sha256: str | None, progress: Progress | None) -> Computed:
    """Variables of a result on the dimensions array, scheme, lines and others; see `memsim.run`."""
    spec = experiment.spec
    if not isinstance(spec, SelectSpec):
        raise TypeError("an experiment of another task")
    require_select_memory(spec)
    entries = prepare(experiment)
    for entry in entries:
        _check_device(entry)
    parts = [_read_all(entry, spec, progress) for entry in entries]
    variables = {name: np.stack([part[name] for part in parts]) for name in parts[0]}
    variables |= _summaries(variables, spec)
    coordinates = {
        "scheme": list(spec.schemes),
        "lines": np.array(spec.lines),
        "position": list(spec.positions),
        "background": spec.backgrounds,
        "state": list(_STATES),
    }
    return Computed(entries, variables, coordinates)


def _check_device(entry: Entry) -> None:
    """Refuse a device that has no conductances of its own, or whose conduction the circuit cannot have."""
    window, key = entry.device.spec.conductance, f"arrays.{entry.spec.name}.array"  # type: ignore[union-attr]
    document = entry.experiment.document

    def refused(field: str, why: str) -> InputError:
        return InputError(f"{document.where(document.find(f'{key}.{field}') or ())}: {key}.{field}: {why}")

    if window.nominal:
        raise refused(
            "device",
            f"the window of '{entry.device.name}' is only a scale; currents of a passive array need a device with a "  # type: ignore[union-attr]
            "window of its own, such as 'epiram-choi2018'",
        )
    try:
        solve_wires([[window.max]], [_voltage(entry)], word_resistance=0, bit_resistance=0, **_law(entry))
    except InputError as error:
        raise refused("device" if entry.spec.array.selector is None else "selector", str(error)) from None


def _voltage(entry: Entry) -> float:
    """Read voltage of an array [V]."""
    return entry.device.spec.read.voltage  # type: ignore[union-attr]


def _law(entry: Entry) -> dict[str, Any]:
    """How the cells of an array conduct, as `solve_wires` takes it."""
    own = entry.spec.array.selector or entry.device.spec.conduction  # type: ignore[union-attr]
    return {"conduction": own, "read_voltage": None if own is None else _voltage(entry)}


def _read_all(entry: Entry, spec: SelectSpec, progress: Progress | None) -> dict[str, np.ndarray]:
    """Variables of one array, without its dimension."""
    shape = (len(spec.schemes), len(spec.lines), len(spec.positions), len(spec.backgrounds), len(_STATES))
    reads = np.empty((4, *shape))
    residual = np.zeros(shape[:2])
    done, total = 0, spec.reads * len(spec.schemes) * sum(lines**2 for lines in spec.lines)
    for size, lines in enumerate(spec.lines):
        backgrounds = _backgrounds(entry, spec, lines)
        for scheme, place, held, state in itertools.product(*map(range, (shape[0], *shape[2:]))):
            cell = _cell(spec.positions[place], lines)
            found = _read(entry, backgrounds[held], cell, _STATES[state], spec.schemes[scheme])
            at = scheme, size, place, held, state
            reads[(slice(None), *at)] = found.current, found.cell_current, found.voltages[cell], found.power
            residual[scheme, size] = max(residual[scheme, size], found.residual)
            done += lines**2
            if progress is not None:
                progress(entry.label, int(100 * done / total), 100)
    middle = _cell("middle", spec.map_lines)
    on = _backgrounds(entry, spec, spec.map_lines)[0]
    maps = [_read(entry, on, middle, "on", scheme).voltages for scheme in spec.schemes]
    names = ("read_current", "cell_current", "cell_voltage", "power")
    return {**dict(zip(names, reads, strict=True)), "residual": residual, "example_cell_voltage": np.stack(maps)}


def _cell(position: str, lines: int) -> tuple[int, int]:
    """Row and column of the selected cell: at the driver and the sense amplifier, in the middle, or furthest away."""
    return {"near": (lines - 1, 0), "middle": (lines // 2, lines // 2), "far": (0, lines - 1)}[position]


def _backgrounds(entry: Entry, spec: SelectSpec, lines: int) -> list[np.ndarray]:
    """Conductances (row, col) of all cells on, all off, and each on or off at random [S].

    A cell of a random one is the same in arrays of all sizes.
    """
    window = entry.device.spec.conductance  # type: ignore[union-attr]
    shape = (spec.random_backgrounds, lines, lines)
    drawn = fill("uniform", shape, seed=entry.seed, stream=Stream.BACKGROUND) if spec.random_backgrounds else ()
    random = [np.where(one.T <= 0.5, window.max, window.min) for one in drawn]
    return [np.full((lines, lines), window.max), np.full((lines, lines), window.min), *random]


def _read(entry: Entry, background: np.ndarray, cell: tuple[int, int], state: str, scheme: str) -> CellRead:
    """The read of a cell that is on or off."""
    window, wires = entry.device.spec.conductance, entry.spec.wires  # type: ignore[union-attr]
    conductance = background.copy()
    conductance[cell] = window.max if state == "on" else window.min
    try:
        return read_cell(
            conductance, cell, _voltage(entry), scheme, conduction=_law(entry)["conduction"], **wires.model_dump()
        )
    except (ConvergenceError, InputError) as error:
        lines = len(conductance)
        where = f"array '{entry.label}', {lines} x {lines}, scheme {scheme}, cell {cell} {state}"
        raise type(error)(f"{entry.experiment.document.name}: {where}: {error}") from None


def _summaries(found: dict[str, np.ndarray], spec: SelectSpec) -> dict[str, np.ndarray]:
    """What follows from the currents and powers of all arrays (array, scheme, lines, position, background, state)."""
    on, off = np.moveaxis(found["read_current"], -1, 0)
    read = found["read_current"]
    least, most = on.min(-1), off.max(-1)
    margin = (on - off) / on
    worst, power = margin.min((-2, -1)), found["power"].max((-3, -2, -1))
    holds = np.logical_and.accumulate(worst >= spec.threshold, axis=-1)
    return {
        "sneak_share": 1 - found["cell_current"] / read,
        "current_margin": margin,
        "common_margin": (least - most) / least,
        "worst_margin": worst,
        "worst_power": power,
        "largest_lines": np.where(holds, np.array(spec.lines, float), 0.0).max(-1),
        "least_margin": worst[..., -1],
        "most_power": power[..., -1],
    }
