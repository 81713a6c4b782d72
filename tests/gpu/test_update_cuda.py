"""The CUDA update loop without a GPU: compiled to PTX, and run in the simulator against the CPU loop."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import types as python_types
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

pytest.importorskip("numba_cuda")

SPECS = [
    ("constant", "exact", None, ()),
    ("constant", "sign", "step", ()),
    ("neurosim", "counted", "range", ()),
    ("neurosim", "counted", "range", ("high", "decay_set")),
    ("linear", "counted", "step", ("start_set",)),
    ("soft-bounds", "exact", None, ()),
    ("exponential", "counted", "step", ("gamma_set",)),
    ("power", "counted", None, ()),
    ("power-law", "counted", "range", ("limit",)),
    ("table", "counted", "own", ("scale",)),
    ("binary", "counted", None, ("rate_set",)),
    ("pcm", "counted", "step", ()),
    ("vteam", "counted", None, ("threshold_on",)),
    ("yakopcic", "counted", None, ()),
    ("ion-drift", "counted", "range", ()),
]

# Parameters of a model that vary from pulse to pulse: slots in the random addresses, and distributions.
SHAKEN = {"power": ((7, "normal"), (197, "lognormal"))}

SIMULATION = """
import os
os.environ["NUMBA_ENABLE_CUDASIM"] = "1"
import numpy as np
from device_texts import device_text
from memsim.kernels.cell import UpdateSpec
from memsim.kernels.update import count_shape, update_kernel
from memsim.kernels.cuda import update as twin
from memsim.learning import Encoding, Hebbian, Settings
from memsim.noise.cycle import cycle_to_cycle
from memsim.philox import key
from memsim.profiles import device_from_text
from memsim.profiles.nominal import nominal_cell

f = np.float32
arrays, columns, rows, steps = 1, 2, 64, 2
rng = np.random.default_rng(0)
x = rng.random((arrays, 2, rows)).astype(f) * f(0.4)
t = rng.choice([-1, 0, 1], (arrays, 2, columns)).astype(f)
for model, name, noise, varying in {specs!r}:
    encoding = Encoding(name)
    device = device_from_text(device_text(model))
    cell, p = nominal_cell(device.spec)
    rule = (Hebbian.change, Hebbian.idle, encoding.function, encoding.draws, encoding.single)
    spec = UpdateSpec(cell, *rule, cell.noise or (noise and cycle_to_cycle(noise)), True, varying=varying,
                      shaken={shaken!r}.get(model, ()))
    p = p._replace(c2c=0.03)
    common = cell.parameters(*(tuple(map(f, v)) if isinstance(v, tuple) else f(v) for v in p))
    cells = np.stack([rng.uniform(0.9, 1, (arrays, columns, rows)) * getattr(p, v) for v in varying] or
                     [np.empty((1, 1, 1))])[: len(varying)].astype(f)
    shifts = tuple((f(0.2), *(f(0.05 * v) for v in p)) for _ in spec.shaken)
    settings = Settings(*map(f, (min(device.span, 128), 20, 0.01, 0, 0.9)), shifts)
    state = rng.random((arrays, columns, rows)).astype(f) * f(0.9)
    cpu, gpu = state.copy(), state.copy()
    counted = np.zeros(count_shape(state), np.int64)
    threads = np.zeros(twin.count_shape(state), np.int64)
    args = (x, t, f(0.2), steps, 5, 3, 7, settings, common, cells)
    update_kernel(spec)(cpu, *args, counted, *key(42))
    twin.update_kernel(spec)(gpu, *args, threads, *key(42))
    assert (cpu != state).any()
    assert np.abs(cpu - gpu).max() < 1e-5, (model, name, np.abs(cpu - gpu).max())
    assert np.array_equal(counted, threads.sum(3)), (model, name)
    print("agree", model, name)
"""


def test_the_simulated_cuda_loop_agrees_with_the_cpu_loop():
    code = SIMULATION.replace("{specs!r}", repr(SPECS)).replace("{shaken!r}", repr(SHAKEN))
    path = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=os.environ | {"PYTHONPATH": path}
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.count("agree") == len(SPECS)


# The oldest capability is another target of the same intermediate code: three loops tell whether it takes it.
TARGETS = [(*spec, (9, 0)) for spec in SPECS] + [(*spec, (7, 5)) for spec in SPECS[1:4]]


@pytest.mark.parametrize(("model", "encoding", "noise", "varying", "capability"), TARGETS)
def test_the_cuda_loop_compiles_to_ptx(monkeypatch, model, encoding, noise, varying, capability):
    import numba.cuda.dispatcher
    from numba import cuda, types

    from memsim.cells import MODELS
    from memsim.cells.table import NODES
    from memsim.kernels.cell import UpdateSpec
    from memsim.kernels.cuda.update import update_kernel
    from memsim.learning import Encoding, Hebbian, Settings
    from memsim.noise.cycle import cycle_to_cycle

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
        MODELS[model].noise or (noise and cycle_to_cycle(noise)),
        True,
        varying=varying,
        shaken=SHAKEN.get(model, ()),
    )

    def named(fields, **tables):
        return types.NamedTuple([tables.get(name, types.float32) for name in fields._fields], fields)

    table = types.UniTuple(types.float32, 2 * NODES)
    shift = types.UniTuple(types.float32, 1 + len(spec.model.parameters._fields))

    signature = (
        *(types.float32[:, :, ::1],) * 3,
        types.float32,
        *(types.int64,) * 4,
        named(Settings, shifts=types.Tuple([shift] * len(spec.shaken))),
        named(spec.model.parameters, steps=table, sigmas=table),
        types.float32[:, :, :, ::1],
        types.int64[:, :, :, :, ::1],
        types.uint32,
        types.uint32,
    )
    ptx, _ = cuda.compile_ptx(update_kernel(spec).loop, signature, cc=capability)
    assert f".target sm_{capability[0]}{capability[1]}" in ptx
    assert not re.search(r"\.f64", ptx), "a float32 state must not be computed in float64"
    assert ("mul.wide.u32" in ptx) == (spec.chance is not None or chosen.draws), "Philox multiplies 32 by 32 bits"
