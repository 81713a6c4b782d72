"""Component tables: what is read from them, what must be said of each value, and what is refused in one line."""

from __future__ import annotations

import re

import pytest

from memsim.document import DocumentError
from memsim.energy.components import (
    ComponentTable,
    component_table_names,
    components_from_text,
    components_of,
    load_components,
)
from memsim.energy.components.components import SLOTS
from memsim.errors import InputError

HEAD = """\
name: my-chip
title: My chip
sources: {lab: {cite: Own measurement}}
node: 65 nm
"""
FULL = (
    HEAD
    + """\
source: lab
status: measured
array: {rows: 64, columns: 32}
components:
  wire: {capacitance: 0.2 fF/um}
  cell:
    width: 1 um
    height: 0.5 um
    access: transistor
    word_capacitance: 1 fF
    bit_capacitance: 2 fF
    gate_capacitance: 3 fF
  gate_driver: {capacitance: 20 fF, voltage: 1.2 V, energy: 1 fJ, area: 5 um^2}
  word_driver: {energy: 1 fJ, area: 5 um^2, time: 1 ns}
  bit_driver: {energy: 2 fJ}
  dac: {energy: 0.4 pJ, bits: 2}
  integrator: {energy: 0.25 pJ, time: 270 ns}
  sample_hold: {energy: 1.2 pJ}
  adc: {energy: 1.8 pJ, bits: 8, time: 5 ns, area: 3000 um^2}
  shift_add: {energy: 0.1 pJ, status: assumed, uncertainty: 3, note: as usual}
  register: {energy: 9 fJ, area: 6 um^2, array_area: 0.01 mm^2, power: 1 uW}
  buffer: {energy: 80 fJ, area: 0.2 um^2}
  link: {energy: 0.1 pJ, power: 2 uW}
  control: {energy: 1 pJ, area: 100 um^2, power: 3 uW}
  other: {power: 4 uW, area: 200 um^2}
  digital:
    mac: {energy: 1 pJ, area: 700 um^2, time: 1 ns, bits: 8}
    weight_memory: {energy: 0.1 pJ}
    activation_memory: {energy: 0.2 pJ}
"""
)


def with_components(text: str, name: str = "my.yaml") -> ComponentTable:
    return components_from_text(f"{HEAD}components:\n  {text}\n", name)


def refusal(text: str) -> str:
    """The one problem of a table with these components."""
    with pytest.raises(DocumentError) as caught:
        with_components(text)
    (problem,) = caught.value.problems
    return problem


def test_every_slot_is_read_in_si_units():
    components = components_from_text(FULL).at()
    assert [slot for slot, _ in components.given()] == list(SLOTS)
    values = {
        ("wire", "capacitance"): 0.2e-9,
        ("cell", "area"): 0.5e-12,
        ("cell", "word_capacitance"): 1e-15,
        ("cell", "bit_capacitance"): 2e-15,
        ("cell", "gate_capacitance"): 3e-15,
        ("gate_driver", "capacitance"): 20e-15,
        ("gate_driver", "voltage"): 1.2,
        ("word_driver", "time"): 1e-9,
        ("dac", "energy"): 0.4e-12,
        ("integrator", "time"): 270e-9,
        ("register", "array_area"): 0.01e-6,
        ("buffer", "area"): 0.2e-12,
        ("link", "power"): 2e-6,
        ("control", "power"): 3e-6,
        ("other", "area"): 200e-12,
        ("digital.mac", "time"): 1e-9,
        ("digital.activation_memory", "energy"): 0.2e-12,
    }
    for (slot, quantity), value in values.items():
        assert components.need(slot, quantity) == pytest.approx(value, rel=1e-12), (slot, quantity)
    assert components.need("adc", "energy", bits=8) == 1.8e-12
    assert (components.cell.access, components.dac.bits, components.digital.mac.bits) == ("transistor", 2, 8)
    assert (components.table, components.node, components.array) == ("my-chip", 65e-9, (64, 32))


def test_an_entry_says_where_its_values_come_from_or_the_table_does():
    table = components_from_text(FULL)
    components = table.at()
    assert (components.dac.source, components.dac.status, components.dac.uncertainty) == ("lab", "measured", None)
    assert (components.shift_add.source, components.shift_add.status) == (None, "assumed")
    assert components.shift_add.uncertainty == 3.0
    assert table.origin("shift_add").note == "as usual"
    assert table.origin("digital.mac").source == "lab"
    assert table.sources["lab"].cite == "Own measurement"
    with pytest.raises(InputError, match="table 'my-chip' has no component 'dax'"):
        table.origin("dax")


def test_what_is_not_there_is_none():
    components = with_components("dac: {energy: 1 pJ, source: lab, status: measured}").at()
    assert components.adc is None and components.digital.mac is None
    assert components.dac.area is None and components.dac.bits is None
    assert [slot for slot, _ in components.given()] == ["dac"]


def test_a_table_written_out_is_read_back_equal():
    table = components_from_text(FULL)
    again = components_from_text(table.to_yaml())
    assert again == table
    assert again.at() == table.at()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "dac: {energy: -1 pJ, status: assumed}",
            "components.dac.energy: '-1 pJ' is out of range; allowed: at least 0 J",
        ),
        (
            "dac: {area: -1 um^2, status: assumed}",
            "components.dac.area: '-1 um^2' is out of range; allowed: at least 0",
        ),
        ("dac: {enrgy: 1 pJ, status: assumed}", "unknown key 'enrgy' in components.dac; did you mean 'energy'?"),
        ("dacs: {energy: 1 pJ}", "unknown key 'dacs' in components; did you mean 'dac'?"),
        ("register: {enrgy: 1 pJ}", "unknown key 'enrgy' in components.register; did you mean 'energy'?"),
        ("digital: {mak: {energy: 1 pJ}}", "unknown key 'mak' in components.digital; did you mean 'mac'?"),
        ("dac: {energy: 1 pW, status: assumed}", "components.dac.energy: '1 pW' is a power (W), not an energy (J)"),
        ("dac: {area: 1 um, status: assumed}", "components.dac.area: '1 um' is a length (m), not an area (m^2)"),
        ("dac: {energy: 1, status: assumed}", "components.dac.energy: 1 has no unit; write '1 J'"),
        (
            "dac: {uncertainty: 0.5, status: assumed}",
            "components.dac.uncertainty: 0.5 is out of range; allowed: at least 1",
        ),
        (
            "dac: {status: guessed}",
            "components.dac.status is 'guessed'; allowed: measured, published, fitted, computed",
        ),
        (
            "adc: {model: regresion}",
            "components.adc.model is 'regresion'; allowed: fixed, step, regression, survey, bound",
        ),
        ("adc: {model: step, bits: 8}", "unknown key 'bits' in components.adc; model 'step' has"),
        ("adc: {energy: 1 pJ}", "components.adc: the model 'fixed' needs the resolution of the converter; write e.g."),
        ("adc: {model: bound, rate: 1 kHz}", "components.adc: rate: 1 kHz is beyond the rates with a best figure"),
        ("cell: {width: 12 F}", "components.cell.width: is in units of the feature size; add e.g. 'feature: 56 nm'"),
        ("cell: {width: 0 F}", "components.cell.width: '0 F' is out of range; allowed: above 0 F"),
        ("cell: {gate_capacitance: 1 fF}", "components.cell.gate_capacitance: needs 'access: transistor'"),
        ("wire: {}", "missing key 'capacitance' in components.wire; write e.g. 'capacitance: 0.2 fF/um'"),
    ],
)
def test_what_is_not_allowed_is_said_in_one_line_with_its_place(text, says):
    assert refusal(text).startswith(f"my.yaml:6: {says}")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("dac: {energy: 1 pJ}", "does not say where its values come from; add 'status: assumed', or another status"),
        ("dac: {energy: 1 pJ, status: measured}", "is 'measured' without a source; add 'source: KEY' (one of lab)"),
        ("digital: {mac: {energy: 1 pJ, status: fitted}}", "components.digital.mac is 'fitted' without a source"),
        ("adc: {model: regression}", "components.adc does not say where its values come from"),
    ],
)
def test_an_entry_that_does_not_say_where_its_values_come_from_is_refused(text, says):
    assert refusal(text).startswith("my.yaml:6: components.") and says in refusal(text)


def test_an_unknown_source_is_said_with_the_nearest_one():
    problem = refusal("dac: {energy: 1 pJ, status: measured, source: lap}")
    assert problem == "my.yaml:6: unknown source 'lap' in components.dac; did you mean 'lab'?"


@pytest.mark.parametrize("status", ["computed", "default", "assumed", "recalled"])
def test_an_energy_that_nobody_reports_needs_an_uncertainty(status):
    entry = f"dac: {{energy: 1 pJ, source: lab, status: {status}"
    assert f"components.dac is '{status}' without an uncertainty" in refusal(entry + "}")
    power = entry.replace("dac: {energy: 1 pJ", "other: {power: 1 uW")
    assert f"components.other is '{status}' without an uncertainty" in refusal(power + "}")
    assert with_components(entry + ", uncertainty: 4}").at().dac.uncertainty == 4.0
    assert with_components(entry.replace("energy: 1 pJ", "area: 1 um^2") + "}").at().dac.uncertainty is None


@pytest.mark.parametrize("status", ["measured", "published", "fitted"])
def test_the_uncertainty_of_a_reported_value_is_not_known_unless_it_is_stated(status):
    entry = f"dac: {{energy: 1 pJ, source: lab, status: {status}"
    assert with_components(entry + "}").at().dac.uncertainty is None
    assert with_components(entry + ", uncertainty: 1}").at().dac.uncertainty == 1.0


def test_the_uncertainty_of_the_table_holds_for_entries_without_one():
    text = HEAD + "status: assumed\nuncertainty: 3\ncomponents:\n  dac: {energy: 1 pJ}\n  adc: {ADC}\n"
    components = components_from_text(text.replace("ADC", "energy: 1 pJ, bits: 8, uncertainty: 1.5")).at()
    assert (components.dac.uncertainty, components.adc.uncertainty) == (3.0, 1.5)
    assert components.adc.conversion(8).uncertainty == 1.5


@pytest.mark.parametrize(("model", "factor"), [("regression", 4.0), ("survey", 13.29), ("sar", 10.0), ("bound", None)])
def test_models_of_converters_have_an_uncertainty_that_an_entry_may_replace(model, factor):
    text = HEAD + f"status: assumed\nuncertainty: 3\ncomponents: {{adc: {{model: {model}}}}}\n"
    conversion = components_from_text(text).at().adc.conversion(8)
    assert conversion.uncertainty == (None if factor is None else pytest.approx(factor, abs=0.01))
    assert conversion.lower_bound is (model == "bound")
    stated = components_from_text(text.replace(f"{model}}}", f"{model}, uncertainty: 2}}")).at().adc.conversion(8)
    assert stated.uncertainty == 2.0


@pytest.mark.parametrize(
    ("slot", "quantity", "bits", "says"),
    [
        ("dac", "area", None, "component 'dac' of table 'my-chip' has no area; it has: energy"),
        ("dac", "energy", 8, "component 'dac' of table 'my-chip': its values hold for up to 2 bits, not for 8"),
        ("adc", "energy", 9, "component 'adc' of table 'my-chip': its values hold for up to 8 bits, not for 9"),
        ("adc", "power", 8, "component 'adc' of table 'my-chip' has no power; it has: energy, area, time"),
        ("cell", "access", None, "component 'cell' of table 'my-chip' has no access; it has: area, width, height,"),
        ("cell", "energy", None, "component 'cell' of table 'my-chip' has no energy; it has: area, width, height,"),
        ("adcs", "energy", 8, "unknown component 'adcs'; did you mean 'adc'?"),
    ],
)
def test_a_value_that_is_needed_and_not_there_is_an_error_in_one_line(slot, quantity, bits, says):
    with pytest.raises(InputError, match=f"^{re.escape(says)}") as caught:
        components_from_text(FULL).at().need(slot, quantity, bits)
    assert "\n" not in str(caught.value)


def test_a_component_that_is_needed_and_not_there_is_an_error_in_one_line():
    components = with_components("dac: {energy: 1 pJ, source: lab, status: measured}").at()
    with pytest.raises(InputError, match=r"^table 'my-chip' has no component 'adc'; it has: dac$"):
        components.need("adc", "energy", 8)
    with pytest.raises(InputError, match=r"table 'my-chip' has no component 'digital\.mac'; it has: dac"):
        components.need("digital.mac", "energy")


def test_a_table_that_is_not_shipped_is_said_with_the_nearest_one(tmp_path):
    with pytest.raises(
        InputError, match=r"^unknown component table 'isac-32nm'; did you mean 'isaac-32nm'\? \('memsim"
    ):
        load_components("isac-32nm")
    with pytest.raises(InputError, match=r"mine\.yaml: no such file"):
        load_components(tmp_path / "mine.yaml")


def test_a_table_is_found_by_name_by_path_or_is_one_already(tmp_path):
    assert "isaac-32nm" in component_table_names()
    file = tmp_path / "mine.yaml"
    file.write_text(FULL, encoding="utf-8")
    table = load_components(file)
    assert components_of(table) is table
    assert components_of(str(file)) == components_of(file) == components_from_text(FULL)
    assert components_of("isaac-32nm").name == "isaac-32nm"
    with pytest.raises(InputError, match="components: int; allowed: a name, a path or a ComponentTable"):
        components_of(3)
