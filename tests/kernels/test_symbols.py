"""Kernels of several processes in one cache: functions of one name keep their own code when a process loads both."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

PROGRAM = """
import math
import sys
import numpy as np
from memsim.kernels.compile import callee, compile_kernel

def kernel(factor):
    @callee
    def scaled(values, place):
        total = 0.0
        for k in range(values.size):  # too long to be inlined
            total += factor * values[k] * place
        ordered = np.sort(values)
        for k in range(values.size):
            total += math.sin(ordered[k]) - math.sin(values[k]) + math.exp(ordered[k]) - math.exp(values[k])
        return total

    def work(first, last, out, values):
        for unit in range(first, last):
            out[unit] = scaled(values, unit + 1)
            out[unit] += scaled(values, unit + 1) - scaled(values[::1], unit + 1)

    return compile_kernel(work, lambda out, values: out.size)

for factor in map(float, sys.argv[1:]):
    out = np.zeros(2)
    kernel(factor)(out, np.ones(3))
    print(*out)
"""


@pytest.mark.slow
def test_functions_of_one_name_and_type_keep_their_own_code(tmp_path):
    """Compiled apart, they have the same number in their process, which Numba makes part of the name of their code."""

    program = tmp_path / "program.py"
    program.write_text(PROGRAM)

    def run(*factors: str) -> list[str]:
        environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
        command = [sys.executable, str(program), *factors]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.splitlines()

    assert run("1") == ["3.0 6.0"] and run("10") == ["30.0 60.0"]
    assert list(tmp_path.rglob("*.kernel"))
    assert run("1", "10") == ["3.0 6.0", "30.0 60.0"]
    assert run("10", "1") == ["30.0 60.0", "3.0 6.0"]
