"""What memorising costs: events of each image's array, and energies that follow from pulses and conductances."""

from __future__ import annotations

import numpy as np
import pytest

import memsim as ms
from memsim.arrays.programming.device_pulses import device_pulses
from memsim.energy.counts import PHASES
from memsim.energy.stored import COUNTED, SUMMED
from memsim.errors import InputError, OutputError
from memsim.experiments.loading import experiment_from_text

DEVICE, STEPS, PIXELS = "taox-hfox-wu2018", 4, 64
TEXT = f"""\
name: tiny
data: {{samples: 3, shape: [8, 8]}}
learners:
  - name: Cells
    array: {{device: {DEVICE}}}
    learning: {{steps: {STEPS}, rate: 0.02}}
  - name: Net
    network: {{}}
    training: {{steps: 2}}
corruptions: {{gaussian: [0.1]}}
keep: [conductance, weights]
resamples: 100
"""
COSTS = {"energy": {"components": "generic", "node": "22 nm"}}


@pytest.fixture(scope="module")
def experiment():
    return experiment_from_text(TEXT, "tiny.yaml")


@pytest.fixture(scope="module")
def result(experiment):
    return ms.run(experiment)


@pytest.fixture(scope="module")
def priced(experiment):
    return ms.run(experiment.replace(COSTS))


@pytest.fixture(scope="module")
def images(result):
    """Grey levels (image, pixel) that the arrays learn, from a result whose images are embedded."""
    from memsim.data.images import load_data

    return load_data("road-scenes", shape=(8, 8), samples=3, seed=0).pixels.reshape(3, -1)


def events(result, name, phase):
    """A count or sum of the array of each image."""
    variable = "image_event_count" if name in COUNTED else "image_event_sum"
    values = result[variable].sel(learner="Cells", phase=phase).isel(cost_layer=0)
    return values.sel({"counted" if name in COUNTED else "summed": name}).sum("tile").values


@pytest.mark.slow
def test_the_training_energy_is_the_sum_over_the_pulses_of_every_step(result, images):
    spec = ms.load_device(DEVICE).spec
    pulses = device_pulses(spec)
    xbar = ms.Crossbar(DEVICE, PIXELS, 2, arrays=3, seed=42, count_cell_pulses=True)
    energy, before, counted = np.zeros(3), xbar.conductance.values.astype(float), xbar.cell_pulses.values
    for _ in range(STEPS):
        xbar.train("hebbian", images[:, None, :], [1.0, 0.0], rate=0.02)
        after, now = xbar.conductance.values.astype(float), xbar.cell_pulses.values
        sets, resets = np.moveaxis(now - counted, -1, 0)
        charge = sets * pulses.set_voltage**2 * pulses.set_width + resets * pulses.reset_voltage**2 * pulses.reset_width
        energy += (charge * (before + after) / 2).sum(axis=(1, 2))
        before, counted = after, now
    np.testing.assert_array_equal(result.conductance.sel(learner="Cells").values, xbar.conductance.values)
    np.testing.assert_array_equal(events(result, "set_pulses", "training"), result.pulses_set.sel(learner="Cells"))
    # Within a step, G rises by many pulses, and the mean of both ends is not that of all of them.
    np.testing.assert_allclose(events(result, "write_energy", "training"), energy, rtol=2e-2)


def test_an_inference_is_one_read_of_the_memorised_image(result, images):
    read = ms.load_device(DEVICE).spec.read
    conductance = result.conductance.sel(learner="Cells").sum("column").values
    expected = read.voltage**2 * read.duration * (images**2 * conductance).sum(axis=1)
    assert (events(result, "reads", "inference") == 1).all()
    np.testing.assert_allclose(events(result, "read_energy", "inference"), expected, rtol=1e-5)


def test_a_result_without_costs_holds_counts_that_give_the_costs_of_a_run(result, priced):
    assert "image_phase_energy" not in result
    again = ms.cost(result, "generic", node="22 nm")
    for name in priced.data_vars:
        if str(name).startswith("image_"):
            np.testing.assert_allclose(again[name].values, priced[name].values, rtol=1e-12, err_msg=str(name))
    energy = priced.image_phase_energy.sel(learner="Cells")
    np.testing.assert_allclose(
        priced.image_training_energy.sel(learner="Cells"), energy.sel(phase="training"), rtol=1e-12
    )
    np.testing.assert_allclose(
        priced.image_inference_energy_mean.sel(learner="Cells"), energy.sel(phase="inference").mean(), rtol=1e-12
    )
    assert priced.image_phase_energy.sel(learner="Net").isnull().all()


def test_all_else_is_the_same_with_and_without_costs(result, priced):
    for name in result.data_vars:
        np.testing.assert_array_equal(result[name].values, priced[name].values, str(name))


def test_networks_alone_have_no_events(experiment):
    alone = ms.run(
        experiment.replace({"learners": [{"name": "Net", "network": {}, "training": {"steps": 1}}], **COSTS})
    )
    assert not [name for name in alone.variables if str(name).startswith("image_event")]


@pytest.mark.slow
def test_a_rerun_of_a_result_with_costs_gives_it_again(priced, tmp_path):
    again = ms.rerun(ms.save(priced, tmp_path / "a.nc"))
    for name in priced.data_vars:
        np.testing.assert_array_equal(again[name].values, priced[name].values, str(name))


def test_an_evaluation_has_the_costs_of_the_training_of_its_run(result, priced):
    read = ms.evaluate(result, COSTS)
    for name in priced.data_vars:
        if str(name).startswith("image_"):
            np.testing.assert_allclose(read[name].values, priced[name].values, rtol=1e-12, err_msg=str(name))


@pytest.mark.slow
def test_results_with_other_tiles_are_combined(experiment, result):
    tiled = ms.run(experiment.replace({"learners.Cells.array.tile": [16, 2], "learners.Cells.name": "Tiled"}))
    whole = ms.combine([result, tiled])
    assert list(whole.tile.values) == list(range(whole.sizes["tile"])) and whole.sizes["tile"] > 1
    costs = ms.cost(whole, "generic", node="22 nm")
    for name, own in (("Cells", result), ("Tiled", tiled)):
        np.testing.assert_allclose(
            costs.image_phase_energy.sel(learner=name),
            ms.cost(own, "generic", node="22 nm").image_phase_energy.sel(learner=name),
            rtol=1e-12,
        )


def test_events_are_those_of_whole_numbers_and_phases(result):
    assert list(result.phase.values) == list(PHASES)
    assert list(result.counted.values) == list(COUNTED) and list(result.summed.values) == list(SUMMED)


def test_tables_show_energies_where_they_are_known(result, priced, capsys):
    from memsim.tasks.memorise.table import print_overview

    print_overview(result)
    assert "energy of a" not in capsys.readouterr().out
    print_overview(priced)
    printed = capsys.readouterr().out
    assert "energy of a read, nJ" in printed and "energy of a training, nJ" in printed


def test_an_accuracy_until_which_energy_counts_is_refused_in_one_line(experiment):
    with pytest.raises(InputError, match="accuracy") as raised:
        experiment.replace({"energy": {"components": "generic", "node": "22 nm", "accuracy": 0.9}})
    assert "\n" not in str(raised.value)


@pytest.mark.slow
def test_costs_of_several_seeds_together_are_refused(experiment, result):
    whole = ms.combine([result, ms.run(experiment.replace(seed=7))])
    with pytest.raises(OutputError, match="combines several seeds"):
        ms.cost(whole, "generic", node="22 nm")
