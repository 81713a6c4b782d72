"""Mistakes of users of memsim.torch: one line each, and the model is what it was."""

from __future__ import annotations

import copy

import pytest

pytest.importorskip("torch")
pytestmark = pytest.mark.slow

import torch  # noqa: E402
from torch import nn  # noqa: E402
from torch.utils.data import DataLoader, IterableDataset  # noqa: E402

import memsim as ms  # noqa: E402
import memsim.torch as mt  # noqa: E402
from memsim.errors import InputError, MemsimError  # noqa: E402


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn, self.fc = nn.LSTM(8, 12, batch_first=True), nn.Linear(12, 4)

    def forward(self, x):
        return self.fc(self.rnn(x)[0][:, -1])


@pytest.mark.parametrize(
    "hardware", [{"dac": 8}, {"adc": 8}, {"dac": 8, "adc": 8}, {"dac": 8, "adc": 8, "bias": "row"}]
)
def test_a_recurrent_network_is_calibrated(hardware):
    torch.manual_seed(0)
    model, x = Recurrent(), torch.randn(30, 5, 8)
    chip = mt.program(mt.calibrate(mt.convert(model, mt.Hardware(**hardware), quiet=True), x))
    assert (chip(x) - model(x)).abs().max() < 0.05 * model(x).abs().max()
    for layer in mt.modules.analog_layers(chip).values():
        assert layer.input_range > 1e-6
        assert "adc" not in hardware or layer.output_range > 1e-6


def test_a_layer_that_gets_only_zeros_is_named():
    model = nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 3))
    nn.init.constant_(model[0].bias, -100.0)
    with pytest.raises(InputError, match="2: got no inputs other than 0"):
        mt.calibrate(mt.convert(model, mt.Hardware(dac=8), quiet=True), torch.randn(4, 6))


def test_a_failed_calibration_and_programming_change_nothing():
    x = torch.randn(4, 6)
    chip = mt.convert(nn.Sequential(nn.Linear(6, 5), nn.Linear(5, 3)), mt.Hardware(dac=8, adc=8), quiet=True)
    mt.program(mt.calibrate(chip, x))
    before, y = copy.deepcopy(chip.state_dict()), chip(x)
    for bad in (x[:, :5], x * float("nan"), "abc", []):
        with pytest.raises((InputError, RuntimeError)):
            mt.calibrate(chip, bad)
        for name, values in chip.state_dict().items():
            assert name.endswith("reads") or torch.equal(values, before[name])
    assert (chip(x) - y).abs().max() < 1e-6
    fresh = mt.convert(nn.Linear(6, 5), mt.Hardware(dac=8), quiet=True)
    with pytest.raises(InputError, match="calibrate"):
        mt.program(fresh, 5)
    assert "not programmed" in repr(fresh)


class Refusing:
    def state_dict(self):
        return {"a": 1}

    def load_state_dict(self, state):
        raise ValueError("does not fit")


def test_a_failed_load_changes_nothing(tmp_path):
    one, two = (mt.convert(nn.Linear(6, 3), mt.Hardware(), quiet=True) for _ in range(2))
    mt.save(tmp_path / "a.pt", one, part=Refusing())
    before = two.weight.detach().clone()
    with pytest.raises(ValueError, match="does not fit"):
        mt.load(tmp_path / "a.pt", two, part=Refusing())
    assert torch.equal(two.weight, before)

    def network():
        return mt.convert(nn.Sequential(nn.Linear(6, 3), nn.Linear(3, 6)), mt.Hardware(), quiet=True)

    trained = network()
    optimiser = torch.optim.Adam(trained.parameters())
    trained(torch.ones(2, 6)).sum().backward()
    optimiser.step()
    mt.save(tmp_path / "b.pt", trained, optimiser)
    other = network()
    before = other[0].weight.detach().clone()
    with pytest.raises(InputError, match="parameters in another order"):
        mt.load(tmp_path / "b.pt", other, torch.optim.Adam([*other[1].parameters(), *other[0].parameters()]))
    assert torch.equal(other[0].weight, before)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"adc": {"bits": 6}}, "adc: {'bits': 6} is not allowed; a memsim.ADC, or a number of bits, or None"),
        ({"dac": True}, "dac: True is not allowed"),
        ({"wires": 22}, "wires: 22 is not allowed; a memsim.Wires, or None"),
        ({"tile": 128}, "tile: 128 is not allowed"),
        ({"bounds": (1, 0)}, "bounds"),
        ({"cycles": 0}, "cycles: 0 is not"),
        ({"error": "a"}, "error: 'a' is not a number from 0 to 1000"),
        ({"error": float("nan")}, "error: nan is not a number from 0 to 1000"),
        ({"ideal": 5}, "ideal: 5 is not allowed"),
        ({"seed": True}, "seed: True is not"),
    ],
)
def test_hardware_is_checked_at_once(settings, message):
    with pytest.raises(MemsimError) as problem:
        mt.Hardware(**settings)
    assert message in str(problem.value) and "\n" not in str(problem.value)


def test_hardware_is_shown_by_what_was_stated():
    assert repr(mt.Hardware("pcm-joshi2020", adc=8, seed=7)).startswith(
        "Hardware(device='pcm-joshi2020', adc=ADC(bits=8"
    )
    assert repr(mt.Hardware()) == "Hardware(device='ideal')"


def test_other_arguments():
    model = nn.Sequential(nn.Linear(6, 4), nn.GRU(4, 3))
    with pytest.raises(InputError, match=r"hardware: 'chip\.yaml' is not allowed"):
        mt.convert(model, "chip.yaml")
    with pytest.raises(InputError, match=r"layers\['0'\]: 'x' is not allowed"):
        mt.convert(model, mt.Hardware(), layers={"0": "x"})
    mt.convert(model, mt.Hardware(), exclude=["1"], quiet=True)  # a layer that is digital anyway
    with pytest.raises(InputError, match="compensation: unknown choice 'layer'; allowed: affine, batch-norm"):
        mt.evaluate(mt.program(mt.convert(model[0], mt.Hardware(), quiet=True)), [], compensation="layer")


class Stream(IterableDataset):
    def __iter__(self):
        return iter([(torch.ones(6), 0)] * 5)


def test_a_loader_without_a_length():
    chip = mt.program(mt.convert(nn.Linear(6, 3), mt.Hardware(), quiet=True))
    assert mt.evaluate(chip, DataLoader(Stream(), batch_size=2)).sizes["time"] == 1


def test_an_output_without_weights_needs_no_compensation():
    layer = nn.Linear(6, 3)
    layer.weight.data[1] = 0
    chip = mt.program(mt.convert(layer, mt.Hardware(), quiet=True))
    x = torch.randn(8, 6)
    for compensation in ("column", "affine"):
        assert mt.evaluate(chip, [(x, layer(x).argmax(1))], compensation=compensation).accuracy.item() == 1


def test_devices_and_pipes_are_not_replaced():
    chip = mt.convert(nn.Linear(6, 3), mt.Hardware(), quiet=True)
    with pytest.raises(ms.errors.OutputError, match="is a device or a pipe"):
        mt.save("/dev/null", chip, force=True)


@pytest.mark.parametrize("largest", [0.1, 0.25])
def test_each_phase_has_a_saturation_of_its_own(largest):
    # Before programming, phases are apart; with ideal cells the gradient afterwards is the same.
    torch.manual_seed(0)
    layer, x = nn.Linear(7, 5).double(), torch.randn(3, 7, dtype=torch.float64)
    layer.weight.data.abs_()
    hardware = mt.Hardware(dac=ms.DAC(bits=None, polarity="phases"), adc=ms.ADC(bits=16, range=largest))
    chip = mt.calibrate(mt.convert(layer, hardware, quiet=True), x)
    gradients = []
    for programmed in (False, True):
        if programmed:
            mt.program(chip)
        z = x.clone().requires_grad_()
        chip(z).sum().backward()
        gradients.append(z.grad)
    assert gradients[0].abs().max() > 0.5 and torch.allclose(*gradients)


def test_layers_that_are_converted_later_have_errors_of_their_own():
    torch.manual_seed(0)
    first = nn.Linear(30, 20)
    model = nn.Sequential(first, nn.Linear(20, 30))
    hardware = mt.Hardware("pcm-joshi2020", seed=1)
    chip = mt.convert(mt.convert(model, hardware, exclude=["1"], quiet=True), hardware, quiet=True)
    assert [layer.place for layer in (chip[0], chip[1])] == [0, 1]
