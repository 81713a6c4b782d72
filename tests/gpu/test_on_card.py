"""Every CUDA kernel on a GPU against the CPU's kernel, where there is a GPU."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("numba_cuda")
pytest.importorskip("cupy", reason="arrays on a GPU need CuPy (pip install 'memsim[cuda12]' or 'memsim[cuda13]')")

import cupy
from kernel_cases import cases
from numba import cuda

from memsim import effective_conductance, solve_wires

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


@pytest.mark.parametrize("ratio", [1e1, 1e3, 1e6])
@pytest.mark.parametrize("law", [None, {"model": "sinh", "voltage": "0.1 V"}], ids=["ohmic", "sinh"])
@pytest.mark.parametrize("single", [None, "word_resistance", "bit_resistance"])
def test_a_card_finds_the_currents_of_the_cpu(ratio, law, single):
    random = np.random.default_rng(0)
    g, v = np.exp(random.uniform(-14, -9, (70, 90))), random.uniform(0, 0.3, (70, 3))
    wires = {"word_resistance": 1e4 / ratio, "bit_resistance": 1e4 / ratio, "sense_resistance": 20.0}
    wires |= {single: 0.0} if single else {}
    curved = {"conduction": law, "read_voltage": 0.2} if law else {}
    cpu, card = (solve_wires(g, v, backend=name, **wires, **curved) for name in ("cpu", "cuda"))
    assert card.residual <= 3e-10
    assert (np.abs(card.currents - cpu.currents) / np.abs(cpu.currents).sum(0)).max() < 1e-8
    again = solve_wires(g, v, backend="cuda", **wires, **curved)
    assert np.array_equal(again.currents, card.currents), "the same bits each time"
    if law is None:
        on_card, on_cpu = (effective_conductance(g, backend=name, **wires) for name in ("cuda", "cpu"))
        assert np.allclose(on_card, on_cpu, rtol=1e-7, atol=1e-9 * on_cpu.max())
