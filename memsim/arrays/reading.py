"""Currents of a bank of cells: their expectation and variance, and reads in the order of time."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from memsim.arrays.bank import Bank, Banks
from memsim.backends import CpuBackend
from memsim.errors import InputError
from memsim.kernels.read import NARROW
from memsim.noise.conduction import (
    Excess,
    Scale,
    excess_current,
    exponential_slope,
    exponential_voltage,
    sinh_slope,
    sinh_voltage,
)
from memsim.philox import Stream
from memsim.profiles.physics import ExponentialConduction, PolynomialConduction, SinhConduction
from memsim.profiles.schema import DeviceSpec

Moments = tuple[np.ndarray, np.ndarray]
"""Expectation and variance, (array, sample, column), in V_read (G_max - G_min) and its square."""


class Drive(NamedTuple):
    """What a signal (array, sample, row) does: voltages for ohmic cells, and a current common to all lines."""

    signal: np.ndarray
    common: np.ndarray | None


class Moment(NamedTuple):
    """When a read takes place: the address of its white noise, and the time since the read before [s]."""

    read: int
    first_sample: int
    seconds: float


def output(banks: Banks, column: str, signal: np.ndarray, when: Moment | None = None) -> np.ndarray:
    """Outputs (array, sample, col) in units of the full scale; without a moment, their expectation.

    Parameters
    ----------
    banks : Banks
        The cells.
    column : {"single", "reference", "pair"}
        How an output is made from columns.
    signal : (array or 1, sample, row)
        Voltages in units of the read voltage.
    when : Moment, optional
        Of the first sample.
    """
    site, spec = banks.lines.site, banks.lines.spec
    signal, common = drive(spec, site.backend, signal)
    if when is None:
        moments = [expected(bank, signal) for bank in banks.both]
    else:
        moments = [sampled(bank, signal, when.seconds) for bank in banks.both]
        address = {"first_array": site.first_array, "seed": site.seed}
        address |= {"index": when.read, "first_sample": when.first_sample}
        for (mean, variance), stream in zip(moments, (Stream.READ, Stream.REFERENCE_READ), strict=False):
            if variance.any():
                site.backend.add_noise(mean, variance, **address, stream=stream)
    mean = moments[0][0]
    if column == "pair":
        cols = mean.shape[2] // 2
        return mean[:, :, :cols] - mean[:, :, cols:]
    if column == "reference":
        return mean - moments[1][0]
    # A current that is the same for all cells cancels in the other readings.
    return mean if common is None else mean + common.astype(mean.dtype)[:, :, None]


def variance(bank: Bank, signal: np.ndarray) -> np.ndarray:
    """Variance of the currents of a read at any time, (array, sample, column), in units of the full scale squared."""
    found = expected(bank, drive(bank.spec, bank.site.backend, signal).signal)[1]
    return np.broadcast_to(found, (*found.shape[:2], bank.state.shape[1]))


def compensation(before: Any, now: np.ndarray) -> np.ndarray:
    """Ratio of the summed sizes of currents before and now, (array, 1, 1); both (array, sample, col).

    Raises
    ------
    InputError
        If shapes do not fit, or an array has no current.
    """
    try:
        then = np.asarray(before, float)
    except (TypeError, ValueError):
        raise InputError("before: not an array of numbers") from None
    if then.shape != now.shape:
        raise InputError(f"before: shape {then.shape} does not fit; these inputs give currents of shape {now.shape}")
    sums = [np.abs(part).sum((1, 2), keepdims=True, dtype=float) for part in (then, now)]
    if not (sums[1] > 0).all():
        raise InputError("x: an array gives no current for these inputs; its drift cannot be told")
    return sums[0] / sums[1]


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
    scale = _scale(spec, conduction)
    largest = 1 + 80 / scale.b
    if signal.size and np.abs(signal).max() > largest:
        raise InputError(
            f"x: {np.abs(signal).max():.3g} read voltages are too many for the conduction of device '{spec.name}'; "
            f"allowed: {largest:.3g}"
        )
    return Drive(backend.map(_CURVES[type(conduction)][0], signal, 0.0, 0.0, scale), None)


def slope(spec: DeviceSpec, backend: CpuBackend, signal: np.ndarray) -> np.ndarray | None:
    """Derivative of the voltages that ohmic cells would need by the given ones; None where it is 1."""
    conduction = spec.conduction
    if conduction is None or isinstance(conduction, PolynomialConduction):
        return None
    return backend.map(_CURVES[type(conduction)][1], signal, 0.0, 0.0, _scale(spec, conduction))


_CURVES: dict[type, tuple[Any, Any]] = {
    SinhConduction: (sinh_voltage, sinh_slope),
    ExponentialConduction: (exponential_voltage, exponential_slope),
}


def _scale(spec: DeviceSpec, conduction: SinhConduction | ExponentialConduction) -> Scale:
    return Scale(spec.read.voltage / conduction.voltage)


def expected(bank: Bank, signal: np.ndarray) -> Moments:
    """Moments of a read at any time."""
    mean, variance = _white(bank, signal)
    if bank.fluctuations is not None:
        backend = bank.site.backend
        taken, spread = bank.fluctuations.moments(bank.seen)
        if taken is not None:
            mean = mean - backend.read(signal, taken, 0.0, 0.0, 0.0)[0]
        variance = variance + backend.read(np.square(signal), spread, 0.0, 0.0, 0.0)[0]
    return mean, variance


def sampled(bank: Bank, signal: np.ndarray, seconds: float) -> Moments:
    """Currents of reads that follow each other after `seconds`, sample by sample, and what white noise adds to them."""
    mean, variance = _white(bank, signal)
    if bank.fluctuations is not None:
        found = bank.fluctuations.read(signal, bank.seen, seconds)
        mean = found if found.shape[2] <= NARROW else found.astype(mean.dtype)
    return mean, variance


def _white(bank: Bank, signal: np.ndarray) -> Moments:
    """Moments of a read of cells that have white noise only."""
    backend = bank.site.backend
    noise, offset, seen = bank.spec.read.noise, bank.spec.conductance.offset, bank.seen
    sigma = bank.read_sigma
    of_value = noise is not None and noise.relative_to == "value"
    if np.ndim(sigma) == 0:
        return backend.read(signal, seen, offset, float(sigma) * of_value, float(sigma) * (not of_value))
    mean = backend.read(signal, seen, offset, 0.0, 0.0)[0]
    spread = np.square(sigma * (seen + offset) if of_value else np.broadcast_to(sigma, seen.shape))
    return mean, backend.read(np.square(signal), spread.astype(seen.dtype), 0.0, 0.0, 0.0)[0]
