"""What is measured, at which sizes."""

from __future__ import annotations

import math
from dataclasses import dataclass

from memsim.backends import Backend, resolve
from memsim.errors import InputError, nearest

KINDS = {
    "read": "noisy reads of a batch, with one sigma for all cells and one for each, without and with 8-bit converters",
    "update": "steps of a whole array with cycle-to-cycle noise, and stochastic pulse trains",
    "normals": "addressed normal numbers",
    "wires": "exact currents of an array with resistive wires",
    "run": "whole processes that run an experiment",
}
"""What can be measured, each with a description in a line."""
LARGEST = 16_384
LARGEST_WIRED = 2_048
MOST_SIZES = 8
MOST_SAMPLES = 4_096
MOST_REPEATS = 100
_SIZES = {"read": (1024, 4096), "update": (1024, 4096), "normals": (1024, 4096), "wires": (256, 1024)}
_RATIOS = (1e4, 1e3)


@dataclass(frozen=True)
class Options:
    """Settings of a benchmark.

    Parameters
    ----------
    kinds : tuple of str
        Of `KINDS`; all if empty.
    sizes : tuple of int
        Lines of the square arrays, 1 to 16,384 (for wires 2,048); some for each kind if empty.
    batch : int
        Samples of a read, and of a batch of pulse trains.
    repeats : int
        How often everything is timed.
    ratios : tuple of float
        Resistance of a cell that is on over that of a wire segment.
    experiments : tuple of str
        Names of the experiments that are run.
    largest_direct : int
        Largest array for which direct solvers are timed too: they take minutes and gigabytes beyond.
    backend : {"auto", "cpu", "cuda"}
        Where to compute.

    Raises
    ------
    InputError
        If a name is unknown or a number is out of range.
    BackendError
        If the backend cannot run here.
    """

    kinds: tuple[str, ...] = ()
    sizes: tuple[int, ...] = ()
    batch: int = 256
    repeats: int = 7
    ratios: tuple[float, ...] = ()
    experiments: tuple[str, ...] = ("physical-01",)
    largest_direct: int = 256
    backend: str = "auto"

    def __post_init__(self) -> None:
        for kind in self.kinds:
            if kind not in KINDS:
                raise InputError(f"bench: nothing called '{kind}' is measured{nearest(kind, KINDS)}")
        resolve(self.backend)
        largest = LARGEST_WIRED if self.kinds == ("wires",) else LARGEST
        for size in self.sizes:
            _within("size", size, 1, largest)
            if "wires" in self.chosen and size > LARGEST_WIRED:
                others = " ".join(kind for kind in self.chosen if kind != "wires")
                raise InputError(
                    f"size: {size} is too large for wires, allowed: 1 to {LARGEST_WIRED}; measure the others with: "
                    f"memsim bench {others}"
                )
        for name in ("sizes", "ratios", "experiments"):
            if len(getattr(self, name)) > MOST_SIZES:
                raise InputError(f"{name}: {len(getattr(self, name))} are too many; allowed: up to {MOST_SIZES}")
        _within("batch", self.batch, 1, MOST_SAMPLES)
        _within("repeats", self.repeats, 1, MOST_REPEATS)
        _within("largest-direct", self.largest_direct, 0, LARGEST_WIRED)
        for ratio in self.ratios:
            if not (math.isfinite(ratio) and 1 <= ratio <= 1e9):
                raise InputError(f"ratio: {ratio:g} is not allowed; R_on over a segment's resistance is 1 to 1e9")

    @property
    def where(self) -> Backend:
        """What computes."""
        return resolve(self.backend)

    @property
    def chosen(self) -> tuple[str, ...]:
        """The kinds that are measured, in the order of `KINDS`."""
        return tuple(kind for kind in KINDS if not self.kinds or kind in self.kinds)

    @property
    def count(self) -> int:
        """How many things are measured, the ceilings among them."""
        each = {"read": 4, "update": 8 if self.batch == 1 else 9, "normals": 1, "wires": len(self.wired)}
        kernels = sum(each[kind] * len(self.sizes_of(kind)) for kind in self.chosen if kind != "run")
        return 1 + kernels + (len(dict.fromkeys(self.experiments)) if "run" in self.chosen else 0)

    def sizes_of(self, kind: str) -> tuple[int, ...]:
        """The sizes at which a kind is measured."""
        return tuple(dict.fromkeys(self.sizes)) or _SIZES[kind]

    @property
    def wired(self) -> tuple[tuple[str, float], ...]:
        """States of the cells and ratios for wires."""
        if self.ratios:
            return tuple(("any state", ratio) for ratio in dict.fromkeys(self.ratios))
        return (*(("any state", ratio) for ratio in _RATIOS), ("all on", 1e2))


def _within(name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise InputError(f"{name}: {value} is not allowed; {low} to {high}")
