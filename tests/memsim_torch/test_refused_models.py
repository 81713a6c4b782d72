"""What layers on hardware refuse in one line, what they accept, and what copies of them are."""

from __future__ import annotations

import copy
import pickle

import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.slow

from torch import nn  # noqa: E402

import memsim.torch as mt  # noqa: E402
from memsim.errors import InputError  # noqa: E402
from memsim.exchange.layer_names import matches  # noqa: E402
from memsim.torch.modules import chosen  # noqa: E402

IDEAL = mt.Hardware()
NOISY = {"device": "taox-hfox-wu2018", "seed": 3}


def chip(hardware=None):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(32, 3))
    return mt.program(mt.convert(net, mt.Hardware(**(hardware or NOISY)), quiet=True))


def linear(**options):
    return mt.convert(nn.Linear(4, 3, **options), IDEAL, quiet=True)


X = torch.ones(5, 1, 6, 6)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: chip().half()(X.half()),
            "0: weights of torch.float16; allowed: float32 or float64, such as model.float",
        ),
        (lambda: chip()(X.bfloat16()), "0: inputs of torch.bfloat16, but weights of torch.float32"),
        (lambda: mt.program(chip().bfloat16()), "0: weights of torch.bfloat16; allowed: float32 or float64"),
        (lambda: linear(dtype=torch.float16), "Linear: weights of torch.float16; allowed: float32 or float64"),
        (lambda: chip().to("meta")(X.to("meta")), "0: weights on the device 'meta' have no numbers"),
        (lambda: mt.program(chip().to("meta")), "0.weight: has no numbers on the device 'meta'"),
        (lambda: linear(device="meta"), "weight: has no numbers on the device 'meta'"),
        (lambda: chip()(X.to("meta")), "0: inputs on meta, but weights on cpu"),
        (lambda: linear()(torch.ones(2, 5)), r"Linear: inputs of shape \(2, 5\); allowed: \(..., 4\)"),
        (lambda: linear()(torch.tensor(1.0)), r"Linear: inputs of shape \(\); allowed: \(..., 4\)"),
        (lambda: chip()(torch.ones(5, 3, 6, 6)), r"0: inputs of shape \(5, 3, 6, 6\); allowed: 1 channels"),
        (lambda: mt.convert(nn.LazyLinear(3), IDEAL), "LazyLinear has no weights yet; call the model"),
        (lambda: mt.calibrate(linear(), []), "Linear: got no inputs, so that its input range is unknown"),
        (lambda: mt.calibrate(linear(), 3), "x: int is not allowed; allowed: a tensor of inputs, or batches"),
        (lambda: mt.calibrate(linear(), ["a"]), r"x: gives str; allowed: tensors, or pairs \(inputs, labels\)"),
        (lambda: mt.calibrate(linear(), torch.full((2, 4), torch.nan)), "Linear: inputs contain NaN or infinity"),
        (lambda: mt.prepare(chip(), mt.Training(), layers={"4": mt.Training()}), "layers: no layer has the name '4'"),
        (lambda: mt.convert(nn.Linear(2, 2), IDEAL, exclude="0"), "exclude: '0' is one text; allowed: a collection"),
    ],
)
def test_a_mistake_is_one_line(call, message):
    with pytest.raises(InputError, match=message) as error:
        call()
    assert "\n" not in str(error.value)


@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning", "ignore::DeprecationWarning")
def test_graphs_that_would_freeze_the_noise_are_refused():
    with pytest.raises(InputError, match=r"0: graphs of torch.jit cannot hold reads of cells; call the model itself"):
        torch.jit.script(chip())
    for call in (lambda: torch.jit.trace(chip(), X), lambda: torch.export.export(chip(), (X,))):
        with pytest.raises(InputError, match=r"0: graphs of torch.jit, torch.export and torch.onnx cannot hold reads"):
            call()


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_a_compiled_model_reads_its_cells_as_the_model_itself():
    plain, compiled = chip(), torch.compile(chip(), backend="eager")
    for _ in range(2):
        assert torch.equal(compiled(X), plain(X))


def test_batches_without_samples_have_outputs_without_samples():
    model = chip()
    x = torch.ones(0, 1, 6, 6, requires_grad=True)
    y = model(x)
    y.sum().backward()
    assert y.shape == (0, 3) and x.grad.shape == x.shape
    assert mt.program(linear())(torch.ones(0, 4)).shape == (0, 3)


def test_copies_of_a_programmed_model_read_as_it_does():
    model = chip()
    model(X)
    copies = copy.deepcopy(model), pickle.loads(pickle.dumps(model))
    expected = model(X)
    assert all(torch.equal(own(X), expected) for own in copies)


def test_copies_of_changed_weights_are_refused_until_they_are_programmed():
    model = chip()
    model(X)
    with torch.no_grad():
        model[3].weight.mul_(2)
    for own in (model, copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        with pytest.raises(InputError, match="3: the weights have changed since they were programmed"):
            own(X)
        mt.program(own)(X)


def test_ranges_stay_exact_when_a_model_changes_its_type():
    torch.manual_seed(0)
    model = mt.calibrate(linear(), torch.randn(9, 4))
    largest = model.input_range.clone()
    assert torch.equal(model.double().float().input_range, largest)


def test_a_name_fits_a_layer_and_the_modules_that_contain_it():
    assert matches("block.0.fc", "block") and matches("block.0.fc", "block.?") and matches("block.0.fc", "*.fc")
    assert not matches("block.0.fc", "blo") and not matches("block.0.fc", "0.fc")
    assert chosen("block.0.fc", {"head": 1, "block": 2, "*": 3}, 4) == 2


def test_convert_and_prepare_choose_layers_by_the_same_names():
    net = nn.Sequential(nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3)), nn.LSTM(3, 3))
    other, training = mt.Hardware(seed=9), mt.Training(weight_noise=0.1)
    model = mt.convert(net, IDEAL, layers={"0": other}, quiet=True)
    assert [layer.hardware for layer in model[0]] == [other, other]
    mt.prepare(model, mt.Training(), layers={"0": training, "1": training})
    assert {layer.hardened for layer in model.modules() if isinstance(layer, mt.AnalogLayer)} == {training}
