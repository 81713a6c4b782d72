"""Current against voltage where it is not ohmic: functions h(x) of x = V/V_read with h(0) = 0 and h(1) = 1.

I = G V_read h(V/V_read): every cell scales the same curve, so that a crossbar's inputs can be transformed instead. All
are odd with a positive slope at 0. The polynomial forms are not of this kind: one adds a current that is the same for
all states, the other a current with coefficients that depend on G.

Sources: sinh: Guan, Yu & Wong, IEEE EDL 33, 1405 (2012), doi:10.1109/LED.2012.2210856, scaled to the conductance at the
read voltage; polynomials: Milo et al., IRPS 2021, with coefficients in log10 G as in CrossSim (Sandia National
Laboratories). The exponential form is like NeuroSim's, but vanishes at 0.
"""

from __future__ import annotations

from typing import NamedTuple

from numpy import float64

from memsim.cells.functions import exponential, logarithm
from memsim.scalars import scalar


class Scale(NamedTuple):
    """b = V_read/V_0."""

    b: float


Coefficients = tuple[float, float, float, float]


class Excess(NamedTuple):
    """Current beside G V: k2 x |x| + k3 x^3, or even k2 x^2 + k3 x^3, in units of V_read times those of k2 and k3.

    k2 and k3 are polynomials in log10 G for G from `low` to `high`. Beyond, they go in proportion to G, so that the
    curve keeps its shape. Where `low` is 0, all states have the first coefficients.

    Attributes
    ----------
    k2, k3 : tuple of float
        Coefficients of powers 0 to 3 of log10 G.
    low, high : float
        Between which the polynomials hold, in the unit of G.
    even : float
        1 for a quadratic term that keeps its sign at negative voltage, -1 for the same cell between exchanged lines, 0
        for one that changes its sign with the voltage.
    """

    k2: Coefficients
    k3: Coefficients
    low: float = 0.0
    high: float = 0.0
    even: float = 0.0


def common_excess(k2: float, k3: float) -> Excess:
    """The current k2 x |x| + k3 x^3 for all states."""
    return Excess((k2, 0.0, 0.0, 0.0), (k3, 0.0, 0.0, 0.0))


@scalar
def sinh_voltage(x, _1, _2, p):
    """h = sinh(b x)/sinh(b), written without differences of large numbers."""
    size = abs(x)
    one, two = float64(1.0), float64(2.0)
    if p.b * max(size, one) < float64(1e-4):  # sinh is linear to rounding, and 1 - e^-2b would lose digits
        return x
    h = exponential(p.b * (size - one)) * (one - exponential(-two * p.b * size)) / (one - exponential(-two * p.b))
    return h if x > float64(0.0) else -h


@scalar
def sinh_slope(x, _1, _2, p):
    """dh/dx of `sinh_voltage`: b cosh(b x)/sinh(b)."""
    size = abs(x)
    one, two = float64(1.0), float64(2.0)
    if p.b * max(size, one) < float64(1e-4):
        return one
    h = exponential(p.b * (size - one)) * (one + exponential(-two * p.b * size)) / (one - exponential(-two * p.b))
    return p.b * h


@scalar
def exponential_voltage(x, _1, _2, p):
    """h = x exp(b (|x| - 1))."""
    return x * exponential(p.b * (abs(x) - float64(1.0)))


@scalar
def exponential_slope(x, _1, _2, p):
    """dh/dx of `exponential_voltage`: (1 + b |x|) exp(b (|x| - 1))."""
    return (float64(1.0) + p.b * abs(x)) * exponential(p.b * (abs(x) - float64(1.0)))


@scalar
def _of_state(g, c, p):
    """Coefficient of a cell of conductance g: the polynomial c in log10 g, in proportion to g beyond its limits."""
    if p.low == float64(0.0):
        return c[0]
    inside = min(max(g, p.low), p.high)
    x = logarithm(inside) * float64(0.4342944819032518)  # 1/ln 10
    return (c[0] + x * (c[1] + x * (c[2] + x * c[3]))) * (g / inside)


@scalar
def quadratic_coefficient(g, _1, _2, p):
    """k2 of a cell of conductance g."""
    return _of_state(g, p.k2, p)


@scalar
def cubic_coefficient(g, _1, _2, p):
    """k3 of a cell of conductance g."""
    return _of_state(g, p.k3, p)


@scalar
def excess_current(x, k2, k3, p):
    """What a cell with these coefficients adds to its line beside G V, in units of V_read times those of k2 and k3."""
    square = x * abs(x) if p.even == float64(0.0) else p.even * x * x
    return k2 * square + k3 * x * x * x


@scalar
def excess_slope(x, k2, k3, p):
    """d/dx of `excess_current`."""
    size = abs(x) if p.even == float64(0.0) else p.even * x
    return float64(2.0) * k2 * size + float64(3.0) * k3 * x * x


@scalar
def ohmic_voltage(x, _1, _2, _p):
    """h = x."""
    return x


@scalar
def ohmic_slope(_x, _1, _2, _p):
    """dh/dx of `ohmic_voltage`."""
    return float64(1.0)
