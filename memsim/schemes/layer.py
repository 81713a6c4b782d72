"""The cells and the digital numbers of one layer that learns in place, as compiled loops take them."""

from __future__ import annotations

from typing import Any, NamedTuple


class Layer(NamedTuple):
    """One layer of an ensemble of networks; arrays have the dimensions (array, line, padded row) unless stated.

    A weight is ``scale (state - zero)``. The value of a fast cell is ``scale (state - reference)``.

    Attributes
    ----------
    weights : Cells
        The cells that hold the weights.
    fast : Cells
        The cells that collect gradients; those of the weights again for schemes without such cells.
    reference : ndarray
        States of the references of the fast cells: their symmetry points, as far as these are known.
    hidden : ndarray
        Digital sums, in units of a pulse.
    average, held : ndarray
        Moving average of the values of the fast cells, and its value at the last change of sign, in weights.
    signs : (array, row)
        Signs of the inputs, 1 or -1.
    signed : (array, row)
        Inputs of the present vector times these signs.
    reads : (array, row) of int64
        Reads of the fast cells of each row since its last change of sign.
    known : (array, row) of int8
        Whether the sign of a row has changed before.
    maxima : (array, 2)
        Moving averages of the largest input and of the largest error.
    turn : (array,) of int64
        Number of vectors so far.
    counts : (array, 6) of int64
        Set and reset pulses of the weights, of the fast cells; trains; trains that saturate, see `trains`.
    row_words, line_words : (array, padded row), (array, line) of uint32
        Trains of the present vector.
    numbers : NamedTuple
        Settings of the scheme.
    scale, zero : float
        Weight of a state, see above.
    span, fast_span : float
        Set pulses from the lower to the upper end of the nominal window, of the weights and of the fast cells.
    """

    weights: Any
    fast: Any
    reference: Any
    hidden: Any
    average: Any
    held: Any
    signs: Any
    signed: Any
    reads: Any
    known: Any
    maxima: Any
    turn: Any
    counts: Any
    row_words: Any
    line_words: Any
    numbers: Any
    scale: Any
    zero: Any
    span: Any
    fast_span: Any


COUNTED = ("weights_set", "weights_reset", "fast_set", "fast_reset", "trains", "saturated")
"""What `Layer.counts` counts, in order."""
TRAINS, SATURATED = COUNTED.index("trains"), COUNTED.index("saturated")
