"""Conversion of models of torch: what becomes of each layer, and what is said about it."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.slow

import torch.nn.functional as F  # noqa: E402
from torch import nn  # noqa: E402

import memsim.torch as mt  # noqa: E402
from memsim.errors import InputError  # noqa: E402

IDEAL = mt.Hardware()


class Small(nn.Module):
    """A network with a shared layer, a functional product and a layer that hardware does not have."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(1, 4, 3)
        self.norm = nn.BatchNorm2d(4)
        self.shared = nn.Linear(16, 16)
        self.twin = self.shared
        self.up = nn.ConvTranspose2d(4, 4, 2)
        self.last = nn.Linear(16, 3)

    def forward(self, x):
        y = F.relu(self.norm(self.first(x))).mean((2, 3))
        y = torch.cat([y] * 4, 1)
        y = self.twin(self.shared(y))
        return self.last(y @ torch.ones(16, 16))


def model():
    torch.manual_seed(0)
    made = Small()
    made(torch.randn(8, 1, 6, 6))  # statistics of the normalisation
    return made.eval()


def test_the_table_says_what_became_of_each_layer(capsys):
    mt.convert(model(), IDEAL, exclude=["first"])
    text = capsys.readouterr().out
    assert text.splitlines() == [
        "layer   type             result",
        "first   Conv2d           digital (excluded)",
        "norm    BatchNorm2d      digital",
        "shared  Linear           on ideal",
        "up      ConvTranspose2d  digital (not supported on hardware)",
        "last    Linear           on ideal",
        "Digital products outside of layers: @",
        "twin: shares the cells of a layer above",
    ]


def test_a_converted_model_is_a_copy_with_the_outputs_of_the_model():
    whole, x = model(), torch.randn(2, 1, 6, 6)
    analog = mt.convert(whole, IDEAL, quiet=True)
    assert type(whole.last) is nn.Linear and isinstance(analog.last, mt.AnalogLinear)
    assert analog.twin is analog.shared
    torch.testing.assert_close(analog(x), whole(x))
    torch.testing.assert_close(mt.program(analog)(x), whole(x), rtol=1e-5, atol=1e-6)
    assert torch.equal(mt.to_torch(analog)(x), whole(x))


def test_batch_normalisation_is_folded_into_the_layer_before_it():
    whole, x = model(), torch.randn(2, 1, 6, 6)
    analog = mt.convert(whole, IDEAL, fuse_batch_norm=True, quiet=True)
    assert isinstance(analog.norm, nn.Identity)
    torch.testing.assert_close(analog(x), whole(x), rtol=1e-5, atol=1e-6)


def test_layers_can_have_hardware_of_their_own():
    other = mt.Hardware(adc=4)
    analog = mt.convert(model(), IDEAL, layers={"la*": other}, quiet=True)
    assert analog.last.hardware == other and analog.shared.hardware == IDEAL
    assert [analog.first.place, analog.shared.place, analog.last.place] == [0, 1, 2]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: mt.convert(model(), IDEAL, exclude=["frist"]),
            "exclude: no layer has the name .frist.; did you mean 'first'",
        ),
        (
            lambda: mt.convert(nn.ReLU(), IDEAL),
            "ReLU has no layer that can be converted; allowed: Linear, Conv1d, Conv2d",
        ),
        (lambda: mt.convert(with_nan(), IDEAL), "last.weight: contains NaN or infinity"),
        (lambda: mt.convert("model", IDEAL), "model: str is not a torch.nn.Module"),
        (lambda: mt.program(model()), "model: Small has no analog layers; memsim.torch.convert makes them"),
        (
            lambda: mt.program(mt.convert(model(), IDEAL, quiet=True), repeats=0),
            "repeats: 0 is not a whole number from 1",
        ),
    ],
)
def test_mistakes_are_one_line(make, message):
    with pytest.raises(InputError, match=message) as error:
        make()
    assert "\n" not in str(error.value)


def with_nan():
    broken = model()
    with torch.no_grad():
        broken.last.weight[0, 0] = float("nan")
    return broken
