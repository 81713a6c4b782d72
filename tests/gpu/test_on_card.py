"""Kernels, arrays, wires and experiments on a card against the CPU, where there is a card."""

from __future__ import annotations

import os

import numpy as np
import pytest

if "MEMSIM_TEST_CARD" not in os.environ:
    pytest.skip("a card is used with MEMSIM_TEST_CARD=1 only", allow_module_level=True)
pytest.importorskip("numba_cuda")
pytest.importorskip("cupy", reason="arrays on a GPU need CuPy (pip install 'memsim[cuda12]' or 'memsim[cuda13]')")

import cupy
from array_lives import CIRCUITS, life
from kernel_cases import cases
from numba import cuda
from populations import alike

import memsim as ms
from memsim import effective_conductance, solve_wires
from memsim.networks import Adam, Architecture, CrossEntropy, Network, fit
from memsim.warm.experiments import small

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
    g, v = np.exp(random.uniform(-14, -9, (70, 90))), random.uniform(0, 0.3, (3, 70))
    wires = {"word_resistance": 1e4 / ratio, "bit_resistance": 1e4 / ratio, "sense_resistance": 20.0}
    wires |= {single: 0.0} if single else {}
    curved = {"conduction": law, "read_voltage": 0.2} if law else {}
    cpu, card = (solve_wires(g, v, backend=name, **wires, **curved) for name in ("cpu", "cuda"))
    assert card.residual <= 3e-10
    assert (np.abs(card.currents - cpu.currents) / np.abs(cpu.currents).sum(-1, keepdims=True)).max() < 1e-8
    again = solve_wires(g, v, backend="cuda", **wires, **curved)
    assert np.array_equal(again.currents, card.currents), "the same bits each time"
    if law is None:
        on_card, on_cpu = (effective_conductance(g, backend=name, **wires) for name in ("cuda", "cpu"))
        assert np.allclose(on_card, on_cpu, rtol=1e-7, atol=1e-9 * on_cpu.max())


@pytest.mark.parametrize("device", ms.device_names())
def test_arrays_of_every_device_agree(device, tmp_path):
    """Where a rule or a count decides by a comparison, few cells may go the other way; populations are the same."""
    ours, theirs = (life(device, backend, tmp_path) for backend in ("cuda", "cpu"))
    for card, cpu in zip(ours, theirs, strict=True):
        scale = np.abs(cpu).max(initial=1e-30)
        assert np.mean(np.abs(card - cpu) > 1e-4 * scale) < 0.01
    assert alike(ours[0], theirs[0])


@pytest.mark.parametrize("name", CIRCUITS)
def test_circuits_around_arrays_agree(name, tmp_path):
    ours, theirs = (life("agsi-jo2010", backend, tmp_path, **CIRCUITS[name]) for backend in ("cuda", "cpu"))
    for card, cpu in zip(ours, theirs, strict=True):
        assert np.mean(np.abs(card - cpu) > 1e-4 * np.abs(cpu).max(initial=1e-30)) < 0.01


def test_decomposition_01_agrees():
    ours, theirs = (ms.run("decomposition-01", backend=backend) for backend in ("cuda", "cpu"))
    assert ours.backend == "cuda" and ours.machine != theirs.machine
    for name in ("output_target", "output_control", "geometric_margin"):
        for learner in theirs.learner.values:
            card, cpu = (found[name].sel(learner=learner).values for found in (ours, theirs))
            assert np.abs(card - cpu).max() < 1e-2 * np.abs(cpu).max(), (name, learner)


def test_digits_01_agrees_within_what_few_digits_tell():
    ours, theirs = (ms.run(small(ms.load_experiment("digits-01")), backend=name) for name in ("cuda", "cpu"))
    assert (np.abs(ours.test_accuracy_mean - theirs.test_accuracy_mean) < 0.1).all()


def test_networks_by_torch_on_the_card_agree_with_the_cpu():
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("torch without CUDA")
    from memsim.torch.engine import TorchChain

    architecture = Architecture("residual", (3, 8, 8), 4, channels=(4, 6))
    x, labels = np.random.default_rng(0).normal(size=(48, 3, 8, 8)), np.arange(48) % 4
    fits = []
    for xp, engine in ((np, Network.engine), (cupy, TorchChain)):
        network = Network.fresh(architecture, seed=1, engine=engine).to(xp)
        settings = {"loss": CrossEntropy(), "optimiser": Adam(), "epochs": 2, "seed": 1, "batch": 16}
        fits.append(fit(network, (x, labels), (x, labels), **settings).network.host.parameters)
    for name, array in fits[0].items():
        np.testing.assert_allclose(fits[1][name], array, rtol=1e-6, atol=1e-8)
