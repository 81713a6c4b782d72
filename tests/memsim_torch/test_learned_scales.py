"""Learned factors of outputs: outputs, gradients, training, files, and the way back to torch."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.slow

import torch.nn.functional as F  # noqa: E402
from torch import nn  # noqa: E402

import memsim.torch as mt  # noqa: E402
from memsim.arrays import ADC, Mapping  # noqa: E402
from memsim.errors import InputError  # noqa: E402

LEARNED = mt.Training(learn_scales=True)


def uneven(factory=lambda: nn.Linear(23, 9)):
    """A layer whose outputs have weights of different sizes."""
    torch.manual_seed(3)
    layer = factory().double()
    with torch.no_grad():
        sizes = torch.linspace(0.2, 1, len(layer.weight), dtype=torch.float64)
        layer.weight.mul_(sizes.reshape(-1, *[1] * (layer.weight.ndim - 1)))
    return layer


def learning(layer, training=LEARNED, x=None, **hardware):
    model = mt.prepare(mt.convert(layer, mt.Hardware(scales="column", **hardware), quiet=True), training)
    return model if x is None else mt.calibrate(model, x)


def inputs(samples=40):
    torch.manual_seed(8)
    return torch.randn(samples, 23, dtype=torch.float64)


@pytest.mark.parametrize("bias", ["digital", "row"])
@pytest.mark.parametrize("kind", ["pair", "reference", "offset"])
def test_factors_begin_at_the_largest_weights_and_change_no_output(bias, kind):
    layer, x = uneven(), inputs()
    model = learning(layer, bias=bias, mapping=kind)
    torch.testing.assert_close(model.scales.detach(), layer.weight.detach().abs().amax(1))
    torch.testing.assert_close(model.weight.detach().abs().amax(1), torch.ones(9, dtype=torch.float64))
    torch.testing.assert_close(model(x), layer(x))
    torch.testing.assert_close(mt.program(model)(x), layer(x))
    torch.testing.assert_close(model.effective_weight(), layer.weight.detach())
    torch.testing.assert_close(mt.to_torch(model)(x), layer(x))


def quantised(x, largest, bits):
    """Codes with a straight-through gradient, 0 beyond the range."""
    step = largest / (2 ** (bits - 1) - 1)
    clipped = x.clamp(-largest, largest)
    return clipped + (torch.round(clipped / step) * step - clipped).detach()


@pytest.mark.parametrize("bias", ["digital", "row"])
@pytest.mark.parametrize("programmed", [False, True])
def test_gradients_are_those_of_a_fake_quantised_graph_with_a_factor_for_each_output(bias, programmed):
    """y = s ADC(DAC(x) w) + b, or with b/s in a last row of w; the ADC is beyond its range for some outputs."""
    layer, x = uneven(), inputs()
    model = learning(layer, x=x, bias=bias, dac=6, adc=ADC(bits=6, percentile=80.0))
    with torch.no_grad():
        model.scales.mul_(1.5)
    if programmed:
        mt.program(model)
    s, w, b = (part.detach().clone().requires_grad_() for part in (model.scales, model.weight, model.bias))
    own_x = x.clone().requires_grad_()
    largest, out_range = model.input_range.item(), model.output_range.item()
    driven, cells = own_x, w
    if bias == "row":
        drive = max(1.0, float((b / s).detach().abs().max()))
        driven = torch.cat([own_x, torch.full((40, 1), drive, dtype=x.dtype)], 1)
        cells = torch.cat([w, (b / s / drive)[:, None]], 1)
    sums = F.linear(quantised(driven, largest, 6), cells)
    assert (sums.abs() > out_range * largest).any()
    expected = s * quantised(sums, out_range * largest, 6)
    expected = expected if bias == "row" else expected + b
    upstream = torch.randn(40, 9, dtype=torch.float64)
    slopes = torch.autograd.grad(expected, (own_x, w, b, s), upstream)
    mine = x.clone().requires_grad_()
    y = model(mine)
    torch.testing.assert_close(y, expected)
    own = torch.autograd.grad(y, (mine, model.weight, model.bias, model.scales), upstream)
    for actual, theirs in zip(own, slopes, strict=True):
        torch.testing.assert_close(actual, theirs)


def steps(model, optimiser, count, seed=11):
    torch.manual_seed(seed)
    for _ in range(count):
        optimiser.zero_grad()
        model(torch.randn(8, 23, dtype=torch.float64)).square().mean().backward()
        optimiser.step()


def trained(factory=uneven, count=4, **hardware):
    model = learning(nn.Sequential(factory()), mt.Training(learn_scales=True, weight_noise=0.05), **hardware).train()
    optimiser = torch.optim.Adam(model.parameters(), 3e-2)
    steps(model, optimiser, count)
    return model, optimiser


@pytest.mark.parametrize("bias", ["digital", "row"])
def test_a_trained_network_is_the_same_on_cells_and_in_torch(bias):
    """Weights beyond the window are clipped to it before a pass."""
    model, _ = trained(bias=bias)
    before = model[0].scales.detach().clone()
    assert not torch.allclose(before, uneven().weight.detach().abs().amax(1))
    x = inputs()
    model(x)
    assert float(model[0].weight.detach().abs().max()) <= 1
    model.eval()
    expected = mt.to_torch(model)(x)
    torch.testing.assert_close(model(x), expected)
    torch.testing.assert_close(mt.program(model)(x), expected)
    result = mt.evaluate(model, [(x, torch.zeros(40, dtype=torch.int64))], progress=False)
    assert float(result.cell_weight_error.max()) < 1e-9 and float(result.output_snr.min()) > 100


def test_a_state_dict_brings_learned_factors_into_a_model_that_was_only_converted():
    model, _ = trained()
    model.eval()
    fresh = mt.convert(nn.Sequential(uneven()), mt.Hardware(scales="column"), quiet=True).eval()
    fresh.load_state_dict(model.state_dict())
    assert torch.equal(fresh(inputs()), model(inputs()))
    assert torch.equal(mt.program(fresh)(inputs()), mt.program(model)(inputs()))


def test_a_training_of_factors_goes_on_bit_for_bit(tmp_path):
    model, optimiser = trained(dac=6, adc=ADC(bits=8, range=10.0, noise=0.04), x=inputs())
    torch.save({"model": model.state_dict(), "optimiser": optimiser.state_dict()}, tmp_path / "state.pt")
    steps(model, optimiser, 3, seed=12)
    again, other = trained(count=0, dac=6, adc=ADC(bits=8, range=10.0, noise=0.04), x=inputs())
    state = torch.load(tmp_path / "state.pt", weights_only=True)
    again.load_state_dict(state["model"])
    other.load_state_dict(state["optimiser"])
    steps(again, other, 3, seed=12)
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), again.parameters(), strict=True))


def test_weights_without_factors_loaded_into_a_model_that_learns_them_begin_anew():
    layer, x = uneven(), inputs()
    plain = mt.convert(layer, mt.Hardware(scales="column"), quiet=True)
    model = learning(nn.Linear(23, 9).double())
    model.load_state_dict(plain.state_dict())
    torch.testing.assert_close(model.scales.detach(), layer.weight.detach().abs().amax(1))
    torch.testing.assert_close(model(x), layer(x))


def test_factors_that_are_not_learned_any_more_stay_as_they_are():
    model, _ = trained()
    before = model[0].scales.detach().clone()
    mt.prepare(model, mt.Training())
    assert not model[0].scales.requires_grad and torch.equal(model[0].scales, before)


def test_convolutions_and_groups_have_factors():
    layer = uneven(lambda: nn.Conv2d(4, 6, 3, groups=2))
    x = torch.randn(2, 4, 7, 8, dtype=torch.float64)
    model = learning(layer, bias="row", mapping=Mapping("offset"))
    with torch.no_grad():
        model.scales.mul_(0.5)
        layer.weight.mul_(0.5)
    torch.testing.assert_close(model(x), layer(x))
    torch.testing.assert_close(mt.program(model)(x), layer(x))


@pytest.mark.parametrize("learn", [False, True])
def test_noise_in_training_is_relative_to_the_scale_of_each_output(learn):
    torch.manual_seed(0)
    layer = nn.Linear(3000, 3, bias=False).double()
    with torch.no_grad():
        layer.weight.mul_(torch.tensor([1.0, 0.1, 0.01], dtype=torch.float64)[:, None])
    model = learning(layer, mt.Training(weight_noise=0.1, learn_scales=learn)).train()
    wrong = model(torch.eye(3000, dtype=torch.float64)).detach().T - layer.weight.detach()
    torch.testing.assert_close(wrong.std(1), 0.1 * layer.weight.detach().abs().amax(1), rtol=0.05, atol=0)


@pytest.mark.parametrize("learn", [False, True])
def test_noise_of_the_readout_is_in_units_of_the_scale_of_each_output_and_drawn_for_each_tile(learn):
    layer = uneven(lambda: nn.Linear(23, 9, bias=False))
    x, noise = torch.zeros(4000, 23, dtype=torch.float64), 0.02
    x[0] = 2.0  # the input range
    adc = ADC(bits=16, range=30.0, noise=noise)
    model = learning(layer, mt.Training(learn_scales=learn), x=x, dac=8, adc=adc, tile=(8, 1000)).train()
    sigma = model(x)[1:].detach().std(0)
    torch.testing.assert_close(sigma, noise * np.sqrt(3) * 2 * layer.weight.detach().abs().amax(1), rtol=0.05, atol=0)


def test_one_scale_for_a_layer_has_no_factors_to_learn():
    model = mt.convert(nn.Sequential(uneven()), mt.Hardware(), quiet=True)
    with pytest.raises(InputError, match=r"^0: learn_scales needs hardware .* allowed: Hardware\(scales='column'\)$"):
        mt.prepare(model, LEARNED)
