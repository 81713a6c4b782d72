"""Presets of hardware and training."""

from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.slow

from torch import nn  # noqa: E402

import memsim.torch as mt  # noqa: E402
from memsim.arrays import ADC, DAC  # noqa: E402
from memsim.errors import InputError  # noqa: E402
from memsim.torch.presets import PRESETS  # noqa: E402


def test_the_standard_setting_of_hardware_aware_training_has_its_published_values():
    """arXiv:2302.08469: 8 bits, output bound 10, output noise 0.04, 512 inputs of a tile, learned column scales."""
    hardware, training = mt.preset("standard-hwa", seed=3)
    assert (hardware.dac, hardware.adc) == (DAC(bits=8), ADC(bits=8, range=10.0, noise=0.04))
    assert hardware.tile[0] == 512 and hardware.scales == "column" and hardware.bias == "digital"
    assert hardware.cells.name == "pcm-joshi2020" and hardware.seed == 3
    assert training == mt.Training(clip_value=1.0, learn_scales=True, learn_input_range=True, range_decay=0.001)


@pytest.mark.parametrize(("name", "bound", "noise"), [("aihwkit-presets", 20.0, 0.1), ("aihwkit-default", 12.0, 0.06)])
def test_presets_of_aihwkit_have_its_converters(name, bound, noise):
    hardware, _ = mt.preset(name, device="taox-hfox-wu2018")
    assert (hardware.dac, hardware.adc) == (DAC(bits=7), ADC(bits=9, range=bound, noise=noise))
    assert hardware.cells.name == "taox-hfox-wu2018"


@pytest.mark.parametrize("name", PRESETS)
def test_a_network_is_trained_programmed_and_read_with_every_preset(name):
    torch.manual_seed(0)
    hardware, training = mt.preset(name)
    model = nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU(), nn.Flatten(), nn.Linear(108, 4))
    chip = mt.prepare(mt.convert(model, hardware, quiet=True), training).train()
    x, labels = torch.rand(64, 1, 8, 8), torch.arange(64) % 4
    if not training.learn_input_range:
        mt.calibrate(chip, x)
    before = [part.detach().clone() for part in chip.parameters()]
    optimiser = torch.optim.SGD(chip.parameters(), 0.01)
    nn.functional.cross_entropy(chip(x), labels).backward()
    optimiser.step()
    assert all(not torch.equal(a, b) for a, b in zip(before, chip.parameters(), strict=True))
    result = mt.evaluate(mt.program(chip.eval()), [(x, labels)], progress=False)
    assert float(result.output_snr.min()) > 0


def test_the_guide_lists_every_preset():
    text = (Path(__file__).parents[2] / "docs" / "your-network.md").read_text()
    assert all(f"`{name}`" in text for name in PRESETS)


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("standard-hw", {}, "preset: unknown preset 'standard-hw'; did you mean 'standard-hwa'"),
        ("standard-hwa", {"sed": 3}, "sed: preset 'standard-hwa' has device, seed; did you mean 'seed'"),
    ],
)
def test_mistakes_are_one_line(name, settings, message):
    with pytest.raises(InputError, match=message):
        mt.preset(name, **settings)
