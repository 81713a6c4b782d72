"""Layers on hardware against those of torch: outputs and gradients, of ideal cells and of a fake-quantised graph."""

from __future__ import annotations

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.slow

import torch.nn.functional as F  # noqa: E402
from torch import nn  # noqa: E402

import memsim.torch as mt  # noqa: E402
from memsim.errors import InputError  # noqa: E402

LAYERS = {
    "linear": (lambda: nn.Linear(70, 33), (5, 70)),
    "one sample without axis": (lambda: nn.Linear(70, 33), (70,)),
    "tokens": (lambda: nn.Linear(20, 7, bias=False), (3, 4, 20)),
    "signals": (lambda: nn.Conv1d(4, 6, 3, stride=2, padding=1), (2, 4, 17)),
    "same": (lambda: nn.Conv1d(4, 6, 4, padding="same", dilation=2), (2, 4, 17)),
    "images": (lambda: nn.Conv2d(3, 5, 3), (2, 3, 8, 9)),
    "odd strides": (lambda: nn.Conv2d(3, 5, (3, 2), stride=(3, 2), padding=(2, 1)), (2, 3, 11, 9)),
    "groups": (lambda: nn.Conv2d(4, 6, 3, groups=2, dilation=(1, 2)), (2, 4, 9, 11)),
    "depthwise": (lambda: nn.Conv2d(4, 8, 3, groups=4, padding=1), (1, 4, 5, 6)),
    "circular": (lambda: nn.Conv2d(2, 3, 3, padding=1, padding_mode="circular"), (2, 2, 5, 5)),
    "unbatched": (lambda: nn.Conv2d(2, 3, 3), (2, 5, 5)),
}
every_layer = pytest.mark.parametrize("name", LAYERS)


def made(name, dtype=torch.float64):
    torch.manual_seed(1)
    factory, shape = LAYERS[name]
    return factory().to(dtype), torch.randn(shape, dtype=dtype)


def on(hardware, layer, x=None):
    """A programmed copy of a layer on some hardware, calibrated by x."""
    model = mt.convert(layer, hardware, quiet=True)
    if x is not None:
        mt.calibrate(model, x)
    return mt.program(model)


def gradients(layer, x, upstream):
    x = x.clone().requires_grad_()
    y = layer(x)
    parts = [x, *layer.parameters()]
    return y.detach(), torch.autograd.grad(y, parts, upstream)


@every_layer
@pytest.mark.parametrize("bias", ["digital", "row"])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-12), (torch.float32, 1e-5)])
def test_ideal_cells_give_the_outputs_and_gradients_of_torch(name, bias, dtype, tolerance):
    layer, x = made(name, dtype)
    upstream = torch.randn(layer(x).shape, dtype=dtype)
    expected, slopes = gradients(layer, x, upstream)
    for analog in (mt.convert(layer, mt.Hardware(bias=bias), quiet=True), on(mt.Hardware(bias=bias), layer)):
        outputs, own = gradients(analog, x, upstream)
        assert outputs.dtype == dtype
        torch.testing.assert_close(outputs, expected, rtol=tolerance, atol=tolerance)
        for mine, theirs in zip(own, slopes, strict=True):
            torch.testing.assert_close(mine, theirs, rtol=tolerance, atol=10 * tolerance)


@every_layer
def test_a_layer_becomes_one_of_torch_again(name):
    layer, x = made(name)
    back = mt.to_torch(mt.convert(layer, mt.Hardware(), quiet=True))
    assert type(back) is type(layer) and torch.equal(back(x), layer(x))


def test_inputs_that_are_not_contiguous_give_the_same():
    layer, x = made("images")
    analog = on(mt.Hardware(), layer)
    turned = x.transpose(2, 3).contiguous().transpose(2, 3)
    assert not turned.is_contiguous() and torch.equal(analog(turned), analog(x))


class Quantised(torch.autograd.Function):
    """Codes of a converter with both signs: clipped at the range and rounded, with a straight-through gradient."""

    @staticmethod
    def forward(ctx, x, largest, bits):
        ctx.save_for_backward(x.abs() <= largest)
        most = 2 ** (bits - 1) - 1
        return torch.clamp(torch.round(x * most / largest), -most, most) * largest / most

    @staticmethod
    def backward(ctx, gradient):
        return gradient * ctx.saved_tensors[0], None, None


def reference(layer, x, largest, bits, out_range, rows=None):
    """Linear layer with converters: inputs up to `largest`, each row tile up to `out_range`."""
    x = Quantised.apply(x, largest, bits)
    height = rows or layer.in_features
    parts = [
        Quantised.apply(F.linear(x[..., k : k + height], layer.weight[:, k : k + height]), out_range, bits)
        for k in range(0, layer.in_features, height)
    ]
    return sum(parts) + layer.bias


@pytest.mark.parametrize("rows", [None, 32])
@pytest.mark.parametrize("programmed", [False, True])
def test_converters_give_the_outputs_and_gradients_of_a_fake_quantised_graph(rows, programmed):
    """Inputs and outputs beyond the ranges are among them."""
    torch.manual_seed(2)
    layer, x = nn.Linear(70, 33).double(), torch.randn(40, 70, dtype=torch.float64)
    hardware = mt.Hardware(dac=6, adc=mt_adc(6), tile=None if rows is None else (rows, 66))
    analog = mt.convert(layer, hardware, quiet=True)
    mt.calibrate(analog, x, percentile=95.0)
    if programmed:
        mt.program(analog)
    largest = float(np.percentile(x.abs().numpy(), 95))
    scale = float(layer.weight.detach().abs().max())
    out_range = float(analog.output_range) * scale * largest
    upstream = torch.randn(40, 33, dtype=torch.float64)
    outputs, own = gradients(analog, x, upstream)
    own_x = x.clone().requires_grad_()
    expected = reference(layer, own_x, largest, 6, out_range, rows)
    slopes = torch.autograd.grad(expected, (own_x, layer.weight, layer.bias), upstream)
    torch.testing.assert_close(outputs, expected.detach(), rtol=1e-9, atol=1e-9)
    assert (x.abs() > largest).any() and (slopes[0] == 0).any()
    for mine, theirs in zip(own, slopes, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-5, atol=1e-5)


def mt_adc(bits):
    from memsim.arrays import ADC

    return ADC(bits=bits, range="max", percentile=90.0)


def test_a_pass_does_not_depend_on_the_size_of_batches():
    layer, x = made("linear", torch.float32)
    hardware = mt.Hardware(device="taox-hfox-wu2018", seed=3)
    narrow = nn.Linear(70, 8)
    for module, bits in ((narrow, True), (layer, False)):
        analog = on(hardware, module)
        whole, parts = noisy_outputs(analog, x, 5), noisy_outputs(analog, x, 2)
        assert torch.equal(whole, parts) if bits else torch.allclose(whole, parts, rtol=0, atol=1e-4)


def noisy_outputs(analog, x, size):
    from memsim.torch.passes import Pass

    outputs = []
    for first in range(0, len(x), size):
        part = x[first : first + size]
        analog.running = Pass(len(part), first)
        outputs.append(analog(part).detach())
    analog.running = None
    return torch.cat(outputs)


def test_plain_calls_have_noise_of_their_own_which_a_state_dict_continues():
    torch.manual_seed(0)
    layer, x = nn.Linear(20, 5), torch.randn(3, 20)
    hardware = mt.Hardware(device="taox-hfox-wu2018", seed=3)
    analog = on(hardware, layer)
    first, second = analog(x), analog(x)
    assert not torch.equal(first, second)
    again = on(hardware, nn.Linear(20, 5))
    again.load_state_dict(analog.state_dict())
    assert torch.equal(again(x), analog(x))


def test_cells_follow_changed_weights_only_when_they_are_programmed_again():
    layer, x = made("linear")
    analog = on(mt.Hardware(), layer)
    with torch.no_grad():
        analog.weight.mul_(2)
    with pytest.raises(InputError, match=r"Linear: the weights have changed since they were programmed; call memsim"):
        analog(x)
    mt.program(analog)
    analog(x)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (torch.zeros(2, 70), r"Linear: inputs of torch.float32, but weights of torch.float64"),
        (torch.zeros(2, 69, dtype=torch.float64), "shape"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(x, message):
    layer, _ = made("linear")
    with pytest.raises(InputError, match=message):
        on(mt.Hardware(), layer)(x)


def test_a_layer_says_whether_it_is_programmed():
    layer, x = made("linear")
    analog = mt.convert(layer, mt.Hardware(dac=8), quiet=True)
    assert "not programmed" in repr(analog)
    with pytest.raises(InputError, match=r"the input range is not known; call memsim.torch.calibrate\(model, x\)"):
        analog(x)
    mt.program(mt.calibrate(analog, x), repeats=3)
    assert "programmed 3 times" in repr(analog)
    assert math.isclose(float(analog.input_range), float(x.abs().max()))
