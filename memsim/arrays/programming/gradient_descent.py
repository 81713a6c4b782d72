"""Programming of whole arrays by gradient descent on their outputs, with the device's own pulses."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from memsim.arrays.outputs import outputs
from memsim.arrays.programming.algorithms import GradientDescent
from memsim.arrays.programming.delivery import deliver
from memsim.arrays.programming.device_pulses import device_pulses, pulse_energy
from memsim.arrays.programming.levels import check_window
from memsim.arrays.programming.outcome import Outcome
from memsim.arrays.state import ArrayState
from memsim.errors import InputError
from memsim.learning import Delta, Encoding
from memsim.philox import COUNTER, Stream, padded


def descend(array: ArrayState, targets: Any, algorithm: GradientDescent, encoding: Encoding) -> int:
    """Program arrays towards targets (array, row, line), and return the steps of random addresses.

    The outcome is `array.programming`.

    Raises
    ------
    InputError
        If the device has no pulses, a target lies outside the window, the inputs cannot be applied, or outputs are too
        noisy for the tolerance.
    """
    bank, site = array.cells.lines, array.site
    backend, spec = site.backend, bank.spec
    if spec.update is None:
        raise InputError(f"algorithm: device '{spec.name}' has no update model for pulses; allowed: model")
    if not spec.conductance.nominal:
        check_window(spec, targets)
    arrays, rows, lines = targets.shape
    one_hot, dac = algorithm.inputs == "one-hot", array.readout.periphery.dac
    if not one_hot and dac is not None and dac.polarity == "unsigned":
        raise InputError(
            "inputs: 'random' has both signs, and DACs with polarity 'unsigned' cut inputs off below 0; allowed: "
            "one-hot, or another dac.polarity"
        )
    samples = rows if one_hot else algorithm.samples or rows
    steps = algorithm.max_batches * lines
    if array.steps + steps + 1 >= COUNTER:
        raise InputError(f"max_batches: {steps} steps more exceed the 2^32 that an array can address")
    matrix, shared = _target_matrix(array, targets)
    _check(array, matrix, algorithm)
    tally, energy = backend.xp.zeros((4, *bank.state.shape)), backend.xp.zeros(bank.state.shape)
    reads, accepted = backend.xp.zeros(bank.state.shape, np.int64), np.zeros(arrays, bool)
    charge = spec.read.voltage**2 * spec.read.duration * spec.conductance.width
    for _ in range(algorithm.max_batches):
        x = _inputs(array, algorithm, samples)
        active = ~accepted
        levels = array.readout.ideal(x)[:, :, :rows].astype(float)
        aims = levels @ matrix
        error = aims + (levels.sum(2, keepdims=True) * shared) - outputs(array, x)
        used = np.square(x.astype(float)).sum(axis=1)[:, None, :] * backend.asarray(active[:, None, None])
        energy += charge * used * (bank.state + spec.conductance.offset)
        reads += (1 if one_hot else samples) * backend.asarray(active[:, None, None].astype(np.int64))
        largest = np.abs(aims).max(axis=(1, 2))
        largest = np.where(largest > 0, largest, 1.0)  # without weights, the window
        accepted |= backend.numpy(np.abs(error).mean(axis=(1, 2)) < algorithm.tolerance * largest)
        if accepted.all():
            break
        error = error * backend.asarray(~accepted)[:, None, None]
        # <x^2> = 1/3: the rate is the share of an error that a batch takes away on average, whatever the inputs.
        gradient = error if one_hot else levels.swapaxes(1, 2) @ error * (3 / samples)
        _change(array, algorithm.rate, gradient, encoding, tally)
    finished = backend.xp.zeros(bank.state.shape, bool)
    finished[:] = backend.asarray(accepted)[:, None, None]
    voltages = device_pulses(spec)
    energy += pulse_energy(bank, tally, voltages)
    array.programming = Outcome.of(bank, algorithm, (*tally[:2], reads), energy, finished, voltages)
    return 1  # the inputs of the last batch have an address


def _target_matrix(array: ArrayState, targets: Any) -> tuple[Any, float]:
    """Matrix (array, row, col) from inputs to target outputs, and what each input adds to all of them."""
    cols = array.shape[2]
    if array.column == "pair":
        return targets[:, :, :cols].astype(float) - targets[:, :, cols:], 0.0
    rest = array.cells.reference
    if rest is not None:
        return targets.astype(float) - array.site.backend.asarray(array.states(rest)), 0.0
    return targets.astype(float), array.cells.lines.spec.conductance.offset


def _inputs(array: ArrayState, algorithm: GradientDescent, samples: int) -> Any:
    """Inputs of a batch (array, sample, padded row)."""
    (arrays, rows, _), xp = array.shape, array.site.backend.xp
    x = xp.zeros((arrays, samples, padded(rows)), array.dtype)
    if algorithm.inputs == "one-hot":
        x[:, xp.arange(rows), xp.arange(rows)] = 1
    else:
        drawn = array.site.draw("uniform", (arrays, samples, rows), Stream.PROGRAM_INPUT, array.steps)
        x[:, :, :rows] = 2 * drawn[:, :, :rows] - 1
    return x


def _change(array: ArrayState, rate: float, gradient: Any, encoding: Encoding, tally: Any) -> None:
    """Give pulses for the rate times a matrix (array, row, col), line by line; each cell is asked once."""
    bank, backend = array.cells.lines, array.site.backend
    if array.column == "pair":
        gradient = np.concatenate([gradient, -gradient], axis=2)
    arrays, rows, lines = gradient.shape
    x = backend.xp.zeros((arrays, lines, padded(rows)), array.dtype)
    x[:, :, :rows] = gradient.swapaxes(1, 2)
    selected = backend.xp.zeros((arrays, lines, lines), array.dtype)
    selected[:] = backend.xp.eye(lines, dtype=array.dtype)
    before = bank.before()
    array.pulses += deliver(
        bank,
        array.site,
        array.limits,
        Delta(rate),
        x,
        selected,
        steps=1,
        encoding=encoding,
        first_step=array.steps,
        falls=array.column != "pair",
        tally=tally,
    )
    array.steps += lines
    bank.after(before, array.steps - 1)


def _check(array: ArrayState, matrix: Any, algorithm: GradientDescent) -> None:
    """Refuse a tolerance that the noise of the electronics alone exceeds, for one-hot inputs."""
    if algorithm.inputs != "one-hot":
        return
    least = math.sqrt(2 * array.readout.electronic_variance / math.pi) / (float(np.abs(matrix).max()) or 1.0)
    if least > algorithm.tolerance:
        raise InputError(
            f"tolerance: the noise of the ADCs alone gives a mean absolute error of {least:.2g} of the largest output; "
            f"{algorithm.tolerance:g} cannot be met"
        )
