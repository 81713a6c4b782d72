"""Programming with the error that the device's profile states for its own write and verify."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from memsim.arrays.programming.algorithms.algorithm import Algorithm


@dataclass(frozen=True)
class ErrorModel(Algorithm):
    """A target and a Gaussian error; the section ``programming`` of the device says how large it is."""

    name: ClassVar[str] = "model"
    reports: ClassVar[bool] = False
