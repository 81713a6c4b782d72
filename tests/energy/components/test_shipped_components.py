"""Shipped tables against the published figures that they reproduce, and against the facts that they are made of."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import get_args

import pytest
from neurram import NEURRAM

from memsim.energy.components import Components, component_table_names, components_from_text, load_components
from memsim.energy.components.adc import ADC_MODELS
from memsim.energy.components.components import SLOTS
from memsim.energy.components.schema import Status

README = (Path(__file__).resolve().parents[3] / "components" / "README.md").read_text(encoding="utf-8")
NODES = [7, 14, 22, 32, 45, 65, 130]

# Energy and area of logic over nodes, with 32 nm as the unit, by Stillmaker and Baas.
LOGIC = {
    130: (4.9, 14.0),
    65: (1.96, 3.3),
    45: (1.56, 2.2),
    32: (1.0, 1.0),
    20: (0.37, 0.46),
    14: (0.23, 0.38),
    7: (0.16, 0.13),
}


@pytest.mark.parametrize("name", component_table_names())
def test_every_shipped_table_holds_at_each_of_its_nodes(name):
    table = load_components(name)
    assert table.name == name
    for node in table.nodes:
        components = table.at(node)
        assert components.node == pytest.approx(node)
        assert list(components.given())
        for slot, component in components.given():
            assert component.status in get_args(Status)
            assert component.source in table.sources or component.status == "assumed", slot
        if components.adc is not None:
            assert components.adc.conversion(4).energy > 0


@pytest.mark.parametrize("name", component_table_names())
def test_every_shipped_table_written_out_is_read_back_equal(name):
    table = load_components(name)
    again = components_from_text(table.to_yaml(), name)
    assert again == table
    for node in table.nodes:
        assert again.at(node) == table.at(node)


def isaac_step(components: Components) -> dict[str, float]:
    """Energy of each slot for one array and input step of ISAAC, all events counted [J]."""
    rows, columns, step = 128, 128, components.need("dac", "time")
    events = {
        "cell": rows * columns,
        "dac": rows,
        "sample_hold": columns,
        "shift_add": columns,
        "register": rows,
        "control": 1,
    }
    energies = {slot: count * components.need(slot, "energy") for slot, count in events.items()}
    energies["adc"] = columns * components.need("adc", "energy", bits=8)
    return energies | {slot: step * components.need(slot, "power") for slot in ("buffer", "other", "link")}


def test_the_events_of_isaac_add_up_to_its_published_power():
    energies = isaac_step(load_components("isaac-32nm").at())
    step, arrays, tiles = 100e-9, 8 * 12, 168
    unit = sum(value for slot, value in energies.items() if slot not in ("buffer", "other", "link"))
    tile = unit + energies["buffer"] + energies["other"]
    assert unit * 8 / step == pytest.approx(24.08e-3, rel=1e-3)
    assert tile * arrays / step == pytest.approx(329.8e-3, rel=1e-3)
    assert (tile + energies["link"]) * arrays * tiles / step == pytest.approx(65.8, rel=2e-3)
    assert energies["adc"] / tile == pytest.approx(0.58, abs=0.005)


def test_a_multiplication_of_isaac_costs_its_published_energy():
    energies = isaac_step(load_components("isaac-32nm").at())
    # 16 steps of 1 bit and 8 cells of 2 bits make one product of 16 bits.
    share = 16 * 8 / 128**2
    unit = sum(value for slot, value in energies.items() if slot not in ("buffer", "other", "link"))
    assert unit * share == pytest.approx(2.35e-12, rel=0.01)
    assert (sum(energies.values()) - energies["link"]) * share == pytest.approx(2.68e-12, rel=0.01)
    assert sum(energies.values()) * share == pytest.approx(3.19e-12, rel=0.01)


def test_the_conversions_of_isaac_take_its_step():
    components = load_components("isaac-32nm").at()
    assert 128 * components.need("adc", "time", bits=8) == pytest.approx(components.need("dac", "time"))


def test_the_areas_of_isaac_add_up_to_its_published_area():
    components = load_components("isaac-32nm").at()
    array = 128 * 128 * components.need("cell", "area") + 128 * components.need("dac", "area")
    array += 128 * components.need("sample_hold", "area") + components.need("adc", "area", bits=8)
    array += components.need("shift_add", "area") + components.need("buffer", "array_area")
    array += components.need("other", "area")
    assert array * 96 == pytest.approx(0.372e-6, rel=1e-3)
    assert (array + components.need("link", "area")) * 96 * 168 == pytest.approx(85.4e-6, rel=1e-3)


def neurram_read(bits_out: int, bits_in: int, phases: int) -> tuple[float, float, float, float]:
    """Energy of word lines, neurons and pulses [J], and time [s], of one read of a core of NeuRRAM."""
    components = load_components("neurram-130nm").at()
    size, bits = 256, max(1, bits_in - 1)
    groups = [bits] if phases == 1 else [math.ceil(bits / 2), bits // 2]
    steps = sum(2**group - 1 for group in groups)
    resolved = sum(bits_out - sum(groups[:number]) for number in range(len(groups)))
    line = components.need("gate_driver", "capacitance") + size * components.need("cell", "gate_capacitance")
    lines = size * bits * line * components.need("gate_driver", "voltage") ** 2
    neuron = size * bits * components.need("sample_hold", "energy") + size * steps * components.need(
        "integrator", "energy"
    )
    # The converter resolves bit after bit, so its costs add up over the phases.
    neuron += size * components.need("adc", "energy", bits=resolved)
    neuron += size * resolved * components.need("shift_add", "energy")
    pulses = size * size * bits * components.need("cell", "energy")
    resolves = [bits_out - sum(groups[:number]) for number in range(len(groups))]
    conversions = sum(components.need("adc", "time", bits=bits) for bits in resolves)
    return lines, neuron, pulses, steps * components.need("integrator", "time") + conversions


@pytest.mark.parametrize(
    ("bits_out", "bits_in", "lines", "neurons", "pulses", "throughput"), [row[:6] for row in NEURRAM]
)
def test_neurram_has_its_published_energy_and_throughput(bits_out, bits_in, lines, neurons, pulses, throughput):
    operations, published = 256 * 256, (lines, neurons, pulses)
    *energies, time = neurram_read(bits_out, bits_in, 1 if bits_in <= 4 else 2)
    assert sum(energies) / operations == pytest.approx(sum(published) * 1e-15, rel=0.07)
    for energy, known in zip(energies, published, strict=True):
        assert energy / operations == pytest.approx(known * 1e-15, rel=0.2)
    assert 48 * operations / time == pytest.approx(throughput * 1e12, rel=0.1)


def test_the_areas_of_neurram_add_up_to_its_core():
    components = load_components("neurram-130nm").at()
    cells = 256 * 256 * components.need("cell", "area")
    neuron = sum(components.need(slot, "area") for slot in ("integrator", "sample_hold", "shift_add"))
    neuron += components.need("adc", "area", bits=8)
    assert cells == pytest.approx(0.139e-6, rel=0.01)
    assert neuron == pytest.approx(1270e-12)
    drivers = 256 * components.need("gate_driver", "area")
    assert cells + 256 * neuron + drivers + components.need("other", "area") == pytest.approx(1.16e-6, rel=0.01)


@pytest.mark.parametrize(("phases", "efficiency", "throughput"), [(1, 9.76, 63.1), (4, 2.48, 16.1)])
def test_hermes_has_its_published_efficiency_and_throughput(phases, efficiency, throughput):
    components, operations = load_components("hermes-14nm").at(), 2 * 256 * 256
    energy, time = (phases * components.need("control", quantity) for quantity in ("energy", "time"))
    assert operations / energy == pytest.approx(efficiency * 1e12, rel=0.02)
    assert 64 * operations / time == pytest.approx(throughput * 1e12, rel=0.02)


def logic(node: float, column: int) -> float:
    """Factor of energy (0) or area (1) of logic at a node [nm], linear in logarithms between tabulated nodes."""
    known = sorted(LOGIC)
    low = max(one for one in known if one <= node)
    high = min(one for one in known if one >= node)
    if low == high:
        return LOGIC[low][column]
    share = (math.log(node) - math.log(low)) / (math.log(high) - math.log(low))
    return math.exp(math.log(LOGIC[low][column]) * (1 - share) + math.log(LOGIC[high][column]) * share)


@pytest.mark.parametrize("node", NODES)
def test_digital_parts_of_the_generic_table_scale_as_logic(node):
    components = load_components("generic").at(node * 1e-9)
    bus, edram, router = 0.054, 20.5 / 256, 20.7 / 256
    parts = {
        ("digital.mac", "energy"): (12.7 / 16 + 0.21, 1e-12, 0, 40),
        ("digital.mac", "area"): (6350 / 16 + 278, 1e-12, 1, 40),
        ("shift_add", "energy"): (0.21 / 2, 1e-12, 0, 40),
        ("shift_add", "area"): (278 / 2, 1e-12, 1, 40),
        ("register", "energy"): (0.009, 1e-12, 0, 40),
        ("register", "area"): (6, 1e-12, 1, 40),
        ("buffer", "energy"): (edram, 1e-12, 0, 32),
        ("buffer", "area"): (83000 / (64 * 1024 * 8), 1e-12, 1, 32),
        ("link", "energy"): (bus + router, 1e-12, 0, 32),
        ("digital.weight_memory", "energy"): (bus + edram, 1e-12, 0, 32),
        ("digital.activation_memory", "energy"): (bus + edram, 1e-12, 0, 32),
    }
    for (slot, quantity), (value, unit, column, base) in parts.items():
        expected = value * unit * logic(node, column) / logic(base, column)
        assert components.need(slot, quantity) == pytest.approx(expected, rel=0.01), (slot, quantity)


def test_analog_parts_of_the_generic_table_do_not_scale_as_logic():
    table = load_components("generic")
    for slot in ("dac", "integrator", "sample_hold"):
        assert len({table.at(node * 1e-9).need(slot, "energy") for node in NODES}) == 1
        assert table.at(32e-9).need(slot, "energy") and getattr(table.at(32e-9), slot).uncertainty >= 4


@pytest.mark.parametrize(("node", "printed"), [(130, 53.8), (65, 32.3), (32, 17.2), (22, 12.3), (14, 9.8)])
def test_a_row_of_128_cells_with_transistors_has_its_known_capacitance(node, printed):
    components = load_components("generic").at(node * 1e-9)
    row = 128 * components.need("cell", "width") * components.need("wire", "capacitance")
    column = 128 * components.need("cell", "height") * components.need("wire", "capacitance")
    assert row == pytest.approx(printed * 1e-15, abs=0.06e-15)
    assert column == pytest.approx(row / 3)


def test_gate_lines_of_the_generic_table_are_those_of_neurram_at_130_nm():
    generic, neurram = load_components("generic").at(130e-9), load_components("neurram-130nm").at()
    for slot, quantity in (("cell", "gate_capacitance"), ("gate_driver", "capacitance"), ("gate_driver", "area")):
        assert generic.need(slot, quantity) == pytest.approx(neurram.need(slot, quantity), rel=0.03)


def test_a_cross_point_cell_has_an_area_of_four_squares_and_no_gate_line():
    components = load_components("generic-crosspoint").at(32e-9)
    assert components.cell.area == pytest.approx(4 * 56e-9**2)
    assert components.gate_driver is None and components.cell.gate_capacitance is None
    assert components.adc.conversion(8) == load_components("generic").at(32e-9).adc.conversion(8)


def test_the_readme_names_every_slot_status_model_and_shipped_table():
    for name in (*SLOTS, *get_args(Status), *ADC_MODELS, *component_table_names()):
        assert re.search(rf"\| [^|]*`{re.escape(name)}`", README), name


def test_the_tables_of_the_readme_are_valid():
    whole, part, child = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    assert components_from_text(whole).at().need("adc", "energy", 8) == 1.8e-12
    head = "name: a\ntitle: A\nsources: {ours: {cite: Ours}}\n"
    assert components_from_text(head + part).at(32e-9).need("register", "energy") == pytest.approx(6.73e-15)
    assert components_from_text(child).at(32e-9).integrator is None
