"""Non-linearity of a read: current against voltage as a sinh, a cubic polynomial, an exponential, or Ohm's law.

All forms vanish at 0 V: I = G V_0 sinh(V/V_0), I = G V + k_2 V |V| + k_3 V^3, I = G V e^(|V|/V_0), those of
`memsim.noise.conduction`. The noise of a point has an absolute and a relative part, both fitted. The form with the
lowest BIC = k ln n - 2 ln L is chosen, with k fitted numbers and n points. A form whose search reached no maximum for
some device is left out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from memsim.errors import DataError
from memsim.fit.criteria import Z95
from memsim.fit.quantities import Number
from memsim.fit.search import Peak, highest_peak, profile_interval
from memsim.fit.section import Form, SectionFit
from memsim.fit.spread import FEWEST, between
from memsim.fit.sweep import signed_sweeps
from memsim.fit.table import Table
from memsim.units import format_quantity

_MISFIT = 0.5  # correlation of successive residuals from which a form does not describe the current; assumed
_WORST = 0.05  # residual, of the largest current, from which such a form is refused; assumed
_CONDUCTANCE, _SCATTER, _ABSOLUTE = (-60.0, 5.0), (np.log(1e-4), np.log(10.0)), (np.log(1e-12), 0.0)
"""Limits of the logarithms of the conductance at 0 V, of the scatter and of the absolute share of its variance, where
the largest current is 1. No instrument is more accurate than the least scatter (assumed)."""


class _Shape(NamedTuple):
    """Current relative to its conductance at 0 V, from V/V_max and the shape parameters."""

    name: str
    starts: tuple[tuple[float, ...], ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    current: Callable[[np.ndarray, np.ndarray], np.ndarray]
    keys: tuple[str, ...]  # in the section


def _sinh(v: np.ndarray, t: np.ndarray) -> np.ndarray:
    b = np.exp(t[0])
    return np.sinh(b * v) / b


_NARROW = (np.log(0.01),), (np.log(50.0),)
_WIDE = (-1e4, -1e4), (1e4, 1e4)
_BENDS = ((-1.2,), (0.0,), (1.2,), (2.3,))
_SHAPES = (
    _Shape("linear", ((),), (), (), lambda v, t: v, ()),
    _Shape("sinh", _BENDS, *_NARROW, _sinh, ("voltage",)),
    _Shape(
        "polynomial",
        ((0.0, 0.1), (0.0, 3.0), (1.0, -0.3)),
        *_WIDE,
        lambda v, t: v + t[0] * v * np.abs(v) + t[1] * v**3,
        ("quadratic", "cubic"),
    ),
    _Shape("exponential", _BENDS, *_NARROW, lambda v, t: v * np.exp(np.exp(t[0]) * np.abs(v)), ("voltage",)),
)


class _Fitted(NamedTuple):
    """A shape fitted to one device."""

    peak: Peak
    negative: Callable[[np.ndarray], float]
    low: np.ndarray
    high: np.ndarray
    scale: float  # largest current [A]


def fit_iv(table: Table, read_voltage: float | None = None) -> SectionFit:
    """Form of the current in a table of voltage, current and perhaps device.

    Parameters
    ----------
    read_voltage : float, optional
        Read voltage of the device [V], at which a polynomial's coefficients are stated; the highest in the table by
        default.

    Raises
    ------
    DataError
        A device has no single curve in the table, see `signed_sweeps`, or no search reached a maximum.
    """
    rows, voltage, current, notes = signed_sweeps(table)
    top = float(np.abs(voltage).max())
    points = {name: at[voltage[at] != 0] for name, at in rows.items()}
    forms, fits = [], {}
    for shape in _SHAPES:
        devices = [_device(shape, voltage[at] / top, current[at]) for at in rows.values()]
        trouble = next((fit.peak.trouble for fit in devices if fit.peak.trouble), "")
        if trouble:
            notes.append(f"{shape.name} is left out: {trouble}")
            continue
        total = sum(
            fit.peak.value - len(at) * np.log(fit.scale) for fit, at in zip(devices, points.values(), strict=True)
        )
        forms.append(Form(shape.name, float(total), (len(shape.keys) + 3) * len(rows), int((voltage != 0).sum())))
        fits[shape.name] = devices
    if not forms:
        raise DataError(f"{table.name}: no form of the current can be fitted: {notes[-1]}")
    forms.sort(key=lambda form: form.bic)
    chosen = next(shape for shape in _SHAPES if shape.name == forms[0].name)
    devices = fits[chosen.name]
    if len(forms) > 1:
        gap = forms[1].bic - forms[0].bic
        notes.append(f"lowest BIC: {chosen.name}; that of {forms[1].name} is {gap:.1f} higher")
    section: dict[str, Any] = {"model": chosen.name}
    numbers = _numbers(chosen, devices, top, top if read_voltage is None else read_voltage)
    for key, item in zip(chosen.keys, numbers, strict=True):
        section[key] = format_quantity(item.value, item.unit, 6)
    if chosen.name == "linear":
        notes.append("the current is linear up to its noise: a profile needs no section 'conduction'")
    curves = []
    for (name, at), fit in zip(rows.items(), devices, strict=True):
        slope = np.exp(fit.peak.at[len(chosen.keys)])
        fitted = fit.scale * slope * chosen.current(voltage[at] / top, fit.peak.at)
        curves.append((f"device {name}", voltage[at], current[at], fitted))
    notes += _misfit(table, chosen.name, curves)
    if any(fit.peak.at[-2] <= fit.low[-2] for fit in devices):
        notes.append(
            "the currents scatter by less than 0.01 %, below any instrument's accuracy: intervals are for 0.01 %"
        )
    return SectionFit(
        "iv", table.name, "conduction", section, tuple(numbers), tuple(forms), tuple(notes), tuple(curves)
    )


def _device(shape: _Shape, x: np.ndarray, current: np.ndarray) -> _Fitted:
    """A shape at the maximum of the likelihood of one device's points; x is V/V_max.

    All forms vanish at 0 V, so points there say nothing about them.
    """
    current, x = current[x != 0], x[x != 0]
    scale = float(np.abs(current).max())
    y = current / scale
    negative = _loss(shape, x, y)
    low = np.array([*shape.low, _CONDUCTANCE[0], _SCATTER[0], _ABSOLUTE[0]])
    high = np.array([*shape.high, _CONDUCTANCE[1], _SCATTER[1], _ABSOLUTE[1]])
    starts = [
        (*start, *_rough(shape.current(x, np.array(start)), y), absolute)
        for start in shape.starts
        for absolute in (-0.3, -8.0)
    ]
    return _Fitted(highest_peak(negative, starts, low, high), negative, low, high, scale)


def _loss(shape: _Shape, x: np.ndarray, y: np.ndarray) -> Callable[[np.ndarray], float]:
    """Minus the log-likelihood of shape parameters, and the logarithms of
    the conductance, of the scatter at full scale and of its absolute share."""
    count = len(shape.keys)

    def negative(theta: np.ndarray) -> float:
        mean = np.exp(theta[count]) * shape.current(x, theta)
        share = np.exp(theta[count + 2])
        variance = np.exp(2 * theta[count + 1]) * (share + (1 - share) * mean**2)
        variance = np.maximum(variance, 1e-30)
        return float(0.5 * (np.log(2 * np.pi * variance) + (y - mean) ** 2 / variance).sum())

    return negative


def _rough(form: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Logarithms of the conductance by least squares, and of the scatter that it leaves."""
    slope = max(float(form @ y / (form @ form)), float(np.exp(_CONDUCTANCE[0])))
    return float(np.log(slope)), float(np.log(np.std(y - slope * form) + 1e-6))


def _numbers(shape: _Shape, devices: list[_Fitted], top: float, read: float) -> list[Number]:
    """Numbers of the section, over all devices, with their intervals."""
    numbers = []
    for index, key in enumerate(shape.keys):
        name = f"conduction.{key}"
        estimates = np.array([fit.peak.at[index] for fit in devices])
        if shape.name == "polynomial":
            # Coefficients of the current itself, at the read voltage: G k (V_read/V_max)^power.
            slopes = (
                np.array([np.exp(fit.peak.at[2]) * fit.scale for fit in devices]) / top * (read / top) ** (index + 1)
            )
            gradients = [_gradient(fit, index) for fit in devices]
            variances = np.array(
                [float(g @ fit.peak.covariance[:3, :3] @ g) for g, fit in zip(gradients, devices, strict=True)]
            )
            middle, low, high = _over(estimates * slopes, variances * slopes**2)
            numbers.append(
                Number(name, middle, low, high, "S", f"coefficient k_{index + 2} at the read voltage of {read:g} V")
            )
            continue
        if len(devices) == 1:
            only = devices[0]
            middle = float(estimates[0])
            low, high = profile_interval(only.negative, only.peak, index, only.low, only.high)
        else:
            middle, low, high = _over(estimates, np.array([fit.peak.covariance[index, index] for fit in devices]))
        ends = (top * np.exp(-high) if np.isfinite(high) else 0.0), top * np.exp(-low)
        numbers.append(
            Number(name, float(top * np.exp(-middle)), float(ends[0]), float(ends[1]), "V", "voltage V_0 of the form")
        )
    return numbers


def _gradient(fit: _Fitted, index: int) -> np.ndarray:
    """Derivative of a polynomial's coefficient times G by its shape parameters and ln G, over G."""
    gradient = np.zeros(3)
    gradient[index], gradient[2] = 1.0, fit.peak.at[index]
    return gradient


def _over(estimates: np.ndarray, variances: np.ndarray) -> tuple[float, float, float]:
    """Mean of a number over devices, and its interval."""
    if not np.isfinite(variances).all():
        return float(estimates.mean()), -np.inf, np.inf
    if len(estimates) >= FEWEST:
        spread = between(estimates, variances)
        return spread.mean, spread.mean_low, spread.mean_high
    middle, half = float(estimates.mean()), float(Z95 * np.sqrt(variances.sum())) / len(estimates)
    return middle, middle - half, middle + half


def _misfit(table: Table, form: str, curves: list[tuple[str, np.ndarray, np.ndarray, np.ndarray]]) -> list[str]:
    """What successive residuals in the order of the voltage say about the form.

    Raises
    ------
    DataError
        They follow each other and are large: no form describes the current.
    """
    worst, notes = 0.0, []
    for name, v, measured, fitted in curves:
        order = np.argsort(v, kind="stable")
        rest = (measured - fitted)[order]
        total = float(rest @ rest)
        if total == 0 or float(rest[1:] @ rest[:-1]) < _MISFIT * total:
            continue
        place = int(np.argmax(np.abs(rest)))
        share = float(np.abs(rest[place]) / np.abs(measured).max())
        if share < np.exp(_SCATTER[0]):
            continue
        if share > _WORST:
            raise DataError(
                f"{table.name}: no form describes the current of {name}: the best, {form}, errs by "
                f"{format_quantity(share, '%', 2)} of the largest current at {v[order][place]:.3g} V. All are odd "
                "in the voltage and the state must not change; keep the rows of one polarity, below the switching "
                "voltage"
            )
        worst = max(worst, share)
        notes = [
            f"successive residuals correlate: {form} errs by up to {format_quantity(worst, '%', 2)} of the largest "
            "current, and its intervals are too narrow"
        ]
    return notes
