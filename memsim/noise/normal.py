"""Uniform and normal numbers from random words: scalar functions in float32 without any call to a maths library.

Only +, -, *, / and the square root occur, each correctly rounded by IEEE 754, so the numbers are the same bits on every
machine whose compiler does not contract them into fused operations. The polynomials for the logarithm and the sine and
cosine are those of the Cephes library (Moshier, 1992; relative error about 1e-7).
"""

from __future__ import annotations

import math

import numpy as np
from numba import float32, int32, njit, uint32


@njit(forceinline=True)
def uniform(word):
    """A number in (0, 1], a multiple of 2^-24, from the word's upper 24 bits."""
    return float32(float32(uint32(uint32(word) >> uint32(8)) + uint32(1)) * float32(5.9604644775390625e-08))


@njit(forceinline=True, error_model="numpy")
def log_unit(x):
    """Natural logarithm of a normal float32 number (meant for (0, 1])."""
    bits = np.float32(x).view(np.int32)
    exponent = float32(int32(int32(bits >> int32(23)) - int32(127)))
    m = np.int32(int32(bits & int32(0x007FFFFF)) | int32(0x3F800000)).view(np.float32)
    upper = m > float32(1.41421356)
    m = float32(0.5) * m if upper else m
    exponent = exponent + float32(1.0) if upper else exponent
    f = float32(m - float32(1.0))
    z = float32(f * f)
    p = float32(7.0376836292e-2)
    p = float32(p * f + float32(-1.1514610310e-1))
    p = float32(p * f + float32(1.1676998740e-1))
    p = float32(p * f + float32(-1.2420140846e-1))
    p = float32(p * f + float32(1.4249322787e-1))
    p = float32(p * f + float32(-1.6668057665e-1))
    p = float32(p * f + float32(2.0000714765e-1))
    p = float32(p * f + float32(-2.4999993993e-1))
    p = float32(p * f + float32(3.3333331174e-1))
    return float32(exponent * float32(0.693147180) + float32(f - float32(0.5) * z + f * z * p))


@njit(forceinline=True, error_model="numpy")
def sine_cosine(word):
    """Sine and cosine of the angle 2 pi word / 2^32."""
    quadrant = uint32(uint32(uint32(word) + uint32(0x20000000)) >> uint32(30))
    rest = uint32(uint32(word) - uint32(quadrant << uint32(30)))
    r = float32(float32(int32(rest)) * float32(1.4629180792671596e-09))
    z = float32(r * r)
    sine = float32(
        r + r * z * (float32(-1.6666654611e-1) + z * (float32(8.3321608736e-3) + z * float32(-1.9515295891e-4)))
    )
    cosine = float32(
        float32(1.0)
        - float32(0.5) * z
        + z
        * z
        * (float32(4.166664568298827e-2) + z * (float32(-1.388731625493765e-3) + z * float32(2.443315711809948e-5)))
    )
    odd = uint32(quadrant & uint32(1)) != uint32(0)
    s = cosine if odd else sine
    c = sine if odd else cosine
    s = -s if uint32(quadrant & uint32(2)) != uint32(0) else s
    c = -c if uint32(uint32(quadrant + uint32(1)) & uint32(2)) != uint32(0) else c
    return s, c


@njit(forceinline=True, error_model="numpy")
def normal_pair(a, b):
    """Two independent N(0, 1) numbers from two words (Box and Muller 1958); magnitude at most 5.77."""
    radius = float32(math.sqrt(float32(-2.0) * log_unit(uniform(a))))
    s, c = sine_cosine(b)
    return float32(radius * c), float32(radius * s)
