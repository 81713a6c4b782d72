"""The CUDA update loop without a GPU: compiled to PTX, and run in the simulator against the CPU loop."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import types as python_types

import pytest

pytestmark = pytest.mark.slow

pytest.importorskip("numba_cuda")

SPECS = [
    ("constant", "exact", None, ()),
    ("constant", "sign", "step", ()),
    ("neurosim", "counted", "range", ()),
    ("neurosim", "counted", "range", ("high", "decay_set")),
]

SIMULATION = """
import os
os.environ["NUMBA_ENABLE_CUDASIM"] = "1"
import numpy as np
from numba import cuda
from memsim.cells import MODELS
from memsim.cells.neurosim import rates
from memsim.kernels.cell import UpdateSpec
from memsim.kernels.update import count_shape, update_kernel
from memsim.kernels.update_cuda import THREADS, cuda_update_loop
from memsim.learning import Encoding, Hebbian, Settings
from memsim.noise.cycle import CYCLE_TO_CYCLE
from memsim.philox import key

f = np.float32
arrays, columns, rows, steps = 2, 2, 64, 3
rng = np.random.default_rng(0)
x = rng.random((arrays, 2, rows)).astype(f) * f(0.4)
t = rng.choice([-1, 0, 1], (arrays, 2, columns)).astype(f)
for model, name, noise, varying in {specs!r}:
    encoding = Encoding(name)
    rule = (Hebbian.change, Hebbian.idle, encoding.function, encoding.draws, encoding.single)
    spec = UpdateSpec(MODELS[model], *rule, CYCLE_TO_CYCLE.get(noise), True, varying=varying)
    start, decay = rates(2.4, 128)
    values = dict(low=0, high=1, c2c=0.03, step_set=1 / 128, step_reset=1 / 128, start_set=start, decay_set=decay,
                  start_reset=start, decay_reset=decay)
    common = spec.model.parameters(*(f(values[field]) for field in spec.model.parameters._fields))
    cells = np.stack([rng.uniform(0.9, 1, (arrays, columns, rows)) * values[v] for v in varying] or
                     [np.empty((1, 1, 1))])[: len(varying)].astype(f)
    settings = Settings(*map(f, (128, 20, 0.01, 0, 0.9)))
    state = rng.random((arrays, columns, rows)).astype(f) * f(0.9)
    cpu, gpu = state.copy(), state.copy()
    counted = np.zeros(count_shape(state), np.int64)
    threads = np.zeros((arrays, columns, 1, 16, 2), np.int64)
    args = (x, t, f(0.2), steps, 5, 3, settings, common, cells)
    update_kernel(spec)(cpu, *args, counted, *key(42))
    blocks = -(-arrays * columns * 16 // THREADS)
    cuda.jit(cuda_update_loop(spec, simulated=True))[blocks, THREADS](gpu, *args, threads, *key(42))
    assert (cpu != state).any()
    assert np.abs(cpu - gpu).max() < 1e-6, (model, name, np.abs(cpu - gpu).max())
    assert np.array_equal(counted, threads.sum(3)), (model, name)
    print("agree", model, name)
"""


def test_the_simulated_cuda_loop_agrees_with_the_cpu_loop():
    code = SIMULATION.replace("{specs!r}", repr(SPECS))
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=dict(os.environ))
    assert run.returncode == 0, run.stderr
    assert run.stdout.count("agree") == len(SPECS)


@pytest.mark.parametrize("capability", [(9, 0), (7, 5)])
@pytest.mark.parametrize(("model", "encoding", "noise", "varying"), SPECS)
def test_the_cuda_loop_compiles_to_ptx(monkeypatch, capability, model, encoding, noise, varying):
    import numba.cuda.dispatcher
    from numba import cuda, types

    from memsim.cells import MODELS
    from memsim.kernels.cell import UpdateSpec
    from memsim.kernels.update_cuda import cuda_update_loop
    from memsim.learning import Encoding, Hebbian, Settings
    from memsim.noise.cycle import CYCLE_TO_CYCLE

    # A kernel that calls compiled functions asks the current device for its capability.
    device = python_types.SimpleNamespace(compute_capability=capability, id=0)
    monkeypatch.setattr(numba.cuda.dispatcher, "get_current_device", lambda: device)
    chosen = Encoding(encoding)
    spec = UpdateSpec(
        MODELS[model],
        Hebbian.change,
        Hebbian.idle,
        chosen.function,
        chosen.draws,
        chosen.single,
        CYCLE_TO_CYCLE.get(noise),
        True,
        varying=varying,
    )

    def named(fields):
        return types.NamedUniTuple(types.float32, len(fields._fields), fields)

    signature = (
        *(types.float32[:, :, ::1],) * 3,
        types.float32,
        *(types.int64,) * 3,
        named(Settings),
        named(spec.model.parameters),
        types.float32[:, :, :, ::1],
        types.int64[:, :, :, :, ::1],
        types.uint32,
        types.uint32,
    )
    ptx, _ = cuda.compile_ptx(cuda_update_loop(spec), signature, cc=capability)
    assert f".target sm_{capability[0]}{capability[1]}" in ptx
    assert not re.search(r"\.f64", ptx), "a float32 state must not be computed in float64"
    assert ("mul.wide.u32" in ptx) == (noise is not None or chosen.draws), "Philox multiplies 32 by 32 bits"
