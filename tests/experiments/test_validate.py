"""`memsim validate`: all problems of an experiment at once, each with its line."""

from __future__ import annotations

import pytest

from memsim.experiments.loading import experiment_from_text
from memsim.storage.library import library

TEXT = """\
name: x
task: classify
data: {source: mnist}
learners:
  - name: A
    array: {device: epiram}
  - name: B
    array: {device: agsi-jo2010, bounds: [0, 2], initial: [0, 1]}
  - name: C
corruptions: {gaussian: [0.1]}
"""


@pytest.fixture
def write(tmp_path):
    def put(text: str, name: str = "x.yaml") -> str:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return name

    return put


def starts(err: str) -> list[str]:
    """The beginnings of all lines of errors, up to what is wrong there."""
    return [line.removeprefix("Error: x.yaml:").partition(";")[0] for line in err.splitlines()]


@pytest.mark.parametrize("name", ["physical-01", "lambda-01", "hybrid-01", "sneak-01"])
def test_shipped_experiments_are_valid_and_described(cli, name):
    outcome = cli("validate", name)
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith(f"{name}: valid (task ")


def test_it_names_what_a_result_would_compare(cli, write):
    one = "name: y\nlearners: [{name: A}]\ncorruptions: {fog: [0.1]}\n"
    assert cli("validate", write(one)).out == "x.yaml: valid (y, task memorise, 1 learner)\n"
    assert cli("validate", write(one + "sweep: {learning.rate: [1, 2]}\n")).out.endswith("memorise, 2 learners)\n")


def test_problems_of_devices_arrays_and_images_are_listed_together(cli, write):
    outcome = cli("validate", write(TEXT))
    assert (outcome.code, outcome.out) == (2, "")
    assert starts(outcome.err) == [
        "3: data.source: there is no 'mnist' in the folder of the experiment",
        "6: learners.A.array.device: unknown device 'epiram'",
        "8: learners.B.array.bounds: [0, 2] leave the window of device 'agsi-jo2010'",
    ]
    assert "--data names a place elsewhere" in outcome.err and "data=" not in outcome.err


def test_an_unknown_device_is_listed_beside_settings_that_are_not_valid(cli, write):
    text = TEXT.replace("mnist", "digits") + "sed: 4\n"
    assert starts(cli("validate", write(text)).err) == [
        "6: learners.A.array.device: unknown device 'epiram'",
        "8: learners.B.array.bounds: [0, 2] leave the window of device 'agsi-jo2010'",
        "11: unknown key 'sed'",
    ]


def test_values_of_a_sweep_and_places_of_images_are_checked_beside_settings_that_are_not_valid(cli, write):
    text = TEXT.replace("source: mnist", "source: mnist, samples: -2") + "sweep: {learning.rate: [0.1, x]}\nsed: 4\n"
    lines = starts(cli("validate", write(text)).err)
    assert lines[:5] == [
        "3: data.samples: -2 is out of range",
        "3: data.source: there is no 'mnist' in the folder of the experiment",
        "6: learners.A.array.device: unknown device 'epiram'",
        "8: learners.B.array.bounds: [0, 2] leave the window of device 'agsi-jo2010'",
        "11: learners.A.learning.rate must be a number, not 'x'",
    ]
    assert lines[-1] == "12: unknown key 'sed'" and len(set(lines)) == len(lines)


def test_all_settings_that_an_encoding_does_not_use_are_named(cli, write):
    learner = "- {name: A, learning: {encoding: sign, slots: 5, max_pulses: 3}}"
    text = f"name: y\nlearners:\n{learner}\ncorruptions: {{fog: [0.1]}}\n"
    assert starts(cli("validate", write(text)).err) == [
        "3: learners.A.learning.max_pulses: encoding 'sign' does not use it, nor slots"
    ]


def test_problems_of_all_values_of_a_sweep_are_listed_beside_those_of_devices(cli, write):
    outcome = cli("validate", write(TEXT + "sweep: {learning.rate: [0.1, x, y]}\n"))
    learners = [
        f"11: learners.{name}.learning.rate must be a number, not '{value}'" for value in "xy" for name in "ABC"
    ]
    assert [line.partition(":")[0] for line in starts(outcome.err)[:3]] == ["3", "6", "8"]
    assert starts(outcome.err)[3:] == learners


def test_a_sweep_of_several_unknown_keys_names_each(cli, write):
    outcome = cli("validate", write(TEXT.replace("mnist", "digits") + "sweep: {lerning.rate: [1], sed: [1]}\n"))
    assert starts(outcome.err)[-2:] == ["11: sweep: 'lerning.rate' cannot be swept", "11: sweep: 'sed' cannot be swept"]


def test_a_problem_of_a_task_of_its_own_is_found_before_anything_is_computed(cli, write):
    outcome = cli("validate", write("name: x\ntask: select\narrays: [{name: A, array: {device: ideal}}]\n"))
    assert starts(outcome.err) == ["3: arrays.A.array.device: the window of 'ideal' is only a scale"]


def test_several_files_are_checked_and_a_wrong_one_does_not_stop_the_others(cli, write):
    wrong, right = (
        write("name: x\nsed: 3\n"),
        write("name: y\nlearners: [{name: A}]\ncorruptions: {fog: [0.1]}\n", "y.yaml"),
    )
    outcome = cli("validate", wrong, "none.yaml", right)
    assert outcome.code == 2 and outcome.out == "y.yaml: valid (y, task memorise, 1 learner)\n"
    assert [line.partition(":")[0] for line in outcome.err.splitlines()] == ["Error"] * 4
    assert "unknown key 'sed'; did you mean 'seed'?" in outcome.err and "none.yaml" in outcome.err


def test_a_device_profile_is_answered_with_its_own_command(cli, write):
    name = write(library("devices")["ideal"].read_text(encoding="utf-8"), "device.yaml")
    says = "device.yaml: is a device profile, not an experiment; check it with: memsim device validate device.yaml"
    assert says in cli("validate", name).refusal()


def test_a_run_refuses_what_validate_lists_and_says_how_many_problems_there_are(cli, write):
    assert cli("run", write(TEXT.replace("mnist", "digits"))).refusal().endswith("(and 1 more problem)\n")


def test_an_experiment_without_its_sweep_has_no_names_of_the_swept_result():
    text = TEXT + "reference: A, rate 1.0\nsweep: {learning.rate: [1.0, 2.0]}\n"
    assert experiment_from_text(text, "x.yaml").unswept.spec.labels == ["A", "B", "C"]
