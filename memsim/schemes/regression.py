"""CPU loop of a linear regression in place: an array learns a matrix from random inputs and exact errors."""

from __future__ import annotations

import functools

import numpy as np
from numpy import float32, uint32

from memsim.kernels.cell import UpdateSpec
from memsim.kernels.compile import Kernel, compile_kernel
from memsim.kernels.draw import four_uniforms, one_of_four
from memsim.kernels.line_pulses import line_pulses
from memsim.philox import LANES, TILE, Stream, TargetDraw, array_word, counter_word
from memsim.schemes import SCHEMES

_INPUTS, _OF_INPUTS = int(Stream.TARGET), int(TargetDraw.INPUTS)


@functools.cache
def regression_kernel(scheme: str, weights: UpdateSpec, fast: UpdateSpec) -> Kernel:
    """Kernel (layer, target, rates, parts, squares, first, k0, k1).

    target : (array, line, row), weights; rates, parts : (vector,), learning rate, and part of the training; squares :
    (array, part) of float64, to which the sum over weights of the squared error before each vector is added; first :
    number of the first vector; k0, k1 : key of the inputs, which are uniform from -1 to 1.
    """
    step = SCHEMES[scheme]().step(line_pulses(weights), line_pulses(fast))

    def learn(begin, end, layer, target, rates, parts, squares, first, k0, k1):
        lines, rows = target.shape[1], target.shape[2]
        for array in range(begin, end):
            x, d = np.zeros(rows, np.float32), np.zeros(lines, np.float32)
            c3 = array_word(layer.weights.first_array + array, _INPUTS)
            for vector in range(rates.size):
                number = first + vector
                for group in range(-(-rows // TILE) * LANES):
                    u0, u1, u2, u3 = four_uniforms(
                        uint32(group), counter_word(number, 0), uint32(_OF_INPUTS), c3, k0, k1
                    )
                    row = group // LANES * TILE + group % LANES
                    for place in range(4):
                        u = one_of_four(place, u0, u1, u2, u3)
                        if row + place * LANES < rows:
                            x[row + place * LANES] = float32(2.0) * u - float32(1.0)
                total = 0.0
                for line in range(lines):
                    output = 0.0
                    for row in range(rows):
                        error = target[array, line, row] - layer.scale * (
                            layer.weights.state[array, line, row] - layer.zero
                        )
                        output += error * x[row]
                        total += error * error
                    d[line] = float32(output)
                squares[array, parts[vector]] += total
                step(layer, array, x, d, rates[vector], number)

    return compile_kernel(learn, lambda layer, target, *_: target.shape[0])
