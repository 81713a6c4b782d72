"""Labels that several tasks share."""

from __future__ import annotations

from memsim.tasks.base import Coordinate

IMAGE_TASK = {
    "learner": Coordinate("learner", "name of the learner"),
    "noise_type": Coordinate("noise_type", "kind of corruption"),
    "noise_level": Coordinate("noise_level", "severity of the corruption", "1"),
    "interval": Coordinate("interval", "end of the 95 % interval"),
}
"""Labels of learners that are tested with corrupted images."""
