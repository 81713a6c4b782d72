"""Current against voltage where it is not ohmic: functions h(x) of x = V/V_read with h(0) = 0 and h(1) = 1.

I = G V_read h(V/V_read): every cell scales the same curve, so that a crossbar's inputs can be transformed instead. All
are odd with a positive slope at 0. The polynomial form adds a current that is the same for all states.

Sources: sinh: Guan, Yu & Wong, IEEE EDL 33, 1405 (2012), doi:10.1109/LED.2012.2210856, scaled to the conductance at the
read voltage; polynomial: Milo et al., IRPS 2021. The exponential form is like NeuroSim's, but vanishes at 0.
"""

from __future__ import annotations

from typing import NamedTuple

from numba import float64, njit

from memsim.cells.functions import exponential


class Scale(NamedTuple):
    """b = V_read/V_0."""

    b: float


class Excess(NamedTuple):
    """Current common to all states, in units of V_read times those of k2 and k3: k2 x |x| + k3 x^3."""

    k2: float
    k3: float


@njit(forceinline=True, error_model="numpy")
def sinh_voltage(x, _1, _2, p):
    """h = sinh(b x)/sinh(b), written without differences of large numbers."""
    size = abs(x)
    one, two = float64(1.0), float64(2.0)
    if p.b * max(size, one) < float64(1e-4):  # sinh is linear to rounding, and 1 - e^-2b would lose digits
        return x
    h = exponential(p.b * (size - one)) * (one - exponential(-two * p.b * size)) / (one - exponential(-two * p.b))
    return h if x > float64(0.0) else -h


@njit(forceinline=True, error_model="numpy")
def sinh_slope(x, _1, _2, p):
    """dh/dx of `sinh_voltage`: b cosh(b x)/sinh(b)."""
    size = abs(x)
    one, two = float64(1.0), float64(2.0)
    if p.b * max(size, one) < float64(1e-4):
        return one
    h = exponential(p.b * (size - one)) * (one + exponential(-two * p.b * size)) / (one - exponential(-two * p.b))
    return p.b * h


@njit(forceinline=True, error_model="numpy")
def exponential_voltage(x, _1, _2, p):
    """h = x exp(b (|x| - 1))."""
    return x * exponential(p.b * (abs(x) - float64(1.0)))


@njit(forceinline=True, error_model="numpy")
def exponential_slope(x, _1, _2, p):
    """dh/dx of `exponential_voltage`: (1 + b |x|) exp(b (|x| - 1))."""
    return (float64(1.0) + p.b * abs(x)) * exponential(p.b * (abs(x) - float64(1.0)))


@njit(forceinline=True, error_model="numpy")
def excess_current(x, _1, _2, p):
    """What one cell adds to its line whatever its state, in units of V_read times those of k2 and k3."""
    return x * abs(x) * (p.k2 + p.k3 * abs(x))


@njit(forceinline=True, error_model="numpy")
def excess_slope(x, _1, _2, p):
    """d/dx of `excess_current`: 2 k2 |x| + 3 k3 x^2."""
    return abs(x) * (float64(2.0) * p.k2 + float64(3.0) * p.k3 * abs(x))


@njit(forceinline=True, error_model="numpy")
def ohmic_voltage(x, _1, _2, _p):
    """h = x."""
    return x


@njit(forceinline=True, error_model="numpy")
def ohmic_slope(_x, _1, _2, _p):
    """dh/dx of `ohmic_voltage`."""
    return float64(1.0)
