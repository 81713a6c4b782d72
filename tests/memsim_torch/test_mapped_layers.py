"""Mappings of weights, scales of columns and bias rows, before and after programming, against graphs of plain torch."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.slow

import torch.nn.functional as F  # noqa: E402
from layer_reference import OFFSET, Chip, Codes, converted, digits  # noqa: E402
from torch import nn  # noqa: E402

import memsim as ms  # noqa: E402
import memsim.torch as mt  # noqa: E402
from memsim.arrays import ADC, DAC, Mapping  # noqa: E402
from memsim.arrays.compensation import DriftReference  # noqa: E402
from memsim.errors import InputError  # noqa: E402

KINDS = ["pair", "reference", "offset", "single"]
LAYERS = {
    "linear": (lambda: nn.Linear(23, 9), (5, 23)),
    "tokens": (lambda: nn.Linear(11, 7), (3, 4, 11)),
    "signals": (lambda: nn.Conv1d(4, 6, 3, stride=2, padding=1), (2, 4, 17)),
    "odd strides": (lambda: nn.Conv2d(3, 5, (3, 2), stride=(3, 2), padding=(2, 1)), (2, 3, 11, 9)),
    "groups": (lambda: nn.Conv2d(4, 6, 3, groups=2, dilation=(1, 2)), (2, 4, 9, 11)),
}


def device():
    """Exact cells whose conductance at a weight of 0 is not 0."""
    return ms.load_device("ideal").replace({"conductance.min": "20 uS"})


def made(name, kind, seed=1):
    """A layer of torch, its weights of at least 0 for single cells, and inputs."""
    torch.manual_seed(seed)
    factory, shape = LAYERS[name]
    layer = factory().double()
    if kind == "single":
        with torch.no_grad():
            layer.weight.abs_()
            layer.bias.abs_()
    return layer, torch.randn(shape, dtype=torch.float64)


def both(layer, hardware, x=None, training=None):
    """The layer on hardware before it is programmed, and after."""
    models = []
    for programmed in (False, True):
        model = mt.convert(layer, hardware, quiet=True)
        if training is not None:
            mt.prepare(model, training)
        if x is not None:
            mt.calibrate(model, x)
        models.append(mt.program(model) if programmed else model)
    return models


def gradients(layer, x, upstream, parts=None):
    x = x.clone().requires_grad_()
    y = layer(x)
    parts = [layer.weight, layer.bias] if parts is None else parts
    return y.detach(), torch.autograd.grad(y, [x, *parts], upstream)


def compare(own, expected, tolerance=1e-9):
    for mine, theirs in zip(own, expected, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("bias", "scales"), [("digital", "layer"), ("row", "layer"), ("row", "column")])
def test_ideal_cells_of_every_mapping_give_the_outputs_and_gradients_of_torch(name, kind, bias, scales):
    layer, x = made(name, kind)
    with torch.no_grad():
        layer.bias.mul_(5)  # biases exceed the weights
    upstream = torch.randn(layer(x).shape, dtype=torch.float64)
    expected, slopes = gradients(layer, x, upstream)
    hardware = mt.Hardware(device(), mapping=kind, bias=bias, scales=scales, bounds=(0.1, 0.8), tile=(8, 1000))
    for analog in both(layer, hardware):
        outputs, own = gradients(analog, x, upstream)
        compare([outputs, *own], [expected, *slopes])
        assert torch.equal(mt.to_torch(analog)(x), layer(x))
    torch.testing.assert_close(analog.effective_weight(), layer.weight.detach())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scales", ["layer", "column"])
@pytest.mark.parametrize("bias", ["digital", "row"])
def test_converters_act_on_the_currents_of_every_mapping_before_and_after_programming(kind, scales, bias):
    """Inputs and outputs exceed the ranges, tiles are converted apart, and the bias row lies in the last one."""
    torch.manual_seed(3)
    layer, x = nn.Linear(23, 9).double(), torch.randn(40, 23, dtype=torch.float64)
    with torch.no_grad():
        layer.weight.mul_(torch.linspace(0.2, 1, 9, dtype=torch.float64)[:, None])
        layer.bias.mul_(2)
        if kind == "single":
            layer.weight.abs_()
            layer.bias.abs_()
    hardware = mt.Hardware(
        device(),
        mapping=kind,
        scales=scales,
        bias=bias,
        bounds=(0.1, 0.9),
        tile=(8, 1000),
        dac=6,
        adc=ADC(bits=7, percentile=90.0),
    )
    planned, programmed = both(layer, hardware, x)
    input_range = planned.input_range.item()
    chip = Chip(layer, kind, scales, bias, (0.1, 0.9), 8, input_range)
    assert input_range == pytest.approx(max(float(x.abs().max()), chip.drive))
    _, currents = chip.currents(layer, x, 6)
    expected_range = np.percentile(torch.stack(currents).detach().abs().numpy(), 90)
    for analog in (planned, programmed):
        assert analog.output_range.item() == pytest.approx(expected_range)
    upstream = torch.randn(40, 9, dtype=torch.float64)
    own_x = x.clone().requires_grad_()
    expected = chip.outputs(layer, own_x, 6, 7, planned.output_range.item())
    slopes = torch.autograd.grad(expected, (own_x, layer.weight, layer.bias), upstream)
    assert any((current.abs() > expected_range).any() for current in currents)
    for analog in (planned, programmed):
        outputs, own = gradients(analog, x, upstream)
        compare([outputs, *own], [expected.detach(), *slopes])


def test_unsigned_inputs_on_single_columns_have_unsigned_codes():
    torch.manual_seed(3)
    layer, x = nn.Linear(23, 9).double(), torch.rand(40, 23, dtype=torch.float64)
    hardware = mt.Hardware(device(), mapping="offset", dac=DAC(bits=8, polarity="unsigned"), adc=6)
    chip = Chip(layer, "offset", "layer", "digital", (0.0, 1.0), 23, float(x.max()), signed=False)
    for analog in both(layer, hardware, x):
        volts = Codes.apply(x / x.max(), 0.0, 1.0, 1 / 255)
        current = volts @ chip.states(layer.weight / chip.scale[:, None]).T
        total = converted(current, analog.output_range.item(), 6, False) - volts.sum(1, keepdim=True) * (0.5 + OFFSET)
        expected = 2 * total * chip.scale * float(x.max()) + layer.bias
        torch.testing.assert_close(analog(x), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("polarity", ["phases", "offset"])
@pytest.mark.parametrize("kind", ["pair", "offset"])
def test_inputs_in_phases_or_with_a_shift_give_the_same_before_and_after_programming(polarity, kind):
    torch.manual_seed(4)
    layer, x = nn.Linear(23, 9).double(), torch.randn(40, 23, dtype=torch.float64)
    hardware = mt.Hardware(
        device(), mapping=kind, bias="row", tile=(8, 1000), dac=DAC(bits=8, polarity=polarity), adc=ADC(bits=9)
    )
    planned, programmed = both(layer, hardware, x)
    torch.testing.assert_close(planned(x), programmed(x), rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(planned(x), layer(x), rtol=0, atol=0.1)


@pytest.mark.parametrize("scales", ["layer", "column"])
@pytest.mark.parametrize("adc", [None, 7])
def test_slices_of_pairs_are_converted_apart_and_added_by_their_digits(scales, adc):
    torch.manual_seed(5)
    layer, x = nn.Linear(23, 9, bias=False).double(), torch.randn(40, 23, dtype=torch.float64)
    converter = None if adc is None else ADC(bits=adc, percentile=90.0)
    hardware = mt.Hardware(mapping=Mapping(slices=2, slice_bits=3), scales=scales, adc=converter, dac=DAC(bits=None))
    weight = layer.weight.detach()
    scale = weight.abs().amax(1, keepdim=True) if scales == "column" else weight.abs().max()
    held = digits(weight, scale, 3, 2)
    largest = float(x.abs().max())
    upstream = torch.randn(40, 9, dtype=torch.float64)
    for analog in both(layer, hardware, x):
        own_x, leaf = x.clone().requires_grad_(), torch.zeros_like(weight, requires_grad=True)
        shares = (7 / 63, 56 / 63)  # 63 = 7 + 8 7
        expected = 0.0
        for share, digit in zip(shares, held, strict=True):
            current = (own_x / largest) @ (digit + leaf / scale).T
            if adc is not None:
                current = converted(current, analog.output_range.item(), adc)
            expected = expected + share * current
        expected = expected * scale.reshape(-1) * largest
        slopes = torch.autograd.grad(expected, (own_x, leaf), upstream)
        outputs, own = gradients(analog, x, upstream, [analog.weight])
        compare([outputs, *own], [expected.detach(), *slopes])
    step = (scale / 63).expand_as(weight)
    assert ((analog.effective_weight() - weight).abs() <= step / 2 + 1e-12).all()


def test_a_percentile_cuts_off_the_same_weights_before_and_after_programming():
    layer, x = made("linear", "pair")
    limit = float(np.percentile(layer.weight.detach().abs().numpy(), 80))
    expected = F.linear(x, layer.weight.clamp(-limit, limit), layer.bias)
    for analog in both(layer, mt.Hardware(mapping=Mapping(percentile=80.0))):
        torch.testing.assert_close(analog(x), expected)


@pytest.mark.parametrize("scales", ["layer", "column"])
def test_the_error_of_cells_is_relative_to_the_scale_of_their_column(scales):
    """A cell has an error of 1 % of the window, half of which the scale spans on either side of a reference column."""
    torch.manual_seed(0)
    layer = nn.Linear(2000, 4, bias=False).double()
    with torch.no_grad():
        layer.weight.normal_().mul_(torch.tensor([1.0, 0.1, 0.01, 0.001], dtype=torch.float64)[:, None])
    hardware = mt.Hardware(mapping="reference", error=0.01, scales=scales)
    analog = mt.program(mt.convert(layer, hardware, quiet=True))
    wrong = (analog.effective_weight() - layer.weight.detach()).std(1)
    largest = layer.weight.detach().abs().amax(1)
    expected = 2 * 0.01 * (largest if scales == "column" else largest.max().expand(4))
    torch.testing.assert_close(wrong, expected, rtol=0.05, atol=0)


def test_an_output_without_weights_gives_its_bias_alone():
    layer, x = made("linear", "pair")
    with torch.no_grad():
        layer.weight[2] = 0.0
    for bias in ("digital", "row"):
        for analog in both(layer, mt.Hardware(scales="column", bias=bias, error=0.0)):
            torch.testing.assert_close(analog(x), layer(x))


@pytest.mark.parametrize("kind", ["pair", "reference", "offset"])
@pytest.mark.parametrize("compensation", ["global", "column"])
def test_compensation_undoes_a_drift_that_all_cells_share(kind, compensation):
    """All conductances fall to 0.7 of what they were; the share of the middle state falls with them."""
    torch.manual_seed(6)
    layer, x = nn.Linear(40, 6).double(), torch.randn(30, 40, dtype=torch.float64)
    drift = {"model": "drift", "reference_time": "1 s", "exponent": 0.1, "status": "assumed"}
    cells = device().replace({"retention": drift})
    analog = mt.program(mt.convert(layer, mt.Hardware(cells, mapping=kind), quiet=True))
    reference = DriftReference.of(analog.cells, compensation)
    analog.age(1e4)
    assert (analog(x) - layer(x)).abs().max() > 0.05
    analog.correct(*reference.correction(analog.cells, 0, "layer"))
    torch.testing.assert_close(analog(x), layer(x), rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(analog.effective_weight(), layer.weight.detach(), rtol=1e-3, atol=1e-3)


def test_a_learned_input_range_limits_the_voltage_of_a_bias_row():
    """The range r = 0.8 is below the drive of 1, so the row gives 0.8 b, and it has its share of the gradient by r."""
    torch.manual_seed(2)
    layer, x = nn.Linear(6, 3).double(), torch.randn(9, 6, dtype=torch.float64)
    with torch.no_grad():
        layer.bias.mul_(0.1)
    training = mt.Training(learn_input_range=True)
    model = mt.prepare(mt.convert(layer, mt.Hardware(bias="row", dac=5), quiet=True), training).train()
    with torch.no_grad():
        model.input_range.fill_(0.8)
    weight, bias = layer.weight.detach(), layer.bias.detach()
    expected = F.linear(torch.round(x.clamp(-0.8, 0.8) * 15 / 0.8) * 0.8 / 15, weight, 0.8 * bias)
    y = model(x)
    torch.testing.assert_close(y.detach(), expected)
    upstream = torch.randn(9, 3, dtype=torch.float64)
    y.backward(upstream)
    g = upstream @ weight
    by_range = g[x > 0.8].clamp(max=0).sum() - g[x < -0.8].clamp(min=0).sum()
    by_range = 0.8 * (by_range + (upstream.sum(0) @ bias).clamp(max=0))
    assert float(model.input_range.grad) == pytest.approx(float(by_range))
    torch.testing.assert_close(model.bias.grad, 0.8 * upstream.sum(0))


def test_an_input_range_that_is_learned_holds_the_voltage_of_a_bias_row_at_first():
    layer = nn.Linear(6, 3).double()
    with torch.no_grad():
        layer.bias.fill_(7 * float(layer.weight.abs().max()))
    training = mt.Training(learn_input_range=True)
    model = mt.prepare(mt.convert(layer, mt.Hardware(bias="row", dac=5), quiet=True), training).train()
    model(torch.rand(9, 6, dtype=torch.float64))
    assert model.input_range.item() == pytest.approx(7)


def test_training_keeps_the_weights_of_single_cells_at_least_0():
    layer, x = made("linear", "single")
    hardware = mt.Hardware(mapping="single", bias="row")
    model = mt.prepare(mt.convert(layer, hardware, quiet=True), mt.Training()).train()
    with torch.no_grad():
        model.weight.sub_(0.1)
        model.bias.sub_(0.1)
    assert (model.weight < 0).any() and (model.bias < 0).any()
    expected = F.linear(x, model.weight.clamp(min=0), model.bias.clamp(min=0))
    torch.testing.assert_close(model(x), expected)
    torch.testing.assert_close(mt.program(model)(x), expected)


@pytest.mark.parametrize("kind", KINDS)
def test_numbers_of_32_bits_have_every_mapping_within_their_precision(kind):
    layer, x = made("groups", kind)
    layer, x = layer.float(), x.float()
    hardware = mt.Hardware(device(), mapping=Mapping(kind, slices=3, slice_bits=8), scales="column", bias="row")
    for analog in both(layer, hardware):
        assert analog(x).dtype == torch.float32
        torch.testing.assert_close(analog(x), layer(x), rtol=1e-5, atol=1e-5)


def test_a_recurrent_layer_has_every_mapping():
    torch.manual_seed(0)
    layer, x = nn.LSTM(5, 7).double(), torch.randn(4, 3, 5, dtype=torch.float64)
    for kind in ("reference", "offset"):
        for analog in both(layer, mt.Hardware(device(), mapping=kind, scales="column", bias="row")):
            torch.testing.assert_close(analog(x)[0], layer(x)[0], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("bias", [False, True])
def test_a_single_cell_refuses_a_negative_weight_in_one_line(bias):
    layer = nn.Sequential(nn.Linear(3, 2, bias=bias))
    with torch.no_grad():
        layer[0].weight.abs_()
        if bias:
            layer[0].bias.fill_(-0.5)
        else:
            layer[0].weight[0, 1] = -0.5
    with pytest.raises(InputError, match=r"^0: weights: -0.5 is negative, and a single cell holds none; allowed: .*$"):
        mt.convert(layer, mt.Hardware(mapping="single", bias="row"), quiet=True)


def test_a_percentile_that_leaves_no_scale_is_refused_in_one_line():
    layer = nn.Linear(10, 2)
    with torch.no_grad():
        layer.weight.zero_()
        layer.weight[0, 0] = 1.0
    model = mt.convert(nn.Sequential(layer), mt.Hardware(mapping=Mapping(percentile=80.0)), quiet=True)
    with pytest.raises(
        InputError, match=r"^0: weights: their percentile 80 is 0, an empty range; give another mapping"
    ):
        mt.program(model)
