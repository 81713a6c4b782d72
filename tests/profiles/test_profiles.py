from __future__ import annotations

import pickle
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memsim.document import DocumentError
from memsim.errors import InputError
from memsim.profiles import DeviceProfile, Provenance, device_from_text, device_names, load_device
from memsim.profiles.guide import keys
from memsim.profiles.schema import DeviceSpec
from memsim.profiles.updates import UPDATES
from memsim.storage.library import find, library
from memsim.units import format_quantity

UPDATE_NAMES = [update.model_fields["model"].annotation.__args__[0] for update in UPDATES]
README = Path(__file__).parents[2] / "devices" / "README.md"
TEXT = """\
name: test-device
title: A device for tests
technology: oxide RRAM
sources:
  jo2010: {cite: "Jo et al., 2010", doi: 10.1021/nl904092h}
  chen2018: {cite: Chen and Yu}
conductance: {min: 1 uS, max: 10 uS, source: jo2010, where: fig. 2, status: measured, note: at 0.1 V}
update:
  model: neurosim
  pulses: 128
  source: chen2018
  status: measured
  nonlinearity: {set: 0.04, reset: -0.63, status: fitted}
  set: {voltage: 1.6 V, width: 50 ns}
variability:
  c2c: {sigma: 3.7 %, relative_to: range, source: chen2018, status: fitted}
  d2d:
    conductance.max: {sigma: 5 %, relative_to: value, status: assumed}
read:
  voltage: 0.5 V
  duration: 5 ns
  status: assumed
  noise: {sigma: 0.01, relative_to: value}
"""


def load(text: str = TEXT) -> DeviceProfile:
    return device_from_text(text, "x.yaml")


@pytest.mark.slow
@pytest.mark.parametrize("name", device_names())
def test_every_shipped_profile_loads_cites_and_reads_back(name):
    device = load_device(name)
    assert device.name == name
    assert device.title
    assert device.technology
    assert device_from_text(device.to_yaml(), name).spec == device.spec
    assert device_from_text(device.to_yaml()).rows() == device.rows()
    for row in device.rows():
        provenance = device.provenance(row.field)
        assert provenance.status == row.status
        if provenance.status != "assumed":
            assert provenance.source in device.spec.sources
            assert provenance.where


def test_the_worked_example_for_authors_is_a_valid_profile():
    block = re.search(r"```yaml\n(.*?)```", README.read_text(encoding="utf-8"), re.S)
    device = load(block.group(1))
    assert device.provenance("update.reset.voltage") == Provenance("chen2018", "table I", "measured", None)
    assert device.provenance("update.nonlinearity.set").status == "fitted"


def test_the_tables_of_the_guide_for_authors_are_those_of_the_schema():
    tables = README.read_text(encoding="utf-8").partition("<!-- keys -->\n")[2].partition("<!-- end -->")[0]
    assert tables == keys(), "run: python docs/update_models.py --text"


@pytest.mark.slow
def test_the_examples_of_the_guide_for_authors_work(tmp_path):
    text = README.read_text(encoding="utf-8")
    blocks = re.findall(r"```yaml\n(.*?)```", text, re.S)
    whole = next(block for block in blocks if "extends:" in block and "status: fitted, source: ours" in block)
    ours = device_from_text(whole, "x.yaml")
    assert ours.provenance("update.nonlinearity.reset").source == "ours"
    assert ours.provenance("update.nonlinearity.set").source == "chen2018"
    window, custom = re.findall(r"```python\n(.*?)```", text, re.S)
    session: dict = {}
    exec(window, session)
    assert float(session["cells"].conductance.max()) == pytest.approx(40e-6)
    exec(custom, session)
    assert session["device"].spec.update.function == "my-step"


def test_the_guide_for_authors_names_every_key_and_status():
    text = README.read_text(encoding="utf-8")
    schema = DeviceSpec.model_json_schema()
    keys = {key for part in (schema, *schema["$defs"].values()) for key in part["properties"]}
    assert not [key for key in keys if not re.search(rf"[`.{{ ]{key}\b", text)]
    assert all(status in text for status in ("measured", "digitised", "fitted", "computed", "assumed"))


def test_the_ideal_cell_is_a_noiseless_nominal_scale():
    spec = load_device("ideal").spec
    assert spec.conductance.nominal
    assert (spec.conductance.min, spec.conductance.max) == (0.0, 100e-6)
    assert spec.update.model == "constant"
    assert spec.encoding == "exact"
    assert spec.variability is None
    assert spec.read.noise is None


def test_numbers_are_in_si_units_and_fractions():
    spec = load().spec
    assert spec.conductance.max == 10e-6
    assert spec.update.set.width == 50e-9
    assert spec.variability.c2c.sigma == 0.037
    assert spec.variability.d2d["conductance.max"].sigma == 0.05
    assert spec.read.noise.sigma == 0.01
    assert load(TEXT.replace("pulses: 128", "pulses: 128\n  encoding: sign")).spec.encoding == "sign"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("voltage: 0.5 V", "volage: 0.5 V", "x.yaml:20: unknown key 'volage' in read; did you mean 'voltage'?"),
        ("  duration: 5 ns\n", "", "x.yaml:19: missing key 'duration' in read; write e.g. 'duration: 5 ns'"),
        ("0.5 V", "0.5", "x.yaml:20: read.voltage: 0.5 has no unit; write '0.5 V'"),
        ("0.5 V", "500 V", "x.yaml:20: read.voltage: '500 V' is out of range; allowed: above 0 V, at most 100 V"),
        ("0.5 V", "5 nS", "x.yaml:20: read.voltage: '5 nS' is a conductance (S), not a voltage (V)"),
        (
            "max: 10 uS",
            "max: 2 S",
            "x.yaml:7: conductance.max: '2 S' is out of range; allowed: at least 0 S, at most 1 S",
        ),
        ("min: 1 uS", "min: 20 uS", "x.yaml:7: conductance.max: 'max' must be larger than 'min'"),
        (
            "width: 50 ns",
            "width: 20 h",
            "x.yaml:14: update.set.width: '20 h' is out of range; allowed: above 0 s, at most 10000 s",
        ),
        (
            "1.6 V",
            "0 V",
            "x.yaml:14: update.set.voltage: '0 V' is out of range; allowed: at least -100 V, at most 100 V, not 0",
        ),
        ("pulses: 128", "pulses: 0", "x.yaml:10: update.pulses: 0 is out of range; allowed: 1 to 1000000"),
        (
            "set: 0.04",
            "set: 12",
            "x.yaml:13: update.nonlinearity.set: 12 is out of range; allowed: at least -9, at most 9",
        ),
        (
            "model: neurosim",
            "model: neurosm",
            f"x.yaml:9: update.model is 'neurosm'; allowed: {', '.join(UPDATE_NAMES)}; did you mean 'neurosim'?",
        ),
        (
            "  model: neurosim\n",
            "",
            "x.yaml:8: missing key 'model' in update; write e.g. "
            "'model: constant' or 'model: linear' or 'model: soft-bounds'",
        ),
        ("model: neurosim", "model: constant", "x.yaml:13: unknown key 'nonlinearity' in update"),
        (
            "relative_to: range, ",
            "",
            "x.yaml:16: missing key 'relative_to' in variability.c2c; "
            "write e.g. 'relative_to: range' or 'relative_to: step'",
        ),
        (
            "relative_to: range",
            "relative_to: value",
            "x.yaml:16: variability.c2c.relative_to is 'value'; allowed: range, step",
        ),
        (
            "3.7 %",
            "3.7",
            "x.yaml:16: variability.c2c.sigma: 3.7 could be percent or a fraction; write '3.7 %' or '370 %'",
        ),
        (
            "3.7 %",
            "2000 %",
            "x.yaml:16: variability.c2c.sigma: '2000 %' is out of range; allowed: at least 0 %, at most 1000 %",
        ),
        (
            "conductance.max: {",
            "conductance.mx: {",
            "x.yaml:18: unknown key 'conductance.mx' in variability.d2d; did you mean 'conductance.max'?",
        ),
        (
            "conductance.max: {sigma: 5 %, relative_to: value",
            "update.nonlinearity.set: {sigma: 5 %, relative_to: range",
            "x.yaml:18: variability.d2d.update.nonlinearity.set.relative_to: "
            "'range' is the conductance window; write 'relative_to: value'",
        ),
        (
            "  c2c: {sigma: 3.7 %, relative_to: range, source: chen2018, status: fitted}\n  d2d:\n    conductance.max",
            "  d2d:\n    variability.c2c.sigma",
            "x.yaml:17: variability.d2d.variability.c2c.sigma: "
            "this profile has no variability.c2c.sigma that could vary",
        ),
        (
            "min: 1 uS",
            "nominal: true, min: 1 uS",
            "x.yaml:7: conductance.nominal: a nominal window needs 'update.model: constant'; remove it",
        ),
        (
            "name: test-device",
            "name: Test Device",
            "x.yaml:1: name is 'Test Device'; allowed: lower-case letters and digits, joined by '-', at most 64",
        ),
        ("10.1021/nl904092h", "doi.org/10", "x.yaml:5: sources.jo2010.doi is 'doi.org/10'; allowed: a DOI such as"),
        ("max: 10 uS", "max: {valu: 10 uS}", "x.yaml:7: unknown key 'valu' in conductance.max; did you mean 'value'?"),
        (
            "max: 10 uS",
            "max: {value: 10 V}",
            "x.yaml:7: conductance.max.value: '10 V' is a voltage (V), not a conductance (S)",
        ),
        (
            "max: 10 uS",
            "max: {value: 10 uS, status: guessed}",
            "x.yaml:7: conductance.max.status: 'guessed' is not a status; allowed: measured, digitised, fitted, "
            "computed, assumed",
        ),
    ],
)
def test_each_mistake_in_a_profile_is_one_line_with_its_remedy(old, new, message):
    assert old in TEXT
    with pytest.raises(DocumentError) as caught:
        load(TEXT.replace(old, new, 1))
    assert caught.value.problems[0].startswith(message)


@pytest.mark.parametrize(
    ("device", "field", "unit"),
    [
        ("agsi-jo2010", "conductance.max", "S; write 'relative_to: value' or 'range'"),
        ("tio2-strukov2008", "update.resistance.on", "Ohm; write 'relative_to: value'"),
        ("agsi-yakopcic2011", "update.vp", "V; write 'relative_to: value'"),
    ],
)
def test_an_absolute_spread_of_a_parameter_with_a_unit_is_refused(device, field, unit):
    absolute = {"sigma": 0.1, "relative_to": "absolute", "status": "assumed"}
    with pytest.raises(DocumentError, match=f"'absolute' is for dimensionless parameters, {field} is in {unit}"):
        load_device(device).replace({"variability": {"d2d": {field: absolute}}})


def test_an_absolute_spread_of_a_dimensionless_parameter_is_taken_as_it_stands():
    absolute = {"sigma": 0.1, "relative_to": "absolute", "status": "assumed"}
    device = load_device("agsi-jo2010").replace({"variability": {"d2d": {"update.nonlinearity.set": absolute}}})
    assert device.spec.variability.d2d["update.nonlinearity.set"].sigma == 0.1


def test_a_spread_relative_to_a_value_of_zero_is_refused():
    text = TEXT.replace("min: 1 uS", "min: 0 S").replace("conductance.max: {", "conductance.min: {")
    with pytest.raises(DocumentError, match=r"x.yaml:18: .*has no effect relative to a value of 0 \(conductance.min\)"):
        load(text)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            ", source: jo2010, where: fig. 2, status: measured",
            "",
            "x.yaml:7: conductance.min does not say where it comes from; add 'status: measured', "
            "'digitised', 'fitted' or "
            "'computed' with 'source: KEY' (one of jo2010, chen2018), or 'status: assumed'",
        ),
        (
            "fig. 2, status: measured",
            "fig. 2",
            "x.yaml:7: conductance.min does not say where it comes from; add 'status: measured', "
            "'digitised', 'fitted' or "
            "'computed' beside its source, or 'status: assumed'",
        ),
        (
            "source: jo2010, ",
            "",
            "x.yaml:7: conductance.min is 'measured' without a source; add 'source: KEY' (one of jo2010, chen2018) "
            "or 'status: assumed'",
        ),
        ("source: jo2010", "source: jo210", "x.yaml:7: unknown source 'jo210' in conductance; did you mean 'jo2010'?"),
        (
            "max: 10 uS",
            "max: {value: 10 uS, source: wu}",
            "x.yaml:7: unknown source 'wu' in conductance.max; allowed: chen2018, jo2010",
        ),
    ],
)
def test_every_number_must_say_where_it_comes_from(old, new, message):
    assert old in TEXT
    with pytest.raises(DocumentError) as caught:
        load(TEXT.replace(old, new, 1))
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("source: jo2010", f"source: {'9' * 5000}x"),
        ("max: 10 uS", f"max: {{value: 10 uS, note: [{', '.join(['a'] * 900)}]}}"),
        ("max: 10 uS", f"max: {{value: 10 uS, status: [{', '.join(['a'] * 900)}]}}"),
    ],
)
def test_a_long_value_does_not_make_a_long_message(old, new):
    assert old in TEXT
    with pytest.raises(DocumentError) as caught:
        load(TEXT.replace(old, new, 1))
    assert max(map(len, caught.value.problems)) < 300


def test_a_status_at_the_top_covers_a_whole_profile():
    bare = re.sub(r", (source|where|status|note): [^,}\n]+", "", TEXT)
    bare = re.sub(r"  (source|status): \w+\n", "", bare)
    with pytest.raises(DocumentError, match=r"\(and \d more problems\)"):
        load(bare)
    assert {row.status for row in load(bare + "status: assumed\n").rows()} == {"assumed"}


def test_provenance_is_inherited_from_the_innermost_section_that_gives_it():
    device = load(TEXT.replace("max: 10 uS", "max: {value: 10 uS, source: chen2018, status: computed}"))
    assert device.provenance("conductance.min") == Provenance("jo2010", "fig. 2", "measured", "at 0.1 V")
    assert device.provenance("conductance.max") == Provenance("chen2018", None, "computed", None)
    assert device.provenance("update.set.width") == Provenance("chen2018", None, "measured", None)
    assert device.provenance("update.nonlinearity.reset").status == "fitted"
    assert device.provenance("variability.d2d.conductance.max.sigma") == Provenance(None, None, "assumed", None)
    with pytest.raises(InputError, match=r"has no field 'read.voltag'; did you mean 'read.voltage'\?"):
        device.provenance("read.voltag")


def test_rows_list_every_number_with_unit_base_status_and_source():
    rows = {row.field: (row.value, row.status, row.source) for row in load().rows()}
    assert rows["conductance.min"] == ("1 uS", "measured", "jo2010")
    assert rows["update.pulses"] == ("128", "measured", "chen2018")
    assert rows["update.nonlinearity.reset"] == ("-0.63", "fitted", "chen2018")
    assert rows["variability.c2c.sigma"] == ("3.7 % of range", "fitted", "chen2018")
    assert rows["variability.d2d.conductance.max.sigma"] == ("5 % of value", "assumed", "")
    assert len(rows) == 12


def test_a_changed_number_is_validated_and_becomes_assumed():
    device = load()
    changed = device.replace({"variability.c2c.sigma": "2 %", "conductance.max": {"value": "12 uS"}}, origin="--set")
    assert changed.spec.variability.c2c.sigma == 0.02
    assert device.spec.variability.c2c.sigma == 0.037
    note = "set by --set variability.c2c.sigma=2 %"
    assert changed.provenance("variability.c2c.sigma") == Provenance(None, None, "assumed", note)
    assert changed.provenance("conductance.max").status == "assumed"
    assert changed.provenance("conductance.min").status == "measured"
    again = device_from_text(changed.to_yaml())
    assert again == DeviceProfile.from_document(changed.document)
    assert again.rows() == changed.rows()
    assert changed.replace({"variability.c2c.sigma": "1 %"}).spec.variability.c2c.sigma == 0.01


def test_a_change_that_brings_its_own_status_keeps_it():
    changed = load().replace({"read.voltage": {"value": "0.3 V", "source": "jo2010", "status": "measured"}})
    assert changed.provenance("read.voltage") == Provenance("jo2010", None, "measured", None)
    changed = load().replace({"read.voltage": "0.3 V", "read.status": "measured", "read.source": "jo2010"})
    assert changed.provenance("read.voltage") == Provenance("jo2010", None, "measured", None)


def test_sections_can_be_added_and_removed_by_changes():
    changed = load().replace(
        {
            "variability.d2d.update.nonlinearity.set.sigma": "3 %",
            "variability.d2d.update.nonlinearity.set.relative_to": "value",
            "variability.c2c": None,
            "read.noise": None,
        }
    )
    assert set(changed.spec.variability.d2d) == {"conductance.max", "update.nonlinearity.set"}
    assert changed.spec.variability.c2c is None
    assert changed.spec.read.noise is None
    assert load().replace({"variability.d2d": None}).spec.variability.d2d == {}
    ideal = load_device("ideal").replace({"variability.c2c": {"sigma": "1 %", "relative_to": "step"}})
    assert ideal.provenance("variability.c2c.sigma").status == "assumed"


def test_a_wrong_change_names_the_option_and_the_nearest_key():
    for changes, message in [
        ({"read.voltage": 3}, "x.yaml: --set read.voltage=3: read.voltage: 3 has no unit; write '3 V'"),
        (
            {"read.volage": "3 V"},
            "x.yaml: --set read.volage=3 V: unknown key 'volage' in read; did you mean 'voltage'?",
        ),
        (
            {"variability.d2d.conductance.mn.sigma": "3 %"},
            "x.yaml: --set variability.d2d.conductance.mn.sigma=3 %: "
            "unknown key 'conductance' in variability.d2d; did you mean 'conductance.min'?",
        ),
    ]:
        with pytest.raises(DocumentError) as caught:
            load().replace(changes, origin="--set")
        assert str(caught.value) == message


@pytest.mark.slow
@given(st.floats(1e-12, 1.0), st.floats(0, 10), st.sampled_from(["range", "step"]))
@settings(max_examples=40, deadline=None)
def test_any_allowed_change_survives_a_round_trip_through_yaml(conductance, sigma, base):
    changes = {
        "conductance": {"min": "0 S", "max": format_quantity(conductance, "S")},
        "variability.c2c": {"sigma": format_quantity(sigma, "%"), "relative_to": base},
    }
    device = load().replace(changes)
    assert device.spec.conductance.max == conductance
    assert device.spec.variability.c2c.sigma == sigma
    assert device_from_text(device.to_yaml()).spec == device.spec


def test_devices_are_found_by_name_or_path(tmp_path):
    assert set(library("devices")) == set(device_names())
    assert find("devices", "ideal").name == "ideal.yaml"
    own = tmp_path / "own.yaml"
    own.write_text(TEXT, encoding="utf-8")
    assert load_device(own).name == load_device(str(own)).name == "test-device"
    for name, message in [
        ("taox", "unknown device 'taox'; did you mean 'taox-hfox-wu2018'? ('memsim device list' shows all)"),
        ("agsi-jo2019", "unknown device 'agsi-jo2019'; did you mean 'agsi-jo2010'? ('memsim device list' shows all)"),
    ]:
        with pytest.raises(InputError) as caught:
            load_device(name)
        assert str(caught.value) == message
    with pytest.raises(InputError, match=r"missing\.yaml: no such file"):
        load_device(str(tmp_path / "missing.yaml"))


def test_the_schema_can_be_exported_for_editors():
    schema = DeviceSpec.model_json_schema()
    assert schema["properties"]["read"]
    assert "quantity in S" in str(schema)


def test_profiles_compare_hash_and_pickle_by_what_they_say():
    device = load()
    assert pickle.loads(pickle.dumps(device)) == device
    assert len({device, load(), load_device("ideal")}) == 2
    assert device.replace({"read.voltage": "0.4 V"}) != device


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("slowest", "1 ns", "'slowest' must be longer than 'fastest'"),
        ("slowest", "1e9 s", "'slowest' may be at most 15 decades longer than 'fastest'"),
    ],
)
def test_the_band_of_flicker_noise_must_be_one_that_can_be_computed(key, value, message):
    flicker = {"sigma": "1 %", "relative_to": "value", "fastest": "1 us", "slowest": "1 s"}
    with pytest.raises(DocumentError, match=message):
        load().replace({"read.flicker": {**flicker, "fastest": "100 ns", key: value}})
