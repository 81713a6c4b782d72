"""What every CUDA kernel is run with, beside the CPU kernel whose twin it is: a table, and what compares the two."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from memsim.kernels import elementwise, fill, read
from memsim.kernels.cuda import elementwise as cuda_elementwise
from memsim.kernels.cuda import fill as cuda_fill
from memsim.kernels.cuda import read as cuda_read
from memsim.noise import conduction, drift, flicker, leak, programming, relaxation
from memsim.philox import Stream, key

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


def fill_cases() -> Iterator[Case]:
    """Numbers of several arrays and columns."""
    for kind in ("normal", "uniform"):

        def arguments(kind=kind):
            return np.zeros((2, 3, 128), F32), kind == "normal", 7, 5, 11, int(Stream.D2D), *KEY

        yield Case(
            f"fill {kind}",
            fill.fill_kernel(),
            cuda_fill.fill_kernel(),
            arguments,
            {0: rounding(F32)},
            draws=True,
            compiled=kind == "normal",
        )


# Function, its parameters, and the values of y and of z: an interval, of every cell, or one number for all.
FUNCTIONS = [
    (drift.drifted, drift.PowerLaw(0.1, 20.0), (0.02, 0.08), (1.0, 1e5)),
    (
        drift.state_drifted,
        drift.StatePowerLaw(0.1, 1.1, 20.0, (-0.0155, 0.0244, 0.049, 0.1), (-0.0125, -0.0059, 0.008, 0.045)),
        (-2.0, 2.0),
        (1.0, 1e5),
    ),
    (leak.leaked, leak.Rest(0.4), (0.5, 2.0), 0.7),
    (
        relaxation.relaxed,
        relaxation.Increment(0.1, 1e-3, -0.01, 0.02, 0.004, 10.0, 1000.0),
        (-2.0, 2.0),
        (0.0, 9.0),
    ),
    (flicker.swing, flicker.Size(0.1, 1.1, 0.65, 0.2, 1.0, 0.9), (0.005, 0.02), 0.0),
    (
        programming.polynomial_error,
        programming.Polynomial(0.1, 1.0, (0.01, 0.05, -0.03, 0.01, 0.002)),
        (-2.0, 2.0),
        0.0,
    ),
    (programming.saturating_error, programming.Saturating(0.1, 0.05, 0.3), (-2.0, 2.0), 0.0),
    (conduction.sinh_voltage, conduction.Scale(2.5), 0.0, 0.0),
    (conduction.sinh_slope, conduction.Scale(2.5), 0.0, 0.0),
    (conduction.exponential_voltage, conduction.Scale(1.2), 0.0, 0.0),
    (conduction.exponential_slope, conduction.Scale(1.2), 0.0, 0.0),
    (conduction.excess_current, conduction.Excess(0.2, 0.1), 0.0, 0.0),
    (conduction.excess_slope, conduction.Excess(0.2, 0.1), 0.0, 0.0),
]


def elementwise_cases() -> Iterator[Case]:
    """Every scalar function; values of cells, of rows, or one for all."""
    for function, p, y, z in FUNCTIONS:
        name = function.__name__
        for real in (F32, F64) if name in ("drifted", "excess_current") else (F32,):

            def arguments(real=real, p=p, y=y, z=z):
                rng = np.random.default_rng(1)
                shape = (2, 3, 37)
                x = rng.uniform(0, 1, shape).astype(real)
                own_y = rng.uniform(*y, shape).astype(real) if isinstance(y, tuple) else y
                own_z = rng.uniform(*z, (1, 1, 37)) if isinstance(z, tuple) else z
                return np.zeros_like(x), x, elementwise.operand(own_y), elementwise.operand(own_z), p

            yield Case(
                f"elementwise {name} {np.dtype(real)}",
                elementwise.elementwise_kernel(function, type(p)),
                cuda_elementwise.elementwise_kernel(function, type(p)),
                arguments,
                {0: rounding(real)},
                double=True,
            )


def read_cases() -> Iterator[Case]:
    """Narrow reads, variances of cells, and noise."""
    for noisy in (False, True):
        for real in (F32, F64):

            def narrow(noisy=noisy, real=real):
                rng = np.random.default_rng(2)
                inputs = rng.uniform(-1, 1, (1 if noisy else 2, 2, 192)).astype(real)
                state = rng.random((2, 3, 192)).astype(real)
                variance = np.zeros((2, 2, 3 if noisy else 1))
                return inputs, state, 0.11, 0.02, 0.003, np.zeros((2, 2, 3)), variance

            yield Case(
                f"narrow {'noisy' if noisy else 'silent'} {np.dtype(real)}",
                read.narrow_kernel(noisy),
                cuda_read.narrow_kernel(noisy),
                narrow,
                {5: rounding(F64), 6: rounding(F64)} if noisy else {5: rounding(F64)},
                double=True,
            )
    for real in (F32, F64):

        def square(real=real):
            state = np.random.default_rng(3).random((2, 3, 37)).astype(real)
            return state, real(0.11), real(0.02), np.zeros(state.shape, real)

        yield Case(
            f"variance {np.dtype(real)}",
            read.variance_kernel(),
            cuda_read.variance_kernel(),
            square,
            {3: rounding(real)},
            double=real is F64,
        )
        for wide in (False, True):

            def noise(real=real, wide=wide):
                rng = np.random.default_rng(4)
                current = rng.random((2, 2, 70)).astype(real)
                variance = rng.random((2, 2, 70 if wide else 1)).astype(real)
                return current, variance, 3, 9, 1 << 20, 6, int(Stream.READ), *KEY

            yield Case(
                f"noise of {'columns' if wide else 'all'} {np.dtype(real)}",
                read.noise_kernel(),
                cuda_read.noise_kernel(),
                noise,
                {0: rounding(real)},
                double=real is F64,
                draws=True,
                compiled=wide,
            )


def cases() -> list[Case]:
    """The table."""
    return [*fill_cases(), *elementwise_cases(), *read_cases()]
