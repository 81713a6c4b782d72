"""Cells are read wherever torch would take weights directly, and changed weights are noticed whoever wrote them."""

from __future__ import annotations

import copy
import pickle
import warnings

import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.slow

from torch import nn  # noqa: E402

import memsim as ms  # noqa: E402
import memsim.torch as mt  # noqa: E402
from memsim.errors import InputError  # noqa: E402
from memsim.torch.fingerprint import fingerprint  # noqa: E402

IDEAL = mt.Hardware()


def seeded(make):
    torch.manual_seed(0)
    return make()


def programmed(model, hardware=IDEAL):
    return mt.program(mt.convert(model, hardware, quiet=True))


@pytest.mark.parametrize("transfer", [lambda m: m, copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_encoder_layers_read_their_cells_in_evaluation_without_gradients(transfer):
    model = seeded(lambda: nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)).eval()
    chip = transfer(programmed(model))
    with torch.no_grad():
        outputs = chip(torch.randn(2, 5, 8))
    assert outputs.shape == (2, 5, 8)
    assert (int(chip.linear1.reads), int(chip.linear2.reads)) == (1, 1)
    back = mt.to_torch(chip)
    assert back.activation_relu_or_gelu == model.activation_relu_or_gelu


def test_encoders_pass_whole_sequences_to_their_layers_when_one_of_them_is_on_cells():
    part = seeded(lambda: nn.TransformerEncoderLayer(8, 2, 16, batch_first=True))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch says that nested tensors are a prototype
        model = nn.TransformerEncoder(part, 2).eval()
    chip = mt.program(mt.convert(model, IDEAL, exclude=["layers.0"], quiet=True))
    padded = torch.zeros(2, 5, dtype=torch.bool)
    padded[1, 3:] = True
    with torch.no_grad():
        chip(torch.randn(2, 5, 8), src_key_padding_mask=padded)
    assert int(chip.layers[1].linear1.reads) == 1
    assert mt.to_torch(chip).use_nested_tensor


def test_fingerprints_notice_each_single_number_exchanged_rows_and_nothing_else():
    for numbers in (torch.randn(1, 3), torch.randn(40, 51), torch.randn(1024, 32, dtype=torch.float64)):
        before = fingerprint(numbers)
        assert before == fingerprint(numbers.clone())
        for place in torch.randint(numbers.numel(), (50,)).tolist():
            changed = numbers.clone()
            changed.view(-1)[place].mul_(1 + 1e-6)
            assert fingerprint(changed) != before
        if len(numbers) > 1:
            assert fingerprint(numbers.roll(1, 0)) != before
    assert fingerprint(torch.zeros(3, 2, device="meta")) == 0


def test_a_fused_optimiser_trains_as_another_one_does():
    x, losses = torch.randn(4, 6), []
    for fused in (False, True):
        net = mt.convert(
            seeded(lambda: nn.Linear(6, 5)), mt.Hardware(mapping=ms.Mapping("pair", percentile=99)), quiet=True
        )
        optimiser = torch.optim.Adam(net.parameters(), 0.1, fused=fused)
        for _ in range(20):
            optimiser.zero_grad()
            loss = (net(x) - 1).square().mean()
            loss.backward()
            optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[0] == pytest.approx(losses[1], rel=1e-3)


def fused_step(layer):
    layer(torch.ones(1, 6)).sum().backward()
    torch.optim.SGD(layer.parameters(), 1.0, fused=True).step()


def from_vector(layer):
    values = nn.utils.parameters_to_vector(layer.parameters()).detach()
    nn.utils.vector_to_parameters(2 * values, layer.parameters())


@pytest.mark.parametrize(
    "write",
    [
        fused_step,
        from_vector,
        lambda layer: layer.weight.data.mul_(2),
        lambda layer: layer.weight.detach().numpy().__setitem__((0, 0), 3.0),
    ],
)
def test_weights_that_torch_does_not_count_as_changed_are_refused_after_programming(write):
    chip = programmed(seeded(lambda: nn.Linear(6, 5)))
    write(chip)
    with pytest.raises(InputError, match="changed since they were programmed"):
        chip(torch.ones(1, 6))
    with pytest.raises(InputError, match="changed since they were programmed"):
        copy.deepcopy(chip)(torch.ones(1, 6))


def test_a_programmed_layer_may_change_its_type():
    chip = programmed(seeded(lambda: nn.Linear(6, 5)))
    single = chip(torch.ones(1, 6))
    double = chip.double()(torch.ones(1, 6, dtype=torch.float64))
    torch.testing.assert_close(double.float(), single)


def test_second_derivatives_of_cells_are_refused_and_first_ones_have_their_graph():
    chip, x = programmed(seeded(lambda: nn.Linear(6, 5))), torch.randn(2, 6, requires_grad=True)
    (plain,) = torch.autograd.grad(chip(x).sum(), x)
    (slope,) = torch.autograd.grad(chip(x).sum(), x, create_graph=True)
    torch.testing.assert_close(slope, plain)
    with pytest.raises(InputError, match="second derivatives of programmed cells are not supported"):
        slope.square().sum().backward()


def test_frozen_parameters_and_hooks_stay_with_a_layer_there_and_back():
    model = nn.Sequential(nn.Linear(6, 5), nn.LSTM(5, 4))
    model[0].weight.requires_grad_(False)
    model[1].bias_hh_l0.requires_grad_(False)
    model[0].register_forward_hook(lambda module, inputs, outputs: 2 * outputs)
    model[0].register_forward_pre_hook(lambda module, args, named: (args, named), with_kwargs=True)
    model[0].bias.register_hook(lambda gradient: 3 * gradient)
    x = torch.randn(2, 6)
    chip = mt.convert(model, IDEAL, quiet=True)
    for net in (chip, mt.to_torch(chip)):
        torch.testing.assert_close(net[0](x), model[0](x))
        net[0](x).sum().backward()
        assert net[0].bias.grad.tolist() == [12.0] * 5
        assert net[0].weight.grad is None
    assert not chip[1].hidden[0].bias.requires_grad
    assert not mt.to_torch(chip)[1].bias_hh_l0.requires_grad


def test_frozen_parts_stay_in_evaluation_mode():
    model = nn.Sequential(nn.Linear(6, 5), nn.BatchNorm1d(5), nn.Linear(5, 3))
    chip = mt.convert(model, IDEAL, quiet=True).train()
    chip[1].eval()
    mt.program(mt.calibrate(chip, torch.randn(8, 6)))
    mt.evaluate(chip, [(torch.randn(8, 6), torch.zeros(8).long())])
    assert [module.training for module in chip.modules()] == [True, True, False, True]


@pytest.mark.parametrize("weights", [torch.ones(1, 1), torch.full((3, 4), 0.1)])
def test_equal_weights_are_not_clipped_to_their_deviation(weights):
    layer = mt.AnalogLinear(weights.clone(), None, IDEAL)
    mt.prepare(layer, mt.Training(clip_sigma=2.0)).train()(torch.ones(2, weights.shape[1]))
    assert torch.equal(layer.weight, weights)


@pytest.mark.parametrize(("x", "start"), [(torch.full((2, 3), 0.1), 0.1), (torch.zeros(2, 3), 1.0)])
def test_learned_ranges_begin_at_the_largest_size_of_inputs_that_are_all_the_same(x, start):
    layer = mt.convert(nn.Linear(3, 2), mt.Hardware(dac=8), quiet=True)
    outputs = mt.prepare(layer, mt.Training(learn_input_range=True)).train()(x)
    assert torch.isfinite(outputs).all()
    assert layer.input_range.item() == pytest.approx(start)


def test_normalisations_of_layers_with_several_uses_are_not_fused():
    layer, tied, other = nn.Linear(6, 6), nn.Linear(6, 6), nn.Linear(6, 6)
    other.weight = tied.weight
    norms = [nn.BatchNorm1d(6) for _ in range(3)]
    model = nn.Sequential(layer, norms[0], nn.ReLU(), layer, tied, norms[1], other, nn.Linear(6, 6), norms[2])
    for _ in range(5):
        model(3 * torch.randn(20, 6) + 1)
    model.eval()
    chip, x = mt.convert(model, IDEAL, fuse_batch_norm=True, quiet=True), torch.randn(4, 6)
    torch.testing.assert_close(chip(x), model(x))
    assert [type(chip[place]) for place in (1, 5, 8)] == [nn.BatchNorm1d, nn.BatchNorm1d, nn.Identity]
    results = {name: result for name, _, result in chip.conversion.rows}
    assert results["1"] == "digital (not fused: 0 is used more than once)"
    assert results["5"] == "digital (not fused: a parameter of 4 is used elsewhere, too)"


def test_the_table_names_parameters_that_are_no_longer_shared():
    model = nn.ModuleDict({"words": nn.Embedding(7, 4), "scores": nn.Linear(4, 7, bias=False), "more": nn.Linear(4, 7)})
    model["scores"].weight = model["more"].weight = model["words"].weight
    lines = str(mt.convert(model, IDEAL, quiet=True).conversion).splitlines()
    assert lines[-2:] == [
        "scores.weight: no longer shares its numbers with words.weight",
        "more.weight: no longer shares its numbers with words.weight",
    ]


def test_layers_on_hardware_have_the_attributes_of_those_of_torch():
    linear, image = nn.Linear(4, 2), nn.Conv2d(2, 4, (3, 2), (2, 1), (1, 0), groups=2)
    same, series = nn.Conv1d(1, 2, 4, padding="same"), nn.LSTM(3, 5, 2, batch_first=True, bidirectional=True)
    of_image = ("in_channels", "out_channels", "kernel_size", "stride", "padding", "dilation", "groups", "padding_mode")
    of_series = (
        "input_size",
        "hidden_size",
        "num_layers",
        "bias",
        "batch_first",
        "dropout",
        "bidirectional",
        "proj_size",
    )
    for layer, names in (
        (linear, ("in_features", "out_features")),
        (image, of_image),
        (same, of_image),
        (series, of_series),
    ):
        analog = mt.convert(layer, IDEAL, quiet=True)
        assert {name: getattr(analog, name) for name in names} == {name: getattr(layer, name) for name in names}
    analog, x = mt.convert(series, IDEAL, quiet=True), torch.randn(2, 6, 3)
    analog.flatten_parameters()
    torch.testing.assert_close(analog(input=x, hx=None)[0], series(x)[0])


def test_inputs_may_be_named():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(4, 2)

        def forward(self, x):
            return self.fc(input=x)

    chip, x = mt.convert(Net(), IDEAL, quiet=True), torch.randn(3, 4)
    mt.program(mt.calibrate(chip, x))
    assert chip(x).shape == (3, 2)
    assert mt.evaluate(chip, [(x, torch.zeros(3).long())]).sizes["layer"] == 1
