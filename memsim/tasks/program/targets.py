"""Numbers that are programmed, from -1 to 1: a weight itself, or of a single cell the state (1 + number)/2."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import Field

from memsim.document.fields import Count, Section
from memsim.document.registry_sections import entries, entry_of
from memsim.kernels.fill import fill
from memsim.philox import Stream, TargetDraw
from memsim.registry import Registry

MAX_LEVELS = 256


class Targets(ABC):
    """A distribution of numbers from -1 to 1."""

    name: ClassVar[str]
    levels: int = 0
    """Number of levels, 0 for a continuous distribution."""

    @abstractmethod
    def numbers(self, rows: int, cols: int, seed: int, repeat: int) -> np.ndarray:
        """The numbers of one matrix (row, col), float64; each repeat has its own."""


@dataclass(frozen=True)
class UniformTargets(Targets):
    """Evenly distributed numbers."""

    name: ClassVar[str] = "uniform"

    def numbers(self, rows: int, cols: int, seed: int, repeat: int) -> np.ndarray:
        return 2.0 * _drawn("uniform", rows, cols, seed, repeat, TargetDraw.TARGETS) - 1.0


@dataclass(frozen=True)
class NormalTargets(Targets):
    """Gaussian numbers of mean 0, clipped at -1 and 1.

    Parameters
    ----------
    sigma : float
        Their standard deviation.
    """

    sigma: Annotated[float, Field(allow_inf_nan=False, gt=0, le=10)] = 0.25

    name: ClassVar[str] = "normal"

    def numbers(self, rows: int, cols: int, seed: int, repeat: int) -> np.ndarray:
        numbers = self.sigma * _drawn("normal", rows, cols, seed, repeat, TargetDraw.TARGETS)
        return np.clip(numbers, -1.0, 1.0)


@dataclass(frozen=True)
class LevelTargets(Targets):
    """Equally spaced levels from -1 to 1, each in as many cells (to one) at random places.

    Parameters
    ----------
    count : int
        Number of levels.
    """

    count: Annotated[int, Count(2, MAX_LEVELS)] = 8

    name: ClassVar[str] = "levels"

    @property
    def levels(self) -> int:  # type: ignore[override]
        return self.count

    def numbers(self, rows: int, cols: int, seed: int, repeat: int) -> np.ndarray:
        drawn = _drawn("uniform", rows, cols, seed, repeat, TargetDraw.TARGETS)
        order = np.argsort(drawn, axis=None, kind="stable")
        level = np.empty(rows * cols)
        level[order] = np.arange(rows * cols) % self.count
        return 2.0 * level.reshape(rows, cols) / (self.count - 1) - 1.0

    def level_of(self, numbers: np.ndarray) -> np.ndarray:
        """The number of the level of each of the numbers, from 0."""
        return np.rint((numbers + 1.0) / 2.0 * (self.count - 1)).astype(int)


TARGETS: Registry[Targets] = Registry("kind", (UniformTargets, NormalTargets, LevelTargets))
"""Distributions by the name that experiments give them (``targets.kind``)."""


class TargetsSpec(Section):
    """Numbers that are programmed; `memsim.document.registry_sections` adds the keys of their distribution."""

    kind: str

    @property
    def distribution(self) -> Any:
        """The distribution itself."""
        return entry_of(TARGETS, self)


ProgrammedTargets = entries(TargetsSpec, TARGETS, kind="uniform")


def inputs(count: int, rows: int, seed: int, repeat: int) -> np.ndarray:
    """Random inputs (sample, row) of the products of a repeat, uniform from -1 to 1, float64."""
    return 2.0 * _drawn("uniform", rows, count, seed, repeat, TargetDraw.INPUTS).T - 1.0


def _drawn(kind: str, rows: int, cols: int, seed: int, repeat: int, draw: TargetDraw) -> np.ndarray:
    """Addressed random numbers (row, col), float64."""
    (numbers,) = fill(kind, (1, cols, rows), seed=seed, stream=Stream.TARGET, step=draw, first_array=repeat)
    return numbers.T.astype(float)
