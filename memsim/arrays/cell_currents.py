"""What voltages do to cells that are not ohmic, and the common drift of currents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from memsim.arrays.axes import Axes
from memsim.arrays.bank import Bank
from memsim.arrays.output_moments import cut
from memsim.arrays.wires.network import excess_at
from memsim.backends import Backend
from memsim.errors import InputError
from memsim.kernels.read import NARROW
from memsim.noise.conduction import (
    Scale,
    common_excess,
    cubic_coefficient,
    excess_current,
    exponential_slope,
    exponential_voltage,
    quadratic_coefficient,
    sinh_slope,
    sinh_voltage,
)
from memsim.profiles.physics import (
    ExponentialConduction,
    PolynomialConduction,
    SinhConduction,
    StatePolynomialConduction,
)
from memsim.profiles.schema import DeviceSpec


class Drive(NamedTuple):
    """What voltages do: those that ohmic cells would need, and a current from each row that all lines share.

    Both (array, sample, row); no current where cells have none in common.
    """

    signal: np.ndarray
    common: np.ndarray | None


def compensation(before: Any, now: np.ndarray, axes: Axes) -> np.ndarray:
    """Ratio of the summed sizes of currents before and now, both (..., col), as a factor on the currents of each array.

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
    sums = [np.abs(axes.inner_outputs(part)).sum((1, 2), dtype=float) for part in (then, now)]
    if not (sums[1] > 0).all():
        raise InputError("x: an array gives no current for these inputs; its drift cannot be told")
    return axes.factors(sums[0] / sums[1], now.ndim)


def drive(spec: DeviceSpec, backend: Backend, signal: np.ndarray, coding: str = "voltage") -> Drive:
    """The effect of voltages in units of the read voltage on cells that conduct as the device says.

    Parameters
    ----------
    spec : DeviceSpec
        The device.
    backend : Backend
        Where to compute.
    signal : (array or 1, sample, row)
        Levels, or widths of pulses of the read voltage in units of the read duration.
    coding : {"voltage", "width"}
        Which of them.

    Raises
    ------
    InputError
        If currents at these voltages are beyond the largest number.
    """
    conduction = spec.conduction
    if conduction is None or isinstance(conduction, StatePolynomialConduction):  # see `excess`
        return Drive(signal, None)
    if isinstance(conduction, PolynomialConduction):
        k2, k3 = (part / spec.conductance.width for part in (conduction.quadratic, conduction.cubic))
        if coding != "voltage":
            return Drive(signal, signal.astype(float) * (k2 + k3))
        return Drive(signal, backend.map(excess_current, signal.astype(float), k2, k3, common_excess(k2, k3)))
    if coding != "voltage":
        return Drive(signal, None)
    scale = _scale(spec, conduction)
    largest = 1 + 80 / scale.b
    most = float(np.abs(signal).max()) if signal.size else 0.0
    if most > largest:
        raise InputError(
            f"x: {most:.3g} read voltages are too many for the conduction of device '{spec.name}'; "
            f"allowed: {largest:.3g}"
        )
    return Drive(backend.map(_CURVES[type(conduction)][0], signal, 0.0, 0.0, scale), None)


def slope(spec: DeviceSpec, backend: Backend, signal: np.ndarray) -> np.ndarray | None:
    """Derivative of the voltages that ohmic cells would need by the given ones; None where it is 1."""
    conduction = spec.conduction
    if conduction is None or isinstance(conduction, PolynomialConduction | StatePolynomialConduction):
        return None
    return backend.map(_CURVES[type(conduction)][1], signal, 0.0, 0.0, _scale(spec, conduction))


_CURVES: dict[type, tuple[Any, Any]] = {
    SinhConduction: (sinh_voltage, sinh_slope),
    ExponentialConduction: (exponential_voltage, exponential_slope),
}


def _scale(spec: DeviceSpec, conduction: SinhConduction | ExponentialConduction) -> Scale:
    return Scale(spec.read.voltage / conduction.voltage)


def excess(bank: Bank, signal: np.ndarray, rows: Sequence[slice], coding: str = "voltage") -> list[np.ndarray] | None:
    """Currents beside G V whose coefficients depend on the state, (array, sample, column), of each row tile.

    One product of matrices for each power of the voltage; None for other devices. In units of V_read (G_max - G_min).
    Noise of reads moves G V alone (assumed).

    Parameters
    ----------
    bank : Bank
        The cells.
    signal : (array or 1, sample, row)
        As of `drive`, with `coding`.
    rows : sequence of slice
        Row tiles.
    """
    matrices = excess_matrices(bank)
    if matrices is None:
        return None
    backend, powers = bank.site.backend, _powers(signal, coding)
    narrow, currents = bank.state.shape[1] <= NARROW, []
    for part in rows:
        products = [
            backend.read(cut(power, part, bank, narrow), cut(matrix, part, bank, narrow))[0]
            for power, matrix in zip(powers, matrices, strict=True)
        ]
        currents.append(products[0] + products[1])
    return currents


def excess_matrices(bank: Bank) -> tuple[np.ndarray, np.ndarray] | None:
    """Each cell's k2 V_read and k3 V_read^2, (array, line, row), in units of the window; None where all are alike."""
    spec, backend = bank.spec, bank.site.backend
    if not isinstance(spec.conduction, StatePolynomialConduction):
        return None
    window, law = spec.conductance, excess_at(spec.conduction, spec.read.voltage)
    siemens = bank.read_states.astype(float) * window.width + window.min
    k2, k3 = (backend.map(part, siemens, 0.0, 0.0, law) for part in (quadratic_coefficient, cubic_coefficient))
    return (k2 / window.width).astype(bank.state.dtype), (k3 / window.width).astype(bank.state.dtype)


def _powers(signal: np.ndarray, coding: str) -> tuple[np.ndarray, np.ndarray]:
    """What the quadratic and the cubic term multiply: powers of the level; or the widths, at +-1 read voltage."""
    return (np.abs(signal), signal) if coding != "voltage" else (signal * signal, signal * signal * signal)
