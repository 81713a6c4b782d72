"""Reads of a layer during training: inputs scaled and quantised, noise of outputs, and an ADC that may saturate."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

from numpy import float32, uint32

from memsim.arithmetic import nearest
from memsim.errors import InputError
from memsim.kernels.compile import callee
from memsim.kernels.draw import four_normals, one_of_four
from memsim.philox import LANES, TILE, Stream, array_word, in_stream

_READOUT = int(Stream.READOUT)
MOST_BITS = 16
ATTEMPTS = 10
"""Reads of a vector at most, with inputs that are halved each time (assumed)."""


class ReadNumbers(NamedTuple):
    """Settings of `Reading` as loops take them; 0 levels stand for no converter."""

    input_levels: float
    output_levels: float
    bound: float
    noise: float
    scaled: int
    attempts: int
    exact: int


@dataclass(frozen=True)
class Reading:
    """How a layer is read in one direction. By default, reads are exact.

    Parameters
    ----------
    input_bits, output_bits : int, optional
        Bits of the converters, with a sign; none if not given.
    bound : float
        Largest output, in weights times inputs.
    noise : float
        Standard deviation of an output, in weights times inputs as they reach the array.
    scale_inputs : bool
        Noise management: each vector is divided by its largest input, and outputs are multiplied by it. Otherwise
        inputs beyond -1 to 1 are clipped.
    halve : bool
        Bound management: while an output reaches the bound, the vector is read again with half the inputs.

    Raises
    ------
    InputError
        If a number is not allowed.

    Notes
    -----
    Source: Gokmen, Onen & Haensch, Front. Neurosci. 11, 538 (2017), doi:10.3389/fnins.2017.00538: noise management
    and bound management.
    """

    input_bits: int | None = None
    output_bits: int | None = None
    bound: float = math.inf
    noise: float = 0.0
    scale_inputs: bool = True
    halve: bool = True

    def __post_init__(self) -> None:
        for name in ("input_bits", "output_bits"):
            bits = getattr(self, name)
            if bits is not None and not (isinstance(bits, int) and 2 <= bits <= MOST_BITS):
                raise InputError(f"{name}: {bits!r} is not allowed; allowed: 2 to {MOST_BITS}, or None")
        if not self.bound > 0:
            raise InputError(f"bound: {self.bound!r} is not above 0")
        if not (math.isfinite(self.noise) and self.noise >= 0):
            raise InputError(f"noise: {self.noise!r} is not a finite number of at least 0")
        if self.output_bits is not None and not math.isfinite(self.bound):
            raise InputError(f"output_bits: an ADC of {self.output_bits} bits needs a bound")

    @property
    def numbers(self) -> ReadNumbers:
        """The settings as loops take them."""
        exact = self.input_bits is None and math.isinf(self.bound) and self.noise == 0 and self.scale_inputs
        return ReadNumbers(
            _levels(self.input_bits),
            _levels(self.output_bits),
            float(self.bound),
            float(self.noise),
            int(self.scale_inputs),
            ATTEMPTS if self.halve and math.isfinite(self.bound) else 1,
            int(exact),
        )


EXACT_READS = Reading()


def _levels(bits: int | None) -> float:
    """Steps from 0 to the largest number of a converter with a sign."""
    return 0.0 if bits is None else float(2 ** (bits - 1) - 1)


def reader(product: Any) -> Any:
    """Compiled function ``read(layer, array, x, how, words, number, scaled, parts, out)`` of one vector.

    `product` computes ``product(layer, array, x, parts, out)``; `how` is a `ReadNumbers`; `words` are the two words of
    the key of the noise, and `number` is its counter word; `scaled` has the shape of `x` and is overwritten.

    The n-th read of a vector has n as the column of its noise.
    """

    @callee
    def read(layer, array, x, how, words, number, scaled, parts, out):
        if how.exact == 1:
            product(layer, array, x, parts, out)
            return
        largest = float32(0.0)
        for row in range(x.size):
            largest = max(largest, abs(x[row]))
        if largest == float32(0.0):
            out[:] = float32(0.0)
            return
        factor = largest if how.scaled == 1 else float32(1.0)
        levels, bound, noise = float32(how.input_levels), float32(how.bound), float32(how.noise)
        c3 = in_stream(array_word(layer.weights.first_array + array, 0), _READOUT)
        for attempt in range(how.attempts):
            for row in range(x.size):
                value = min(max(x[row] / factor, float32(-1.0)), float32(1.0))
                scaled[row] = nearest(value * levels) / levels if levels > float32(0.0) else value
            product(layer, array, scaled, parts, out)
            reached = False
            for line in range(out.size):
                if noise > float32(0.0):
                    place = line % TILE // LANES
                    group = line // TILE * LANES + line % LANES
                    z0, z1, z2, z3 = four_normals(
                        uint32(group), uint32(attempt), uint32(number), c3, words[0], words[1]
                    )
                    z = one_of_four(place, z0, z1, z2, z3)
                    out[line] += noise * z
                reached = reached or abs(out[line]) >= bound
            if not reached or attempt + 1 == how.attempts:
                break
            factor *= float32(2.0)
        steps = float32(how.output_levels)
        for line in range(out.size):
            value = min(max(out[line], -bound), bound)
            if steps > float32(0.0):
                value = nearest(value * (steps / bound)) * (bound / steps)
            out[line] = value * factor

    return read
