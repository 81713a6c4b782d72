"""The CUDA loops of the wire solver: simulated against plain NumPy, and compiled to PTX."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("numba_cuda")

from ptx import compiled

pytestmark = pytest.mark.slow

SIMULATION = """
import os
os.environ["NUMBA_ENABLE_CUDASIM"] = "1"
import line_kernels as plain
import numpy as np
from memsim.kernels.cuda import lines
from memsim.kernels.wire_currents import Cell
from memsim.kernels.wire_lines import Runs
from memsim.noise.conduction import (
    Excess, Scale, common_excess, exponential_slope, exponential_voltage, sinh_slope, sinh_voltage
)

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
common, own = common_excess(1e-5, 2e-6), Excess((1e-5, 1e-6, 0.0, 1e-8), (2e-6, 0.0, 1e-8, 0.0), 1e-6, 1e-4, -1.0)
for law, slope, series, excess in (
    (sinh_voltage, sinh_slope, 0.0, common),
    (exponential_voltage, exponential_slope, 5e3, common),
    (exponential_voltage, exponential_slope, 5e3, own),
):
    cell, voltages = Cell(0.2, series, Scale(2.0), excess), []
    for kernels in (lines, plain):
        both = np.full((2, 30), np.nan)
        kernels.current_kernel(law, slope)(cells, voltage, cell, 3, *both)
        voltages.append(both)
    assert np.allclose(*voltages, rtol=1e-12, atol=0)
    print("agree", law)
"""


def test_the_simulated_loops_solve_the_lines_and_the_law_of_cells():
    path = os.pathsep.join([*map(str, Path(__file__).parents[:2]), os.environ.get("PYTHONPATH", "")])
    run = subprocess.run(
        [sys.executable, "-c", SIMULATION], capture_output=True, text=True, env=os.environ | {"PYTHONPATH": path}
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.count("agree") == 4 * 3 * 2 + 3


@pytest.mark.parametrize("name", ["factor", "solve", "current"])
def test_the_loops_compile_to_ptx(monkeypatch, name):
    from numba import types

    from memsim.kernels.cuda import lines
    from memsim.kernels.wire_currents import Cell
    from memsim.kernels.wire_lines import Runs
    from memsim.noise.conduction import Excess, Scale, sinh_slope, sinh_voltage

    field, real, whole = types.float64[::1], types.float64, types.int64
    runs = types.NamedUniTuple(whole, len(Runs._fields), Runs)
    terms = types.UniTuple(real, 4)
    excess = types.NamedTuple([terms, terms, real, real, real], Excess)
    cell = types.NamedTuple([real, real, types.NamedUniTuple(real, 1, Scale), excess], Cell)
    kernel, signature = {
        "factor": (lines.factor_kernel(), (field, field, field, real, runs, field)),
        "solve": (lines.solve_kernel(), (field, field, real, runs, whole, field)),
        "current": (lines.current_kernel(sinh_voltage, sinh_slope), (field, field, cell, whole, field, field)),
    }[name]
    for ptx in compiled(monkeypatch, kernel.loop, signature).values():
        assert ".local .align" not in ptx, "what is read ahead must stay in registers"
