"""Assessment of devices: the same numbers as single runs, the order of devices, files and page, and mistakes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pulse_trains import soft, sweep

import memsim as ms
from memsim.assessment import ranking
from memsim.attribution.of_experiment import metric_of
from memsim.errors import DataError, InputError
from memsim.results.dataset import load

TASK = """\
name: small
title: A network of two layers
data: {source: digits, samples: 200, seed: 0}
task: classify
learners:
  - name: Net
    network: {architecture: two-layer, hidden: 16}
    training: {loss: cross-entropy, rate: 0.01, epochs: 6, batch: 32}
  - name: Unused
    network: {architecture: linear}
    training: {loss: cross-entropy, rate: 0.01, epochs: 2, batch: 32}
  - name: Delta
    array: {device: ideal}
    learning: {rule: delta, rate: 0.004, epochs: 2, batch: 8}
  - name: Cells
    programmed: {learner: Net, cycles: 2}
    array: {device: ideal}
corruptions: {gaussian: [0.1, 0.3]}
seeds: 2
seed: 7
"""
AGAINST = ("stt-mram-chen2018", "hfox-wan2022")


@pytest.fixture(scope="module")
def task(tmp_path_factory):
    path = tmp_path_factory.mktemp("task") / "small.yaml"
    path.write_text(TASK)
    return path


@pytest.fixture(scope="module")
def pulses(tmp_path_factory):
    """Conductances [S] of a device with soft bounds: four sweeps of 60 set and 60 reset pulses."""
    rng, rows = np.random.default_rng(3), ["cycle,pulse,direction,conductance [uS]"]
    for cycle in range(4):
        for branch, direction in enumerate(("set", "reset")):
            values = sweep(rng, soft, (0.03, 0.03), branch, 60, write=0.3, read=0.01, relative=True)
            rows += [f"{cycle},{n},{direction},{1 + 9 * value:.6f}" for n, value in enumerate(values)]
    path = tmp_path_factory.mktemp("pulses") / "oxide.csv"
    path.write_text("\n".join(rows))
    return path


@pytest.fixture(scope="module")
def assessment(task):
    return ms.assess("pcm-joshi2020", task, against=AGAINST)


@pytest.mark.slow
def test_numbers_are_those_of_single_runs(task, assessment):
    """Each device alone in the place of the one of the experiment gives the same accuracy and energy."""
    rows = {row.device: row for row in assessment.ranking}
    assert set(rows) == {"", "pcm-joshi2020", *AGAINST}
    for device in ("pcm-joshi2020", *AGAINST):
        result = ms.cost(ms.run(task, device=device), "generic", "22 nm")
        cells = result.isel(learner=list(result.learner.values).index("Cells"))
        assert rows[device].value == pytest.approx(100 * float(cells.test_accuracy.mean()), abs=1e-9)
        energy = float(cells.phase_energy.sel(phase="inference").mean())
        assert rows[device].energy == pytest.approx(energy, rel=1e-12)


@pytest.mark.slow
def test_the_loss_is_that_of_the_device_and_its_shares_add_up(assessment):
    limits = assessment.limits
    (row,) = (row for row in assessment.ranking if row.device == "pcm-joshi2020")
    assert float(limits.real_metric.mean()) == pytest.approx(row.value, abs=1e-9)
    total = limits.loss_share.sum("imperfection")
    np.testing.assert_allclose(total, limits.metric_loss, atol=1e-9)


@pytest.mark.slow
def test_the_best_device_comes_first_and_unused_learners_are_left_out(assessment):
    rows = assessment.ranking
    values = [row.value for row in rows]
    assert values == sorted(values, reverse=True)
    assert {row.learner for row in rows} == {"Net", "Cells"}


@pytest.mark.slow
def test_a_metric_of_which_less_is_better_is_sorted_from_the_smallest(task, assessment):
    metric = metric_of(ms.load_experiment(task), "inference_energy_mean")
    energies = [row.value for row in ranking(assessment.comparison, metric) if row.device]
    assert energies == sorted(energies)


@pytest.mark.slow
def test_the_command_writes_profile_results_and_page(cli, task, pulses):
    outcome = cli("device", "assess", str(pulses), "--task", str(task), "--against", ",".join(AGAINST), "-o", "page.nc")
    assert outcome.code == 0 and outcome.err == ""
    assert outcome.files == ["page.limits.nc", "page.nc", "page.png", "page.yaml"]
    device = ms.load_device("page.yaml")
    assert device.name == "oxide"
    # The truth of the synthetic pulses is a window from 1 uS to 10 uS.
    assert device.spec.conductance.max == pytest.approx(10e-6, rel=0.1)
    result = load("page.nc")
    assert list(result.device.values) == ["none", "oxide", *AGAINST]
    assert list(load("page.limits.nc").device.values) == ["oxide"]
    for words in (
        "oxide is number",
        "of 3 devices",
        "* oxide",
        "Net, digital",
        "Shares of the loss",
        "Profile  page.yaml",
    ):
        assert words in outcome.out, words
    repeated = cli("run", "page.nc", "--no-figure", "-o", "again.nc")
    assert repeated.code == 0
    np.testing.assert_array_equal(load("again.nc").test_accuracy, result.test_accuracy)


@pytest.mark.slow
def test_a_profile_is_assessed_as_it_is_and_without_others(cli, task):
    outcome = cli("device", "assess", "hfox-wan2022", "--task", str(task), "--against", "none", "-q")
    assert outcome.code == 0
    names = [f"results/hfox-wan2022-small{ending}" for ending in (".limits.nc", ".nc", ".png")]
    assert outcome.files == ["results", *names]
    assert outcome.out.split() == [names[place] for place in (1, 0, 2)]


@pytest.mark.slow
def test_several_learners_and_costs_of_tasks_with_names_of_their_own():
    """Costs of arrays that memorise images have other names in the result; the ranking has them all the same."""
    one = ms.assess(
        "epiram-choi2018",
        "physical-01",
        {"data.samples": 4},
        against=["ideal"],
        learners=["Hebbian Physical"],
    )
    rows = {row.device: row for row in one.ranking}
    costs = ms.cost(one.comparison, "generic", "22 nm")
    place = list(costs.device.values).index("epiram-choi2018")
    energy = float(costs.image_phase_energy.sel(phase="inference").isel(learner=place).mean())
    assert rows["epiram-choi2018"].energy == pytest.approx(energy, rel=1e-12)
    two = ms.assess(
        "epiram-choi2018",
        "digits-01",
        {"seeds": 2, "data.samples": 200},
        against=[],
        learners=["Delta, epiram-choi2018", "CNN programmed, epiram-choi2018"],
    )
    assert list(two.limits.learner.values) == ["Delta, epiram-choi2018", "CNN programmed, epiram-choi2018"]


class TestMistakes:
    """Each ends before anything is fitted or computed."""

    def test_an_experiment_with_a_sweep(self, pulses):
        with pytest.raises(InputError, match=r"sweeps array.adc.bits, array.tile; choose one value of each"):
            ms.assess(pulses, "energy-01")

    def test_an_unknown_device_beside_it(self, pulses, task):
        with pytest.raises(InputError, match=r"pcm-joshi202.*did you mean 'pcm-joshi2020'"):
            ms.assess(pulses, task, against=["pcm-joshi202"])

    def test_an_unknown_learner(self, pulses, task):
        with pytest.raises(InputError, match="unknown learner 'Cell' on a crossbar; did you mean 'Cells'"):
            ms.assess(pulses, task, learners=["Cell"])

    def test_an_unknown_component_table(self, pulses, task):
        with pytest.raises(InputError, match=r"generi.*did you mean 'generic'"):
            ms.assess(pulses, task, components="generi")

    def test_an_option_of_measurements_beside_a_profile(self, cli, task):
        outcome = cli("device", "assess", "hfox-wan2022", "--task", str(task), "--window", "1 uS, 2 uS")
        assert outcome.code == 2
        assert "--window is for measurements; hfox-wan2022 is a profile" in outcome.err

    def test_a_measurement_that_makes_no_device(self, tmp_path, task):
        path = tmp_path / "drift.csv"
        path.write_text("voltage [V],current [uA]\n-0.2,-1\n-0.1,-0.5\n0,0\n0.1,0.5\n0.2,1\n")
        with pytest.raises(InputError, match="holds iv, which is a part of a device; allowed: pulses"):
            ms.assess(path, task)

    def test_a_missing_file(self, task):
        with pytest.raises(DataError, match=r"nothing\.csv"):
            ms.assess("nothing.csv", task)

    def test_an_empty_name_among_the_devices(self, cli, pulses, task):
        outcome = cli("device", "assess", str(pulses), "--task", str(task), "--against", "hfox-wan2022,,ideal")
        assert outcome.code == 2
        assert "a name is empty" in outcome.err

    @pytest.mark.slow
    def test_a_name_of_a_device_beside_it(self, pulses, task):
        with pytest.raises(InputError, match=r"name 'pcm-joshi2020' is that of the assessed device and of another one"):
            ms.assess(pulses, task, name="pcm-joshi2020")

    def test_two_devices_of_one_name(self, task):
        other = ms.load_device("ideal").replace({"name": "hfox-wan2022"})
        with pytest.raises(InputError, match="against: two devices are called 'hfox-wan2022'"):
            ms.assess("pcm-joshi2020", task, against=["hfox-wan2022", other])

    def test_a_task_without_parts_that_could_be_ideal(self):
        with pytest.raises(
            InputError, match="each array of the task 'program', which has no parts that could be ideal"
        ):
            ms.assess("pcm-joshi2020", "products-01")

    def test_a_measurement_of_another_type(self, task):
        with pytest.raises(InputError, match="measurement: 1 is not allowed"):
            ms.assess(1, task)

    @pytest.mark.parametrize("name", ["task.yaml", "mine.yaml"])
    def test_files_that_are_read_are_not_replaced(self, cli, pulses, task, name):
        Path("task.yaml").write_text(Path(task).read_text())
        Path("mine.yaml").write_text(ms.load_device("hfox-wan2022").replace({"name": "mine"}).to_yaml())
        before = Path(name).read_bytes()
        stem = name.removesuffix(".yaml")
        outcome = cli(
            *("device", "assess", str(pulses), "--task", "task.yaml", "--against", "mine.yaml"),
            *("-o", f"{stem}.nc", "--force"),
        )
        assert outcome.code == 2 and "would be replaced" in outcome.err
        assert Path(name).read_bytes() == before


@pytest.mark.slow
def test_an_ideal_device_has_a_comparison_without_limits(cli, task):
    outcome = cli("device", "assess", "ideal", "--task", str(task), "--against", "hfox-wan2022", "-o", "a.nc")
    assert outcome.code == 0
    assert outcome.files == ["a.nc", "a.png"]
    assert "Limits   none: " in outcome.out and "is ideal already" in outcome.out


@pytest.mark.slow
def test_devices_that_cannot_learn_in_place_are_marked(cli, task):
    outcome = cli(
        *("device", "assess", "epiram-choi2018", "--task", str(task), "--against", "pcm-joshi2020"),
        *("--learner", "Delta", "--no-figure"),
    )
    assert outcome.code == 0
    assert "pcm-joshi2020†" in outcome.out and "trained ideally, then programmed once" in outcome.out
    assert "epiram-choi2018†" not in outcome.out
