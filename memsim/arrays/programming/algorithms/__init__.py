"""Algorithms of write and verify, by name."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from memsim.arrays.programming.algorithms.algorithm import WriteVerify
from memsim.arrays.programming.algorithms.fppv import Fppv
from memsim.arrays.programming.algorithms.ispp import Ispp
from memsim.arrays.programming.algorithms.neurram import Neurram
from memsim.arrays.programming.algorithms.radar import Radar
from memsim.arrays.programming.algorithms.ramp import Ramp
from memsim.errors import InputError, nearest

ALGORITHMS: dict[str, type[WriteVerify]] = {kind.name: kind for kind in (Ispp, Fppv, Radar, Neurram)}
"""The algorithm of each name that experiments use."""


def algorithm_of(name: str, **settings: Any) -> WriteVerify:
    """The algorithm of a name with some settings.

    Raises
    ------
    InputError
        If the name or a setting is unknown, or a value is not allowed.
    """
    if name not in ALGORITHMS:
        raise InputError(f"algorithm: unknown '{name}'{nearest(name, ALGORITHMS)}; allowed: {', '.join(ALGORITHMS)}")
    kind = ALGORITHMS[name]
    _check_keys(kind, f"algorithm '{name}' has no such setting", settings)
    for key, value in settings.items():
        if isinstance(value, dict):
            _check_keys(Ramp, f"{key} has no such setting", value)
            settings[key] = Ramp(**value)
    return kind(**settings)


def _check_keys(kind: Any, problem: str, values: dict[str, Any]) -> None:
    allowed = [part.name for part in fields(kind)]
    for key in values:
        if key not in allowed:
            raise InputError(f"{key}: {problem}{nearest(key, allowed)}; allowed: {', '.join(allowed)}")
