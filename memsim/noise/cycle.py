"""Cycle-to-cycle noise of programming pulses: independent from pulse to pulse, of what a pulse does or of a parameter.

Sigma of a pulse's effect is a fraction of the window, of that pulse's own mean step, or of the cell's full step in its
direction, the same wherever the cell stands ("own-step"); relative to the model's nominal step it reaches the kernels
as a fraction of the window. n identical pulses are one draw of sqrt(n) sigma (of a parameter:
sigma/sqrt(n), which is what their mean varies by), with the state clipped once, after the last pulse. For one pulse the
distribution is the stated one; for several, mean and variance are those of their sum.

Sigma of a pulse's own step may have a floor and a part that grows with the state w: sigma (|step| + floor + slope w).

Source: Chen, Peng & Yu, IEEE TCAD 37, 3067 (2018), doi:10.1109/TCAD.2018.2789723; floor and slope: Nandakumar et al.,
Front. Neurosci. 14, 406 (2020), doi:10.3389/fnins.2020.00406, in the form of IBM aihwkit's ExpStepDevice.
"""

from __future__ import annotations

import functools
import math
from typing import Any

from numpy import float32

from memsim.cells.functions import exponential
from memsim.scalars import scalar


@scalar
def _of_range(pulses, moved, sigma):
    return sigma * math.sqrt(abs(pulses))


@scalar
def _of_step(pulses, moved, sigma):
    return sigma * abs(moved) / math.sqrt(max(abs(pulses), float32(1.0)))


@scalar
def _once_of_range(pulses, moved, sigma):
    return sigma * abs(pulses)


@scalar
def _once_of_step(pulses, moved, sigma):
    return sigma * abs(moved)


@scalar
def _normal(z, width):
    return z


@scalar
def _uniform(u, width):
    real = type(width)
    return real(3.4641016151377544) * (real(u) - real(0.5))


@scalar
def _lognormal(z, width):
    real = type(width)
    return exponential(width * real(z) - real(0.5) * width * width) - real(1.0)


# Sigma of `pulses` (signed) that moved a state by `moved`; the second of each for at most one pulse, without a root.
_SIZES = {
    "range": (_of_range, _once_of_range),
    "step": (_of_step, _once_of_step),
    "own-step": (_of_range, _once_of_range),
    "nominal-step": (_of_range, _once_of_range),
}

VARIATES = {"normal": _normal, "uniform": _uniform, "lognormal": _lognormal}
"""Scalar functions (draw, width) -> deviation of variance 1; of "lognormal", relative to the mean, sigma included.

The draw is N(0, 1), for "uniform" a number in (0, 1]. `width` is sigma of the logarithm, for "lognormal" alone.
"""


@functools.cache
def cycle_to_cycle(
    relative_to: str, distribution: str = "normal", single: bool = False, floor: float = 0.0, slope: float = 0.0
) -> Any:
    """Scalar function (pulses, moved, draw, state, sigma) -> random change of the normalised state; 0 for no pulse.

    Parameters
    ----------
    relative_to : {"range", "step", "own-step", "nominal-step"}
        What sigma is relative to; for "own-step" the caller multiplies it by the cell's step.
    distribution : {"normal", "uniform", "lognormal"}
        Of one pulse's effect. For "lognormal" sigma is that of the logarithm.
    single : bool
        Whether a cell gets at most one pulse: the same bits without a root.
    floor, slope : float
        Of sigma relative to the step, in normalised states; compiled in.
    """
    size, variate = _SIZES[relative_to][single], VARIATES[distribution]
    if distribution == "lognormal":

        @scalar
        def skewed(pulses, moved, draw, state, sigma):
            scale = size(pulses, moved, type(sigma)(1.0)) * variate(draw, sigma)
            return scale if moved > type(moved)(0.0) else -scale

        return skewed

    if floor > 0 or slope > 0:
        # Steps and floors of n pulses differ in how they add up; the state is that before the first.
        added = _SIZES["range"][single]

        @scalar
        def raised(pulses, moved, draw, state, sigma):
            real = type(sigma)
            more = sigma * (real(floor) + real(slope) * abs(state))
            return (size(pulses, moved, sigma) + added(pulses, moved, more)) * variate(draw, sigma)

        return raised

    @scalar
    def noise(pulses, moved, draw, state, sigma):
        return size(pulses, moved, sigma) * variate(draw, sigma)

    return noise
