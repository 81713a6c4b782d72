"""Layers of memsim.torch whose cells are arrays that behave like a card's: the outputs and gradients of the CPU."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.slow

from line_kernels import strict_card  # noqa: E402
from strict_arrays import StrictArray  # noqa: E402
from torch import nn  # noqa: E402
from torch.utils.data import DataLoader, TensorDataset  # noqa: E402

import memsim as ms  # noqa: E402
import memsim.torch as mt  # noqa: E402
from memsim.backends import cuda  # noqa: E402
from memsim.errors import BackendError, InputError  # noqa: E402
from memsim.torch import analog_layer, exchange  # noqa: E402

LAYERS = {
    "linear": (lambda: nn.Linear(70, 20), (5, 3, 70)),
    "narrow": (lambda: nn.Linear(70, 6), (5, 70)),
    "conv2d": (lambda: nn.Conv2d(4, 20, 3, stride=2, padding=1), (3, 4, 9, 7)),
    "groups": (lambda: nn.Conv2d(4, 6, 3, groups=2, dilation=2), (3, 4, 9, 9)),
    "conv1d": (lambda: nn.Conv1d(3, 5, 4, padding=2), (2, 3, 11)),
}
HARDWARE = {
    "noise": {"device": "taox-hfox-wu2018", "seed": 3},
    "converters": {"device": "taox-hfox-wu2018", "dac": 8, "adc": 7, "tile": (32, 128), "bias": "row"},
    "drift": {"device": "pcm-joshi2020", "seed": 4},
}


def as_on_card(monkeypatch):
    """Cells in strict arrays, which share the memory of tensors of the CPU."""
    strict_card(monkeypatch)
    for module in (exchange, analog_layer):
        monkeypatch.setattr(module, "backend_for", lambda device: "cuda")


def passed(layer, hardware, x):
    model = mt.convert(layer, mt.Hardware(**hardware), quiet=True)
    mt.program(mt.calibrate(model, x))
    given = x.clone().requires_grad_()
    y = model(given)
    y.square().sum().backward()
    return model, [y.detach(), given.grad, model.weight.grad]


@pytest.mark.parametrize("hardware", HARDWARE)
@pytest.mark.parametrize("name", LAYERS)
def test_outputs_and_gradients_are_those_of_the_cpu(monkeypatch, name, hardware):
    torch.manual_seed(0)
    make, shape = LAYERS[name]
    layer, x = make(), torch.randn(*shape)
    _, expected = passed(layer, HARDWARE[hardware], x)
    as_on_card(monkeypatch)
    model, values = passed(layer, HARDWARE[hardware], x)
    assert model.cells.crossbar.backend == "cuda"
    for own, reference in zip(values, expected, strict=True):
        assert own.dtype == reference.dtype
        assert torch.allclose(own, reference, rtol=1e-6, atol=1e-6)


def test_tensors_and_arrays_share_their_memory(monkeypatch):
    as_on_card(monkeypatch)
    x = torch.zeros(3, 4)
    array = exchange.array_of(x)
    assert isinstance(array, StrictArray)
    x[1, 2] = 5
    assert float(array[1, 2]) == 5
    back = exchange.tensor_of(array, x)
    assert back.data_ptr() == x.data_ptr()


@pytest.mark.parametrize("compensation", ["global", "column"])
def test_an_evaluation_is_that_of_the_cpu(monkeypatch, compensation):
    torch.manual_seed(0)
    x, labels = torch.randn(20, 1, 6, 6), torch.arange(20) % 3
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(32, 3))

    def evaluated():
        chip = mt.program(mt.convert(net, mt.Hardware(device="pcm-joshi2020", seed=1), quiet=True))
        loader = DataLoader(TensorDataset(x, labels), batch_size=8)
        return mt.evaluate(chip, loader, times=["1 s", "1 day"], compensation=compensation)

    expected = evaluated()
    as_on_card(monkeypatch)
    result = evaluated()
    for variable in expected.data_vars:
        np.testing.assert_allclose(result[variable], expected[variable], rtol=1e-5)


def test_a_card_that_memsim_cannot_use_is_one_line(monkeypatch):
    monkeypatch.setattr(cuda, "problem", lambda: "CuPy is not installed (pip install ...)")
    with pytest.raises(
        BackendError, match=r"fc: weights on cuda:0, but backend: 'cuda' cannot run here: CuPy"
    ) as error:
        exchange.check_device("fc", torch.device("cuda:0"))
    assert "\n" not in str(error.value)


def test_another_card_than_the_current_one_is_one_line(monkeypatch):
    strict_card(monkeypatch)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 0)
    with pytest.raises(
        InputError, match=r"fc: weights on cuda:1, but the current card is cuda:0; call torch\.cuda\.set"
    ):
        exchange.check_device("fc", torch.device("cuda:1"))
    exchange.check_device("fc", torch.device("cuda:0"))


def test_cells_follow_the_weights_to_another_machine(monkeypatch):
    chip = mt.program(mt.convert(nn.Linear(20, 4), mt.Hardware(device="taox-hfox-wu2018"), quiet=True))
    x = torch.randn(3, 20)
    first = chip(x)
    assert chip.cells.crossbar.backend == "cpu"
    chip.double()
    assert chip.cells.crossbar.dtype == np.float64 and ms.load_device("taox-hfox-wu2018") == chip.hardware.device
    chip.float()
    chip.reads.zero_()
    assert torch.equal(chip(x), first)
