"""Energy, time and area from counts and a component table, against arithmetic by hand."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

import memsim as ms
from memsim.energy.components import components_from_text
from memsim.energy.counts import PHASES, Circuit, Counts
from memsim.energy.prices import prices_of
from memsim.energy.report import Costs, LayerEvents
from memsim.errors import InputError

TABLE = """\
name: tiny
title: A value in each slot
status: assumed
uncertainty: 1
components:
  wire: {capacitance: 0.2 fF/um}
  cell: {width: 2 um, height: 3 um, access: transistor, word_capacitance: 0.1 fF, gate_capacitance: 0.6 fF}
  gate_driver: {energy: 1 fJ, capacitance: 3 fF, voltage: 2 V, area: 10 um^2}
  word_driver: {energy: 2 fJ, area: 20 um^2}
  bit_driver: {energy: 3 fJ, area: 30 um^2}
  dac: {energy: 5 fJ, time: 12 ns, area: 40 um^2}
  integrator: {energy: 7 fJ, time: 1 ns, area: 50 um^2}
  sample_hold: {energy: 11 fJ, time: 2 ns, area: 60 um^2}
  adc: {energy: 13 fJ, bits: 6, time: 5 ns, area: 70 um^2}
  shift_add: {energy: 17 fJ, time: 1 ns, area: 80 um^2}
  register: {energy: 19 fJ, area: 1 um^2, array_area: 90 um^2, power: 1 uW}
  buffer: {energy: 23 fJ, array_area: 100 um^2, power: 2 uW}
  link: {energy: 29 fJ, area: 110 um^2, power: 3 uW}
  control: {energy: 31 fJ, time: 3 ns, area: 120 um^2, power: 4 uW}
  other: {area: 130 um^2, power: 5 uW}
"""
PICO, FEMTO, NANO, SQUARE_MICRON = 1e-12, 1e-15, 1e-9, 1e-12
CIRCUIT = Circuit(
    arrays=2,
    row_tiles=(3, 2),
    line_tiles=(4, 2),
    outputs=6,
    slices=2,
    dac_bits=4,
    adc_bits=6,
    coding="serial",
    magnitude_bits=3,
    input_phases=1,
    share=3,
    read_voltage=0.5,
    read_duration=10e-9,
    set_voltage=2.0,
    set_width=50e-9,
    reset_voltage=1.0,
    reset_width=100e-9,
)


def events(circuit=CIRCUIT, phase="inference", **values):
    """A layer with some events in one phase."""
    none = Counts.none(circuit)
    events = dataclasses.replace(none, **{name: np.asarray(value) for name, value in values.items()})
    events = dataclasses.replace(
        events, reads=int(values.get("reads", 0)), unknown_writes=int(values.get("unknown_writes", 0))
    )
    return LayerEvents(circuit, {name: events if name == phase else none for name in PHASES})


READS = {
    "reads": 7,
    "drives": [[10, 4], [6, 5]],
    "squares": [[10.0, 4.0], [6.0, 5.0]],
    "read_energy": np.full((2, 2, 2), 3 * PICO),
}
PULSES = {
    "set_pulses": [[3, 1], [2, 0]],
    "reset_pulses": [[1, 2], [0, 4]],
    "verify_reads": [[5, 0], [1, 1]],
    "write_energy": np.full((2, 2), 5 * PICO),
    "half_selected_energy": np.full((2, 2), 2 * PICO),
    "third_selected_energy": np.full((2, 2), 3 * PICO),
}


def table(text=TABLE, **changes):
    """The table with some entries in place of its own; None takes one away."""
    lines = text.splitlines()
    for slot, entry in changes.items():
        lines = [line for line in lines if not line.startswith(f"  {slot}:")]
        lines += [] if entry is None else [f"  {slot}: {entry}"]
    return components_from_text("\n".join(lines) + "\n")


def costs(layer, components=None, **settings):
    return Costs({"layer": layer}, prices_of(components or table(), **settings))


def close(actual, expected):
    assert actual == {name: pytest.approx(value, rel=1e-12) for name, value in expected.items()}


# Energy


def test_reads_cost_their_events_times_the_energies_of_a_table():
    reads, arrays, rows, lines, wide, tiles = 7, 2, 5, 6, 2, 4
    planes, drives = 3, 10 + 4 + 6 + 5
    steps = reads * planes
    gates, outputs = steps * arrays * rows * wide, reads * arrays * 2 * 6  # outputs of each of two row tiles
    bits_in, bits_out = reads * arrays * rows * 4, reads * arrays * (6 // 2) * 6
    seconds = 7 * 77 * NANO  # see the test of the time of a read
    always = seconds * arrays * tiles * 1e-6
    a_cell = 0.2 * 2 + 0.1  # [fF] of a word line: wire and cell
    of_gates = steps * arrays * rows * lines * (0.2 * 2 + 0.6) + gates * 3
    expected = {
        "cells": 8 * 3 * PICO,
        "word lines": (drives * 0.5**2 * lines * a_cell + drives * wide * 2) * FEMTO,
        "bit lines": 0.0,
        "gate lines": (of_gates * 2.0**2 + gates * 1) * FEMTO,
        "DAC": gates * 5 * FEMTO,
        "integrator": outputs * (1 + 2 + 4) * 7 * FEMTO,
        "sample-hold": outputs * planes * 11 * FEMTO,
        "ADC": outputs * 13 * FEMTO,
        "shift-add": outputs * 17 * FEMTO,
        "register": reads * arrays * rows * wide * 4 * 19 * FEMTO + always,
        "buffer": (bits_in + bits_out) * 23 * FEMTO + 2 * always,
        "link": bits_out * 29 * FEMTO + 3 * always,
        "control": steps * arrays * tiles * 31 * FEMTO + 4 * always,
        "other": 5 * always,
    }
    made = costs(events(**READS), settle=1e-9)
    close(made.energies("inference"), expected)
    assert made.energy("inference") == pytest.approx(sum(expected.values()), rel=1e-12)
    assert made.seconds("inference") == pytest.approx(seconds, rel=1e-12)
    assert made.operations() == 7 * 2 * 2 * 5 * 3  # two for each of 5 x 3 weights of two arrays


def test_pulses_and_verify_reads_cost_their_events():
    pulses, verified = 6 + 7, 7
    # V^2 times the cells of the word line: tiles of four lines and of two.
    squares = (5 * 4 + 1 * 1 + 6 * 0.25) * 4 + (1 * 4 + 6 * 1 + 1 * 0.25) * 2
    gates, on_gates = pulses + verified, (5 + 1 + 6) * 4 + (1 + 6 + 1) * 2
    seconds = 212.5 * NANO  # see the test of the time of pulses
    always = seconds * 2 * 4 * 1e-6
    expected = {
        "cells": 4 * 5 * PICO,
        "word lines": (squares * 0.5 + (pulses + verified) * 2) * FEMTO,
        "bit lines": pulses * 3 * FEMTO,
        "gate lines": ((on_gates * 1.0 + gates * 3) * 2.0**2 + gates * 1) * FEMTO,
        "integrator": verified * 7 * FEMTO,
        "sample-hold": verified * 11 * FEMTO,
        "ADC": verified * 13 * FEMTO,
        "shift-add": verified * 17 * FEMTO,
        "register": always,
        "buffer": 2 * always,
        "link": 3 * always,
        "control": 4 * always,
        "other": 5 * always,
    }
    made = costs(events(phase="programming", **PULSES), settle=1e-9)
    close(made.energies("programming"), expected)
    assert made.seconds("programming") == pytest.approx(seconds, rel=1e-12)
    assert made.energy("inference") == made.energy("training") == 0


@pytest.mark.parametrize(("selection", "each"), [("V/2", 2 * PICO), ("V/3", 3 * PICO)])
def test_cells_without_transistors_have_half_selected_ones_and_no_gate_lines(selection, each):
    cross = table(cell="{width: 2 um}", gate_driver=None)
    energies = costs(events(phase="programming", **PULSES), cross, selection=selection).energies("programming")
    assert energies["half-selected cells"] == pytest.approx(4 * each, rel=1e-12)
    assert "gate lines" not in energies


def test_levels_of_voltages_charge_lines_by_their_squares_and_widths_by_their_number():
    for coding, squares in (("voltage", 6.5), ("width", 25)):
        circuit = dataclasses.replace(CIRCUIT, coding=coding)
        layer = events(circuit, **READS | {"squares": [[2.0, 1.0], [3.0, 0.5]]})
        only_wire = table(word_driver=None)
        energies = costs(layer, only_wire).energies("inference")
        assert energies["word lines"] == pytest.approx(squares * 0.5**2 * 6 * 0.5 * FEMTO, rel=1e-12)
        assert energies["integrator"] == pytest.approx(7 * 2 * 2 * 6 * 7 * FEMTO, rel=1e-12)  # one step each


def test_reads_in_two_phases_move_each_input_once():
    circuit = dataclasses.replace(CIRCUIT, coding="voltage", input_phases=2)
    made = costs(events(circuit, **READS | {"reads": 8}))
    power = 2 * 4 * made.seconds("inference") * 1e-6
    vectors = 8 / 2
    moved = vectors * 2 * (5 * 4 + 3 * 6)
    assert made.energies("inference")["buffer"] == pytest.approx(moved * 23 * FEMTO + 2 * power, rel=1e-12)
    assert made.energies("inference")["ADC"] == pytest.approx(8 * 2 * 2 * 6 * 13 * FEMTO, rel=1e-12)
    assert made.operations() == vectors * 2 * 2 * 5 * 3


def test_activations_have_the_stated_bits_where_no_converter_says_them():
    circuit = dataclasses.replace(CIRCUIT, coding="voltage", dac_bits=None, adc_bits=None, magnitude_bits=1)
    bare = table(buffer="{energy: 23 fJ}")
    energies = costs(events(circuit, **READS), bare, bits=12).energies("inference")
    assert energies["buffer"] == pytest.approx(7 * 2 * (5 + 3) * 12 * 23 * FEMTO, rel=1e-12)
    assert not {"DAC", "ADC"} & set(energies)


def test_parts_that_a_table_does_not_have_are_left_out_and_named():
    made = costs(events(**READS), table(link=None, control=None, other=None, sample_hold=None))
    assert not {"link", "control", "other", "sample-hold"} & set(made.energies("inference"))
    # Cells with a transistor are never half-selected, so that nothing of them is left out.
    assert made.left_out() == ("sample-hold", "link", "control", "other")
    dataset = made.dataset()
    assert dataset.left_out == "sample-hold, link, control, other"
    assert "ADC" in dataset.included and dataset.bits == "layer: 4/6 (input/output)"
    assert not dataset.cell_pulses.any()


def test_pulses_of_a_cell_are_their_mean():
    dataset = costs(events(phase="training", **PULSES)).dataset()
    assert dataset.cell_pulses.sel(phase="training").item() == 13 / CIRCUIT.cells
    assert not dataset.cell_pulses.drop_sel(phase="training").any()


def test_the_energy_of_the_cells_is_not_in_the_converters():
    layer = events(**READS)
    hot = events(**READS | {"read_energy": np.full((2, 2, 2), 3e-6)})
    ours, other = (costs(one).energies("inference") for one in (layer, hot))
    assert other["cells"] == pytest.approx(1e6 * ours["cells"], rel=1e-12)
    assert {part: ours[part] for part in ours if part != "cells"} == {
        part: other[part] for part in other if part != "cells"
    }
    for model in ("sar", "regression"):
        nodes = TABLE.replace("components:", "node: 32 nm\ncomponents:")
        extra = "area: 10 um^2" if model == "sar" else "rate: 100 MHz"
        prices = prices_of(table(nodes, adc=f"{{model: {model}, {extra}}}"))
        each = prices.components.need("adc", "energy", 6)
        assert Costs({"layer": hot}, prices).energies("inference")["ADC"] == pytest.approx(168 * each, rel=1e-12)


# Time


def test_a_read_takes_its_input_steps_and_the_conversions_of_the_outputs_that_share_a_converter():
    prices = prices_of(table(), settle=1e-9)
    steps = 3 * (1 + 12 + 2 + 3)  # settle, the DAC, which takes longer than the pulse of 10 ns, sample, control
    integrations, conversions = 7 * 1, 3 * 5 + 1
    assert prices.read_time(CIRCUIT) == pytest.approx((steps + integrations + conversions) * NANO, rel=1e-12)
    slow = dataclasses.replace(CIRCUIT, read_duration=100e-9)
    assert prices.read_time(slow) == pytest.approx((3 * (1 + 100 + 2 + 3) + 7 + 16) * NANO, rel=1e-12)
    by_voltage = dataclasses.replace(CIRCUIT, coding="voltage", share=1)
    assert prices.read_time(by_voltage) == pytest.approx((18 + 1 + 5 + 1) * NANO, rel=1e-12)
    bare = dataclasses.replace(CIRCUIT, dac_bits=None, adc_bits=None, coding="voltage")
    assert prices.read_time(bare) == pytest.approx((1 + 10 + 2 + 3 + 1) * NANO, rel=1e-12)


def test_pulses_take_the_time_of_the_slowest_tile_of_lines():
    """Cells of a tile one after the other; a verify read takes one input step and one conversion."""
    made = costs(events(phase="programming", **PULSES), settle=1e-9)
    a_read = 1 + 12 + 2 + 3 + 1 + 5 + 1
    by_tile = [[3 * 50 + 100 + 5 * a_read, 50 + 200], [2 * 50 + a_read, 4 * 100 + a_read]]
    assert made.seconds("programming") == pytest.approx(np.max(by_tile) / 2 * NANO, rel=1e-12)  # two row tiles at once


@pytest.mark.parametrize("pipelined", [False, True])
def test_layers_take_turns_or_the_slowest_sets_the_pace(pipelined):
    layers = {"a": events(**READS), "b": events(**READS | {"reads": 21}), "c": events(phase="programming", **PULSES)}
    made = Costs(layers, prices_of(table(), pipelined=pipelined))
    a_read = (3 * 17 + 7 + 16) * NANO
    assert made.seconds("inference") == pytest.approx((21 if pipelined else 28) * a_read, rel=1e-12)
    assert made.seconds("programming") > 0
    dataset = made.dataset()
    assert dataset.pipelined == pipelined
    rate = made.operations() / made.seconds("inference")
    assert float(dataset.operations_per_second) == pytest.approx(rate, rel=1e-12)
    assert float(dataset.power.sel(phase="inference")) == pytest.approx(
        made.energy("inference") / made.seconds("inference"), rel=1e-12
    )
    assert float(dataset.total_efficiency) == pytest.approx(made.operations() / made.energy("inference"), rel=1e-12)


def test_outputs_that_share_a_converter_change_time_and_area_but_no_energy():
    bare = table(register=None, buffer=None, link=None, control=None, other=None)  # without powers at all times
    alone, shared = (
        costs(events(dataclasses.replace(CIRCUIT, share=share), **READS), bare, settle=1e-9) for share in (1, 4)
    )
    assert alone.energies("inference") == shared.energies("inference")
    assert shared.seconds("inference") - alone.seconds("inference") == pytest.approx(7 * 3 * 5 * NANO, rel=1e-9)
    assert alone.areas()["ADC"] == pytest.approx(24 * 70 * SQUARE_MICRON, rel=1e-12)
    assert shared.areas()["ADC"] == pytest.approx(8 * 70 * SQUARE_MICRON, rel=1e-12)  # one for each tile


# Area


def test_areas_are_those_of_all_copies():
    rows, lines, outputs, tiles, converters = 5 * 2 * 2, 6 * 2 * 2, 6 * 2 * 2, 8, 2 * 2 * (2 + 1)
    expected = {
        "cells": 2 * 5 * 6 * 2 * 3,
        "word lines": rows * 20,
        "bit lines": lines * 30,
        "gate lines": rows * 10,
        "DAC": rows * 40,
        "integrator": outputs * 50,
        "sample-hold": outputs * 60,
        "ADC": converters * 70,
        "shift-add": converters * 80,
        "register": rows * 4 * 1 + tiles * 90,
        "buffer": tiles * 100,
        "link": tiles * 110,
        "control": tiles * 120,
        "other": tiles * 130,
    }
    made = costs(events(**READS))
    close(made.areas(), {name: value * SQUARE_MICRON for name, value in expected.items()})
    assert float(made.dataset().total_area) == pytest.approx(sum(expected.values()) * SQUARE_MICRON, rel=1e-12)


@pytest.mark.parametrize(
    ("line_tiles", "outputs", "share", "of_tiles", "converters"),
    [
        ((10,), 10, 4, (10,), 3),
        ((4, 4, 2), 10, 4, (4, 4, 2), 3),
        ((4, 4, 2), 10, 3, (4, 4, 2), 5),
        ((4, 4, 3), 10, 4, (4, 4, 2), 3),  # the last line is the reference column
        ((4, 4, 1), 8, 4, (4, 4, 0), 2),  # a tile of the reference column alone
        ((8, 8, 4), 10, 4, (4, 4, 2), 3),  # pairs
        ((5, 5), 5, 2, (3, 2), 3),  # a pair on either side of the cut is an output of the first tile
    ],
)
def test_outputs_of_different_tiles_share_no_converter(line_tiles, outputs, share, of_tiles, converters):
    circuit = dataclasses.replace(CIRCUIT, line_tiles=line_tiles, outputs=outputs, share=share, slices=1)
    assert circuit.tile_outputs == of_tiles
    assert circuit.converters == 2 * 2 * converters  # two arrays, two row tiles


# Uncertainty


def test_the_interval_adds_deviations_of_independent_components_as_squares():
    unsure = table(
        dac="{energy: 5 fJ, uncertainty: 2}",
        adc="{energy: 13 fJ, bits: 6, time: 5 ns, uncertainty: 4}",
        word_driver="{energy: 2 fJ, uncertainty: 3}",
        wire="{capacitance: 0.2 fF/um, uncertainty: 1.5}",
        **dict.fromkeys(("register", "buffer", "link", "control", "other"), None),
    )
    made = costs(events(**READS), unsure)
    energies, total = made.energies("inference"), made.energy("inference")
    dac, adc, lines = energies["DAC"], energies["ADC"], energies["word lines"]
    low, high = made.dataset().total_energy_range.sel(phase="inference").values
    # The larger uncertainty of wire and driver holds for the lines; cells are exact.
    assert total - low == pytest.approx(math.hypot(dac / 2, adc * 3 / 4, lines * 2 / 3), rel=1e-9)
    assert high - total == pytest.approx(math.hypot(dac, adc * 3, lines * 2), rel=1e-9)


def test_drivers_without_a_wire_in_the_table_have_their_own_uncertainty():
    drivers = table(
        "name: drivers\ntitle: Drivers\nstatus: assumed\nuncertainty: 1\ncomponents:\n",
        word_driver="{energy: 2 fJ, uncertainty: 3}",
        bit_driver="{energy: 2 fJ, uncertainty: 2}",
    )
    prices = prices_of(drivers)
    low, high = prices.interval({"word lines": 1.0, "bit lines": 1.0, "cells": 1.0})
    assert 3 - low == pytest.approx(math.hypot(2 / 3, 1 / 2)) and high - 3 == pytest.approx(math.hypot(2, 1))


# From a crossbar


def crossbar(**options):
    settings = {"seed": 1, "count": True, "dac": ms.DAC(6), "adc": ms.ADC(6, range=4.0), "dtype": "float64"} | options
    return ms.Crossbar("taox-hfox-wu2018", 6, 4, **settings)


def test_a_crossbar_states_the_costs_of_what_it_did():
    xbar, x = crossbar(), np.linspace(0, 1, 18).reshape(3, 6)
    xbar.read(x)
    dataset = xbar.cost(table(), pipelined=True)
    energy = dataset.energy.sel(phase="inference", layer="crossbar")
    code = np.rint(x * 31)
    assert float(energy.sel(part="DAC")) == pytest.approx(3 * 6 * 5 * FEMTO, rel=1e-12)
    assert float(energy.sel(part="ADC")) == pytest.approx(3 * 4 * 13 * FEMTO, rel=1e-12)
    lines = ((code / 31) ** 2).sum() * 0.5**2 * 4 * 0.5 + np.count_nonzero(code) * 2
    assert float(energy.sel(part="word lines")) == pytest.approx(lines * FEMTO, rel=1e-12)
    cells = (0.5 * code / 31) ** 2 * 5e-9 @ xbar.conductance.values.sum(1)
    assert float(energy.sel(part="cells")) == pytest.approx(cells.sum(), rel=1e-12)
    assert float(dataset.total_energy.sel(phase="inference")) == pytest.approx(float(energy.sum()), rel=1e-12)
    assert dataset.time.sel(phase="inference").item() == pytest.approx(3 * (12 + 2 + 3 + 1 + 5 + 1) * NANO, rel=1e-12)
    assert int(dataset.operations) == 2 * 3 * 6 * 4
    assert dataset.energy.attrs["units"] == "J" and dataset.area.attrs["units"] == "m2"


def test_a_time_to_settle_has_a_unit_or_is_in_seconds():
    assert prices_of(table(), settle="2 ns") == prices_of(table(), settle=2e-9)


def test_slices_of_weights_are_one_operation():
    mapping = {"mapping": ms.Mapping(slices=2, slice_bits=2)}
    xbar = ms.Crossbar.from_weights(np.ones((6, 4)), "taox-hfox-wu2018", count=True, **mapping)
    xbar.product(np.ones((5, 6)))
    assert int(xbar.cost(table()).operations) == 2 * 5 * 6 * 4


@pytest.mark.parametrize(
    ("options", "changes", "settings", "message"),
    [
        ({}, {"adc": "{bits: 6, time: 5 ns}"}, {}, "component 'adc' of table 'tiny' has no energy; it has: time"),
        ({}, {"adc": "{bits: 6, energy: 1 fJ}"}, {}, "component 'adc' of table 'tiny' has no time; it has: energy"),
        ({}, {"adc": None}, {}, "table 'tiny' has no component 'adc'; it has: wire, cell"),
        ({}, {"dac": None}, {}, "table 'tiny' has no component 'dac'; it has: wire, cell"),
        ({}, {"dac": "{time: 5 ns}"}, {}, "component 'dac' of table 'tiny' has no energy; it has: time"),
        (
            {},
            {"dac": "{bits: 4, energy: 1 fJ}"},
            {},
            "'dac' of table 'tiny': its values hold for up to 4 bits, not for 6",
        ),
        ({"adc": ms.ADC(7, range=4.0)}, {}, {}, "'adc' of table 'tiny': its values hold for up to 6 bits, not for 7"),
        ({}, {}, {"pipelind": True}, "pipelind: not a setting of costs; did you mean 'pipelined'"),
        ({}, {}, {"selection": "V/4"}, "selection: 'V/4' is not allowed; V/2 or V/3"),
        ({}, {}, {"bits": 0}, "bits: 0 is not allowed; 1 to 32"),
        ({}, {}, {"bits": -8}, "bits: -8 is not allowed; 1 to 32"),
        ({}, {}, {"settle": -1e-9}, "settle: -1e-09 s is not allowed; 0 to 1 s"),
        ({}, {}, {"bits": 8.5}, "bits: 8.5 is not allowed; 1 to 32"),
        ({}, {}, {"settle": "1 m"}, "1 m"),
        ({}, {}, {"settle": None}, "settle: None is not allowed; 0 to 1 s"),
        ({}, {}, {"pipelined": "yes"}, "pipelined: 'yes' is not allowed; true or false"),
        ({}, {}, {"settle": math.nan}, "settle: nan s is not allowed; 0 to 1 s"),
        ({}, {}, {"node": "-22 nm"}, "not a node"),
    ],
)
def test_mistakes_end_in_one_line(options, changes, settings, message):
    xbar = crossbar(**options)
    xbar.read(np.ones(6))
    with pytest.raises(InputError, match=message) as caught:
        xbar.cost(table(**changes), **settings)
    assert "\n" not in str(caught.value)


def test_a_table_for_another_node_is_refused():
    xbar = crossbar()
    with pytest.raises(InputError, match="it is a table for another node, 32 nm") as caught:
        xbar.cost("isaac-32nm", node="22 nm")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("entry", ["adc: {energy: -1 fJ, bits: 6}", "dac: {time: -1 ns}", "other: {power: -1 W}"])
def test_negative_values_of_a_table_are_refused(entry):
    slot, value = entry.split(": ", 1)
    with pytest.raises(InputError, match="is out of range"):
        table(**{slot: value})


@pytest.mark.parametrize(
    ("options", "share", "most"),
    [
        ({}, 5, 4),
        ({"column": "pair"}, 5, 4),
        ({"column": "reference"}, 5, 4),
        ({"tile": (6, 2)}, 3, 2),
        ({"tile": (6, 4), "column": "pair"}, 3, 2),
    ],
)
def test_no_more_outputs_share_a_converter_than_a_tile_has(options, share, most):
    with pytest.raises(
        InputError, match=f"{share} outputs share a converter, and a tile has {most}; allowed: 1 to {most}"
    ):
        crossbar(adc=ms.ADC(6, range=4.0, share=share), **options)
    crossbar(adc=ms.ADC(6, range=4.0, share=most), **options)


@pytest.mark.parametrize("share", [0, -1, 1.5, True, 65_537])
def test_a_share_is_a_whole_number_of_outputs(share):
    with pytest.raises(InputError, match=r"adc\.share"):
        ms.ADC(6, share=share)
