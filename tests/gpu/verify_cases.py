"""Write and verify by every algorithm, for the table of `kernel_cases`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from device_texts import device_text
from twins import F32, F64, KEY, Case

from memsim.arrays.programming.algorithms import ALGORITHMS, Ramp, WriteVerify, algorithm_of
from memsim.kernels import verify
from memsim.kernels.cell import UpdateSpec
from memsim.kernels.cuda import verify as cuda_verify
from memsim.kernels.verify_cell import Limits, Memory, PulseVoltages, VerifyRead, VerifySpec
from memsim.learning import Encoding, Settings
from memsim.learning.rules.write import Write
from memsim.noise.cycle import cycle_to_cycle
from memsim.profiles import device_from_text
from memsim.profiles.nominal import nominal_cell

VOLTAGES = PulseVoltages(1.0, 1.0, 1e-6, 1e-6, 0.4, 0.4)


def verify_cases() -> Iterator[Case]:
    """Cells with noise of pulses and reads; some are finished before, and some fail."""
    for name, model, real in (
        ("ispp", "constant", F32),
        ("fppv", "soft-bounds", F64),
        ("radar", "neurosim", F64),
        ("neurram", "binary", F32),
        ("radar", "landing", F64),
    ):
        yield _case(name, model, real)
    yield _case("hadamard", "linear", F32, read=True)
    verified = {name for name, entry in ALGORITHMS.items() if issubclass(entry, WriteVerify)}
    assert {"ispp", "fppv", "radar", "neurram", "hadamard", "selective"} == verified  # the last decides as "radar"


def _case(name: str, model: str, real: type, read: bool = False) -> Case:
    device = device_from_text(device_text(model))
    cell, p = nominal_cell(device.spec)
    p = p._replace(c2c=0.02)
    encoding = Encoding("exact")
    update = UpdateSpec(
        cell,
        change=Write.change,
        idle=Write.idle,
        encode=encoding.function,
        draws=encoding.draws,
        single=encoding.single,
        noise=None if cell.draws == "uniform" else cell.noise or cycle_to_cycle("range"),
        confined=True,
    )
    ramp = Ramp(0.8, 0.1, 1.4)
    algorithm = algorithm_of(name, window=0.05, max_pulses=12, set=ramp, reset=ramp)

    def arguments() -> tuple:
        rng = np.random.default_rng(0)
        shape, rows = (1, 2, 64), 40
        state = rng.random(shape).astype(real)
        target = rng.random(shape)
        memory = np.zeros((len(Memory._fields), *shape), np.float32)
        if algorithm.chooses_voltage:
            memory[0] = algorithm.first_voltages(target / 0.05, VOLTAGES)
        readings = rng.random(shape) if read else np.empty((1, 1, 1))
        status = (rng.random(shape) < 0.2).astype(np.uint8)
        common = cell.parameters(*(tuple(map(real, v)) if isinstance(v, tuple) else real(v) for v in p))
        settings = Settings(*map(real, (device.span, device.reset_span, 20, 0.0, -1e30, 1e30, -0.1)), ())
        return (
            state,
            readings,
            (target - 0.05).astype(real),
            (target + 0.05).astype(real),
            memory,
            np.zeros((3, *shape), np.int32),
            np.zeros((2, *shape)),
            np.zeros(shape),
            status,
            rows,
            5,
            3,
            7,
            Limits(12, 30, float(min(device.reset_span, 20))),
            settings,
            common,
            np.empty((0, 1, 1, 1), real),
            algorithm.knobs(VOLTAGES),
            VOLTAGES,
            VerifyRead(0.02, 0.01, 0.1, 4e-5, 4e-9),
            *KEY,
        )

    return Case(
        f"write and verify {name} {model} {np.dtype(real)}",
        verify.verify_kernel(VerifySpec(update, algorithm.decide, read)),
        cuda_verify.verify_kernel(VerifySpec(update, algorithm.decide, read)),
        arguments,
        {0: 1e-5 if real is F32 else 1e-13, 5: 0, 6: 1e-5, 7: 1e-5, 8: 0} | ({} if name == "fppv" else {4: 1e-5}),
        double=True,
        draws=True,
    )
