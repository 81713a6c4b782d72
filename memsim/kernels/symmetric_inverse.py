"""The inverse of a symmetric positive definite matrix in place, by block Gauss-Jordan steps on its lower triangle.

A step takes `WIDE` pivots P at once: with C = A[:, P] and X = C A[P, P]^-1, the rest of A becomes A - X C^T, columns P
become X, and A[P, P] becomes minus its inverse. After all steps A holds minus its inverse (the sweep operator of J. H.
Goodnight, Am. Stat. 33, 149 (1979), doi:10.1080/00031305.1979.10482685). n^3 operations for n rows.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import uint64

from memsim.arithmetic import fma
from memsim.kernels.compile import callee, inline

WIDE = 8
"""Pivots of a step; sizes are multiples of it."""


@inline
def _subtract(a: Any, b: Any, c: Any, x: Any, i: Any, count: Any) -> None:
    """Rows i and i + 1 of the matrix, `a` and `b`, minus the products of eight columns; `count` elements of each."""
    j = i + 1
    p0, p1, p2, p3, p4, p5, p6, p7 = x[0, i], x[1, i], x[2, i], x[3, i], x[4, i], x[5, i], x[6, i], x[7, i]
    q0, q1, q2, q3, q4, q5, q6, q7 = x[0, j], x[1, j], x[2, j], x[3, j], x[4, j], x[5, j], x[6, j], x[7, j]
    c0, c1, c2, c3, c4, c5, c6, c7 = c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7]
    for step in range(count):
        k = uint64(step)
        u0, u1, u2, u3, u4, u5, u6, u7 = c0[k], c1[k], c2[k], c3[k], c4[k], c5[k], c6[k], c7[k]
        s = fma(-p7, u7, fma(-p6, u6, fma(-p5, u5, fma(-p4, u4, a[k]))))
        t = fma(-q7, u7, fma(-q6, u6, fma(-q5, u5, fma(-q4, u4, b[k]))))
        a[k] = fma(-p3, u3, fma(-p2, u2, fma(-p1, u1, fma(-p0, u0, s))))
        b[k] = fma(-q3, u3, fma(-q2, u2, fma(-q1, u1, fma(-q0, u0, t))))


@inline
def _negative_inverse_of_pivots(a: Any) -> None:
    """The same for the pivots of a step, one by one; `a` : (8, 8), the whole matrix and the whole result."""
    for p in range(WIDE):
        share = 1.0 / a[p, p]
        for i in range(WIDE):
            if i != p:
                factor = a[i, p] * share
                for j in range(WIDE):
                    if j != p:
                        a[i, j] = fma(-factor, a[p, j], a[i, j])
                a[i, p] = factor
        for j in range(WIDE):
            a[p, j] *= share
        a[p, p] = -share


@callee
def negative_inverse(a: Any, c: Any, x: Any) -> None:
    """Minus the inverse of a matrix of n rows in its place.

    a : (n, n or more), whose lower triangle holds the matrix and then the result; what lies above is overwritten. Rows
    of a few elements more keep the columns of powers of two out of the same sets of the cache. c, x : (8, n), work
    space.
    """
    n = a.shape[0]
    minus = np.empty((WIDE, WIDE))
    for start in range(0, n, WIDE):
        stop = start + WIDE
        for p in range(WIDE):
            for k in range(start + p + 1):
                c[p, k] = a[start + p, k]
        for k in range(start, n):
            for p in range(min(WIDE, k - start)):
                c[p, k] = a[k, start + p]
        for p in range(WIDE):
            for q in range(WIDE):
                minus[p, q] = c[p, start + q]
        _negative_inverse_of_pivots(minus)
        x[:] = 0.0
        for p in range(0, WIDE, 2):
            _subtract(x[p], x[p + 1], c, minus, p, n)
        for i in range(0, n, 2):
            _subtract(a[i], a[i + 1], c, x, i, min(n, (i + 17) // 16 * 16))  # whole vectors, past the diagonal
        for p in range(WIDE):
            for k in range(start):
                a[start + p, k] = x[p, k]
            for k in range(WIDE):
                a[start + p, start + k] = minus[p, k]
        for k in range(stop, n):
            for p in range(WIDE):
                a[k, start + p] = x[p, k]
