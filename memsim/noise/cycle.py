"""Cycle-to-cycle noise of programming pulses: additive, Gaussian, independent from pulse to pulse.

n identical pulses add N(0, sigma^2 n). Sigma is given of the window (``c2c_range``) or of one pulse's own step
(``c2c_step``); the sum of n draws is one draw of sqrt(n) sigma, with the state clipped once, after the last pulse.

Source: Chen, Peng & Yu, IEEE TCAD 37, 3067 (2018), doi:10.1109/TCAD.2018.2789723.
"""

from __future__ import annotations

import math

from numba import float32, njit


@njit(forceinline=True, error_model="numpy")
def cycle_to_cycle(pulses, moved, normal, p):
    """Random change of the normalised state that accompanies `pulses` (signed) which moved it by `moved`; 0 for none."""
    n = abs(pulses)
    root = math.sqrt(n)
    step = abs(moved) / max(root, float32(1.0))
    return (p.c2c_range * root + p.c2c_step * step) * normal
