"""Training for hardware: noise of weights, learned ranges of inputs, clipping, repetition."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.slow

import torch.nn.functional as F  # noqa: E402
from torch import nn  # noqa: E402

import memsim.torch as mt  # noqa: E402
from memsim.errors import InputError  # noqa: E402


def hardened(layer, training, **hardware):
    return mt.prepare(mt.convert(layer, mt.Hardware(**hardware), quiet=True), training).train()


def linear(inputs=200, outputs=100):
    torch.manual_seed(0)
    return nn.Linear(inputs, outputs, bias=False).double()


def weight_of(layer, passes=1):
    """Weights of passes in training, as the outputs for unit inputs show them, (pass, row, col)."""
    return torch.stack([layer(torch.eye(layer.weight.shape[1], dtype=torch.float64)).detach() for _ in range(passes)])


def test_weight_noise_is_relative_to_the_largest_weight_and_new_in_each_pass():
    layer = hardened(linear(), mt.Training(weight_noise=0.1))
    wrong = weight_of(layer, 3) - layer.weight.detach().T
    largest = float(layer.weight.detach().abs().max())
    assert float(wrong.std()) == pytest.approx(0.1 * largest, rel=0.01)
    assert abs(float(wrong.mean())) < 4 * 0.1 * largest / np.sqrt(wrong.numel())
    assert abs(np.corrcoef(wrong[0].flatten(), wrong[1].flatten())[0, 1]) < 0.03


def test_multiplicative_noise_is_relative_to_each_weight():
    layer = hardened(linear(), mt.Training(weight_noise=0.2, noise="multiplicative"))
    ratio = weight_of(layer)[0] / layer.weight.detach().T - 1
    assert float(ratio.std()) == pytest.approx(0.2, rel=0.02)


def test_the_noise_of_a_device_is_that_of_its_programmed_cells():
    layer = hardened(linear(), mt.Training(noise="device"), device="pcm-joshi2020", seed=4)
    wrong = weight_of(layer)[0] - layer.weight.detach().T
    programmed = mt.program(mt.convert(linear(), mt.Hardware(device="pcm-joshi2020", seed=5), quiet=True))
    expected = programmed.effective_weight().T - layer.weight.detach().T
    assert float(wrong.std()) == pytest.approx(float(expected.std()), rel=0.05)


def test_drop_connect_leaves_out_this_share_of_the_weights():
    layer = hardened(linear(), mt.Training(drop_connect=0.3))
    assert float((weight_of(layer)[0] == 0).double().mean()) == pytest.approx(0.3, abs=0.01)


def test_noise_acts_in_training_alone():
    layer = hardened(linear(), mt.Training(weight_noise=0.1, drop_connect=0.5)).eval()
    torch.testing.assert_close(weight_of(layer)[0], layer.weight.detach().T)


def test_the_gradient_is_that_of_the_noisy_weights_and_goes_to_the_weights_themselves():
    layer = hardened(linear(), mt.Training(weight_noise=0.1))
    x = torch.randn(7, 200, dtype=torch.float64, requires_grad=True)
    upstream = torch.randn(7, 100, dtype=torch.float64)
    noisy = weight_of(layer)[0].T
    layer.steps.zero_()
    by_input, by_weight = torch.autograd.grad(layer(x), (x, layer.weight), upstream)
    torch.testing.assert_close(by_input, upstream @ noisy)
    torch.testing.assert_close(by_weight, upstream.T @ x.detach())


@pytest.mark.parametrize(("settings", "most"), [({"clip_sigma": 1.5}, None), ({"clip_value": 0.02}, 0.02)])
def test_weights_are_clipped_before_a_pass(settings, most):
    layer = hardened(linear(), mt.Training(**settings))
    limit = most or 1.5 * float(layer.weight.detach().std())
    layer(torch.zeros(1, 200, dtype=torch.float64))
    assert float(layer.weight.detach().abs().max()) == pytest.approx(limit)


def test_the_gradient_of_a_learned_range_is_that_of_its_definition():
    layer = hardened(linear(6, 3), mt.Training(learn_input_range=True, range_decay=0.5), dac=5)
    with torch.no_grad():
        layer.input_range.fill_(0.8)
    torch.manual_seed(3)
    x, upstream = torch.randn(9, 6, dtype=torch.float64), torch.randn(9, 3, dtype=torch.float64)
    y = layer(x)
    most = 15
    driven = torch.clamp(x, -0.8, 0.8)
    torch.testing.assert_close(
        y.detach(), F.linear(torch.round(driven * most / 0.8) * 0.8 / most, layer.weight.detach())
    )
    y.backward(upstream)
    g = upstream @ layer.weight.detach()
    expected = 0.8 * (g[x > 0.8].clamp(max=0).sum() - g[x < -0.8].clamp(min=0).sum())
    assert float(layer.input_range.grad) == pytest.approx(float(expected))
    layer.input_range.grad = None
    layer(x.clamp(-0.5, 0.5)).sum().backward()
    assert float(layer.input_range.grad) == pytest.approx(0.5 * 0.8)  # the decay alone


def test_a_range_that_is_learned_begins_at_three_standard_deviations():
    layer = hardened(linear(), mt.Training(learn_input_range=True), dac=8)
    x = torch.randn(50, 200, dtype=torch.float64)
    layer(x)
    assert layer.input_range.item() == pytest.approx(3 * float(x.std()))


def steps(model, optimiser, count):
    torch.manual_seed(11)
    for _ in range(count):
        optimiser.zero_grad()
        model(torch.randn(8, 200, dtype=torch.float64)).square().mean().backward()
        optimiser.step()


def test_a_checkpoint_goes_on_bit_for_bit(tmp_path):
    training = mt.Training(weight_noise=0.05, clip_sigma=2.5, learn_input_range=True)

    def fresh():
        model = hardened(nn.Sequential(linear(), nn.ReLU(), linear(100, 10)), training, dac=6, seed=9)
        return model, torch.optim.Adam(model.parameters(), 1e-2)

    model, optimiser = fresh()
    steps(model, optimiser, 3)
    torch.save({"model": model.state_dict(), "optimiser": optimiser.state_dict()}, tmp_path / "state.pt")
    steps(model, optimiser, 3)
    again, other = fresh()
    state = torch.load(tmp_path / "state.pt", weights_only=True)
    again.load_state_dict(state["model"])
    other.load_state_dict(state["optimiser"])
    steps(again, other, 3)
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), again.parameters(), strict=True))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"noise": "normall"}, "noise: unknown noise 'normall'; did you mean 'normal'"),
        ({"weight_noise": -1.0}, "weight_noise: -1.0 is not allowed; a number of at least 0"),
        ({"drop_connect": 1.0}, "drop_connect: 1.0 is not allowed; a number of at least 0 and below 1"),
        ({"clip_value": 0}, "clip_value: 0 is not allowed; a number above 0, or None"),
        ({"noise": "device", "weight_noise": 0.1}, "weight_noise: the noise 'device' has the size of the device"),
    ],
)
def test_mistakes_are_one_line(settings, message):
    with pytest.raises(InputError, match=message):
        mt.Training(**settings)
