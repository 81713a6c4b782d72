"""One call of a CPU kernel and of its CUDA twin, and what compares the two."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from memsim.philox import key

KEY = key(0x0123456789ABCDEF)
F32, F64 = np.float32, np.float64


@dataclass(frozen=True)
class Case:
    """One call of a kernel and of its twin.

    Attributes
    ----------
    name : str
        The kernel, a variant of it, and the types.
    cpu, cuda : kernel
        What is called.
    arguments : callable
        The arguments, new ones at each call.
    outputs : dict
        Number of each argument that is written, and how far the two may differ, relative to the largest: 0 for exactly.
    double : bool
        Whether the CPU's loop computes in float64, or writes such arrays.
    draws : bool
        Whether random words are drawn.
    compiled : bool
        Whether this is the case that tells whether this kernel compiles for these types; one is enough.
    own : dict
        Arguments that the twin takes in place of the CPU's, or after them, by number, each a function of the arguments.
    common : dict
        Functions that give written arguments, of either kernel, the same meaning and shape; by number.
    """

    name: str
    cpu: Any
    cuda: Any
    arguments: Callable[[], tuple]
    outputs: dict[int, float]
    double: bool = False
    draws: bool = False
    compiled: bool = True
    own: dict[int, Callable[[tuple], np.ndarray]] = field(default_factory=dict)
    common: dict[int, Callable[[np.ndarray], np.ndarray]] = field(default_factory=dict)

    def cuda_arguments(self) -> list:
        """The arguments of the twin."""
        whole = self.arguments()
        given = [*whole, *[None] * (max(self.own, default=-1) + 1 - len(whole))]
        for number, make in self.own.items():
            given[number] = make(whole)
        return given

    def check(self, launch: Callable[[Any, list], Sequence]) -> None:
        """Run both; `launch` calls the twin with its arguments and returns those afterwards, as NumPy arrays."""
        before, expected = self.arguments(), self.arguments()
        self.cpu(*expected)
        found = launch(self.cuda, self.cuda_arguments())
        for number, tolerance in self.outputs.items():
            same = self.common.get(number, lambda array: array)
            ours, theirs = same(found[number]), same(expected[number])
            assert ours.dtype == theirs.dtype and ours.shape == theirs.shape, (self.name, number)
            assert np.isfinite(theirs).all() and not np.array_equal(theirs, same(before[number])), (self.name, number)
            if tolerance == 0:
                assert np.array_equal(ours, theirs), (self.name, number)
            else:
                error = np.abs(ours - theirs).max() / np.abs(theirs).max()
                assert error <= tolerance, (self.name, number, error)


def rounding(dtype: Any) -> float:
    """How far results may differ because products and sums are fused: a few units in the last place."""
    return 16 * float(np.finfo(dtype).eps)
