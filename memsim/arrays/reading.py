"""Currents of a bank of cells: their expectation and variance, and reads in the order of time."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from memsim.arrays.bank import Bank
from memsim.backends import CpuBackend
from memsim.errors import InputError
from memsim.kernels.read import NARROW
from memsim.noise.conduction import Excess, Scale, excess_current, exponential_voltage, sinh_voltage
from memsim.profiles.physics import ExponentialConduction, PolynomialConduction, SinhConduction
from memsim.profiles.schema import DeviceSpec

Moments = tuple[np.ndarray, np.ndarray]
"""Expectation and variance, (array, sample, column), in V_read (G_max - G_min) and its square."""


class Drive(NamedTuple):
    """What a signal (array, sample, row) does: voltages for ohmic cells, and a current common to all lines."""

    signal: np.ndarray
    common: np.ndarray | None


def drive(spec: DeviceSpec, backend: CpuBackend, signal: np.ndarray) -> Drive:
    """The effect of voltages in units of the read voltage on cells that conduct as the device says.

    Raises
    ------
    InputError
        If currents at these voltages are beyond the largest number.
    """
    conduction, common = spec.conduction, None
    if conduction is None:
        return Drive(signal, None)
    if isinstance(conduction, PolynomialConduction):
        width = spec.conductance.width
        law = Excess(conduction.quadratic / width, conduction.cubic / width)
        common = backend.map(excess_current, signal.astype(float), 0.0, 0.0, law).sum(2)
        return Drive(signal, common)
    assert isinstance(conduction, SinhConduction | ExponentialConduction)
    function: Any = sinh_voltage if isinstance(conduction, SinhConduction) else exponential_voltage
    scale = Scale(spec.read.voltage / conduction.voltage)
    largest = 1 + 80 / scale.b
    if signal.size and np.abs(signal).max() > largest:
        raise InputError(
            f"x: {np.abs(signal).max():.3g} read voltages are too many for the conduction of device '{spec.name}'; "
            f"allowed: {largest:.3g}"
        )
    return Drive(backend.map(function, signal, 0.0, 0.0, scale), None)


def expected(bank: Bank, backend: CpuBackend, signal: np.ndarray) -> Moments:
    """Moments of a read at any time."""
    mean, variance = _white(bank, backend, signal)
    if bank.fluctuations is not None:
        taken, spread = bank.fluctuations.moments(bank.seen)
        if taken is not None:
            mean = mean - backend.read(signal, taken, 0.0, 0.0, 0.0)[0]
        variance = variance + backend.read(np.square(signal), spread, 0.0, 0.0, 0.0)[0]
    return mean, variance


def sampled(bank: Bank, backend: CpuBackend, signal: np.ndarray, seconds: float) -> Moments:
    """Currents of reads that follow each other after `seconds`, sample by sample, and what white noise adds to them."""
    mean, variance = _white(bank, backend, signal)
    if bank.fluctuations is not None:
        found = bank.fluctuations.read(signal, bank.seen, seconds)
        mean = found if found.shape[2] <= NARROW else found.astype(mean.dtype)
    return mean, variance


def _white(bank: Bank, backend: CpuBackend, signal: np.ndarray) -> Moments:
    """Moments of a read of cells that have white noise only."""
    noise, offset, seen = bank.spec.read.noise, bank.spec.conductance.offset, bank.seen
    sigma = bank.read_sigma
    of_value = noise is not None and noise.relative_to == "value"
    if np.ndim(sigma) == 0:
        return backend.read(signal, seen, offset, float(sigma) * of_value, float(sigma) * (not of_value))
    mean = backend.read(signal, seen, offset, 0.0, 0.0)[0]
    spread = np.square(sigma * (seen + offset) if of_value else np.broadcast_to(sigma, seen.shape))
    return mean, backend.read(np.square(signal), spread.astype(seen.dtype), 0.0, 0.0, 0.0)[0]
