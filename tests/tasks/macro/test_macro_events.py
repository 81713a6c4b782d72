"""Energy, time and area of macros with a table of the test's own, by arithmetic on events."""

from __future__ import annotations

import json

import numpy as np
import pytest

import memsim as ms
from memsim.experiments.loading import load_experiment

TABLE = """\
name: own
title: Round numbers
status: assumed
uncertainty: 2
components:
  wire: {capacitance: 0.2 fF/um}
  cell: {access: transistor, width: 1 um, height: 1 um, gate_capacitance: 1 fF}
  gate_driver: {capacitance: 10 fF, voltage: 2 V, area: 50 um^2}
  dac: {energy: 1 pJ, bits: 8, area: 100 um^2, time: 20 ns}
  integrator: {energy: 0.1 pJ, time: 3 ns}
  sample_hold: {energy: 10 fJ, time: 1 ns}
  adc: {energy: 2 pJ, bits: 8, area: 1000 um^2, time: 5 ns}
  shift_add: {energy: 50 fJ, time: 2 ns}
  register: {energy: 4 fJ}
  buffer: {energy: 40 fJ, power: 1 uW}
  link: {energy: 7 fJ}
  control: {energy: 1 pJ}
"""
MACRO = """\
name: own-01
task: macro
macros:
  - name: A
    size: {rows: 16, columns: 8, cores: 3}
    weights: {cell_bits: 2, slices: 2, pair: PAIR}
    input: INPUT
    output: {bits: 6, share: 4}
    read: {voltage: 0.5 V, duration: 10 ns, conductance: 4 uS}
    energy: {components: ./own.yaml}
"""


@pytest.fixture
def run_whole(tmp_path):
    """Run a macro of 16 x 8 cells with some inputs."""

    def macro(inputs: str, *changes: tuple[str, str], pair: str = "none"):
        text = MACRO.replace("INPUT", inputs).replace("PAIR", pair)
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        (tmp_path / "own.yaml").write_text(TABLE)
        (tmp_path / "own-01.yaml").write_text(text)
        return ms.run(tmp_path / "own-01.yaml")

    return macro


@pytest.fixture
def run(run_whole):
    """The same, without the dimension of macros."""
    return lambda *arguments, **options: run_whole(*arguments, **options).isel(macro=0)


def parts(result) -> dict[str, float]:
    values = result.macro_energy_part.dropna("part")
    return dict(zip(values.part.values.tolist(), values.values.tolist(), strict=True))


def test_inputs_by_voltage_have_one_pulse_and_one_conversion(run):
    result = run("{bits: 8, coding: voltage, activity: 25 %}")
    cells, rows, outputs, cores = 16 * 8, 16, 8, 3
    line, gate = 8 * 0.2e-15, (10 + 8 * (1 + 0.2)) * 1e-15 * 2**2
    time = max(10e-9, 20e-9) + 3e-9 + 1e-9 + 4 * 5e-9 + 2e-9
    moved_out = outputs // 2 * 6
    expected = {
        "cells": cores * cells * 0.25 * 0.5**2 * 4e-6 * 10e-9,
        "word lines": cores * rows * 0.25 * 0.5**2 * line,
        "gate lines": cores * rows * gate,
        "DAC": cores * rows * 1e-12,
        "integrator": cores * outputs * 0.1e-12,
        "sample-hold": cores * outputs * 10e-15,
        "ADC": cores * outputs * 2e-12,
        "shift-add": cores * outputs * 50e-15,
        "register": cores * rows * 8 * 4e-15,
        "buffer": cores * ((rows * 8 + moved_out) * 40e-15 + 1e-6 * time),
        "link": cores * moved_out * 7e-15,
        "control": cores * 1e-12,
    }
    assert parts(result) == pytest.approx(expected)
    assert float(result.macro_time) == pytest.approx(time)
    operations = cores * 2 * rows * (outputs // 2)
    assert float(result.macro_operations) == operations
    assert float(result.macro_rate) == pytest.approx(operations / time)
    assert float(result.macro_efficiency) == pytest.approx(operations / sum(expected.values()))
    assert float(result.macro_power) == pytest.approx(sum(expected.values()) / time)
    area = cores * (cells * 1e-12 + rows * 150e-12 + 2 * 1000e-12)
    assert float(result.macro_area) == pytest.approx(area)
    assert float(result.macro_density) == pytest.approx(operations / time / area)


def test_bit_by_bit_every_pulse_has_its_sample_and_its_conversion(run):
    result = run("{bits: 5, coding: serial, accumulate: digital, activity: 40 %}")
    events = dict(zip(result.event.values, result.macro_event_count.values, strict=True))
    assert events["DAC conversions"] == 3 * 16 * 5 == events["gate-line toggles"]
    assert events["ADC conversions"] == 3 * 8 * 5 == events["samples"] == events["integration steps"]
    assert events["word-line toggles"] == pytest.approx(3 * 16 * 5 * 0.4)
    assert parts(result)["cells"] == pytest.approx(3 * 128 * 5 * 0.4 * 0.5**2 * 4e-6 * 10e-9)
    assert float(result.macro_time) == pytest.approx(5 * (20e-9 + 1e-9 + 3e-9 + 4 * 5e-9 + 2e-9))


def test_weighted_charges_need_one_conversion_for_each_phase(run):
    two, one = (run(f"{{bits: 5, coding: serial, one_phase: {word}}}") for word in ("false", "true"))
    events = [dict(zip(each.event.values, each.macro_event_count.values / (3 * 8), strict=True)) for each in (two, one)]
    assert [each["ADC conversions"] for each in events] == [2, 1]
    assert [each["integration steps"] for each in events] == [7 + 3, 31]
    assert [each["resolved bits"] for each in events] == [6 + 3, 6]
    assert [each["samples"] for each in events] == [5, 5]
    # A converter that is not bit by bit takes the whole conversion in each phase.
    assert parts(two)["ADC"] == pytest.approx(2 * parts(one)["ADC"])


def test_conversions_that_overlap_take_no_time_unless_they_are_longer(run):
    inputs = "{bits: 5, coding: serial, accumulate: digital}"
    apart, overlapped = run(inputs), run(inputs, ("share: 4", "share: 4, overlap: true"))
    assert float(apart.macro_time) == pytest.approx(5 * (24e-9 + 22e-9))
    assert float(overlapped.macro_time) == pytest.approx(5 * 24e-9)
    slow = run(inputs, ("share: 4", "share: 8, overlap: true"))
    assert float(slow.macro_time) == pytest.approx(5 * 42e-9)


def test_each_sign_that_is_read_apart_doubles_events_and_time(run):
    once, twice = (run(f"{{bits: 8, signed: true, coding: width, reads: {reads}}}") for reads in (1, 2))
    for name in ("macro_time", "macro_operations"):
        assert float(twice[name]) == pytest.approx((2 if name == "macro_time" else 1) * float(once[name]))
    for part in ("cells", "word lines", "ADC", "DAC", "control"):
        assert parts(twice)[part] == pytest.approx(2 * parts(once)[part]), part
    # Inputs and outputs enter and leave once.
    assert parts(twice)["link"] == pytest.approx(parts(once)["link"])


def test_pairs_halve_what_a_macro_computes_and_add_a_sign(run):
    inputs = "{bits: 8, coding: voltage}"
    single, rows, columns = (run(inputs, pair=pair) for pair in ("none", "rows", "columns"))
    assert [float(each.macro_operations) for each in (single, rows, columns)] == [384, 192, 192]
    assert [int(each.weight_bits) for each in (single, rows, columns)] == [4, 5, 5]
    # A pair of rows has as many outputs; one of columns has half of them.
    assert [parts(each)["ADC"] / 2e-12 for each in (single, rows, columns)] == pytest.approx([24, 24, 12])


def test_operations_may_be_those_of_cells(run):
    result = run("{bits: 8, coding: voltage}", ("energy:", "operations: {of: cell, number: 1}\n    energy:"))
    assert float(result.macro_operations) == 3 * 16 * 8


def test_ranges_add_the_deviations_of_independent_components_as_squares(run):
    result = run("{bits: 8, coding: voltage}")
    energies = parts(result)
    exact = energies.pop("cells")
    values = np.array(list(energies.values()))
    total = exact + values.sum()
    low, high = total - np.sqrt(np.sum((values / 2) ** 2)), total + np.sqrt(np.sum(values**2))
    assert result.macro_energy_range.values == pytest.approx([low, high])
    operations = float(result.macro_operations)
    assert result.macro_efficiency_range.values == pytest.approx([operations / high, operations / low])


def test_energy_of_cells_is_uncertain_where_the_table_has_it():
    result = ms.run("neurram-energy-01").isel(macro=0)
    cells, total = float(result.macro_energy_part.sel(part="cells")), float(result.macro_energy)
    low, high = result.macro_energy_range.values
    assert high - total > 0.2 * cells * 0.999 and total - low > (1 - 1 / 1.2) * cells * 0.999


def test_notes_and_attributes_say_what_the_table_leaves_out():
    result = ms.run("macro-01")
    left_out = json.loads(result.attrs["left_out"])
    assert left_out["Bit by bit, node 22 nm"]["energy"] == ["control", "other"]
    assert "table 'generic', energy without: control, other" in result.attrs["notes"]
    assert "area without: buffer, link, control, other" in result.attrs["notes"]


def test_a_table_for_arrays_of_another_size_is_noted():
    experiment = load_experiment("hermes-01").replace({"size.rows": 128})
    assert "holds for arrays of 256 x 256, not of 128 x 256" in ms.run(experiment).attrs["notes"]


def test_long_names_of_energies_say_that_they_are_of_the_parts_of_the_table():
    result = ms.run("hermes-01")
    for name in ("macro_energy", "macro_operation_energy", "macro_efficiency", "macro_density", "macro_area"):
        assert "parts of the table" in result[name].attrs["long_name"]
        assert "input_bits" in result[name].attrs["description"] or name == "macro_area"
    assert [result[name].attrs["units"] for name in ("macro_energy", "macro_efficiency", "macro_rate")] == [
        "J",
        "J-1",
        "s-1",
    ]


def test_a_sweep_over_nodes_and_bits_makes_a_macro_of_each():
    experiment = load_experiment("macro-01").replace(
        {"sweep": {"energy.node": ["65 nm", "22 nm"], "output.bits": [4, 8]}}
    )
    result = ms.run(experiment)
    assert result.sizes["macro"] == 8
    assert sorted(set(result.output_bits.values.tolist())) == [4, 8]
    assert sorted(set((1e9 * result.node.values).round().tolist())) == [22, 65]
    by_node = result.macro_operation_energy.where(
        (result.output_bits == 8) & (result.energy_node == "65 nm"), drop=True
    )
    later = result.macro_operation_energy.where((result.output_bits == 8) & (result.energy_node == "22 nm"), drop=True)
    assert (later.values < by_node.values).all()


def test_a_result_with_a_table_of_its_own_runs_again_without_the_file(run_whole, tmp_path):
    result = run_whole("{bits: 8, coding: voltage}")
    file = ms.save(result, tmp_path / "own.nc")
    (tmp_path / "own.yaml").unlink()
    again = ms.rerun(file)
    np.testing.assert_array_equal(again.macro_energy_part, result.macro_energy_part)
