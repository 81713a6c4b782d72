"""Algorithms of programming, one a file, and their registry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from memsim.arrays.programming.algorithms.algorithm import Algorithm, WriteVerify
from memsim.arrays.programming.algorithms.error_model import ErrorModel
from memsim.arrays.programming.algorithms.fppv import Fppv
from memsim.arrays.programming.algorithms.gradient_descent import GradientDescent
from memsim.arrays.programming.algorithms.hadamard import Hadamard
from memsim.arrays.programming.algorithms.ispp import Ispp
from memsim.arrays.programming.algorithms.neurram import Neurram
from memsim.arrays.programming.algorithms.pulses import Pulses
from memsim.arrays.programming.algorithms.radar import Radar
from memsim.arrays.programming.algorithms.ramp import Ramp
from memsim.arrays.programming.algorithms.selective import Selective
from memsim.registry import Registry

ALGORITHMS: Registry[Algorithm] = Registry(
    "algorithm", (Pulses, ErrorModel, Ispp, Fppv, Radar, Neurram, Hadamard, Selective, GradientDescent)
)
"""Algorithms by the name that experiments give them (``array.programming.algorithm``)."""
RAMPS: Registry[Ramp] = Registry("ramp", (Ramp,))


def algorithm_of(name: str, **settings: Any) -> Algorithm:
    """The algorithm of a name with some settings; ramps may be mappings of their settings.

    Raises
    ------
    InputError
        If the name or a setting is unknown, or a value is not allowed.
    """
    for key, value in settings.items():
        if isinstance(value, Mapping):
            settings[key] = RAMPS.make(Ramp.name, **value)
    return ALGORITHMS.make(name, **settings)


__all__ = [
    "ALGORITHMS",
    "Algorithm",
    "ErrorModel",
    "Fppv",
    "GradientDescent",
    "Hadamard",
    "Ispp",
    "Neurram",
    "Pulses",
    "Radar",
    "Ramp",
    "Selective",
    "WriteVerify",
    "algorithm_of",
]
