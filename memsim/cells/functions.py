"""Exponential, logarithm and power in plain arithmetic: the same bits on every CPU, in vectors, on CUDA as well.

Each function works in the dtype of its argument, float32 or float64, to a few units in the last place. Arguments and
results must lie within the range of normal float32 numbers; `exponential` saturates at its ends.
"""

from __future__ import annotations

import numpy as np
from numpy import int32

from memsim.arithmetic import fma
from memsim.scalars import scalar


@scalar
def _two_to(k, real):
    """2^k for a whole number k of -126 to 127."""
    return real(np.int32(int32(int32(127) + k) << int32(23)).view(np.float32))


@scalar
def exponential_ratio(y):
    """phi(y) = (1 - e^-y)/y for y >= -80, 1 at 0, to the rounding of y's own dtype and without a maths library.

    e^-y = 2^-k e^-r with |r| <= ln(2)/2, and (1 - e^-r)/r by its Taylor series (truncated below the dtype's rounding).
    """
    real = type(y)
    near = max(min(y, real(80.0)), real(-80.0))  # e^-80 is nothing beside 1, and 2^-k stays a normal number
    k = int32(near * real(1.4426950408889634) + (real(0.5) if y > real(0.0) else real(-0.5)))
    # ln 2 in two parts, the first short enough for k times it to be exact.
    r = fma(-real(k), real(1.4286068203094173e-06), fma(-real(k), real(0.693145751953125), near))
    q = real(1.0 / 40320.0)
    if real(1.0) + real(2.0**-30) != real(1.0):  # float64: decided when compiled
        q = real(1.0 / 6227020800.0)
        q = fma(-r, q, real(1.0 / 479001600.0))
        q = fma(-r, q, real(1.0 / 39916800.0))
        q = fma(-r, q, real(1.0 / 3628800.0))
        q = fma(-r, q, real(1.0 / 362880.0))
        q = fma(-r, q, real(1.0 / 40320.0))
    q = fma(-r, q, real(1.0 / 5040.0))
    q = fma(-r, q, real(1.0 / 720.0))
    q = fma(-r, q, real(1.0 / 120.0))
    q = fma(-r, q, real(1.0 / 24.0))
    q = fma(-r, q, real(1.0 / 6.0))
    q = fma(-r, q, real(1.0 / 2.0))
    q = fma(-r, q, real(1.0))
    scale = _two_to(-k, real)
    whole = fma(scale, r * q, real(1.0) - scale) / y
    return whole if k != 0 else q


@scalar
def exponential(x):
    """e^x, between e^-87 and e^88."""
    real = type(x)
    near = min(max(x, real(-87.0)), real(88.0))
    shift = real(1.5 * 2.0**23)  # so large that a sum with it has no digits behind the point
    q = real(1.0 / 5040.0)
    wide = real(1.0) + real(2.0**-30) != real(1.0)  # float64: decided when compiled
    if wide:
        shift = real(1.5 * 2.0**52)
    whole = fma(near, real(1.4426950408889634), shift) - shift
    r = fma(-whole, real(1.4286068203094173e-06), fma(-whole, real(0.693145751953125), near))
    if wide:
        q = real(1.0 / 6227020800.0)
        q = fma(r, q, real(1.0 / 479001600.0))
        q = fma(r, q, real(1.0 / 39916800.0))
        q = fma(r, q, real(1.0 / 3628800.0))
        q = fma(r, q, real(1.0 / 362880.0))
        q = fma(r, q, real(1.0 / 40320.0))
        q = fma(r, q, real(1.0 / 5040.0))
    q = fma(r, q, real(1.0 / 720.0))
    q = fma(r, q, real(1.0 / 120.0))
    q = fma(r, q, real(1.0 / 24.0))
    q = fma(r, q, real(1.0 / 6.0))
    q = fma(r, q, real(1.0 / 2.0))
    q = fma(r, q, real(1.0))
    return _two_to(int32(whole), real) * fma(r, q, real(1.0))


@scalar
def logarithm(x):
    """Natural logarithm of a normal float32 number or a float64 in its range.

    ln x = e ln 2 + 2 artanh s with s = (m - 1)/(m + 1), m in [0.7, 1.42], by the series of artanh.
    """
    real = type(x)
    bits = np.float32(x).view(np.int32)
    e = int32(bits >> int32(23)) - int32(127)
    m = x * (_two_to(-e, real) if e < int32(127) else real(2.0**-127))
    upper = m > real(1.4142135623730951)
    m = real(0.5) * m if upper else m
    e = int32(e + int32(1)) if upper else e
    s = (m - real(1.0)) / (m + real(1.0))
    z = s * s
    q = real(1.0 / 9.0)
    if real(1.0) + real(2.0**-30) != real(1.0):
        q = real(1.0 / 21.0)
        q = fma(z, q, real(1.0 / 19.0))
        q = fma(z, q, real(1.0 / 17.0))
        q = fma(z, q, real(1.0 / 15.0))
        q = fma(z, q, real(1.0 / 13.0))
        q = fma(z, q, real(1.0 / 11.0))
        q = fma(z, q, real(1.0 / 9.0))
    q = fma(z, q, real(1.0 / 7.0))
    q = fma(z, q, real(1.0 / 5.0))
    q = fma(z, q, real(1.0 / 3.0))
    small = fma(real(e), real(1.4286068203094173e-06), real(2.0) * fma(s * z, q, s))
    return fma(real(e), real(0.693145751953125), small)


@scalar
def logarithm_beside_one(t):
    """ln(1 + t) for t > -1, exact to rounding for small t too (Kahan's correction)."""
    real = type(t)
    u = real(1.0) + t
    off = u - real(1.0)
    return t if off == real(0.0) else logarithm(u) * (t / off)


@scalar
def power(x, a):
    """x^a for x >= 0 and a >= 0; 0 for x below the smallest normal float32 number, unless a is 0."""
    real = type(x)
    small = x < real(1.1754944e-38)
    value = exponential(a * logarithm(real(1.0) if small else x))
    return (real(1.0) if a == real(0.0) else real(0.0)) if small else value


@scalar
def hyperbolic_sine(x):
    """sinh x, for |x| up to 87; without cancellation near 0."""
    y = abs(x)
    value = y * exponential(y) * exponential_ratio(y + y)
    return value if x >= type(x)(0.0) else -value
