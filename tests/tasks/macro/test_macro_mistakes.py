"""Mistakes in experiments of macros end in one line with what was given, what is allowed, and where."""

from __future__ import annotations

import pytest

import memsim as ms
from memsim.errors import InputError

TEXT = """\
name: wrong-01
task: macro
macros:
  - name: A
    read: {voltage: 0.2 V, duration: 10 ns, conductance: 10 uS}
    energy: {components: generic, node: 22 nm}
"""
TABLE = """\
name: mine
title: Lacks much
status: assumed
uncertainty: 2
components:
  dac: {ENTRY}
  adc: {energy: 1 pJ, bits: BITS, time: 1 ns}
"""
READ = "    read: {voltage: 0.2 V, duration: 10 ns, conductance: 10 uS}\n"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            READ,
            f"{READ}    output: {{share: 257}}\n",
            "output.share: 257 exceeds the 256 outputs of the array; allowed: 1 to",
        ),
        (
            READ,
            f"{READ}    weights: {{pair: columns}}\n    output: {{share: 129}}\n",
            "output.share: 129 exceeds the 128",
        ),
        (
            READ,
            f"{READ}    size: {{columns: 4}}\n    weights: {{slices: 5}}\n",
            "weights.slices: 5 exceeds the 4 outputs",
        ),
        (
            READ,
            f"{READ}    size: {{rows: 3}}\n    weights: {{pair: rows}}\n",
            "size.rows: 3 rows make no pairs; allowed: an even",
        ),
        (READ, f"{READ}    size: {{rows: -3}}\n", "size.rows: -3 is out of range; allowed: 1 to 65536"),
        ("0.2 V", "-0.2 V", "read.voltage: '-0.2 V' is out of range; allowed: at least 0 V"),
        ("10 ns", "-10 ns", "read.duration: '-10 ns' is out of range"),
        ("10 uS", "-10 uS", "read.conductance: '-10 uS' is out of range"),
        (READ, f"{READ}    input: {{activity: -1 %}}\n", "input.activity: '-1 %' is out of range"),
        (READ, f"{READ}    input: {{bits: 0}}\n", "input.bits: 0 is out of range; allowed: 1 to 16"),
        (
            READ,
            f"{READ}    input: {{accumulate: digital}}\n",
            "inputs by voltage have one pulse; it needs 'coding: serial'",
        ),
        (
            READ,
            f"{READ}    input: {{coding: serial, accumulate: digital, one_phase: true}}\n",
            "input.one_phase: each bit has a conversion of its own; it needs 'accumulate: analog'",
        ),
        (
            READ,
            f"{READ}    input: {{coding: serial}}\n    output: {{bits: 4}}\n",
            "output.bits: 4 bits are none beyond the 4 of the phase before; allowed: at least 5, or 'one_phase: true'",
        ),
        (READ, "", "component 'cell' of table 'generic' has no energy; it has: area, width"),
        (READ, "", "; or give the macro 'read: {voltage: 0.2 V, duration: 10 ns, conductance: 10 uS}'"),
        ("generic", "genric", "energy.components: unknown component table 'genric'; did you mean 'generic'?"),
        ("generic", "isaac-32nm", "22 nm is asked for; it is a table for another node, 32 nm"),
        ("22 nm", "180 nm", "180 nm is beyond its nodes; allowed: 7 nm to 130 nm"),
        (", node: 22 nm", "", "a node is needed; it has 7 nm, 14 nm"),
        ("generic, node: 22 nm", "hermes-14nm", "the table 'hermes-14nm' counts cells in 'control'; leave it out"),
        ("node: 22 nm", "node: 22 nm, without: [adc]", "without.0 is 'adc'; allowed: cells"),
        ("read:", "array: {device: ideal}\n    read:", "unknown key 'array' in macros.A; allowed: energy, input"),
        ("name: A", "name: '{device}'", "'{device}' names a device, but a macro has none"),
        ("task: macro", "task: macro\ntimes: [0 s, 1 h]", "the task 'macro' counts events of reads; no time passes"),
        ("generic, node: 22 nm", "../mine.yaml", "'../mine.yaml' lies outside the folder of the experiment"),
    ],
)
def test_a_setting_that_is_not_allowed_ends_in_one_line(cli, tmp_path, old, new, says):
    assert old in TEXT
    (tmp_path / "wrong.yaml").write_text(TEXT.replace(old, new))
    line = cli("run", "wrong.yaml", "--no-figure").refusal()
    assert says in line and line.startswith("Error: wrong.yaml:")


@pytest.mark.parametrize(
    ("entry", "bits", "says"),
    [
        ("area: 1 um^2", 8, "component 'dac' of table 'mine' has no energy; it has: area"),
        ("energy: 1 pJ, bits: 4", 8, "component 'dac' of table 'mine': its values hold for up to 4 bits, not for 8"),
        ("energy: 1 pJ", 6, "component 'adc' of table 'mine': its values hold for up to 6 bits, not for 8"),
    ],
)
def test_a_component_without_what_is_needed_is_named(tmp_path, entry, bits, says):
    (tmp_path / "mine.yaml").write_text(TABLE.replace("ENTRY", entry).replace("BITS", str(bits)))
    (tmp_path / "wrong.yaml").write_text(TEXT.replace("generic, node: 22 nm", "mine.yaml"))
    with pytest.raises(InputError) as caught:
        ms.run(tmp_path / "wrong.yaml")
    assert says in str(caught.value) and "\n" not in str(caught.value)
    assert "macros.A.energy.components" in str(caught.value)


def test_devices_and_cards_are_not_for_macros(cli):
    assert "unknown key 'array'" in cli("run", "macro-01", "--device", "ideal").refusal()
    assert "the task 'macro' computes on the CPU" in cli("run", "macro-01", "--backend", "cuda").refusal()
