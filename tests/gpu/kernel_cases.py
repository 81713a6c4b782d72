"""What every CUDA kernel is run with, beside the CPU kernel whose twin it is: the table that all tests share."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
from twins import F32, F64, KEY, Case, rounding
from update_cases import update_cases
from verify_cases import verify_cases

from memsim.kernels import convert, elementwise, fill, fluctuate, path, read, trains
from memsim.kernels.cuda import convert as cuda_convert
from memsim.kernels.cuda import elementwise as cuda_elementwise
from memsim.kernels.cuda import fill as cuda_fill
from memsim.kernels.cuda import fluctuate as cuda_fluctuate
from memsim.kernels.cuda import path as cuda_path
from memsim.kernels.cuda import read as cuda_read
from memsim.kernels.cuda import trains as cuda_trains
from memsim.noise import conduction, drift, flicker, leak, level, programming, two_level
from memsim.philox import Stream, philox


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


EXCESS = conduction.Excess((0.2, 0.1, -0.05, 0.02), (0.1, 0.05, 0.01, 0.0), 0.2, 0.8, 1.0)

# Function, its parameters, and the values of y and of z: an interval, of every cell, or one number for all.
FUNCTIONS = [
    (drift.drifted, drift.PowerLaw(0.1, 20.0), (0.02, 0.08), (1.0, 1e5)),
    (
        drift.exponent,
        drift.Exponent(
            0.1,
            level.Level(1.1, -0.0387, -0.0182, 0.072, 0.13, 0.3, (0.0736, -0.0126, -0.0436, 0.01)),
            level.Level(1.1, -0.0125, -0.0059, 0.008, 0.045, np.inf, (0.0, 0.0, 0.0, 0.0)),
        ),
        (-2.0, 2.0),
        0.0,
    ),
    (leak.leaked, leak.Rest(0.4), (0.5, 2.0), 0.7),
    (flicker.swing, flicker.Size(0.1, 1.1, 0.65, 0.2, 0.0, 0.9), (0.005, 0.02), (0.0, 1.0)),
    (
        flicker.curve_swing,
        flicker.CurveSize(
            0.1, level.Level(1.1, -0.01, 0.004, 0.02, 0.04, 0.2, (0.01, 0.08, -0.1, 0.05)), 0.05, 0.5, 0.9
        ),
        (0.5, 2.0),
        (0.0, 1.0),
    ),
    (flicker.active, flicker.onset(1e-6, 1e3, 0.0), (0.0, 2e3), 0.0),
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
    (conduction.excess_current, conduction.common_excess(0.2, 0.1), 0.2, 0.1),
    (conduction.excess_slope, EXCESS, (-0.2, 0.2), (0.0, 0.1)),
    (conduction.quadratic_coefficient, EXCESS, 0.0, 0.0),
    (conduction.cubic_coefficient, EXCESS, 0.0, 0.0),
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
    for noise in ("none", "same", "each"):
        for real in (F32, F64):

            def narrow(noise=noise, real=real):
                rng = np.random.default_rng(2)
                inputs = rng.uniform(-1, 1, (2 if noise == "none" else 1, 2, 192)).astype(real)
                state, variances = rng.random((2, 2, 3, 192)).astype(real)
                variance = np.zeros((2, 2, 3 if noise == "each" else 1))
                inputs[:, :, 150:], state[:, :, 150:] = 0, 0
                return inputs, state, variances, 150, 0.11, 0.003, np.zeros((2, 2, 3)), variance

            yield Case(
                f"narrow, noise {noise}, {np.dtype(real)}",
                read.narrow_kernel(noise),
                cuda_read.narrow_kernel(noise),
                narrow,
                {6: rounding(F64)} if noise == "none" else {6: rounding(F64), 7: rounding(F64)},
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
                repeats, positions = (2, 1) if wide else (1, 1)
                return current, variance, 3, 9, repeats, positions, 1 << 20, 6, int(Stream.READ), *KEY

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


def convert_cases() -> Iterator[Case]:
    """Converters with every kind of error, of inputs and of outputs with and without noise."""
    for real, uneven, bowed in itertools.product((F32, F64), (False, True), (False, True)):
        errors = "-".join(["uneven"] * uneven + ["bowed"] * bowed) or "ideal"

        def levels(real=real, uneven=uneven, bowed=bowed):
            rng = np.random.default_rng(5)
            x = rng.uniform(-1.2, 1.2, (2 if bowed else 1, 3, 128)).astype(real)
            wrong = converter_errors(rng, (2, 100), 15, uneven, bowed)
            return x, np.zeros((2, 3, 128), real), 100, real(1 / 7), real(-7), real(7), *wrong.cast(np.dtype(real))

        yield Case(
            f"dac {errors} {np.dtype(real)}",
            convert.dac_kernel(uneven, bowed),
            cuda_convert.dac_kernel(uneven, bowed),
            levels,
            {1: rounding(real)},
            double=real is F64,
        )
        for noise in ("silent", "noisy", "noisy by columns"):

            def codes(real=real, uneven=uneven, bowed=bowed, noise=noise):
                rng = np.random.default_rng(6)
                current = rng.uniform(-2.5, 2.5, (2, 3, 70)).astype(real)
                variance = rng.uniform(0, 0.1, (2, 3, 70 if noise == "noisy by columns" else 1)).astype(real)
                wrong = converter_errors(rng, (2, 70), 14, uneven, bowed).cast(np.dtype(real))
                unit = np.array([2 / 7, 2 / 6], real)
                address = (3, 9, 1, 2, 1 << 20, 6, int(Stream.READ))
                return current, variance, np.ones_like(current), unit, real(-7), real(7), *wrong, *address, *KEY

            noisy = noise != "silent"
            yield Case(
                f"adc {noise} {errors} {np.dtype(real)}",
                convert.adc_kernel(noisy, uneven, bowed),
                cuda_convert.adc_kernel(noisy, uneven, bowed),
                codes,
                {2: rounding(real)},
                double=real is F64,
                draws=noisy,
                compiled=noise != "noisy by columns",
            )


def converter_errors(rng: Any, shape: tuple[int, int], count: int, uneven: bool, bowed: bool) -> convert.Errors:
    """Gain and offset of converters (array, converter), and shifts of their codes."""
    gain = rng.normal(1, 0.05, shape) if uneven else None
    offset = rng.normal(0, 0.3, shape) if uneven else None
    return convert.Errors(gain, offset, rng.normal(0, 0.2, (*shape, count)) if bowed else None)


def train_cases() -> Iterator[Case]:
    """Pulse trains of chances of both signs, the ends included."""

    def arguments():
        chances = np.random.default_rng(7).uniform(-1, 1, (2, 3, 70)).astype(F32)
        chances[0, 0, :3] = 1, -1, 0
        return np.zeros(chances.shape, np.uint32), chances, 10, 4, 3, int(Stream.ROW_TRAIN), *KEY

    yield Case("trains", trains.train_kernel(), cuda_trains.train_kernel(), arguments, {0: 0}, double=True, draws=True)


def fluctuation_cases() -> Iterator[Case]:
    """Traps, processes of 1/f noise, or both: over one interval, and read by read."""
    tau = two_level.time_constants(1e-6, 1.0)
    for trap, processes in ((True, False), (False, True), (True, True)):
        kind = "-and-".join(["traps"] * trap + ["processes"] * processes)
        change = two_level.Trap(3.0, 5.0).change(0.1) if trap else None
        by = fluctuate.move(change, two_level.flips(tau, 1e-3) if processes else None)
        moving = (by.change, by.used, by.planes, 5, 3, 7)

        def levels(moving=moving):
            words = np.random.default_rng(8).integers(0, 1 << 32, (2, 3, 128), dtype=np.uint32)
            return words, *moving, *KEY

        yield Case(
            f"advance {kind}",
            fluctuate.advance_kernel(trap, processes),
            cuda_fluctuate.advance_kernel(trap, processes),
            levels,
            {0: 0},
            draws=True,
        )
        for real in (F32, F64) if trap and processes else (F32,):
            for some in ("none", "all cells", "each cell") if processes else ("none",):

                def reads(real=real, moving=moving, by=by, some=some):
                    rng = np.random.default_rng(9)
                    shape, samples = (1, 2, 576), 2  # a tile more than a block holds at once
                    state, depth, swing = (rng.uniform(0, most, shape).astype(real) for most in (1, 0.1, 0.01))
                    inputs = rng.uniform(-1, 1, (1, samples, shape[2])).astype(real)
                    parts = np.repeat(np.arange(3, dtype=np.int32), [50, 250, 276])
                    mean = np.zeros((1, samples, 3, 2))
                    words = rng.integers(0, 1 << 32, shape, dtype=np.uint32)
                    active = np.full((1, 1, 1), 6.7, real)
                    if some == "each cell":  # none, some in part, and all
                        active = rng.choice([0.0, 0.4, 6.7, by.number], shape).astype(real)
                    return inputs, state, 0.1, depth, swing, parts, by.number, active, mean, words, *moving, *KEY

                yield Case(
                    f"reads with {kind} {np.dtype(real)}" + f" of {some}" * (some != "none"),
                    fluctuate.fluctuating_read_kernel(trap, processes, some != "none"),
                    cuda_fluctuate.fluctuating_read_kernel(trap, processes, some != "none"),
                    reads,
                    {8: rounding(F64), 9: 0},
                    double=True,
                    draws=True,
                    compiled=some != "all cells",
                )


def tie_cases() -> Iterator[Case]:
    """Traps whose first 32 digits are those of the probability, which the next decide: once in 2^32 draws."""
    step, array, column = 5, 3, 7
    fills, stays = 0xFFFFFFFF, 0

    def arguments():
        drawn = philox(*(np.uint32(v) for v in (0, column, step, array * 256 + Stream.TRAP)), *KEY)
        words = np.zeros((1, 1, 64), np.uint32)
        words[0, 0, 16] = 1 << 31  # cell 0 is empty and draws the first word, cell 16 is full and draws the second
        change = np.array([drawn[0], fills, drawn[1], stays], np.uint32)
        return words, change, np.uint32(0), np.zeros(64, np.uint32), step, array, column, *KEY

    kernels = fluctuate.advance_kernel(True, False), cuda_fluctuate.advance_kernel(True, False)
    yield Case("advance ties", *kernels, arguments, {0: 0}, draws=True, compiled=False)


def path_cases() -> Iterator[Case]:
    """Relaxation from a table, whose variance may fall, and along a line; numbers and times of each cell, or of all."""
    knots = np.log([1e-2, 1.0, 10.0, 1e3, 1e4, 1e5])
    size = np.array([[0.01, 0.02, 0.05, 0.04, 0.06, 0.07], [0.02, 0.02, 0.03, 0.05, 0.04, 0.08]])
    shift = np.array([[0.0, 0.01, 0.02, 0.03, 0.02, 0.01], [0.0, -0.01, -0.02, -0.02, -0.03, -0.05]])
    for tabulated, real, each in itertools.product((True, False), (F32, F64), (True, False)):
        if real is F64 and not each:
            continue

        def arguments(tabulated=tabulated, real=real, each=each):
            rng = np.random.default_rng(10)
            shape = (2, 3, 64)
            programmed = rng.uniform(-0.1, 1, shape).astype(real)
            number = rng.integers(0, 1 << 32, shape if each else (1, 1, 1), dtype=np.uint32)
            elapsed = np.exp(rng.uniform(-7, 14, shape if each else (1, 1, 1)))
            target = rng.uniform(-0.1, 1, shape).astype(real)
            tables = (
                (knots, np.array([0.1, 0.6]), shift, size) if tabulated else (knots, np.zeros(1), shift[:1], size[:1])
            )
            return np.zeros_like(programmed), programmed, target, number, elapsed, *tables, 0.1, 3, 7, *KEY

        yield Case(
            f"path {'table' if tabulated else 'line'} {'of each cell' if each else 'of all'} {np.dtype(real)}",
            path.path_kernel(tabulated),
            cuda_path.path_kernel(tabulated),
            arguments,
            {0: rounding(real)},
            double=True,
            draws=True,
            compiled=each,
        )


def cases() -> list[Case]:
    """The table."""
    families = (
        fill_cases,
        elementwise_cases,
        read_cases,
        convert_cases,
        train_cases,
        fluctuation_cases,
        tie_cases,
        path_cases,
        update_cases,
        verify_cases,
    )
    return [case for family in families for case in family()]
