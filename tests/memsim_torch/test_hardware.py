"""Descriptions of hardware in Python and YAML."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")
pytestmark = pytest.mark.slow

import memsim.torch as mt  # noqa: E402
from memsim.arrays import ADC, DAC, Wires  # noqa: E402
from memsim.errors import InputError  # noqa: E402

TEXT = """\
device: pcm-joshi2020
tile: [512, 256]
dac: {bits: 6}
adc: {bits: 7, range: rms}
wires: {word_resistance: 1 ohm, bit_resistance: 2 ohm}
cycles: 3
ideal: [read]
bias: row
seed: 7
"""


def test_a_file_says_what_python_says(tmp_path):
    file = tmp_path / "chip.yaml"
    file.write_text(TEXT)
    assert mt.Hardware.from_yaml(file) == mt.Hardware(
        device="pcm-joshi2020",
        tile=(512, 256),
        dac=DAC(bits=6),
        adc=ADC(bits=7, range="rms"),
        wires=Wires(word_resistance=1.0, bit_resistance=2.0),
        cycles=3,
        ideal=("read",),
        bias="row",
        seed=7,
    )


def test_a_number_of_bits_is_a_converter():
    assert mt.Hardware(dac=6, adc=8) == mt.Hardware(dac=DAC(bits=6), adc=ADC(bits=8))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (TEXT.replace("cycles", "cycle"), r"chip.yaml:6: unknown key 'cycle'; did you mean 'cycles'"),
        (TEXT.replace("[read]", "[reed]"), r"chip.yaml:7: .*'reed'"),
        (TEXT.replace("pcm-joshi2020", "pcm-joshi"), r"chip.yaml:1: device: "),
        (TEXT.replace("bits: 6", "bits: 60"), r"chip.yaml:3: dac.bits"),
    ],
)
def test_mistakes_in_a_file_are_located(tmp_path, text, message):
    (tmp_path / "chip.yaml").write_text(text)
    with pytest.raises(InputError, match=message) as error:
        mt.Hardware.from_yaml(tmp_path / "chip.yaml")
    print(error.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"ideal": ("reed",)}, "ideal: unknown part 'reed'; did you mean 'read'"),
        ({"bias": "cells"}, "bias: 'cells' is not allowed; allowed: digital or row"),
        ({"seed": -1}, "seed: -1 is not a whole number"),
        ({"device": "pcm-josh"}, "pcm-josh"),
        ({"dac": 99}, "dac.bits: 99"),
    ],
)
def test_mistakes_in_python_are_one_line(options, message):
    with pytest.raises(InputError, match=message):
        mt.Hardware(**options)
