"""Every CUDA kernel on a GPU against the CPU's kernel, where there is a GPU."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("numba_cuda")

from kernel_cases import cases
from numba import cuda

cupy = pytest.importorskip(
    "cupy", reason="arrays on a GPU need CuPy (pip install 'memsim[cuda12]' or 'memsim[cuda13]')"
)

CASES = cases()

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not cuda.is_available(), reason="no GPU that Numba can use"),
]


def launch(kernel, arguments):
    given = [cupy.asarray(value) if isinstance(value, np.ndarray) else value for value in arguments]
    kernel(*given)
    return [cupy.asnumpy(value) if isinstance(value, cupy.ndarray) else value for value in given]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "-"))
def test_a_kernel_on_the_card_agrees_with_the_cpu(case):
    case.check(launch)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "-"))
def test_a_kernel_on_the_card_gives_the_same_bits_each_time(case):
    first, second = (launch(case.cuda, case.cuda_arguments()) for _ in range(2))
    assert all(np.array_equal(first[number], second[number]) for number in case.outputs)
