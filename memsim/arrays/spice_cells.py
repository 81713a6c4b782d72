"""Cells of a crossbar as elements of a SPICE netlist: resistors, or sources with the current of their law."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import numpy as np

from memsim.arrays.read_circuit import ReadCircuit
from memsim.arrays.wires.network import excess_at
from memsim.backends import resolve
from memsim.noise.conduction import cubic_coefficient, quadratic_coefficient
from memsim.profiles.physics import ExponentialConduction, PolynomialConduction, SinhConduction


def digits(value: float) -> str:
    """A number with 17 significant digits, from which the same float64 is read again."""
    return f"{value:.16e}"


def cell_elements(circuit: ReadCircuit, conductance: np.ndarray, ends: Iterable[tuple[str, str, str]]) -> Iterator[str]:
    """Elements of cells, with the resistance in series with each; cells without any current are left out.

    Parameters
    ----------
    circuit : ReadCircuit
        Law of the cells, and their series resistance.
    conductance : (cell,)
        Of the cells [S].
    ends : iterable of (str, str, str)
        Node of the word line, node of the bit line, and what ends the names, of each cell.
    """
    series = circuit.wires.series_resistance
    for law, (word, bit, name) in zip(_laws(circuit, conductance), ends, strict=True):
        if law is None:
            continue
        top = word
        if series > 0:
            top = f"cell_{name}"
            yield f"Rseries_{name} {word} {top} {digits(series)}"
        if isinstance(law, float):
            yield f"Rcell_{name} {top} {bit} {digits(1 / law)}"
        else:
            across = f"v({top},{bit})"
            yield f"Bcell_{name} {top} {bit} I={law.format(v=across)}"


def _laws(circuit: ReadCircuit, conductance: np.ndarray) -> Iterator[float | str | None]:
    """Of each cell, the conductance [S], or the current [A] as a formula of its voltage {v} [V]; None for no current.

    The formulas are those of the sections `conduction`, see `memsim.profiles.physics`.
    """
    law, read_voltage = circuit.conduction, circuit.read_voltage
    if law is None:
        yield from (float(g) if g > 0 else None for g in conductance)
    elif isinstance(law, SinhConduction):
        scale = math.sinh(read_voltage / law.voltage)
        for g in conductance:
            yield f"{digits(g * read_voltage / scale)}*sinh({{v}}/{digits(law.voltage)})" if g > 0 else None
    elif isinstance(law, ExponentialConduction):
        beyond = f"(abs({{v}})-{digits(read_voltage)})/{digits(law.voltage)}"
        yield from (f"{digits(g)}*{{v}}*exp({beyond})" if g > 0 else None for g in conductance)
    else:
        # All states of the form `polynomial` have the same quadratic term, which changes its sign with the voltage.
        size = "abs({v})" if isinstance(law, PolynomialConduction) else "{v}"
        excess, one = excess_at(law, read_voltage), conductance[None, None].astype(float)
        quadratic, cubic = (
            resolve("cpu").map(part, one, 0.0, 0.0, excess)[0, 0] for part in (quadratic_coefficient, cubic_coefficient)
        )
        for g, k2, k3 in zip(conductance, quadratic / read_voltage, cubic / read_voltage**2, strict=True):
            terms = f"{{v}}*({digits(g)}+({digits(k2)})*{size}+({digits(k3)})*{{v}}*{{v}})"
            yield terms if g or k2 or k3 else None
