"""Networks of memsim.torch on a card against the CPU, where there is a card."""

from __future__ import annotations

import os

import numpy as np
import pytest

if "MEMSIM_TEST_CARD" not in os.environ:
    pytest.skip("a card is used with MEMSIM_TEST_CARD=1 only", allow_module_level=True)
pytest.importorskip("cupy", reason="arrays on a GPU need CuPy (pip install 'memsim[cuda12]' or 'memsim[cuda13]')")
torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402
from torch.utils.data import DataLoader, TensorDataset  # noqa: E402

import memsim.torch as mt  # noqa: E402

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU that PyTorch can use"),
]

HARDWARE = {
    "converters": {"device": "taox-hfox-wu2018", "dac": 8, "adc": 7, "tile": (32, 128), "bias": "row", "seed": 3},
    "drift": {"device": "pcm-joshi2020", "seed": 4},
}


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 20, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(1280, 5))


def inputs():
    torch.manual_seed(1)
    return torch.randn(30, 1, 8, 8)


def programmed(hardware):
    return mt.program(mt.calibrate(mt.convert(network(), mt.Hardware(**hardware), quiet=True), inputs()))


def outputs(chip, x):
    given = x.clone().requires_grad_()
    y = chip(given)
    y.square().sum().backward()
    return [values.detach().cpu() for values in (y, given.grad, chip[0].weight.grad)]


@pytest.mark.parametrize("hardware", HARDWARE)
def test_outputs_and_gradients_agree(hardware):
    """Where a converter rounds, few outputs may differ by a step."""
    expected = outputs(programmed(HARDWARE[hardware]), inputs())
    chip = programmed(HARDWARE[hardware]).cuda()
    assert chip[0].cells.crossbar.backend == "cuda"
    for card, cpu in zip(outputs(chip, inputs().cuda()), expected, strict=True):
        assert ((card - cpu).abs() > 1e-3 * cpu.abs().max()).double().mean() < 0.02


def test_accuracies_over_time_agree():
    x, labels = inputs(), torch.arange(30) % 5
    chip = programmed(HARDWARE["drift"])
    loader = DataLoader(TensorDataset(x, labels), batch_size=8)
    times = ["1 s", "1 day"]
    cpu = mt.evaluate(chip, loader, times=times, compensation="column", repeats=2)
    card = mt.evaluate(chip.cuda(), loader, times=times, compensation="column", repeats=2)
    np.testing.assert_allclose(card.accuracy, cpu.accuracy, atol=0.07)
    np.testing.assert_allclose(card.cell_weight_error, cpu.cell_weight_error, rtol=1e-2)


def test_reads_wait_for_the_stream_of_the_inputs():
    """Inputs are computed on a stream of their own, after much work there; the outputs are used on it, too."""
    chip = mt.program(mt.convert(nn.Linear(512, 32, bias=False), mt.Hardware(), quiet=True)).cuda()
    x = torch.randn(64, 512, device="cuda")
    expected = chip(2 * x)
    torch.cuda.synchronize()
    own = torch.cuda.Stream()
    with torch.cuda.stream(own), torch.no_grad():
        busy = torch.randn(4096, 4096, device="cuda")
        for _ in range(20):
            busy = busy @ busy / 4096
        late = x + x * (busy[0, 0] * 0 + 1)
        doubled = 2 * chip(late)
    own.synchronize()
    assert torch.allclose(doubled, 2 * expected, rtol=1e-4, atol=1e-4)


def test_a_checkpoint_of_the_card_goes_on_there(tmp_path):
    x = inputs().cuda()
    chip = programmed(HARDWARE["drift"]).cuda()
    mt.save(tmp_path / "chip.pt", chip)
    again = mt.convert(network(), mt.Hardware(**HARDWARE["drift"]), quiet=True).cuda()
    mt.load(tmp_path / "chip.pt", again)
    with torch.no_grad():
        assert torch.equal(again(x), chip(x))
