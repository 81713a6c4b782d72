"""Values of devices as keys of experiments: set, extended, swept, assumed in the result, refused with their line."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

import memsim as ms
from memsim.errors import InputError
from memsim.experiments.devices import ChangedDevice
from memsim.experiments.loading import experiment_from_text
from memsim.tasks.compared import problems_before

TEXT = """\
name: two-cells
data: {samples: 2, shape: [8, 8]}
learners:
  - name: Tantalum
    array: {device: taox-hfox-wu2018, column: reference}
    learning: {steps: 3}
  - name: Ideal
    array: {device: ideal}
    learning: {steps: 3}
  - name: Net
    network: {}
    training: {steps: 2}
corruptions: {gaussian: [0.1]}
resamples: 100
"""
INLINE = "device: {extends: taox-hfox-wu2018, variability: {c2c: {sigma: 1 %}}}"
SIGMA = "device.variability.c2c.sigma"


@pytest.fixture(scope="module")
def two():
    return experiment_from_text(TEXT, "two.yaml")


def inline(text=INLINE):
    return experiment_from_text(TEXT.replace("device: taox-hfox-wu2018", text), "two.yaml")


def devices(experiment):
    return [experiment.device(learner) for learner in experiment.spec.learners if "array" in learner.sections]


class TestSetting:
    def test_a_value_reaches_the_devices_that_have_its_section(self, two):
        changed = two.replace({SIGMA: "1 %"})
        tantalum, ideal = devices(changed)
        assert tantalum.spec.variability.c2c.sigma == 0.01 and ideal.spec.variability is None
        assert tantalum.name == "taox-hfox-wu2018-changed" and ideal.name == "ideal"
        assert changed.changed == {f"array.{SIGMA}": "1 %"}

    def test_a_number_that_is_set_is_assumed_and_the_others_keep_their_sources(self, two):
        plain, changed = devices(two)[0], devices(two.replace({SIGMA: "1 %"}))[0]
        assert changed.provenance("variability.c2c.sigma").status == "assumed"
        assert changed.provenance("variability.c2c.sigma").source is None
        kept = {row for row in plain.rows() if row.field != "variability.c2c.sigma"}
        assert kept == {row for row in changed.rows() if row.field != "variability.c2c.sigma"}

    def test_a_number_with_a_status_keeps_it(self):
        sigma = "{value: 1 %, status: measured, source: me}"
        more = "1 %}}, sources: {me: {cite: me}}}"
        text = INLINE.replace("1 %}}}", more).replace("1 %", sigma)
        device = devices(inline(text))[0]
        assert device.provenance("variability.c2c.sigma").status == "measured"

    def test_a_section_in_the_file_is_the_same_device_as_values_that_are_set(self, two):
        assert devices(inline())[0] == devices(two.replace({SIGMA: "1 %"}))[0]

    def test_a_device_may_be_a_profile_or_a_section_that_extends_one(self, two):
        mine = ms.load_device("agsi-jo2010").replace({"name": "mine", "read.voltage": "1 V"})
        changed = two.replace({"array.device": {"extends": mine, "name": "quiet", "read": {"voltage": "2 V"}}})
        assert [device.name for device in devices(changed)] == ["quiet", "quiet"]
        assert devices(changed)[0].spec.read.voltage == 2.0
        assert devices(changed)[0].spec.conductance.max == mine.spec.conductance.max

    def test_values_count_for_the_device_that_is_chosen_with_them(self, two):
        changed = two.replace({"device.read.voltage": "2 V", "array.device": "agsi-jo2010"})
        assert {device.name for device in devices(changed)} == {"agsi-jo2010-changed"}
        assert {device.spec.read.voltage for device in devices(changed)} == {2.0}

    def test_another_device_replaces_values_that_were_set_before(self, two):
        changed = two.replace({SIGMA: "1 %"}).replace({"array.device": "agsi-jo2010"})
        assert {device.name for device in devices(changed)} == {"agsi-jo2010"}
        assert changed.changed == {"array.device": "agsi-jo2010"}

    def test_none_takes_an_optional_section_away(self, two):
        assert devices(two.replace({"device.variability": "none"}))[0].spec.variability is None

    @pytest.mark.parametrize(
        ("key", "value", "says"),
        [
            ("device.variabilty.c2c.sigma", "1 %", "unknown key 'variabilty'; did you mean 'variability'"),
            ("device.variability.c2c.sigm", "1 %", "unknown key 'sigm' in variability.c2c; did you mean 'sigma'"),
            (SIGMA, "1 V", "'1 V' is a voltage"),
            (SIGMA, "-1 %", "out of range"),
            ("device.conductance.min", "1 S", "'max' must be larger than 'min'"),
            ("learners.Ideal.array.device.variability.c2c.sigma", "1 %", "missing key 'relative_to'"),
            ("device.extends", "taox-hfx-wu2018", "did you mean 'taox-hfox-wu2018'"),
            ("devce.read.voltage", "1 V", "unknown key 'devce'; did you mean 'device'"),
            ("device.update.model", "linear", "missing key 'slope' in update"),
        ],
    )
    def test_what_a_profile_may_not_say_is_refused_at_once(self, two, key, value, says):
        with pytest.raises(InputError, match=says):
            two.replace({key: value}, origin="--set")

    @pytest.mark.parametrize(
        ("replace", "says"),
        [
            (("extends: taox", "extends: toax"), "two.yaml:5: .*unknown device 'toax-hfox-wu2018'.*did you mean 'taox"),
            (("c2c", "c2d"), "two.yaml:5: unknown key 'c2d' in variability; did you mean 'd2d'"),
            (("1 %", "a lot"), "two.yaml:5: variability.c2c.sigma: cannot read 'a lot' as a number"),
        ],
    )
    def test_problems_of_a_section_name_its_line(self, replace, says):
        (problem,) = problems_before(inline(INLINE.replace(*replace)))
        assert re.search(says, problem)

    def test_a_section_needs_what_it_extends(self):
        with pytest.raises(InputError, match=r"missing key 'extends' in .*; write e\.g\. 'extends: epiram-choi2018'"):
            inline("device: {read: {voltage: 1 V}}")

    def test_a_file_names_profiles_of_its_own_folder_only(self, tmp_path):
        (tmp_path / "inside").mkdir()
        (tmp_path / "silver.yaml").write_text(ms.load_device("agsi-jo2010").to_yaml(), encoding="utf-8")
        file = tmp_path / "inside" / "two.yaml"
        text = TEXT.replace("device: taox-hfox-wu2018", "device: {extends: ../silver.yaml, read: {voltage: 1 V}}")
        file.write_text(text, encoding="utf-8")
        (problem,) = problems_before(ms.load_experiment(file))
        assert "lies outside the folder of the experiment" in problem


class TestResult:
    @pytest.mark.slow
    def test_it_tells_what_was_set_and_repeats_from_its_file(self, two, tmp_path):
        dataset = ms.run(two.replace({SIGMA: "1 %"}))
        assert list(dataset.device.values) == ["taox-hfox-wu2018-changed", "ideal", "none"]
        told = {"value": "1 % of range", "status": "assumed"}
        assert json.loads(dataset.attrs["device_values"]) == {"Tantalum": {"variability.c2c.sigma": told}}
        assert set(json.loads(dataset.attrs["devices"])) == {"taox-hfox-wu2018", "ideal"}
        again = ms.rerun(ms.save(dataset, tmp_path / "two.nc"))
        assert again.drop_attrs().identical(dataset.drop_attrs())
        for name in ("devices", "device_values", "changes", "experiment"):
            assert again.attrs[name] == dataset.attrs[name]

    @pytest.mark.slow
    def test_a_profile_of_the_folder_is_in_the_file(self, tmp_path):
        silver = tmp_path / "silver.yaml"
        silver.write_text(ms.load_device("agsi-jo2010").to_yaml().replace("agsi-jo2010", "my-silver"), encoding="utf-8")
        file = tmp_path / "two.yaml"
        text = TEXT.replace("device: taox-hfox-wu2018", "device: {extends: silver.yaml, read: {voltage: 1 V}}")
        file.write_text(text.replace("name: Tantalum", "name: 'On {device}'"), encoding="utf-8")
        dataset = ms.run(file)
        silver.unlink()
        again = ms.rerun(ms.save(dataset, tmp_path / "two.nc"))
        assert list(again.learner.values) == ["On my-silver-changed", "Ideal", "Net"]
        assert again.drop_attrs().identical(dataset.drop_attrs())

    def test_the_numbers_are_those_of_a_profile_with_this_value(self, two):
        mine = ms.load_device("taox-hfox-wu2018").replace({"variability.c2c.sigma": "1 %"})
        by_profile = ms.run(two.replace({"learners.Tantalum.array.device": mine}))
        by_key = ms.run(two.replace({SIGMA: "1 %"}))
        assert by_key.snr.equals(by_profile.snr.assign_coords(device=by_key.device))

    def test_the_command_prints_what_was_set(self, cli, tmp_path):
        (tmp_path / "two.yaml").write_text(TEXT, encoding="utf-8")
        done = cli("run", "two.yaml", "--set", f"{SIGMA}=1 %", "--device", "agsi-jo2010", "--no-figure")
        assert "Device   agsi-jo2010-changed: variability.c2c.sigma=1 % of range (assumed)" in done.out
        done = cli("compare", "results/two-cells.nc", "results/two-cells.nc", "--no-figure")
        assert done.code == 0
        assert "did you mean 'sigma'" in cli("run", "two.yaml", "--set", "device.variability.c2c.sigm=1 %").refusal()


class TestSweep:
    def test_a_value_is_swept_over_the_devices_that_have_it_with_a_coordinate_in_si_units(self, two):
        dataset = ms.run(two.replace(sweep={SIGMA: ["1 %", "2 %"], "array.device.read.voltage": ["0.1 V", "0.2 V"]}))
        assert list(dataset.learner.values) == [
            "Tantalum, c2c sigma 1 %, read voltage 0.1 V",
            "Ideal, read voltage 0.1 V",
            "Net",
            "Tantalum, c2c sigma 1 %, read voltage 0.2 V",
            "Ideal, read voltage 0.2 V",
            "Tantalum, c2c sigma 2 %, read voltage 0.1 V",
            "Tantalum, c2c sigma 2 %, read voltage 0.2 V",
        ]
        nan = np.nan
        np.testing.assert_allclose(dataset.array_device_variability_c2c_sigma, [0.01, nan, nan, 0.01, nan, 0.02, 0.02])
        np.testing.assert_allclose(dataset.array_device_read_voltage, [0.1, 0.1, nan, 0.2, 0.2, 0.1, 0.2])
        assert dataset.array_device_read_voltage.attrs["units"] == "V"

    def test_devices_and_their_values_are_swept_together(self, two):
        swept = two.replace(sweep={SIGMA: ["1 %", "2 %"], "array.device": ["ideal", "agsi-jo2010"]})
        assert [label for label in swept.spec.labels if label.startswith("Tantalum")] == [
            "Tantalum, device ideal",
            "Tantalum, c2c sigma 1 %, device agsi-jo2010",
            "Tantalum, c2c sigma 2 %, device agsi-jo2010",
        ]
        found = {
            (variant.device(variant.spec.learners[0]).name, variant.spec.learners[0].array.device)
            for variant in swept.variants()
            if not isinstance(variant.spec.learners[0].array.device, ChangedDevice)
        }
        assert found == {("ideal", "ideal")} and not problems_before(swept)

    def test_a_swept_section_is_called_by_the_name_of_its_device(self, two):
        quiet = {"extends": "agsi-jo2010", "name": "quiet", "read": {"voltage": "1 V"}}
        swept = two.replace(sweep={"learners.Tantalum.array.device": [quiet, "ideal"]})
        assert swept.spec.labels[0] == "Tantalum, device quiet" and not problems_before(swept)

    def test_more_than_three_keys_are_swept(self, two):
        keys = {
            SIGMA: ["1 %"],
            "device.read.voltage": ["1 V"],
            "learning.rate": [0.1],
            "learning.steps": [2, 3],
            "seed": [1],
        }
        assert len(two.replace(sweep=keys).variants()) == 2

    def test_a_value_of_a_swept_device_is_swept_too_or_refused(self, two):
        swept = two.replace(sweep={"array.device": ["ideal", "agsi-jo2010"]})
        with pytest.raises(InputError, match=r"sweeps 'array.device', which replaces it; sweep this key too"):
            swept.replace({SIGMA: "1 %"})
        assert "Net" in swept.replace({f"sweep.array.{SIGMA}": ["1 %"]}).spec.labels

    @pytest.mark.parametrize(
        ("key", "value", "says"),
        [
            ("array.device.variability.c2c.sigm", "1 %", "two.yaml:15: unknown key 'sigm' in variability.c2c"),
            (f"array.{SIGMA}", "1 V", "two.yaml:15: variability.c2c.sigma: '1 V' is a voltage"),
        ],
    )
    def test_problems_of_swept_values_name_their_line(self, key, value, says):
        text = TEXT + f"sweep:\n  {key}: [{value}]\n"
        (problem,) = problems_before(experiment_from_text(text.replace("resamples: 100\n", ""), "two.yaml"))
        assert says in problem

    def test_the_device_of_a_learner_cannot_be_tuned(self):
        text = "name: t\ntask: classify\nlearners: [{name: A, tune: {device.read.voltage: [1 V]}}]\n"
        with pytest.raises(InputError, match="cannot be tuned"):
            experiment_from_text(text + "corruptions: {gaussian: [0.1]}\n", "t.yaml")
