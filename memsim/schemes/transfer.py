"""What schemes with fast cells share: gradients to these cells, and transfers of one of their rows to the weights."""

from __future__ import annotations

from typing import Any

from numpy import float32, uint32

from memsim.kernels.compile import callee
from memsim.kernels.line_pulses import LinePulses
from memsim.noise.normal import uniform
from memsim.philox import Stream, array_word, counter_word, in_stream, philox
from memsim.schemes.trains import note_maxima, trains, whole_pulses

_SCHEME = int(Stream.SCHEME)
MEMORY = 0.99
"""Share of the moving averages of the largest input and error that stays at each vector (aihwkit 1.2.0, presets)."""


def collect(fast: LinePulses) -> Any:
    """Compiled function ``collect(layer, array, x, d, number)``: the fast cells take the gradient of a vector.

    The rate follows from the moving averages of the largest input and error, such that the pair of both gets
    ``effort slots`` pulses on average. `x` has the signs of the inputs already.

    Source: Rasch et al., Nat. Commun. 15, 7133 (2024), doi:10.1038/s41467-024-51221-z, methods.
    """
    coincide = fast.coincide

    @callee
    def collect_gradient(layer, array, x, d, number):
        numbers = layer.numbers
        note_maxima(layer, array, x, d, MEMORY)
        product = layer.maxima[array, 0] * layer.maxima[array, 1]
        rate = numbers.effort * numbers.slots * layer.scale / (layer.fast_span * product) if product > 0.0 else 0.0
        trains(layer, layer.fast, array, x, d, rate, layer.fast_span, numbers.slots, number)
        counts = layer.counts[array, 2:4]
        coincide(layer.fast, array, layer.row_words[array], layer.line_words[array], number, counts)

    return collect_gradient


def release(weights: LinePulses) -> Any:
    """Compiled function ``release(layer, array, line, row, number)``: pulses of whole digital sums to a weight.

    A sum of at least 1 in size gives at most one pulse, and what is left is its share `momentum`.
    """
    single = weights.single

    @callee
    def release_sum(layer, array, line, row, number):
        value = layer.hidden[array, line, row]
        if abs(value) >= float32(1.0):
            single(layer.weights, array, line, row, whole_pulses(value, 1), number, layer.counts[array, 0:2])
            layer.hidden[array, line, row] = value * layer.numbers.momentum

    return release_sum


@callee
def threshold(layer, numbers):
    """Change of a weight that a whole digital sum stands for: ``granularity step / (rows every)``.

    Source: aihwkit 1.2.0 (MIT licence), presets of Tiki-Taka v2 and its successors.
    """
    return numbers.granularity * layer.scale / layer.span / (layer.signs.shape[1] * numbers.every)


@callee
def chopped(layer, array, x):
    """Inputs times the signs of their rows."""
    signed = layer.signed[array]
    for row in range(x.size):
        signed[row] = x[row] * layer.signs[array, row]
    return signed


@callee
def due_row(layer, array, every):
    """The row whose fast cells are read after the present vector, in turn; -1 for none."""
    turn, rows = layer.turn[array], layer.signs.shape[1]
    if (turn + 1) % every != 0:
        return -1
    return (turn + 1) // every % rows


@callee
def sign_draw(layer, array, row, number):
    """A number in (0, 1] that decides whether the sign of a row changes."""
    cells = layer.fast
    c3 = in_stream(array_word(cells.first_array + array, 0), _SCHEME)
    word, _, _, _ = philox(uint32(0), counter_word(0, row), counter_word(number, 0), c3, cells.k0, cells.k1)
    return uniform(word)
