"""Experiments with converters, wires and tiles, and devices with parts of their physics taken as ideal."""

from __future__ import annotations

import numpy as np
import pytest

import memsim as ms
from memsim.experiments.loading import experiment_from_text
from memsim.networks import Architecture, Network
from memsim.plotting.catalog import default_figure, draw
from memsim.profiles import device_from_text, device_names, load_device
from memsim.profiles.idealised import PARTS, idealised
from memsim.tasks.classify.classifiers.deployed import Deployed
from memsim.tasks.compared import prepare, wire_notes
from tests.device_texts import device_text
from tests.figure_artists import words

MEMORISE = """\
name: tiny
data: {samples: 2, shape: [8, 8]}
learners:
  - name: Cell
    array: {device: agsi-jo2010, column: reference}
    learning: {rate: 0.2, steps: 30}
corruptions:
  gaussian: [0.1, 0.5]
"""
CLASSIFY = """\
name: tiny
task: classify
data: {source: digits, samples: 120}
learners:
  - name: Net
    network: {architecture: linear}
    training: {rate: 0.03, epochs: 4}
  - name: On
    programmed: {learner: Net}
    array: {device: ideal, dac: {bits: 6, polarity: unsigned}, adc: {bits: 4}, tile: [40, 8]}
  - name: Local
    array: {device: ideal, ideal: [bounds], adc: {bits: 6, range: 8}}
    learning: {rule: delta, rate: 0.01, epochs: 2}
  - name: Hebbian
    array: {device: ideal, adc: {bits: 6, range: rms}}
    features: {kind: random, units: 16}
    learning: {rule: hebbian, rate: 0.001, epochs: 1}
sweep: {array.adc.bits: [2, 8]}
corruptions: {gaussian: [0.1]}
perturbations: [0.05]
seeds: 2
"""


def experiment(text: str = MEMORISE, **changes):
    return experiment_from_text(text, "tiny.yaml").replace({key.replace("__", "."): v for key, v in changes.items()})


@pytest.fixture(scope="module")
def classes():
    return ms.run(experiment(CLASSIFY))


@pytest.mark.slow
@pytest.mark.parametrize("name", device_names())
def test_nothing_random_is_left_of_a_device_that_is_ideal_in_all_parts(name):
    spec = idealised(load_device(name), PARTS).device.spec
    assert spec.conductance.nominal and spec.update.model == "constant" and spec.encoding == "exact"
    variability = spec.variability
    assert variability is None or not (variability.c2c or variability.write or variability.per_pulse or variability.d2d)
    assert spec.faults is None and not (spec.read.noise or spec.read.telegraph or spec.read.flicker)
    assert spec.conductance.width == pytest.approx(load_device(name).spec.conductance.width)


def test_each_part_leaves_the_others_as_they_are():
    device = load_device("taox-hfox-wu2018")
    pulses = idealised(device, ["c2c", "d2d", "read"]).device.spec
    assert pulses.update == device.spec.update and pulses.conductance == device.spec.conductance
    assert idealised(device, ["read"]).device.spec.variability == device.spec.variability
    exact = idealised(device, ["update"]).device.spec
    assert exact.conductance == device.spec.conductance and exact.read == device.spec.read
    assert exact.variability.c2c is None
    assert all(field.startswith("conductance.") for field in exact.variability.d2d)


def test_a_part_that_a_device_lacks_or_keeps_is_told():
    notes = idealised(load_device("hfox-wan2022"), PARTS).notes
    assert any("only programmed" in note for note in notes)
    assert "cannot be taken out" in idealised(load_device("stt-mram-chen2018"), ["c2c"]).notes[0]
    assert idealised(load_device("taox-hfox-wu2018"), PARTS).notes == ()


def test_a_measured_table_loses_its_spread_but_keeps_its_steps():
    device = device_from_text(device_text("table"), "table.yaml")
    before, after = (one.spec.update.table for one in (device, idealised(device, ["c2c"]).device))
    assert [row.step for row in after.set] == [row.step for row in before.set]
    assert any(row.sigma for row in before.set) and not any(row.sigma for row in (*after.set, *after.reset))


def test_a_device_without_programming_error_is_written_exactly():
    device = load_device("hfo2-milo2021")
    real, exact = device, idealised(device, ["c2c"]).device
    wished = np.full((8, 2), 0.5)
    cells = [ms.Crossbar(one, 8, 2).program(wished).state.values for one in (real, exact)]
    assert np.abs(cells[0] - 0.5).max() > 0.01
    assert cells[1] == pytest.approx(wished, abs=1e-3)


def test_the_first_layer_is_the_ideal_cell():
    layer = ms.run(experiment(array__ideal=list(PARTS)))
    ideal = ms.run(experiment(array__device="ideal", array__bounds=None))
    np.testing.assert_allclose(layer.snr, ideal.snr, rtol=1e-5)
    assert layer.device.item() == "agsi-jo2010"


def test_a_result_with_ideal_parts_and_converters_repeats(tmp_path):
    adc = {"bits": 5, "range": "max"}
    first = ms.run(experiment(array__ideal=["read"], array__adc=adc, array__dac={"bits": 4}, array__tile=[40, 2]))
    again = ms.rerun(ms.save(first, tmp_path / "first.nc"))
    np.testing.assert_array_equal(first.snr, again.snr)


def test_converters_leave_as_many_outputs_as_they_have_codes():
    found = ms.run(experiment(array__adc={"bits": 4, "range": "max"}))
    for image in found.output_target.values.reshape(2, -1):
        assert len(np.unique(image)) <= 15
    assert found.clean_target.values == pytest.approx(ms.run(experiment()).clean_target.values, rel=0.2)


def test_layers_of_an_array_have_a_figure():
    learners = [
        {"name": name, "array": {"device": "ideal", "column": "reference", "ideal": ideal}}
        for name, ideal in (("Ideal", ["bounds"]), ("+ bounds", []))
    ]
    found = ms.run(experiment().replace({"learners": learners}))
    assert default_figure(found) == "layers"
    text = [text.get_text() for axes in draw(found).axes for text in axes.texts]
    assert any(part.startswith("−") and part.endswith("%") for part in text)


@pytest.mark.slow
def test_products_of_more_bits_are_closer_to_exact_ones(classes):
    snr = classes.product_snr_mean
    assert float(snr.sel(learner="On, bits 8")) > float(snr.sel(learner="On, bits 2")) + 10
    assert np.isnan(snr.sel(learner=["Net", "Local, bits 8"])).all()
    assert classes.layer_snr.dims == ("learner", "repeat", "layer") and classes.layer_snr.attrs["units"] == "dB"
    assert default_figure(classes) == "products" and len(draw(classes).axes) == 3
    assert "example_tile_voltage" not in classes


def test_crossbars_that_learn_in_place_read_through_converters(classes):
    for name in ("Local", "Hebbian"):
        accuracy = [float(classes.test_accuracy_mean.sel(learner=f"{name}, bits {bits}")) for bits in (2, 8)]
        assert accuracy[1] > max(0.2, accuracy[0])


def test_products_without_converters_and_noise_are_exact_to_rounding():
    network = Network.fresh(Architecture("two-layer", (1, 4, 4), 3, hidden=5), seed=1)
    deployed = Deployed(network, "ideal", seed=1)
    x = np.random.default_rng(0).random((20, 1, 4, 4), np.float32)
    assert (deployed.product_snr(x, 0) > 90).all()
    coarse = Deployed(network, "ideal", seed=1, dac=ms.DAC(8), adc=ms.ADC(8), tile=(6, 3)).calibrate(x)
    fine = Deployed(network, "ideal", seed=1, dac=ms.DAC(12), adc=ms.ADC(12), tile=(6, 3)).calibrate(x)
    assert (fine.product_snr(x, 0) - coarse.product_snr(x, 0) > 15).all()  # 6 dB a bit


@pytest.mark.parametrize(
    ("array", "said"),
    [
        ("adc: {bits: 0}", "array.adc.bits: 0 is out of range; allowed: 1 to 16"),
        ("tile: [0, 4]", "array.tile.0: 0 is out of range"),
        ("ideal: [c2c, d2s]", "did you mean 'd2d'?"),
        ("ideal: [c2c, c2c]", "'c2c' is given twice"),
        ("wires: {node: 23 nm}", "wires.node: 23 nm is not in the table; did you mean 22?"),
        ("wires: {node: 22}", "write '22 nm'"),
        ("wires: {node: 22 nm, bit_resistance: 1 ohm}", "follows from the node"),
        ("wires: {temperature: 350 K}", "wires.temperature: needs a node"),
        ("dac: {bits: 1}", "1 has no code for either sign"),
        ("dac: {bits: none, gain: 0.1}", "a converter without `bits` has no errors"),
        ("adc: {bits: 1}", "1 has no code for either sign of an output"),
    ],
)
def test_a_circuit_that_cannot_be_is_refused_with_its_line(array, said):
    text = MEMORISE.replace("column: reference}", f"column: reference, {array}}}")
    with pytest.raises(ms.InputError) as caught:
        ms.run(experiment(text))
    assert "tiny.yaml:5" in str(caught.value) and said in str(caught.value)


def test_rules_that_read_need_a_range_that_is_known_before():
    with pytest.raises(ms.InputError, match=r"array\.adc\.range: 'max' follows .* the rule 'delta' reads"):
        experiment(learning__rule="delta", array__adc={"range": "max"})
    experiment(learning__rule="delta", array__adc={"range": 2})


def test_a_key_of_converters_reaches_the_arrays_that_have_them():
    layers = ms.load_experiment("layers-01")
    changed = layers.replace({"array.adc.bits": 10})
    assert [learner.array.adc and learner.array.adc.bits for learner in changed.spec.learners] == [None] * 6 + [10] * 2
    swept = layers.replace({"sweep": {"array.wires.node": ["22 nm", "3 nm"]}})
    assert swept.spec.labels[-3:] == ["+ converters", "+ wires, node 22 nm", "+ wires, node 3 nm"]
    assert experiment(array__adc__bits=4).spec.learners[0].array.adc.bits == 4


def test_learners_of_a_sweep_over_both_converters_can_be_told_apart():
    swept = experiment(CLASSIFY).replace({"sweep": {"array.dac.bits": [4], "array.adc.bits": [2]}})
    assert "On, dac bits 4, adc bits 2" in swept.spec.labels


@pytest.mark.slow
def test_wires_lower_the_voltage_of_cells_and_the_snr(tmp_path):
    array = {"device": "hfo2-ohmic-milo2021", "wires": {"node": "22 nm"}, "tile": [16, 8]}
    text = experiment(CLASSIFY).replace({"learners.On.array": array}).replace({"sweep": {}})
    learners = [learner for learner in text.document.get("learners") if learner["name"] in ("Net", "On")]
    swept = text.replace({"learners": learners, "sweep": {"array.wires.node": ["130 nm", "3 nm"]}})
    found = ms.run(swept)
    wide, narrow = (f"On, node {node} nm" for node in (130, 3))
    assert float(found.product_snr_mean.sel(learner=wide)) > float(found.product_snr_mean.sel(learner=narrow))
    voltage = found.example_tile_voltage
    assert voltage.sizes["word_line"] == 16 and voltage.sizes["bit_line"] == 8
    far, near = {"word_line": 0, "bit_line": 7}, {"word_line": 15, "bit_line": 0}
    assert float(voltage.sel(learner=narrow).isel(far)) < float(voltage.sel(learner=narrow).isel(near)) < 1
    assert (found.example_tile_error.sel(learner=narrow) < 0).all()
    assert len(draw(found, "wire-maps").axes) == 6
    assert "0 S" not in words(draw(found, "wire-maps"))
    without = found.copy(deep=True)
    without["example_tile_error"].values[1, -1:, :] = np.nan  # cells of 0 S in the last word line
    drawn = draw(without, "wire-maps")
    assert "blank: 8 and 0 cells of 0 S, tiles from the left" in words(drawn).replace(" | ", " ")
    assert all(axes.images[0].get_array().shape == (16, 8) for axes in drawn.axes if axes.get_xlabel() == "bit line")
    again = ms.rerun(ms.save(found, tmp_path / "wires.nc"))
    np.testing.assert_array_equal(found.product_snr, again.product_snr)


@pytest.mark.parametrize(
    ("wires", "note"),
    [
        (
            {"word_resistance": "1 ohm"},
            "only word_resistance is given, so bit lines have no resistance; bit_resistance: 0 Ohm says that no "
            "resistance is meant",
        ),
        (
            {"bit_resistance": "1 ohm", "driver_resistance": "1 ohm"},
            "only bit_resistance, driver_resistance is given, so word lines have no resistance; word_resistance: 0 Ohm "
            "says that no resistance is meant",
        ),
        (
            {"driver_resistance": "1 ohm"},
            "only driver_resistance is given, so word lines and bit lines have no resistance; word_resistance: 0 Ohm "
            "and bit_resistance: 0 Ohm say that no resistance is meant",
        ),
        ({"word_resistance": "1 ohm", "bit_resistance": "0 ohm"}, ""),
        ({"node": "22 nm"}, ""),
    ],
)
def test_lines_whose_resistance_is_not_stated_are_named(wires, note):
    entries = prepare(experiment(array__wires=wires))
    assert [found.partition(": of the wires, ")[2] for found in wire_notes(entries)] == [note] * bool(note)


def test_passive_arrays_name_lines_whose_resistance_is_not_stated():
    spec = ms.load_experiment("sneak-01")
    arrays = [{"name": "P", "array": {"device": "epiram-choi2018"}, "wires": {"word_resistance": "2 ohm"}}]
    assert wire_notes(prepare(spec)) == []
    assert wire_notes(prepare(spec.replace({"arrays": arrays}))) == [
        "P: of the wires, only word_resistance is given, so bit lines have 1 Ohm, which is the default; "
        "bit_resistance: 0 Ohm says that no resistance is meant"
    ]


def test_wires_need_the_resistance_of_both_lines_or_of_neither():
    with pytest.raises(ms.InputError, match=r"wires\.bit_resistance: missing beside word_resistance"):
        ms.Wires(word_resistance=1.0)
    assert ms.Wires(driver_resistance=1.0) == ms.Wires(0.0, 0.0, 1.0)


@pytest.mark.slow
def test_wires_without_resistance_change_nothing():
    plain = ms.run(experiment(array__tile=[40, 2]))
    wired = ms.run(experiment(array__tile=[40, 2], array__wires={"word_resistance": "0 ohm"}))
    assert "bit lines have no resistance" in wired.notes and "no resistance" not in plain.attrs.get("notes", "")
    np.testing.assert_allclose(wired.clean_snr, plain.clean_snr, rtol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["taox-hfox-wu2018", "hfox-wan2022", "stt-mram-chen2018"])
def test_layers_01_runs_on_any_kind_of_device(name):
    found = ms.run(ms.load_experiment("layers-01").replace({"data.samples": 2}), device=load_device(name))
    ideal, bounded, *others = found.snr_magnitude_median.values
    assert bounded < 0.7 * ideal and np.isfinite(others).all()
    assert (found.device == name).all() and draw(found).axes
