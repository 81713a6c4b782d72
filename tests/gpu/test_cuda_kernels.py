"""Every CUDA kernel without a GPU: run in the simulator against the CPU's kernel, and compiled to PTX."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numba
import pytest

pytest.importorskip("numba_cuda")

from kernel_cases import cases
from ptx import compiled

CASES = cases()
_PROCESSES = 4  # that the simulation of all cases takes turns in

SIMULATION = """
import os, sys
os.environ["NUMBA_ENABLE_CUDASIM"] = "1"
from kernel_cases import cases

def launch(kernel, arguments):
    kernel(*arguments)
    return arguments

for case in cases():
    if case.name in sys.argv[1:]:
        case.check(launch)
        print("agree:", case.name)
"""


def simulate(*names: str) -> None:
    """Compare these cases in a process of their own, where Numba's simulator takes the place of the GPU."""
    here = Path(__file__).parent
    path = os.pathsep.join([str(here), str(here.parent), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-c", SIMULATION, *names]
    run = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": path})
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines() == [f"agree: {name}" for name in names]


def test_a_simulated_kernel_agrees_with_the_cpu():
    simulate("narrow, noise each, float32")


@pytest.mark.slow
@pytest.mark.parametrize("share", range(_PROCESSES))
def test_simulated_kernels_agree_with_the_cpu(share):
    simulate(*(case.name for case in CASES[share::_PROCESSES]))


@pytest.mark.slow
@pytest.mark.parametrize(
    "case", [case for case in CASES if case.compiled], ids=lambda case: case.name.replace(" ", "-")
)
def test_kernels_compile_to_ptx(monkeypatch, case):
    signature = tuple(numba.typeof(argument) for argument in case.cuda_arguments())
    for ptx in compiled(monkeypatch, case.cuda.loop, signature).values():
        assert case.double or not re.search(r"\.f64", ptx), "what the CPU computes in float32 must not take float64"
        assert ("mul.wide.u32" in ptx) == case.draws, "Philox multiplies 32 by 32 bits"
        assert not re.search(r"\b(atom|red)\.", ptx), "sums have one fixed order"
        assert not re.search(r"\b(ld|st)\.local", ptx), "what a thread keeps fits the registers"
