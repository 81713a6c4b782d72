"""CPU loops of the converters: inputs to the levels of a DAC, and currents, noise included, to the codes of an ADC.

Codes are whole numbers from `least` to `most`, rounded to the nearest, half to even; beyond the range they saturate.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np

from memsim.arithmetic import nearest
from memsim.kernels.compile import Kernel, compile_kernel, inline
from memsim.kernels.draw import draw_normals
from memsim.philox import LANES, TILE, WORDS, array_word, read_words


class Errors(NamedTuple):
    """What makes converters differ from the ideal: gain and offset (array, converter), shifts (array, converter, code).

    The offset and the shifts of codes count in codes; None for converters without that error.
    """

    gain: Any | None = None
    offset: Any | None = None
    bow: Any | None = None

    @property
    def present(self) -> tuple[bool, bool]:
        """Whether gain and offset, and whether codes have errors."""
        return self.gain is not None, self.bow is not None

    @property
    def arrays(self) -> int:
        """Number of arrays with errors of their own, 1 for none."""
        return max(1 if part is None else len(part) for part in self)

    def cast(self, dtype: np.dtype, arrays: Any = np) -> tuple[Any, Any, Any]:
        """The errors for kernels, those that are absent as arrays without content; `arrays` is their module."""
        gain, offset, bow = (
            arrays.empty(shape, dtype) if part is None else part.astype(dtype, copy=False)
            for part, shape in zip(self, ((0, 0), (0, 0), (0, 0, 0)), strict=True)
        )
        return gain, offset, bow


IDEAL = Errors()


@inline
def nearest_code(value, least, most):
    """The code for a value that counts in codes, as a float."""
    return min(max(nearest(value), least), most)


@inline
def shifted_code(value, shifts, least, most):
    """As `nearest_code`, where the transition to code least + k + 1 is moved by shifts[k], in codes, ascending."""
    real = type(value)
    half = real(0.5)
    k = np.int64(nearest_code(value, least, most) - least)
    while k < shifts.size and value >= least + real(k) + half + shifts[k]:
        k += 1
    while k > 0 and value < least + real(k) - half + shifts[k - 1]:
        k -= 1
    return least + real(k)


@functools.cache
def dac_kernel(uneven: bool, bowed: bool) -> Kernel:
    """Kernel (x, out, rows, unit, least, most, gain, offset, bow): levels of inputs, in units of the read voltage.

    x : (array or 1, sample, row), padded; only the first `rows` are converted. unit : size of a code. If `uneven`, a
    level is gain code + offset codes, both (array, row); if `bowed`, `bow` (array, row, code) is added to the code.
    """

    def convert(first, last, x, out, rows, unit, least, most, gain, offset, bow):
        real = out.dtype.type
        per_unit = real(1.0) / unit
        for work in range(first, last):
            samples = out.shape[1]
            array = work // samples
            sample = work % samples
            given = x[array if x.shape[0] > 1 else 0, sample]
            level = out[array, sample]
            for row in range(rows):
                code = nearest_code(given[row] * per_unit, least, most)
                if bowed:
                    code = code + bow[array, row, np.int64(code - least)]
                if uneven:
                    code = gain[array, row] * code + offset[array, row]
                level[row] = code * unit

    return compile_kernel(convert, lambda x, out, *_: out.shape[0] * out.shape[1])


@functools.cache
def adc_kernel(noisy: bool, uneven: bool, bowed: bool) -> Kernel:
    """Kernel (current, variance, total, unit, least, most, gain, offset, bow, first_array, ..., k1): total += levels.

    current, total : (array, sample, column); variance : the same, or one column that serves all; if `noisy`, a draw of
    that variance is added to a current before it is converted, at the address of `memsim.kernels.read.noise_kernel`.
    unit : (array,), size of a code. If `uneven`, what is converted is gain current + offset codes, both (array,
    column); if `bowed`, the transition to code least + k + 1 is moved by bow[array, column, k], in codes, ascending.
    """

    def convert(
        first,
        last,
        current,
        variance,
        total,
        unit,
        least,
        most,
        gain,
        offset,
        bow,
        first_array,
        first_sample,
        repeats,
        positions,
        first_tile,
        index,
        stream,
        k0,
        k1,
    ):
        real = current.dtype.type
        z = np.empty(TILE, np.float32)
        words = np.empty((WORDS, LANES), np.uint32)
        code = np.empty(TILE, current.dtype)
        for work in range(first, last):
            samples = current.shape[1]
            columns = current.shape[2]
            array = work // samples
            sample = work % samples
            c1, c2 = read_words(sample, first_sample, repeats, positions, index)
            c3 = array_word(first_array + array, stream)
            own, into, spread = current[array, sample], total[array, sample], variance[array, sample]
            size = unit[array]
            per_unit = real(1.0) / size
            for tile in range(-(-columns // TILE)):
                start = tile * TILE
                width = min(TILE, columns - start)
                if noisy:
                    draw_normals(z, words, first_tile + tile, c1, c2, c3, k0, k1)
                    if spread.size == 1:
                        sigma = np.sqrt(spread[0])
                        for i in range(width):
                            code[i] = (own[start + i] + sigma * z[i]) * per_unit
                    else:
                        for i in range(width):
                            code[i] = (own[start + i] + np.sqrt(spread[start + i]) * z[i]) * per_unit
                else:
                    for i in range(width):
                        code[i] = own[start + i] * per_unit
                if uneven:
                    for i in range(width):
                        code[i] = gain[array, start + i] * code[i] + offset[array, start + i]
                if bowed:
                    for i in range(width):
                        code[i] = shifted_code(code[i], bow[array, start + i], least, most)
                else:
                    for i in range(width):
                        code[i] = nearest_code(code[i], least, most)
                for i in range(width):
                    into[start + i] += code[i] * size

    return compile_kernel(convert, lambda current, *_: current.shape[0] * current.shape[1])
