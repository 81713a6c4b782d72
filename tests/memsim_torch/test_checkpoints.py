"""Checkpoints: training goes on bit for bit, and what does not fit is refused before anything changes."""

from __future__ import annotations

import os
import pickle

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.slow

from torch import nn  # noqa: E402

import memsim as ms  # noqa: E402
import memsim.torch as mt  # noqa: E402
from memsim.errors import InputError, MemsimError, OutputError  # noqa: E402

HARDWARE = {"device": "pcm-joshi2020", "dac": 8, "adc": 8, "seed": 3}


def prepared(**hardware):
    """A network with dropout that is trained for its hardware, its optimiser and its scheduler."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(20, 30), nn.BatchNorm1d(30), nn.ReLU(), nn.Dropout(0.3), nn.Linear(30, 4))
    model = mt.convert(net, mt.Hardware(**(HARDWARE | hardware)), quiet=True)
    mt.prepare(model, mt.Training(weight_noise=0.05, drop_connect=0.05, learn_input_range=True, clip_sigma=2.5))
    mt.calibrate(model, torch.randn(50, 20))
    optimiser = torch.optim.Adam(model.parameters(), np.float64(1e-2))
    return model, optimiser, torch.optim.lr_scheduler.StepLR(optimiser, 2, 0.5)


def train(model, optimiser, scheduler, steps):
    model.train()
    for _ in range(steps):
        optimiser.zero_grad()
        model(torch.randn(8, 20)).square().mean().backward()
        optimiser.step()
        scheduler.step()


def outputs(model, count=3):
    return [model.eval()(torch.ones(2, 20)).detach() for _ in range(count)]


def same(first, second):
    return all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """A checkpoint after three steps."""
    model, optimiser, scheduler = prepared()
    train(model, optimiser, scheduler, 3)
    path = tmp_path_factory.mktemp("checkpoint") / "training.pt"
    return mt.save(path, model, optimiser, scheduler=scheduler, epoch=3, note="first", rate=np.float32(0.5))


def test_a_training_that_was_stopped_goes_on_bit_for_bit(tmp_path):
    model, optimiser, scheduler = prepared()
    train(model, optimiser, scheduler, 3)
    mt.save(tmp_path / "c.pt", model, optimiser, scheduler=scheduler, epoch=3)
    train(model, optimiser, scheduler, 4)
    again, other, later = prepared()
    torch.manual_seed(99)
    counters = mt.load(tmp_path / "c.pt", again, other, scheduler=later, random_state=True)
    assert counters == {"epoch": 3}
    train(again, other, later, 4)
    assert same(model.state_dict().values(), again.state_dict().values())
    assert same(outputs(mt.program(model)), outputs(mt.program(again)))


def test_later_reads_of_a_programmed_model_go_on_bit_for_bit(tmp_path):
    model, _, _ = prepared()
    mt.program(model, repeats=2)
    first = outputs(model)
    assert not same(first, outputs(model)), "reads are noisy"
    mt.save(tmp_path / "c.pt", model)
    again, _, _ = prepared()
    mt.load(tmp_path / "c.pt", again)
    assert same(outputs(model), outputs(again))
    assert "programmed 2 times" in repr(again)


def test_a_checkpoint_holds_plain_data_with_its_hardware(file):
    content = torch.load(file, weights_only=True)
    assert content["values"] == {"epoch": 3, "note": "first", "rate": 0.5}
    text = content["model"]["0._extra_state"].numpy().tobytes().decode()
    assert '"device": "pcm-joshi2020"' in text and "retention" in text and '"seed": 3' in text


def test_a_plain_state_dict_is_refused_by_other_hardware_before_the_layer_changes():
    model, _, _ = prepared()
    other, _, _ = prepared(adc=6)
    with torch.no_grad():
        other[0].weight.zero_()
    with pytest.raises(
        InputError, match=r"0: the state is of other hardware: adc.bits is 8, here 6; to use its weights"
    ):
        other.load_state_dict(model.state_dict())
    assert not other[0].weight.any()
    prepared()[0].load_state_dict(model.state_dict())


def changed_device():
    return prepared(device=ms.load_device("pcm-joshi2020").replace({"retention.exponent.offset": 0.05}))[0]


def wider(outputs=4, inner=30):
    layers = nn.Linear(20, inner), nn.BatchNorm1d(inner), nn.ReLU(), nn.Dropout(0.3), nn.Linear(inner, outputs)
    return mt.convert(nn.Sequential(*layers), mt.Hardware(**HARDWARE), quiet=True)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: (prepared(seed=4)[0],), "0: the state is of other hardware: seed is 3, here 4"),
        (lambda: (prepared(dac=None)[0],), "dac is bits 8, range 1.0, polarity bipolar, coding voltage, here none"),
        (lambda: (prepared(device="ideal")[0],), "device is pcm-joshi2020, here ideal"),
        (lambda: (changed_device(),), "device.retention.exponent.offset is 0.0244, here 0.05"),
        (lambda: (wider(outputs=5),), r"of another model; '4.weight' is \(4, 30\), here \(5, 30\)"),
        (
            lambda: (mt.convert(nn.Linear(20, 30), mt.Hardware(**HARDWARE), quiet=True),),
            "of another model; it has '0.weig",
        ),
        (lambda: (nn.Linear(20, 30),), "of another model; it has '0.weight', which this one lacks"),
        (lambda: _with(torch.optim.SGD), "optimiser: SGD, but .* has the state of Adam"),
        (lambda: _with(torch.optim.Adam, 1), r"optimiser: groups of \[3\] parameters, but .* has groups of \[8\]"),
    ],
    ids=["seed", "dac", "device", "profile", "shape", "layers", "torch", "optimiser", "groups"],
)
def test_a_checkpoint_that_does_not_fit_changes_nothing(file, make, message):
    model, *optimiser = make()
    before = {name: values.clone() for name, values in model.state_dict().items()}
    with pytest.raises(InputError, match=message) as error:
        mt.load(file, model, *optimiser)
    assert "\n" not in str(error.value)
    assert same(*([v.double().nan_to_num(-1) for v in state.values()] for state in (before, model.state_dict())))


def _with(kind, first=None):
    model, _, _ = prepared()
    return model, kind((model if first is None else model[0]).parameters(), 0.1)


class Harmful:
    """Makes a folder when it is unpickled."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return os.mkdir, (self.path,)


def test_pickles_are_refused_and_nothing_is_executed(tmp_path):
    model, _, _ = prepared()
    trap = tmp_path / "executed"
    torch.save(model, tmp_path / "model.pt")
    torch.save({"model": Harmful(trap)}, tmp_path / "harmful.pt")
    torch.save({"model": Harmful(trap)}, tmp_path / "older.pt", _use_new_zipfile_serialization=False)
    (tmp_path / "pickle.pt").write_bytes(pickle.dumps(Harmful(trap)))
    for name in ("model", "harmful", "older", "pickle"):
        with pytest.raises(OutputError, match="holds objects of Python, which may run any code, and was not opened"):
            mt.load(tmp_path / f"{name}.pt", model)
    assert not trap.exists()


def test_a_damaged_file_is_one_line_wherever_a_bit_is_wrong(file, tmp_path):
    content, random, model = file.read_bytes(), np.random.default_rng(0), prepared()[0]
    whole = torch.load(file, weights_only=True)["model"]
    for _ in range(60):
        wrong = bytearray(content)
        wrong[random.integers(len(content))] ^= 1 << int(random.integers(8))
        (tmp_path / "wrong.pt").write_bytes(wrong)
        message = refusal(tmp_path / "wrong.pt", model)
        assert "\n" not in message
        if not message:  # a bit that no number depends on
            assert same(*([v.double() for v in state.values()] for state in (model.state_dict(), whole)))


def refusal(file, model):
    """Why a file is refused; empty if it is not."""
    try:
        mt.load(file, model)
    except MemsimError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (lambda path: None, "no such file"),
        (lambda path: path.mkdir(), "not a file"),
        (lambda path: path.write_bytes(b""), "damaged, or not a file of PyTorch"),
        (lambda path: path.write_text("weights"), "damaged, or not a file of PyTorch"),
        (
            lambda path: torch.save(prepared()[0].state_dict(), path),
            "holds a state dict, not a checkpoint of memsim.torch",
        ),
        (lambda path: torch.save([1.0], path), "holds something else, not a checkpoint of memsim.torch.save"),
        (lambda path: torch.save({"memsim_checkpoint": 9}, path), "written with layout 9, this version reads up to 1"),
    ],
    ids=["missing", "folder", "empty", "text", "state dict", "list", "later"],
)
def test_a_file_that_is_no_checkpoint_is_one_line(tmp_path, content, message):
    content(tmp_path / "c.pt")
    with pytest.raises(OutputError, match=message) as error:
        mt.load(tmp_path / "c.pt", prepared()[0])
    assert "\n" not in str(error.value)


def test_half_a_file_is_one_line(file, tmp_path):
    (tmp_path / "c.pt").write_bytes(file.read_bytes()[:10_000])
    with pytest.raises(OutputError, match="damaged, or not a file of PyTorch"):
        mt.load(tmp_path / "c.pt", prepared()[0])


def test_a_part_that_was_not_stored_is_named(file):
    model, optimiser, scheduler = prepared()
    with pytest.raises(InputError, match="has no schedular; did you mean 'scheduler'"):
        mt.load(file, model, optimiser, schedular=scheduler)


def test_what_cannot_be_stored_leaves_no_file(tmp_path):
    model, _, _ = prepared()
    with pytest.raises(InputError, match="loss: function cannot be stored; allowed: tensors, numbers, texts"):
        mt.save(tmp_path / "c.pt", model, loss=lambda: 0)
    mt.program(model)
    with torch.no_grad():
        model[0].weight.mul_(2)
    with pytest.raises(InputError, match="0: the weights have changed since they were programmed"):
        mt.save(tmp_path / "c.pt", model)
    assert not list(tmp_path.iterdir())


def test_a_file_is_replaced_only_on_request(tmp_path):
    model, _, _ = prepared()
    mt.save(tmp_path / "c.pt", model, epoch=1)
    with pytest.raises(OutputError, match="exists already; use force=True to replace it"):
        mt.save(tmp_path / "c.pt", model, epoch=2)
    mt.save(tmp_path / "c.pt", model, force=True, epoch=2)
    assert mt.load(tmp_path / "c.pt", model) == {"epoch": 2} and len(list(tmp_path.iterdir())) == 1
