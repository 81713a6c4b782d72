"""Long short-term memory on hardware against that of torch."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.slow

from torch import nn  # noqa: E402

import memsim.torch as mt  # noqa: E402
from memsim.errors import InputError  # noqa: E402
from memsim.torch.passes import Pass  # noqa: E402

KINDS = {
    "plain": {},
    "two layers": {"num_layers": 2},
    "both directions": {"bidirectional": True, "num_layers": 2},
    "samples first": {"batch_first": True, "bias": False},
}


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("programmed", [False, True])
def test_ideal_cells_give_the_outputs_states_and_gradients_of_torch(name, programmed):
    torch.manual_seed(0)
    layer = nn.LSTM(5, 7, **KINDS[name]).double()
    analog = mt.convert(layer, mt.Hardware(), quiet=True)
    if programmed:
        mt.program(analog)
    x = torch.randn(4, 3, 5, dtype=torch.float64)
    count = layer.num_layers * (2 if layer.bidirectional else 1)
    samples = 4 if layer.batch_first else 3
    start = tuple(torch.randn(count, samples, 7, dtype=torch.float64) for _ in range(2))
    for state in (None, start):
        mine, theirs = x.clone().requires_grad_(), x.clone().requires_grad_()
        y, (h, c) = analog(mine, state)
        expected, (h2, c2) = layer(theirs, state)
        for a, b in ((y, expected), (h, h2), (c, c2)):
            torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-9)
        slopes = [torch.autograd.grad(out.square().sum(), own)[0] for out, own in ((y, mine), (expected, theirs))]
        torch.testing.assert_close(*slopes, rtol=1e-7, atol=1e-9)


def test_one_sequence_without_an_axis_of_samples():
    torch.manual_seed(0)
    layer, x = nn.LSTM(5, 7), torch.randn(6, 5)
    y, (h, c) = mt.convert(layer, mt.Hardware(), quiet=True)(x)
    expected, (h2, c2) = layer(x)
    for a, b in ((y, expected), (h, h2), (c, c2)):
        torch.testing.assert_close(a, b)


def test_it_becomes_a_layer_of_torch_again():
    model = nn.Sequential(nn.LSTM(5, 7, num_layers=2, bidirectional=True, dropout=0.1), nn.Identity())
    back = mt.to_torch(mt.convert(model, mt.Hardware(), quiet=True))
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), back.parameters(), strict=True))
    assert back[0].dropout == 0.1 and isinstance(back[0], nn.LSTM)


def test_the_noise_of_a_step_has_an_address_of_its_own_which_batches_do_not_change():
    torch.manual_seed(0)
    analog = mt.program(
        mt.convert(nn.LSTM(5, 2, batch_first=True), mt.Hardware("taox-hfox-wu2018", seed=3), quiet=True)
    )
    x = torch.randn(1, 1, 5).expand(4, 300, 5)
    layers = [*analog.inputs, *analog.hidden]

    def outputs(size):
        parts = []
        for first in range(0, 4, size):
            running = Pass(size, first)
            for layer in layers:
                layer.running = running
            parts.append(analog(x[first : first + size])[0].detach())
        return torch.cat(parts)

    whole = outputs(4)
    assert torch.equal(whole, outputs(1))
    assert len(set(whole[:, 150:, 0].flatten().tolist())) > 500  # samples and steps differ in their noise alone


def test_what_is_not_supported_is_one_line():
    with pytest.raises(InputError, match="LSTM: proj_size 3 is not supported; allowed: 0"):
        mt.convert(nn.LSTM(5, 7, proj_size=3), mt.Hardware(), quiet=True)
    analog = mt.convert(nn.LSTM(5, 7), mt.Hardware(), quiet=True)
    packed = nn.utils.rnn.pack_sequence([torch.randn(4, 5), torch.randn(3, 5)])
    with pytest.raises(InputError, match=r"LSTM\.ih_l0: PackedSequence is not supported; allowed: Tensor"):
        analog(packed)
