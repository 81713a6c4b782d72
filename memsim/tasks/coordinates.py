"""Labels that several tasks share."""

from __future__ import annotations

from memsim.tasks.base import Coordinate

SHARED = {
    "seed": Coordinate("", "seed of the random numbers", "1"),
    "repeat": Coordinate("repeat", "number of the repeat, with random numbers of its own under the same seed", "1"),
}
"""Labels of all results. The seed is one number, or one for each of those that are compared."""

LAYER = Coordinate("layer", "layer with weights: its number from 1, or its name in the network")
"""Label of layers, of tasks whose networks have numbers and of networks of a user."""

TIME = Coordinate("time", "time since the end of the programming", "s")
"""Label of times at which programmed cells are read."""

ARRAY = Coordinate("array", "name of the array")
"""Label of arrays that are compared."""

PULSES = Coordinate("pulses", "least number of pulses of a bin", "1")
MOST_PULSES = Coordinate("pulses", "largest number of pulses of a bin", "1")
"""Labels of bins of cells by their pulses."""

IMAGE_TASK = {
    "learner": Coordinate("learner", "name of the learner"),
    "noise_type": Coordinate("noise_type", "kind of corruption"),
    "noise_level": Coordinate("noise_level", "severity of the corruption", "1"),
    "interval": Coordinate("interval", "end of the 95 % interval"),
}
"""Labels of learners that are tested with corrupted images."""

SEVERITY = ("noise_type", "noise_level")
"""Dimensions of the corruptions."""
