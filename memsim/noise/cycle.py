"""Cycle-to-cycle noise of programming pulses: additive, Gaussian, independent from pulse to pulse.

Sigma of one pulse is a fraction of the window, or of that pulse's own step; relative to the model's nominal step it
reaches the kernels as a fraction of the window. The sum over n identical pulses is one draw
of sqrt(n) sigma, with the state clipped once, after the last pulse.

Source: Chen, Peng & Yu, IEEE TCAD 37, 3067 (2018), doi:10.1109/TCAD.2018.2789723.
"""

from __future__ import annotations

import math

from numba import float32, njit


@njit(forceinline=True, error_model="numpy")
def _of_range(pulses, moved, normal, sigma):
    """Random change of the normalised state that comes with `pulses` (signed) which moved it by `moved`; 0 for none."""
    return sigma * math.sqrt(abs(pulses)) * normal


@njit(forceinline=True, error_model="numpy")
def _of_step(pulses, moved, normal, sigma):
    """As `_of_range`, for sigma of the mean step of these pulses."""
    return sigma * abs(moved) / math.sqrt(max(abs(pulses), float32(1.0))) * normal


@njit(forceinline=True, error_model="numpy")
def _once_of_range(pulses, moved, normal, sigma):
    """`_of_range` for at most one pulse: the same bits without a root."""
    return sigma * abs(pulses) * normal


@njit(forceinline=True, error_model="numpy")
def _once_of_step(pulses, moved, normal, sigma):
    """`_of_step` for at most one pulse: the same bits without a root."""
    return sigma * abs(moved) * normal


CYCLE_TO_CYCLE = {"range": _of_range, "step": _of_step, "nominal-step": _of_range}
"""Scalar functions (pulses, moved, normal, sigma) -> change of the normalised state, by what sigma is relative to."""

SINGLE_PULSE = {"range": _once_of_range, "step": _once_of_step, "nominal-step": _once_of_range}
"""The same where a cell gets at most one pulse a step."""
