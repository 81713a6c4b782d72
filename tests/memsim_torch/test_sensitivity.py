"""Ranks of weights by the second derivatives of the loss, and networks of which some weights are verified."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.slow

import memsim.torch as mt  # noqa: E402
from memsim.arrays.programming.algorithms import Selective  # noqa: E402
from memsim.errors import InputError  # noqa: E402
from memsim.torch.mapped_layer import TOP_RANK  # noqa: E402

DEVICE = "epiram-choi2018"


def network():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(12, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3))


def samples(count=40):
    torch.manual_seed(1)
    x = torch.randn(count, 12) * torch.linspace(0.1, 2.0, 12)
    return x, torch.randint(0, 3, (count,))


def fisher(model, x, labels):
    """Mean squared derivatives of the cross-entropy of single samples, by the weights of both layers, from formulas."""
    with torch.no_grad():
        first, _, second = model
        hidden = first(x)
        y = torch.softmax(second(torch.relu(hidden)), 1)
        error = y - torch.nn.functional.one_hot(labels, 3)
        before = (error @ second.weight) * (hidden > 0)
        return [
            torch.einsum("so,si->oi", error_of.double() ** 2, given.double() ** 2) / len(x)
            for error_of, given in ((before, x), (error, torch.relu(hidden)))
        ]


@pytest.mark.parametrize("scales", ["layer", "column"])
def test_ranks_are_those_of_the_fisher_matrix_in_units_of_cells(scales):
    model, (x, labels) = network(), samples()
    chip = mt.convert(model, mt.Hardware(DEVICE, programming="selective", scales=scales), quiet=True)
    mt.measure_sensitivity(chip, [(x[:25], labels[:25]), (x[25:], labels[25:])])
    expected = []
    for layer, second in zip((model[0], model[2]), fisher(model, x, labels), strict=True):
        sizes = layer.weight.detach().abs()
        expected.append((second * (sizes.max() if scales == "layer" else sizes.amax(1)[:, None]) ** 2).ravel())
    order = torch.cat(expected).argsort().argsort()
    ranks = torch.cat([chip[place].ranks.ravel() for place in (0, 2)])
    assert int(ranks.max()) == TOP_RANK
    assert np.corrcoef(order, ranks)[0, 1] > 0.9999


@pytest.mark.parametrize("bias", ["digital", "row"])
def test_only_the_weights_of_the_largest_ranks_are_verified(bias):
    chip = mt.convert(network(), mt.Hardware(DEVICE, programming=Selective(share=0.25), bias=bias), quiet=True)
    x, labels = samples()
    mt.program(mt.measure_sensitivity(chip, zip(x[:, None], labels[:, None], strict=True)))
    verified = [chip[place].cells.crossbar.programming.verify_reads.values > 0 for place in (0, 2)]
    for place, chosen in zip((0, 2), verified, strict=True):
        layer = chip[place]
        expected = (layer.ranks > 0.75 * TOP_RANK).numpy().T
        if bias == "row":
            expected = np.concatenate([expected, (layer.bias_ranks > 0.75 * TOP_RANK).numpy()[None]])
        assert (chosen == np.concatenate([expected, expected], axis=1)).all()  # both cells of a pair
    assert np.concatenate([part.ravel() for part in verified]).mean() == pytest.approx(0.25, abs=0.01)
    assert verified[0].mean() != verified[1].mean()


def test_ranks_are_part_of_the_state(tmp_path):
    hardware = mt.Hardware(DEVICE, programming="selective")
    chip, other = (mt.convert(network(), hardware, quiet=True) for _ in range(2))
    mt.measure_sensitivity(chip, [samples()])
    other.load_state_dict(chip.state_dict())
    assert torch.equal(other[0].ranks, chip[0].ranks) and bool(other[0].ranks.any())
    plain = mt.convert(network(), mt.Hardware(DEVICE), quiet=True)
    assert not any("ranks" in name for name in plain.state_dict())


def test_mistakes_end_in_one_line():
    chip = mt.convert(network(), mt.Hardware(DEVICE, programming="selective"), quiet=True)
    with pytest.raises(InputError, match=r"call memsim\.torch\.measure_sensitivity") as problem:
        mt.program(chip)
    assert "\n" not in str(problem.value)
    with pytest.raises(InputError, match="loader: gives no samples"):
        mt.measure_sensitivity(chip, [])
    plain = mt.convert(network(), mt.Hardware(DEVICE, programming="radar"), quiet=True)
    with pytest.raises(InputError, match="its hardware does not select weights"):
        mt.measure_sensitivity(plain, [samples()])
    with pytest.raises(InputError, match=r"^model: int is not a torch\.nn\.Module$"):
        mt.measure_sensitivity(5, [samples()])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("loss", "message"),
    [
        ("x", "loss: 'x' is not allowed; a function of outputs and labels"),
        (None, "loss: None is not allowed; a function of outputs and labels"),
        (5, "loss: 5 is not allowed; a function of outputs and labels"),
        (
            lambda outputs: outputs.sum(),
            r"loss: fails for outputs \(1, 3\) and a label of [0-2] ",
        ),
        (lambda outputs, labels: outputs, r"loss: gives a tensor that has the shape \(1, 3\); allowed: one number"),
        (lambda outputs, labels: 5.0, "loss: gives float; allowed: a tensor with one number"),
        (lambda outputs, labels: "x", "loss: gives str; allowed: a tensor with one number"),
        (
            lambda outputs, labels: torch.tensor(1.0),
            "loss: gives a tensor that does not depend on the weights",
        ),
    ],
)
def test_losses_that_give_no_derivatives_are_refused(loss, message):
    chip = mt.convert(network(), mt.Hardware(DEVICE, programming="selective"), quiet=True)
    with pytest.raises(InputError, match=message) as problem:
        mt.measure_sensitivity(chip, [samples(4)], loss)
    assert "\n" not in str(problem.value)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("label", "message"),
    [(50, "and a label of 50 "), (-1, "and a label of -1 "), (float("nan"), "loader: labels contain NaN or infinity")],
)
def test_labels_that_the_loss_refuses_are_named(label, message):
    chip = mt.convert(network(), mt.Hardware(DEVICE, programming="selective"), quiet=True)
    x, labels = samples(4)
    labels = labels.float() if label != label else labels
    labels[-1] = label
    with pytest.raises(InputError, match=message):
        mt.measure_sensitivity(chip, [(x, labels)])


@pytest.mark.parametrize(
    ("name", "settings"),
    [("model", ""), ("pulses", ""), ("hadamard", ""), ("gradient-descent", ", tolerance: 0.05")],
)
def test_hardware_takes_every_algorithm_by_name(name, settings, tmp_path):
    device = "pcm-joshi2020" if name == "model" else DEVICE
    path = tmp_path / "hardware.yaml"
    path.write_text(f"device: {device}\nprogramming: {{algorithm: {name}{settings}}}\n")
    hardware = mt.Hardware.from_yaml(path)
    assert hardware.settings()["programming"]["algorithm"] == name
    assert settings or hardware == mt.Hardware(device, programming=name)
    layer = torch.nn.Linear(12, 8, bias=False)
    chip = mt.program(mt.convert(layer, hardware, quiet=True))
    error = (chip.effective_weight() - layer.weight).detach()
    assert float(error.std() / layer.weight.detach().std()) < 0.3
