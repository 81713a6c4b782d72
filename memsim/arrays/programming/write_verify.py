"""Programming by pulses and verify reads of each cell until it is inside its window or a limit ends it.

The loop of a cell reads it itself where noise is white and alike for all cells, which are read alone. Elsewhere
all cells take turns: one reading of each (`memsim.arrays.programming.readings`), then what the algorithm decides.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from memsim.arrays.bank import Bank
from memsim.arrays.programming.algorithms import Selective, WriteVerify
from memsim.arrays.programming.delivery import pulse_settings, update_spec
from memsim.arrays.programming.device_pulses import device_pulses, pulse_energy
from memsim.arrays.programming.levels import check_window, nearest_levels
from memsim.arrays.programming.outcome import Outcome
from memsim.arrays.programming.pulses import program_by_pulses
from memsim.arrays.programming.readings import CellReadings, ColumnReadings
from memsim.arrays.state import ArrayState
from memsim.errors import InputError
from memsim.kernels.verify_cell import Limits, Memory, Progress, PulseVoltages, VerifyRead, VerifySpec
from memsim.learning import Encoding
from memsim.learning.rules.write import Write
from memsim.philox import COUNTER
from memsim.profiles.nominal import nominal_cell

_SINGLE = Encoding("exact")
_RARE = 0.5
"""Expected reads at the target that are accepted, below which a window is refused."""


def write_and_verify(array: ArrayState, targets: Any, algorithm: WriteVerify, sensitivities: Any = None) -> int:
    """Program the bit lines to targets (array, row, line) by an algorithm, and return the steps of random addresses.

    The outcome is `array.programming`.

    Parameters
    ----------
    array : ArrayState
        The cells.
    targets : (array, row, line)
        States.
    algorithm : WriteVerify
        What decides after each read.
    sensitivities : (array, row, line), optional
        Second derivatives of the loss, for `Selective`.

    Raises
    ------
    InputError
        If the device has no pulses, a target lies outside the window, or the window is too narrow for the noise of
        verify reads.
    """
    bank, backend = array.cells.lines, array.site.backend
    voltages, read = _voltages(bank, algorithm), _verify_read(array, bank, algorithm)
    targets, lowest, highest = _acceptance(array, targets, algorithm)
    _check(bank, (targets, lowest, highest), algorithm, read)
    low, high = _padded(lowest, bank), _padded(highest, bank)
    xp, shape, rows = backend.xp, bank.state.shape, targets.shape[1]
    progress = Progress(
        xp.zeros((len(Memory._fields), *shape), np.float32),
        xp.zeros((3, *shape), np.int32),
        xp.zeros((2, *shape)),
        xp.zeros(shape),
        xp.zeros(shape, np.uint8),
    )
    progress.status[:, :, rows:] = 2
    first = None
    if algorithm.chooses_voltage:
        first = _padded(algorithm.first_voltages(_sizes(bank, targets), voltages), bank)
    erasing = float(bank.device.reset_span)
    readings = _readings(array, algorithm, voltages)
    most = (algorithm.max_pulses + algorithm.rounds) * algorithm.reads  # a cell is read after each pulse and each start
    steps = max(most, algorithm.max_pulses + math.ceil(erasing) + 1) * (1 if readings is None else algorithm.rounds)
    if array.steps + steps + 2 >= COUNTER:
        raise InputError(f"max_pulses: {steps} steps more exceed the 2^32 that an array can address")
    start = array.steps
    counter = bank.counter
    if counter is not None:
        counter.beside()  # the cells as they are before the first pulse
    if isinstance(algorithm, Selective):
        _write_others(array, targets, algorithm, sensitivities, progress, voltages)
        start += 1
    once = progress.counts[:2].copy()
    one_read = readings is not None or (algorithm.delay > 0 and bank.history is not None)
    update = update_spec(bank, change=Write.change, idle=Write.idle, encoding=_SINGLE, one_sided=False)
    verify = partial(
        backend.verify,
        VerifySpec(update, algorithm.decide, readings is not None),
        rows=rows,
        first_step=start,
        limits=Limits(algorithm.max_pulses, 1 if one_read else most, erasing),
        settings=pulse_settings(bank, array.limits, _SINGLE),
        knobs=algorithm.knobs(voltages),
        voltages=voltages,
        read=read if algorithm.read_rows == 1 else read._replace(charge=0.0),
    )
    step = start
    for number in range(algorithm.rounds):
        if number:
            bank.wait(algorithm.pause, algorithm.pause)
            progress.status[progress.status == 1] = 0
        progress.memory[:] = 0
        if first is not None:
            progress.memory[0] = first
        while True:
            values = None if readings is None else readings.take(step, progress.status)
            _go_on(bank, verify, low, high, progress, start, values)
            step += 1
            if not one_read or not (progress.status == 0).any():
                break
            bank.wait(algorithm.delay, algorithm.delay)
    counts, energy = progress.counts, progress.energy
    if isinstance(readings, ColumnReadings):
        counts, energy = (*progress.counts[:2], readings.reads), energy + readings.energy
    accepted = progress.status == 1
    if counter is not None:
        counter.verified(counts, progress.squares, energy, algorithm.read_rows)
    array.programming = Outcome.of(bank, algorithm, counts, energy, accepted, voltages, algorithm.delay)
    array.pulses += xp.stack([part[:, :, :rows].sum(2) for part in progress.counts[:2]], axis=-1)
    bank.wear.count(progress.counts[:2] - once)  # those of one write are counted as they are given
    return start - array.steps + steps


def _readings(array: ArrayState, algorithm: WriteVerify, voltages: PulseVoltages) -> CellReadings | None:
    """What reads all cells at once; None where the loop of a cell reads it."""
    pulse = max(voltages.set_width, voltages.reset_width)
    wires = algorithm.wires and array.readout.periphery.wires is not None
    if algorithm.read_rows > 1:
        return ColumnReadings(array, pulse, wires, algorithm.read_rows)
    lines = array.cells.lines
    if wires or lines.fluctuations is not None or lines.read_sigma.names:
        return CellReadings(array, pulse, wires)
    return None


def _write_others(
    array: ArrayState,
    targets: Any,
    algorithm: Selective,
    sensitivities: Any,
    progress: Progress,
    voltages: PulseVoltages,
) -> None:
    """Give the cells that are not verified one write, and mark them as finished."""
    bank, backend = array.cells.lines, array.site.backend
    chosen = backend.asarray(algorithm.selected(sensitivities))
    tally = backend.xp.zeros((4, *bank.state.shape))
    present = bank.read_states[:, :, : targets.shape[1]].swapaxes(1, 2)
    counter, bank.counter = bank.counter, None  # what the algorithm gives is counted at its end, with verify reads
    program_by_pulses(
        bank,
        array.site,
        array.limits,
        backend.contiguous(np.where(chosen, present, targets)),
        cycles=1,
        encoding=Encoding.rounded("counted"),
        first_step=array.steps,
        falls=True,
        tally=tally,
    )
    bank.counter = counter
    progress.counts[:2] += tally[:2].astype(np.int32)
    for way, volts in enumerate((voltages.set_voltage, voltages.reset_voltage)):
        progress.squares[way] += tally[way] * volts**2
    progress.energy[:] += pulse_energy(bank, tally, voltages)
    progress.status[:, :, : targets.shape[1]] += np.uint8(2) * ~chosen.swapaxes(1, 2)


def _go_on(
    bank: Bank, verify: Callable[..., None], low: Any, high: Any, progress: Progress, step: int, readings: Any
) -> None:
    """One call of `Backend.verify` for all cells that are not finished; `readings` are theirs, if it needs them."""
    before, earlier = bank.before(), progress.counts[:2].sum(0)
    for arrays, lines in bank.cells.blocks():
        memory, counts, squares = (part[:, arrays, lines] for part in progress[:3])
        energy, status = (part[arrays, lines] for part in progress[3:])
        verify(
            bank.state[arrays, lines],
            low[arrays, lines],
            high[arrays, lines],
            Progress(memory, counts, squares, energy, status),
            first_array=bank.site.first_array + arrays.start,
            first_column=lines.start,
            common=bank.cells.nominal,
            varying=bank.cells.varying(arrays, lines),
            seed=bank.site.key,
            readings=None if readings is None else readings[arrays, lines],
        )
    if bank.marks is not None:
        bank.marks[:] = progress.counts[:2].sum(0) > earlier
    bank.after(before, step)


def _acceptance(array: ArrayState, targets: Any, algorithm: WriteVerify) -> tuple[Any, Any, Any]:
    """Targets and the lower and upper limits of the states that are accepted, each (array, row, line)."""
    if algorithm.levels is None:
        return targets, targets - algorithm.window, targets + algorithm.window
    backend = array.site.backend
    parts = nearest_levels(array.device.spec, algorithm.levels, backend.numpy(targets))
    targets, low, high = (backend.asarray(part.astype(array.dtype)) for part in parts)
    return targets, low, high


def _sizes(bank: Bank, targets: Any) -> Any:
    """Sizes of the set pulses that take a nominal erased cell to targets, in pulses of the device."""
    model, p = nominal_cell(bank.spec)  # the numbers of `bank.cells` that spread are no nominal ones
    change = np.maximum(targets, 1e-6)  # of a cell that is erased already; its voltage is of no use
    if model.size_to is not None:
        return model.size_to(change, p)
    return change / float((model.step or model.change)(0.0, 1.0, p))


def _padded(values: Any, bank: Bank) -> Any:
    """Values (array, row, line) as states lie."""
    wide = bank.site.backend.xp.zeros(bank.state.shape, bank.state.dtype)
    wide[:, :, : values.shape[1]] = values.swapaxes(1, 2)
    return wide


def _voltages(bank: Bank, algorithm: WriteVerify) -> PulseVoltages:
    spec = bank.spec
    update = spec.update
    if update is None:
        raise InputError(f"algorithm: device '{spec.name}' has no update model for pulses; allowed: model")
    if bank.stepwise:
        raise InputError(
            f"algorithm: device '{spec.name}' has write noise, which write and verify does not model; allowed: pulses"
        )
    scales = []
    for name, ramp, pulse in (("set", algorithm.set, update.set), ("reset", algorithm.reset, update.reset)):
        scale = None if pulse is None else pulse.voltage_scale
        rises = ramp.rises or (name == "set" and algorithm.coarse != (None, None))
        if scale is None and (rises or (algorithm.chooses_voltage and name == "set")):
            raise InputError(
                f"{name}: device '{spec.name}' does not say how steps depend on the voltage (update.{name}."
                f"voltage_scale); algorithm '{algorithm.name}' can use pulses of one voltage only"
                if rises
                else f"algorithm: '{algorithm.name}' chooses voltages, and device '{spec.name}' does not say how steps "
                f"depend on them (update.{name}.voltage_scale)"
            )
        scales.append(math.inf if scale is None else scale)
    return device_pulses(spec)._replace(set_scale=scales[0], reset_scale=scales[1])


def _verify_read(array: ArrayState, bank: Bank, algorithm: WriteVerify) -> VerifyRead:
    """The noise of verify reads: white noise of the cells, and that of the electronics, which decoding divides."""
    spec = bank.spec
    noise, adc = spec.read.noise, array.readout.periphery.adc
    value = window = 0.0
    if noise is not None:
        value, window = (noise.sigma, 0.0) if noise.relative_to == "value" else (0.0, noise.sigma)
    if adc is not None:
        window = math.hypot(window, adc.noise / math.sqrt(algorithm.read_rows))
    charge = spec.read.voltage**2 * spec.read.duration
    return VerifyRead(value, window, spec.conductance.offset, spec.conductance.width, charge)


def _check(bank: Bank, accepted: tuple[Any, Any, Any], algorithm: WriteVerify, read: VerifyRead) -> None:
    """Refuse targets outside the conductance window, and windows that reads of a cell at its target rarely meet."""
    targets, lowest, highest = accepted
    check_window(bank.spec, targets)
    sigma = np.hypot(read.value * (targets + read.offset), read.window)
    margin, least = algorithm.window, algorithm.window  # that of the limits is rounded to the precision of the states
    if algorithm.levels is not None:
        margin = np.minimum(targets - lowest, highest - targets)
        least = float(margin.min())
    ratio = float((margin / np.maximum(sigma, 1e-30)).min())
    chance = math.erf(ratio / math.sqrt(2)) ** algorithm.reads
    if chance * algorithm.max_pulses < _RARE:
        name = "window" if algorithm.levels is None else "levels"
        raise InputError(
            f"{name}: verify reads have noise of {float(sigma.max()):.3g} (standard deviation, in w), so that "
            f"{algorithm.reads} in a row lie within {least:.3g} of a cell at its target with a chance of "
            f"{chance:.1g}; that is too rare for {algorithm.max_pulses} pulses"
        )
