"""Programming by pulses and verify reads, cell by cell, until each is inside its window or a limit ends it."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from memsim.arrays.bank import Bank
from memsim.arrays.programming.algorithms import WriteVerify
from memsim.arrays.programming.delivery import pulse_settings, update_spec
from memsim.arrays.state import ArrayState
from memsim.errors import InputError
from memsim.kernels.verify_cell import Limits, Memory, Progress, PulseVoltages, VerifyRead, VerifySpec
from memsim.learning import Encoding
from memsim.learning.rules.write import Write

_SINGLE = Encoding("exact")


class Outcome(NamedTuple):
    """What programming took, (array, row, line) each; see `Crossbar.programming`."""

    set_pulses: np.ndarray
    reset_pulses: np.ndarray
    reads: np.ndarray
    time: np.ndarray
    energy: np.ndarray
    accepted: np.ndarray


def write_and_verify(array: ArrayState, targets: Any, algorithm: WriteVerify) -> Outcome:
    """Program the bit lines to targets (array, row, line) by an algorithm.

    Raises
    ------
    InputError
        If the device has no pulses, a target lies outside the window, or the window is too narrow for the noise of
        verify reads.
    """
    bank, backend = array.cells.lines, array.site.backend
    voltages = _voltages(bank, algorithm)
    _check(array, bank, targets, algorithm)
    arrays, rows, lines = targets.shape
    shape = bank.state.shape
    low, high = (_padded(backend, targets + sign * algorithm.window, bank) for sign in (-1, 1))
    xp = backend.xp
    progress = Progress(
        xp.zeros((len(Memory._fields), *shape), np.float32),
        xp.zeros((3, *shape), np.int32),
        xp.zeros(shape, np.float64),
        xp.zeros(shape, np.uint8),
    )
    spec = VerifySpec(
        update_spec(bank, change=Write.change, idle=Write.idle, encoding=_SINGLE, one_sided=False), algorithm.decide
    )
    most = algorithm.max_pulses * 2 + algorithm.reads
    before, first_step = bank.before(), array.steps
    for part, block in bank.cells.blocks():
        own = Progress(
            progress.memory[:, part, block],
            progress.counts[:, part, block],
            progress.energy[part, block],
            progress.status[part, block],
        )
        state = bank.state[part, block]
        backend.verify(
            spec,
            state,
            low[part, block],
            high[part, block],
            own,
            rows=rows,
            first_step=first_step,
            first_array=array.site.first_array + part.start,
            first_column=block.start,
            limits=Limits(algorithm.max_pulses, most, float(bank.device.reset_span)),
            settings=pulse_settings(bank, array.limits, _SINGLE),
            common=bank.cells.nominal,
            varying=bank.cells.varying(part, block),
            knobs=algorithm.knobs(voltages),
            voltages=voltages,
            read=_read(array, bank),
            seed=array.site.key,
        )
    array.steps += most + 1
    if bank.marks is not None:
        bank.marks[:] = (progress.counts[0] + progress.counts[1] > 0).astype(np.uint8)
    bank.after(before, array.steps - 1)
    outcome = _outcome(backend, progress, bank, algorithm, voltages, rows)
    array.pulses += np.stack([outcome.set_pulses.sum(1), outcome.reset_pulses.sum(1)], axis=-1)
    return outcome


def _padded(backend: Any, values: Any, bank: Bank) -> Any:
    wide = backend.xp.zeros(bank.state.shape, bank.state.dtype)
    wide[:, :, : values.shape[1]] = values.swapaxes(1, 2)
    return wide


def _voltages(bank: Bank, algorithm: WriteVerify) -> PulseVoltages:
    update = bank.spec.update
    if update is None:
        raise InputError(f"algorithm: device '{bank.spec.name}' has no update model for pulses; allowed: model")
    voltages, widths = [], []
    for pulse in (update.set, update.reset):
        voltages.append(0.0 if pulse is None else abs(pulse.voltage))
        widths.append(0.0 if pulse is None else pulse.width)
    for name, ramp in (("set", algorithm.set), ("reset", algorithm.reset)):
        if ramp.rises:
            raise InputError(
                f"{name}: device '{bank.spec.name}' does not say how steps depend on the voltage; leave the ramp out"
            )
    return PulseVoltages(*voltages, *widths, math.inf, math.inf)


def _read(array: ArrayState, bank: Bank) -> VerifyRead:
    spec = bank.spec
    noise, adc = spec.read.noise, array.readout.periphery.adc
    value = window = 0.0
    if noise is not None:
        value, window = (noise.sigma, 0.0) if noise.relative_to == "value" else (0.0, noise.sigma)
    if adc is not None:
        window = math.hypot(window, adc.noise)
    charge = spec.read.voltage**2 * spec.read.duration
    return VerifyRead(value, window, spec.conductance.offset, spec.conductance.width, charge)


def _check(array: ArrayState, bank: Bank, targets: Any, algorithm: WriteVerify) -> None:
    low, high = (float(end) for end in (targets.min(), targets.max()))
    if not (low >= 0 and high <= 1):
        worst = low if low < 0 else high
        raise InputError(f"state: a target of {worst:.3g} lies outside the window; allowed: 0 to 1")
    read = _read(array, bank)
    sigma = math.hypot(read.value * (high + read.offset), read.window)
    chance = math.erf(algorithm.window / (math.sqrt(2) * sigma)) ** algorithm.reads if sigma > 0 else 1.0
    if chance * algorithm.max_pulses < 0.5:
        raise InputError(
            f"window: the noise of verify reads has a standard deviation of {sigma:.3g}; {algorithm.reads} reads of a "
            f"cell at its target lie within {algorithm.window:g} of it with a chance of {chance:.2g}, too rarely for "
            f"{algorithm.max_pulses} pulses"
        )


def _outcome(
    backend: Any, progress: Progress, bank: Bank, algorithm: WriteVerify, voltages: PulseVoltages, rows: int
) -> Outcome:
    sets, resets, reads = (
        backend.numpy(part)[:, :, :rows].swapaxes(1, 2).astype(np.int64) for part in progress.counts
    )
    energy, status = (backend.numpy(part)[:, :, :rows].swapaxes(1, 2) for part in (progress.energy, progress.status))
    time = sets * voltages.set_width + resets * voltages.reset_width
    time = time + reads * (bank.spec.read.duration + algorithm.delay)
    return Outcome(sets, resets, reads, time, energy, status == 1)
