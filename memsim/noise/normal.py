"""Uniform and normal numbers from random words: scalar functions in float32 without any call to a maths library.

Only +, -, *, the square root and the fused multiply-add occur, each rounded once by IEEE 754, so the numbers are the
same bits on every machine whose compiler does not fuse on its own. The polynomials for the logarithm and the sine and
cosine are those of the Cephes library (Moshier, 1992; relative error about 1e-7).
"""

from __future__ import annotations

import math

import numpy as np
from numpy import float32, int32, uint32

from memsim.arithmetic import fma
from memsim.scalars import scalar

_ONE = np.float32(1.0)
_MINUS_HALF = np.float32(-0.5)
_MINUS_TWO = np.float32(-2.0)
_STEP = np.float32(2.0**-24)
_LOWEST = np.int32(0x3F3504F4)  # bits of the smallest m above 1/sqrt(2)
_LOWEST_24 = np.int32(0x3F3504F4 + (24 << 23))
_MINUS_TWO_LN2 = np.float32(-2 * np.float32(0.693147180))
_QUARTER_TURN = np.float32(np.float32(2 * math.pi / 2**32) / 4)
_L = tuple(
    np.float32(-2 * np.float32(c))
    for c in (
        7.0376836292e-2,
        -1.1514610310e-1,
        1.1676998740e-1,
        -1.2420140846e-1,
        1.4249322787e-1,
        -1.6668057665e-1,
        2.0000714765e-1,
        -2.4999993993e-1,
        3.3333331174e-1,
    )
)
_S = tuple(np.float32(c) for c in (-1.6666654611e-1, 8.3321608736e-3, -1.9515295891e-4))
_C = tuple(np.float32(c) for c in (4.166664568298827e-2, -1.388731625493765e-3, 2.443315711809948e-5))


@scalar
def _whole(word):
    """The word's upper 24 bits plus one, as a float32 number: 1 to 2^24."""
    return float32(int32(int32(uint32(word) >> uint32(8)) + int32(1)))


@scalar
def uniform(word):
    """A number in (0, 1], a multiple of 2^-24, from the word's upper 24 bits."""
    return _whole(word) * _STEP


@scalar
def squared_radius(x):
    """-2 ln(x / 2^24) of a normal float32 number x, meant for (0, 2^24].

    x / 2^24 = 2^e m with m in (1/sqrt(2), sqrt(2)]; the factors -2 and 2^-24 are exact and hidden in the constants.
    """
    bits = int32(np.float32(x).view(np.int32) - _LOWEST_24)
    exponent = float32(int32(bits >> int32(23)))
    f = np.int32(int32(int32(bits & int32(0x007FFFFF)) + _LOWEST)).view(np.float32) - _ONE
    z = f * f
    p = fma(fma(fma(fma(_L[0], f, _L[1]), f, _L[2]), f, _L[3]), f, _L[4])
    p = fma(fma(fma(fma(p, f, _L[5]), f, _L[6]), f, _L[7]), f, _L[8])
    return fma(exponent, _MINUS_TWO_LN2, fma(f * z, p, fma(_MINUS_TWO, f, z)))


@scalar
def sine_cosine(word):
    """Sine and cosine of the angle 2 pi word / 2^32."""
    # Every step is wrapped to 32 bits: Numba's own rules would widen to 64, which halves the vectors.
    word = uint32(word)
    r = float32(int32(uint32(word << uint32(2)))) * _QUARTER_TURN  # what is left beside the nearest multiple of pi/2
    z = r * r
    sine = fma(r * z, fma(fma(_S[2], z, _S[1]), z, _S[0]), r)
    cosine = fma(z * z, fma(fma(_C[2], z, _C[1]), z, _C[0]), fma(_MINUS_HALF, z, _ONE))
    quadrant = uint32(word + uint32(0x20000000))  # in the two upper bits
    odd = int32(uint32(quadrant << uint32(1))) < int32(0)
    s = cosine if odd else sine
    c = sine if odd else cosine
    return _signed(s, quadrant), _signed(c, uint32(quadrant + uint32(0x40000000)))


@scalar
def _signed(x, word):
    """The number with its sign changed where the uppermost bit of `word` is set."""
    sign = int32(uint32(word & uint32(0x80000000)))
    return np.int32(int32(np.float32(x).view(np.int32) ^ sign)).view(np.float32)


@scalar
def normal_pair(a, b):
    """Two independent N(0, 1) numbers from two words (Box and Muller 1958); magnitude at most 5.77."""
    radius = math.sqrt(squared_radius(_whole(a)))
    s, c = sine_cosine(b)
    return radius * c, radius * s
