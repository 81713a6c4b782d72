"""Numbers that are programmed, from -1 to 1: a weight itself, or of a single cell the state (1 + number)/2."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import Field

from memsim.arrays.programming.levels import level_targets
from memsim.document.fields import Count, Section
from memsim.document.registry_sections import entries, entry_of
from memsim.errors import InputError
from memsim.kernels.fill import fill
from memsim.philox import Stream, TargetDraw
from memsim.profiles.schema import DeviceSpec
from memsim.registry import Registry

MAX_LEVELS = 256


class Targets(ABC):
    """A distribution of numbers from -1 to 1."""

    name: ClassVar[str]
    level_count: int | None = 0
    """Number of levels; a continuous distribution has none."""

    @abstractmethod
    def numbers(self, rows: int, cols: int, seed: int, repeat: int) -> np.ndarray:
        """The numbers of one matrix (row, col), float64; each repeat has its own."""


class LeveledTargets(ABC):
    """Numbers from -1 to 1 that are those of levels, each in as many cells (to one) at random places."""

    name: ClassVar[str]
    level_count: int | None = None
    """Number of levels, None where it is that of the levels of a device."""

    @abstractmethod
    def shares(self, device: DeviceSpec, bounds: tuple[float, float], programmed: str | None) -> np.ndarray:
        """States of all levels as shares of the bounds, (level,), from 0 to 1.

        Parameters
        ----------
        device : DeviceSpec
            Device of the cells.
        bounds : (float, float)
            States w that the shares 0 and 1 are.
        programmed : str, optional
            Levels of the device to which an algorithm programs.

        Raises
        ------
        InputError
            If there are no such levels; the message begins with the key.
        """

    def places(self, rows: int, cols: int, seed: int, repeat: int, count: int) -> np.ndarray:
        """The number of the level of each cell of one matrix, (row, col), for this count of levels."""
        order = np.argsort(_drawn("uniform", rows, cols, seed, repeat, TargetDraw.TARGETS), axis=None, kind="stable")
        level = np.empty(rows * cols, int)
        level[order] = np.arange(rows * cols) % count
        return level.reshape(rows, cols)


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

    sigma: Annotated[float, Field(allow_inf_nan=False, ge=1e-6, le=10)] = 0.25

    name: ClassVar[str] = "normal"

    def numbers(self, rows: int, cols: int, seed: int, repeat: int) -> np.ndarray:
        numbers = self.sigma * _drawn("normal", rows, cols, seed, repeat, TargetDraw.TARGETS)
        return np.clip(numbers, -1.0, 1.0)


@dataclass(frozen=True)
class LevelTargets(LeveledTargets):
    """Equally spaced levels from -1 to 1.

    Parameters
    ----------
    count : int
        Number of levels.
    """

    count: Annotated[int, Count(2, MAX_LEVELS)] = 8

    name: ClassVar[str] = "levels"

    @property
    def level_count(self) -> int | None:  # type: ignore[override]
        return self.count

    def shares(self, device: DeviceSpec, bounds: tuple[float, float], programmed: str | None) -> np.ndarray:
        return np.arange(self.count) / (self.count - 1)


@dataclass(frozen=True)
class DeviceLevelTargets(LeveledTargets):
    """Levels of the device, as its profile numbers them: level 0 has the lowest resistances.

    Parameters
    ----------
    levels : str, optional
        Name of the levels in the profile; those of the array's programming if not stated.
    reset_level : bool
        Whether the level of the highest resistances, which a full reset reaches, is among them.
    """

    levels: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    reset_level: bool = False

    name: ClassVar[str] = "device-levels"

    def shares(self, device: DeviceSpec, bounds: tuple[float, float], programmed: str | None) -> np.ndarray:
        name = self.levels or programmed
        if name is None:
            known = ", ".join(device.levels) or "none"
            raise InputError(
                f"levels: not stated, nor does 'array.programming' of the array state any; allowed are those of device "
                f"'{device.name}': {known}"
            )
        if programmed not in (None, name):
            raise InputError(f"levels: targets are the levels '{name}', and cells are programmed to '{programmed}'")
        states = level_targets(device, name)
        if not self.reset_level:
            states = states[:-1]
        if not states.size:
            raise InputError(f"reset_level: '{name}' of device '{device.name}' has no other level; allowed: true")
        low, high = bounds
        for number, state in enumerate(states):
            if not low <= state <= high:
                raise InputError(f"bounds: level {number} of '{name}' lies at w = {state:.3g}, outside the bounds")
        shares: np.ndarray = (states - low) / (high - low)
        return shares


TARGETS: Registry[Targets | LeveledTargets] = Registry(
    "kind", (UniformTargets, NormalTargets, LevelTargets, DeviceLevelTargets)
)
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
