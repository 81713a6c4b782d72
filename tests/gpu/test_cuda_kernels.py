"""Every CUDA kernel without a GPU: run in the simulator against the CPU's kernel, and compiled to PTX."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import types
from pathlib import Path

import pytest

pytest.importorskip("numba_cuda")

from kernel_cases import cases

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
    simulate("narrow noisy float32")


@pytest.mark.slow
@pytest.mark.parametrize("share", range(_PROCESSES))
def test_simulated_kernels_agree_with_the_cpu(share):
    simulate(*(case.name for case in CASES[share::_PROCESSES]))


@pytest.mark.slow
@pytest.mark.parametrize("capability", [(7, 0), (8, 0), (9, 0)], ids=lambda cc: f"sm_{cc[0]}{cc[1]}")
@pytest.mark.parametrize(
    "case", [case for case in CASES if case.compiled], ids=lambda case: case.name.replace(" ", "-")
)
def test_kernels_compile_to_ptx(monkeypatch, case, capability):
    import numba.cuda.dispatcher
    from numba import cuda
    from numba.cuda.cudadrv.nvrtc import get_supported_ccs

    target = f"sm_{capability[0]}{capability[1]}"
    if capability not in get_supported_ccs():
        pytest.skip(f"the CUDA toolkit here does not compile for {target}")
    # A kernel that calls compiled functions asks the current device for its capability.
    device = types.SimpleNamespace(compute_capability=capability, id=0)
    monkeypatch.setattr(numba.cuda.dispatcher, "get_current_device", lambda: device)
    signature = tuple(numba.typeof(argument) for argument in case.cuda_arguments())
    ptx, _ = cuda.compile_ptx(case.cuda.loop, signature, cc=capability)
    assert f".target {target}" in ptx
    assert case.double or not re.search(r"\.f64", ptx), "what the CPU computes in float32 must not take float64"
    assert ("mul.wide.u32" in ptx) == case.draws, "Philox multiplies 32 by 32 bits"
    assert not re.search(r"\b(atom|red)\.", ptx), "sums have one fixed order"
    assert not re.search(r"\b(ld|st)\.local", ptx), "what a thread keeps fits the registers"
