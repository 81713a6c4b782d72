"""Algorithms of write and verify, one a file, and their registry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from memsim.arrays.programming.algorithms.algorithm import WriteVerify
from memsim.arrays.programming.algorithms.fppv import Fppv
from memsim.arrays.programming.algorithms.ispp import Ispp
from memsim.arrays.programming.algorithms.neurram import Neurram
from memsim.arrays.programming.algorithms.radar import Radar
from memsim.arrays.programming.algorithms.ramp import Ramp
from memsim.registry import Registry

ALGORITHMS: Registry[WriteVerify] = Registry("algorithm", (Ispp, Fppv, Radar, Neurram))
"""Algorithms by the name that experiments give them (``array.programming.algorithm``)."""
RAMPS: Registry[Ramp] = Registry("ramp", (Ramp,))


def algorithm_of(name: str, **settings: Any) -> WriteVerify:
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


__all__ = ["ALGORITHMS", "Fppv", "Ispp", "Neurram", "Radar", "Ramp", "WriteVerify", "algorithm_of"]
