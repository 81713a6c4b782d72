"""Trains of pulses for one vector of inputs and errors, with update management."""

from __future__ import annotations

import math

from numpy import float32, int32, uint32

from memsim.kernels.compile import callee
from memsim.kernels.trains import train
from memsim.philox import Stream, array_word, counter_word, in_stream
from memsim.schemes.layer import SATURATED, TRAINS

_ROWS, _LINES = int(Stream.ROW_TRAIN), int(Stream.COLUMN_TRAIN)


@callee
def trains(layer, cells, array, x, d, rate, span, most, step):
    """Draw the trains of inputs `x` (row,) and errors `d` (line,) into the words of a layer.

    `span` pulses span the window, so a coincidence moves a weight by ``scale / span`` in the middle of the window. The
    pair with the largest input and error wants ``rate max|x| max|d| span/scale`` coincidences, n. The train has ceil(n)
    slots, at most `most`: where n is larger, the train saturates, which is counted. Chances of rows and lines have
    equal maxima.

    Source: Gokmen & Vlasov, Front. Neurosci. 10, 333 (2016), doi:10.3389/fnins.2016.00333, eqs. (1) to (3), with the
    length of trains by ceil(n) as in Rasch et al., Nat. Commun. 15, 7133 (2024), doi:10.1038/s41467-024-51221-z.
    """
    rows, lines = layer.row_words[array], layer.line_words[array]
    largest_x, largest_d = float32(0.0), float32(0.0)
    for row in range(x.size):
        largest_x = max(largest_x, abs(x[row]))
    for line in range(d.size):
        largest_d = max(largest_d, abs(d[line]))
    wanted = rate * span / layer.scale * largest_x * largest_d
    if not wanted > 0.0:
        rows[:] = uint32(0)
        lines[:] = uint32(0)
        return
    slots = min(math.ceil(wanted), most)
    chance = math.sqrt(min(wanted / slots, 1.0))
    layer.counts[array, TRAINS] += 1
    if wanted > most:
        layer.counts[array, SATURATED] += 1
    used = uint32((1 << slots) - 1)
    c2, c3 = counter_word(step, 0), array_word(cells.first_array + array, 0)
    for row in range(x.size):
        p = float32(x[row] / largest_x * chance)
        rows[row] = train(row, p, used, c2, in_stream(c3, _ROWS), cells.k0, cells.k1) if p != 0.0 else uint32(0)
    for line in range(d.size):
        p = float32(d[line] / largest_d * chance)
        lines[line] = train(line, p, used, c2, in_stream(c3, _LINES), cells.k0, cells.k1) if p != 0.0 else uint32(0)


@callee
def note_maxima(layer, array, x, d, memory):
    """Renew the moving averages of the largest input and error, of which each vector counts ``1 - memory``."""
    largest_x, largest_d = 0.0, 0.0
    for row in range(x.size):
        largest_x = max(largest_x, float(abs(x[row])))
    for line in range(d.size):
        largest_d = max(largest_d, float(abs(d[line])))
    first = layer.turn[array] == 0
    for place, value in ((0, largest_x), (1, largest_d)):
        before = layer.maxima[array, place]
        layer.maxima[array, place] = value if first else memory * before + (1.0 - memory) * value


@callee
def whole_pulses(value, most):
    """The whole part of a number of pulses, at most `most` in size."""
    return int32(max(-most, min(most, math.trunc(value))))
