"""Descriptions of hardware in Python and YAML."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")
pytestmark = pytest.mark.slow

import torch  # noqa: E402

import memsim.torch as mt  # noqa: E402
from memsim.arrays import ADC, DAC, Mapping, Wires  # noqa: E402
from memsim.arrays.programming.algorithms import Radar  # noqa: E402
from memsim.errors import InputError  # noqa: E402

TEXT = """\
device: pcm-joshi2020
tile: [512, 256]
dac: {bits: 6}
adc: {bits: 7, range: rms}
wires: {word_resistance: 1 ohm, bit_resistance: 2 ohm}
mapping: {kind: offset, percentile: 99.5, slices: 2, slice_bits: 4}
scales: column
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
        mapping=Mapping("offset", percentile=99.5, slices=2, slice_bits=4),
        scales="column",
        cycles=3,
        ideal=("read",),
        bias="row",
        seed=7,
    )


def test_the_name_of_a_kind_is_a_mapping(tmp_path):
    (tmp_path / "chip.yaml").write_text("mapping: reference\n")
    expected = mt.Hardware(mapping=Mapping("reference"))
    assert mt.Hardware.from_yaml(tmp_path / "chip.yaml") == mt.Hardware(mapping="reference") == expected
    assert expected.settings()["mapping"] == {
        "kind": "reference",
        "scale": None,
        "percentile": 100.0,
        "slices": 1,
        "slice_bits": None,
    }


def test_a_number_of_bits_is_a_converter():
    assert mt.Hardware(dac=6, adc=8) == mt.Hardware(dac=DAC(bits=6), adc=ADC(bits=8))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (TEXT.replace("cycles", "cycle"), r"chip.yaml:8: unknown key 'cycle'; did you mean 'cycles'"),
        (TEXT.replace("[read]", "[reed]"), r"chip.yaml:9: .*'reed'"),
        (TEXT.replace("pcm-joshi2020", "pcm-joshi"), r"chip.yaml:1: device: "),
        (TEXT.replace("bits: 6", "bits: 60"), r"chip.yaml:3: dac.bits"),
        (
            TEXT.replace("offset", "offsett"),
            r"chip.yaml:6: mapping.kind is 'offsett'; allowed: .* did you mean 'offset'",
        ),
        (
            TEXT.replace("slices: 2, slice_bits: 4", "slices: 2"),
            r"chip.yaml:6: mapping.slice_bits: needed with several",
        ),
        (
            TEXT.replace("column", "columns"),
            r"chip.yaml:7: scales is 'columns'; allowed: layer, column; did you mean 'column'",
        ),
        (TEXT.replace("percentile: 99.5", "scale: 0.5"), r"chip.yaml:6: mapping.scale: one for all weights; allowed"),
        (TEXT.replace("mapping: {", "mapping: [").replace("4}", "4]"), r"chip.yaml:6: "),
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
        ({"mapping": "pairs"}, "mapping.kind: unknown choice 'pairs'; did you mean 'pair'"),
        ({"mapping": 3}, "mapping: 3 is not allowed; a memsim.Mapping, or the name of its kind"),
        ({"scales": "colum"}, "scales: unknown choice 'colum'; did you mean 'column'"),
        ({"scales": "column", "mapping": Mapping(scale=1.0)}, "mapping.scale: one for all weights"),
        ({"seed": -1}, "seed: -1 is not a whole number"),
        ({"device": "pcm-josh"}, "pcm-josh"),
        ({"dac": 99}, "dac.bits: 99"),
    ],
)
def test_mistakes_in_python_are_one_line(options, message):
    with pytest.raises(InputError, match=message):
        mt.Hardware(**options)


def test_write_and_verify_programs_a_network(tmp_path):
    path = tmp_path / "hardware.yaml"
    path.write_text("device: epiram-choi2018\nprogramming: {algorithm: radar, window: 0.01, max_pulses: 500}\n")
    hardware = mt.Hardware.from_yaml(path)
    assert hardware == mt.Hardware("epiram-choi2018", programming=Radar(window=0.01, max_pulses=500))
    assert hardware.settings()["programming"]["algorithm"] == "radar"
    layer = mt.program(mt.convert(torch.nn.Linear(20, 12), hardware, quiet=True))
    accepted = layer.cells.crossbar.programming.accepted
    assert accepted.mean() > 0.95
    with pytest.raises(InputError, match="cycles: algorithm 'radar' has no rounds of this kind"):
        mt.Hardware("epiram-choi2018", programming="radar", cycles=2)
    with pytest.raises(InputError, match="algorithm: unknown algorithm 'rada'; did you mean 'radar'"):
        mt.Hardware("epiram-choi2018", programming="rada")
