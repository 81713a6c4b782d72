"""A checked crossbar as a network of resistors: numbers, shapes, lines, and the current-voltage law of its cells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from memsim.arrays.checks import choice
from memsim.arrays.wires.circuit import Law, Limits, Lines
from memsim.backends import resolve
from memsim.errors import InputError
from memsim.kernels.wire_currents import Cell
from memsim.noise.conduction import (
    Excess,
    Scale,
    common_excess,
    cubic_coefficient,
    exponential_slope,
    exponential_voltage,
    ohmic_slope,
    ohmic_voltage,
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
from memsim.real_arrays import check_real

ENDS = ("one end", "both ends")
_LEAST = 1e-12
"""Smallest resistance of a segment above 0 [ohm]: far below any wire, and safe to divide by."""
_LARGEST = 80.0  # V/V_0 beyond which `exponential` ends
_LAWS: dict[str, tuple[Any, Any, Any]] = {
    "sinh": (SinhConduction, sinh_voltage, sinh_slope),
    "exponential": (ExponentialConduction, exponential_voltage, exponential_slope),
    "polynomial": (PolynomialConduction, ohmic_voltage, ohmic_slope),
    "state-polynomial": (StatePolynomialConduction, ohmic_voltage, ohmic_slope),
}


class Network(NamedTuple):
    """A checked array: conductances [S], its lines, the law of its cells, and when to stop."""

    conductance: np.ndarray
    word: Lines
    bit: Lines
    law: Law
    limits: Limits


def numbers(name: str, values: Any, infinite: bool = False) -> np.ndarray:
    """An array of float64, finite, or at least not NaN."""
    check_real(name, values)
    try:
        found = np.asarray(values, float)
    except (TypeError, ValueError):
        raise InputError(f"{name}: not an array of numbers") from None
    least, most = (found.min(), found.max()) if found.size else (0.0, 0.0)
    if np.isnan(least) or not (infinite or (np.isfinite(least) and np.isfinite(most))):
        raise InputError(f"{name}: contains NaN{'' if infinite else ' or infinity'}; allowed are finite numbers only")
    return found


def per_line(name: str, values: Any, count: int, infinite: bool = False) -> np.ndarray:
    """One value for each line, from as many or one for all."""
    found = numbers(name, values, infinite)
    if found.shape not in ((), (count,)):
        raise InputError(f"{name}: shape {found.shape} does not fit; allowed: one number or ({count},)")
    return np.broadcast_to(found, (count,)).copy()


def number(name: str, value: Any, unit: str = "ohm", infinite: bool = False) -> float:
    """One number of at least 0."""
    found = numbers(name, value, infinite)
    if found.shape != () or isinstance(value, bool):
        raise InputError(f"{name}: {value!r} is not one number [{unit}]")
    if found < 0:
        raise InputError(f"{name}: {float(found):g} {unit} is negative; allowed: 0 or more")
    return float(found)


def network(
    conductance: Any,
    word: tuple[Any, Any, str],
    bit: tuple[Any, Any, str],
    series_resistance: Any,
    conduction: tuple[Any, Any],
    limits: tuple[Any, Any],
) -> Network:
    """The network of these cells and lines; `word` and `bit` are segment resistance, terminal resistance and ends.

    Raises
    ------
    InputError
        As `memsim.solve_wires`.
    """
    g = numbers("conductance", conductance)
    if g.ndim != 2 or not g.size:
        raise InputError(f"conductance: shape {g.shape} is not an array of cells; allowed: (rows, cols)")
    if g.min() < 0:
        row, col = np.argwhere(g < 0)[0]
        raise InputError(f"conductance: {g[row, col]:g} S at row {row}, column {col} is negative; allowed: 0 or more")
    series = number("series_resistance", series_resistance)
    lines = _lines("word_resistance", "driver_resistance", "drive", word, g.shape[0])
    bits = _lines("bit_resistance", "sense_resistance", "sense", bit, g.shape[1])
    bits = Lines(bits.segment, bits.last, bits.first)  # sensed behind the last row
    law = _law(*conduction, series)
    if law.value is None and series > 0:
        g = g / (1 + g * series)
    excess = law.cell.excess  # of the form common to all states, it flows also through cells without conductance
    everywhere = abs(excess.k2[0]) + abs(excess.k3[0]) if excess.low == 0 else 0.0
    _refuse_loose(g + everywhere, lines, bits)
    tolerance = number("tolerance", limits[0], "of the current")
    if not 0 < tolerance < 1:
        raise InputError(f"tolerance: {tolerance:g} is not allowed; it must be above 0 and below 1")
    if isinstance(limits[1], bool) or not isinstance(limits[1], int | np.integer) or limits[1] < 1:
        raise InputError(f"max_iterations: {limits[1]!r} is not a whole number of at least 1")
    return Network(np.ascontiguousarray(g), lines, bits, law, Limits(tolerance, int(limits[1])))


def _lines(name: str, terminal: str, ends: str, given: tuple[Any, Any, str], count: int) -> Lines:
    segment = number(name, given[0])
    if 0 < segment < _LEAST:
        raise InputError(f"{name}: {segment:g} ohm is not allowed; it must be 0 or at least {_LEAST:g} ohm")
    resistance = per_line(terminal, given[1], count, infinite=True)
    if (resistance < 0).any():
        line = int(np.argmax(resistance < 0))
        raise InputError(
            f"{terminal}: {resistance[line]:g} ohm at line {line} is negative; allowed: 0 or more, or infinity"
        )
    both = choice(ends, given[2], ENDS) == ENDS[1]
    total = segment + resistance
    conductance = np.divide(1.0, total, out=np.full(count, np.inf), where=total > 1e-300)
    return Lines(segment, conductance, conductance if both else np.zeros(count))


def _law(conduction: Any, read_voltage: Any, series: float) -> Law:
    if conduction is None:
        return Law()
    if isinstance(conduction, Mapping):
        conduction = _parsed(conduction)
    for model, value, slope in _LAWS.values():
        if isinstance(conduction, model):
            if read_voltage is None:
                raise InputError("read_voltage: needed with `conduction`; the voltage at which `conductance` holds [V]")
            voltage = number("read_voltage", read_voltage, "V")
            if isinstance(conduction, PolynomialConduction | StatePolynomialConduction):
                if voltage == 0:
                    raise InputError("read_voltage: 0 V is not allowed; above 0")
                return Law(value, slope, Cell(voltage, series, Scale(0.0), excess_at(conduction, voltage)))
            b = voltage / conduction.voltage
            if not 0 < b <= _LARGEST:
                raise InputError(
                    f"read_voltage: {voltage:g} V is not allowed; above 0 and up to "
                    f"{_LARGEST * conduction.voltage:g} V, {_LARGEST:g} times the voltage of `conduction`"
                )
            return Law(value, slope, Cell(voltage, series, Scale(b)))
    raise InputError(
        f"conduction: {conduction!r} is not allowed; a {', '.join(_LAWS)} conduction, or None for ohmic cells"
    )


def excess_at(conduction: PolynomialConduction | StatePolynomialConduction, read_voltage: float) -> Excess:
    """What cells add to G V, with k2 and k3 in S at this read voltage [V]."""
    if isinstance(conduction, PolynomialConduction):
        return common_excess(conduction.quadratic, conduction.cubic)
    quadratic, cubic = (
        tuple(getattr(part, f"c{power}") * read_voltage**degree for power in range(4))
        for degree, part in ((1, conduction.quadratic), (2, conduction.cubic))
    )
    return Excess(quadratic, cubic, conduction.min, conduction.max, 1.0)


def check_cell(conductance: float, voltage: float, conduction: Any) -> None:
    """Refuse a cell whose current no circuit can have: that of one cell [S] at its read voltage [V], without wires.

    Raises
    ------
    InputError
        As `memsim.solve_wires`.
    """
    line = (0.0, 0.0, "one end")
    law = (conduction, None if conduction is None else voltage)
    refuse_falling(network([[conductance]], line, line, 0.0, law, (1e-9, 1)), abs(voltage))


def refuse_falling(circuit: Network, largest: float) -> None:
    """Refuse cells whose current falls with voltage somewhere up to `largest` [V]: the state would not be unique.

    Raises
    ------
    InputError
        With the voltage from which it falls.
    """
    cell, excess = circuit.law.cell, circuit.law.cell.excess
    if excess.low == 0 and min(excess.k2[0], excess.k3[0]) >= 0:
        return
    g, most = circuit.conductance, largest / cell.read_voltage
    if excess.low == 0:
        k2, k3 = (np.full_like(g, k[0]) for k in (excess.k2, excess.k3))
    else:
        map_cells = resolve("cpu").map
        k2, k3 = (map_cells(part, g[None], 0.0, 0.0, excess)[0] for part in (quadratic_coefficient, cubic_coefficient))
    # The slope g + 2 k2 x + 3 k3 x^2 is least at an end or at its own turning point, where that lies inside.
    turn = np.clip(np.divide(-k2, 3 * k3, out=np.zeros_like(g), where=k3 != 0), -most if excess.even else 0.0, most)
    ends = (turn, np.full_like(g, most), np.full_like(g, -most if excess.even else 0.0))
    least = np.minimum.reduce([g + 2 * k2 * x + 3 * k3 * x * x for x in ends])
    place = np.unravel_index(np.argmin(np.where(g > 0, least / np.where(g > 0, g, 1.0), least)), g.shape)
    if least[place] >= 0:
        return
    x = np.linspace(0.0, most, 1001)
    signs = (1, -1) if excess.even else (1,)
    decreasing = np.logical_or.reduce([g[place] + 2 * k2[place] * s * x + 3 * k3[place] * x * x < 0 for s in signs])
    start = x[decreasing][0] if decreasing.any() else most
    raise InputError(
        f"conduction: the current of a cell of {g[place]:g} S falls with voltage from {start * cell.read_voltage:.3g} "
        f"V, and cells may see up to {largest:.3g} V; allowed: a current that rises with voltage"
    )


def _parsed(given: Mapping[str, Any]) -> Any:
    from pydantic import ValidationError

    model = _LAWS[choice("conduction.model", str(given.get("model")), tuple(_LAWS))][0]
    try:
        return model.model_validate(dict(given))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in ("conduction", *first["loc"]))
        raise InputError(f"{where}: {first['msg']}") from None


def _refuse_loose(conductance: np.ndarray, word: Lines, bit: Lines) -> None:
    """Refuse lines whose voltage nothing decides: no path through conducting cells leads to a terminal."""
    if word.attached.all() and bit.attached.all():
        return
    from scipy.sparse import bmat, csr_array
    from scipy.sparse.csgraph import connected_components

    cells = csr_array(conductance > 0)
    _, part = connected_components(bmat([[None, cells], [cells.T, None]]), directed=False)
    attached = np.concatenate([word.attached, bit.attached])
    loose = ~np.isin(part, part[attached])
    if loose.any():
        rows = len(word.first)
        names = [f"word line {i}" if i < rows else f"bit line {i - rows}" for i in np.flatnonzero(loose)[:3]]
        more = f" and {int(loose.sum()) - 3} more" if loose.sum() > 3 else ""
        raise InputError(
            f"{', '.join(names)}{more}: floating, without any conduction to a line that has a terminal, so that no "
            "voltage is defined; allowed: a finite driver or sense resistance there, or a cell that conducts"
        )
