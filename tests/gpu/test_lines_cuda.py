"""The CUDA loops of the wire solver: simulated against plain NumPy, and compiled to PTX."""

from __future__ import annotations

import os
import subprocess
import sys
import types as python_types
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

pytest.importorskip("numba_cuda")

SIMULATION = """
import os
os.environ["NUMBA_ENABLE_CUDASIM"] = "1"
import line_kernels as plain
import numpy as np
from memsim.kernels.cuda import lines
from memsim.kernels.wire_currents import Cell
from memsim.kernels.wire_lines import Runs
from memsim.noise.conduction import Excess, Scale, exponential_slope, exponential_voltage, sinh_slope, sinh_voltage

rng = np.random.default_rng(0)
for rows, cols in ((9, 6), (1, 17), (8, 1), (1, 1)):
    for lanes, own in ((1, 1), (3, 1), (3, 3)):
        cells = np.exp(rng.uniform(-14, -9, rows * cols * own))
        for runs, count in ((Runs.along, rows), (Runs.down, cols)):
            ends, apart = rng.uniform(0, 1e-2, (2, count)), runs(rows, cols, own)
            right, both = rng.normal(size=rows * cols * lanes) * 1e-6, runs(rows, cols, lanes)
            found = []
            for kernels in (lines, plain):
                ratios, out = np.full_like(cells, np.nan), np.full_like(right, np.nan)
                kernels.factor_kernel()(cells, *ends, 1e-2, apart, ratios)
                kernels.solve_kernel()(ratios, right, 1e-2, both, lanes // own, out)
                found.append((ratios, out))
            for one, other in zip(*found):
                assert np.allclose(one, other, rtol=1e-9, atol=0), (rows, cols, lanes, own)
            print("agree", runs.__name__, rows, cols, lanes, own)

cells, voltage = np.exp(rng.uniform(-14, -9, 10)), rng.uniform(-1, 1, 30)
for law, slope, series in ((sinh_voltage, sinh_slope, 0.0), (exponential_voltage, exponential_slope, 5e3)):
    cell, found = Cell(0.2, series, Scale(2.0), Excess(1e-5, 2e-6)), []
    for kernels in (lines, plain):
        both = np.full((2, 30), np.nan)
        kernels.current_kernel(law, slope)(cells, voltage, cell, 3, *both)
        found.append(both)
    assert np.allclose(*found, rtol=1e-12, atol=0)
    print("agree", law)
"""


def test_the_simulated_loops_solve_the_lines_and_the_law_of_cells():
    path = os.pathsep.join([*map(str, Path(__file__).parents[:2]), os.environ.get("PYTHONPATH", "")])
    run = subprocess.run(
        [sys.executable, "-c", SIMULATION], capture_output=True, text=True, env=os.environ | {"PYTHONPATH": path}
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.count("agree") == 4 * 3 * 2 + 2


@pytest.mark.parametrize("capability", [(7, 0), (8, 0), (9, 0)])
@pytest.mark.parametrize("name", ["factor", "solve", "current"])
def test_the_loops_compile_to_ptx(monkeypatch, name, capability):
    import numba.cuda.dispatcher
    from numba import cuda, types
    from numba.cuda.cudadrv.error import CCSupportError

    from memsim.kernels.cuda import lines
    from memsim.kernels.wire_currents import Cell
    from memsim.kernels.wire_lines import Runs
    from memsim.noise.conduction import Excess, Scale, sinh_slope, sinh_voltage

    # A kernel that calls compiled functions asks the current device for its capability.
    device = python_types.SimpleNamespace(compute_capability=capability, id=0)
    monkeypatch.setattr(numba.cuda.dispatcher, "get_current_device", lambda: device)
    field, real, whole = types.float64[::1], types.float64, types.int64
    runs = types.NamedUniTuple(whole, len(Runs._fields), Runs)
    cell = types.NamedTuple(
        [real, real, types.NamedUniTuple(real, 1, Scale), types.NamedUniTuple(real, 2, Excess)], Cell
    )
    kernel, signature = {
        "factor": (lines.factor_kernel(), (field, field, field, real, runs, field)),
        "solve": (lines.solve_kernel(), (field, field, real, runs, whole, field)),
        "current": (lines.current_kernel(sinh_voltage, sinh_slope), (field, field, cell, whole, field, field)),
    }[name]
    try:
        ptx, _ = cuda.compile_ptx(kernel.loop, signature, cc=capability)
    except CCSupportError as error:
        if capability >= (8, 0):
            raise
        pytest.skip(f"this CUDA toolkit does not compile for it: {error}")
    assert f".target sm_{capability[0]}{capability[1]}" in ptx
    assert ".local .align" not in ptx, "what is read ahead must stay in registers"
