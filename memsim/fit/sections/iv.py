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
from memsim.fit.pulses.quantities import Number
from memsim.fit.pulses.spread import FEWEST, between
from memsim.fit.reading.plausible import FAR
from memsim.fit.reading.table import Table
from memsim.fit.sections.search import Peak, highest_peak, profile_interval
from memsim.fit.sections.section import Curve, Form, SectionFit
from memsim.fit.sections.sweep import signed_sweeps
from memsim.units import format_quantity

_MISFIT = 0.5  # correlation of successive residuals from which a form does not describe the current; assumed
_WORST = 0.05  # residual, of the largest current, from which such a form is refused; assumed
_LARGE, _NOTED = 0.2, 0.05
"""Residuals, of the currents, from which a form is refused, and from which a note says so; assumed."""
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
    top = max(float(np.abs(voltage[at]).max()) for at in rows.values())
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
        forms.append(Form(shape.name, float(total), (len(shape.keys) + 3) * len(rows), sum(map(len, points.values()))))
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
        mean = slope * chosen.current(voltage[at] / top, fit.peak.at)
        curves.append((f"device {name}", voltage[at], current[at], fit.scale * mean))
        _no_single_miss(table, at, chosen.name, curves[-1], np.sqrt(_noise(fit.peak.at, mean)))
    notes += _misfit(table, chosen.name, curves)
    notes += _size(table, chosen.name, curves)
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
        variance = _noise(theta, mean)
        return float(0.5 * (np.log(2 * np.pi * variance) + (y - mean) ** 2 / variance).sum())

    return negative


def _noise(theta: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Variance of currents (point,) with these means, where the largest current is 1."""
    share = np.exp(theta[-1])
    return np.maximum(np.exp(2 * theta[-2]) * (share + (1 - share) * mean**2), 1e-30)


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
            variances = np.array([_variance(fit, index) for fit in devices])
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


def _variance(fit: _Fitted, index: int) -> float:
    """Variance of a polynomial's coefficient times G, over G; infinite where the data set no limit to one of them."""
    gradient = np.zeros(3)
    gradient[index], gradient[2] = 1.0, fit.peak.at[index]
    covariance = fit.peak.covariance[:3, :3]
    finite = np.isfinite(np.diag(covariance)) | (gradient == 0)
    return float(gradient @ np.nan_to_num(covariance, posinf=0.0) @ gradient) if finite.all() else np.inf


def _over(estimates: np.ndarray, variances: np.ndarray) -> tuple[float, float, float]:
    """Mean of a number over devices, and its interval."""
    if not np.isfinite(variances).all():
        return float(estimates.mean()), -np.inf, np.inf
    if len(estimates) >= FEWEST:
        spread = between(estimates, variances)
        return spread.mean, spread.mean_low, spread.mean_high
    middle, half = float(estimates.mean()), float(Z95 * np.sqrt(variances.sum())) / len(estimates)
    return middle, middle - half, middle + half


def _no_single_miss(table: Table, at: np.ndarray, form: str, curve: Curve, noise: np.ndarray) -> None:
    """Refuse a point that lies far off the form, although the others are near, such as the only one at a compliance.

    Raises
    ------
    DataError
        There is one.
    """
    name, v, measured, fitted = curve
    rest = np.abs(measured - fitted) / noise
    far = FAR * 1.4826 * float(np.median(rest))
    share = np.where(rest > far, np.abs(measured - fitted) / np.abs(measured).max(), 0.0)
    point = int(np.argmax(share))
    if share[point] > _WORST:
        size = format_quantity(float(share[point]), "%", 2)
        raise DataError(
            f"{table.place(int(at[point]))}: the current of {name} at {format_quantity(v[point], 'V', 4)} lies "
            f"{size} of the largest current off the form {form}, on which the others lie; leave the "
            "row out if the measurement failed or a compliance limit cut it"
        )


def _size(table: Table, form: str, curves: list[Curve]) -> list[str]:
    """What the size of the residuals says about the form.

    Raises
    ------
    DataError
        They are a large part of the current of a device.
    """
    shares = [(float(np.sqrt(((i - fit) ** 2).sum() / (i**2).sum())), name) for name, _, i, fit in curves]
    share, name = max(shares)
    if share > _LARGE:
        raise DataError(
            f"{table.name}: no form describes the current of {name}: the currents lie "
            f"{format_quantity(share, '%', 2)} of their size off the best, {form}; up to {100 * _LARGE:.2g} % are "
            "allowed. Leave out failed points, or average several sweeps"
        )
    if share > _NOTED:
        return [f"the currents of {name} lie {format_quantity(share, '%', 2)} of their size off the form {form}"]
    return []


def _misfit(table: Table, form: str, curves: list[Curve]) -> list[str]:
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
