"""Energy of learners: crossbars, networks in a digital processor, and trainings until an accuracy."""

from __future__ import annotations

import json

import numpy as np
import pytest
from three_methods import THREE_METHODS, three_methods

import memsim as ms
from memsim.cli.main import run_command
from memsim.data.labelled import load_labelled
from memsim.energy.components import components_of
from memsim.errors import InputError
from memsim.experiments.loading import experiment_from_text
from memsim.networks import Architecture, Network
from memsim.repeat import rerun
from memsim.tasks.classify.digital import products_of
from memsim.tasks.classify.energy import TRAINING_PARTS
from memsim.tasks.registry import TASKS

UNIFORM = """\
name: uniform
task: classify
data: {source: digits, samples: 60}
learners:
  - name: Fresh cells
    array: {device: ideal-chen2018, initial: [0.5, 0.5000001], dtype: float64}
    learning: {rule: delta, epochs: 0}
energy: {components: generic, node: 22 nm}
corruptions: {gaussian: [0.1]}
perturbations: [0.05]
seeds: 1
"""
TRAINED, TEST = 40, 10
"""Images of each kind."""
COSTS = ("phase_energy", "phase_energy_part", "phase_energy_range", "inference_energy", "phase_time", "array_area")


@pytest.fixture(scope="module")
def experiment():
    return three_methods()


@pytest.fixture(scope="module")
def result(experiment):
    return ms.run(experiment)


@pytest.fixture(scope="module")
def components():
    return components_of("generic").at(22e-9)


def test_a_network_has_one_product_for_each_operation():
    for architecture in (
        Architecture("two-layer", (1, 8, 8), 10),
        Architecture("cnn", (1, 8, 8), 10),
        Architecture("residual", (3, 8, 8), 10, channels=(4, 8)),
    ):
        network = Network.fresh(architecture, seed=1)
        assert sum(layer.macs for layer in products_of(network)) == network.operations


@pytest.mark.slow
class TestRun:
    def test_every_variable_of_costs_is_there_with_its_dimensions(self, result):
        declared = TASKS["classify"].variables
        costs = [name for name in declared if "energy" in name and not name.startswith("network_")]
        for name in (*costs, "phase_time", "array_area", "array_area_part", "inference_efficiency"):
            assert result[name].dims == declared[name].dims and result[name].units == declared[name].units

    def test_parts_add_up_to_the_energy_of_each_phase(self, result):
        total = result.phase_energy.mean("repeat")
        known = np.isfinite(total.values)
        parts = result.phase_energy_part.sum("part").values
        assert known.sum() == 4  # inference of two learners, training of one and programming of the other
        np.testing.assert_allclose(parts[known], total.values[known], rtol=1e-12)

    def test_the_energy_of_cells_is_that_of_their_conductances(self):
        """V^2 t G x^2, summed over rows (with the bias, 1) and the two lines of each of ten classes."""
        result = ms.run(experiment_from_text(UNIFORM, "uniform.yaml"))
        test = load_labelled("digits", samples=60, seed=0).test.pixels.reshape(TEST, -1).astype(float)
        conductance = 0.1e-6 + 0.5 * (5e-6 - 0.1e-6)
        squares = np.square(test).sum(axis=1).mean() + 1
        cells = result.phase_energy_part.sel(phase="inference", part="cells").item()
        assert cells == pytest.approx(0.5**2 * 5e-9 * conductance * 2 * 10 * squares, rel=1e-6)

    def test_the_energy_of_a_training_rises_to_that_of_its_phase(self, result):
        epochs = result.epoch_energy.sel(learner="Delta").values
        assert (np.diff(epochs, axis=1) > 0).all()
        whole = result.phase_energy.sel(learner="Delta", phase="training").values
        np.testing.assert_allclose(epochs[:, -1], whole, rtol=1e-12)

    def test_a_network_costs_its_products_and_the_traffic_of_its_memories(self, result, components):
        """A linear network of 64 x 10: forward and by weights; its first layer needs no gradient by the inputs."""
        mac, weight, activation = (
            components.need(f"digital.{slot}", "energy") for slot in ("mac", "weight_memory", "activation_memory")
        )
        inference = 640 * mac + 640 * 8 * weight + (64 + 10) * 8 * activation
        epoch = 2 * 640 * TRAINED * mac + 3 * 640 * 8 * TRAINED / 8 * weight + 2 * 74 * 8 * TRAINED * activation
        linear = result.sel(learner="Linear")
        np.testing.assert_allclose(linear.processor_energy.sel(phase="inference"), inference, rtol=1e-12)
        np.testing.assert_allclose(linear.epoch_energy, np.outer([1, 1], epoch * np.arange(1, 4)), rtol=1e-12)
        np.testing.assert_allclose(linear.processor_energy.sel(phase="training"), 3 * epoch, rtol=1e-12)

    def test_a_network_takes_its_products_in_a_processor_of_1024_units(self, result, components):
        step = components.need("digital.mac", "time")
        linear = result.sel(learner="Linear")
        np.testing.assert_allclose(linear.processor_time.sel(phase="inference"), step, rtol=1e-12)
        np.testing.assert_allclose(
            linear.processor_time.sel(phase="training"), 3 * -(-2 * 640 * TRAINED // 1024) * step
        )
        area = 1024 * components.need("digital.mac", "area")
        for slot, bits in (("weight_memory", 640 * 8), ("activation_memory", 74 * 8)):
            area += bits * (getattr(components.digital, slot).area or 0.0)
        assert linear.processor_area.item() == pytest.approx(area)
        energy = linear.processor_energy.sel(phase="inference")
        np.testing.assert_allclose(linear.processor_efficiency, 2 * 640 / energy, rtol=1e-12)

    def test_the_energy_until_the_accuracy_is_that_of_the_first_epoch_that_reaches_it(self, result):
        for name in ("Delta", "Linear"):
            learner = result.sel(learner=name)
            for seed in range(2):
                reached = np.flatnonzero(learner.epoch_validation_accuracy.values[seed] >= 0.15)
                expected = learner.epoch_energy.values[seed, reached[0]] if len(reached) else np.nan
                np.testing.assert_allclose(learner.energy_to_accuracy.values[seed], expected, rtol=1e-12)

    def test_a_programmed_network_needs_its_training_and_its_programming(self, result):
        programming = result.phase_energy.sel(learner="Programmed", phase="programming").values
        network = result.energy_to_accuracy.sel(learner="Linear").values
        reached = result.validation_accuracy.sel(learner="Programmed").values >= 0.15
        assert reached.any()
        expected = np.where(reached, network + programming, np.nan)
        np.testing.assert_allclose(result.energy_to_accuracy.sel(learner="Programmed").values, expected, rtol=1e-12)

    def test_parts_until_the_accuracy_add_up_and_lie_in_their_range(self, result):
        assert list(result.training_part.values) == list(TRAINING_PARTS)
        total = result.energy_to_accuracy.mean("repeat")  # over those that reach it
        np.testing.assert_allclose(result.energy_to_accuracy_part.sum("training_part"), total, rtol=1e-12)
        low, high = result.energy_to_accuracy_range.values.T
        assert (low < total.values).all() and (total.values < high).all()

    def test_an_accuracy_that_nothing_reaches_has_no_energy(self, experiment):
        result = ms.run(experiment.replace({"energy.accuracy": 1.0, "learning.epochs": 1, "training.epochs": 1}))
        assert np.isnan(result.energy_to_accuracy).all() and np.isnan(result.energy_to_accuracy_range).all()
        assert np.isfinite(result.epoch_energy.sel(learner=["Delta", "Linear"])).all()

    def test_bits_for_which_there_is_no_processor_leave_networks_without_energy_and_a_note(self, experiment):
        result = ms.run(experiment.replace({"energy.bits": 16, "learning.epochs": 1, "training.epochs": 1}))
        assert "processor_energy" not in result
        assert np.isnan(result.epoch_energy.sel(learner="Linear")).all()
        assert np.isfinite(result.inference_energy.sel(learner="Programmed")).all()
        assert "digital processor is not known: component 'digital.mac'" in str(result.attrs["notes"])

    def test_a_repeated_run_has_the_same_costs(self, result, tmp_path):
        again = rerun(ms.save(result, tmp_path / "a.nc"))
        for name in (*COSTS, "epoch_energy", "energy_to_accuracy", "energy_to_accuracy_range", "processor_energy"):
            np.testing.assert_array_equal(again[name].values, result[name].values)

    def test_an_evaluation_has_the_costs_of_its_own_arrays(self, result):
        finer = ms.evaluate(result, {"learners.Programmed.array.adc.bits": 10})
        energy = finer.phase_energy_part.sel(phase="inference", part="ADC")
        before = result.phase_energy_part.sel(phase="inference", part="ADC")
        assert energy.sel(learner="Programmed") > before.sel(learner="Programmed")
        np.testing.assert_allclose(
            finer.phase_energy.sel(learner="Delta", phase="inference"),
            result.phase_energy.sel(learner="Delta", phase="inference"),
            rtol=1e-6,
        )

    def test_combined_runs_keep_their_costs(self, experiment, result):
        both = ms.combine([result, ms.run(experiment.replace({"seed": 7}))])
        np.testing.assert_array_equal(both.phase_energy.sel(seed=42).values, result.phase_energy.values)
        assert np.isfinite(both.inference_energy.sel(learner="Programmed")).all()

    def test_another_table_drops_what_it_cannot_compute_again(self, result):
        costs = ms.cost(result, "generic", node="65 nm")
        lost = ("epoch_energy", "energy_to_accuracy_part", "energy_to_accuracy_range", "processor_energy")
        assert not any(name in costs for name in lost)
        assert (costs.inference_energy > result.inference_energy).sel(learner="Programmed").all()

    def test_a_sweep_has_costs_for_each_value(self, experiment):
        result = ms.run(experiment.replace({"sweep": {"array.adc.bits": [4, 10]}}))
        adc = result.phase_energy_part.sel(phase="inference", part="ADC").to_series()
        for name in ("Delta", "Programmed"):
            assert adc[f"{name}, bits 4"] < adc[f"{name}, bits 10"]

    def test_outputs_that_share_a_converter_take_longer_and_less_area(self, experiment, result):
        shared = ms.run(experiment.replace({"array.adc.share": 5}))
        name = {"learner": "Programmed", "phase": "inference"}
        assert (shared.phase_time.sel(name) > result.phase_time.sel(name)).all()
        assert shared.array_area.sel(learner="Programmed") < result.array_area.sel(learner="Programmed")
        np.testing.assert_allclose(shared.phase_energy.sel(name), result.phase_energy.sel(name), rtol=1e-6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"energy.node": "-22 nm"}, "'-22 nm' is out of range"),
        ({"energy.node": 22}, "22 has no unit; write '22 nm'"),
        ({"energy.components": "generc"}, "unknown component table 'generc'; did you mean 'generic'?"),
        ({"energy.components": "isaac-32nm"}, "22 nm is asked for; it is a table for another node, 32 nm"),
        ({"energy.components": "nowhere.yaml"}, "no such file"),
        ({"energy.accuracy": 1.5}, "allowed: above 0 and at most 1"),
        ({"array.adc.share": 11}, "11 outputs share a converter, and the smallest layer of 'Delta' has 10"),
    ],
)
def test_mistakes_end_in_one_line(experiment, change, message):
    with pytest.raises(InputError) as caught:
        ms.run(experiment.replace(change))
    assert message in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.slow
def test_the_table_of_a_run_states_costs_and_what_they_are_of(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.yaml").write_text(THREE_METHODS)
    assert run_command(["run", "tiny.yaml", "--no-figure"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "One inference; the range is that of the uncertainty of the components" in printed
    assert "Linear, digital 564 pJ" in printed and "largest parts" in printed
    assert "table generic at 22 nm" in printed and "inputs 8 bits, outputs 8 bits" in printed


@pytest.mark.slow
@pytest.mark.parametrize("text", ["{", "[1]", json.dumps([{"dac_bits": "x"}]), "[" * 10_000])
def test_a_damaged_description_of_arrays_does_not_keep_a_table_from_being_printed(result, text, capsys):
    from memsim.cli.cost_table import print_costs

    damaged = result.assign_coords(circuits=("learner", [text] * 3)).assign_attrs(components="{")
    print_costs(damaged)
    assert "One inference" in capsys.readouterr().out
