"""What all operators of a graph share."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np

from memsim.errors import InputError, shown

Shape = tuple[int, ...]
"""Shape of a value for one sample; arrays have the axis of samples before it."""
MAX_NUMBERS = 1 << 24
"""Numbers of a value of one sample at most."""


class Operator:
    """A step of a network. Values are arrays (sample, ...); all operators compute each sample by itself."""

    kind: ClassVar[str]

    def shape(self, *shapes: Shape) -> Shape:
        """Shape of the output of one sample for inputs of these shapes.

        Raises
        ------
        InputError
            If the operator cannot take them.
        """
        raise NotImplementedError

    def outputs(self, *values: np.ndarray) -> np.ndarray:
        """The output (sample, ...) for inputs (sample, ...)."""
        raise NotImplementedError


def checked_size(label: str, shape: Shape) -> Shape:
    """A shape whose numbers fit into memory.

    Raises
    ------
    InputError
        If there are more than `MAX_NUMBERS`, or none.
    """
    count = math.prod(shape)
    if not 0 < count <= MAX_NUMBERS:
        raise InputError(f"{label}: a sample of shape {shown(list(shape))}; allowed: 1 to {MAX_NUMBERS:,} numbers")
    return shape


def normalised_axis(kind: str, axis: int, axes: int) -> int:
    """An axis of arrays (sample, ...) with this number of axes, counted from 0.

    Raises
    ------
    InputError
        If there is no such axis, or it is that of samples.
    """
    place = axis + axes if axis < 0 else axis
    if not 0 < place < axes:
        raise InputError(f"{kind}: axis {axis} is not allowed; allowed: 1 to {axes - 1}, the first axis counts samples")
    return place
