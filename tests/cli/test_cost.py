"""`memsim cost`: costs of a result by another component table, from the events that the result holds."""

from __future__ import annotations

import json

import numpy as np
import pytest
import xarray as xr

import memsim as ms
from memsim.cli.main import run_command
from memsim.errors import InputError, MemsimError, OutputError

pytestmark = pytest.mark.slow
SMALL = {"data.samples": 40, "seeds": 2, "learning.epochs": 2, "perturbations": [0.05]}
LEARNER = {
    "name": "Delta, {device}",
    "array": {"device": "taox-hfox-wu2018", "dac": {"bits": 8}, "adc": {"bits": 8, "range": 8.0}},
    "learning": {"rule": "delta"},
}
TABLE = """\
name: two-parts
title: Converters alone
source: ours
sources: {ours: {cite: Our measurements}}
status: measured
node: 65 nm
components:
  dac: {energy: 1 pJ, bits: 8, uncertainty: 2}
  adc: {energy: 3 pJ, bits: 8, time: 10 ns, uncertainty: 3}
"""


@pytest.fixture(scope="module")
def experiment():
    base = ms.load_experiment("classify-01")
    return base.replace({"learners": [LEARNER], "corruptions": {"gaussian": [0.1]}}).replace(SMALL)


@pytest.fixture(scope="module")
def result(experiment):
    return ms.run(experiment)


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "two-parts.yaml"
    path.write_text(TABLE)
    return path


def test_the_option_and_the_shipped_tables_are_named_where_a_result_holds_no_table(result, tmp_path, capsys):
    path = ms.save(result, tmp_path / "result.nc")
    assert run_command(["cost", str(path)]) == 2
    message = capsys.readouterr().err
    assert "Error: --components: needed, as the result holds no component table; allowed: a YAML file, or" in message
    assert "generic" in message and message.count("\n") == 1


def test_costs_of_converters_are_their_conversions_times_their_energies(result, table):
    costs = ms.cost(result, table)
    rows, classes = 16 * 16 + 1, 4
    parts = costs["phase_energy_part"].isel(learner=0).sel(phase="inference")
    assert float(parts.sel(part="DAC")) == pytest.approx(rows * 1e-12, rel=1e-12)
    assert float(parts.sel(part="ADC")) == pytest.approx(classes * 3e-12, rel=1e-12)
    assert float(costs["phase_energy"].isel(learner=0).sel(phase="inference").mean()) == pytest.approx(
        float(parts.sum()), rel=1e-12
    )


def test_the_range_follows_from_the_uncertainties_of_independent_components(result, table):
    costs = ms.cost(result, table)
    dac, adc = 257e-12, 12e-12
    low, high = costs["phase_energy_range"].isel(learner=0).sel(phase="inference").values
    total = float(costs["phase_energy_part"].isel(learner=0).sel(phase="inference").sum())
    assert total - low == pytest.approx(np.hypot(dac * (1 - 1 / 2), adc * (1 - 1 / 3)), rel=1e-9)
    assert high - total == pytest.approx(np.hypot(dac * (2 - 1), adc * (3 - 1)), rel=1e-9)


def test_costs_computed_again_are_those_of_a_run_with_the_same_table(experiment, result):
    with_costs = ms.run(experiment.replace({"energy": {"components": "generic", "node": "32 nm"}}))
    again = ms.cost(result, "generic", node="32 nm")
    for name in ("phase_energy", "phase_time", "phase_energy_part", "phase_energy_range", "array_area_part"):
        np.testing.assert_allclose(again[name].values, with_costs[name].values, rtol=1e-12)
    other = ms.cost(with_costs, node="65 nm")
    assert (other["array_area"] > with_costs["array_area"]).all()


def test_the_command_prints_and_writes_costs(result, table, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    ms.save(result, "a.nc")
    assert run_command(["cost", "a.nc", "--components", str(table), "-o", "b.nc"]) == 0
    printed = capsys.readouterr().out
    assert "DAC" in printed and "b.nc" in printed
    written = ms.load("b.nc")
    assert "two-parts" in written.attrs["components"]
    assert "phase_energy" not in ms.load("a.nc")


def test_costs_of_a_written_result_are_those_of_its_own_table_and_settings(experiment, tmp_path):
    ran = ms.run(experiment.replace({"energy": {"components": "generic", "node": "22 nm", "bits": 4}}))
    changed = ms.cost(ran, "generic-crosspoint", node="65 nm", selection="V/3")
    ms.save(changed, tmp_path / "changed.nc")
    again = ms.cost(tmp_path / "changed.nc")
    np.testing.assert_array_equal(again["phase_energy"].values, changed["phase_energy"].values)


def test_a_result_with_a_table_of_the_user_runs_again_without_the_file(experiment, table, tmp_path):
    ran = ms.run(experiment.replace({"energy": {"components": str(table)}}))
    ms.save(ran, tmp_path / "ran.nc")
    table.unlink()
    again = ms.rerun(tmp_path / "ran.nc")
    np.testing.assert_array_equal(again["phase_energy"].values, ran["phase_energy"].values)


@pytest.mark.parametrize("damage", ["{", "[]", '{"node": [1]}', '{"node": "x"}', "{}"])
def test_damaged_settings_of_costs_are_refused(experiment, damage):
    ran = ms.run(experiment.replace({"energy": {"components": "generic", "node": "22 nm"}}))
    with pytest.raises(OutputError, match="its attribute 'component_settings' is damaged"):
        ms.cost(ran.assign_attrs(component_settings=damage))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--components", "generic"], "a node is needed"),
        (["--components", "isaac-32nm", "--node", "22 nm"], "it is a table for another node, 32 nm"),
        (["--components", "generc", "--node", "22 nm"], "did you mean 'generic'"),
        (["--components", "generic", "--node", "-22 nm"], "not a node"),
        ([], "holds no component table"),
        (["--components", "generic", "--node", "22 nm", "--bits", "0"], "bits: 0 is not allowed; 1 to 32"),
    ],
)
def test_mistakes_end_in_one_line(result, tmp_path, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(tmp_path)
    ms.save(result, "a.nc")
    assert run_command(["cost", "a.nc", *arguments]) == 2
    printed = capsys.readouterr().err
    assert message in printed and printed.count("\n") == 1


def test_a_component_without_energy_is_named(result, tmp_path):
    path = tmp_path / "incomplete.yaml"
    path.write_text(TABLE.replace("adc: {energy: 3 pJ, ", "adc: {"))
    with pytest.raises(InputError, match="component 'adc' of table 'two-parts' has no energy"):
        ms.cost(result, path)


@pytest.mark.parametrize(
    "damage",
    [
        "{",
        "[1]",
        json.dumps([{"name": "layer"}]),
        "[" * 100_000,
        "[{}]",
    ],
)
def test_a_damaged_description_of_arrays_is_refused(result, damage):
    damaged = result.assign_coords(circuits=("learner", [damage]))
    with pytest.raises(OutputError, match="description of the arrays is damaged"):
        ms.cost(damaged, "generic", node="22 nm")


@pytest.mark.parametrize(
    ("key", "value"),
    [("arrays", -1), ("row_tiles", []), ("outputs", 1.5), ("read_voltage", "x"), ("coding", "other"), ("share", 0)],
)
def test_circuits_with_impossible_values_are_refused(result, key, value):
    entries = json.loads(str(result["circuits"].values[0]))
    entries[0][key] = value
    damaged = result.assign_coords(circuits=("learner", [json.dumps(entries)]))
    with pytest.raises(OutputError, match="description of the arrays is damaged"):
        ms.cost(damaged, "generic", node="22 nm")


IMPOSSIBLE = {
    "counts below 0": (lambda one: one.assign(event_count=-one.event_count), "'event_count' has numbers"),
    "counts with digits": (lambda one: one.assign(event_count=one.event_count + 0.5), "'event_count' has numbers"),
    "sums below 0": (lambda one: one.assign(event_sum=-one.event_sum), "'event_sum' has sums"),
    "sums that are no numbers": (lambda one: one.assign(event_sum=one.event_sum * np.nan), "are not known"),
    "too large sums": (lambda one: one.assign(event_sum=one.event_sum * 0 + 1e300), "allowed: 0 to 1e\\+15"),
    "no images": (lambda one: one.assign(inference_images=one.inference_images * 0), "'inference_images' is 0"),
    "part of an image": (lambda one: one.assign(inference_images=one.inference_images / 1e9), "whole numbers"),
    "endless images": (lambda one: one.assign(inference_images=one.inference_images * np.inf), "is inf"),
    "a phase less": (lambda one: one.isel(phase=[0, 1]), "'phase' has no entry 'programming'"),
    "a phase twice": (lambda one: one.isel(phase=[0, 1, 2, 2]), "'phase' has more than one entry 'programming'"),
    "a sum less": (lambda one: one.isel(summed=slice(1, None)), "'summed' has no entry 'squares'"),
    "no labels": (lambda one: one.drop_vars("counted"), "has no variable 'counted'"),
    "one circuit for all": (
        lambda one: one.assign_coords(circuits="[]"),
        "no description of the arrays for each learner",
    ),
}


@pytest.mark.parametrize("case", IMPOSSIBLE)
def test_impossible_events_are_refused(result, case):
    change, message = IMPOSSIBLE[case]
    with pytest.raises(OutputError, match=message):
        ms.cost(change(result), "generic", node="22 nm")


def test_events_are_chosen_by_their_labels(result):
    turned = result.isel(phase=[2, 1, 0], counted=slice(None, None, -1), summed=slice(None, None, -1))
    costs, again = (ms.cost(one, "generic", node="22 nm") for one in (result, turned))
    xr.testing.assert_equal(costs, again)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda entries: entries[0].update(row_tiles=[1], line_tiles=[1], outputs=1, slices=1),
            "more than its 1 tiles",
        ),
        (lambda entries: entries.clear(), "more than the 0 layers"),
        (lambda entries: entries[0].update(adc_bits=33), "is damaged"),
        (lambda entries: entries[0].update(read_duration="5"), "is damaged"),
        (lambda entries: entries[0].update(slices=entries[0]["outputs"] + 1), "is damaged"),
    ],
)
def test_circuits_that_do_not_fit_the_events_are_refused(result, change, message):
    entries = json.loads(str(result["circuits"].values[0]))
    change(entries)
    tiled = result.pad(tile=(0, 1), constant_values=1)
    with pytest.raises(OutputError, match=message):
        ms.cost(tiled.assign_coords(circuits=("learner", [json.dumps(entries)])), "generic", node="22 nm")


def test_parts_of_unknown_uncertainty_are_named(result, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "measured.yaml").write_text(TABLE.replace(", uncertainty: 2", "").replace(", uncertainty: 3", ""))
    ms.save(result, "a.nc")
    assert run_command(["cost", "a.nc", "--components", "measured.yaml"]) == 0
    assert "they count as exact: DAC, ADC" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    "arguments", [["--node", "22 nm"], ["--components", "generic"], ["-o", "b.nc"], ["--list", "a.nc"]]
)
def test_options_without_their_file_are_refused(capsys, arguments):
    assert run_command(["cost", *arguments]) == 2
    assert "FILE.nc is missing" in (message := capsys.readouterr().err) or "takes no file" in message


def test_a_result_without_an_experiment_is_costed_too(result, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    without = result.copy()
    del without.attrs["experiment"]
    ms.save(without, "a.nc")
    assert run_command(["cost", "a.nc", "--components", "generic", "--node", "22 nm", "-o", "b.nc"]) == 0
    assert (tmp_path / "b.nc").exists()


def test_a_result_without_events_is_refused():
    with pytest.raises(MemsimError, match="holds no events of crossbars"):
        ms.cost(xr.Dataset({"x": 1}), "generic", node="22 nm")
