"""What an experiment with ``keep: [weights]`` stores of its training, the same for all tasks that train.

All arrays of all learners are in one list of numbers, one array after the other, each in C order. An array has a
learner, a name and a shape. A learner may have any arrays; each task says which.
"""

from __future__ import annotations

from memsim.tasks.base import Coordinate
from memsim.tasks.variable import Variable

WEIGHTS = "weights"
"""What an experiment says to keep them."""
NUMBERS, SHAPES, LEARNERS, NAMES, NOTES = "kept_number", "kept_shape", "kept_learner", "kept_name", "kept_notes"
MAX_AXES = 8
NUMBERS_OF_A_CELL = 8
"""Most numbers that are kept of a cell: its state, write noise, what goes on in read noise, and five of its history."""
NUMBER = 8
"""Bytes that a kept number takes."""
NO_AXIS = -1
"""Length of the axes that an array does not have."""

KEPT_VARIABLES = (
    Variable(
        NUMBERS,
        ("kept_place",),
        "1",
        "numbers of what was trained",
        "states of cells, parameters of networks, and what else an evaluation needs: all arrays one after the other, "
        "each in C order; kept on request",
    ),
    Variable(
        SHAPES,
        ("kept_array", "kept_axis"),
        "1",
        "shapes of what was trained",
        f"length of every axis of an array in kept_number; {NO_AXIS} where it has fewer axes",
    ),
)
"""Variables of the numbers and of their shapes."""
KEPT_COORDINATES = {
    LEARNERS: Coordinate("kept_array", "learner that an array in kept_number belongs to"),
    NAMES: Coordinate("kept_array", "what an array in kept_number is, such as crossbar.state"),
    NOTES: Coordinate("learner", "what a reader must know of the training, as JSON; [] where it went well"),
}
"""Their labels."""
