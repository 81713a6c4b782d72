"""Non-linearity of a read: current against voltage as a sinh, a cubic polynomial, an exponential, or Ohm's law.

All forms vanish at 0 V: I = G V_0 sinh(V/V_0), I = G V + k_2 V |V| + k_3 V^3, I = G V e^(|V|/V_0), those of
`memsim.noise.conduction`. The noise of a point has an absolute and a relative part, both fitted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from memsim.errors import DataError
from memsim.fit.quantities import Number
from memsim.fit.section import Form, SectionFit, at_least, by_device, maximum, wanted_column
from memsim.fit.spread import FEWEST, between
from memsim.fit.table import Table
from memsim.fit.uncertainty import Z95
from memsim.units import format_quantity

VOLTAGE = ("voltage", "v", "read voltage", "bias", "applied voltage")
CURRENT = ("current", "i", "abs i", "read current")
_LEAST = 8


class _Shape(NamedTuple):
    """Current relative to its conductance at 0 V, from V/V_max and the shape parameters."""

    name: str
    starts: tuple[tuple[float, ...], ...]
    current: Callable[[np.ndarray, np.ndarray], np.ndarray]
    keys: tuple[str, ...]  # in the section


def _sinh(v: np.ndarray, t: np.ndarray) -> np.ndarray:
    b = min(np.exp(t[0]), 50.0)
    return np.sinh(b * v) / b


def _exponential(v: np.ndarray, t: np.ndarray) -> np.ndarray:
    return v * np.exp(min(np.exp(t[0]), 50.0) * np.abs(v))


_SHAPES = (
    _Shape("linear", ((),), lambda v, t: v, ()),
    _Shape("sinh", ((0.0,), (1.0,)), _sinh, ("voltage",)),
    _Shape(
        "polynomial",
        ((0.0, 0.1),),
        lambda v, t: v + t[0] * v * np.abs(v) + t[1] * v**3,
        ("quadratic", "cubic"),
    ),
    _Shape("exponential", ((0.0,), (1.0,)), _exponential, ("voltage",)),
)


def fit_iv(table: Table, read_voltage: float | None = None) -> SectionFit:
    """Form of the current in a table of voltage, current and perhaps device.

    Parameters
    ----------
    read_voltage : float, optional
        Read voltage of the device [V], at which a polynomial's coefficients are told; the highest in the table by
        default.

    Raises
    ------
    DataError
        Columns are missing, a device has too few points, or all voltages are the same.
    """
    voltage = table.numbers(wanted_column(table, "voltage", VOLTAGE, 0), "V")
    current = table.numbers(wanted_column(table, "current", CURRENT, 1), "A")
    rows = by_device(table)
    at_least(table, rows, _LEAST, "points")
    top = float(np.abs(voltage).max())
    if len(np.unique(np.abs(voltage))) < 3:
        raise DataError(f"{table.name}: fewer than three different voltages; the form of the current needs more")
    found: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {}
    forms = []
    fits: dict[str, list[np.ndarray]] = {}
    scales = [float(np.abs(current[at]).max()) for at in rows.values()]
    for shape in _SHAPES:
        total = 0.0
        for at, scale in zip(rows.values(), scales, strict=True):
            x, y = voltage[at] / top, current[at]
            if scale == 0:
                raise DataError(f"{table.name}:{table.lines[at[0]]}: all currents are 0")
            best = min(
                (
                    maximum(_loss(shape, x, y / scale), np.array([*start, *_noise(shape, start, x, y / scale)]))
                    for start in shape.starts
                ),
                key=lambda result: result[1],
            )
            total -= best[1] + len(at) * np.log(scale)
            found.setdefault(shape.name, []).append((best[0], best[2]))
            fits.setdefault(shape.name, []).append(scale * best[0][len(shape.starts[0])] * shape.current(x, best[0]))
        forms.append(Form(shape.name, total, (len(shape.starts[0]) + 3) * len(rows), len(voltage)))
    forms.sort(key=lambda form: form.bic)
    chosen = next(shape for shape in _SHAPES if shape.name == forms[0].name)
    section: dict[str, Any] = {"model": chosen.name}
    numbers = []
    read = top if read_voltage is None else read_voltage
    for index, key in enumerate(chosen.keys):
        estimates = np.array([theta[index] for theta, _ in found[chosen.name]])
        variances = np.array([cov[index, index] for _, cov in found[chosen.name]])
        if chosen.name == "polynomial":
            # Coefficients of the current itself, at the read voltage: G k (V_read/V_max)^power.
            slopes = np.array([theta[len(chosen.keys)] for theta, _ in found[chosen.name]]) * np.array(scales) / top
            factor = slopes * (read / top) ** (index + 1)
            estimates, variances = estimates * factor, variances * factor**2
        if len(rows) >= FEWEST:
            spread = between(estimates, variances)
            middle, low, high = spread.mean, spread.mean_low, spread.mean_high
        else:
            middle, half = float(estimates.mean()), float(Z95 * np.sqrt(variances.sum())) / len(rows)
            low, high = middle - half, middle + half
        if chosen.name == "polynomial":
            unit, meaning = "S", f"k_{index + 2} at the read voltage of {read:g} V"
        else:
            middle, low, high = top * np.exp(-middle), top * np.exp(-high), top * np.exp(-low)
            unit, meaning = "V", "V_0"
        numbers.append(Number(f"conduction.{key}", float(middle), float(low), float(high), unit, meaning))
        section[key] = format_quantity(float(middle), unit, 6)
    notes = (
        []
        if chosen.name != "linear"
        else ["the current is linear up to its noise: a profile needs no section 'conduction'"]
    )
    curves = tuple((name, voltage[at], current[at], fits[chosen.name][i]) for i, (name, at) in enumerate(rows.items()))
    return SectionFit("iv", table.name, "conduction", section, tuple(numbers), tuple(forms), tuple(notes), curves)


def _loss(shape: _Shape, x: np.ndarray, y: np.ndarray) -> Callable[[np.ndarray], float]:
    count = len(shape.starts[0])

    def negative(theta: np.ndarray) -> float:
        mean = theta[count] * shape.current(x, theta)
        absolute, relative = np.exp(np.clip(theta[count + 1 :], -14.0, 3.0))
        variance = absolute**2 + (relative * mean) ** 2
        return float(0.5 * (np.log(2 * np.pi * variance) + (y - mean) ** 2 / variance).sum())

    return negative


def _noise(shape: _Shape, start: tuple[float, ...], x: np.ndarray, y: np.ndarray) -> tuple[float, float, float]:
    """Starting values of the conductance and of the two noises."""
    form = shape.current(x, np.array(start))
    slope = float(form @ y / (form @ form))
    rest = float(np.std(y - slope * form)) + 1e-4
    return slope, float(np.log(0.5 * rest)), float(np.log(0.5 * rest))
